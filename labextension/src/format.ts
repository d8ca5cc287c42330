// How times and numbers are written, the same on every surface.
import type { RunData } from './run';
import type { Translate } from './tokens';

/** `04:12`, `1:20:07`; hours only when there are any, `full` always writes them. */
export function formatElapsed(seconds: number, full = false): string {
  const total = Math.max(0, Math.floor(seconds));
  const h = Math.floor(total / 3600);
  const m = Math.floor((total % 3600) / 60);
  const s = total % 60;
  const two = (n: number) => String(n).padStart(2, '0');
  if (full) {
    return `${two(h)}:${two(m)}:${two(s)}`;
  }
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}

/** `now`, `40s ago`, `2m ago`, `3h ago`, `5d ago`, later the date. */
export function formatAgo(then: number, now: number, trans: Translate): string {
  const s = Math.max(0, Math.floor(now - then));
  if (s < 5) {
    return trans.__('now');
  }
  if (s < 60) {
    return trans.__('%1s ago', s);
  }
  if (s < 3600) {
    return trans.__('%1m ago', Math.floor(s / 60));
  }
  if (s < 86400) {
    return trans.__('%1h ago', Math.floor(s / 3600));
  }
  if (s < 30 * 86400) {
    return trans.__('%1d ago', Math.floor(s / 86400));
  }
  return formatDate(then);
}

/** `2026-11-23`, local time. */
export function formatDate(then: number): string {
  const d = new Date(then * 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
}

/** `2026-11-23 14:02`, local time. */
export function formatMoment(then: number): string {
  return `${formatDate(then)} ${formatClock(then).slice(0, 5)}`;
}

/** `14:02:09`, local time. */
export function formatClock(then: number): string {
  const d = new Date(then * 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** Four significant digits or fewer: `0.08712`, `12.5`, `1.2e-7`, `1 234 567` stays whole. */
export function formatNumber(value: number, significant = 4): string {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
  }
  if (Number.isInteger(value) && Math.abs(value) < 1e9) {
    return String(value);
  }
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) {
    return value
      .toExponential(2)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  }
  const digits = size >= 1000 ? 1 : Math.max(0, significant - 1 - Math.floor(Math.log10(size)));
  return String(Number(value.toFixed(Math.min(digits, 8))));
}

/** The number behind a wire value; NaN and infinities travel as text. Null when it is none. */
export function asNumber(value: unknown): number | null {
  if (typeof value === 'number') {
    return value;
  }
  if (value === 'NaN') {
    return NaN;
  }
  if (value === 'Infinity' || value === '-Infinity') {
    return value === 'Infinity' ? Infinity : -Infinity;
  }
  return null;
}

/** What a metric that is a file of a run has as its value: the run's id, and the name of the file. */
export const FILE_ADDRESS = /^aml:\/\/artifactId\/ExperimentRun\/dcid\.([^/]+)\/(.+)$/s;

/** Any value in one short line. */
export function formatValue(value: unknown, limit = 80): string {
  const number = asNumber(value);
  let text: string;
  if (number !== null) {
    text = formatNumber(number);
  } else if (typeof value === 'string') {
    text = FILE_ADDRESS.exec(value)?.[2] ?? value;
  } else {
    text = value === undefined || value === null ? '–' : JSON.stringify(value);
  }
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

/** Seconds from start to end, or to now; null before the start. */
export function elapsedOf(run: RunData, now: number): number | null {
  if (run.started_at === null) {
    return null;
  }
  return Math.max(0, (run.ended_at ?? now) - run.started_at);
}

/** Seconds that are probably left, from the progress so far; null when unknown. */
export function etaOf(run: RunData, now: number): number | null {
  const p = run.progress;
  const elapsed = elapsedOf(run, now);
  if (run.is_final || !p || !p.total || p.done <= 0 || elapsed === null || p.done >= p.total) {
    return null;
  }
  return (elapsed / p.done) * (p.total - p.done);
}

/** Done part of the work, 0 to 1; null when unknown. */
export function fractionOf(run: RunData): number | null {
  const p = run.progress;
  return p && p.total ? Math.min(1, Math.max(0, p.done / p.total)) : null;
}

/** The metric a row shows: a pinned one, else the number that was logged first, so that it does not change between looks. */
export function keyMetric(
  run: RunData,
  pinned: readonly string[] = []
): { name: string; text: string } | null {
  for (const name of [...pinned, ...Object.keys(run.metrics)]) {
    const metric = run.metrics[name];
    if (metric?.kind === 'number') {
      const number = asNumber(metric.last);
      const text = number === null ? formatValue(metric.last, 12) : formatNumber(number, 3);
      return { name, text };
    }
  }
  return null;
}

/** First line of a text, without trailing space. */
export function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').trimEnd();
}

/** What tells an id from others, in about six characters: its beginning, or its end where it begins with the experiment's name. */
export function shortId(id: string): string {
  return /_\d+_[0-9a-f]{8}$/.test(id) ? `…${id.slice(-6)}` : id.slice(0, 6);
}
