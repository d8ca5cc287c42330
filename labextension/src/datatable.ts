// Logged rows and tables as one table: columns from the data, whatever it is; in the order of a column.
import { asNumber } from './format';
import type { Point, Series } from './tokens';

export interface DataTable {
  columns: string[];
  /** One cell a column; undefined where the row has none. */
  rows: unknown[][];
}

/** Rows of `log_row` and of `log_table`, in order of logging. */
export function tableOf(kind: Series['kind'], points: readonly Point[]): DataTable {
  const places = new Map<string, number>();
  const rows: unknown[][] = [];
  const put = (row: number, column: string, value: unknown) => {
    const place = places.get(column) ?? places.size;
    places.set(column, place);
    (rows[row] ??= [])[place] = value;
  };
  for (const [, , value] of points) {
    if (typeof value !== 'object' || value === null) {
      continue;
    }
    const start = rows.length;
    for (const [column, cells] of Object.entries(value)) {
      const isColumn = kind === 'table' && Array.isArray(cells);
      (isColumn ? (cells as unknown[]) : [cells]).forEach((cell, i) =>
        put(start + i, column, cell)
      );
    }
  }
  const columns = [...places.keys()];
  return { columns, rows: rows.map(row => columns.map((_, i) => row[i])) };
}

/** Whether a column holds numbers, and nothing but numbers and gaps. */
export function isNumeric(table: DataTable, column: number): boolean {
  const known = table.rows
    .map(row => row[column])
    .filter(cell => cell !== undefined && cell !== null);
  return known.length > 0 && known.every(cell => asNumber(cell) !== null);
}

export interface Order {
  column: number;
  down: boolean;
}

/** In order of a column: numbers by size, then texts, then what is missing; equal ones as they were logged. */
export function ordered(rows: readonly unknown[][], { column, down }: Order): unknown[][] {
  const rank = (cell: unknown) => {
    const number = asNumber(cell);
    return number !== null && !Number.isNaN(number)
      ? 0
      : cell === undefined || cell === null
        ? 2
        : 1;
  };
  const way = down ? -1 : 1;
  return [...rows].sort((left, right) => {
    const [a, b] = [left[column], right[column]];
    const gap = rank(a) - rank(b);
    if (gap !== 0 || rank(a) === 2) {
      return gap;
    }
    if (rank(a) === 0) {
      return way * ((asNumber(a) ?? 0) - (asNumber(b) ?? 0) || 0);
    }
    return way * textOf(a).localeCompare(textOf(b), undefined, { numeric: true });
  });
}

function textOf(cell: unknown): string {
  return typeof cell === 'string' ? cell : (JSON.stringify(cell) ?? '');
}
