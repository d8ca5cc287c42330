// What has happened to runs since the rows were put in place: which sections are old, which runs have left, which came back.
import type { RunData } from './run';
import type { RunsChange } from './runs';
import type { Section } from './sections';
import { isActive } from './status';

export class Moves {
  /** `keyOf` names the section that a run belongs to. */
  constructor(private readonly keyOf: (run: RunData) => string) {}

  /** How many runs have to come, go or move. */
  get size(): number {
    return this._moved.size;
  }

  /** Take news; `known` are the runs in the rows; `archived`: those are listed, too. Whether a row has to come, go or move. */
  note(change: RunsChange, known: ReadonlyMap<string, RunData>, archived: boolean): boolean {
    change.deleted.forEach(id => this._gone.add(id));
    change.runs.forEach(run => this.noteDeparture(run, known, archived));
    const moved = change.runs.filter(run => this.hasMoved(run, known)).map(run => run.run_id);
    [...moved, ...change.deleted].forEach(id => this._moved.add(id));
    return moved.length > 0 || change.deleted.length > 0 || change.reset;
  }

  /** The sections of these runs are old. */
  soil(change: RunsChange, known: ReadonlyMap<string, RunData>): void {
    for (const run of change.runs) {
      const old = known.get(run.run_id);
      [run, ...(old ? [old] : [])].forEach(one => this._stale.add(this.keyOf(one)));
    }
    this._all ||= change.reset || change.deleted.length > 0;
  }

  /** Keys of the sections that are old, none the next time; null: all. */
  takeStale(): ReadonlySet<string> | null {
    const stale = this._all ? null : this._stale;
    this._stale = new Set();
    this._all = false;
    return stale;
  }

  /** Whether a run came back, since this was last asked, to a section: its place may be far down. */
  takeReturn(key: string): boolean {
    return this._back.delete(key);
  }

  /** The sections that had rows of departed runs, without them; none the next time. */
  takeFrom(sections: Section[]): Section[] {
    const gone = this._gone;
    this._gone = new Set();
    this._moved.clear();
    return sections.flatMap(section => {
      const runs = section.runs.filter(run => !gone.has(run.run_id));
      const lost = section.runs.length - runs.length;
      return lost > 0 ? [{ ...section, runs, total: section.total - lost }] : [];
    });
  }

  private noteDeparture(run: RunData, known: ReadonlyMap<string, RunData>, archived: boolean) {
    if (run.archived_at !== null && !archived) {
      this._gone.add(run.run_id);
      return;
    }
    this._gone.delete(run.run_id);
    if (run.is_final && run.parent_id === null && !known.has(run.run_id)) {
      this._back.add(this.keyOf(run));
    }
  }

  private hasMoved(run: RunData, known: ReadonlyMap<string, RunData>): boolean {
    const old = known.get(run.run_id);
    if (run.parent_id !== null) {
      return run.is_final && known.get(run.root_id)?.is_final === true;
    }
    return (
      !old ||
      old.shown_status !== run.shown_status ||
      isActive(old) !== isActive(run) ||
      old.archived_at !== run.archived_at ||
      this.keyOf(old) !== this.keyOf(run)
    );
  }

  private _all = false;
  private readonly _back = new Set<string>();
  private _gone = new Set<string>();
  private readonly _moved = new Set<string>();
  private _stale = new Set<string>();
}
