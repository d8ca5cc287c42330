// The rows of the sidebar: sections, runs and their children, with what can be done to them.
import { JSX, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { messageOf } from '../api';
import { dragCode } from '../dragrun';
import { openMenu } from '../menus';
import { runEntries } from '../rowmenu';
import type { RunData } from '../run';
import type { Section } from '../sections';
import type { Place } from '../selection';
import { runsCode } from '../snippets';
import type { Studio } from '../studio';
import { useTrans } from '../trans';
import { needsConfirmation } from './CancelControl';
import { useSignal } from './hooks';
import { SectionHeading } from './SectionHeading';
import { SidebarRow, sidebarRowHeight } from './SidebarRow';
import { RowList } from './treerows';
import { RowActions, TreeRow, VirtualTree } from './VirtualTree';

const SCROLL = 'sidebar-scroll';
const HEADING = 28;

/** Which row asks for confirmation, and which wish went wrong. */
interface Asking {
  rowId: string | null;
  problems: ReadonlyMap<string, string>;
}

function useAsking({ list, settings }: Studio) {
  const [asking, setAsking] = useState<Asking>({ rowId: null, problems: new Map() });
  const send = useCallback(
    (run: RunData) => {
      const put = (text: string | null) =>
        setAsking(old => {
          const problems = new Map(old.problems);
          if (text === null) {
            problems.delete(run.run_id);
          } else {
            problems.set(run.run_id, text);
          }
          return { rowId: null, problems };
        });
      put(null);
      list.cancel(run).catch(error => put(messageOf(error)));
    },
    [list]
  );
  const cancel = useCallback(
    (run: RunData, rowId: string) => {
      const now = Date.now() / 1000 + list.model.clockOffset;
      if (settings.composite.confirmCancel && needsConfirmation(run, now)) {
        setAsking(old => ({ ...old, rowId }));
      } else {
        send(run);
      }
    },
    [send, list, settings]
  );
  const dismiss = useCallback(() => setAsking(old => ({ ...old, rowId: null })), []);
  return { asking, send, cancel, dismiss };
}

/** Rows with those that have not changed taken over from the time before. */
function useRowList(studio: Studio): RowList {
  const { list, trans, open, search } = studio;
  const version =
    useSignal(list.changed) +
    useSignal(list.branches.changed) +
    useSignal(list.selection.changed) +
    useSignal(studio.settings.changed);
  const { asking, send, cancel, dismiss } = useAsking(studio);
  const before = useRef<ReadonlyMap<string, TreeRow>>(new Map());
  const rows = useMemo(() => {
    const { branches, selection, view } = list;
    const { compact } = view;
    const pinned = studio.settings.composite.pinnedMetrics;
    let numbered = false;
    const state = (run: RunData, rowId: string, level: number) => ({
      ask: asking.rowId === rowId && !run.is_final,
      problem: asking.problems.get(run.run_id) ?? null,
      numbered: numbered && level === 2
    });
    const look = (run: RunData, rowId: string, level: number) => {
      const { ask, problem, numbered } = state(run, rowId, level);
      const row = {
        ...{ run, level, search, trans, problem, compact, pinned, asking: ask, numbered },
        unfolded: branches.isOpen(run.run_id),
        onToggle: () => branches.toggle(run),
        onOpen: () => open(run),
        onCancel: () => cancel(run, rowId),
        onAnswer: (yes: boolean) => (yes ? send(run) : dismiss())
      };
      const height = sidebarRowHeight(run, ask, problem, compact);
      return { height, node: () => <SidebarRow {...row} /> };
    };
    const stamp = (run: RunData, rowId: string, level: number) => {
      const { ask, problem, numbered } = state(run, rowId, level);
      return `${ask}|${numbered}|${compact}|${problem ?? ''}|${pinned.join()}`;
    };
    const built = new RowList({
      ...{ branches, trans, look, open, selection, stamp },
      // eslint-disable-next-line react-hooks/refs -- a cache: what is in it changes the speed, not the rows
      before: before.current
    });
    const sections = list.sections;
    sections.forEach((section, i) => {
      numbered = section.kind === 'group' && view.by === 'experiment';
      addSection(built, studio, section, i + 1, sections.length);
    });
    return built;
    // `version` stands for what the list, its branches and the selection hold.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [studio, version, asking, send, cancel, dismiss]);
  useEffect(() => {
    before.current = new Map(rows.rows.map(row => [row.id, row]));
  }, [rows]);
  return rows;
}

function addSection(
  rows: RowList,
  studio: Studio,
  section: Section,
  pos: number,
  size: number
): void {
  const { list, trans } = studio;
  const { key, kind, value, open, total, loaded } = section;
  const onToggle = () => list.toggle(key);
  rows.add({
    ...{ id: key, level: 1, pos, size, expanded: open, height: HEADING, onToggle },
    className: 'jp-jr-section',
    stamp: `${kind}|${value ?? ''}|${total}|${loaded}|${list.view.by}|${section.runs.length}`,
    node: () => <SectionHeading section={section} studio={studio} />
  });
  if (!open) {
    return;
  }
  rows.addRuns(section.runs, 2, total, key);
  if (section.error) {
    rows.addNote(`${key}/error`, 2, section.error);
  } else if (kind === 'group' && section.query === null) {
    const text = trans.__('This value is too long to be searched for.');
    rows.addNote(`${key}/error`, 2, text);
  } else if (section.loading || !loaded) {
    rows.addNote(`${key}/loading`, 2, trans.__('Loading…'));
  } else if (section.next !== null) {
    rows.addPending(() => list.more(key));
  }
}

/** What can be done with rows; the same object as long as the studio is. */
function useActions(studio: Studio, rows: TreeRow[]): RowActions {
  const latest = useRef(rows);
  const anchor = useRef<string | null>(null);
  useEffect(() => {
    latest.current = rows;
  }, [rows]);
  return useMemo(() => {
    const { list, trans } = studio;
    const { selection } = list;
    const places = (some: TreeRow[]): Place[] => some.flatMap(row => row.place ?? []);
    const select: RowActions['select'] = (row, how) => {
      const { current } = latest;
      const from = current.findIndex(one => one.id === anchor.current);
      const to = current.findIndex(one => one.id === row.id);
      if (how === 'range' && from >= 0) {
        selection.select(places(current.slice(Math.min(from, to), Math.max(from, to) + 1)));
        return;
      }
      anchor.current = row.id;
      if (row.place && how === 'toggle') {
        selection.toggle(row.place);
      } else {
        selection.select(places([row]));
      }
    };
    /** The runs that something with a row is about: the selected ones if it is among them, else it alone. */
    const runsOf = (row: TreeRow): readonly RunData[] => {
      const own = row.place && selection.mark(row.place);
      if (own !== 'selected' && own !== 'covered') {
        select(row, 'only');
      }
      return selection.runs;
    };
    return {
      select,
      selectAll: () => selection.select(places(latest.current)),
      clear: () => selection.clear(),
      menu: (row, at) => {
        const others = selection.runs;
        const runs = runsOf(row);
        const entries = runEntries(studio, runs, runs === others ? [] : others);
        if (entries.length > 0) {
          openMenu(entries, at);
        }
      },
      drag: (row, x, y) => {
        const runs = runsOf(row);
        const label =
          runs.length === 1 && runs[0] ? runs[0].name : trans._n('%1 run', '%1 runs', runs.length);
        dragCode(runsCode(list.model.status, runs), label, x, y);
      }
    };
  }, [studio]);
}

/** Where the list was scrolled to before the page was loaded again; remembers where it is. */
function useKeptScroll(studio: Studio) {
  const { state } = studio;
  const [offset, setOffset] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => {
    void state.get(SCROLL).then(kept => setOffset(typeof kept === 'number' ? kept : 0));
  }, [state]);
  const onScrolled = useCallback(
    (to: number) => {
      clearTimeout(timer.current ?? undefined);
      timer.current = setTimeout(() => state.set(SCROLL, Math.round(to)), 500);
    },
    [state]
  );
  return { offset, onScrolled };
}

export function SidebarTree({ studio }: { studio: Studio }): JSX.Element {
  const trans = useTrans();
  const { list } = studio;
  const rows = useRowList(studio);
  const actions = useActions(studio, rows.rows);
  const { offset, onScrolled } = useKeptScroll(studio);
  const onSeen = useCallback(
    (last: number) => rows.pending.forEach(p => last >= p.index && p.load()),
    [rows]
  );
  const onHover = useCallback((inside: boolean) => list.pointerMoved(inside), [list]);
  const stale = list.model.connection.state === 'paused';
  return (
    <div className={`jp-jr-sidebar-tree${stale ? ' jp-jr-stale' : ''}`}>
      {list.held > 0 && (
        <button className="jp-jr-button jp-jr-pill" onClick={() => list.release()}>
          {trans._n('%1 change', '%1 changes', list.held)}
        </button>
      )}
      <VirtualTree
        actions={actions}
        label={trans.__('Runs')}
        offset={offset}
        onHover={onHover}
        onScrolled={onScrolled}
        onSeen={onSeen}
        rows={rows.rows}
      />
    </div>
  );
}
