// How the sidebar lists runs: what they are grouped by, their order, and how the groups are told apart.
import type { RunData } from './run';
import type { GroupData } from './tokens';

/** `tag:KEY` groups by the values of a tag. */
export type GroupBy = 'experiment' | 'notebook' | 'status' | 'none' | `tag:${string}`;

export interface ListView {
  by: GroupBy;
  /** What follows `sort:` in a search; empty: newest first. */
  sort: string;
  /** One line a run, always. */
  compact: boolean;
  /** List what is archived, too. */
  archived: boolean;
}

export const DEFAULT_VIEW: ListView = {
  by: 'experiment',
  sort: '',
  compact: false,
  archived: false
};

export const NOTEBOOK = 'jupyter_runs.notebook';

export type GroupValue = Pick<GroupData, 'value' | 'has'>;

/** The value of a run that decides on its group. */
export function valueOf(by: GroupBy, run: RunData): GroupValue {
  switch (by) {
    case 'none':
      return { value: null, has: true };
    case 'experiment':
      return { value: run.experiment, has: true };
    case 'status':
      return { value: run.shown_status, has: true };
    case 'notebook':
      return { value: run.properties[NOTEBOOK] ?? null, has: NOTEBOOK in run.properties };
    default: {
      const key = tagOf(by);
      return { value: run.tags[key] ?? null, has: key in run.tags };
    }
  }
}

/** The key of the section of a group: no two are alike, whatever runs are grouped by. */
export function groupKey(by: GroupBy, { value, has }: GroupValue): string {
  const prefix = by === 'experiment' ? 'exp' : by;
  if (!has) {
    return `${prefix}!`;
  }
  return value === null ? `${prefix}?` : `${prefix}:${value}`;
}

/** The key of a tag that runs are grouped by. */
export function tagOf(by: GroupBy): string {
  return by.startsWith('tag:') ? by.slice(4) : '';
}

/** A search text in the order of the view, unless it has an order of its own. */
export function sorted(query: string, sort: string): string {
  // In an open quotation the order would be part of the text.
  const whole = query.split('"').length % 2 === 1;
  return sort === '' || !whole || /(^|\s)sort:/i.test(query) ? query : `${query} sort:${sort}`;
}

/** A view that was kept, as far as it makes sense. */
export function viewFrom(kept: unknown): ListView {
  const { by, sort, compact, archived } = { ...DEFAULT_VIEW, ...(kept as Partial<ListView>) };
  const known = ['experiment', 'notebook', 'status', 'none'].includes(by) || /^tag:./.test(by);
  return {
    by: known ? by : DEFAULT_VIEW.by,
    sort: typeof sort === 'string' ? sort : '',
    compact: compact === true,
    archived: archived === true
  };
}
