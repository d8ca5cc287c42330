// Some runs side by side: table, curves, parallel axes, code. What is brushed on the axes holds for all of them.
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';
import { JSX, useCallback, useEffect, useId, useMemo, useState } from 'react';
import type { ComparedRuns } from '../../comparedruns';
import { CompareChoice, FIRST_CHOICE, readChoice } from '../../compareview';
import { axisOf, brushed, Brushes, defaultAxes, metricNames, ParallelAxis } from '../../comparison';
import { columnOf } from '../../columns';
import { connectionText } from '../../connection';
import { runsCode } from '../../dataframecode';
import type { RunData } from '../../run';
import { copyText } from '../../save';
import type { Studio } from '../../studio';
import { TransContext, useTrans } from '../../trans';
import { useNow, useOwnKeys, useSignal, useWish } from '../hooks';
import { TabStrip } from '../TabStrip';
import { CodeCompare } from './CodeCompare';
import { CompareCurves } from './CompareCurves';
import { CompareTable } from './CompareTable';
import { ParallelTab } from './ParallelTab';

export interface CompareViewProps {
  studio: Studio;
  compared: ComparedRuns;
}

/** What the tabs are given. */
export interface CompareTabProps {
  studio: Studio;
  /** All that are compared. */
  all: readonly RunData[];
  /** Those that are within the brushes. */
  runs: readonly RunData[];
  choice: CompareChoice;
  change: (some: Partial<CompareChoice>) => void;
  now: number;
}

/** The choice that is kept under a name, and how to change it. */
function useChoice(studio: Studio, name: string | null) {
  const [choice, setChoice] = useState<CompareChoice | null>(null);
  useEffect(() => {
    let gone = false;
    if (name !== null) {
      void studio.state.get(name).then(kept => !gone && setChoice(readChoice(kept)));
    }
    return () => {
      gone = true;
    };
  }, [studio, name]);
  const change = useCallback(
    (some: Partial<CompareChoice>) => {
      const next = { ...(choice ?? FIRST_CHOICE), ...some };
      setChoice(next);
      if (name !== null) {
        studio.state.set(name, next as unknown as ReadonlyPartialJSONValue);
      }
    },
    [studio, name, choice]
  );
  return { choice, change };
}

function useAxes(runs: readonly RunData[], choice: CompareChoice, now: number): ParallelAxis[] {
  // A clock that ticks must not move axes: durations of running runs are taken when something else changes.
  return useMemo(() => {
    const metric = choice.metric ?? metricNames(runs, true)[0] ?? null;
    const ids = choice.axes ?? defaultAxes(runs, metric, choice.which);
    return ids.flatMap(id => {
      const column = columnOf(id);
      return (column && axisOf(runs, column, now)) ?? [];
    });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- not `now`, see above
  }, [runs, choice.axes, choice.metric, choice.which]);
}

function CopyCode({ studio, runs }: { studio: Studio; runs: readonly RunData[] }): JSX.Element {
  const trans = useTrans();
  const { error, wish } = useWish();
  const [said, setSaid] = useState('');
  const copy = async () => {
    await copyText(runsCode(studio.model.status, runs));
    setSaid(trans.__('Copied'));
  };
  return (
    <>
      <span aria-live="polite" className="jp-jr-muted">
        {error ?? said}
      </span>
      <button className="jp-jr-button" onClick={() => void wish(copy)}>
        {trans.__('Copy as DataFrame code')}
      </button>
    </>
  );
}

function Tabs({ studio, compared }: CompareViewProps): JSX.Element | null {
  const trans = useTrans();
  const prefix = useId();
  const { runs: all } = compared;
  const experiment = all[0]?.experiment;
  const name = experiment === undefined ? null : `compare:${compared.workspace}:${experiment}`;
  const { choice, change } = useChoice(studio, name);
  const now = useNow(
    studio.model.clockOffset,
    all.some(run => !run.is_final),
    null
  );
  const axes = useAxes(all, choice ?? FIRST_CHOICE, now);
  const [brushes, setBrushes] = useState<Brushes>({});
  const runs = useMemo(
    () => brushed(all, axes, brushes, now),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- not `now`: see useAxes
    [all, axes, brushes]
  );
  if (choice === null) {
    return null;
  }
  const tab = { studio, all, runs, choice, change, now };
  const parallel = <ParallelTab {...tab} axes={axes} brushes={brushes} onBrushes={setBrushes} />;
  const tabs = [
    { id: 'table', label: trans.__('Table'), panel: <CompareTable {...tab} /> },
    { id: 'curves', label: trans.__('Curves'), panel: <CompareCurves {...tab} /> },
    { id: 'parallel', label: trans.__('Parallel coordinates'), panel: parallel },
    { id: 'code', label: trans.__('Code'), panel: <CodeCompare {...tab} /> }
  ];
  const shown = tabs.find(one => one.id === choice.tab) ?? tabs[0];
  return (
    <>
      <div className="jp-jr-compare-head">
        <TabStrip
          active={shown?.id ?? ''}
          name={trans.__('Views of the comparison')}
          onPick={id => change({ tab: id })}
          prefix={prefix}
          tabs={tabs.map(({ id, label }) => ({ id, label }))}
        />
        <span className="jp-jr-space" />
        {Object.keys(brushes).length > 0 && (
          <button className="jp-jr-button" onClick={() => setBrushes({})}>
            {trans.__('%1 of %2 runs: show all', runs.length, all.length)}
          </button>
        )}
        <CopyCode runs={runs} studio={studio} />
      </div>
      <div
        aria-labelledby={`${prefix}-${shown?.id}`}
        className="jp-jr-compare-panel"
        id={`${prefix}-panel`}
        role="tabpanel"
      >
        {shown?.panel}
      </div>
    </>
  );
}

/** Why some of the runs are not here. */
function Notes({ studio, compared }: CompareViewProps): JSX.Element | null {
  const trans = useTrans();
  const { runs, ids, leftOut, isReady, error } = compared;
  const gone = ids.length - runs.length;
  const texts = [
    connectionText(studio.model.connection, trans) ?? error,
    leftOut > 0 ? trans.__('At most %1 runs are compared: these are the first.', ids.length) : null,
    isReady && error === null && gone > 0
      ? trans._n('%1 run is not there any more.', '%1 runs are not there any more.', gone)
      : null
  ].filter(text => text !== null);
  return texts.length === 0 ? null : (
    <div className="jp-jr-banner" role="note">
      {texts.join(' ')}
    </div>
  );
}

function Surface(props: CompareViewProps): JSX.Element {
  const { studio, compared } = props;
  const trans = useTrans();
  useSignal(compared.changed);
  useSignal(studio.model.connectionChanged);
  return (
    <>
      <Notes {...props} />
      {compared.runs.length > 0 && <Tabs {...props} />}
      {!compared.isReady && <div className="jp-jr-empty">{trans.__('Loading…')}</div>}
    </>
  );
}

export function CompareView(props: CompareViewProps): JSX.Element {
  const surface = useOwnKeys<HTMLElement>();
  const { trans } = props.studio;
  return (
    <TransContext.Provider value={trans}>
      <section
        aria-label={trans.__('Comparison of runs')}
        className="jp-jr jp-jr-table-page"
        ref={surface}
      >
        <Surface {...props} />
      </section>
    </TransContext.Provider>
  );
}
