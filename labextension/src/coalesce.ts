// Runs a task soon after it is asked for, never more often than every `gap` milliseconds and never twice at a time.
import type { IDisposable } from '@lumino/disposable';

export class Coalescer implements IDisposable {
  /** `task` must not reject. */
  constructor(
    private readonly task: () => Promise<void>,
    private readonly gap: number
  ) {}

  get isDisposed(): boolean {
    return this._disposed;
  }

  /** Ask for one more run of the task. */
  request(): void {
    if (this._disposed) {
      return;
    }
    if (this._busy) {
      this._again = true;
    } else if (this._timer === null) {
      const wait = Math.max(0, this._last + this.gap - Date.now());
      this._timer = setTimeout(() => void this.run(), wait);
    }
  }

  /** Forget what was asked for. */
  clear(): void {
    this._again = false;
    if (this._timer !== null) {
      clearTimeout(this._timer);
      this._timer = null;
    }
  }

  dispose(): void {
    this._disposed = true;
    this.clear();
  }

  private async run(): Promise<void> {
    this._timer = null;
    this._busy = true;
    this._last = Date.now();
    try {
      await this.task();
    } finally {
      this._busy = false;
      if (this._again) {
        this._again = false;
        this.request();
      }
    }
  }

  private _again = false;
  private _busy = false;
  private _disposed = false;
  private _last = 0;
  private _timer: ReturnType<typeof setTimeout> | null = null;
}
