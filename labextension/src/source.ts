// The source of a panel that lives on the server's model.
import type { IDisposable } from '@lumino/disposable';
import { ApiError, messageOf, RunsApi } from './api';
import { newer } from './branches';
import { Coalescer } from './coalesce';
import type { CodeHost } from './codehost';
import { connectionText } from './connection';
import { formatMoment } from './format';
import { LiveDetails } from './details';
import type { RunData } from './run';
import type { RunsChange, RunsModel } from './runs';
import type { Settings } from './settings';
import { SourceBase } from './sourcebase';
import type { ChildPage, KernelControl, RunSnapshot, RunSource, Translate } from './tokens';
import type { UiState } from './uistate';

const PLAIN_ID = /^[\w.-]+$/;

/** In a search: also what is archived or in the bin, which is out of sight unless one speaks of it. */
const ANYWHERE = '(is:archived or -is:archived) (is:deleted or -is:deleted)';

/** What a panel says of a run in the bin. */
export function binNote(trans: Translate): string {
  return trans.__('This run is in the bin. `run.restore()` brings it back.');
}

export interface LiveRunOptions {
  model: RunsModel;
  trans: Translate;
  runId: string;
  /** Null: the server's own. */
  workspace: string | null;
  /** What a notebook keeps of the run. */
  snapshot?: RunSnapshot;
  open?: (run: RunData) => void;
  kernels?: KernelControl;
  state?: UiState;
  code?: CodeHost;
  search?: RunSource['search'];
  settings?: Settings;
}

/** A run of the server; until it answers, and when it does not know the run, what was saved of it. */
export class LiveRunSource extends SourceBase implements RunSource {
  constructor(private readonly options: LiveRunOptions) {
    super();
    this.runId = options.runId;
    this.workspace = options.workspace;
    this.open = options.open;
    this.kernels = options.kernels;
    this.ui = options.state;
    this.code = options.code;
    this.search = options.search;
    this._model = options.model;
    this._saved = options.snapshot ?? null;
    this._reload = new Coalescer(() => this.fetchRun(), 1000);
    this._model.connectionChanged.connect(this.onConnection, this);
    this._model.changed.connect(this.onChanged, this);
    this._model.ticked.connect(this.onTick, this);
    this.showSaved(null, this._saved?.run.is_final ?? false);
    void this._model.start().then(() => this.onConnection());
  }

  readonly runId: string;
  readonly workspace: string | null;
  readonly open: ((run: RunData) => void) | undefined;
  readonly kernels: KernelControl | undefined;
  readonly ui: UiState | undefined;
  readonly code: CodeHost | undefined;
  readonly search: RunSource['search'];

  get clockOffset(): number {
    return this._model.clockOffset;
  }

  get asksBeforeCancel(): boolean {
    return this.options.settings?.composite.confirmCancel ?? true;
  }

  get api(): RunsApi | undefined {
    return this._live ? this._model.api : undefined;
  }

  /** A newer payload of the same run has come into the notebook. */
  offer(snapshot: RunSnapshot): void {
    this._saved = snapshot;
    if (this._live) {
      this.take(snapshot.run);
    } else {
      this.showSaved(this.state.note, this.state.readOnly);
      this._reload.request();
    }
  }

  showDetails(): void {
    if (!this._details) {
      this._details = new LiveDetails(this._model.api, change => this.update(change));
      this.loadDetails();
    }
  }

  async setTags(tags: Record<string, string | null>): Promise<void> {
    const run = this.need();
    this.published(await this._model.api.updateTags(run.workspace, run.run_id, tags, []));
  }

  async removeTag(key: string): Promise<void> {
    const run = this.need();
    this.published(await this._model.api.updateTags(run.workspace, run.run_id, {}, [key]));
  }

  async rename(name: string): Promise<void> {
    const run = this.need();
    this.published(await this._model.api.updateRun(run.workspace, run.run_id, { name }));
  }

  async describe(description: string | null): Promise<void> {
    const run = this.need();
    this.published(await this._model.api.updateRun(run.workspace, run.run_id, { description }));
  }

  async restore(): Promise<void> {
    const run = this.need();
    await this._model.api.act(run.workspace, run.run_id, 'restore');
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._model.connectionChanged.disconnect(this.onConnection, this);
    this._model.changed.disconnect(this.onChanged, this);
    this._model.ticked.disconnect(this.onTick, this);
    this._reload.dispose();
    this._details?.dispose();
    this._follow?.dispose();
    super.dispose();
  }

  protected async loadChildren(run: RunData, page: string | null): Promise<ChildPage> {
    if (!this._live) {
      const runs = this._saved?.children ?? [];
      const mine = runs.filter(child => child.parent_id === run.run_id);
      return { runs: mine, total: mine.length, next: null };
    }
    const answer = await this._model.api.children(run.workspace, run.run_id, page);
    return { runs: answer.runs, total: answer.total, next: answer.next_page };
  }

  protected async sendCancel(run: RunData): Promise<RunData> {
    const answer = await this._model.api.cancel(run.workspace, run.run_id, 'panel');
    this._model.publish(answer);
    return answer;
  }

  private published(run: RunData): void {
    this.take(run);
    this._model.publish(run);
  }

  private onConnection(): void {
    const { trans } = this.options;
    const { state } = this._model.connection;
    if (this.isDisposed || state === 'connecting') {
      return;
    }
    if (state === 'missing') {
      this.showSaved(
        trans.__(
          'Live updates need the jupyter_runs server extension: run `%1` and restart.',
          'jupyter server extension enable jupyter_runs'
        ),
        true
      );
    } else if (state === 'paused') {
      const note = connectionText(this._model.connection, trans);
      // What was saved in the notebook is older still.
      const frozenAt = this._live ? this._model.connection.asOf : this.state.frozenAt;
      this.update({ note, frozenAt });
    } else {
      this.update({ note: null, ...(this._live ? { frozenAt: null } : {}) });
      this._reload.request();
    }
  }

  private onChanged(_: RunsModel, change: RunsChange): void {
    const run = this.state.run;
    if (!this._live || !run || change.workspace !== run.workspace) {
      return;
    }
    if (change.reset) {
      this._reload.request();
    }
    this.branches.apply(change.runs, change.deleted);
    if (change.deleted.includes(run.run_id)) {
      this._gone = true;
      this.update({ note: binNote(this.options.trans), readOnly: true });
      this._reload.request();
      return;
    }
    const mine = change.runs.find(other => other.run_id === run.run_id);
    if (mine && this._gone) {
      // Out of the bin, its children too.
      this._reload.request();
    } else if (mine) {
      this.take(mine);
    } else if (change.runs.some(other => other.parent_id === run.run_id)) {
      // The counts of the children may have changed with them.
      this._reload.request();
    }
  }

  private onTick(): void {
    if (this._live && this.state.run && !this.state.run.is_final) {
      this._reload.request();
    }
  }

  private async fetchRun(): Promise<void> {
    try {
      const run = await this.lookUp();
      if (this.isDisposed) {
        return;
      }
      if (!run) {
        this._live = false;
        this.showUnknown();
        return;
      }
      const isBinned = run.deleted_at !== null;
      const isNew = !this._live || (this._gone && !isBinned);
      this._live = true;
      this._gone = isBinned;
      this._follow ??= this._model.follow(run.workspace);
      const note = isBinned ? binNote(this.options.trans) : null;
      this.update({ note, frozenAt: null, readOnly: isBinned });
      this.take(run);
      if (isNew) {
        this.branches.reload([run]);
      }
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) {
        this._live = false;
        this.showUnknown();
      } else if (!this.isDisposed && !this.state.run) {
        this.update({ note: messageOf(error) });
      }
    }
  }

  /** The run, or null when the server does not know it. One that may not be there is searched for: browsers log each 404. */
  private async lookUp(): Promise<RunData | null> {
    const { runId } = this;
    const workspace = this.workspace || null;
    if (this._gone || (!this._live && this._saved)) {
      if (!(await this._model.knows(workspace)) || !PLAIN_ID.test(runId)) {
        return null;
      }
      const q = `id:"${runId}" ${ANYWHERE}`;
      const found = await this._model.api.listRuns(workspace, { q, limit: 10 });
      const run = found.runs.find(one => one.run_id === runId);
      if (run || found.total <= found.runs.length) {
        return run ?? null;
      }
    }
    return this._model.api.run(workspace, runId);
  }

  private take(run: RunData): void {
    const old = this.state.run;
    if (old?.run_id === run.run_id && newer(old, run) === old) {
      return;
    }
    this.update({ run });
    this.loadDetails();
  }

  private loadDetails(): void {
    const run = this.state.run;
    if (run && this._details) {
      this.branches.toggle(run, true);
      if (this._live) {
        this._details.load(run);
      }
    }
  }

  private showUnknown(): void {
    const { trans } = this.options;
    const note = this._saved
      ? trans.__('recorded %1, not in this store', formatMoment(this._saved.recorded_at))
      : trans.__('This run is not in the store.');
    this.showSaved(note, true);
  }

  private showSaved(note: string | null, readOnly: boolean): void {
    const saved = this._saved;
    if (this._live || !saved) {
      this.update({ note, readOnly });
      return;
    }
    const { run, series, log_tail, recorded_at } = saved;
    const frozenAt = note === null && !run.is_final ? null : recorded_at;
    this.update({ run, series, logTail: log_tail, note, readOnly, frozenAt });
    this.branches.reload([run]);
  }

  private _details: LiveDetails | null = null;
  private _follow: IDisposable | null = null;
  /** Told as deleted: in the bin, or gone for good. */
  private _gone = false;
  private _live = false;
  private readonly _model: RunsModel;
  private readonly _reload: Coalescer;
  private _saved: RunSnapshot | null;
}
