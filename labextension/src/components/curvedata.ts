// Where a chart gets its curves: only while it is in view, seldom while the run is live, in full detail for what is zoomed.
import { RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { Axis, curveOf, Range, withDetail } from '../curves';
import type { Stroke } from '../palette';
import type { Line } from '../plot';
import type { RunData } from '../run';
import type { PointRange, Series } from '../tokens';
import { TabProps, useFetched } from './tabs';

/** The server thins longer curves to so many points. */
export const MAX_POINTS = 2000;
/** Of each child: a chart is not wider. */
const CHILD_POINTS = 600;
/** A live chart is drawn anew at most this often. */
const LIVE_MS = 2000;
/** A zoom that lasts so long is meant. */
const ZOOM_MS = 150;

/** The value, at most every `ms`; the first change after a pause comes at once. */
export function useThrottled<T>(value: T, ms: number): T {
  const [shown, setShown] = useState(value);
  const changed = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, changed.current + ms - Date.now());
    const timer = setTimeout(() => {
      changed.current = Date.now();
      setShown(value);
    }, wait);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return shown;
}

/** The value once it has not changed for `ms`. */
export function useSettled<T>(value: T, ms: number): T {
  const [shown, setShown] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setShown(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return shown;
}

/** Whether an element can be seen, or is close to it; and whether it ever could. */
export function useInView(place: RefObject<Element | null>): { inView: boolean; seen: boolean } {
  const canTell = typeof IntersectionObserver !== 'undefined';
  const [state, setState] = useState({ inView: !canTell, seen: !canTell });
  useEffect(() => {
    const element = place.current;
    if (!canTell || !element) {
      return undefined;
    }
    const observer = new IntersectionObserver(
      entries => {
        const inView = entries[entries.length - 1]?.isIntersecting ?? false;
        setState(old => ({ inView, seen: old.seen || inView }));
      },
      { rootMargin: '120px' }
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [place, canTell]);
  return state;
}

/** Begin of the run on the axis of relative time. */
function beganOf(run: RunData): number {
  return run.started_at ?? run.created_at;
}

function stampOf(run: RunData, name: string): string {
  const count = run.metrics[name]?.count ?? 0;
  return `${run.run_id}:${count}${run.is_final ? '' : '+'}`;
}

export interface Wanted {
  name: string;
  axis: Axis;
  zoom: Range | null;
  /** Children whose curves are drawn over the run's own. */
  children: readonly { run: RunData; stroke: Stroke }[];
  inView: boolean;
}

type Found = Map<string, Series>;

/** The range of the server's axis that a range of the chart's means for these runs, all together. */
function rangeOf(axis: Axis, range: Range | null, runs: readonly RunData[]): PointRange {
  if (!range) {
    return {};
  }
  const starts = axis === 'relative' ? runs.map(beganOf) : [0];
  const [from, to] = [Math.min(...starts) + range.min, Math.max(...starts) + range.max];
  return { axis: axis === 'step' ? 'step' : 'time', from, to };
}

/** Two requests, however many children there are. */
async function fetchSeries(
  { run, api }: Pick<TabProps, 'run' | 'api'>,
  { name, axis, children }: Wanted,
  range: Range | null
): Promise<Found> {
  const has = (one: RunData) => name in one.metrics;
  const others = children.map(child => child.run).filter(has);
  const ids = others.map(child => child.run_id);
  const [own, rest] = await Promise.all([
    has(run)
      ? api.metrics(run.workspace, run.run_id, null, MAX_POINTS, name, rangeOf(axis, range, [run]))
      : null,
    ids.length > 0
      ? api.series(run.workspace, ids, name, CHILD_POINTS, rangeOf(axis, range, others))
      : ({} as Record<string, Series | null>)
  ]);
  const found: Found = new Map();
  for (const [id, series] of [...Object.entries(rest), [run.run_id, own?.series[0]] as const]) {
    if (series) {
      found.set(id, series);
    }
  }
  return found;
}

/** Whether the server has more points than it has sent. */
function isThinned(found: Found | null): boolean {
  return [...(found?.values() ?? [])].some(series => series.count > series.points.length);
}

export interface CurveData {
  own: Series | null;
  lines: Line[];
  problem: string | null;
  /** Finer curves for what is zoomed have come. */
  isDetailed: boolean;
}

function linesOf(
  run: RunData,
  wanted: Wanted,
  whole: Found | null,
  detail: Found | null,
  range: Range | null
): Line[] {
  const { children, axis, name } = wanted;
  const line = (of: RunData, label: string, stroke: Stroke | null): Line[] => {
    const series = whole?.get(of.run_id);
    if (!series) {
      return [];
    }
    const coarse = curveOf(series, axis, beganOf(of));
    const fine = range ? detail?.get(of.run_id) : undefined;
    const curve =
      fine && range ? withDetail(coarse, curveOf(fine, axis, beganOf(of)), range) : coarse;
    const look = stroke ?? { bold: children.length > 0 };
    return [{ id: of.run_id, label, curve, ...look }];
  };
  // The run itself last: on top of the others.
  return [
    ...children.flatMap(child => line(child.run, child.run.name, child.stroke)),
    ...line(run, children.length > 0 ? run.name : name, null)
  ];
}

/** The curves of one metric. */
export function useCurves(tab: Pick<TabProps, 'run' | 'api'>, wanted: Wanted): CurveData {
  const { run } = tab;
  const { name, axis, zoom, children, inView } = wanted;
  const runs = [...children.map(child => child.run), run].filter(one => name in one.metrics);
  const kind = axis === 'step' ? 'step' : 'time';
  const present = `${name}/${kind}/${runs.map(one => stampOf(one, name)).join()}`;
  const stamp = useThrottled(present, LIVE_MS);
  // Another selection or axis is wanted at once, more points of the same runs are not.
  const who = (key: string) => key.replace(/:\d+\+?/g, '');
  const key = who(stamp) === who(present) ? stamp : present;
  const whole = useFetched(inView ? key : null, () => fetchSeries(tab, wanted, null));
  const settled = useSettled(zoom, ZOOM_MS);
  const needsDetail = inView && settled !== null && settled === zoom && isThinned(whole.value);
  const detailKey = settled ? `${axis}/${key}/${settled.min}/${settled.max}` : '';
  const detail = useFetched(needsDetail ? detailKey : null, async () => ({
    range: settled,
    axis,
    found: await fetchSeries(tab, wanted, settled)
  }));
  const fine = detail.value?.axis === axis && zoom !== null ? detail.value : null;
  const look = children.map(({ run: child, stroke }) => [child.run_id, child.name, stroke.color]);
  const drawn = JSON.stringify([look, run.run_id, run.name, name, axis]);
  const lines = useMemo(
    () => linesOf(run, wanted, whole.value, fine?.found ?? null, fine?.range ?? null),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `drawn` stands for what is used of the runs
    [drawn, whole.value, fine]
  );
  return {
    own: whole.value?.get(run.run_id) ?? null,
    lines,
    problem: whole.problem ?? detail.problem,
    isDetailed: zoom !== null && (fine?.range === zoom || !isThinned(whole.value))
  };
}
