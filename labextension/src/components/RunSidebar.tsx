// The sidebar: search box, what is wrong if something is, the tree of sections and runs, and what to do with the selected ones.
import { JSX, ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import type { RunList } from '../runlist';
import { isActive } from '../status';
import type { Studio } from '../studio';
import { TransContext, useTrans } from '../trans';
import { useNow, useSignal } from './hooks';
import { SearchBox } from './SearchBox';
import { SelectionBar } from './SelectionBar';
import { Nothing, Trouble, WorkspaceChoice } from './SidebarNotes';
import { NowContext } from './SidebarRow';
import { SidebarTree } from './SidebarTree';
import { ViewButton } from './ViewButton';

export interface RunSidebarProps {
  studio: Studio;
}

/** Moves the clock of the rows without drawing them anew; it stands while the server is away. */
function Clock({ list, children }: { list: RunList; children: ReactNode }): JSX.Element {
  useSignal(list.changed);
  const { state, asOf } = list.model.connection;
  const ticking = list.activeRuns.some(isActive);
  const now = useNow(list.model.clockOffset, ticking, state === 'paused' ? asOf : null);
  // To the second: between two ticks nothing that shows time is drawn again.
  return <NowContext.Provider value={Math.round(now)}>{children}</NowContext.Provider>;
}

/** The text of the search box: what is typed, or what the list was told elsewhere. */
function useQuery(list: RunList): [string, (text: string) => void] {
  const [text, setText] = useState(list.query);
  const sent = useRef(list.query);
  useEffect(() => {
    const timer = setTimeout(
      () => {
        sent.current = text.trim();
        void list.setQuery(text);
      },
      text === '' ? 0 : 250
    );
    return () => clearTimeout(timer);
  }, [list, text]);
  useEffect(() => {
    const onChanged = () => {
      if (list.query !== sent.current) {
        sent.current = list.query;
        setText(list.query);
      }
    };
    list.changed.connect(onChanged);
    onChanged();
    return () => void list.changed.disconnect(onChanged);
  }, [list]);
  return [text, setText];
}

function SidebarBody({ studio }: RunSidebarProps): JSX.Element {
  const { list } = studio;
  const trans = useTrans();
  useSignal(list.changed);
  useSignal(list.model.connectionChanged);
  const [text, setText] = useQuery(list);
  const clear = useCallback(() => setText(''), [setText]);
  const found = list.sections.some(section => section.total > 0 || section.runs.length > 0);
  const hidden = list.hiddenGroups;
  return (
    <>
      <div className="jp-jr-sidebar-head">
        <SearchBox
          error={list.query === '' ? null : list.error}
          onRefresh={() => void list.model.refresh()}
          onText={setText}
          text={text}
        />
        <ViewButton list={list} />
      </div>
      <WorkspaceChoice list={list} />
      <Trouble error={list.query === '' ? list.error : null} model={list.model} />
      {!found && <Nothing clear={clear} studio={studio} />}
      <SidebarTree studio={studio} />
      {hidden > 0 && (
        <div className="jp-jr-banner" role="note">
          {trans._n('%1 more group: search for it.', '%1 more groups: search for them.', hidden)}
        </div>
      )}
      <SelectionBar studio={studio} />
    </>
  );
}

export function RunSidebar({ studio }: RunSidebarProps): JSX.Element {
  return (
    <TransContext.Provider value={studio.trans}>
      <div className="jp-jr jp-jr-sidebar">
        <Clock list={studio.list}>
          <SidebarBody studio={studio} />
        </Clock>
      </div>
    </TransContext.Provider>
  );
}
