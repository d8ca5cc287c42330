// The runs that are compared, fetched once and kept up to date by the feed.
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { messageOf } from './api';
import { newer } from './branches';
import { Coalescer } from './coalesce';
import { MAX_RUNS } from './comparison';
import type { RunData } from './run';
import type { RunsChange, RunsModel } from './runs';

export interface ComparedRunsOptions {
  model: RunsModel;
  ids: readonly string[];
  /** Null: the server's own. */
  workspace: string | null;
}

export class ComparedRuns implements IDisposable {
  constructor({ model, ids, workspace }: ComparedRunsOptions) {
    this.model = model;
    this.ids = [...new Set(ids)].slice(0, MAX_RUNS);
    this.leftOut = new Set(ids).size - this.ids.length;
    this.givenWorkspace = workspace;
    this._work = new Coalescer(() => this.fetch(), 1000);
    model.changed.connect(this.onChanged, this);
    model.connectionChanged.connect(this.onConnection, this);
    void model.start().then(() => this.onConnection());
  }

  readonly model: RunsModel;
  readonly ids: readonly string[];
  /** Null: the server's own. */
  readonly givenWorkspace: string | null;
  /** How many more there would be. */
  readonly leftOut: number;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._work.isDisposed;
  }

  get workspace(): string | null {
    return this.givenWorkspace ?? this.model.status?.workspace ?? null;
  }

  /** In the order asked for, without those that are not there. */
  get runs(): readonly RunData[] {
    return this._runs;
  }

  get isReady(): boolean {
    return this._ready;
  }

  /** Why they cannot be fetched. */
  get error(): string | null {
    return this._error;
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.model.changed.disconnect(this.onChanged, this);
      this.model.connectionChanged.disconnect(this.onConnection, this);
      this._work.dispose();
      this._follow?.dispose();
      Signal.clearData(this);
    }
  }

  private onConnection(): void {
    if (!this.isDisposed && this.model.connection.state === 'live' && this.workspace !== null) {
      this._follow ??= this.model.follow(this.workspace);
      this._work.request();
    }
    this._changed.emit();
  }

  private onChanged(_: RunsModel, change: RunsChange): void {
    if (change.workspace !== this.workspace) {
      return;
    }
    const news = new Map(change.runs.map(run => [run.run_id, run]));
    const known = new Set(this._runs.map(run => run.run_id));
    const touched = this.ids.some(id => news.has(id)) || change.deleted.some(id => known.has(id));
    if (touched) {
      const kept = this._runs.filter(run => !change.deleted.includes(run.run_id));
      this._runs = kept.map(run => newer(run, news.get(run.run_id) ?? run));
      this._changed.emit();
    }
    // One that is out of the bin again.
    if (change.reset || this.ids.some(id => news.has(id) && !known.has(id))) {
      this._work.request();
    }
  }

  private async fetch(): Promise<void> {
    try {
      const found = await this.model.api.runsById(this.workspace, this.ids);
      this._runs = found.filter(run => run.deleted_at === null);
      this._error = null;
    } catch (error) {
      this._error = messageOf(error);
    }
    this._ready = true;
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _error: string | null = null;
  private _follow: IDisposable | null = null;
  private _ready = false;
  private _runs: readonly RunData[] = [];
  private readonly _work: Coalescer;
}
