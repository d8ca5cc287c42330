// All sections of the sidebar and what is shown of them; knows nothing of the server.
import { newer } from './branches';
import { groupKey, GroupBy } from './grouping';
import type { RunData } from './run';
import { ACTIVE, emptySection, groupSection, RESULTS, Section } from './sections';
import { isActive } from './status';
import type { GroupData } from './tokens';

/** A search that stays as a section of its own. */
export interface PinnedSearch {
  id: string;
  name: string;
  query: string;
}

export class SectionSet {
  active = emptySection('active', ACTIVE);
  /** What the search has found; null while nothing is searched for. */
  results: Section | null = null;
  /** Searches that stay, in their order. */
  pinned = new Map<string, Section>();
  groups = new Map<string, Section>();

  /** What to show, top to bottom; an active run is listed once, above its group. */
  shown(): Section[] {
    if (this.results) {
      return this.results.total > 0 ? [this.results] : [];
    }
    const above = new Set(this.active.runs.map(run => run.run_id));
    const groups = [...this.groups.values()].flatMap(section => {
      const runs = section.runs.filter(run => !above.has(run.run_id) && !isActive(run));
      const total = Math.max(runs.length, section.total - section.active);
      return total > 0 ? [{ ...section, runs, total }] : [];
    });
    const some = this.active.total > 0 || this.active.runs.length > 0;
    return [...(some ? [this.active] : []), ...this.pinned.values(), ...groups];
  }

  all(): Section[] {
    const results = this.results ? [this.results] : [];
    return [this.active, ...this.pinned.values(), ...this.groups.values(), ...results];
  }

  get(key: string): Section | null {
    if (key === ACTIVE) {
      return this.active;
    }
    if (key === RESULTS) {
      return this.results;
    }
    return this.groups.get(key) ?? this.pinned.get(key) ?? null;
  }

  /** Put a section in the place of the one with its key; nothing happens when that is gone. */
  put(section: Section): void {
    const { key } = section;
    if (key === ACTIVE) {
      this.active = section;
    } else if (key === RESULTS) {
      this.results = section;
    } else if (this.groups.has(key)) {
      this.groups.set(key, section);
    } else if (this.pinned.has(key)) {
      this.pinned.set(key, section);
    }
  }

  /** Put groups in place, each as it is known or as it was left; of the `first` ones only one is open. */
  place(groups: GroupData[], by: GroupBy, opened: Map<string, boolean>, first: boolean): void {
    const old = this.groups;
    this.groups = new Map();
    groups.forEach((group, i) => {
      const key = groupKey(by, group);
      const open = opened.get(key) ?? (!first || i === 0);
      opened.set(key, open);
      this.groups.set(key, { ...groupSection(by, group, old.get(key)), open });
    });
  }

  /** Put pinned searches in place. */
  pin(searches: readonly PinnedSearch[], opened: ReadonlyMap<string, boolean>): void {
    const old = this.pinned;
    this.pinned = new Map();
    for (const { id, name: value, query } of searches) {
      const key = `pin:${id}`;
      const known = old.get(key);
      const open = opened.get(key) ?? false;
      const fresh = emptySection('pinned', key, { value, query, open });
      this.pinned.set(key, known?.query === query ? { ...known, value } : fresh);
    }
  }

  /** The runs in the rows, by id. */
  known(): Map<string, RunData> {
    const known = new Map<string, RunData>();
    for (const section of this.all()) {
      section.runs.forEach(run => known.set(run.run_id, run));
    }
    return known;
  }

  /** Replace runs in place. */
  apply(news: ReadonlyMap<string, RunData>): void {
    for (const section of this.all()) {
      if (section.runs.some(run => news.has(run.run_id))) {
        const runs = section.runs.map(run => newer(run, news.get(run.run_id) ?? run));
        this.put({ ...section, runs });
      }
    }
  }

  /** Forget everything but what is searched for and pinned. */
  clear(): void {
    this.active = emptySection('active', ACTIVE, { open: this.active.open });
    this.results = this.results && emptySection('results', RESULTS);
    this.groups.clear();
    for (const [key, { value, query, open }] of this.pinned) {
      this.pinned.set(key, emptySection('pinned', key, { value, query, open }));
    }
  }
}
