// Which columns tell the children of a run apart, and in which order the children stand.
import { asNumber, elapsedOf, formatNumber, formatValue } from './format';
import type { RunData } from './run';
import { STATUS_ORDER } from './status';

/** More columns than so many do not tell children apart but hide them. */
const MAX_PARAMS = 5;
const MAX_METRICS = 2;

export type ColumnKind = 'name' | 'param' | 'metric' | 'time';

export interface Column {
  kind: ColumnKind;
  /** Of the parameter or metric. */
  name: string;
}

export interface Sorting {
  column: Column;
  down: boolean;
}

/** Names in the order in which they were first met, with the number of times. */
function counted(names: string[]): [string, number][] {
  const counts = new Map<string, number>();
  names.forEach(name => counts.set(name, (counts.get(name) ?? 0) + 1));
  return [...counts];
}

/** Parameters that differ between the runs, in the order of logging; one that only some runs have differs, too. */
export function varyingParams(runs: readonly RunData[]): string[] {
  const names = counted(runs.flatMap(run => Object.keys(run.params)));
  return names
    .filter(([name]) => new Set(runs.map(run => run.params[name])).size > 1)
    .map(([name]) => name);
}

/** The numbers that most runs have logged, in the order of logging. */
export function keyMetrics(runs: readonly RunData[], most = MAX_METRICS): string[] {
  const numbers = (run: RunData) =>
    Object.entries(run.metrics).flatMap(([name, metric]) =>
      metric.kind === 'number' ? [name] : []
    );
  return counted(runs.flatMap(numbers))
    .sort((a, b) => b[1] - a[1])
    .slice(0, most)
    .map(([name]) => name);
}

/** The columns for these children: the name, what they differ in, what came of it, and how long it took. */
export function columnsOf(runs: readonly RunData[]): Column[] {
  const column = (kind: ColumnKind) => (name: string) => ({ kind, name });
  return [
    { kind: 'name', name: '' },
    ...varyingParams(runs).slice(0, MAX_PARAMS).map(column('param')),
    ...keyMetrics(runs).map(column('metric')),
    { kind: 'time', name: '' }
  ];
}

export function columnKey({ kind, name }: Column): string {
  return `${kind}:${name}`;
}

/** The last value of a metric as a number; null when there is none that could be compared. */
export function lastNumber(run: RunData, name: string): number | null {
  const value = asNumber(run.metrics[name]?.last);
  return value === null || Number.isNaN(value) ? null : value;
}

/** What a cell says. */
export function cellText(run: RunData, column: Column): string {
  if (column.kind === 'param') {
    const text = run.params[column.name] ?? '';
    return /^-?\d+\.\d{6,}$/.test(text) ? formatNumber(Number(text)) : text;
  }
  const metric = run.metrics[column.name];
  const number = metric && asNumber(metric.last);
  return !metric
    ? ''
    : number === null
      ? formatValue(metric.last, 24)
      : formatNumber(number ?? NaN);
}

/** Whether a smaller value is the better one, by what the metric is called; people can say otherwise. */
export function isLowerBetter(name: string): boolean {
  return /loss|err|mae\b|mse|rmse|mape|perplexity|ppl|nll|latency|time|duration|cost|bytes|memory|fpr|regret|divergence/i.test(
    name
  );
}

/** Ids of the runs with the best last value; none when all have the same. */
export function bestRuns(runs: readonly RunData[], name: string, lower: boolean): Set<string> {
  const values = runs.flatMap(run => {
    const value = lastNumber(run, name);
    return value === null ? [] : [[run.run_id, value] as const];
  });
  const numbers = values.map(([, value]) => value);
  const sign = lower ? 1 : -1;
  const best = numbers.reduce((a, b) => (b * sign < a * sign ? b : a), sign * Infinity);
  const isAll = numbers.every(value => value === best);
  return new Set(isAll ? [] : values.filter(([, value]) => value === best).map(([id]) => id));
}

type Key = number | string | null;

function keyOf(run: RunData, column: Column, now: number): Key {
  switch (column.kind) {
    case 'name':
      return run.name;
    case 'time':
      return elapsedOf(run, now);
    case 'metric':
      return lastNumber(run, column.name);
    case 'param': {
      const text = run.params[column.name];
      const number = text === undefined || text.trim() === '' ? NaN : Number(text);
      return Number.isNaN(number) ? (text ?? null) : number;
    }
  }
}

/** Numbers before texts, texts as people count ("trial-9" before "trial-10"). */
function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') {
    return a - b;
  }
  if (typeof a === 'string' && typeof b === 'string') {
    return a.localeCompare(b, undefined, { numeric: true });
  }
  return typeof a === 'number' ? -1 : 1;
}

/** The runs in another order; those without a value come last, whichever way it goes. */
export function sorted(
  runs: readonly RunData[],
  { column, down }: Sorting,
  now: number
): RunData[] {
  const sign = down ? -1 : 1;
  const keyed = runs.map(run => ({ run, key: keyOf(run, column, now) }));
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) {
      return Number(a.key === null) - Number(b.key === null);
    }
    const order = sign * compare(a.key, b.key);
    const rank = (run: RunData) => STATUS_ORDER.indexOf(run.shown_status);
    return order || rank(a.run) - rank(b.run);
  });
  return keyed.map(({ run }) => run);
}
