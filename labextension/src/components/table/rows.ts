// Flattens what a table of runs holds into the rows of its grid: groups, runs, children below their parents.
import type { RunData } from '../../run';
import type { RunTable } from '../../runtable';
import { allChildren } from '../../status';
import { ALL, groupKey, TableGroup } from '../../tableview';
import type { Translate } from '../../tokens';

/** One row of the grid. `expanded` is null where there is nothing to unfold. */
export type GridRow =
  | { kind: 'group'; id: string; level: number; group: TableGroup; expanded: boolean | null }
  | { kind: 'run'; id: string; level: number; run: RunData; expanded: boolean | null }
  | { kind: 'note'; id: string; level: number; text: string; expanded: null };

export interface GridRows {
  rows: GridRow[];
  /** Something to load when the row with this index comes into view. */
  pending: { index: number; load: () => void }[];
}

/** Rows before the end at which the next page is asked for, so that nobody scrolls into the void. */
const AHEAD = 60;

export function gridRows(table: RunTable, trans: Translate): GridRows {
  const out: GridRows = { rows: [], pending: [] };
  const { groups } = table;
  if (groups === null) {
    addListing(out, table, ALL, 1, trans);
    return out;
  }
  for (const group of groups) {
    const key = groupKey(group);
    const expanded = group.term === null ? null : table.isOpen(key);
    out.rows.push({ kind: 'group', id: `group/${key}`, level: 1, group, expanded });
    if (expanded) {
      addListing(out, table, key, 2, trans);
    }
  }
  if (table.groupTotal > groups.length) {
    const text = trans.__('%1 more groups: narrow the search.', table.groupTotal - groups.length);
    out.rows.push({ kind: 'note', id: 'more-groups', level: 1, text, expanded: null });
  }
  return out;
}

function addListing(
  out: GridRows,
  table: RunTable,
  key: string,
  level: number,
  trans: Translate
): void {
  const listing = table.listing(key);
  const note = (text: string) =>
    out.rows.push({ kind: 'note', id: `${key}/note`, level, text, expanded: null });
  listing.runs.forEach(run => addRun(out, table, run, level, key, trans));
  if (listing.error) {
    note(listing.error);
  } else if (listing.loading || (!listing.loaded && key !== ALL)) {
    note(trans.__('Loading…'));
  } else if (listing.next !== null) {
    const index = Math.max(0, out.rows.length - AHEAD);
    out.pending.push({ index, load: () => table.more(key) });
  }
}

function addRun(
  out: GridRows,
  table: RunTable,
  run: RunData,
  level: number,
  prefix: string,
  trans: Translate
): void {
  const { branches, view } = table;
  const id = `${prefix}/${run.run_id}`;
  // Where children are rows of their own they are not shown a second time.
  const foldable = allChildren(run) > 0 && !view.children;
  const expanded = foldable ? branches.isOpen(run.run_id) : null;
  out.rows.push({ kind: 'run', id, level, run, expanded });
  const branch = expanded ? branches.branch(run.run_id) : undefined;
  if (!branch) {
    return;
  }
  branch.runs.forEach(child => addRun(out, table, child, level + 1, id, trans));
  if (branch.error || branch.loading) {
    const text = branch.error ?? trans.__('Loading…');
    out.rows.push({ kind: 'note', id: `${id}/note`, level: level + 1, text, expanded: null });
  } else if (branch.next !== null) {
    const index = Math.max(0, out.rows.length - 1);
    out.pending.push({ index, load: () => branches.more(run) });
  }
}

/** The runs of some rows, in their order. */
export function runsOf(rows: readonly GridRow[]): RunData[] {
  return rows.flatMap(row => (row.kind === 'run' ? [row.run] : []));
}
