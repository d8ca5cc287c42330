// The tabs of a run, below its header. What is shown comes when it is looked at, and goes with its tab.
import { JSX, ReactNode, useId } from 'react';
import type { RunData } from '../run';
import { allChildren } from '../status';
import type { RunSource, Translate } from '../tokens';
import { useTrans } from '../trans';
import { ArtifactsTab } from './ArtifactsTab';
import { ChildrenTab } from './ChildrenTab';
import { CodeTab } from './CodeTab';
import { LogTab } from './LogTab';
import { MetricsTab } from './MetricsTab';
import { ParamsTab } from './ParamsTab';
import { TabStrip } from './TabStrip';
import type { TabProps } from './tabs';

/** The view that is there without a server, too. */
export const OVERVIEW = 'overview';

interface Tab {
  id: string;
  label: string;
  count?: number;
  show: (props: TabProps) => JSX.Element;
}

/** The tabs that have something to show. */
function tabsOf(run: RunData, trans: Translate): Tab[] {
  const children = allChildren(run);
  const metrics = Object.keys(run.metrics).length;
  const params = Object.keys(run.params).length;
  const tabs: (Tab | null)[] = [
    children > 0
      ? {
          id: 'children',
          label: trans.__('Children'),
          count: children,
          show: props => <ChildrenTab {...props} />
        }
      : null,
    // A run without metrics of its own shows those of its children.
    metrics + children > 0
      ? {
          id: 'metrics',
          label: trans.__('Metrics'),
          ...(metrics > 0 ? { count: metrics } : {}),
          show: props => <MetricsTab {...props} />
        }
      : null,
    {
      id: 'params',
      label: trans.__('Params'),
      ...(params > 0 ? { count: params } : {}),
      show: ({ run: shown }) => <ParamsTab run={shown} />
    },
    { id: 'logs', label: trans.__('Logs'), show: props => <LogTab {...props} /> },
    { id: 'artifacts', label: trans.__('Artifacts'), show: props => <ArtifactsTab {...props} /> },
    { id: 'code', label: trans.__('Code'), show: props => <CodeTab {...props} /> }
  ];
  return tabs.filter(tab => tab !== null);
}

export interface RunTabsProps {
  run: RunData;
  source: RunSource;
  now: number;
  picked: string;
  onPick: (tab: string) => void;
  /** The overview, which is there without a server, too. */
  children: ReactNode;
}

export function RunTabs(props: RunTabsProps): JSX.Element {
  const trans = useTrans();
  const prefix = useId();
  const { run, source, now, picked, onPick, children } = props;
  const { api } = source;
  if (!api) {
    return <>{children}</>;
  }
  const tabs = tabsOf(run, trans);
  const tab = tabs.find(one => one.id === picked);
  const active = tab?.id ?? OVERVIEW;
  return (
    <>
      <TabStrip
        active={active}
        name={trans.__('Views of the run')}
        onPick={onPick}
        prefix={prefix}
        tabs={[{ id: OVERVIEW, label: trans.__('Overview') }, ...tabs]}
      />
      <div
        aria-labelledby={`${prefix}-${active}`}
        className={`jp-jr-tabpanel${tab ? ' jp-jr-tall' : ''}`}
        id={`${prefix}-panel`}
        role="tabpanel"
      >
        {tab ? tab.show({ run, source, api, now }) : children}
      </div>
    </>
  );
}
