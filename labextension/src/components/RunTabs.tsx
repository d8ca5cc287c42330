// The tabs of a run, below its header. What is shown comes when it is looked at, and goes with its tab.
import { JSX, KeyboardEvent, ReactNode, useId, useRef, useState } from 'react';
import type { RunData } from '../run';
import type { RunSource, Translate } from '../tokens';
import { useTrans } from '../trans';
import { ArtifactsTab } from './ArtifactsTab';
import { CodeTab } from './CodeTab';
import { LogTab } from './LogTab';
import { MetricsTab } from './MetricsTab';
import type { TabProps } from './tabs';

interface Tab {
  id: string;
  label: string;
  count?: number;
  show: (props: TabProps) => JSX.Element;
}

/** The tabs that have something to show. */
function tabsOf(run: RunData, trans: Translate): Tab[] {
  const tabs: Tab[] = [
    { id: 'logs', label: trans.__('Logs'), show: props => <LogTab {...props} /> },
    { id: 'artifacts', label: trans.__('Artifacts'), show: props => <ArtifactsTab {...props} /> },
    { id: 'code', label: trans.__('Code'), show: props => <CodeTab {...props} /> }
  ];
  const metrics = Object.keys(run.metrics).length;
  if (metrics > 0) {
    const show = (props: TabProps) => <MetricsTab {...props} />;
    tabs.unshift({ id: 'metrics', label: trans.__('Metrics'), count: metrics, show });
  }
  return tabs;
}

/** Where an arrow key leads in a strip of `count` tabs; null for any other key. */
function nextTab(key: string, at: number, count: number): number | null {
  switch (key) {
    case 'ArrowRight':
      return (at + 1) % count;
    case 'ArrowLeft':
      return (at + count - 1) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}

interface StripProps {
  tabs: { id: string; label: string; count?: number }[];
  active: string;
  prefix: string;
  onPick: (id: string) => void;
}

function Strip({ tabs, active, prefix, onPick }: StripProps): JSX.Element {
  const trans = useTrans();
  const strip = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const at = tabs.findIndex(tab => tab.id === active);
    const next = tabs[nextTab(event.key, at, tabs.length) ?? -1];
    if (next) {
      event.preventDefault();
      event.stopPropagation();
      onPick(next.id);
      strip.current?.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
    }
  };
  return (
    <div
      aria-label={trans.__('Views of the run')}
      className="jp-jr-tabs"
      onKeyDown={onKeyDown}
      ref={strip}
      role="tablist"
    >
      {tabs.map(({ id, label, count }) => (
        <button
          aria-controls={id === active ? `${prefix}-panel` : undefined}
          aria-selected={id === active}
          className="jp-jr-tab"
          data-tab={id}
          id={`${prefix}-${id}`}
          key={id}
          onClick={() => onPick(id)}
          role="tab"
          tabIndex={id === active ? 0 : -1}
        >
          {label}
          {count !== undefined && <span className="jp-jr-badge jp-jr-number">{count}</span>}
        </button>
      ))}
    </div>
  );
}

export interface RunTabsProps {
  run: RunData;
  source: RunSource;
  now: number;
  /** The overview, which is there without a server, too. */
  children: ReactNode;
}

export function RunTabs({ run, source, now, children }: RunTabsProps): JSX.Element {
  const trans = useTrans();
  const prefix = useId();
  const [picked, setPicked] = useState('overview');
  const { api } = source;
  if (!api) {
    return <>{children}</>;
  }
  const tabs = tabsOf(run, trans);
  const tab = tabs.find(one => one.id === picked);
  const active = tab?.id ?? 'overview';
  return (
    <>
      <Strip
        active={active}
        onPick={setPicked}
        prefix={prefix}
        tabs={[{ id: 'overview', label: trans.__('Overview') }, ...tabs]}
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
