// Which runs are selected. A selected run stands for its children, too: they are covered, not selected themselves.
import { ISignal, Signal } from '@lumino/signaling';
import { newer } from './branches';
import type { RunData } from './run';

/** A run where it stands in the tree: `above` are its ancestors as far as the tree shows them, the root first. */
export interface Place {
  run: RunData;
  above: readonly RunData[];
}

export type Mark = 'selected' | 'covered' | 'some' | null;

export class Selection {
  /** `childrenOf` gives what is loaded of the children of a run. */
  constructor(private readonly childrenOf: (run: RunData) => readonly RunData[]) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The selected runs, without those that they cover. */
  get runs(): readonly RunData[] {
    return this._runs;
  }

  /** How the row of a run is marked; `some`: not the run, but something below it. */
  mark({ run, above }: Place): Mark {
    if (this._places.size === 0) {
      return null;
    }
    if (this._places.has(run.run_id)) {
      return 'selected';
    }
    if (above.some(one => this._places.has(one.run_id))) {
      return 'covered';
    }
    return this._partly.has(run.run_id) ? 'some' : null;
  }

  /** Select these; with `keep` beside what is selected. */
  select(places: readonly Place[], keep = false): void {
    if (!keep) {
      this._places.clear();
    }
    places.forEach(place => this.add(place));
    this.tell();
  }

  /** Take a run in or out; one that is covered goes out, and its siblings stay. */
  toggle(place: Place): void {
    const { run, above } = place;
    const from = above.findIndex(one => this._places.has(one.run_id));
    if (this._places.has(run.run_id)) {
      this._places.delete(run.run_id);
    } else if (from >= 0) {
      const path = [...above, run];
      const root = path[from] ?? run;
      this._places.delete(root.run_id);
      for (let i = from; i < above.length; i += 1) {
        const parent = path[i] ?? run;
        const siblings = this.childrenOf(parent).filter(one => one.run_id !== path[i + 1]?.run_id);
        siblings.forEach(one => this.add({ run: one, above: path.slice(0, i + 1) }));
      }
    } else {
      this.add(place);
    }
    this.tell();
  }

  clear(): void {
    if (this._places.size > 0) {
      this.select([]);
    }
  }

  /** Take news of the feed. */
  apply(news: ReadonlyMap<string, RunData>, gone: readonly string[]): void {
    let touched = false;
    for (const id of gone) {
      touched = this._places.delete(id) || touched;
    }
    for (const [id, place] of this._places) {
      const run = news.get(id);
      if (run) {
        this._places.set(id, { ...place, run: newer(place.run, run) });
        touched = true;
      }
    }
    if (touched) {
      this.tell();
    }
  }

  dispose(): void {
    Signal.clearData(this);
  }

  private add(place: Place): void {
    if (place.above.some(one => this._places.has(one.run_id))) {
      return;
    }
    const id = place.run.run_id;
    for (const [key, { above }] of this._places) {
      if (above.some(one => one.run_id === id)) {
        this._places.delete(key);
      }
    }
    this._places.set(id, place);
  }

  private tell(): void {
    const places = [...this._places.values()];
    this._runs = places.map(({ run }) => run);
    this._partly = new Set(places.flatMap(({ above }) => above.map(one => one.run_id)));
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _partly = new Set<string>();
  private readonly _places = new Map<string, Place>();
  private _runs: readonly RunData[] = [];
}
