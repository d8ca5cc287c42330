// Which runs of a table are selected: one, several, or a stretch from where the selection began.
import { ISignal, Signal } from '@lumino/signaling';
import type { RunData } from './run';

export class RunSelection {
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get runs(): RunData[] {
    return [...this._runs.values()];
  }

  get size(): number {
    return this._runs.size;
  }

  has(id: string): boolean {
    return this._runs.has(id);
  }

  clear(): void {
    this.set([], null);
  }

  /** This run alone. */
  only(run: RunData): void {
    this.set([run], run.run_id);
  }

  all(runs: readonly RunData[]): void {
    this.set(runs, this._anchor);
  }

  toggle(run: RunData): void {
    const runs = this.has(run.run_id)
      ? this.runs.filter(other => other.run_id !== run.run_id)
      : [...this.runs, run];
    this.set(runs, run.run_id);
  }

  /** From where the selection began to this run, in the order of `rows`. */
  extend(rows: readonly RunData[], to: RunData): void {
    const end = rows.findIndex(run => run.run_id === to.run_id);
    const begin = rows.findIndex(run => run.run_id === this._anchor);
    if (begin < 0 || end < 0) {
      this.only(to);
    } else {
      this.set(rows.slice(Math.min(begin, end), Math.max(begin, end) + 1), this._anchor);
    }
  }

  /** What a click does: alone, one more or one less, or all up to here. */
  pick(run: RunData, how: 'only' | 'toggle' | 'extend', rows: readonly RunData[]): void {
    if (how === 'extend') {
      this.extend(rows, run);
    } else if (how === 'toggle') {
      this.toggle(run);
    } else {
      this.only(run);
    }
  }

  /** Take newer states of the runs, and leave out those that are gone. */
  update(news: readonly RunData[], deleted: readonly string[]): void {
    const touched = news.some(run => this.has(run.run_id)) || deleted.some(id => this.has(id));
    if (touched) {
      const fresh = new Map(news.map(run => [run.run_id, run]));
      const kept = this.runs.filter(run => !deleted.includes(run.run_id));
      const runs = kept.map(run => fresh.get(run.run_id) ?? run);
      this.set(runs, this._anchor);
    }
  }

  private set(runs: readonly RunData[], anchor: string | null): void {
    this._runs = new Map(runs.map(run => [run.run_id, run]));
    this._anchor = anchor;
    this._changed.emit();
  }

  private _anchor: string | null = null;
  private _changed = new Signal<this, void>(this);
  private _runs = new Map<string, RunData>();
}
