// What a table of runs is asked to show, and the rows it has got so far, as plain values.
import { newer } from './branches';
import type { RunData } from './run';
import type { ColumnsData, RunPage, ValueStats } from './tokens';

/** What a person has chosen; remembered for each experiment. */
export interface TableView {
  /** Ids of columns; null: those that suit the experiment. */
  columns: string[] | null;
  /** As after `sort:`; null: newest first. */
  order: string | null;
  /** Children among the rows, not only below their parents. */
  children: boolean;
  /** What groups have in common, as after `sort:`; null: no groups. */
  group: string | null;
}

export const FIRST_VIEW: TableView = { columns: null, order: null, children: false, group: null };

/** Some rows: those of a group, or all of them. */
export interface Listing {
  runs: RunData[];
  total: number;
  next: string | null;
  loaded: boolean;
  loading: boolean;
  error: string | null;
}

/** Runs that have a value in common. */
export interface TableGroup {
  value: string | null;
  count: number;
  /** By id of the column. */
  stats: ReadonlyMap<string, ValueStats>;
  /** What finds them; null when no search can. */
  term: string | null;
}

/** The key of the rows that are in no group. */
export const ALL = 'all';
export const PAGE = 100;
export const MAX_PAGE = 500;
export const EMPTY: Listing = {
  runs: [],
  total: 0,
  next: null,
  loaded: false,
  loading: false,
  error: null
};

/** Tells a group from the others of a table. */
export function groupKey({ value }: Pick<TableGroup, 'value'>): string {
  return value === null ? 'none' : `=${value}`;
}

/** The rows with the first of them fetched again; those further down are kept. */
export function withFirstRows(listing: Listing, page: RunPage): Listing {
  const top = new Set(page.runs.map(run => run.run_id));
  const deep = listing.runs.length > page.runs.length && page.next_page !== null;
  const below = deep ? listing.runs.slice(page.runs.length) : [];
  return {
    ...EMPTY,
    runs: [...page.runs, ...below.filter(run => !top.has(run.run_id))],
    next: deep ? listing.next : page.next_page,
    total: page.total,
    loaded: true
  };
}

/** The rows with one more page at their end. */
export function withMoreRows(listing: Listing, page: RunPage): Listing {
  const known = new Set(listing.runs.map(run => run.run_id));
  const runs = listing.runs.concat(page.runs.filter(run => !known.has(run.run_id)));
  return { ...EMPTY, runs, next: page.next_page, total: page.total, loaded: true };
}

/** The rows with the news about them. */
export function withNews(listing: Listing, news: ReadonlyMap<string, RunData>): Listing {
  const touched = listing.runs.some(run => news.has(run.run_id));
  const runs = () => listing.runs.map(run => newer(run, news.get(run.run_id) ?? run));
  return touched ? { ...listing, runs: runs() } : listing;
}

/** Whether a run has something that is no column yet. */
export function hasNewColumn(found: ColumnsData, run: RunData): boolean {
  const has = (keys: object, columns: readonly { key: string }[]) =>
    Object.keys(keys).every(key => columns.some(column => column.key === key));
  const metrics = found.metrics.map(({ name }) => ({ key: name }));
  return !(has(run.params, found.params) && has(run.tags, found.tags) && has(run.metrics, metrics));
}

/** What was remembered, as far as it can be read. */
export function readView(value: unknown): TableView {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  const text = (name: string) => (typeof given[name] === 'string' ? (given[name] as string) : null);
  const columns = given['columns'];
  return {
    columns: Array.isArray(columns) ? columns.filter(id => typeof id === 'string') : null,
    order: text('order'),
    children: given['children'] === true,
    group: text('group')
  };
}
