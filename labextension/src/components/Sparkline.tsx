// A curve as small as a word. NaN and infinities leave gaps.
import type { JSX } from 'react';
import { asNumber, formatNumber } from '../format';
import type { Point, Series } from '../tokens';
import { useTrans } from '../trans';

const WIDTH = 240;
const HEIGHT = 48;
const PAD = 3;

/** Positions of the points: by step when steps never go back, by order otherwise. */
function positions(points: Point[]): number[] {
  let last = -Infinity;
  for (const [step] of points) {
    if (step === null || step < last) {
      return points.map((_, i) => i);
    }
    last = step;
  }
  return points.map(([step]) => step ?? 0);
}

/** SVG path of a series and the dots that stand alone between gaps. */
export function sparkPath(points: Point[]): { path: string; dots: [number, number][] } {
  const xs = positions(points);
  const ys = points.map(point => asNumber(point[2]) ?? NaN);
  const finite = ys.filter(Number.isFinite);
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  const x0 = xs[0] ?? 0;
  const width = (xs[xs.length - 1] ?? 0) - x0 || 1;
  const place = (i: number): [number, number] => {
    // In halves: the range of 1e308 and -1e308 is no number.
    const up = high > low ? ((ys[i] ?? 0) / 2 - low / 2) / (high / 2 - low / 2) : 0.5;
    const x = PAD + (((xs[i] ?? 0) - x0) / width) * (WIDTH - 2 * PAD);
    return [x, HEIGHT - PAD - up * (HEIGHT - 2 * PAD)];
  };
  const ok = (i: number) => Number.isFinite(ys[i] ?? NaN);
  let path = '';
  const dots: [number, number][] = [];
  for (let i = 0; i < ys.length; i += 1) {
    if (!ok(i)) {
      continue;
    }
    const [x, y] = place(i);
    path += `${ok(i - 1) ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
    if (!ok(i - 1) && !ok(i + 1)) {
      dots.push([x, y]);
    }
  }
  return { path, dots };
}

export function Sparkline({ series }: { series: Series }): JSX.Element | null {
  const trans = useTrans();
  const values = series.points.map(p => asNumber(p[2]) ?? NaN).filter(Number.isFinite);
  if (series.points.length < 2 || values.length === 0) {
    return null;
  }
  const { path, dots } = sparkPath(series.points);
  const label = trans.__(
    '%1 went from %2 to %3 in %4 values',
    series.name,
    formatNumber(values[0] ?? NaN),
    formatNumber(values[values.length - 1] ?? NaN),
    series.count
  );
  return (
    <svg
      aria-label={label}
      className="jp-jr-spark"
      preserveAspectRatio="none"
      role="img"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
    >
      <path d={path} />
      {dots.map(([x, y]) => (
        <path className="jp-jr-dot" d={`M${x.toFixed(1)} ${y.toFixed(1)}h.01`} key={x} />
      ))}
    </svg>
  );
}
