// What the sidebar lists: active runs, experiments with their runs, or what a search has found.
//
// News changes rows in place at once. Rows come, go and move only in `reconcile`, which waits while the pointer is busy.
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { ApiError, ListOptions, messageOf } from './api';
import { Branches, newer } from './branches';
import { Coalescer } from './coalesce';
import { Departed } from './departed';
import type { RunData } from './run';
import type { RunsChange, RunsModel } from './runs';
import {
  ACTIVE,
  emptySection,
  experimentKey,
  PAGE,
  pageFor,
  RESULTS,
  Section,
  withFirstPage,
  withNextPage
} from './sections';
import { isActive } from './status';
import type { RunPage } from './tokens';

const POINTER_REST = 1500;

export class RunList implements IDisposable {
  constructor(readonly model: RunsModel) {
    this.branches = new Branches(async (run, page) => {
      const answer = await model.api.children(run.workspace, run.run_id, page);
      return { runs: answer.runs, total: answer.total, next: answer.next_page };
    });
    this._work = new Coalescer(() => this.reconcile(), 1000);
    model.changed.connect(this.onChanged, this);
    model.connectionChanged.connect(this.onConnection, this);
    model.ticked.connect(this.onTick, this);
  }

  readonly branches: Branches;
  /** The runs whose rows are selected. */
  selected: readonly RunData[] = [];

  /** Something to be shown has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._work.isDisposed;
  }

  /** Number of root runs at work. */
  get activeTotal(): number {
    return this._active.total;
  }

  get activeRuns(): readonly RunData[] {
    return this._active.runs;
  }

  get query(): string {
    return this._query;
  }

  /** Why the list cannot be fetched, or what is wrong with the query. */
  get error(): string | null {
    return this._error;
  }

  /** The first answers have come. */
  get isReady(): boolean {
    return this._active.loaded && (this._experimentsLoaded || !this._visible);
  }

  get workspace(): string | null {
    return this._workspace ?? this.model.status?.workspace ?? null;
  }

  /** What to show, top to bottom; an active run is listed once, above its experiment. */
  get sections(): Section[] {
    if (this._results) {
      return this._results.total > 0 ? [this._results] : [];
    }
    const above = new Map(this._active.runs.map(run => [run.run_id, run.experiment]));
    const others = [...this._experiments.values()].flatMap(section => {
      const runs = section.runs.filter(run => !above.has(run.run_id));
      const elsewhere = [...above.values()].filter(name => name === section.title).length;
      const total = Math.max(runs.length, section.total - elsewhere);
      return total > 0 ? [{ ...section, runs, total }] : [];
    });
    return this._active.total > 0 || this._active.runs.length > 0
      ? [this._active, ...others]
      : others;
  }

  /** Begin; the model is started if it is not. */
  async start(): Promise<void> {
    await this.model.start();
    this.onConnection();
  }

  /** While nobody looks only the number of active runs is kept. */
  setVisible(visible: boolean): void {
    if (visible !== this._visible) {
      this._visible = visible;
      if (visible) {
        this._work.request();
      }
    }
  }

  /** The pointer moves over the rows: let them stand still for a while. */
  pointerMoved(inside: boolean): void {
    this._restUntil = inside ? Date.now() + POINTER_REST : 0;
    if (!inside && this._held) {
      this._work.request();
    }
  }

  toggle(key: string): void {
    const section = this.section(key);
    if (section) {
      this.put({ ...section, open: !section.open });
      this.more(key, true);
    }
  }

  /** Load the next page of a section; with `first` only when nothing is there yet. */
  more(key: string, first = false): void {
    const section = this.section(key);
    const idle = section && section.open && !section.loading;
    if (idle && (first ? !section.loaded : section.loaded && section.next !== null)) {
      void this.load(section);
    }
  }

  /** Search; an empty text ends the search. Resolves when the answer is there. */
  async setQuery(text: string): Promise<void> {
    const query = text.trim();
    if (query === this._query && this._error === null) {
      return;
    }
    this._query = query;
    if (query === '') {
      this._results = null;
      this._error = null;
      this._changed.emit();
      return;
    }
    await this.search();
  }

  setWorkspace(key: string): void {
    if (key !== this.workspace) {
      this._workspace = key;
      this.clear();
      this.onConnection();
    }
  }

  async cancel(run: RunData): Promise<void> {
    this.model.publish(await this.model.api.cancel(run.workspace, run.run_id, 'sidebar'));
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.model.changed.disconnect(this.onChanged, this);
    this.model.connectionChanged.disconnect(this.onConnection, this);
    this.model.ticked.disconnect(this.onTick, this);
    this._work.dispose();
    this._follow?.dispose();
    this.branches.dispose();
    Signal.clearData(this);
  }

  private clear(): void {
    this._follow?.dispose();
    this._follow = null;
    this._active = emptySection('active', ACTIVE, '');
    this._experiments.clear();
    this._experimentsLoaded = false;
    this._results = this._results && emptySection('results', RESULTS, '');
    this._changed.emit();
  }

  private onConnection(): void {
    const workspace = this.workspace;
    if (this.model.connection.state === 'live' && workspace !== null) {
      this._follow ??= this.model.follow(workspace);
      this._work.request();
    }
    this._changed.emit();
  }

  private onTick(): void {
    this._work.request();
  }

  private onChanged(_: RunsModel, change: RunsChange): void {
    if (change.workspace !== this.workspace) {
      return;
    }
    const known = new Map<string, RunData>();
    for (const section of this.all()) {
      section.runs.forEach(run => known.set(run.run_id, run));
    }
    const news = new Map(change.runs.map(run => [run.run_id, run]));
    const moved = (run: RunData) => {
      const old = known.get(run.run_id);
      return run.parent_id === null
        ? !old ||
            old.shown_status !== run.shown_status ||
            isActive(old) !== isActive(run) ||
            old.archived_at !== run.archived_at
        : run.is_final && known.get(run.root_id)?.is_final === true;
    };
    this._departed.note(change, known);
    for (const section of this.all()) {
      const runs = section.runs.map(run => newer(run, news.get(run.run_id) ?? run));
      this.put({ ...section, runs }, false);
    }
    this.branches.apply(change.runs, change.deleted);
    this.askForCounts(change, known);
    const structural = change.runs.some(moved) || change.deleted.length > 0;
    if (structural || change.reset || this._results) {
      change.runs.forEach(run => this._dirty.add(run.experiment));
      this._dirtyAll ||= change.reset || change.deleted.length > 0;
      this._work.request();
    }
    this._changed.emit();
  }

  /** A child has changed but its parent was not told of: the counts in the parent's row are old. */
  private askForCounts(change: RunsChange, known: Map<string, RunData>): void {
    const told = new Set(change.runs.map(run => run.run_id));
    const parents = change.runs.map(run => run.parent_id);
    if (parents.some(id => id !== null && known.has(id) && !told.has(id))) {
      this._work.request();
    }
  }

  /** Fetch what is shown and put every row where it belongs. */
  private async reconcile(): Promise<void> {
    if (this.model.connection.state !== 'live') {
      return;
    }
    this._held = this._active.loaded && Date.now() < this._restUntil;
    if (this._held) {
      setTimeout(() => this._work.request(), POINTER_REST);
      return;
    }
    // A search is asked again as a whole: it may be for just those.
    const places = [this._active, ...this._experiments.values()];
    this._departed.takeFrom(places).forEach(section => this.put(section, false));
    try {
      await this.reconcileSection(this._active);
      if (this._visible) {
        await this.reconcileExperiments();
        if (this._results && !this._badQuery) {
          await this.search();
        }
      }
      if (!this._results) {
        this._error = null;
      }
    } catch (error) {
      this._error = messageOf(error);
    }
    this._changed.emit();
  }

  private async reconcileExperiments(): Promise<void> {
    const experiments = await this.model.api.experiments(this.workspace);
    const first = !this._experimentsLoaded;
    const dirty = this._dirtyAll ? null : this._dirty;
    this._dirty = new Set();
    this._dirtyAll = false;
    const old = new Map(this._experiments);
    this._experiments.clear();
    experiments.forEach(({ name, total }, i) => {
      const key = experimentKey(name);
      const fresh = { ...emptySection('experiment', key, name), open: !first || i === 0 };
      this._experiments.set(key, { ...(old.get(key) ?? fresh), total });
    });
    this._experimentsLoaded = true;
    for (const section of [...this._experiments.values()]) {
      const stale = section.loaded && (dirty === null || dirty.has(section.title));
      if (section.open && (stale || !section.loaded)) {
        await this.reconcileSection(section);
      }
    }
  }

  /** Fetch the first page of a section again and keep what lies below it. */
  private async reconcileSection(section: Section): Promise<void> {
    const whole = section.kind === 'active' || this._departed.takeReturn(section.title);
    const limit = whole ? pageFor(section.runs.length) : PAGE;
    const page = await this.fetchPage(section, null, limit);
    const now = this.section(section.key);
    if (now) {
      this.put(withFirstPage(now, page), false);
    }
  }

  private async load(section: Section): Promise<void> {
    this.put({ ...section, loading: true, error: null });
    try {
      const page = await this.fetchPage(section, section.next, PAGE);
      this.put(withNextPage(this.section(section.key) ?? section, page));
    } catch (error) {
      const now = this.section(section.key) ?? section;
      this.put({ ...now, loading: false, error: messageOf(error) });
    }
  }

  private async search(): Promise<void> {
    const query = this._query;
    const section = this._results ?? emptySection('results', RESULTS, '');
    try {
      const page = await this.fetchPage(section, null, pageFor(section.runs.length));
      if (query !== this._query) {
        return;
      }
      const { runs, total, next_page: next } = page;
      this._results = { ...section, open: true, runs, total, next, loaded: true };
      this._error = null;
      this._badQuery = false;
    } catch (error) {
      if (query === this._query) {
        this._error = messageOf(error);
        this._badQuery = error instanceof ApiError && error.status === 400;
        // What a good query has found before stays on screen.
        this._results = this._badQuery ? this._results : section;
      }
    }
    this._changed.emit();
  }

  private async fetchPage(section: Section, page: string | null, limit: number): Promise<RunPage> {
    const options: ListOptions = { limit, page };
    if (section.kind === 'active') {
      options.active = true;
    } else if (section.kind === 'experiment') {
      options.experiment = section.title;
    } else {
      options.q = this._query;
    }
    const answer = await this.model.api.listRuns(this.workspace, options);
    this.model.tellTime(answer.server_time);
    return answer;
  }

  private all(): Section[] {
    const sections = [this._active, ...this._experiments.values()];
    return this._results ? [...sections, this._results] : sections;
  }

  private section(key: string): Section | null {
    if (key === ACTIVE) {
      return this._active;
    }
    return key === RESULTS ? this._results : (this._experiments.get(key) ?? null);
  }

  private put(section: Section, tell = true): void {
    if (section.key === ACTIVE) {
      this._active = section;
    } else if (section.key === RESULTS) {
      this._results = section;
    } else if (this._experiments.has(section.key)) {
      this._experiments.set(section.key, section);
    }
    if (tell) {
      this._changed.emit();
    }
  }

  private _active: Section = emptySection('active', ACTIVE, '');
  private _badQuery = false;
  private _changed = new Signal<this, void>(this);
  private readonly _departed = new Departed();
  private _dirty = new Set<string>();
  private _dirtyAll = false;
  private _error: string | null = null;
  private readonly _experiments = new Map<string, Section>();
  private _experimentsLoaded = false;
  private _follow: IDisposable | null = null;
  private _held = false;
  private _query = '';
  private _restUntil = 0;
  private _results: Section | null = null;
  private _visible = false;
  private readonly _work: Coalescer;
  private _workspace: string | null = null;
}
