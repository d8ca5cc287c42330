// What could stand where the cursor is: asked for when the keyboard rests; only the last answer counts.
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import type { Suggestion } from './tokens';

/** How long the keyboard rests before the server is asked, in milliseconds. */
const REST = 100;

export class Suggestions implements IDisposable {
  constructor(private readonly fetch: (text: string) => Promise<Suggestion[]>) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Those of the last answer; empty while the list is closed. */
  get items(): readonly Suggestion[] {
    return this._items;
  }

  /** Which of them is marked, -1 for none. */
  get active(): number {
    return this._active;
  }

  get isOpen(): boolean {
    return this._items.length > 0;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  /** Ask what could follow the text up to the cursor; those of before stay in sight until then, but cannot be taken. */
  ask(text: string, now = false): void {
    this.forget();
    this._active = -1;
    this._timer = setTimeout(() => void this.load(text, this._turn), now ? 0 : REST);
    this._changed.emit();
  }

  /** Something is to be done with the answer that has not come yet. */
  get isAwaited(): boolean {
    return this._then.length > 0;
  }

  /** Do it when the answer is there: fast fingers are ahead of it. Whoever types on takes it back. */
  then(action: () => void): void {
    if (this._fresh) {
      action();
    } else {
      this._then.push(action);
    }
  }

  /** Mark the next one, or with -1 the one before; round and round. */
  move(step: 1 | -1): void {
    const n = this._items.length;
    if (n > 0) {
      const from = this._active < 0 && step < 0 ? 0 : this._active;
      this._active = (from + step + n) % n;
      this._changed.emit();
    }
  }

  /** The marked one, or the one in this place; null when there is none, or it was for another text. */
  take(index = this._active): Suggestion | null {
    return this._fresh ? (this._items[index] ?? null) : null;
  }

  close(): void {
    this.forget();
    if (this.isOpen) {
      this._items = [];
      this._active = -1;
      this._changed.emit();
    }
  }

  dispose(): void {
    this.forget();
    this._disposed = true;
    Signal.clearData(this);
  }

  /** Whatever has been asked for is no longer wanted. */
  private forget(): void {
    clearTimeout(this._timer);
    this._turn += 1;
    this._fresh = false;
    this._then = [];
  }

  private async load(text: string, turn: number): Promise<void> {
    // Without suggestions one can still type: what is wrong is said where runs are listed.
    const items = await this.fetch(text).catch(() => []);
    if (turn === this._turn && !this._disposed) {
      const says = (one: Suggestion) => text.slice(...one.replace) === one.text;
      // Nothing to choose when the only one is there already.
      this._items = items.every(says) ? [] : items;
      this._fresh = true;
      this._changed.emit();
      this._then.splice(0).forEach(action => action());
    }
  }

  private _active = -1;
  private _changed = new Signal<this, void>(this);
  private _disposed = false;
  private _fresh = false;
  private _items: readonly Suggestion[] = [];
  private _then: (() => void)[] = [];
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _turn = 0;
}
