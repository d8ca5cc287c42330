// The children of a run in its charts: which are drawn, in which colours, and a legend that points at them.
import { JSX, useMemo, useState } from 'react';
import { MAX_STROKES, strokesOf } from '../palette';
import type { MetricSummary, RunData } from '../run';
import { quoted } from '../searchtext';
import { useTrans } from '../trans';
import { LegendLine, LegendLines } from './LegendLines';
import { TabProps, useFetched } from './tabs';

const FIRST_LINES = 20;
/** The children of a live run are looked up again so often. */
const LIVE_S = 4;

/** `''`: the newest first; else `min:NAME` or `max:NAME`: by a metric, the smallest or the largest first. */
export type ChildOrder = string;

function sortWord(order: ChildOrder): string {
  const [, way, name = ''] = /^(min|max):(.*)$/s.exec(order) ?? [];
  return way === 'min'
    ? `sort:metric.min:${quoted(name)}`
    : way === 'max'
      ? `sort:-metric.max:${quoted(name)}`
      : 'sort:-created';
}

export interface ChildLines {
  lines: LegendLine[];
  /** The children whose lines are drawn. */
  drawn: LegendLine[];
  total: number;
  problem: string | null;
  hidden: ReadonlySet<string>;
  toggle: (id: string) => void;
  showAll: (all: boolean) => void;
  order: ChildOrder;
  setOrder: (order: ChildOrder) => void;
  more: () => void;
}

/** Children to be drawn; none while not `on`. */
export function useChildLines({ run, api, now }: TabProps, on: boolean): ChildLines {
  const [order, setOrder] = useState<ChildOrder>('');
  const [limit, setLimit] = useState(FIRST_LINES);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const turn = run.is_final ? 'all' : Math.floor(now / LIVE_S);
  const key = on ? `${run.run_id}/${order}/${limit}/${turn}` : null;
  const { value, problem } = useFetched(key, async () => {
    const q = `parent:"${run.run_id}" ${sortWord(order)}`;
    const page = await api.listRuns(run.workspace, { q, limit });
    // The search takes beginnings of ids.
    return { ...page, runs: page.runs.filter(child => child.parent_id === run.run_id) };
  });
  const lines = useMemo(() => {
    const runs = on ? (value?.runs ?? []) : [];
    const strokes = strokesOf(runs);
    return runs.flatMap(child => {
      const stroke = strokes.get(child.run_id);
      return stroke ? [{ run: child, stroke }] : [];
    });
  }, [on, value]);
  const drawn = useMemo(() => lines.filter(line => !hidden.has(line.run.run_id)), [lines, hidden]);
  const toggle = (id: string) => {
    const next = new Set(hidden);
    if (!next.delete(id)) {
      next.add(id);
    }
    setHidden(next);
  };
  return {
    ...{ lines, drawn, problem, hidden, toggle, order, setOrder },
    total: value?.total ?? 0,
    showAll: all => setHidden(new Set(all ? [] : lines.map(line => line.run.run_id))),
    more: () => setLimit(MAX_STROKES)
  };
}

/** The run's metrics, and behind them those that only its children have. */
export function metricsOf(
  run: RunData,
  children: readonly LegendLine[]
): [string, MetricSummary][] {
  const found = new Map(Object.entries(run.metrics));
  for (const { run: child } of children) {
    for (const [name, metric] of Object.entries(child.metrics)) {
      if (metric.kind === 'number' && !found.has(name)) {
        found.set(name, { ...metric, count: 0 });
      }
    }
  }
  return [...found];
}

interface LegendProps {
  children: ChildLines;
  numbers: readonly string[];
  onActive: (id: string | null) => void;
}

function LegendTools({ children: all, numbers }: Omit<LegendProps, 'onActive'>): JSX.Element {
  const trans = useTrans();
  const { lines, total, hidden } = all;
  const most = Math.min(total, MAX_STROKES);
  return (
    <>
      <label>
        {trans.__('Children')}{' '}
        <select
          className="jp-jr-input"
          onChange={event => all.setOrder(event.target.value)}
          value={all.order}
        >
          <option value="">{trans.__('newest first')}</option>
          {numbers.map(name => (
            <option key={`min:${name}`} value={`min:${name}`}>
              {trans.__('lowest %1 first', name)}
            </option>
          ))}
          {numbers.map(name => (
            <option key={`max:${name}`} value={`max:${name}`}>
              {trans.__('highest %1 first', name)}
            </option>
          ))}
        </select>
      </label>
      <span className="jp-jr-muted jp-jr-number">
        {trans.__('%1 of %2 drawn', lines.length - countIn(lines, hidden), total)}
      </span>
      {lines.length < most && (
        <button className="jp-jr-button" onClick={all.more}>
          {trans.__('Draw %1', most)}
        </button>
      )}
      <button className="jp-jr-button" onClick={() => all.showAll(hidden.size > 0)}>
        {hidden.size > 0 ? trans.__('Show all') : trans.__('Hide all')}
      </button>
      {all.problem && <span role="alert">{all.problem}</span>}
    </>
  );
}

function countIn(lines: readonly LegendLine[], ids: ReadonlySet<string>): number {
  return lines.filter(line => ids.has(line.run.run_id)).length;
}

/** The children that are drawn, and which of them. */
export function ChildLegend({ children: all, numbers, onActive }: LegendProps): JSX.Element {
  const trans = useTrans();
  return (
    <div aria-label={trans.__('Children in the charts')} className="jp-jr-legend" role="group">
      <LegendTools numbers={numbers}>{all}</LegendTools>
      <LegendLines
        hidden={all.hidden}
        lines={all.lines}
        onActive={onActive}
        onToggle={all.toggle}
      />
    </div>
  );
}
