// The text in the search box, whoever writes it: the box itself, a command, a chip, a saved search.
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import type { RunList } from './runlist';
import { withTerm } from './searchtext';

/** How long the keyboard rests before the list is asked, in milliseconds. */
const REST = 250;

export class SearchInput implements IDisposable {
  /** `show` brings the box into sight. */
  constructor(
    private readonly list: RunList,
    private readonly show: () => unknown
  ) {
    this._text = this._sent = list.query;
    list.changed.connect(this.onList, this);
  }

  get text(): string {
    return this._text;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The box should take the focus; see `takeFocus`. */
  get focusWanted(): ISignal<this, void> {
    return this._focusWanted;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  /** What is in the box now; the list follows when the keyboard rests, or at once. */
  set(text: string, now = false): void {
    this._text = text;
    clearTimeout(this._timer);
    this._timer = undefined;
    if (now || text.trim() === '') {
      this.send();
    } else {
      this._timer = setTimeout(() => this.send(), REST);
    }
    this._changed.emit();
  }

  /** Narrow the search by one more term, where the box can be seen. */
  narrow(term: string): void {
    this.set(withTerm(this._text, term), true);
    this.show();
  }

  /** Show the box and give it the focus, with another text if there is one. */
  open(text: string | null): void {
    if (text !== null) {
      this.set(text, true);
    }
    this.show();
    this.focus();
  }

  focus(): void {
    this._focus = true;
    this._focusWanted.emit();
  }

  /** Whether the box should have the focus; asked by a box once it is there. */
  takeFocus(): boolean {
    const wanted = this._focus;
    this._focus = false;
    return wanted;
  }

  dispose(): void {
    if (!this._disposed) {
      this._disposed = true;
      clearTimeout(this._timer);
      this.list.changed.disconnect(this.onList, this);
      Signal.clearData(this);
    }
  }

  private send(): void {
    this._timer = undefined;
    this._sent = this._text.trim();
    void this.list.setQuery(this._text);
  }

  /** The list may be given a query past the box, as when its state is restored. */
  private onList(): void {
    const { query } = this.list;
    if (query !== this._sent && this._timer === undefined) {
      this._text = this._sent = query;
      this._changed.emit();
    }
  }

  private _changed = new Signal<this, void>(this);
  private _disposed = false;
  private _focus = false;
  private _focusWanted = new Signal<this, void>(this);
  private _sent: string;
  private _text: string;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}
