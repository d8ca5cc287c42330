// The live model behind all surfaces in Lab: it knows the server, and what changed there since it looked last.
//
// One road for everything: an event, a tick of the slow poll and a reconnection all lead to `GET /changes?since=cursor`.
import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { ISignal, Signal } from '@lumino/signaling';
import { ApiError, messageOf, RunsApi } from './api';
import { Coalescer } from './coalesce';
import type { RunData } from './run';
import { CHANGED_EVENT, ServerStatus } from './tokens';

/** How it stands with the server. `asOf`: its time at the last good answer; `message`: what it says itself, if it does. */
export interface Connection {
  state: 'connecting' | 'live' | 'paused' | 'missing';
  asOf: number | null;
  message: string;
}

/** What happened in one workspace. */
export interface RunsChange {
  workspace: string;
  runs: RunData[];
  deleted: string[];
  /** Everything may have changed: fetch again. */
  reset: boolean;
}

/** Something that emits the events of the server. */
export type EventStream = ISignal<unknown, { schema_id: string }>;

export interface RunsModelOptions {
  api: RunsApi;
  events: EventStream;
  /** Milliseconds between two pulls at the least. */
  gap?: number;
  /** Milliseconds of the slow poll. */
  interval?: number;
  /** Milliseconds until the first new try after a failure. */
  retry?: number;
}

class Follow {
  cursor: string | null = null;
  count = 0;
  constructor(readonly pull: Coalescer) {}
}

const MAX_RETRY = 30_000;

export class RunsModel implements IDisposable {
  constructor(options: RunsModelOptions) {
    this.api = options.api;
    this._events = options.events;
    this._gap = options.gap ?? 250;
    this._interval = options.interval ?? 15_000;
    this._retry = options.retry ?? 1000;
    this._poll = new Poll({
      auto: false,
      factory: () => this.tick(),
      frequency: this.calm(),
      name: 'jupyter-runs:changes',
      standby: 'when-hidden'
    });
  }

  readonly api: RunsApi;

  /** Runs of a followed workspace have changed. */
  get changed(): ISignal<this, RunsChange> {
    return this._changed;
  }

  /** The server came, went, or was found to have no extension. */
  get connectionChanged(): ISignal<this, Connection> {
    return this._connectionChanged;
  }

  /** The slow poll has found the server well: states that only time changes may be looked at again. */
  get ticked(): ISignal<this, void> {
    return this._ticked;
  }

  get connection(): Connection {
    return this._connection;
  }

  get status(): ServerStatus | null {
    return this._status;
  }

  /** Seconds to add to this machine's clock to get the server's. */
  get clockOffset(): number {
    return this._clockOffset;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  /** Look for the server, once; resolves when it is known whether it is there. Never rejects. */
  start(): Promise<void> {
    if (!this._started) {
      this._events.connect(this.onEvent, this);
      document.addEventListener('visibilitychange', this.onVisible);
      this._started = this.hello()
        .catch(() => undefined)
        .then(() => {
          if (!this._disposed && this._connection.state !== 'missing') {
            void this._poll.schedule({ interval: this._poll.frequency.interval });
          }
        });
    }
    return this._started;
  }

  /** Whether the server knows a workspace; one that was opened since is asked for once more. */
  async knows(workspace: string | null): Promise<boolean> {
    const has = () =>
      workspace === null || this._status?.workspaces.some(({ key }) => key === workspace);
    if (!has()) {
      await this.hello();
    }
    return has() ?? false;
  }

  /** Keep up with a workspace as long as the result is not disposed. */
  follow(workspace: string): IDisposable {
    let follow = this._follows.get(workspace);
    if (!follow) {
      const pull = new Coalescer(() => this.pullQuietly(workspace), this._gap);
      follow = new Follow(pull);
      follow.cursor = this._status?.workspace === workspace ? this._status.cursor : null;
      this._follows.set(workspace, follow);
    }
    follow.count += 1;
    if (follow.count === 1 && this._connection.state === 'live') {
      follow.pull.request();
    }
    let isDisposed = false;
    return {
      get isDisposed() {
        return isDisposed;
      },
      dispose: () => {
        if (!isDisposed) {
          isDisposed = true;
          this.unfollow(workspace);
        }
      }
    };
  }

  /** Tell everybody about an answer to a wish, without waiting for the feed. */
  publish(run: RunData): void {
    this._changed.emit({ workspace: run.workspace, runs: [run], deleted: [], reset: false });
  }

  /** Ask what has changed, without waiting for the server to say that something has. */
  catchUp(): void {
    this._follows.forEach(follow => follow.pull.request());
  }

  /** Try at once, whatever the state is. */
  async refresh(): Promise<void> {
    await this.start();
    if (this._connection.state === 'missing') {
      const found = await this.hello().then(
        () => true,
        () => false
      );
      if (!found) {
        return;
      }
    }
    for (const workspace of this._follows.keys()) {
      this._changed.emit({ workspace, runs: [], deleted: [], reset: true });
    }
    await this._poll.refresh();
  }

  /** Set the clock by an answer. */
  tellTime(serverTime: number): void {
    this._clockOffset = serverTime - Date.now() / 1000;
  }

  dispose(): void {
    if (this._disposed) {
      return;
    }
    this._disposed = true;
    this._events.disconnect(this.onEvent, this);
    document.removeEventListener('visibilitychange', this.onVisible);
    this._poll.dispose();
    for (const follow of this._follows.values()) {
      follow.pull.dispose();
    }
    this._follows.clear();
    Signal.clearData(this);
  }

  private calm() {
    return { interval: this._interval, max: Math.max(MAX_RETRY, this._interval), backoff: true };
  }

  private unfollow(workspace: string): void {
    const follow = this._follows.get(workspace);
    if (follow && --follow.count === 0) {
      follow.pull.dispose();
      this._follows.delete(workspace);
    }
  }

  private onEvent(_: unknown, event: { schema_id: string; workspace?: unknown; cursor?: unknown }) {
    if (event.schema_id !== CHANGED_EVENT || typeof event.workspace !== 'string') {
      return;
    }
    const follow = this._follows.get(event.workspace);
    // While the server fails only the poll asks, with growing pauses. A hidden page catches up when it is looked at.
    if (follow && this._connection.state === 'live' && follow.cursor !== event.cursor) {
      if (document.visibilityState === 'hidden') {
        this._missed = true;
      } else {
        follow.pull.request();
      }
    }
  }

  private readonly onVisible = (): void => {
    if (document.visibilityState !== 'hidden' && this._missed) {
      this._missed = false;
      this.catchUp();
    }
  };

  private async hello(): Promise<void> {
    try {
      const status = await this.api.status();
      this._status = status;
      this.tellTime(status.server_time);
      this.succeed();
    } catch (error) {
      this.fail(error, true);
      throw error;
    }
  }

  /** One beat of the poll: rejects when the server fails, so that the poll backs off. */
  private async tick(): Promise<void> {
    if (this._connection.state === 'missing') {
      void this._poll.stop();
      return;
    }
    if (!this._status || this._follows.size === 0) {
      await this.hello();
    }
    for (const [workspace, follow] of this._follows) {
      await this.pull(workspace, follow);
    }
    this._ticked.emit();
  }

  private async pullQuietly(workspace: string): Promise<void> {
    const follow = this._follows.get(workspace);
    if (!follow || this._connection.state !== 'live') {
      return;
    }
    try {
      await this.pull(workspace, follow);
    } catch {
      void this._poll.schedule({ interval: this._retry });
    }
  }

  private async pull(workspace: string, follow: Follow): Promise<void> {
    let more = true;
    while (more && !this._disposed) {
      const fresh = follow.cursor === null;
      try {
        const answer = await this.api.changes(workspace, follow.cursor);
        more = answer.more;
        follow.cursor = answer.cursor;
        this.tellTime(answer.server_time);
        this.succeed();
        if (!this._disposed && (answer.runs.length > 0 || answer.deleted.length > 0)) {
          const { runs, deleted } = answer;
          this._changed.emit({ workspace, runs, deleted, reset: false });
        }
      } catch (error) {
        if (error instanceof ApiError && error.status === 400 && !fresh) {
          // A cursor of another life of the store: begin anew.
          follow.cursor = null;
          this._changed.emit({ workspace, runs: [], deleted: [], reset: true });
          continue;
        }
        this.fail(error, false);
        throw error;
      }
    }
  }

  private succeed(): void {
    this._poll.frequency = this.calm();
    this.setConnection({ state: 'live', asOf: Date.now() / 1000 + this._clockOffset, message: '' });
  }

  private fail(error: unknown, asked: boolean): void {
    const missing = asked && error instanceof ApiError && error.status === 404;
    this._poll.frequency = { interval: this._retry, max: MAX_RETRY, backoff: true };
    this.setConnection({
      state: missing ? 'missing' : 'paused',
      asOf: this._connection.asOf,
      message: error instanceof ApiError && error.status === 0 ? '' : messageOf(error)
    });
  }

  private setConnection(connection: Connection): void {
    const { state, message } = this._connection;
    this._connection = connection;
    if (!this._disposed && (state !== connection.state || message !== connection.message)) {
      this._connectionChanged.emit(connection);
    }
  }

  private _changed = new Signal<this, RunsChange>(this);
  private _clockOffset = 0;
  private _connection: Connection = { state: 'connecting', asOf: null, message: '' };
  private _connectionChanged = new Signal<this, Connection>(this);
  private _disposed = false;
  private readonly _events: EventStream;
  private readonly _follows = new Map<string, Follow>();
  private readonly _gap: number;
  private readonly _interval: number;
  private _missed = false;
  private readonly _poll: Poll<void>;
  private readonly _retry: number;
  private _started: Promise<void> | null = null;
  private _status: ServerStatus | null = null;
  private _ticked = new Signal<this, void>(this);
}
