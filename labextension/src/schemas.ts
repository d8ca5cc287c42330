// Metrics that are files: which file a value names, and the parts of Azure's JSON schemas that are drawn. Anything may be in them.
import { extentOf, Curve, Range } from './curves';
import { asNumber, FILE_ADDRESS, formatNumber, formatValue } from './format';

const PICTURES = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['gif', 'image/gif'],
  ['webp', 'image/webp'],
  ['bmp', 'image/bmp'],
  ['svg', 'image/svg+xml']
]);
/** More classes are no picture any more. */
const MAX_CLASSES = 40;

export interface FileRef {
  runId: string;
  name: string;
}

/** The file that a value of a metric names; null when it names none. */
export function fileOf(value: unknown): FileRef | null {
  const found = typeof value === 'string' ? FILE_ADDRESS.exec(value) : null;
  return found?.[1] && found[2] ? { runId: found[1], name: found[2] } : null;
}

/** The MIME type of a file that an `<img>` shows; null of any other. */
export function pictureType(name: string): string | null {
  return PICTURES.get(name.slice(name.lastIndexOf('.') + 1).toLowerCase()) ?? null;
}

export interface Matrix {
  kind: 'matrix';
  labels: string[];
  /** Of each true class (row) how often each class was predicted (column). */
  counts: number[][];
  /** Of all classes, those that are left out included. */
  classes: number;
}

export interface Bins {
  /** The name of each bin, and how many are in it. */
  bars: { label: string; count: number }[];
}

export interface ClassCurves {
  label: string;
  /** True positives over false positives. */
  roc: Curve;
  /** Precision over recall. */
  precision: Curve;
  /** Area below the first. */
  area: number;
}

export type Drawing =
  | Matrix
  | { kind: 'accuracy'; classes: ClassCurves[] }
  | ({ kind: 'residuals' } & Bins)
  | ({ kind: 'predictions'; average: Curve; low: Curve; high: Curve; ideal: Curve } & Bins);

type Data = Record<string, unknown>;

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A finite number, or NaN. */
function number(value: unknown): number {
  const found = asNumber(value) ?? NaN;
  return Number.isFinite(found) ? found : NaN;
}

/** What a file of one of Azure's schemas shows; null when it is none of them, or has nothing to show. */
export function drawingOf(text: string): Drawing | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const { schema_type: schema, data } = (typeof value === 'object' && value ? value : {}) as Data;
  if (typeof data !== 'object' || data === null) {
    return null;
  }
  switch (schema) {
    case 'confusion_matrix':
      return matrixOf(data as Data);
    case 'accuracy_table':
      return accuracyOf(data as Data);
    case 'residuals':
      return residualsOf(data as Data);
    case 'predictions':
      return predictionsOf(data as Data);
    default:
      return null;
  }
}

function matrixOf(data: Data): Matrix | null {
  const rows = list(data['matrix']);
  const labels = list(data['class_labels']).map(label => formatValue(label, 60));
  const shown = Math.min(MAX_CLASSES, labels.length, rows.length);
  if (shown === 0) {
    return null;
  }
  const counts = rows
    .slice(0, shown)
    .map(row => Array.from({ length: shown }, (_, i) => number(list(row)[i])));
  return { kind: 'matrix', labels: labels.slice(0, shown), counts, classes: labels.length };
}

/** Points in order of x, those that are no numbers left out. */
function curve(pairs: [number, number][]): Curve {
  const known = pairs.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  known.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return { x: known.map(([x]) => x), y: known.map(([, y]) => y), odd: [] };
}

function area({ x, y }: Curve): number {
  let sum = 0;
  for (let i = 1; i < x.length; i += 1) {
    sum += ((x[i] ?? 0) - (x[i - 1] ?? 0)) * (((y[i] ?? 0) + (y[i - 1] ?? 0)) / 2);
  }
  return sum;
}

function accuracyOf(data: Data): Drawing | null {
  const labels = list(data['class_labels']);
  const tables = list(data['probability_tables']).slice(0, MAX_CLASSES);
  const classes = tables.map((table, i): ClassCurves => {
    const cells = list(table).map(row => list(row).map(number));
    // Each row: true positives, false positives, true negatives, false negatives.
    const roc = curve(
      cells.map(([tp = NaN, fp = NaN, tn = NaN, fn = NaN]) => [fp / (fp + tn), tp / (tp + fn)])
    );
    const precision = curve(
      cells.map(([tp = NaN, fp = NaN, , fn = NaN]) => [tp / (tp + fn), tp / (tp + fp)])
    );
    return { label: formatValue(labels[i] ?? i, 60), roc, precision, area: area(roc) };
  });
  const drawn = classes.filter(one => one.roc.x.length > 1);
  return drawn.length > 0 ? { kind: 'accuracy', classes: drawn } : null;
}

/** One bin between two edges each; with one more than that, the outer ones are open. */
function binsOf(edges: number[], counts: number[]): Bins {
  const text = (edge: number | undefined) => formatNumber(edge ?? NaN);
  const isOpen = counts.length === edges.length + 1;
  return {
    bars: counts.map((count, i) => {
      const [from, to] = isOpen ? [edges[i - 1], edges[i]] : [edges[i], edges[i + 1]];
      const label =
        from === undefined
          ? `< ${text(to)}`
          : to === undefined
            ? `≥ ${text(from)}`
            : `${text(from)} – ${text(to)}`;
      return { label, count: Number.isFinite(count) ? count : 0 };
    })
  };
}

function residualsOf(data: Data): Drawing | null {
  const bins = binsOf(list(data['bin_edges']).map(number), list(data['bin_counts']).map(number));
  return bins.bars.length > 0 ? { kind: 'residuals', ...bins } : null;
}

function predictionsOf(data: Data): Drawing | null {
  const edges = list(data['bin_edges']).map(number);
  const errors = list(data['bin_errors']).map(number);
  const averages = list(data['bin_averages']).map(number);
  const middle = (i: number) => ((edges[i] ?? NaN) + (edges[i + 1] ?? edges[i] ?? NaN)) / 2;
  const at = (shift: number) =>
    curve(averages.map((y, i) => [middle(i), y + shift * (errors[i] ?? NaN)]));
  const average = curve(averages.map((y, i) => [middle(i), y]));
  const range: Range | null = extentOf([average]);
  if (!range) {
    return null;
  }
  const ideal = curve([
    [range.min, range.min],
    [range.max, range.max]
  ]);
  const bins = binsOf(edges, list(data['bin_counts']).map(number));
  return { kind: 'predictions', average, low: at(-1), high: at(1), ideal, ...bins };
}
