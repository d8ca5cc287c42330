// Searches kept under a name; those that are pinned are sections of the side bar.
import { UUID } from '@lumino/coreutils';
import { ISignal, Signal } from '@lumino/signaling';
import type { UiState } from './uistate';

const KEY = 'saved-searches';

// A type, not an interface: only those count as JSON.
export type SavedSearch = {
  id: string;
  name: string;
  query: string;
  pinned: boolean;
};

function isSaved(value: unknown): value is SavedSearch {
  const { id, name, query, pinned } = (value ?? {}) as Record<string, unknown>;
  const texts = [id, name, query].every(one => typeof one === 'string' && one !== '');
  return texts && typeof pinned === 'boolean';
}

export class SavedSearches {
  constructor(private readonly state: UiState) {
    this.ready = this.load();
  }

  /** What was kept has been read. */
  readonly ready: Promise<void>;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** In the order in which they were saved. */
  get all(): readonly SavedSearch[] {
    return this._all;
  }

  get pinned(): readonly SavedSearch[] {
    return this._all.filter(one => one.pinned);
  }

  /** The one with this query, whatever blanks are around it. */
  find(query: string): SavedSearch | null {
    return this._all.find(one => one.query === query.trim()) ?? null;
  }

  /** Keep a query; one that is kept already gets the name. An empty name stands for the query. */
  save(name: string, query: string): SavedSearch {
    const known = this.find(query);
    const text = query.trim();
    const saved = {
      id: known?.id ?? UUID.uuid4(),
      name: name.trim() || text,
      query: text,
      pinned: known?.pinned ?? false
    };
    this.put(known ? this._all.map(one => (one === known ? saved : one)) : [...this._all, saved]);
    return saved;
  }

  rename(id: string, name: string): void {
    this.change(id, one => ({ ...one, name: name.trim() || one.query }));
  }

  pin(id: string, pinned: boolean): void {
    this.change(id, one => ({ ...one, pinned }));
  }

  /** Remove one; what is returned puts it back where it was. */
  remove(id: string): () => void {
    const at = this._all.findIndex(one => one.id === id);
    const gone = this._all[at];
    this.put(this._all.filter(one => one.id !== id));
    return () => {
      if (gone && !this._all.some(one => one.id === id)) {
        this.put([...this._all.slice(0, at), gone, ...this._all.slice(at)]);
      }
    };
  }

  private change(id: string, how: (one: SavedSearch) => SavedSearch): void {
    this.put(this._all.map(one => (one.id === id ? how(one) : one)));
  }

  private async load(): Promise<void> {
    const kept = await this.state.get(KEY);
    const known = new Set(this._all.map(one => one.id));
    const read = (Array.isArray(kept) ? (kept as unknown[]) : []).filter(isSaved);
    // What was saved meanwhile comes after what was kept.
    this._all = [...read.filter(one => !known.has(one.id)), ...this._all];
    this._changed.emit();
    if (known.size > 0) {
      this.state.set(KEY, [...this._all]);
    }
  }

  private put(all: SavedSearch[]): void {
    this._all = all;
    this.state.set(KEY, [...all]);
    this._changed.emit();
  }

  private _all: readonly SavedSearch[] = [];
  private _changed = new Signal<this, void>(this);
}
