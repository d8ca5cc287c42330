// Some runs side by side: which facts differ, which value is best, and the axes between which each run is a line.
import { allAlike, Column, columnOf, rawValue } from './columns';
import { asNumber } from './format';
import type { RunData } from './run';

/** More runs than this are not compared; see `RunsApi.runsById`. */
export const MAX_RUNS = 200;
/** So many runs are columns; more are rows. */
export const MAX_TRANSPOSED = 8;

export type Which = 'last' | 'min' | 'max';
export type Direction = 'min' | 'max';

export type SectionId = 'run' | 'params' | 'metrics' | 'tags' | 'properties';

/** One fact of all runs. */
export interface Fact {
  column: Column;
  section: SectionId;
  /** In the order of the runs; undefined where a run has none. */
  values: unknown[];
  differs: boolean;
  /** Places of the runs with the best value; empty where nothing is better than the rest. */
  best: readonly number[];
}

/** Metrics of which less is better: whole words of their names say so. The list is that of `frames.py`. */
const LESS_IS_BETTER =
  /(?:^|[^a-z])(?:loss|error|err|mae|mse|rmse|mape|perplexity|nll)(?:$|[^a-z])/i;
const RUN_FACTS = ['status', 'dur', 'started', 'by', 'exp'];

/** What is better for a metric as long as nobody says otherwise. */
export function guessDirection(name: string): Direction {
  return LESS_IS_BETTER.test(name) ? 'min' : 'max';
}

/** The column of a metric, by what of it is compared. */
export function metricColumn(name: string, which: Which): Column {
  const kind = which === 'last' ? 'metric' : (`metric.${which}` as const);
  return { id: `${kind}:${name}`, kind, key: name };
}

function keysOf(runs: readonly RunData[], of: (run: RunData) => object): string[] {
  return [...new Set(runs.flatMap(run => Object.keys(of(run))))];
}

/** Places of the smallest or largest of some numbers; none where fewer than two differ. */
export function bestOf(values: readonly unknown[], direction: Direction): number[] {
  const numbers = values.map(value => asNumber(value));
  const finite = numbers.filter(number => number !== null && Number.isFinite(number)) as number[];
  const best = direction === 'min' ? Math.min(...finite) : Math.max(...finite);
  if (finite.length < 2 || finite.every(number => number === best)) {
    return [];
  }
  return numbers.flatMap((number, i) => (number === best ? [i] : []));
}

export interface FactOptions {
  which: Which;
  directions: Readonly<Record<string, Direction>>;
  now: number;
}

/** All that is known of some runs, section by section. */
export function factsOf(runs: readonly RunData[], options: FactOptions): Fact[] {
  const { which, directions, now } = options;
  const fact = (section: SectionId, column: Column): Fact => {
    const values = runs.map(run => rawValue(run, column, now));
    const direction = directions[column.key] ?? guessDirection(column.key);
    const best = section === 'metrics' ? bestOf(values, direction) : [];
    return { column, section, values, differs: !allAlike(values), best };
  };
  const keyed = (section: SectionId, kind: string, keys: string[]) =>
    keys.flatMap(key => {
      const column = columnOf(`${kind}:${key}`);
      return column ? [fact(section, column)] : [];
    });
  return [
    ...keyed(
      'params',
      'param',
      keysOf(runs, run => run.params)
    ),
    ...metricNames(runs).map(name => fact('metrics', metricColumn(name, which))),
    ...keyed(
      'tags',
      'tag',
      keysOf(runs, run => run.tags)
    ),
    ...keyed(
      'properties',
      'prop',
      keysOf(runs, run => run.properties)
    ),
    ...RUN_FACTS.flatMap(id => columnOf(id) ?? []).map(column => fact('run', column))
  ];
}

/** Names of the metrics that have a value to show, in the order of first logging. */
export function metricNames(runs: readonly RunData[], onlyNumbers = false): string[] {
  const shown = (run: RunData, name: string) => {
    const kind = run.metrics[name]?.kind;
    return kind !== undefined && (onlyNumbers ? kind === 'number' : !/row|table/.test(kind));
  };
  return keysOf(runs, run => run.metrics).filter(name => runs.some(run => shown(run, name)));
}

/** A vertical line at which each run has a place. */
export interface ParallelAxis {
  column: Column;
  scale: 'linear' | 'log' | 'category';
  /** Ends of a scale of numbers. */
  min: number;
  max: number;
  /** What stands along the axis, from below. */
  categories: readonly string[];
  /** The numbers themselves where they are few: they are better marks than round ones. */
  marks: readonly number[];
}

/** Ranges that are as wide or wider are drawn by their logarithm; 0.1 / 0.001 is a little less than 100. */
const LOG_RANGE = 100 - 1e-6;
const MAX_MARKS = 6;

/** The number behind a value, where a text that is one counts: params are texts. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'string' && value.trim() !== '') {
    const number = Number(value);
    return Number.isNaN(number) ? null : number;
  }
  return asNumber(value);
}

/** The axis of a column; null when no run has a value that can be drawn. */
export function axisOf(runs: readonly RunData[], column: Column, now: number): ParallelAxis | null {
  const values = runs.map(run => rawValue(run, column, now)).filter(value => isThere(value));
  const numbers = values.map(numberOf);
  const finite = numbers.filter(number => number !== null && Number.isFinite(number)) as number[];
  const isMetric = column.kind.startsWith('metric');
  if (values.length > 0 && !isMetric && numbers.some(number => number === null)) {
    const texts = [...new Set(values.map(String))];
    const categories = texts.sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
    return { column, scale: 'category', min: 0, max: categories.length - 1, categories, marks: [] };
  }
  if (finite.length === 0) {
    return null;
  }
  const [min, max] = [Math.min(...finite), Math.max(...finite)];
  const scale = min > 0 && max / min >= LOG_RANGE ? 'log' : 'linear';
  const different = [...new Set(finite)].sort((a, b) => a - b);
  const marks = different.length <= MAX_MARKS ? different : [];
  return { column, scale, min, max, categories: [], marks };
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null && value !== 'NaN';
}

/** Where a value is on an axis, 0 below and 1 above; null: nowhere. */
export function placeOn(axis: ParallelAxis, value: unknown): number | null {
  if (!isThere(value)) {
    return null;
  }
  if (axis.scale === 'category') {
    const at = axis.categories.indexOf(String(value));
    return at < 0 ? null : axis.categories.length === 1 ? 0.5 : at / (axis.categories.length - 1);
  }
  const number = numberOf(value);
  if (number === null || !Number.isFinite(number)) {
    return null;
  }
  return axis.min === axis.max ? 0.5 : share(axis, number);
}

function share({ scale, min, max }: ParallelAxis, number: number): number {
  const f = scale === 'log' ? Math.log : (x: number) => x;
  return (f(number) - f(min)) / (f(max) - f(min));
}

/** The number at a place of an axis of numbers. */
export function numberAt({ scale, min, max }: ParallelAxis, place: number): number {
  const inner = Math.min(1, Math.max(0, place));
  return scale === 'log' ? min * (max / min) ** inner : min + (max - min) * inner;
}

/** Columns to begin with: params that differ, then the metric that colours the lines. */
export function defaultAxes(
  runs: readonly RunData[],
  metric: string | null,
  which: Which
): string[] {
  const keys = keysOf(runs, run => run.params);
  const varying = keys.filter(key => !allAlike(runs.map(run => run.params[key])));
  const params = varying.slice(0, 11).map(key => `param:${key}`);
  return metric === null ? params : [...params, metricColumn(metric, which).id];
}

/** What is brushed: by id of the column, from and to as places on its axis. */
export type Brushes = Readonly<Record<string, readonly [number, number]>>;

/** Rounding must not lose the run that stands at the very end. */
const SLACK = 1e-9;

/** The runs that are within all brushes. */
export function brushed(
  runs: readonly RunData[],
  axes: readonly ParallelAxis[],
  brushes: Brushes,
  now: number
): RunData[] {
  const active = axes.flatMap(axis => {
    const range = brushes[axis.column.id];
    return range ? [{ axis, from: range[0] - SLACK, to: range[1] + SLACK }] : [];
  });
  return runs.filter(run =>
    active.every(({ axis, from, to }) => {
      const place = placeOn(axis, rawValue(run, axis.column, now));
      return place !== null && place >= from && place <= to;
    })
  );
}
