// The panel of one run: the same in a cell, in a tab of its own and in a widget. It knows only its `RunSource`.
import { JSX, useEffect, useState } from 'react';
import type { PanelView, RunSource, Translate } from '../tokens';
import { TransContext, useTrans } from '../trans';
import { ChildTree } from './ChildTree';
import { Facts } from './Facts';
import { useNow, useOwnKeys, useRunState, useWish, Wish } from './hooks';
import { LogBox } from './LogBox';
import { Metrics } from './Metrics';
import { PanelHeader } from './PanelHeader';
import { Prose } from './Prose';
import { OVERVIEW, RunTabs } from './RunTabs';
import { TagRow } from './TagRow';
import { Timeline } from './Timeline';

export interface RunPanelProps {
  source: RunSource;
  trans: Translate;
  view: PanelView;
  /** The panel has a tab of its own: it may be tall, and is never folded. */
  page?: boolean;
  /** The tab that is shown, where the surface keeps it; else the panel does. */
  tab?: string;
  onTab?: (tab: string) => void;
}

function Details({ source, now }: { source: RunSource; now: number }): JSX.Element | null {
  const { run, series, logTail } = useRunState(source);
  if (!run) {
    return null;
  }
  return (
    <>
      <div className="jp-jr-body">
        <Metrics run={run} series={series} />
        <ChildTree now={now} run={run} source={source} />
      </div>
      <LogBox live={!run.is_final} text={logTail} />
      {source.api && <Timeline api={source.api} run={run} />}
    </>
  );
}

/** What is to be known of the run before anything else; one in the bin can be taken out of it. */
function Note(props: { source: RunSource; text: string; wish: Wish }): JSX.Element {
  const { source, text, wish } = props;
  const trans = useTrans();
  return (
    <div className="jp-jr-banner" role="note">
      <Prose text={text} />
      {source.state.run?.deleted_at && source.restore && (
        <>
          {' '}
          <button
            className="jp-jr-button"
            onClick={() => void wish(async () => source.restore?.())}
          >
            {trans.__('Restore')}
          </button>
        </>
      )}
    </div>
  );
}

function PanelBody(props: Omit<RunPanelProps, 'trans'>): JSX.Element {
  const { source, view, page } = props;
  const trans = useTrans();
  const state = useRunState(source);
  const [ownTab, setOwnTab] = useState(OVERVIEW);
  const [folded, setFolded] = useState<boolean | null>(null);
  const { error, wish } = useWish();
  const { run, note } = state;
  const expanded = page || !(folded ?? view === 'mini');
  const now = useNow(source.clockOffset, run !== null && !run.is_final, state.frozenAt);
  useEffect(() => {
    if (expanded) {
      source.showDetails();
    }
  }, [expanded, source]);
  const noteLine = note && <Note source={source} text={note} wish={wish} />;
  if (!run) {
    return noteLine || <div className="jp-jr-banner">{trans.__('Loading…')}</div>;
  }
  return (
    <>
      <PanelHeader
        expanded={expanded}
        now={now}
        onToggle={page ? null : () => setFolded(expanded)}
        run={run}
        source={source}
        wish={wish}
      />
      {error && (
        <div className="jp-jr-banner jp-jr-problem" role="alert">
          {error}
        </div>
      )}
      {noteLine}
      {expanded && (
        <RunTabs
          now={now}
          onPick={props.onTab ?? setOwnTab}
          picked={props.tab ?? ownTab}
          run={run}
          source={source}
        >
          <TagRow run={run} source={source} wish={wish} />
          <Facts now={now} run={run} />
          <Details now={now} source={source} />
        </RunTabs>
      )}
    </>
  );
}

export function RunPanel(props: RunPanelProps): JSX.Element {
  const { trans, page, ...rest } = props;
  const surface = useOwnKeys<HTMLElement>();
  const isOld = useRunState(props.source).frozenAt !== null;
  return (
    <TransContext.Provider value={trans}>
      <section
        aria-label={trans.__('Run')}
        className={`jp-jr jp-jr-panel${page ? ' jp-jr-page' : ''}${isOld ? ' jp-jr-old' : ''}`}
        ref={surface}
      >
        <PanelBody page={page ?? false} {...rest} />
      </section>
    </TransContext.Provider>
  );
}
