// The children that somebody has unfolded, page by page, kept up to date by the feed.
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { messageOf } from './api';
import type { RunData } from './run';
import { allChildren } from './status';
import type { ChildPage } from './tokens';

/** The children of one run, as far as they are loaded. */
export interface Branch {
  runs: RunData[];
  total: number;
  next: string | null;
  loading: boolean;
  error: string | null;
}

const EMPTY: Branch = { runs: [], total: 0, next: null, loading: false, error: null };

/** Fetches one page of the direct children of a run. */
export type LoadChildren = (run: RunData, page: string | null) => Promise<ChildPage>;

export class Branches implements IDisposable {
  constructor(private readonly load: LoadChildren) {}

  /** A branch was unfolded, folded, loaded or has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  isOpen(id: string): boolean {
    return this._open.has(id);
  }

  /** Ids of the runs that are unfolded. */
  get open(): ReadonlySet<string> {
    return this._open;
  }

  /** Unfold runs as they were left; their children are loaded when they are looked for. */
  reopen(ids: readonly string[]): void {
    ids.forEach(id => this._open.add(id));
  }

  branch(id: string): Branch | undefined {
    return this._branches.get(id);
  }

  /** A child that is loaded. */
  find(id: string): RunData | undefined {
    for (const { runs } of this._branches.values()) {
      const run = runs.find(one => one.run_id === id);
      if (run) {
        return run;
      }
    }
    return undefined;
  }

  /** Unfold or fold the children of a run. */
  toggle(run: RunData, open = !this.isOpen(run.run_id)): void {
    if (open) {
      this._open.add(run.run_id);
      this.more(run, true);
    } else {
      this._open.delete(run.run_id);
      this._branches.delete(run.run_id);
    }
    this._changed.emit();
  }

  /** Load the next page; with `first` only when nothing is there yet. */
  more(run: RunData, first = false): void {
    const id = run.run_id;
    const branch = this._branches.get(id);
    const done = branch && (branch.loading || (first ? !branch.error : branch.next === null));
    if (done || this._disposed) {
      return;
    }
    this.set(id, { ...(branch ?? EMPTY), loading: true, error: null });
    this.load(run, branch?.next ?? null).then(
      page => this.extend(id, page),
      error => {
        const now = this._branches.get(id);
        if (now) {
          this.set(id, { ...now, loading: false, error: messageOf(error) });
        }
      }
    );
  }

  /** Take news of the feed: known children are replaced in place, new ones come first. */
  apply(runs: RunData[], deleted: string[]): void {
    let touched = false;
    for (const run of runs) {
      touched = this.applyCounts(run) || touched;
      const branch = run.parent_id === null ? undefined : this._branches.get(run.parent_id);
      if (branch && run.parent_id !== null) {
        this._branches.set(run.parent_id, withRun(branch, run));
        touched = true;
      }
    }
    if (deleted.length > 0) {
      const gone = new Set(deleted);
      for (const [id, branch] of this._branches) {
        const kept = branch.runs.filter(run => !gone.has(run.run_id));
        const lost = branch.runs.length - kept.length;
        if (lost > 0) {
          this._branches.set(id, { ...branch, runs: kept, total: branch.total - lost });
          touched = true;
        }
      }
    }
    if (touched) {
      this._changed.emit();
    }
  }

  /** Load everything that is unfolded again, keeping it on screen meanwhile. */
  reload(parents: RunData[]): void {
    for (const run of parents) {
      if (this._branches.has(run.run_id)) {
        this.load(run, null).then(
          page => this.set(run.run_id, { ...EMPTY, ...page }),
          () => undefined
        );
      }
    }
  }

  dispose(): void {
    this._disposed = true;
    this._branches.clear();
    this._open.clear();
    Signal.clearData(this);
  }

  private applyCounts(run: RunData): boolean {
    const branch = this._branches.get(run.run_id);
    const total = allChildren(run);
    if (!branch || branch.loading || branch.total >= total) {
      return false;
    }
    this._branches.set(run.run_id, { ...branch, total });
    return true;
  }

  private extend(id: string, page: ChildPage): void {
    const branch = this._branches.get(id);
    if (branch) {
      const known = new Set(branch.runs.map(run => run.run_id));
      const runs = branch.runs.concat(page.runs.filter(run => !known.has(run.run_id)));
      this.set(id, { ...EMPTY, runs, total: Math.max(page.total, runs.length), next: page.next });
    }
  }

  private set(id: string, branch: Branch): void {
    if (!this._disposed) {
      this._branches.set(id, branch);
      this._changed.emit();
    }
  }

  private readonly _branches = new Map<string, Branch>();
  private _changed = new Signal<this, void>(this);
  private _disposed = false;
  private readonly _open = new Set<string>();
}

function withRun(branch: Branch, run: RunData): Branch {
  const at = branch.runs.findIndex(other => other.run_id === run.run_id);
  if (at >= 0) {
    const runs = branch.runs.slice();
    runs[at] = newer(branch.runs[at], run);
    return { ...branch, runs };
  }
  if (branch.loading) {
    return branch;
  }
  const runs = [run, ...branch.runs];
  return { ...branch, runs, total: Math.max(branch.total, runs.length) };
}

/** The newer of two states of a run; of two of the same revision the second, which may carry newer values. */
export function newer(old: RunData | undefined, run: RunData): RunData {
  return old && old.rev > run.rev ? old : run;
}
