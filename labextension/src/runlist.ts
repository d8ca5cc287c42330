// What the sidebar lists: active runs, groups of runs, or what a search has found.
//
// News changes rows in place at once. Rows come, go and move only in `reconcile`, which waits while the pointer is busy.
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { ApiError, messageOf } from './api';
import { Branches } from './branches';
import { Coalescer } from './coalesce';
import { DEFAULT_VIEW, groupKey, ListView, valueOf } from './grouping';
import { Moves } from './moves';
import type { RunData } from './run';
import type { RunsChange, RunsModel } from './runs';
import { emptySection, PAGE, pageFor, RESULTS, Section, withFirstPage } from './sections';
import { SectionLoader } from './sectionloader';
import { PinnedSearch, SectionSet } from './sectionset';
import { Selection } from './selection';
import type { QueryMistake } from './tokens';

const POINTER_REST = 1500;

export class RunList implements IDisposable {
  constructor(readonly model: RunsModel) {
    this.branches = new Branches(async (run, page) => {
      const answer = await model.api.children(run.workspace, run.run_id, page);
      return { runs: answer.runs, total: answer.total, next: answer.next_page };
    });
    this.selection = new Selection(run => this.branches.branch(run.run_id)?.runs ?? []);
    this._loader = new SectionLoader(model, this._set, this);
    this._work = new Coalescer(() => this.reconcile(), 1000);
    model.changed.connect(this.onChanged, this);
    model.connectionChanged.connect(this.onConnection, this);
    model.ticked.connect(this.onTick, this);
  }

  readonly branches: Branches;
  readonly selection: Selection;
  /** Where the query does not parse. */
  mistake: QueryMistake | null = null;
  /** Which sections somebody has opened or closed, by key; a new section is as it was left. */
  readonly opened = new Map<string, boolean>();

  /** Something to be shown has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._work.isDisposed;
  }

  /** The runs whose rows are selected; `selection.changed` tells when they are others. */
  get selected(): readonly RunData[] {
    return this.selection.runs;
  }

  /** Number of root runs at work. */
  get activeTotal(): number {
    return this._set.active.total;
  }

  get activeRuns(): readonly RunData[] {
    return this._set.active.runs;
  }

  get query(): string {
    return this._query;
  }

  get view(): ListView {
    return this._view;
  }

  /** Why the list cannot be fetched, or what is wrong with the query. */
  get error(): string | null {
    return this._error;
  }

  /** The first answers have come. */
  get isReady(): boolean {
    const found = this._set.results?.loaded ?? true;
    return this._set.active.loaded && found && (this._groupsLoaded || !this._visible);
  }

  get workspace(): string | null {
    return this._workspace ?? this.model.status?.workspace ?? null;
  }

  /** The workspace that somebody chose in place of the server's own. */
  get chosenWorkspace(): string | null {
    return this._workspace;
  }

  /** How many runs would come, go or move now if the pointer were away. */
  get held(): number {
    return this._held ? this._moves.size : 0;
  }

  /** Groups that are too many to be listed. */
  get hiddenGroups(): number {
    return this._set.results ? 0 : this._hiddenGroups;
  }

  /** What to show, top to bottom; an active run is listed once, above its group. */
  get sections(): Section[] {
    return this._set.shown();
  }

  /** Be as it was left, before it starts. */
  restore(left: { view: ListView; query: string; workspace: string | null }): void {
    this._view = left.view;
    this._query = left.query;
    this._workspace = left.workspace;
    this._set.results = left.query === '' ? null : emptySection('results', RESULTS);
    this._changed.emit();
  }

  /** Begin; the model is started if it is not. */
  async start(): Promise<void> {
    await this.model.start();
    // One that was chosen in another life of the server may be gone.
    if (this._workspace !== null && this.model.connection.state === 'live') {
      const known = await this.model.knows(this._workspace).catch(() => true);
      this._workspace = known ? this._workspace : null;
    }
    this.onConnection();
  }

  /** While nobody looks only the number of active runs is kept. */
  setVisible(visible: boolean): void {
    if (visible !== this._visible) {
      this._visible = visible;
      if (visible && this.model.connection.state === 'live') {
        this._work.request();
      }
      this._changed.emit();
    }
  }

  /** The pointer moves over the rows: let them stand still for a while. */
  pointerMoved(inside: boolean): void {
    this._restUntil = inside ? Date.now() + POINTER_REST : 0;
    if (!inside && this._held) {
      this._work.request();
    }
  }

  /** Let rows come, go and move now, wherever the pointer is. */
  release(): void {
    this._restUntil = 0;
    this._work.request();
  }

  toggle(key: string): void {
    const section = this._set.get(key);
    if (section) {
      this.opened.set(key, !section.open);
      this.put({ ...section, open: !section.open });
      this.more(key, true);
    }
  }

  /** Load the next page of a section; with `first` only when nothing is there yet. */
  more(key: string, first = false): void {
    const section = this._set.get(key);
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
    this.mistake = null;
    this.selection.clear();
    if (query === '') {
      this._set.results = this._error = null;
      this._changed.emit();
      return;
    }
    await this.search(true);
  }

  /** List in another way. */
  setView(change: Partial<ListView>): void {
    const old = this._view;
    this._view = { ...old, ...change };
    const { by, sort, archived } = this._view;
    if (by !== old.by || sort !== old.sort || archived !== old.archived) {
      this._set.groups.clear();
      this._groupsLoaded = false;
    }
    // An answer to what was asked before the change is not taken.
    this.release();
    this._changed.emit();
  }

  /** Searches that stay as sections of their own, in this order. */
  setPinned(searches: readonly PinnedSearch[]): void {
    this._set.pin(searches, this.opened);
    this._work.request();
    this._changed.emit();
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
    this.selection.dispose();
    Signal.clearData(this);
  }

  private clear(): void {
    this._follow?.dispose();
    this._follow = null;
    this._set.clear();
    this._groupsLoaded = false;
    this.selection.clear();
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
    const known = this._set.known();
    const news = new Map(change.runs.map(run => [run.run_id, run]));
    const moved = this._moves.note(change, known, this._view.archived);
    this._set.apply(news);
    this.branches.apply(change.runs, change.deleted);
    this.selection.apply(news, change.deleted);
    this.askForCounts(change, known);
    if (moved || this._set.results) {
      this._moves.soil(change, known);
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
    this._held = this._set.active.loaded && Date.now() < this._restUntil;
    if (this._held) {
      setTimeout(() => this._work.request(), POINTER_REST);
      this._changed.emit();
      return;
    }
    const moved = this._moves.size > 0;
    // A search is asked again as a whole: it may be for just those.
    const places = [this._set.active, ...this._set.groups.values()];
    this._moves.takeFrom(places).forEach(section => this._set.put(section));
    try {
      await this.reconcileSection(this._set.active);
      if (this._visible) {
        await this.reconcileGroups();
        await this.reconcilePinned(moved);
        if (this._set.results && !this.mistake) {
          await this.search(false);
        }
      }
      if (!this._set.results && !this.mistake) {
        this._error = null;
      }
    } catch (error) {
      this._error = messageOf(error);
    }
    this._changed.emit();
  }

  private async reconcileGroups(): Promise<void> {
    const view = this._view;
    const { groups, total } = await this.model.api.groups(this.workspace, view.by, view.archived);
    if (view !== this._view) {
      return;
    }
    const dirty = this._moves.takeStale();
    this._hiddenGroups = total - groups.length;
    this._set.place(groups, view.by, this.opened, !this._groupsLoaded);
    this._groupsLoaded = true;
    for (const section of [...this._set.groups.values()]) {
      const stale = section.loaded && (dirty === null || dirty.has(section.key));
      if (section.open && section.query !== null && (stale || !section.loaded)) {
        await this.reconcileSection(section);
      }
    }
  }

  private async reconcilePinned(changed: boolean): Promise<void> {
    for (const section of [...this._set.pinned.values()]) {
      if (changed || !section.loaded) {
        await this.reconcileSection(section).catch(error =>
          this._set.put({ ...section, loaded: true, error: messageOf(error) })
        );
      }
    }
  }

  /** Fetch the first page of a section again and keep what lies below it. */
  private async reconcileSection(section: Section): Promise<void> {
    const whole = section.kind === 'active' || this._moves.takeReturn(section.key);
    const limit = whole ? pageFor(section.runs.length) : PAGE;
    await this._loader.first(section, limit);
  }

  private async load(section: Section): Promise<void> {
    this.put({ ...section, loading: true, error: null });
    await this._loader.next(section);
    this._changed.emit();
  }

  private async search(isNew: boolean): Promise<void> {
    const query = this._query;
    const section = (isNew ? null : this._set.results) ?? emptySection('results', RESULTS);
    try {
      const page = await this._loader.page(section, null, pageFor(section.runs.length));
      if (query !== this._query) {
        return;
      }
      const now = isNew ? section : (this._set.results ?? section);
      this._set.results = { ...withFirstPage(now, page), open: true };
      this._error = this.mistake = null;
    } catch (error) {
      if (query === this._query) {
        this._error = messageOf(error);
        this.mistake = error instanceof ApiError ? error.mistake : null;
        // What a good query has found before stays on screen.
        this._set.results ??= this.mistake ? null : section;
      }
    }
    this._changed.emit();
  }

  private put(section: Section): void {
    this._set.put(section);
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _error: string | null = null;
  private _follow: IDisposable | null = null;
  private _groupsLoaded = false;
  private _held = false;
  private _hiddenGroups = 0;
  private readonly _loader: SectionLoader;
  private readonly _moves = new Moves(run => groupKey(this._view.by, valueOf(this._view.by, run)));
  private _query = '';
  private _restUntil = 0;
  private readonly _set = new SectionSet();
  private _view: ListView = DEFAULT_VIEW;
  private _visible = false;
  private readonly _work: Coalescer;
  private _workspace: string | null = null;
}
