// Parallel coordinates: each run is a line from axis to axis, coloured by the last one. Drag along an axis to keep a stretch of it.
import {
  JSX,
  KeyboardEvent,
  memo,
  PointerEvent,
  useEffect,
  useMemo,
  useRef,
  useState
} from 'react';
import { columnLabel, rawValue } from '../../columns';
import { Brushes, numberAt, ParallelAxis, placeOn } from '../../comparison';
import { formatElapsed, formatMoment, formatNumber } from '../../format';
import type { RunData } from '../../run';
import { statusWord } from '../../status';
import type { Translate } from '../../tokens';
import { useTrans } from '../../trans';

const HEIGHT = 380;
const TOP = 42;
const BOTTOM = 44;
/** Runs without a value pass here, below the axis. */
const PARKED = HEIGHT - 16;
const SIDE = 60;
const LENGTH = HEIGHT - TOP - BOTTOM;
const MIN_GAP = 96;
/** Stops of the colour ramp in tables.css. */
const STOPS = 3;
const MAX_TICKS = 12;

export interface ParallelProps {
  runs: readonly RunData[];
  /** Ids of the runs that are within the brushes. */
  kept: ReadonlySet<string>;
  axes: readonly ParallelAxis[];
  brushes: Brushes;
  now: number;
  onBrush: (id: string, range: [number, number] | null) => void;
  onMove: (id: string, to: number) => void;
  onOpen: (run: RunData) => void;
}

/** The colour of a place on the last axis: a mix of two stops, which the theme chooses. */
export function rampColor(place: number | null): string {
  if (place === null) {
    return 'var(--jp-jr-fg2)';
  }
  const at = Math.min(STOPS - 1e-6, Math.max(0, place * STOPS));
  const stop = Math.floor(at);
  const share = Math.round((1 - (at - stop)) * 100);
  return `color-mix(in srgb, var(--jp-jr-ramp${stop}) ${share}%, var(--jp-jr-ramp${stop + 1}))`;
}

/** A number in the manner of its axis. */
export function axisText(axis: ParallelAxis, value: number, trans: Translate): string {
  switch (axis.column.kind) {
    case 'dur':
      return formatElapsed(value);
    case 'started':
      return formatMoment(value);
    default:
      return axis.scale === 'category' ? categoryText(axis, value, trans) : formatNumber(value, 3);
  }
}

export function categoryText(axis: ParallelAxis, at: number, trans: Translate): string {
  const text = axis.categories[at] ?? '';
  return axis.column.kind === 'status' ? statusWord(text as RunData['shown_status'], trans) : text;
}

interface Tick {
  place: number;
  text: string;
}

function ticksOf(axis: ParallelAxis, trans: Translate): Tick[] {
  if (axis.scale === 'category') {
    const step = Math.ceil(axis.categories.length / MAX_TICKS);
    return axis.categories.flatMap((value, i) =>
      i % step === 0
        ? [{ place: placeOn(axis, value) ?? 0, text: categoryText(axis, i, trans) }]
        : []
    );
  }
  if (axis.min === axis.max) {
    return [{ place: 0.5, text: axisText(axis, axis.min, trans) }];
  }
  if (axis.marks.length > 0) {
    return axis.marks.map(number => ({
      place: placeOn(axis, number) ?? 0,
      text: axisText(axis, number, trans)
    }));
  }
  const places = axis.scale === 'log' ? decades(axis) : [0, 0.25, 0.5, 0.75, 1];
  return places.map(place => ({ place, text: axisText(axis, numberAt(axis, place), trans) }));
}

/** Powers of ten, and the ends. */
function decades(axis: ParallelAxis): number[] {
  const first = Math.ceil(Math.log10(axis.min) + 1e-9);
  const last = Math.floor(Math.log10(axis.max) - 1e-9);
  const step = Math.max(1, Math.ceil((last - first + 1) / 6));
  const inner: number[] = [];
  for (let power = first; power <= last; power += step) {
    const place = placeOn(axis, 10 ** power) ?? 0;
    if (place > 0.06 && place < 0.94) {
      inner.push(place);
    }
  }
  return [0, ...inner, 1];
}

function yOf(place: number | null): number {
  return place === null ? PARKED : TOP + (1 - place) * LENGTH;
}

/** The places of each run on the axes. */
function usePlaces({ runs, axes, now }: ParallelProps) {
  return useMemo(
    () =>
      runs.map(run => ({
        run,
        places: axes.map(axis => placeOn(axis, rawValue(run, axis.column, now)))
      })),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- lines do not move because a clock ticks
    [runs, axes]
  );
}

function useWidth() {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(800);
  useEffect(() => {
    const box = place.current;
    const fit = () => box && setWidth(box.clientWidth);
    const observer = new ResizeObserver(fit);
    if (box) {
      observer.observe(box);
      fit();
    }
    return () => observer.disconnect();
  }, []);
  return { place, width };
}

type Placed = ReturnType<typeof usePlaces>;

/** The run whose line passes closest to a point, if it is near. */
function nearest(placed: Placed, kept: ReadonlySet<string>, gap: number, x: number, y: number) {
  const at = Math.max(0, (x - SIDE) / gap);
  const left = Math.floor(at);
  let best: RunData | null = null;
  let distance = 14;
  for (const { run, places } of placed) {
    const [a, b] = [yOf(places[left] ?? null), yOf(places[left + 1] ?? places[left] ?? null)];
    const off = Math.abs(a + (b - a) * (at - left) - y);
    if (kept.has(run.run_id) && off < distance) {
      [best, distance] = [run, off];
    }
  }
  return best;
}

const Lines = memo(function Lines(props: {
  placed: Placed;
  kept: ReadonlySet<string>;
  gap: number;
  active: string | null;
}): JSX.Element {
  const { placed, kept, gap, active } = props;
  const path = (places: (number | null)[]) =>
    places.map((place, i) => `${i === 0 ? 'M' : 'L'}${SIDE + i * gap} ${yOf(place).toFixed(1)}`);
  const rank = (id: string) => (id === active ? 2 : kept.has(id) ? 1 : 0);
  const sorted = [...placed].sort((a, b) => rank(a.run.run_id) - rank(b.run.run_id));
  return (
    <g fill="none">
      {sorted.map(({ run, places }) => {
        const state = ['out', 'in', 'active'][rank(run.run_id)];
        return (
          <path
            className={`jp-jr-parallel-line jp-jr-parallel-${state}${active && state === 'in' ? ' jp-jr-dimmed' : ''}`}
            d={path(places).join('')}
            key={run.run_id}
            style={
              state === 'out' ? undefined : { stroke: rampColor(places[places.length - 1] ?? null) }
            }
          />
        );
      })}
    </g>
  );
});

export function Parallel(props: ParallelProps): JSX.Element {
  const { axes, kept, onOpen } = props;
  const trans = useTrans();
  const { place, width } = useWidth();
  const placed = usePlaces(props);
  const [active, setActive] = useState<RunData | null>(null);
  const gap = Math.max(MIN_GAP, axes.length < 2 ? 0 : (width - 2 * SIDE) / (axes.length - 1));
  const all = 2 * SIDE + gap * Math.max(0, axes.length - 1);
  const onPointerMove = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    setActive(event.buttons === 0 && y > TOP - 8 ? nearest(placed, kept, gap, x, y) : null);
  };
  const label = trans.__(
    '%1 runs on %2 axes: %3. The table has the same values.',
    kept.size,
    axes.length,
    axes.map(axis => columnLabel(axis.column, trans)).join(', ')
  );
  return (
    <div className="jp-jr-parallel" ref={place}>
      <svg
        aria-label={label}
        height={HEIGHT}
        onClick={event => active && (event.target as Element).tagName !== 'rect' && onOpen(active)}
        onPointerLeave={() => setActive(null)}
        onPointerMove={onPointerMove}
        role="group"
        width={all}
      >
        <Lines active={active?.run_id ?? null} gap={gap} kept={kept} placed={placed} />
        {axes.map((axis, i) => (
          <AxisView
            {...props}
            axis={axis}
            gap={gap}
            index={i}
            key={axis.column.id}
            x={SIDE + i * gap}
          />
        ))}
      </svg>
      <div aria-hidden="true" className="jp-jr-readout jp-jr-number">
        {active ? readout(active, axes, props.now, trans) : ''}
      </div>
    </div>
  );
}

function readout(
  run: RunData,
  axes: readonly ParallelAxis[],
  now: number,
  trans: Translate
): string {
  const values = axes.map(axis => {
    const value = rawValue(run, axis.column, now);
    const number = axis.scale === 'category' ? NaN : Number(value);
    const text =
      value === undefined
        ? '–'
        : Number.isFinite(number)
          ? axisText(axis, number, trans)
          : String(value);
    return `${columnLabel(axis.column, trans)} ${text}`;
  });
  return [`${run.name}:`, ...values].join('  ');
}

interface AxisProps extends ParallelProps {
  axis: ParallelAxis;
  index: number;
  x: number;
  gap: number;
}

function AxisView(props: AxisProps): JSX.Element {
  const { axis, x, index, axes } = props;
  const trans = useTrans();
  const isLast = index === axes.length - 1;
  const hasMissing = props.runs.some(
    run => placeOn(axis, rawValue(run, axis.column, props.now)) === null
  );
  return (
    <g className="jp-jr-parallel-axis" transform={`translate(${x} 0)`}>
      <AxisHead {...props} />
      <line x1={0} x2={0} y1={TOP} y2={TOP + LENGTH} />
      {ticksOf(axis, trans).map(({ place, text }) => (
        <text
          dominantBaseline="middle"
          key={`${place}`}
          textAnchor={isLast ? 'start' : 'end'}
          x={isLast ? 7 : -7}
          y={yOf(place)}
        >
          {text.length > 12 ? `${text.slice(0, 11)}…` : text}
          <title>{text}</title>
        </text>
      ))}
      {hasMissing && (
        <text className="jp-jr-parked" textAnchor="middle" y={PARKED + 13}>
          {trans.__('none')}
        </text>
      )}
      <Brush {...props} />
    </g>
  );
}

/** The name of an axis: drag it, or move it with the arrow keys. */
function AxisHead({ axis, axes, index, gap, onMove }: AxisProps): JSX.Element {
  const trans = useTrans();
  const from = useRef<number | null>(null);
  const [shift, setShift] = useState(0);
  const label = columnLabel(axis.column, trans);
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) {
      event.preventDefault();
      event.stopPropagation();
      onMove(axis.column.id, Math.max(0, Math.min(axes.length - 1, index + by)));
    }
  };
  const end = () => {
    const to = index + Math.round(shift / gap);
    from.current = null;
    setShift(0);
    if (to !== index) {
      onMove(axis.column.id, Math.max(0, Math.min(axes.length - 1, to)));
    }
  };
  const most = Math.max(6, Math.floor(gap / 7.5));
  return (
    <text
      aria-label={trans.__('Axis %1: arrow keys move it', label)}
      className="jp-jr-axis-head"
      onKeyDown={onKeyDown}
      onPointerDown={event => {
        from.current = event.clientX;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={event => from.current !== null && setShift(event.clientX - from.current)}
      onPointerUp={end}
      role="button"
      tabIndex={0}
      textAnchor="middle"
      x={shift}
      y={TOP - 20}
    >
      {label.length > most ? `${label.slice(0, most - 1)}…` : label}
      {axis.scale === 'log' && ' (log)'}
      <title>{label}</title>
    </text>
  );
}

/** What is kept of an axis. A click without a drag keeps all. */
function Brush({ axis, brushes, onBrush }: AxisProps): JSX.Element {
  const start = useRef<number | null>(null);
  const id = axis.column.id;
  const range = brushes[id];
  const placeAt = (event: PointerEvent<SVGRectElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, 1 - (event.clientY - box.top - 8) / LENGTH));
  };
  const onPointerMove = (event: PointerEvent<SVGRectElement>) => {
    if (start.current !== null) {
      const to = placeAt(event);
      const [low, high] = [Math.min(start.current, to), Math.max(start.current, to)];
      onBrush(id, high - low < 0.02 ? null : [low, high]);
    }
  };
  return (
    <>
      {range && (
        <rect
          className="jp-jr-brush"
          height={Math.max(2, (range[1] - range[0]) * LENGTH)}
          width={14}
          x={-7}
          y={yOf(range[1])}
        />
      )}
      <rect
        className="jp-jr-brush-zone"
        data-axis={id}
        height={LENGTH + 16}
        onPointerDown={event => {
          start.current = placeAt(event);
          onBrush(id, null);
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={onPointerMove}
        onPointerUp={() => {
          start.current = null;
        }}
        width={28}
        x={-14}
        y={TOP - 8}
      />
    </>
  );
}
