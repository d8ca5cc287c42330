// Flattens runs and their unfolded children into the rows of a tree.
import type { JSX, ReactNode } from 'react';
import type { Branches } from '../branches';
import type { RunData } from '../run';
import { allChildren } from '../status';
import type { Translate } from '../tokens';
import type { TreeRow } from './VirtualTree';

/** What a surface decides about a row of a run. */
export interface RunLook {
  height: number;
  node: () => ReactNode;
  className?: string;
}

export interface FlattenOptions {
  branches: Branches;
  trans: Translate;
  look: (run: RunData, rowId: string, level: number) => RunLook;
  open?: ((run: RunData) => void) | undefined;
}

/** Something to load when the row with this index comes into view. */
export interface Pending {
  index: number;
  load: () => void;
}

/** Rows that are built up, with what is still to be loaded on the way. */
export class RowList {
  constructor(private readonly options: FlattenOptions) {}

  readonly rows: TreeRow[] = [];
  readonly pending: Pending[] = [];

  /** Runs at a level, with their unfolded children below each. */
  addRuns(runs: RunData[], level: number, total: number, prefix: string): void {
    runs.forEach((run, i) => this.addRun(run, level, i + 1, Math.max(total, runs.length), prefix));
  }

  /** A row that only says something: loading, an error, nothing here. */
  addNote(id: string, level: number, text: string, action?: JSX.Element): void {
    const node = () => (
      <span className="jp-jr-note">
        {text}
        {action}
      </span>
    );
    this.rows.push({ id, level, pos: 1, size: 1, expanded: null, height: 24, node });
  }

  /** Load more when the end of what is there comes into view. */
  addPending(load: () => void): void {
    this.pending.push({ index: this.rows.length - 1, load });
  }

  private addRun(run: RunData, level: number, pos: number, size: number, prefix: string): void {
    const { branches, look, open } = this.options;
    const id = `${prefix}/${run.run_id}`;
    const parent = allChildren(run) > 0;
    const expanded = parent ? branches.isOpen(run.run_id) : null;
    this.rows.push({
      id,
      level,
      pos,
      size,
      expanded,
      ...look(run, id, level),
      ...(parent ? { onToggle: () => branches.toggle(run) } : {}),
      ...(open ? { onOpen: () => open(run) } : {})
    });
    if (expanded) {
      this.addChildren(run, level + 1, id);
    }
  }

  private addChildren(run: RunData, level: number, id: string): void {
    const { branches, trans } = this.options;
    const branch = branches.branch(run.run_id);
    if (!branch) {
      return;
    }
    this.addRuns(branch.runs, level, branch.total, id);
    if (branch.error) {
      this.addNote(`${id}/error`, level, branch.error);
    } else if (branch.loading) {
      this.addNote(`${id}/loading`, level, trans.__('Loading…'));
    } else if (branch.next !== null) {
      this.addPending(() => branches.more(run));
    }
  }
}

/** How far the content of a row is moved in. */
export function indent(level: number): number {
  return 10 + Math.max(0, level - 1) * 16;
}
