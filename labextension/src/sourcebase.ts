// What all sources of a panel have in common: state, signal, and the wish to cancel that shows before it is confirmed.
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { Branches } from './branches';
import type { RunData } from './run';
import type { ChildPage, RunState } from './tokens';

const NOTHING: RunState = {
  run: null,
  series: [],
  logTail: '',
  note: null,
  frozenAt: null,
  readOnly: true
};

/** State, signal, and the wish to cancel that shows before the server has confirmed it. */
export abstract class SourceBase implements IDisposable {
  constructor() {
    this.branches = new Branches((run, page) => this.loadChildren(run, page));
  }

  readonly branches: Branches;

  get state(): RunState {
    return this._state;
  }

  get changed(): ISignal<unknown, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  abstract get clockOffset(): number;

  protected abstract loadChildren(run: RunData, page: string | null): Promise<ChildPage>;

  /** Send the wish; resolve with the run as it is then, or null when only the feed will tell. */
  protected abstract sendCancel(run: RunData): Promise<RunData | null>;

  /** Cancel: shown at once, taken back when it could not be sent. */
  async cancel(): Promise<void> {
    const run = this.need();
    this._cancelAt = Date.now() / 1000 + this.clockOffset;
    this.update({});
    try {
      const answer = await this.sendCancel(run);
      if (answer) {
        this._cancelAt = null;
        this.update({ run: answer });
      }
    } catch (error) {
      this._cancelAt = null;
      this.update({});
      throw error;
    }
  }

  dispose(): void {
    this._disposed = true;
    this.branches.dispose();
    Signal.clearData(this);
  }

  protected need(): RunData {
    if (!this._bare.run) {
      throw new Error('The run is not known yet.');
    }
    return this._bare.run;
  }

  protected update(change: Partial<RunState>): void {
    if (this._disposed) {
      return;
    }
    this._bare = { ...this._bare, ...change };
    const run = this._bare.run;
    if (run && (run.is_final || run.cancel_requested_at !== null)) {
      this._cancelAt = null;
    }
    const wished = run && this._cancelAt !== null;
    this._state = wished ? { ...this._bare, run: withWish(run, this._cancelAt ?? 0) } : this._bare;
    this._changed.emit();
  }

  private _bare: RunState = NOTHING;
  private _cancelAt: number | null = null;
  private _changed = new Signal<this, void>(this);
  private _disposed = false;
  private _state: RunState = NOTHING;
}

function withWish(run: RunData, at: number): RunData {
  return { ...run, shown_status: 'CancelRequested', cancel_requested_at: at };
}
