// The metrics of a run, pinned ones first: curves, texts, tables, pictures and matrices, each in a card of its own.
import { JSX, useCallback, useState } from 'react';
import type { Range } from '../curves';
import { asNumber } from '../format';
import { pinnedFirst, usePins } from '../pins';
import type { MetricSummary } from '../run';
import { saveBlob } from '../save';
import { fileOf } from '../schemas';
import { useTrans } from '../trans';
import { ChildLegend, ChildLines, metricsOf, useChildLines } from './ChildLines';
import { CurveCard, CurveCardProps } from './CurveCard';
import { FileCard } from './FileCard';
import { useWish } from './hooks';
import { fileName } from './MetricCard';
import type { TabProps } from './tabs';
import { ValueCard } from './ValueCards';
import { View, ViewTools } from './ViewTools';

const FIRST_CARDS = 12;
/** More metrics than so many can be filtered. */
const FEW = 8;

/** Whether a metric has a curve. */
function isCurve({ kind, last }: MetricSummary): boolean {
  return kind === 'number' || (kind === 'list' && asNumber(last) !== null);
}

function Card({ metric, ...props }: CurveCardProps & { metric: MetricSummary }): JSX.Element {
  const { name, tab, pins } = props;
  if (isCurve(metric)) {
    return <CurveCard {...props} />;
  }
  const Other = fileOf(metric.last) ? FileCard : ValueCard;
  return <Other name={name} pins={pins} tab={tab} />;
}

/** What is zoomed: one stretch for all charts, or one for each. */
function useZooms(together: boolean) {
  const [zooms, setZooms] = useState<ReadonlyMap<string, Range>>(new Map());
  const keyOf = useCallback((name: string) => (together ? '' : name), [together]);
  const onZoom = useCallback(
    (name: string, zoom: Range | null) =>
      setZooms(old => {
        const next = new Map(old);
        next.delete(keyOf(name));
        return zoom ? next.set(keyOf(name), zoom) : next;
      }),
    [keyOf]
  );
  return {
    zoomOf: (name: string) => zooms.get(keyOf(name)) ?? null,
    isZoomed: zooms.size > 0,
    reset: () => setZooms(new Map()),
    onZoom
  };
}

function useView(startWithChildren: boolean) {
  const [view, setView] = useState<View>({
    ...{ axis: 'step', log: false, smoothing: 0, together: true, children: startWithChildren }
  });
  return { view, change: (some: Partial<View>) => setView(old => ({ ...old, ...some })) };
}

/** The cards to show: those that the filter leaves, at most `limit`. */
function useEntries(tab: TabProps, children: ChildLines, filter: string) {
  const pins = usePins(tab.source.ui, tab.run);
  const all = metricsOf(tab.run, children.lines);
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const found = pinnedFirst(all, pins.names).filter(([name]) =>
    words.every(word => name.toLowerCase().includes(word))
  );
  return { all, found, pins };
}

/** The first cards, and more when asked for. */
function Cards({ children, empty }: { children: JSX.Element[]; empty: string }): JSX.Element {
  const trans = useTrans();
  const [limit, setLimit] = useState(FIRST_CARDS);
  return (
    <div className="jp-jr-scroll">
      {children.length === 0 && <div className="jp-jr-empty">{empty}</div>}
      <div className="jp-jr-charts">{children.slice(0, limit)}</div>
      {children.length > limit && (
        <button className="jp-jr-button" onClick={() => setLimit(limit + FIRST_CARDS)}>
          {trans.__('Show more (%1)', children.length - limit)}
        </button>
      )}
    </div>
  );
}

/** Every value of the run and of the children that are drawn. */
async function saveAll({ run, api }: TabProps, { drawn }: ChildLines): Promise<void> {
  const ids = [run.run_id, ...drawn.map(child => child.run.run_id)];
  saveBlob(await api.seriesCsv(run.workspace, ids, null), `${fileName(run.name)}.csv`);
}

export function MetricsTab(tab: TabProps): JSX.Element {
  const trans = useTrans();
  const { run } = tab;
  const hasChildren = Object.keys(run.child_counts).length > 0;
  const { view, change } = useView(Object.keys(run.metrics).length === 0);
  const [filter, setFilter] = useState('');
  const [active, setActive] = useState<string | null>(null);
  const children = useChildLines(tab, hasChildren && view.children);
  const { zoomOf, isZoomed, reset, onZoom } = useZooms(view.together);
  const { error, wish } = useWish();
  const save = () => void wish(() => saveAll(tab, children));
  const { all, found, pins } = useEntries(tab, children, filter);
  const numbers = all.flatMap(([name, metric]) => (metric.kind === 'number' ? [name] : []));
  return (
    <>
      <ViewTools
        filter={all.length > FEW ? filter : null}
        hasCharts={all.some(([, metric]) => isCurve(metric))}
        hasChildren={hasChildren}
        isZoomed={isZoomed}
        onFilter={setFilter}
        onReset={reset}
        onSave={save}
        problem={error}
        onView={some => {
          // What was zoomed means nothing on another axis.
          if (some.axis !== undefined || some.together !== undefined) {
            reset();
          }
          change(some);
        }}
        view={view}
      />
      {hasChildren && view.children && (
        <ChildLegend numbers={numbers} onActive={setActive}>
          {children}
        </ChildLegend>
      )}
      <Cards empty={filter ? trans.__('No metric matches.') : trans.__('No metrics yet.')}>
        {found.map(([name, metric]) => (
          <Card
            key={name}
            {...{ name, metric, tab, view, pins, active, onZoom }}
            drawn={children.drawn}
            zoom={zoomOf(name)}
          />
        ))}
      </Cards>
    </>
  );
}
