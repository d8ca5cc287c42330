// Curves and log of one run, fetched once and then extended from where the last answer ended.
import type { IDisposable } from '@lumino/disposable';
import type { RunsApi } from './api';
import { Coalescer } from './coalesce';
import { logTail } from './logtext';
import type { RunData } from './run';
import type { RunState, Series } from './tokens';

const MAX_POINTS = 120;
const REFETCH_POINTS = 480;
const LOG_CHARS = 64 * 1024;
const FIRST_LOG_BYTES = 16 * 1024;
const NEXT_LOG_BYTES = 64 * 1024;

export class LiveDetails implements IDisposable {
  /** `show` takes what has changed. */
  constructor(
    private readonly api: RunsApi,
    private readonly show: (change: Partial<RunState>) => void
  ) {
    this._work = new Coalescer(() => this.fetch(), 500);
  }

  get isDisposed(): boolean {
    return this._work.isDisposed;
  }

  /** Fetch what the run has got since. */
  load(run: RunData): void {
    this._run = run;
    this._work.request();
  }

  dispose(): void {
    this._work.dispose();
  }

  private async fetch(): Promise<void> {
    const run = this._run;
    if (run) {
      // A failure here is a failure of the server: the model sees it too, and says so once for all.
      await Promise.allSettled([this.fetchSeries(run), this.fetchLog(run)]);
    }
  }

  private async fetchSeries(run: RunData): Promise<void> {
    const metrics = Object.values(run.metrics);
    const stamp = metrics.map(m => `${m.count}:${m.updated_at}`).join();
    if (metrics.length === 0 || stamp === this._stamp) {
      return;
    }
    const { api } = this;
    const answer = await api.metrics(run.workspace, run.run_id, this._cursor, MAX_POINTS);
    if (this.isDisposed) {
      return;
    }
    const merged = this._cursor === null ? answer.series : extend(this._series, answer.series);
    const long = merged.some(s => s.points.length > REFETCH_POINTS);
    this._stamp = long ? '' : stamp;
    this._cursor = long ? null : answer.cursor;
    this._series = merged;
    this.show({ series: merged });
    if (long) {
      this._work.request();
    }
  }

  private async fetchLog(run: RunData): Promise<void> {
    if (run.log_bytes <= (this._next ?? 0)) {
      return;
    }
    const far = this._next === null || run.log_bytes - this._next > NEXT_LOG_BYTES;
    const offset = far ? -FIRST_LOG_BYTES : (this._next ?? 0);
    const chunk = await this.api.log(run.workspace, run.run_id, offset, NEXT_LOG_BYTES);
    if (this.isDisposed) {
      return;
    }
    const fresh =
      far && chunk.offset > 0 ? chunk.text.slice(chunk.text.indexOf('\n') + 1) : chunk.text;
    this._log = far ? fresh : logTail(this._log + fresh, LOG_CHARS);
    this._next = Math.max(chunk.next, offset);
    this.show({ logTail: this._log });
    if (chunk.text !== '' && this._next < run.log_bytes) {
      this._work.request();
    }
  }

  private _cursor: string | null = null;
  private _log = '';
  private _next: number | null = null;
  private _run: RunData | null = null;
  private _series: Series[] = [];
  private _stamp = '';
  private readonly _work: Coalescer;
}

/** The old series with the new points behind them. */
export function extend(old: Series[], fresh: Series[]): Series[] {
  const added = new Map(fresh.map(series => [series.name, series]));
  const kept = old.map(series => {
    const more = added.get(series.name);
    added.delete(series.name);
    return more ? { ...more, points: series.points.concat(more.points) } : series;
  });
  return kept.concat([...added.values()]);
}
