// The metrics of a run: a chart for each number, over step or time; a list for all else.
import { JSX, useEffect, useMemo, useRef, useState } from 'react';
import { Axis, csvOf, curveOf, extremes } from '../curves';
import { formatMoment, formatNumber, formatValue } from '../format';
import { saveBlob } from '../save';
import type { Series } from '../tokens';
import { useTrans } from '../trans';
import { Chart, Line } from './Chart';
import { PictureGlyph, SaveGlyph } from './glyphs';
import { IconButton } from './LogTools';
import { TabProps, useFetched } from './tabs';

/** The server thins longer curves to so many points. */
const MAX_POINTS = 2000;
const FIRST_CHARTS = 12;
const FIRST_ROWS = 200;
const LIVE_MS = 2000;

interface View {
  axis: Axis;
  log: boolean;
  smoothing: number;
}

/** A value that changes no more often than every `LIVE_MS`. */
function useCalm(value: string): string {
  const [calm, setCalm] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setCalm(value), value === calm ? 0 : LIVE_MS);
    return () => clearTimeout(timer);
  }, [value, calm]);
  return calm;
}

function useSeries({ run, api }: TabProps, name: string) {
  const metric = run.metrics[name];
  const count = Math.ceil(metric?.count ?? 0);
  const stamp = useCalm(String(run.is_final ? `all ${count}` : count));
  const { value, problem } = useFetched(`${run.run_id}/${name}/${stamp}`, () =>
    api.metrics(run.workspace, run.run_id, null, MAX_POINTS, name)
  );
  return { series: value?.series[0] ?? null, problem };
}

function PointTable({ series }: { series: Series }): JSX.Element {
  const trans = useTrans();
  const rows = series.points.slice(-FIRST_ROWS);
  return (
    <table className="jp-jr-table">
      <caption className="jp-jr-hidden">{series.name}</caption>
      <thead>
        <tr>
          <th scope="col">{trans.__('Step')}</th>
          <th scope="col">{trans.__('Time')}</th>
          <th scope="col">{trans.__('Value')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([step, at, value], i) => (
          <tr key={i}>
            <td>{step ?? ''}</td>
            <td>{formatMoment(at)}</td>
            <td>{formatValue(value, 400)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function NumberCard({ name, view, tab }: { name: string; view: View; tab: TabProps }): JSX.Element {
  const trans = useTrans();
  const card = useRef<HTMLElement>(null);
  const [table, setTable] = useState(false);
  const { series, problem } = useSeries(tab, name);
  const began = tab.run.started_at ?? tab.run.created_at;
  const lines = useMemo(
    (): Line[] =>
      series ? [{ label: name, curve: curveOf(series.points, view.axis, began) }] : [],
    [series, name, view.axis, began]
  );
  const ends = lines[0] ? extremes(lines[0].curve.y) : null;
  const summary = ends
    ? trans.__(
        '%1: from %2 to %3, min %4, max %5',
        name,
        ...[ends.first, ends.last, ends.min, ends.max].map(value => formatNumber(value))
      )
    : name;
  const saveCsv = () => series && saveBlob(new Blob([csvOf([series])]), `${fileName(name)}.csv`);
  const savePng = () =>
    card.current
      ?.querySelector('canvas')
      ?.toBlob(blob => blob && saveBlob(blob, `${fileName(name)}.png`));
  return (
    <section aria-label={name} className="jp-jr-card jp-jr-chart-card" ref={card}>
      <div className="jp-jr-chart-head">
        <b className="jp-jr-clip" title={name}>
          {name}
        </b>
        <span className="jp-jr-muted jp-jr-number">{ends ? formatNumber(ends.last) : ''}</span>
        <span className="jp-jr-space" />
        <button aria-pressed={table} className="jp-jr-link" onClick={() => setTable(!table)}>
          {trans.__('Table')}
        </button>
        <IconButton label={trans.__('Download %1 as CSV', name)} onClick={saveCsv}>
          <SaveGlyph />
        </IconButton>
        <IconButton label={trans.__('Download %1 as PNG', name)} onClick={() => savePng()}>
          <PictureGlyph />
        </IconButton>
      </div>
      {problem && <div className="jp-jr-muted">{problem}</div>}
      {table && series ? (
        <div className="jp-jr-chart-table">
          <PointTable series={series} />
        </div>
      ) : (
        <Chart group={tab.run.run_id} label={summary} lines={lines} {...view} />
      )}
    </section>
  );
}

/** A name of a metric as the name of a file. */
function fileName(name: string): string {
  return name.replace(/[^\w.-]+/g, '_');
}

function ViewTools({ view, onView }: { view: View; onView: (view: View) => void }): JSX.Element {
  const trans = useTrans();
  return (
    <div className="jp-jr-tools">
      <label>
        {trans.__('Over')}{' '}
        <select
          className="jp-jr-input"
          onChange={event => onView({ ...view, axis: event.target.value as Axis })}
          value={view.axis}
        >
          <option value="step">{trans.__('step')}</option>
          <option value="relative">{trans.__('time since start')}</option>
          <option value="wall">{trans.__('time of day')}</option>
        </select>
      </label>
      <label>
        <input
          checked={view.log}
          onChange={event => onView({ ...view, log: event.target.checked })}
          type="checkbox"
        />
        {trans.__('Log scale')}
      </label>
      <label>
        {trans.__('Smoothing')}{' '}
        <input
          max="0.99"
          min="0"
          onChange={event => onView({ ...view, smoothing: Number(event.target.value) })}
          step="0.01"
          type="range"
          value={view.smoothing}
        />
      </label>
    </div>
  );
}

/** What is no number: the values of a text, the rows of a table. */
function OtherCard({ name, tab }: { name: string; tab: TabProps }): JSX.Element {
  const { series, problem } = useSeries(tab, name);
  return (
    <section aria-label={name} className="jp-jr-card jp-jr-chart-card">
      <div className="jp-jr-chart-head">
        <b className="jp-jr-clip">{name}</b>
      </div>
      {problem && <div className="jp-jr-muted">{problem}</div>}
      <div className="jp-jr-chart-table">{series && <PointTable series={series} />}</div>
    </section>
  );
}

export function MetricsTab(props: TabProps): JSX.Element {
  const trans = useTrans();
  const [view, setView] = useState<View>({ axis: 'step', log: false, smoothing: 0 });
  const [limit, setLimit] = useState(FIRST_CHARTS);
  const entries = Object.entries(props.run.metrics);
  const hasNumbers = entries.some(([, metric]) => metric.kind === 'number');
  return (
    <>
      {hasNumbers && <ViewTools onView={setView} view={view} />}
      <div className="jp-jr-scroll">
        <div className="jp-jr-charts">
          {entries
            .slice(0, limit)
            .map(([name, { kind }]) =>
              kind === 'number' ? (
                <NumberCard key={name} name={name} tab={props} view={view} />
              ) : (
                <OtherCard key={name} name={name} tab={props} />
              )
            )}
        </div>
        {entries.length > limit && (
          <button className="jp-jr-button" onClick={() => setLimit(limit + FIRST_CHARTS)}>
            {trans.__('Show more (%1)', entries.length - limit)}
          </button>
        )}
      </div>
    </>
  );
}
