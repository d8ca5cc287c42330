// The columns of a table of runs: what each is called, what a run has in it, and how a search sorts by it.
import {
  asNumber,
  elapsedOf,
  formatElapsed,
  formatMoment,
  formatNumber,
  formatValue
} from './format';
import type { RunData } from './run';
import { quoted } from './searchtext';
import { statusWord } from './status';
import type { ColumnsData, Translate } from './tokens';

/** A fact of every run. Like the keyed ones, the word is the one that `sort:` takes, where it takes it. */
export type Fact =
  'status' | 'name' | 'number' | 'started' | 'dur' | 'by' | 'exp' | 'description' | 'tags';

/** What has a key: `param:lr`. */
export type Keyed = 'param' | 'metric' | 'metric.min' | 'metric.max' | 'tag' | 'prop';

export interface Column {
  /** `started`, `param:lr`, `metric.min:loss`: what is remembered. */
  id: string;
  kind: Fact | Keyed;
  key: string;
}

export const FACTS: readonly Fact[] = [
  'status',
  'number',
  'started',
  'dur',
  'by',
  'exp',
  'description',
  'tags'
];
const KEYED: ReadonlySet<string> = new Set<Keyed>([
  'param',
  'metric',
  'metric.min',
  'metric.max',
  'tag',
  'prop'
]);
const UNSORTED: ReadonlySet<string> = new Set<Fact>(['description', 'tags']);
const DEFAULT_METRICS = 4;
const DEFAULT_PARAMS = 8;

/** The column of an id that was remembered; null for one that nobody knows any more. */
export function columnOf(id: string): Column | null {
  const at = id.indexOf(':');
  const kind = at < 0 ? id : id.slice(0, at);
  const key = at < 0 ? '' : id.slice(at + 1);
  const known = at < 0 ? kind === 'name' || FACTS.includes(kind as Fact) : KEYED.has(kind);
  return known && (at < 0 || key !== '') ? { id, kind: kind as Column['kind'], key } : null;
}

/** What `sort:` takes for this column; null when nothing can be sorted by it. */
export function orderOf({ kind, key }: Column): string | null {
  if (UNSORTED.has(kind)) {
    return null;
  }
  if (!KEYED.has(kind)) {
    return kind;
  }
  return `${kind}:${quoted(key)}`;
}

/** Whether its values are numbers, as far as can be told without a look at them: they are aligned right. */
export function isNumeric({ kind }: Column): boolean {
  return kind === 'number' || kind === 'dur' || kind.startsWith('metric');
}

/** Whether figures of a group can be had of it. */
export function hasFigures(column: Column): boolean {
  return (column.kind === 'dur' || column.kind.startsWith('metric')) && orderOf(column) !== null;
}

/** The title of a column; one that has a key is called by it. */
export function columnLabel({ kind, key }: Column, trans: Translate): string {
  switch (kind) {
    case 'status':
      return trans.__('Status');
    case 'name':
      return trans.__('Name');
    case 'number':
      return '#';
    case 'started':
      return trans.__('Started');
    case 'dur':
      return trans.__('Duration');
    case 'by':
      return trans.__('By');
    case 'exp':
      return trans.__('Experiment');
    case 'description':
      return trans.__('Description');
    case 'tags':
      return trans.__('Tags');
    case 'metric.min':
      return trans.__('%1 (min)', key);
    case 'metric.max':
      return trans.__('%1 (max)', key);
    default:
      return key;
  }
}

/** What its kind is called, for those that have a key. */
export function kindLabel({ kind }: Column, trans: Translate): string {
  switch (kind) {
    case 'param':
      return trans.__('param');
    case 'tag':
      return trans.__('tag');
    case 'prop':
      return trans.__('property');
    case 'metric':
      return trans.__('metric, last');
    case 'metric.min':
      return trans.__('metric, min');
    case 'metric.max':
      return trans.__('metric, max');
    default:
      return '';
  }
}

/** The bare value of a run in a column; undefined when it has none. */
export function rawValue(run: RunData, { kind, key }: Column, now: number): unknown {
  const metric = kind.startsWith('metric') ? run.metrics[key] : undefined;
  switch (kind) {
    case 'param':
      return run.params[key];
    case 'tag':
      return key in run.tags ? (run.tags[key] ?? '') : undefined;
    case 'prop':
      return run.properties[key];
    case 'metric':
      return metric?.kind === 'row' || metric?.kind === 'table' ? undefined : metric?.last;
    case 'metric.min':
      return metric?.min ?? undefined;
    case 'metric.max':
      return metric?.max ?? undefined;
    case 'status':
      return run.shown_status;
    case 'name':
      return run.name;
    case 'number':
      return run.number;
    case 'started':
      return run.started_at ?? undefined;
    case 'dur':
      return elapsedOf(run, now) ?? undefined;
    case 'by':
      return run.submitted_by;
    case 'exp':
      return run.experiment;
    case 'description':
      return run.description ?? undefined;
    default:
      return Object.entries(run.tags)
        .map(([name, value]) => (value === null ? name : `${name}=${value}`))
        .join(', ');
  }
}

/** Whether all have the same value; one that has none differs from those that have. */
export function allAlike(values: readonly unknown[]): boolean {
  const texts = values.map(value => JSON.stringify(value) ?? '');
  return texts.every(text => text === texts[0]);
}

/** What stands in the cell; empty when the run has no such value. */
export function cellText(run: RunData, column: Column, now: number, trans: Translate): string {
  const value = rawValue(run, column, now);
  if (value === undefined || value === null) {
    return '';
  }
  switch (column.kind) {
    case 'status':
      return statusWord(run.shown_status, trans);
    case 'started':
      return formatMoment(Number(value));
    case 'dur':
      return formatElapsed(Number(value));
    default:
      return typeof value === 'string' && asNumber(value) === null
        ? value
        : formatValue(value, 200);
  }
}

/** A figure of a group in the manner of the column. */
export function figureText(column: Column, value: number): string {
  return column.kind === 'dur' ? formatElapsed(value) : formatNumber(value);
}

/** Columns to begin with: params that differ, and the metrics that were logged first. */
export function defaultColumns({ total, params, metrics }: ColumnsData): string[] {
  const varying = params.filter(({ distinct, count }) => distinct > 1 || count < total);
  const numbers = metrics.filter(({ kind }) => kind === 'number');
  return [
    'number',
    'status',
    'started',
    'dur',
    ...varying.slice(0, DEFAULT_PARAMS).map(({ key }) => `param:${key}`),
    ...numbers.slice(0, DEFAULT_METRICS).map(({ name }) => `metric:${name}`),
    'tags'
  ];
}

/** Everything that can be chosen, facts first. */
export function allColumns({ params, metrics, tags, properties }: ColumnsData): Column[] {
  const ids = [
    ...FACTS,
    ...params.map(({ key }) => `param:${key}`),
    ...metrics
      .filter(({ kind }) => kind !== 'row' && kind !== 'table')
      .flatMap(({ name, kind }) =>
        kind === 'number'
          ? [`metric:${name}`, `metric.min:${name}`, `metric.max:${name}`]
          : [`metric:${name}`]
      ),
    ...tags.map(({ key }) => `tag:${key}`),
    ...properties.map(({ key }) => `prop:${key}`)
  ];
  return ids.flatMap(id => columnOf(id) ?? []);
}

/** Pixels of a column. */
export function columnWidth({ kind, key }: Column): number {
  switch (kind) {
    case 'number':
      return 56;
    case 'status':
      return 108;
    case 'started':
      return 128;
    case 'dur':
      return 84;
    case 'by':
    case 'exp':
      return 110;
    case 'description':
      return 220;
    case 'tags':
      return 240;
    default:
      return Math.min(200, Math.max(96, 34 + 7 * key.length));
  }
}
