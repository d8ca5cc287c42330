// Flattens runs and their unfolded children into the rows of a tree.
import type { JSX, ReactNode } from 'react';
import type { Branches } from '../branches';
import type { RunData } from '../run';
import type { Selection } from '../selection';
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
  selection?: Selection;
  /** Rows of the time before, by id: one of the same run in the same place and state is taken again. */
  before?: ReadonlyMap<string, TreeRow>;
  /** What else the look of a row depends on. */
  stamp?: (run: RunData, rowId: string, level: number) => string;
  /** The order of siblings, where it is not the server's. */
  arrange?: ((runs: RunData[]) => RunData[]) | undefined;
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

  /** Runs at a level, with their unfolded children below each. `above`: their ancestors. */
  addRuns(
    runs: RunData[],
    level: number,
    total: number,
    prefix: string,
    above: readonly RunData[] = []
  ): void {
    const arranged = this.options.arrange?.(runs) ?? runs;
    const size = Math.max(total, runs.length);
    arranged.forEach((run, i) => this.addRun(run, level, [i + 1, size], prefix, above));
  }

  /** A row that is no run; the one of the time before, if that was the same. */
  add(row: TreeRow): void {
    const old = this.options.before?.get(row.id);
    const same = old !== undefined && old.stamp !== undefined && sameFrame(old, row);
    this.rows.push(same && old.stamp === row.stamp ? old : row);
  }

  /** A row that only says something: loading, an error, nothing here. */
  addNote(id: string, level: number, text: string, action?: JSX.Element): void {
    const node = () => (
      <span className="jp-jr-note" style={{ paddingLeft: indent(level - 1) + 20 }}>
        {text}
        {action}
      </span>
    );
    this.add({ id, level, pos: 1, size: 1, expanded: null, height: 24, node, stamp: text });
  }

  /** Load more when the end of what is there comes into view. */
  addPending(load: () => void): void {
    this.pending.push({ index: this.rows.length - 1, load });
  }

  private addRun(
    run: RunData,
    level: number,
    [pos, size]: [number, number],
    prefix: string,
    above: readonly RunData[]
  ): void {
    const { branches, look, open, selection, before } = this.options;
    const id = `${prefix}/${run.run_id}`;
    const parent = allChildren(run) > 0;
    const expanded = parent ? branches.isOpen(run.run_id) : null;
    const mark = selection?.mark({ run, above }) ?? null;
    const stamp = this.options.stamp?.(run, id, level);
    const frame = { id, level, pos, size, expanded, mark, stamp };
    const old = before?.get(id);
    if (old?.place?.run === run && sameFrame(old, frame) && old.stamp === stamp) {
      this.rows.push(old);
    } else {
      this.rows.push({
        ...frame,
        place: { run, above },
        ...look(run, id, level),
        ...(parent ? { onToggle: () => branches.toggle(run) } : {}),
        ...(open ? { onOpen: () => open(run) } : {})
      });
    }
    if (expanded) {
      this.addChildren(run, level + 1, id, [...above, run]);
    }
  }

  private addChildren(run: RunData, level: number, id: string, above: readonly RunData[]): void {
    const { branches, trans } = this.options;
    const branch = branches.branch(run.run_id);
    if (!branch) {
      // Unfolded before the page was loaded again.
      this.addNote(`${id}/loading`, level, trans.__('Loading…'));
      this.addPending(() => branches.more(run, true));
      return;
    }
    this.addRuns(branch.runs, level, branch.total, id, above);
    const missing = branch.total - branch.runs.length;
    if (branch.error) {
      this.addNote(`${id}/error`, level, branch.error);
    } else if (branch.loading) {
      this.addNote(`${id}/loading`, level, trans.__('Loading…'));
    } else if (branch.next !== null) {
      const text = trans._n('… %1 more child', '… %1 more children', Math.max(1, missing));
      this.addNote(`${id}/more`, level, text);
      this.addPending(() => branches.more(run));
    }
  }
}

type Frame = Pick<TreeRow, 'level' | 'pos' | 'size' | 'expanded' | 'mark'>;

function sameFrame(a: Frame, b: Frame): boolean {
  return (
    a.level === b.level &&
    a.pos === b.pos &&
    a.size === b.size &&
    a.expanded === b.expanded &&
    a.mark === b.mark
  );
}

/** How far the content of a row is moved in. */
export function indent(level: number): number {
  return 10 + Math.max(0, level - 1) * 16;
}
