// The sidebar: search box, what is wrong if something is, and the tree of sections and runs.
import { JSX, useCallback, useEffect, useMemo, useState } from 'react';
import { messageOf } from '../api';
import { connectionText } from '../connection';
import type { RunData } from '../run';
import type { RunList } from '../runlist';
import type { RunsModel } from '../runs';
import type { Section } from '../sections';
import type { Studio } from '../studio';
import { isActive } from '../status';
import type { Translate } from '../tokens';
import { TransContext, useTrans } from '../trans';
import { needsConfirmation } from './CancelControl';
import { CaretDownGlyph, CaretRightGlyph } from './glyphs';
import { useNow, useOwnKeys, useSignal } from './hooks';
import { Prose } from './Prose';
import { SearchBox } from './SearchBox';
import { SidebarRow, sidebarRowHeight } from './SidebarRow';
import { RowList } from './treerows';
import { VirtualTree } from './VirtualTree';

export interface RunSidebarProps {
  studio: Studio;
}

/** Which row asks for confirmation, and which wish went wrong. */
interface Asking {
  rowId: string | null;
  problems: ReadonlyMap<string, string>;
}

function sectionTitle(section: Section, trans: Translate): string {
  switch (section.kind) {
    case 'active':
      return trans.__('Active');
    case 'results':
      return trans.__('Results');
    default:
      return section.title;
  }
}

function Heading({ section, trans }: { section: Section; trans: Translate }): JSX.Element {
  const title = sectionTitle(section, trans);
  return (
    <>
      {section.open ? <CaretDownGlyph /> : <CaretRightGlyph />}
      <span className="jp-jr-section-title" title={title}>
        {title}
      </span>
      <span className="jp-jr-badge">{section.total}</span>
    </>
  );
}

function useAsking(list: RunList, offset: number) {
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
      if (needsConfirmation(run, Date.now() / 1000 + offset)) {
        setAsking(old => ({ ...old, rowId }));
      } else {
        send(run);
      }
    },
    [send, offset]
  );
  const dismiss = useCallback(() => setAsking(old => ({ ...old, rowId: null })), []);
  return { asking, send, cancel, dismiss };
}

function useRowList(props: RunSidebarProps, now: number): RowList {
  const { list, trans, open } = props.studio;
  const version = useSignal(list.changed) + useSignal(list.branches.changed);
  const { asking, send, cancel, dismiss } = useAsking(list, list.model.clockOffset);
  return useMemo(() => {
    const { branches } = list;
    let numbered = false;
    const look = (run: RunData, rowId: string, level: number) => {
      const ask = asking.rowId === rowId && !run.is_final;
      const problem = asking.problems.get(run.run_id) ?? null;
      const row = {
        ...{ run, level, now, trans, problem, asking: ask, numbered: numbered && level === 2 },
        unfolded: branches.isOpen(run.run_id),
        onToggle: () => branches.toggle(run),
        onOpen: () => open(run),
        onCancel: () => cancel(run, rowId),
        onAnswer: (yes: boolean) => (yes ? send(run) : dismiss())
      };
      const height = sidebarRowHeight(run, ask, problem);
      return { height, node: () => <SidebarRow {...row} /> };
    };
    const rows = new RowList({ branches, trans, look, open });
    const sections = list.sections;
    sections.forEach((section, i) => {
      numbered = section.kind === 'experiment';
      addSection(rows, list, section, i + 1, sections.length, trans);
    });
    return rows;
    // `version` stands for what the list and its branches hold.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [list, version, trans, now, asking, open, send, cancel, dismiss]);
}

function addSection(
  rows: RowList,
  list: RunList,
  section: Section,
  pos: number,
  size: number,
  trans: Translate
): void {
  rows.rows.push({
    id: section.key,
    level: 1,
    pos,
    size,
    expanded: section.open,
    height: 28,
    className: 'jp-jr-section',
    node: () => (
      <div className="jp-jr-heading" onClick={() => list.toggle(section.key)}>
        <Heading section={section} trans={trans} />
      </div>
    ),
    onToggle: () => list.toggle(section.key)
  });
  if (!section.open) {
    return;
  }
  rows.addRuns(section.runs, 2, section.total, section.key);
  if (section.error) {
    rows.addNote(`${section.key}/error`, 2, section.error);
  } else if (section.loading || !section.loaded) {
    rows.addNote(`${section.key}/loading`, 2, trans.__('Loading…'));
  } else if (section.next !== null) {
    rows.addPending(() => list.more(section.key));
  }
}

/** Why the list may be old or cannot be shown at all. */
function Trouble({ model, error }: { model: RunsModel; error: string | null }): JSX.Element | null {
  const trans = useTrans();
  let text = connectionText(model.connection, trans) ?? error;
  if (model.connection.state === 'missing') {
    text = trans.__(
      'Run list needs the jupyter_runs server extension. Run `%1` and restart.',
      'jupyter server extension enable jupyter_runs'
    );
  }
  return text === null ? null : (
    <div className="jp-jr-banner" role="note">
      <Prose text={text} />
    </div>
  );
}

function WorkspaceChoice({ list }: { list: RunList }): JSX.Element | null {
  const trans = useTrans();
  const workspaces = list.model.status?.workspaces ?? [];
  if (workspaces.length < 2) {
    return null;
  }
  return (
    <label className="jp-jr-workspace">
      <span className="jp-jr-hidden">{trans.__('Workspace')}</span>
      <select
        className="jp-jr-input"
        onChange={event => list.setWorkspace(event.target.value)}
        title={workspaces.find(one => one.key === list.workspace)?.path}
        value={list.workspace ?? ''}
      >
        {workspaces.map(({ key, name, path }) => (
          <option key={key} title={path} value={key}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** What stands where rows would be when there are none. */
function Nothing({ list, clear }: { list: RunList; clear: () => void }): JSX.Element | null {
  const trans = useTrans();
  if (list.query !== '' && list.error === null) {
    return (
      <div className="jp-jr-nothing">
        <p>
          <Prose text={trans.__('No runs match `%1`.', list.query)} />{' '}
          <button className="jp-jr-button" onClick={clear}>
            {trans.__('Clear')}
          </button>
        </p>
      </div>
    );
  }
  if (list.query !== '' || list.model.connection.state !== 'live' || list.error !== null) {
    return null;
  }
  return (
    <div className="jp-jr-nothing">
      {list.isReady ? (
        <p>
          <Prose
            text={trans.__(
              'No runs yet. Put `%1` at the top of a cell.',
              '%%run_experiment my-experiment'
            )}
          />
        </p>
      ) : (
        <p>{trans.__('Loading…')}</p>
      )}
    </div>
  );
}

function SidebarBody(props: RunSidebarProps): JSX.Element {
  const { list } = props.studio;
  const trans = useTrans();
  useSignal(list.changed);
  useSignal(list.model.connectionChanged);
  const [text, setText] = useState(list.query);
  const ticking = list.activeRuns.some(isActive);
  const now = useNow(list.model.clockOffset, ticking, null);
  const rows = useRowList(props, now);
  const onSeen = useCallback(
    (last: number) => rows.pending.forEach(p => last >= p.index && p.load()),
    [rows]
  );
  const onHover = useCallback((inside: boolean) => list.pointerMoved(inside), [list]);
  const clear = useCallback(() => setText(''), []);
  useEffect(() => {
    const timer = setTimeout(() => void list.setQuery(text), text === '' ? 0 : 250);
    return () => clearTimeout(timer);
  }, [list, text]);
  const found = list.sections.some(section => section.total > 0 || section.runs.length > 0);
  const queryError = list.query === '' ? null : list.error;
  return (
    <>
      <SearchBox
        error={queryError}
        onRefresh={() => void list.model.refresh()}
        onText={setText}
        text={text}
      />
      <WorkspaceChoice list={list} />
      <Trouble error={list.query === '' ? list.error : null} model={list.model} />
      {!found && <Nothing clear={clear} list={list} />}
      <VirtualTree label={trans.__('Runs')} onHover={onHover} onSeen={onSeen} rows={rows.rows} />
    </>
  );
}

export function RunSidebar(props: RunSidebarProps): JSX.Element {
  const surface = useOwnKeys<HTMLDivElement>();
  return (
    <TransContext.Provider value={props.studio.trans}>
      <div className="jp-jr jp-jr-sidebar" ref={surface}>
        <SidebarBody {...props} />
      </div>
    </TransContext.Provider>
  );
}
