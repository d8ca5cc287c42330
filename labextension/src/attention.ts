// What has ended since the page was opened, and what of it a person has seen: for the status bar and for notifications.
import { DisposableDelegate, IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import type { RunData } from './run';
import type { RunsChange, RunsModel } from './runs';

/** A surface that shows one run, if it is on screen. */
export interface View {
  runId: () => string | null;
  isOnScreen: () => boolean;
}

/** Milliseconds between two looks at whether a failure has come on screen. */
const LOOK_MS = 1000;
/** Milliseconds in which ends are taken together. */
const GATHER_MS = 500;
/** Ends that are remembered, so that none is told twice. */
const REMEMBERED = 1000;

/** Whether the top of an element, where a panel says how its run is, can be seen. */
export function isTopOnScreen(node: HTMLElement): boolean {
  const { left, top, width, height } = node.getBoundingClientRect();
  if (width === 0 || height === 0) {
    return false;
  }
  const found = document.elementFromPoint(
    left + Math.min(24, width / 2),
    top + Math.min(12, height / 2)
  );
  return found !== null && node.contains(found);
}

export class Attention implements IDisposable {
  constructor(private readonly model: RunsModel) {
    model.changed.connect(this.onChanged, this);
  }

  /** Root runs that have ended, each once; those that somebody looks at are among them. */
  get ended(): ISignal<this, RunData[]> {
    return this._ended;
  }

  /** The failures that nobody has seen are others. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Failed root runs that were on no screen since. */
  get unseen(): readonly RunData[] {
    return this._unseen;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  /** A surface shows a run from now on, until the result is disposed. */
  add(view: View): IDisposable {
    this._views.add(view);
    return new DisposableDelegate(() => this._views.delete(view));
  }

  /** Whether a person has the run before their eyes. */
  isSeen(run: RunData): boolean {
    const isThis = (view: View) => view.runId() === run.run_id && view.isOnScreen();
    return document.visibilityState !== 'hidden' && [...this._views].some(isThis);
  }

  /** All failures, or this one, count as seen. */
  markSeen(run?: RunData): void {
    this.keep(run ? this._unseen.filter(one => one.run_id !== run.run_id) : []);
  }

  dispose(): void {
    this._disposed = true;
    this.model.changed.disconnect(this.onChanged, this);
    clearTimeout(this._gathering);
    clearInterval(this._looking);
    Signal.clearData(this);
  }

  private onChanged(_: RunsModel, change: RunsChange): void {
    for (const run of change.runs) {
      const isNew = run.is_final && run.parent_id === null && !this._told.has(run.run_id);
      // What had ended before is history. A clock that is not known yet makes no news.
      if (isNew && run.ended_at !== null && run.ended_at >= this._since + this.model.clockOffset) {
        this._told.add(run.run_id);
        this._gathered.push(run);
      }
    }
    if (this._gathered.length > 0 && this._gathering === undefined) {
      this._gathering = setTimeout(() => this.flush(), GATHER_MS);
    }
    const gone = new Set(change.deleted);
    this.keep(this._unseen.filter(run => !gone.has(run.run_id)));
  }

  private flush(): void {
    this._gathering = undefined;
    const runs = this._gathered.splice(0);
    for (const id of [...this._told].slice(0, -REMEMBERED)) {
      this._told.delete(id);
    }
    const failures = runs.filter(run => run.status === 'Failed' && !this.isSeen(run));
    this._ended.emit(runs);
    this.keep([...this._unseen, ...failures]);
  }

  private keep(unseen: readonly RunData[]): void {
    if (unseen.length === this._unseen.length) {
      return;
    }
    this._unseen = unseen;
    clearInterval(this._looking);
    if (unseen.length > 0) {
      const look = () => this.keep(this._unseen.filter(run => !this.isSeen(run)));
      this._looking = setInterval(look, LOOK_MS);
    }
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _disposed = false;
  private _ended = new Signal<this, RunData[]>(this);
  private readonly _gathered: RunData[] = [];
  private _gathering: ReturnType<typeof setTimeout> | undefined;
  private _looking: ReturnType<typeof setInterval> | undefined;
  private readonly _since = Date.now() / 1000;
  private readonly _told = new Set<string>();
  private _unseen: readonly RunData[] = [];
  private readonly _views = new Set<View>();
}
