// Active runs as JupyterLab's Running panel lists them: roots with their active children, to any depth.
import type { IRunningSessions } from '@jupyterlab/running';
import { ISignal, Signal } from '@lumino/signaling';
import { Branches } from './branches';
import { Coalescer } from './coalesce';
import { argsOf, CommandIds } from './commandids';
import { formatElapsed } from './format';
import { statusTabIcon } from './icons';
import type { RunData } from './run';
import type { RunsChange, RunsModel } from './runs';
import { activeChildren, isActive, STATUS_ORDER, statusWord } from './status';
import type { Studio } from './studio';

type Item = IRunningSessions.IRunningItem;

/** Milliseconds between two drawings of the list. */
const GAP_MS = 1000;

export class RunningRuns implements IRunningSessions.IManager {
  constructor(private readonly studio: Studio) {
    const { model, list, trans } = studio;
    this.name = trans.__('Runs');
    this.shutdownLabel = trans.__('Cancel run');
    this.shutdownAllLabel = trans.__('Cancel All');
    this._branches = new Branches(async (run, page) => {
      const answer = await model.api.children(run.workspace, run.run_id, page);
      return { runs: answer.runs, total: answer.total, next: answer.next_page };
    });
    // Drawn now: within the drawing of a list React draws nothing else.
    STATUS_ORDER.forEach(statusTabIcon);
    this._draw = new Coalescer(async () => this._changed.emit(), GAP_MS);
    list.changed.connect(this.onNews, this);
    this._branches.changed.connect(this.onNews, this);
    model.changed.connect(this.onChanged, this);
  }

  readonly name: string;
  readonly shutdownLabel: string;
  readonly shutdownAllLabel: string;
  readonly supportsMultipleViews = true;

  get runningChanged(): ISignal<this, void> {
    return this._changed;
  }

  readonly shutdownAllConfirmationText = (): string => {
    const { list, trans } = this.studio;
    const n = list.activeTotal;
    return trans._n(
      'Cancel %1 active run and its children?',
      'Cancel all %1 active runs and their children?',
      n
    );
  };

  running({ mode }: { mode: 'tree' | 'list' } = { mode: 'tree' }): Item[] {
    const { list, settings } = this.studio;
    const shown = settings.composite.showInRunning ? list.activeRuns : [];
    const roots = shown.map(run => this.item(run));
    const flat = (items: Item[]): Item[] =>
      items.flatMap(({ children, ...item }) => [item, ...flat(children ?? [])]);
    return mode === 'tree' ? roots : flat(roots);
  }

  refreshRunning(): void {
    void this.studio.model.refresh();
  }

  shutdownAll(): void {
    // The panel has asked already.
    void this.studio.commands.execute(CommandIds.cancelAllActive, { confirmed: true });
  }

  /** The clock goes on: draw again. */
  tick(): void {
    this._draw.request();
  }

  private item(run: RunData): Item {
    const { studio } = this;
    const { trans } = studio;
    const word = statusWord(run.shown_status, trans);
    const children = this.childrenOf(run);
    return {
      icon: () => statusTabIcon(run.shown_status),
      label: () => run.name,
      labelTitle: () => `${run.experiment} · #${run.number} · ${word}`,
      detail: () => formatElapsed(this.now() - (run.started_at ?? run.created_at)),
      open: () => studio.open(run),
      shutdown: () => void studio.commands.execute(CommandIds.cancelRun, argsOf([run])),
      ...(children.length > 0 ? { children } : {})
    };
  }

  private childrenOf(run: RunData): Item[] {
    if (activeChildren(run) === 0) {
      return [];
    }
    if (!this._branches.isOpen(run.run_id)) {
      // It tells when they are there; not while a list is being drawn.
      queueMicrotask(() => this._branches.toggle(run, true));
    }
    const loaded = this._branches.branch(run.run_id)?.runs ?? [];
    return loaded.filter(isActive).map(child => this.item(child));
  }

  private now(): number {
    return Date.now() / 1000 + this.studio.model.clockOffset;
  }

  private onNews(): void {
    this._draw.request();
  }

  private onChanged(_: RunsModel, change: RunsChange): void {
    this._branches.apply(change.runs, change.deleted);
    const { activeRuns } = this.studio.list;
    if (change.reset) {
      this._branches.reload([...activeRuns]);
    }
  }

  private readonly _branches: Branches;
  private _changed = new Signal<this, void>(this);
  private readonly _draw: Coalescer;
}
