// Which runs left the listings since the rows were put in place: into the bin, or archived; and which came back.
import type { RunData } from './run';
import type { RunsChange } from './runs';
import type { Section } from './sections';

export class Departed {
  /** Take news; `known` are the runs in the rows. */
  note(change: RunsChange, known: ReadonlyMap<string, RunData>): void {
    change.deleted.forEach(id => this._gone.add(id));
    for (const run of change.runs) {
      if (run.archived_at !== null) {
        this._gone.add(run.run_id);
        continue;
      }
      this._gone.delete(run.run_id);
      if (run.is_final && run.parent_id === null && !known.has(run.run_id)) {
        this._back.add(run.experiment);
      }
    }
  }

  /** Whether a run came back, since this was last asked, to an experiment: its place may be far down. */
  takeReturn(experiment: string): boolean {
    return this._back.delete(experiment);
  }

  /** The sections that had rows of departed runs, without them; none the next time. */
  takeFrom(sections: Section[]): Section[] {
    const gone = this._gone;
    this._gone = new Set();
    return sections.flatMap(section => {
      const runs = section.runs.filter(run => !gone.has(run.run_id));
      const lost = section.runs.length - runs.length;
      return lost > 0 ? [{ ...section, runs, total: section.total - lost }] : [];
    });
  }

  private readonly _back = new Set<string>();
  private _gone = new Set<string>();
}
