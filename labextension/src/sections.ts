// The groups of rows in the sidebar, as plain values.
import { groupKey, GroupBy } from './grouping';
import type { RunData } from './run';
import type { GroupData, RunPage } from './tokens';

/** A group of rows with a heading; `runs` is what is loaded of `total`. */
export interface Section {
  key: string;
  kind: 'active' | 'pinned' | 'group' | 'results';
  /** What the runs have in common, or the name of a pinned search; null: nothing, see `has`. */
  value: string | null;
  has: boolean;
  /** The search that lists it; null where there is none: see `openapi.yaml`, Group. */
  query: string | null;
  total: number;
  /** Of those, how many are listed among the active ones instead. */
  active: number;
  open: boolean;
  loaded: boolean;
  loading: boolean;
  runs: RunData[];
  next: string | null;
  error: string | null;
}

export const ACTIVE = 'active';
export const RESULTS = 'results';

/** Rows that are fetched at a time. */
export const PAGE = 50;
const MAX_PAGE = 500;

/** A section of which nothing is known yet. */
export function emptySection(
  kind: Section['kind'],
  key: string,
  rest: Partial<Section> = {}
): Section {
  const about = { value: null, has: true, query: null, total: 0, active: 0, open: true };
  const state = { loaded: false, loading: false, runs: [], next: null, error: null };
  return { kind, key, ...about, ...state, ...rest };
}

/** The section of a group: as it is known, with what the server says now. */
export function groupSection(by: GroupBy, group: GroupData, old: Section | undefined): Section {
  const { value, has, total, active, q: query } = group;
  const base = old ?? emptySection('group', groupKey(by, group));
  return { ...base, value, has, total, active, query };
}

/** How many rows to fetch so that those that are loaded are fetched again. */
export function pageFor(loaded: number): number {
  return Math.min(MAX_PAGE, Math.max(PAGE, loaded));
}

/** The section with its first page fetched again; what lies below that page is kept. */
export function withFirstPage(section: Section, page: RunPage): Section {
  const { runs: old, kind, loaded } = section;
  const isAll = kind === 'active' || page.next_page === null;
  const deep = !isAll && loaded && old.length > page.runs.length;
  const top = new Set(page.runs.map(run => run.run_id));
  const below = deep ? old.slice(page.runs.length).filter(run => !top.has(run.run_id)) : [];
  return {
    ...section,
    runs: [...page.runs, ...below],
    next: deep ? section.next : page.next_page,
    total: page.total,
    loaded: true,
    error: null
  };
}

/** The section with one more page at its end. */
export function withNextPage(section: Section, page: RunPage): Section {
  const known = new Set(section.runs.map(run => run.run_id));
  const runs = section.runs.concat(page.runs.filter(run => !known.has(run.run_id)));
  const { next_page: next, total } = page;
  return { ...section, runs, next, total, loaded: true, loading: false, error: null };
}
