// From logged points to the columns of a chart: what is on the axis, smoothing, and several runs on one axis.
import { asNumber } from './format';
import type { Point, Series } from './tokens';

/** What is on the horizontal axis: the step, the time of day, or seconds since the run began. */
export type Axis = 'step' | 'wall' | 'relative';

/** Values over x, in order of x; null is a gap: a NaN or an infinity was logged. */
export interface Curve {
  x: number[];
  y: (number | null)[];
}

/** A line that tells where its run began (seconds since the epoch). */
export function curveOf(points: Point[], axis: Axis, began: number): Curve {
  const pairs = points.map(([step, at, value], index): [number, number | null] => {
    const number = asNumber(value);
    const x = axis === 'step' ? (step ?? index) : axis === 'wall' ? at : at - began;
    return [x, number !== null && Number.isFinite(number) ? number : null];
  });
  pairs.sort((a, b) => a[0] - b[0]);
  return { x: pairs.map(pair => pair[0]), y: pairs.map(pair => pair[1]) };
}

/** Exponential moving average, 0 ≤ weight < 1, without the drag of its first values; gaps stay gaps. */
export function smooth(y: (number | null)[], weight: number): (number | null)[] {
  let mean = 0;
  let mass = 0;
  return y.map(value => {
    if (value === null) {
      return null;
    }
    mean = mean * weight + value * (1 - weight);
    mass = mass * weight + (1 - weight);
    return mean / mass;
  });
}

/** Lines that cannot be drawn on a log scale are gaps. */
export function positive(y: (number | null)[]): (number | null)[] {
  return y.map(value => (value !== null && value > 0 ? value : null));
}

/** Comma-separated values, one line a point. Texts that a spreadsheet would take for formulas are quoted. */
export function csvOf(series: Series[]): string {
  const cell = (value: unknown) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value ?? '');
    const safe = typeof value === 'string' && /^[=+@\t]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  };
  const rows = series.flatMap(({ name, points }) =>
    points.map(([step, at, value]) =>
      [cell(name), step ?? '', new Date(at * 1000).toISOString(), cell(value)].join(',')
    )
  );
  return ['metric,step,time,value', ...rows, ''].join('\n');
}

/** The smallest and largest values that are shown, what came first and last, in numbers. */
export function extremes(
  y: (number | null)[]
): { first: number; last: number; min: number; max: number } | null {
  const known = y.filter(value => value !== null);
  const [first, last] = [known[0], known[known.length - 1]];
  if (first === undefined || last === undefined) {
    return null;
  }
  const fold = (pick: (a: number, b: number) => number) => known.reduce((a, b) => pick(a, b));
  return { first, last, min: fold(Math.min), max: fold(Math.max) };
}
