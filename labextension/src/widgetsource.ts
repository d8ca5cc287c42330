// The run of a panel that is a widget: facts come by traits, wishes go by REST where the page can, else by messages.
import { ApiError, RunsApi } from './api';
import { pageApi } from './reach';
import type { RunData } from './run';
import { asSnapshot } from './snapshot';
import { binNote } from './source';
import { SourceBase } from './sourcebase';
import type { ChildPage, KernelControl, RunSnapshot, RunSource } from './tokens';
import { english } from './trans';

/** The part of anywidget's model that is used. */
export interface WidgetModel {
  get(name: string): unknown;
  on(event: string, callback: (...args: unknown[]) => void): void;
  off(event: string, callback: (...args: unknown[]) => void): void;
  send(content: unknown): void;
}

type Wish = { action: string } & Record<string, unknown>;

const REPLY_MS = 5000;

let probe: Promise<RunsApi | null> | null = null;

/** The REST client of the page when its server has the extension; asked once a page. */
function restOfPage(): Promise<RunsApi | null> {
  probe ??= (async () => {
    const api = pageApi();
    try {
      await api?.status();
      return api;
    } catch {
      return null;
    }
  })();
  return probe;
}

export class WidgetRunSource extends SourceBase implements RunSource {
  /** `findRest` can be replaced in tests. */
  constructor(
    private readonly model: WidgetModel,
    findRest: () => Promise<RunsApi | null> = restOfPage
  ) {
    super();
    this._rest = findRest();
    model.on('change:_snapshot', this.onSnapshot);
    model.on('msg:custom', this.onMessage);
    this.onSnapshot();
    void this._rest.then(api => {
      if (api && !this.isDisposed) {
        this.api = api;
        this.kernels = api.kernels();
        this.update({});
      }
    });
  }

  api: RunsApi | undefined;
  kernels: KernelControl | undefined;

  get clockOffset(): number {
    return 0;
  }

  /** Opens a tab, where the page has said that it can. */
  get open(): ((run: RunData) => void) | undefined {
    return document.body.dataset['jupyterRuns'] === 'ready' ? openByEvent : undefined;
  }

  showDetails(): void {
    this._detailed = true;
    this.onSnapshot();
  }

  setTags(tags: Record<string, string | null>): Promise<void> {
    return this.wish({ action: 'set_tags', tags }, (api, run) =>
      api.updateTags(run.workspace, run.run_id, tags, [])
    );
  }

  removeTag(key: string): Promise<void> {
    return this.wish({ action: 'remove_tag', key }, (api, run) =>
      api.updateTags(run.workspace, run.run_id, {}, [key])
    );
  }

  rename(name: string): Promise<void> {
    return this.wish({ action: 'rename', name }, (api, run) =>
      api.updateRun(run.workspace, run.run_id, { name })
    );
  }

  describe(description: string | null): Promise<void> {
    return this.wish({ action: 'describe', description }, (api, run) =>
      api.updateRun(run.workspace, run.run_id, { description })
    );
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.model.off('change:_snapshot', this.onSnapshot);
    this.model.off('msg:custom', this.onMessage);
    this._waiting.forEach(({ timer }) => clearTimeout(timer));
    this._waiting.clear();
    super.dispose();
  }

  protected async loadChildren(run: RunData, page: string | null): Promise<ChildPage> {
    const mine = this._children.filter(child => child.parent_id === run.run_id);
    const api = await this._rest;
    if (!api) {
      return { runs: mine, total: mine.length, next: null };
    }
    const answer = await api.children(run.workspace, run.run_id, page);
    return { runs: answer.runs, total: answer.total, next: answer.next_page };
  }

  protected async sendCancel(): Promise<RunData | null> {
    await this.wish({ action: 'cancel' }, (api, run) =>
      api.cancel(run.workspace, run.run_id, 'panel')
    );
    return null;
  }

  private readonly onSnapshot = (): void => {
    const snapshot: RunSnapshot | null = asSnapshot(this.model.get('_snapshot'));
    if (!snapshot || this.isDisposed) {
      return;
    }
    const { run, series, log_tail: logTail, children } = snapshot;
    this._children = children;
    const isBinned = run.deleted_at !== null;
    const note = isBinned ? binNote(english) : null;
    this.update({ run, series, logTail, note, readOnly: isBinned });
    if (this._detailed) {
      this.branches.toggle(run, true);
      this.branches.apply([run, ...children], []);
    }
  };

  private readonly onMessage = (content: unknown): void => {
    const reply = content as { type?: unknown; id?: unknown; error?: unknown } | null;
    const waiting = typeof reply?.id === 'number' ? this._waiting.get(reply.id) : undefined;
    if (reply?.type === 'reply' && waiting && typeof reply.id === 'number') {
      clearTimeout(waiting.timer);
      this._waiting.delete(reply.id);
      waiting.done(typeof reply.error === 'string' ? new Error(reply.error) : null);
    }
  };

  /** By REST, which works while the kernel is busy; by message when REST is not there or does not know the run. */
  private async wish(
    message: Wish,
    rest: (api: RunsApi, run: RunData) => Promise<RunData>
  ): Promise<void> {
    const run = this.need();
    const api = await this._rest;
    if (api) {
      try {
        this.update({ run: await rest(api, run) });
        return;
      } catch (error) {
        if (!(error instanceof ApiError && (error.status === 404 || error.status === 0))) {
          throw error;
        }
      }
    }
    await this.ask(message);
  }

  private ask(message: Wish): Promise<void> {
    const id = (this._lastId += 1);
    return new Promise((resolve, reject) => {
      const done = (error: Error | null) => (error ? reject(error) : resolve());
      const late = 'The kernel is busy: it will do this when the cell has ended.';
      const timer = setTimeout(() => {
        this._waiting.delete(id);
        // A cancel stays wished for: the panel goes on saying so.
        done(message.action === 'cancel' ? null : new Error(late));
      }, REPLY_MS);
      this._waiting.set(id, { done, timer });
      this.model.send({ type: 'action', id, ...message });
    });
  }

  private _children: RunData[] = [];
  private _detailed = false;
  private _lastId = 0;
  private readonly _rest: Promise<RunsApi | null>;
  private readonly _waiting = new Map<
    number,
    { done: (error: Error | null) => void; timer: ReturnType<typeof setTimeout> }
  >();
}

function openByEvent(run: RunData): void {
  document.dispatchEvent(new CustomEvent('jupyter-runs:open-run', { detail: run }));
}
