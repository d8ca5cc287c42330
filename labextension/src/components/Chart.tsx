/**
 * Lines over a shared axis. Any view may use it:
 *
 *     const [zoom, setZoom] = useState<Range | null>(null);
 *     <Chart axis="step" group={key} label={sentence} lines={lines} onZoom={setZoom} zoom={zoom} />
 *
 * `lines` are `{ id, label, curve, color?, dash?, bold? }`: `curveOf` makes a curve of points, `strokesOf` (palette.ts) the colours.
 * Keep the array while nothing changes (`useMemo`). Charts with one `group` have one cursor. Drag to zoom; double-click, Esc or 0
 * shows all; arrow keys move what is zoomed, + and - zoom. Whoever owns `zoom` may put finer curves into `lines` for it.
 * `picture.ts` makes a picture of it; values as text belong beside the chart, the `label` is what a screen reader says.
 */
import { JSX, KeyboardEvent, memo, useEffect, useMemo, useReducer, useRef } from 'react';
import type uPlot from 'uplot';
import { extentOf, moved, Range } from '../curves';
import { Plot, PlotProps, Reading } from '../plot';
import { useTrans } from '../trans';

export type { Line } from '../plot';

export interface ChartProps extends Partial<PlotProps> {
  lines: PlotProps['lines'];
  axis: PlotProps['axis'];
  group: string;
  label: string;
  /** Without it the chart cannot be zoomed. */
  onZoom?: (zoom: Range | null) => void;
  /** Where the axis begins and ends, when that is more than the lines have. */
  extent?: Range | null;
}

/** So many lines are read out under the cursor. */
const MAX_READ = 8;

/** Counts how often the theme has changed since. */
function useTheme(): number {
  const [count, bump] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const observer = new MutationObserver(() => bump());
    const attributeFilter = ['data-jp-theme-name', 'data-jp-theme-light'];
    observer.observe(document.body, { attributeFilter });
    const dark = window.matchMedia?.('(prefers-color-scheme: dark)');
    dark?.addEventListener('change', bump);
    return () => {
      observer.disconnect();
      dark?.removeEventListener('change', bump);
    };
  }, []);
  return count;
}

/** What a key does to the range in view; undefined: nothing. */
function zoomBy(key: string, shown: Range, all: Range): Range | null | undefined {
  switch (key) {
    case 'ArrowLeft':
      return moved(shown, all, 1, -0.2);
    case 'ArrowRight':
      return moved(shown, all, 1, 0.2);
    case '+':
    case '=':
      return moved(shown, all, 0.5);
    case '-':
      return moved(shown, all, 2);
    case 'Escape':
    case '0':
      return null;
    default:
      return undefined;
  }
}

/** The values under the cursor, beside it; the nearest lines when there are many. */
function tell(reading: Reading | null, tip: HTMLElement, line: HTMLElement, many: boolean): void {
  tip.hidden = !reading || !many;
  if (!reading) {
    line.textContent = '';
    return;
  }
  const { values, x, left, width } = reading;
  const first = values[0];
  line.textContent = many || !first ? x : `${x}: ${first.text}`;
  if (!many) {
    return;
  }
  const near = [...values].sort(
    (a, b) => Number(b.line.bold ?? false) - Number(a.line.bold ?? false) || a.distance - b.distance
  );
  const shown = near.slice(0, MAX_READ).sort((a, b) => b.y - a.y);
  tip.replaceChildren(
    ...shown.map(({ line: { label, bold }, color, text }) => {
      const row = document.createElement('div');
      const dot = document.createElement('i');
      const name = document.createElement('span');
      const value = document.createElement('b');
      dot.style.background = color;
      name.textContent = label;
      value.textContent = text;
      row.classList.toggle('jp-jr-bold', bold ?? false);
      row.append(dot, name, value);
      return row;
    })
  );
  // On the side where there is room.
  const isRight = left < width / 2;
  tip.style.left = isRight ? 'auto' : '60px';
  tip.style.right = isRight ? '12px' : 'auto';
}

function usePlot(props: PlotProps, onZoom: ChartProps['onZoom']) {
  const place = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const library = useRef<typeof uPlot | null>(null);
  const zoomed = useRef(onZoom);
  const many = useRef(false);
  const theme = useTheme();
  const drawnTheme = useRef(theme);
  useEffect(() => {
    zoomed.current = onZoom;
    many.current = props.lines.length > 1;
    let gone = false;
    const draw = (made: typeof uPlot) => {
      const box = place.current;
      if (gone || !box) {
        return;
      }
      if (plot.current) {
        plot.current.update(props, drawnTheme.current !== theme);
      } else {
        plot.current = new Plot(made, box, props, {
          onZoom: zoom => zoomed.current?.(zoom),
          onRead: reading =>
            tip.current &&
            readout.current &&
            tell(reading, tip.current, readout.current, many.current)
        });
      }
      drawnTheme.current = theme;
    };
    if (library.current) {
      draw(library.current);
    } else {
      void import('uplot').then(module => draw((library.current = module.default)));
    }
    return () => {
      gone = true;
    };
  }, [props, onZoom, theme]);
  useEffect(
    () => () => {
      plot.current?.dispose();
      plot.current = null;
    },
    []
  );
  return { place, tip, readout, plot };
}

export const Chart = memo(function Chart(props: ChartProps): JSX.Element {
  const { lines, axis, group, label, onZoom, extent } = props;
  const { log = false, smoothing = 0, zoom = null, active = null } = props;
  const plotProps = useMemo(
    () => ({ lines, axis, group, log, smoothing, zoom, active }),
    [lines, axis, group, log, smoothing, zoom, active]
  );
  const { place, tip, readout, plot } = usePlot(plotProps, onZoom);
  const trans = useTrans();
  const isOnScale = useMemo(
    () => !log || lines.some(({ curve }) => curve.y.some(y => y !== null && y > 0)),
    [log, lines]
  );
  const onKeyDown = (event: KeyboardEvent) => {
    const all = extent ?? extentOf(lines.map(line => line.curve));
    const isPlain = !(event.ctrlKey || event.metaKey || event.altKey);
    if (!plot.current || !all || !isPlain || !onZoom) {
      return;
    }
    const next = zoomBy(event.key, plot.current.shown(), all);
    if (next !== undefined && (next !== null || zoom !== null)) {
      event.preventDefault();
      event.stopPropagation();
      onZoom(next);
    }
  };
  return (
    <div className="jp-jr-chart-frame">
      <div
        aria-keyshortcuts={onZoom ? 'ArrowLeft ArrowRight + - Escape' : undefined}
        aria-label={label}
        className="jp-jr-chart"
        onKeyDown={onKeyDown}
        ref={place}
        role="img"
        tabIndex={onZoom ? 0 : undefined}
      />
      {!isOnScale && (
        <div className="jp-jr-chart-note" role="note">
          {trans.__('Nothing to show on a log scale: no value is above zero.')}
        </div>
      )}
      <div aria-hidden="true" className="jp-jr-tip jp-jr-number" hidden ref={tip} />
      <div aria-hidden="true" className="jp-jr-readout jp-jr-number" ref={readout} />
    </div>
  );
});
