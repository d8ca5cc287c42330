// The rows of a table of runs: pages as they are looked at, or groups with figures that unfold; kept up to date by the feed.
//
// News changes rows in place at once. Rows come, go and move only in `reconcile`, at most every few seconds.
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { ListOptions, messageOf } from './api';
import { Branches } from './branches';
import { Coalescer } from './coalesce';
import { columnOf, defaultColumns, hasFigures, orderOf } from './columns';
import type { RunsChange, RunsModel } from './runs';
import { both, groupTerm, splitOrder, withOrder } from './tablequery';
import {
  ALL,
  EMPTY,
  FIRST_VIEW,
  groupKey,
  hasNewColumn,
  Listing,
  MAX_PAGE,
  PAGE,
  TableGroup,
  TableView,
  withFirstRows,
  withMoreRows,
  withNews
} from './tableview';
import type { ColumnsData, RunPage } from './tokens';

const RECONCILE_MS = 2000;

export interface RunTableOptions {
  model: RunsModel;
  experiment: string;
  /** Null: the server's own. */
  workspace: string | null;
}

export class RunTable implements IDisposable {
  constructor(options: RunTableOptions) {
    this.model = options.model;
    this.experiment = options.experiment;
    this._workspace = options.workspace;
    this.branches = new Branches(async (run, page) => {
      const answer = await this.model.api.children(run.workspace, run.run_id, page);
      return { runs: answer.runs, total: answer.total, next: answer.next_page };
    });
    this._work = new Coalescer(() => this.reconcile(), RECONCILE_MS);
    this.model.changed.connect(this.onChanged, this);
    this.model.connectionChanged.connect(this.onConnection, this);
  }

  readonly model: RunsModel;
  readonly experiment: string;
  readonly branches: Branches;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._work.isDisposed;
  }

  get workspace(): string | null {
    return this._workspace ?? this.model.status?.workspace ?? null;
  }

  get view(): TableView {
    return this._view;
  }

  /** The search text as typed. */
  get query(): string {
    return this._query;
  }

  /** What is wrong with the search, or why nothing can be fetched. */
  get error(): string | null {
    return this._error;
  }

  /** The columns there are; null until that is known. */
  get available(): ColumnsData | null {
    return this._available;
  }

  /** Ids of the columns to show. */
  get columns(): readonly string[] {
    return this._view.columns ?? this._default;
  }

  /** Null while there are no groups. */
  get groups(): readonly TableGroup[] | null {
    return this._view.group === null ? null : this._groups;
  }

  /** How many runs the search finds. */
  get total(): number {
    return this._view.group === null ? this.listing(ALL).total : this._groupedRuns;
  }

  get isReady(): boolean {
    return this._ready;
  }

  /** What the rows are sorted by: what the search says, else what the header says. */
  get order(): string | null {
    return splitOrder(this._query).order ?? this._view.order;
  }

  /** What finds the rows, in their order. */
  get searchText(): string {
    return withOrder(splitOrder(this._query).rest, this.order);
  }

  listing(key: string): Listing {
    return this._listings.get(key) ?? EMPTY;
  }

  isOpen(key: string): boolean {
    return this._open.has(key);
  }

  /** Begin with a view and a search text; the model is started if it is not. */
  async start(view: TableView, query: string): Promise<void> {
    this._view = view;
    this._query = query;
    await this.model.start();
    this.onConnection();
  }

  setVisible(visible: boolean): void {
    if (visible && !this._visible) {
      this._work.request();
    }
    this._visible = visible;
  }

  setView(change: Partial<TableView>): void {
    const old = this._view;
    this._view = { ...old, ...change };
    const same = (['order', 'children', 'group'] as const).every(
      key => old[key] === this._view[key]
    );
    if (!same) {
      void this.restart();
    } else if (this._view.group !== null) {
      void this.loadGroups(this._version);
    }
    this._changed.emit();
  }

  /** Sort by a column: ascending, then descending, then as before. A `sort:` in the search gives way. */
  sortBy(order: string): void {
    const now = this.order;
    const { rest, order: typed } = splitOrder(this._query);
    this._query = typed === null ? this._query : rest;
    this.setView({ order: now === order ? `-${order}` : now === `-${order}` ? null : order });
    if (typed !== null) {
      void this.restart();
    }
  }

  setQuery(text: string): void {
    if (text !== this._query) {
      this._query = text;
      void this.restart();
    }
  }

  toggleGroup(key: string): void {
    if (this._open.has(key)) {
      this._open.delete(key);
      this._listings.delete(key);
    } else {
      this._open.add(key);
      void this.load(key);
    }
    this._changed.emit();
  }

  /** Load the next page of some rows. */
  more(key: string): void {
    const listing = this.listing(key);
    if (!listing.loading && (!listing.loaded || listing.next !== null)) {
      void this.load(key);
    }
  }

  /** All runs of the table in its order, page by page: for a download. */
  async *all(): AsyncGenerator<RunPage> {
    let page: string | null = null;
    do {
      const options = { ...this.options(this.searchText), limit: MAX_PAGE, page };
      const answer: RunPage = await this.model.api.listRuns(this.workspace, options);
      yield answer;
      page = answer.next_page;
    } while (page !== null && !this.isDisposed);
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.model.changed.disconnect(this.onChanged, this);
      this.model.connectionChanged.disconnect(this.onConnection, this);
      this._work.dispose();
      this._follow?.dispose();
      this.branches.dispose();
      Signal.clearData(this);
    }
  }

  private onConnection(): void {
    if (this.model.connection.state === 'live' && this.workspace !== null) {
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
    const mine = change.runs.filter(run => run.experiment === this.experiment);
    for (const [key, listing] of this._listings) {
      this._listings.set(key, withNews(listing, news));
    }
    this.branches.apply(change.runs, change.deleted);
    if (mine.length > 0 || change.deleted.length > 0 || change.reset) {
      const found = this._available;
      const grown = found !== null && mine.some(run => hasNewColumn(found, run));
      this._stale = this._stale || change.reset || grown;
      this._work.request();
    }
    this._changed.emit();
  }

  /** Everything anew: another search, another order. What was there stays on screen until the answer. */
  private async restart(): Promise<void> {
    this._version += 1;
    this._stale = true;
    this._open.clear();
    await this.refresh(this._version, true);
  }

  private async reconcile(): Promise<void> {
    if (this.model.connection.state === 'live' && (this._visible || !this._ready)) {
      await this.refresh(this._version, false);
    }
  }

  private async refresh(version: number, anew: boolean): Promise<void> {
    try {
      if (this._stale || !this._available) {
        this._stale = false;
        await this.loadColumns(version);
      }
      if (this._view.group === null) {
        await this.fetch(ALL, version, anew);
      } else {
        await this.loadGroups(version);
        for (const key of [...this._open]) {
          await this.fetch(key, version, anew);
        }
      }
      this.settle(version, null);
    } catch (error) {
      this.settle(version, messageOf(error));
    }
  }

  private settle(version: number, error: string | null): void {
    if (version === this._version && !this.isDisposed) {
      this._ready = true;
      this._error = error;
      this._changed.emit();
    }
  }

  private options(q: string): ListOptions {
    return { q, experiment: this.experiment, children: this._view.children };
  }

  private async loadColumns(version: number): Promise<void> {
    // Of all runs of the experiment: a search must not take columns away.
    const options = { experiment: this.experiment, children: this._view.children };
    const found = await this.model.api.columns(this.workspace, options);
    if (version === this._version) {
      const grown = this._available === null || this._default.length === 0;
      this._available = found;
      // Columns do not jump because one more run has come.
      this._default = grown || this._defaultTotal < 2 ? defaultColumns(found) : this._default;
      this._defaultTotal = found.total;
    }
  }

  private async loadGroups(version: number): Promise<void> {
    const by = this._view.group;
    if (by === null) {
      return;
    }
    const columns = this.columns.flatMap(id => columnOf(id) ?? []).filter(hasFigures);
    const values = columns.map(column => orderOf(column) ?? '');
    const { rest } = splitOrder(this._query);
    const found = await this.model.api.aggregate(this.workspace, this.options(rest), by, values);
    if (version !== this._version) {
      return;
    }
    this._groupedRuns = found.runs;
    this._groupTotal = found.total;
    this._groups = found.groups.map(({ value, count, stats }) => ({
      value,
      count,
      stats: new Map(stats.flatMap((one, i) => (columns[i] ? [[columns[i].id, one]] : []))),
      term: groupTerm(by, value)
    }));
    this._changed.emit();
  }

  /** How many groups there are; `groups` has the first of them. */
  get groupTotal(): number {
    return this._groupTotal;
  }

  private textOf(key: string): string | null {
    if (key === ALL) {
      return this.searchText;
    }
    const term = this._groups.find(group => groupKey(group) === key)?.term ?? null;
    const { rest } = splitOrder(this._query);
    return term === null ? null : withOrder(both(rest, term), this.order);
  }

  /** Fetch the first rows again; those further down are kept, unless all is new. */
  private async fetch(key: string, version: number, anew: boolean): Promise<void> {
    const text = this.textOf(key);
    if (text === null) {
      return;
    }
    const had = this.listing(key).runs.length;
    const limit = anew ? PAGE : Math.min(MAX_PAGE, Math.max(PAGE, had));
    const options = { ...this.options(text), limit };
    const page = await this.model.api.listRuns(this.workspace, options);
    this.model.tellTime(page.server_time);
    if (version !== this._version) {
      return;
    }
    this._listings.set(key, withFirstRows(anew ? EMPTY : this.listing(key), page));
    if (anew && key === ALL) {
      [...this._listings.keys()]
        .filter(one => one !== ALL)
        .forEach(one => this._listings.delete(one));
    }
    this._changed.emit();
  }

  private async load(key: string): Promise<void> {
    const version = this._version;
    const listing = this.listing(key);
    const text = this.textOf(key);
    if (text === null) {
      return;
    }
    this._listings.set(key, { ...listing, loading: true, error: null });
    try {
      const options = { ...this.options(text), limit: PAGE, page: listing.next };
      const page = await this.model.api.listRuns(this.workspace, options);
      const now = this.listing(key);
      if (version === this._version && now.loading) {
        this._listings.set(key, withMoreRows(now, page));
      }
    } catch (error) {
      if (version === this._version) {
        this._listings.set(key, { ...this.listing(key), loading: false, error: messageOf(error) });
      }
    }
    this._changed.emit();
  }

  private _available: ColumnsData | null = null;
  private _changed = new Signal<this, void>(this);
  private _default: string[] = [];
  private _defaultTotal = 0;
  private _error: string | null = null;
  private _follow: IDisposable | null = null;
  private _groupedRuns = 0;
  private _groups: TableGroup[] = [];
  private _groupTotal = 0;
  private readonly _listings = new Map<string, Listing>();
  private readonly _open = new Set<string>();
  private _query = '';
  private _ready = false;
  private _stale = true;
  private _version = 0;
  private _view: TableView = FIRST_VIEW;
  private _visible = true;
  private readonly _work: Coalescer;
  private readonly _workspace: string | null;
}
