// One chart: lines over a shared axis, with a cursor that all charts of a run share. Drag to zoom, double-click to see all.
import { JSX, memo, useEffect, useReducer, useRef } from 'react';
import type uPlot from 'uplot';
import { Axis, Curve, positive, smooth } from '../curves';
import { formatElapsed, formatNumber } from '../format';

export interface Line {
  label: string;
  curve: Curve;
}

export interface ChartProps {
  lines: Line[];
  axis: Axis;
  log: boolean;
  /** Weight of the moving average; 0: none. */
  smoothing: number;
  /** Charts with the same key have one cursor. */
  group: string;
  label: string;
}

const HEIGHT = 190;

/** Colours that can be told apart on light and dark, and by most who see colours otherwise; the first is the theme's. */
const COLORS = ['', '#e08a00', '#2a9d8f', '#c2559d', '#7a6ff0', '#b5651d', '#5f9ea0', '#d1495b'];

interface Look {
  fg: string;
  line: string;
  brand: string;
}

function lookOf(element: Element): Look {
  const style = getComputedStyle(element);
  const value = (name: string) => style.getPropertyValue(name).trim();
  return { fg: value('--jp-jr-fg2'), line: value('--jp-jr-line2'), brand: value('--jp-jr-brand') };
}

function xText(axis: Axis, value: number): string {
  if (axis === 'relative') {
    return formatElapsed(value);
  }
  return axis === 'wall' ? new Date(value * 1000).toLocaleTimeString() : formatNumber(value, 6);
}

/** All lines over the values of x that any of them has. `undefined`: no value here, the line goes on. */
function dataOf(library: typeof uPlot, props: ChartProps): uPlot.AlignedData {
  const tables = props.lines.map(({ curve }): uPlot.AlignedData => {
    const y = props.log ? positive(curve.y) : curve.y;
    return props.smoothing > 0 ? [curve.x, y, smooth(y, props.smoothing)] : [curve.x, y];
  });
  // Gaps (null) stay gaps when tables are joined.
  const modes = tables.map(table => table.map(() => 2 as const));
  return tables.length > 0 ? library.join(tables, modes) : [[]];
}

function seriesOf(props: ChartProps, look: Look): uPlot.Series[] {
  return props.lines.flatMap(({ label, curve }, i): uPlot.Series[] => {
    const stroke = COLORS[i % COLORS.length] || look.brand;
    const points = { show: curve.x.length < 2 || curve.x.length <= 24, size: 5 };
    const main = { label, stroke, width: i === 0 ? 1.6 : 1.2, points, spanGaps: false };
    return props.smoothing > 0
      ? [
          { ...main, stroke: `${hex(stroke)}55`, width: 1 },
          { ...main, points: { show: false } }
        ]
      : [main];
  });
}

/** A colour to which an opacity can be added. */
function hex(color: string): string {
  return /^#[0-9a-f]{6}$/i.test(color) ? color : '#808080';
}

function optionsOf(props: ChartProps, look: Look, width: number): uPlot.Options {
  const { axis, log, group } = props;
  const grid = { stroke: look.line, width: 1 };
  const base = { stroke: look.fg, grid, ticks: grid, font: '11px system-ui, sans-serif' };
  const xValues = (_: uPlot, values: number[]) => values.map(value => xText(axis, value));
  const yValues = (_: uPlot, values: (number | null)[]) =>
    values.map(value => (value === null ? '' : formatNumber(value)));
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    padding: [8, 10, 0, 0],
    cursor: { sync: { key: group }, drag: { x: true, y: false, uni: 20 }, points: { size: 6 } },
    scales: { x: { time: false }, y: { distr: log ? 3 : 1 } },
    axes: [
      { ...base, size: 28, values: xValues },
      { ...base, size: 54, values: yValues }
    ],
    series: [{}, ...seriesOf(props, look)]
  };
}

/** The part of the axis that somebody has dragged out; null when all is shown. */
function zoomOf(chart: uPlot | null): { min: number; max: number } | null {
  const x = chart?.data[0] ?? [];
  const { min, max } = chart?.scales['x'] ?? {};
  const [first, last] = [x[0], x[x.length - 1]];
  if (
    typeof min !== 'number' ||
    typeof max !== 'number' ||
    first === undefined ||
    last === undefined
  ) {
    return null;
  }
  return min > first || max < last ? { min, max } : null;
}

/** Counts how often the theme has changed since. */
function useTheme(): number {
  const [count, bump] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const observer = new MutationObserver(() => bump());
    const attributeFilter = ['data-jp-theme-name', 'data-jp-theme-light'];
    observer.observe(document.body, { attributeFilter });
    return () => observer.disconnect();
  }, []);
  return count;
}

export const Chart = memo(function Chart(props: ChartProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const theme = useTheme();
  const shownAxis = useRef<Axis | null>(null);
  const library = useRef<typeof uPlot | null>(null);
  useEffect(() => {
    let gone = false;
    const draw = (made: typeof uPlot) => {
      const box = place.current;
      if (gone || !box) {
        return;
      }
      const zoom = shownAxis.current === props.axis ? zoomOf(plot.current) : null;
      shownAxis.current = props.axis;
      plot.current?.destroy();
      const options = optionsOf(props, lookOf(box), Math.max(160, box.clientWidth));
      const show = (chart: uPlot) => readout.current && tell(chart, props, readout.current);
      plot.current = new made(
        { ...options, hooks: { setCursor: [show] } },
        dataOf(made, props),
        box
      );
      if (zoom) {
        plot.current.setScale('x', zoom);
      }
    };
    if (library.current) {
      draw(library.current);
    } else {
      void import('uplot').then(module => draw((library.current = module.default)));
    }
    return () => {
      gone = true;
    };
  }, [props, theme]);
  useEffect(() => {
    const box = place.current;
    const fit = () =>
      box && plot.current?.setSize({ width: Math.max(160, box.clientWidth), height: HEIGHT });
    const observer = new ResizeObserver(fit);
    if (box) {
      observer.observe(box);
    }
    return () => {
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, []);
  return (
    <>
      <div aria-label={props.label} className="jp-jr-chart" ref={place} role="img" />
      <div aria-hidden="true" className="jp-jr-readout jp-jr-number" ref={readout} />
    </>
  );
});

/** The values under the cursor, as text. */
function tell(chart: uPlot, props: ChartProps, out: HTMLElement): void {
  const index = chart.cursor.idx;
  if (index === null || index === undefined) {
    out.textContent = '';
    return;
  }
  const each = props.smoothing > 0 ? 2 : 1;
  const values = props.lines.slice(0, 4).flatMap(({ label }, i) => {
    const value = chart.data[1 + i * each]?.[index];
    const text = typeof value === 'number' ? formatNumber(value) : null;
    return text === null ? [] : [props.lines.length > 1 ? `${label} ${text}` : text];
  });
  const x = chart.data[0][index];
  out.textContent = x === undefined ? '' : `${xText(props.axis, x)}: ${values.join(' · ')}`;
}
