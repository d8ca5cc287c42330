// From logged points to the lines of a chart: what is on the axis, gaps, smoothing, detail within a range, and what it says in words.
import { asNumber, formatNumber } from './format';
import type { Series, Translate } from './tokens';

/** What is on the horizontal axis: the step, the time of day, seconds since the run began, or any other number. */
export type Axis = 'step' | 'wall' | 'relative' | 'value';

/** A stretch of the horizontal axis. */
export interface Range {
  min: number;
  max: number;
}

/** Values over x, in order of x; null is a gap. */
export interface Curve {
  x: number[];
  y: (number | null)[];
  /** What was logged where there is a gap: NaN, or an infinity. */
  odd: [number, number][];
}

/** The values of a metric; `began`: when its run did (seconds since the epoch). */
export function curveOf(
  { points, index }: Pick<Series, 'points' | 'index'>,
  axis: Axis,
  began: number
): Curve {
  const pairs = points.flatMap(([step, at, value], i): [number, number][] => {
    const number = asNumber(value);
    // A point without a step stands at its place among all.
    const x = axis === 'wall' ? at : axis === 'relative' ? at - began : (step ?? index?.[i] ?? i);
    return number === null || !Number.isFinite(x) ? [] : [[x, number]];
  });
  pairs.sort((a, b) => a[0] - b[0]);
  return {
    x: pairs.map(pair => pair[0]),
    y: pairs.map(([, y]) => (Number.isFinite(y) ? y : null)),
    odd: pairs.filter(([, y]) => !Number.isFinite(y))
  };
}

/** The whole curve, with `detail` in place of what it has within the range. */
export function withDetail(whole: Curve, detail: Curve, { min, max }: Range): Curve {
  const outside = (x: number) => x < min || x > max;
  const left = whole.x.findIndex(x => x >= min);
  const cut = left < 0 ? whole.x.length : left;
  const after = whole.x.findIndex(x => x > max);
  const rest = after < 0 ? whole.x.length : after;
  const within = detail.x.map((x, i) => [x, detail.y[i] ?? null] as const);
  const inside = within.filter(([x]) => !outside(x));
  return {
    x: [...whole.x.slice(0, cut), ...inside.map(([x]) => x), ...whole.x.slice(rest)],
    y: [...whole.y.slice(0, cut), ...inside.map(([, y]) => y), ...whole.y.slice(rest)],
    odd: [
      ...whole.odd.filter(([x]) => x < min),
      ...detail.odd.filter(([x]) => !outside(x)),
      ...whole.odd.filter(([x]) => x > max)
    ]
  };
}

/** From the first x of any curve to the last; null when there is none. */
export function extentOf(curves: readonly Curve[]): Range | null {
  let [min, max] = [Infinity, -Infinity];
  for (const { x } of curves) {
    min = Math.min(min, x[0] ?? Infinity);
    max = Math.max(max, x[x.length - 1] ?? -Infinity);
  }
  return min <= max ? { min, max } : null;
}

/** A range `by` times as wide, moved by `shift` of its width, within the bounds; null when it has all of them. */
export function moved(range: Range, bounds: Range, by: number, shift = 0): Range | null {
  const all = bounds.max - bounds.min;
  const width = Math.min(all, (range.max - range.min) * by);
  const middle = (range.min + range.max) / 2 + shift * (range.max - range.min);
  const min = Math.min(Math.max(bounds.min, middle - width / 2), bounds.max - width);
  return width >= all || width <= 0 ? null : { min, max: min + width };
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

/** A curve in words: `loss fell from 2.3 to 0.09 in 400 steps, min 0.08, max 2.3`. */
export function summaryOf(name: string, curve: Curve, axis: Axis, trans: Translate): string {
  const ends = extremes(curve.y);
  const odd = curve.odd.length;
  const gaps =
    odd > 0 ? ` ${trans._n('%1 value is no number.', '%1 values are no numbers.', odd)}` : '';
  if (!ends) {
    return `${trans.__('%1 has no numbers yet.', name)}${gaps}`;
  }
  const [first, last] = [formatNumber(ends.first), formatNumber(ends.last)];
  const extent = extentOf([curve]);
  const span = formatNumber(extent ? extent.max - extent.min : 0);
  const isStep = axis === 'step';
  let text: string;
  if (curve.x.length < 2) {
    text = trans.__('%1 is %2.', name, last);
  } else if (first === last) {
    text = isStep
      ? trans.__('%1 began and ended at %2 in %3 steps', name, last, span)
      : trans.__('%1 began and ended at %2 in %3 s', name, last, span);
  } else if (ends.last < ends.first) {
    text = isStep
      ? trans.__('%1 fell from %2 to %3 in %4 steps', name, first, last, span)
      : trans.__('%1 fell from %2 to %3 in %4 s', name, first, last, span);
  } else {
    text = isStep
      ? trans.__('%1 rose from %2 to %3 in %4 steps', name, first, last, span)
      : trans.__('%1 rose from %2 to %3 in %4 s', name, first, last, span);
  }
  if (curve.x.length > 1) {
    text += trans.__(', min %1, max %2.', formatNumber(ends.min), formatNumber(ends.max));
  }
  return text + gaps;
}
