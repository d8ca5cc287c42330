// The sidebar: search box, what is wrong if something is, the tree of sections and runs, and what to do with the selected ones.
import { JSX, ReactNode, useEffect } from 'react';
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

/** Pinned searches are sections of the list. */
function usePinned({ list, saved }: Studio): void {
  useEffect(() => {
    const put = () => list.setPinned(saved.pinned);
    put();
    saved.changed.connect(put);
    return () => void saved.changed.disconnect(put);
  }, [list, saved]);
}

function SidebarBody({ studio }: RunSidebarProps): JSX.Element {
  const { list } = studio;
  const trans = useTrans();
  useSignal(list.changed);
  useSignal(list.model.connectionChanged);
  usePinned(studio);
  const found = list.sections.some(section => section.total > 0 || section.runs.length > 0);
  const hidden = list.hiddenGroups;
  return (
    <>
      <div className="jp-jr-sidebar-head">
        <SearchBox studio={studio} />
        <ViewButton list={list} />
      </div>
      <WorkspaceChoice list={list} />
      <Trouble error={list.query === '' ? list.error : null} model={list.model} />
      {!found && <Nothing studio={studio} />}
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
