// The metrics of some runs over each other: a chart for each, one legend for all; pointing at a name brings its line out.
import { JSX, useCallback, useMemo, useRef, useState } from 'react';
import { metricNames } from '../../comparison';
import { extentOf, Range } from '../../curves';
import { MAX_STROKES, strokesOf } from '../../palette';
import { pinnedFirst, Pins, usePins } from '../../pins';
import type { RunData } from '../../run';
import { saveBlob } from '../../save';
import { useTrans } from '../../trans';
import { Chart } from '../Chart';
import { useCurves, useInView } from '../curvedata';
import { SaveGlyph } from '../glyphs';
import { useWish } from '../hooks';
import { LegendLine, LegendLines } from '../LegendLines';
import { IconButton } from '../LogTools';
import { fileName, MetricCard } from '../MetricCard';
import { View, ViewTools } from '../ViewTools';
import type { CompareTabProps } from './CompareView';

const FIRST_LINES = 20;
const FIRST_CARDS = 12;
/** More metrics than so many can be filtered. */
const FEW = 8;
const FIRST_VIEW: View = {
  axis: 'step',
  log: false,
  smoothing: 0,
  together: true,
  children: false
};

/** The runs whose lines are drawn, and those of the legend. */
function useDrawn(runs: readonly RunData[]) {
  const [limit, setLimit] = useState(FIRST_LINES);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const lines = useMemo(() => {
    const strokes = strokesOf(runs.slice(0, limit));
    return runs.slice(0, limit).flatMap((run): LegendLine[] => {
      const stroke = strokes.get(run.run_id);
      return stroke ? [{ run, stroke }] : [];
    });
  }, [runs, limit]);
  const drawn = useMemo(() => lines.filter(({ run }) => !hidden.has(run.run_id)), [lines, hidden]);
  const toggle = (id: string) => {
    const next = new Set(hidden);
    if (!next.delete(id)) {
      next.add(id);
    }
    setHidden(next);
  };
  return { lines, drawn, hidden, onToggle: toggle, onAll: () => setLimit(MAX_STROKES) };
}

function Legend(props: {
  lines: readonly LegendLine[];
  total: number;
  hidden: ReadonlySet<string>;
  onToggle: (id: string) => void;
  onActive: (id: string | null) => void;
  onAll: () => void;
}): JSX.Element {
  const { lines, total, hidden, onToggle, onActive, onAll } = props;
  const trans = useTrans();
  const most = Math.min(total, MAX_STROKES);
  return (
    <div aria-label={trans.__('Runs in the charts')} className="jp-jr-legend" role="group">
      <LegendLines hidden={hidden} lines={lines} onActive={onActive} onToggle={onToggle} />
      {lines.length < total && (
        <span className="jp-jr-muted jp-jr-number">
          {trans.__('%1 of %2 drawn', lines.length, total)}
        </span>
      )}
      {lines.length < most && (
        <button className="jp-jr-button" onClick={onAll}>
          {most < total ? trans.__('Draw %1', most) : trans.__('Draw all')}
        </button>
      )}
    </div>
  );
}

interface CardProps extends CompareTabProps {
  name: string;
  drawn: readonly LegendLine[];
  view: View;
  pins: Pins;
  active: string | null;
  zoom: Range | null;
  onZoom: (name: string, zoom: Range | null) => void;
}

/** There is no run whose chart it is: all lines are alike. */
function nobody(like: RunData): RunData {
  return { ...like, run_id: '', metrics: {} };
}

function Card(props: CardProps): JSX.Element {
  const { name, drawn, view, pins, active, zoom, onZoom, studio, all } = props;
  const trans = useTrans();
  const card = useRef<HTMLElement>(null);
  const { inView, seen } = useInView(card);
  const { error, wish } = useWish();
  const { api } = studio.model;
  const like = all[0] as RunData;
  const run = useMemo(() => nobody(like), [like]);
  const { axis, log, smoothing } = view;
  const { lines, problem } = useCurves({ run, api }, { name, axis, zoom, children: drawn, inView });
  const extent = useMemo(() => extentOf(lines.map(line => line.curve)), [lines]);
  const zoomed = useCallback((range: Range | null) => onZoom(name, range), [name, onZoom]);
  const label = trans._n('%2 of %1 run', '%2 of %1 runs', lines.length, name);
  const save = async () => {
    const ids = drawn.map(one => one.run.run_id);
    saveBlob(await api.seriesCsv(like.workspace, ids, name), `${fileName(name)}.csv`);
  };
  return (
    <MetricCard
      actions={
        <IconButton label={trans.__('Download %1 as CSV', name)} onClick={() => void wish(save)}>
          <SaveGlyph />
        </IconButton>
      }
      name={name}
      pins={pins}
      place={card}
      problem={error ?? problem}
    >
      {seen && lines.length > 0 ? (
        <Chart
          {...{ axis, log, smoothing, lines, zoom, active, extent, label }}
          group="compare"
          onZoom={zoomed}
        />
      ) : (
        <div className="jp-jr-chart-frame">
          <div className="jp-jr-chart" />
        </div>
      )}
    </MetricCard>
  );
}

/** Metrics that most of the runs have come first, pinned ones before all. */
function useNames(all: readonly RunData[], pins: Pins, filter: string): string[] {
  return useMemo(() => {
    const count = (name: string) => all.filter(run => name in run.metrics).length;
    const names = metricNames(all, true)
      .map((name): [string, number] => [name, count(name)])
      .sort((a, b) => b[1] - a[1]);
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    return pinnedFirst(names, pins.names)
      .map(([name]) => name)
      .filter(name => words.every(word => name.toLowerCase().includes(word)));
  }, [all, pins.names, filter]);
}

/** What is zoomed: one stretch for all charts, or one for each. */
function useZooms(together: boolean) {
  const [zooms, setZooms] = useState<Readonly<Record<string, Range | null>>>({});
  const onZoom = useCallback(
    (name: string, zoom: Range | null) =>
      setZooms(old => (together ? { '': zoom } : { ...old, [name]: zoom })),
    [together]
  );
  return {
    zoomOf: (name: string) => zooms[together ? '' : name] ?? null,
    isZoomed: Object.values(zooms).some(zoom => zoom !== null),
    reset: () => setZooms({}),
    onZoom
  };
}

export function CompareCurves(props: CompareTabProps): JSX.Element {
  const { all, runs, studio } = props;
  const trans = useTrans();
  const [view, setView] = useState(FIRST_VIEW);
  const [filter, setFilter] = useState('');
  const [limit, setLimit] = useState(FIRST_CARDS);
  const [active, setActive] = useState<string | null>(null);
  const { zoomOf, isZoomed, reset, onZoom } = useZooms(view.together);
  const { drawn, ...legend } = useDrawn(runs);
  const pins = usePins(studio.state, all[0] as RunData);
  const names = useNames(all, pins, filter);
  const { error, wish } = useWish();
  const save = async () => {
    const ids = drawn.map(one => one.run.run_id);
    const { workspace = null, experiment = '' } = all[0] ?? {};
    saveBlob(await studio.model.api.seriesCsv(workspace, ids, null), `${experiment}.csv`);
  };
  const onView = (some: Partial<View>) => {
    // What was zoomed means nothing on another axis.
    if (some.axis !== undefined || some.together !== undefined) {
      reset();
    }
    setView({ ...view, ...some });
  };
  return (
    <>
      <ViewTools
        {...{ isZoomed, onView, view }}
        filter={metricNames(all, true).length > FEW ? filter : null}
        hasCharts
        hasChildren={false}
        onFilter={setFilter}
        onReset={reset}
        onSave={() => void wish(save)}
        problem={error}
      />
      <Legend {...legend} onActive={setActive} total={runs.length} />
      <div className="jp-jr-scroll">
        {names.length === 0 && <div className="jp-jr-empty">{trans.__('No metrics yet.')}</div>}
        <div className="jp-jr-charts">
          {names.slice(0, limit).map(name => (
            <Card
              {...props}
              {...{ name, drawn, view, pins, active, onZoom }}
              key={name}
              zoom={zoomOf(name)}
            />
          ))}
        </div>
        {names.length > limit && (
          <button className="jp-jr-button" onClick={() => setLimit(limit + FIRST_CARDS)}>
            {trans.__('Show more (%1)', names.length - limit)}
          </button>
        )}
      </div>
    </>
  );
}
