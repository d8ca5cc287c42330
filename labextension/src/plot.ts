// Draws lines with uPlot: built anew only when its form changes, fed with data otherwise, so that nothing flickers.
import type uPlot from 'uplot';
import { around, tick, xText, xTick } from './axes';
import { Axis, Curve, extentOf, positive, Range, smooth } from './curves';
import { formatNumber } from './format';

/** One line of a chart. */
export interface Line {
  /** Tells it from the others; the id of its run. */
  id: string;
  label: string;
  curve: Curve;
  /** The theme's own without it. */
  color?: string;
  dash?: number[];
  /** Drawn thicker, and above the others. */
  bold?: boolean;
}

export interface PlotProps {
  lines: readonly Line[];
  axis: Axis;
  /** Logarithmic vertical axis. */
  log: boolean;
  /** Weight of the moving average; 0: none. */
  smoothing: number;
  /** Charts with the same key have one cursor. */
  group: string;
  /** What of the horizontal axis is shown; null: all. */
  zoom: Range | null;
  /** The line that is looked at: the others step back. */
  active: string | null;
}

/** The colours of the theme that a canvas needs. */
export interface Look {
  fg: string;
  muted: string;
  line: string;
  brand: string;
  ground: string;
}

/** What is under the cursor: of each line its value, and the smoothed one. */
export interface Reading {
  x: string;
  values: { line: Line; color: string; text: string; y: number; distance: number }[];
  left: number;
  width: number;
}

export interface PlotEvents {
  onZoom: (zoom: Range | null) => void;
  onRead: (reading: Reading | null) => void;
}

const FONT = '11px system-ui, sans-serif';
/** Points of a line that are so few are dotted, or they would not be seen. */
const DOTTED = 24;
/** A dragged stretch is at least so wide (pixels); less is a click. */
const MIN_DRAG = 6;
/** A value further from the cursor (pixels) is not read: the line has ended, or has a gap there. */
const REACH = 24;

export function lookOf(element: Element): Look {
  const style = getComputedStyle(element);
  const value = (name: string, fallback: string) => style.getPropertyValue(name).trim() || fallback;
  return {
    fg: value('--jp-jr-fg', '#212121'),
    muted: value('--jp-jr-fg2', '#616161'),
    line: value('--jp-jr-line2', '#e0e0e0'),
    brand: value('--jp-jr-brand', '#1976d2'),
    ground: value('--jp-jr-bg', '#fff')
  };
}

/** From where to where values go: as the library has it, but for a line that is all zero, which would end at a hundred. */
export function valueRange(
  library: typeof uPlot,
  min: number | null,
  max: number | null
): uPlot.Range.MinMax {
  if (min === null || max === null) {
    return [null, null];
  }
  return min === 0 && max === 0 ? [0, 1] : library.rangeNum(min, max, 0.1, true);
}

/** All lines over the values of x that any of them has. `undefined`: no value here, the line goes on. */
export function dataOf(library: Pick<typeof uPlot, 'join'>, props: PlotProps): uPlot.AlignedData {
  const tables = props.lines.map(({ curve }): uPlot.AlignedData => {
    const y = props.log ? positive(curve.y) : curve.y;
    return props.smoothing > 0 ? [curve.x, y, smooth(y, props.smoothing)] : [curve.x, y];
  });
  // Gaps (null) stay gaps when tables are joined.
  const modes = tables.map(table => table.map(() => 2 as const));
  return tables.length > 0 ? library.join(tables, modes) : [[]];
}

export class Plot {
  constructor(
    private readonly library: typeof uPlot,
    private readonly box: HTMLElement,
    private props: PlotProps,
    private readonly events: PlotEvents
  ) {
    this.look = lookOf(box);
    this.chart = this.build();
  }

  /** Show something else; `restyle`: the theme has changed. */
  update(props: PlotProps, restyle = false): void {
    const old = this.props;
    this.props = props;
    if (restyle || formOf(old) !== formOf(props)) {
      this.look = lookOf(this.box);
      this.chart.destroy();
      this.chart = this.build();
      return;
    }
    const isFed = old.lines === props.lines && old.smoothing === props.smoothing;
    if (!isFed || old.zoom !== props.zoom) {
      this.chart.batch(() => {
        if (!isFed) {
          this.chart.setData(dataOf(this.library, props), false);
        }
        this.chart.setScale('x', this.shown());
      });
    }
    if (old.active !== props.active) {
      this.emphasize();
      this.chart.redraw(false);
    }
  }

  private resize(): void {
    if (this.box.clientWidth === 0) {
      // Out of sight the browser does not lay it out: it is measured when it comes back.
      return;
    }
    const { width, height } = this.size();
    if (width !== this.chart.width || height !== this.chart.height) {
      this.chart.setSize({ width, height });
    }
  }

  get canvas(): HTMLCanvasElement {
    return this.chart.ctx.canvas;
  }

  colorOf(line: Line): string {
    return line.color || this.look.brand;
  }

  dispose(): void {
    this.observer.disconnect();
    this.chart.destroy();
  }

  /** The part of the axis in view. */
  shown(): Range {
    const range = this.props.zoom ??
      extentOf(this.props.lines.map(line => line.curve)) ?? { min: 0, max: 1 };
    return range.min < range.max ? range : around(range.min);
  }

  private build(): uPlot {
    const data = dataOf(this.library, this.props);
    const chart = new this.library({ ...this.options(), ...this.size() }, data, this.box);
    chart.setScale('x', this.shown());
    this.chart = chart;
    this.emphasize();
    // Told anew for each chart: while a theme is exchanged the box has for a moment the size of no theme, and the chart is made with it.
    this.observer.disconnect();
    this.observer.observe(this.box);
    return chart;
  }

  private size(): { width: number; height: number } {
    const { clientWidth, clientHeight } = this.box;
    return { width: Math.max(160, clientWidth), height: Math.max(80, clientHeight) };
  }

  private options(): Omit<uPlot.Options, 'width' | 'height'> {
    const { axis, log, group } = this.props;
    const range = (_: uPlot, min: number | null, max: number | null) =>
      valueRange(this.library, min, max);
    const { line, muted } = this.look;
    const grid = { stroke: line, width: 1 };
    const base = { stroke: muted, grid, ticks: { ...grid, size: 5 }, font: FONT };
    // On a log scale a line for each power of ten is enough.
    const filter = (_: uPlot, splits: number[]) =>
      splits.filter(isPower).length > 1 ? splits.map(y => (isPower(y) ? y : null)) : splits;
    const sparse = log ? { grid: { ...grid, filter }, ticks: { ...grid, size: 5, filter } } : {};
    type Ticks = (
      self: uPlot,
      splits: number[],
      i: number,
      space: number,
      step: number
    ) => string[];
    const xValues: Ticks = (_, splits, __, ___, step) => splits.map(x => xTick(axis, x, step));
    const yValues: Ticks = (_, splits, __, ___, step) =>
      splits.map(y => (y === null ? '' : log ? formatNumber(y) : tick(y, step)));
    return {
      legend: { show: false },
      padding: [8, 10, 0, 0],
      scales: { x: { time: false }, y: log ? { distr: 3 } : { range } },
      axes: [
        { ...base, size: 28, space: 56, values: xValues },
        { ...base, ...sparse, size: 56, space: 32, values: yValues }
      ],
      series: [{}, ...this.series()],
      cursor: {
        // Others follow the pointer, not what is dragged.
        sync: {
          key: group,
          scales: ['x', null],
          filters: { pub: type => type === 'mousemove', sub: () => true }
        },
        drag: { x: true, y: false, setScale: false },
        hover: { prox: REACH },
        points: { size: (_, i) => (this.isRead(i) ? 6 : 0) },
        bind: { dblclick: () => () => (this.events.onZoom(null), null) }
      },
      hooks: {
        setSelect: [chart => this.dragged(chart)],
        setCursor: [chart => this.events.onRead(this.read(chart))],
        draw: [chart => this.markOdd(chart)]
      }
    };
  }

  /** Two series a line where it is smoothed: the ghost of what was logged, and the average. */
  private series(): uPlot.Series[] {
    const { lines, smoothing } = this.props;
    return lines.flatMap((line): uPlot.Series[] => {
      const width = line.bold ? 2.4 : 1.4;
      const show = line.curve.x.length <= DOTTED;
      const stroke = this.colorOf(line);
      const main = { label: line.label, stroke, width, points: { show, size: 5 }, spanGaps: false };
      const dashed = line.dash?.length ? { ...main, dash: line.dash } : main;
      return smoothing > 0
        ? [
            { ...main, width: 1 },
            { ...dashed, points: { show: false } }
          ]
        : [dashed];
    });
  }

  private get each(): number {
    return this.props.smoothing > 0 ? 2 : 1;
  }

  private lineAt(index: number): Line | undefined {
    return this.props.lines[Math.floor((index - 1) / this.each)];
  }

  /** Whether a dot marks the value under the cursor: not on the ghost of a smoothed line. */
  private isRead(index: number): boolean {
    return (index - 1) % this.each === this.each - 1;
  }

  private emphasize(): void {
    const { active, lines } = this.props;
    const isThere = lines.some(line => line.id === active);
    this.chart.series.forEach((series, i) => {
      if (i > 0) {
        const faded = isThere && this.lineAt(i)?.id !== active ? 0.15 : 1;
        series.alpha = this.isRead(i) ? faded : faded * 0.3;
      }
    });
  }

  private dragged(chart: uPlot): void {
    const { left, width } = chart.select;
    if (width > 0) {
      chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    }
    if (width >= MIN_DRAG) {
      const range = { min: chart.posToVal(left, 'x'), max: chart.posToVal(left + width, 'x') };
      if (range.max > range.min) {
        this.events.onZoom(range);
      }
    }
  }

  private read(chart: uPlot): Reading | null {
    const { left, top, idx, idxs } = chart.cursor;
    // Not the width of the element: to ask for it while others write would lay out the page each time.
    const width = chart.bbox.width / this.library.pxRatio;
    if (idx === null || idx === undefined || left === undefined || left < 0 || left > width) {
      return null;
    }
    const x = chart.data[0][idx];
    const values = this.props.lines.flatMap((line, i) => {
      const at = idxs?.[1 + i * this.each];
      const y = at === null || at === undefined ? undefined : chart.data[1 + i * this.each]?.[at];
      if (y === undefined || at === null || at === undefined) {
        return [];
      }
      const text = y === null ? oddText(line, chart.data[0][at]) : this.text(chart, i, at, y);
      const height = y === null ? 0 : chart.valToPos(y, 'y');
      const distance = Math.abs(height - (top ?? 0));
      return [{ line, color: this.colorOf(line), text, y: y ?? NaN, distance }];
    });
    return x === undefined ? null : { x: xText(this.props.axis, x), values, left, width };
  }

  private text(chart: uPlot, line: number, at: number, y: number): string {
    const mean = this.each === 2 ? chart.data[2 + line * 2]?.[at] : null;
    const raw = formatNumber(y, 5);
    return typeof mean === 'number' ? `${raw} (${formatNumber(mean, 5)})` : raw;
  }

  /** NaN and infinities: a cross at the bottom, an arrow at the edge that they left by. */
  private markOdd(chart: uPlot): void {
    const { ctx, bbox } = chart;
    const ratio = this.library.pxRatio;
    const { min, max } = this.shown();
    ctx.save();
    ctx.lineWidth = 1.4 * ratio;
    ctx.beginPath();
    for (const line of this.props.lines) {
      ctx.beginPath();
      ctx.strokeStyle = this.colorOf(line);
      let last = -Infinity;
      for (const [x, value] of line.curve.odd) {
        const at = chart.valToPos(x, 'x', true);
        // Marks on each other say no more than one.
        if (x >= min && x <= max && at - last >= 3 * ratio) {
          last = at;
          mark(ctx, at, value, bbox, 3 * ratio);
        }
      }
      ctx.stroke();
    }
    ctx.restore();
  }

  private readonly observer = new ResizeObserver(() => this.resize());
  private chart: uPlot;
  private look: Look;
}

/** What of the props makes another chart, not only other data. */
function formOf(props: PlotProps): string {
  const lines = props.lines.map(line => [
    line.id,
    line.label,
    line.color,
    line.dash,
    line.bold,
    line.curve.x.length <= DOTTED
  ]);
  return JSON.stringify([lines, props.axis, props.log, props.smoothing > 0, props.group]);
}

function isPower(y: number): boolean {
  const digits = Math.log10(y);
  return Math.abs(digits - Math.round(digits)) < 1e-9;
}

function oddText(line: Line, x: number | undefined): string {
  const found = line.curve.odd.find(([at]) => at === x);
  return found ? formatNumber(found[1]) : '≤ 0';
}

function mark(
  ctx: CanvasRenderingContext2D,
  x: number,
  value: number,
  { top, height }: { top: number; height: number },
  size: number
): void {
  const [high, low] = [top + size + 1, top + height - size - 1];
  if (Number.isNaN(value)) {
    ctx.moveTo(x - size, low - size);
    ctx.lineTo(x + size, low + size);
    ctx.moveTo(x + size, low - size);
    ctx.lineTo(x - size, low + size);
    return;
  }
  const [tip, base] = value > 0 ? [high - size, high + size] : [low + size, low - size];
  ctx.moveTo(x - size, base);
  ctx.lineTo(x, tip);
  ctx.lineTo(x + size, base);
}
