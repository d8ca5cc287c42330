// A table of any length: a page at a time, in the order of a column if wanted.
import { JSX, useMemo, useState } from 'react';
import { DataTable, isNumeric, Order, ordered } from '../datatable';
import { formatValue } from '../format';
import { useTrans } from '../trans';
import { CaretDownGlyph, LeftGlyph, RightGlyph, UpGlyph } from './glyphs';
import { IconButton } from './LogTools';

const PAGE = 100;
/** Longer texts are folded. */
const MAX_TEXT = 160;
/** Of a folded text so much can be unfolded. */
const MAX_LONG = 20_000;

interface PagerProps {
  page: number;
  pages: number;
  total: number;
  onPage: (page: number) => void;
}

function Pager({ page, pages, total, onPage }: PagerProps): JSX.Element | null {
  const trans = useTrans();
  if (pages <= 1) {
    return null;
  }
  return (
    <div className="jp-jr-pager jp-jr-number">
      <IconButton
        disabled={page === 0}
        label={trans.__('Rows before')}
        onClick={() => onPage(page - 1)}
      >
        <LeftGlyph />
      </IconButton>
      <span aria-live="polite">
        {trans.__('%1–%2 of %3', page * PAGE + 1, Math.min(total, (page + 1) * PAGE), total)}
      </span>
      <IconButton
        disabled={page >= pages - 1}
        label={trans.__('Rows after')}
        onClick={() => onPage(page + 1)}
      >
        <RightGlyph />
      </IconButton>
    </div>
  );
}

/** One value; a long text begins in a line, and unfolds. */
export function Value({ value }: { value: unknown }): JSX.Element {
  const text = typeof value === 'string' ? value : formatValue(value, MAX_LONG);
  const short = text.split('\n', 1)[0] ?? '';
  if (text.length <= MAX_TEXT && short === text) {
    return <>{formatValue(value, MAX_TEXT)}</>;
  }
  return (
    <details className="jp-jr-long">
      <summary>{formatValue(short, MAX_TEXT)}</summary>
      <pre>{text.slice(0, MAX_LONG)}</pre>
    </details>
  );
}

interface HeadProps {
  table: DataTable;
  numeric: readonly boolean[];
  order: Order | null;
  onOrder: ((order: Order | null) => void) | null;
}

function Head({ table, numeric, order, onOrder }: HeadProps): JSX.Element {
  return (
    <tr>
      {table.columns.map((name, i) => {
        const mine = order?.column === i ? order : null;
        const next = !mine
          ? { column: i, down: false }
          : mine.down
            ? null
            : { ...mine, down: true };
        return (
          <th
            aria-sort={mine ? (mine.down ? 'descending' : 'ascending') : undefined}
            className={numeric[i] ? 'jp-jr-right' : undefined}
            key={i}
            scope="col"
          >
            {onOrder ? (
              <button className="jp-jr-sort" onClick={() => onOrder(next)}>
                <span className="jp-jr-clip">{name}</span>
                {mine && (mine.down ? <CaretDownGlyph /> : <UpGlyph />)}
              </button>
            ) : (
              name
            )}
          </th>
        );
      })}
    </tr>
  );
}

export interface PagedTableProps {
  caption: string;
  table: DataTable;
  /** Rows have an order of their own. */
  fixed?: boolean;
  /** Begin with the last rows. */
  fromEnd?: boolean;
}

export function PagedTable({ caption, table, fixed, fromEnd }: PagedTableProps): JSX.Element {
  const [order, setOrder] = useState<Order | null>(null);
  const [picked, setPicked] = useState<number | null>(null);
  const rows = useMemo(
    () => (order ? ordered(table.rows, order) : table.rows),
    [table.rows, order]
  );
  const numeric = useMemo(() => table.columns.map((_, i) => isNumeric(table, i)), [table]);
  const pages = Math.ceil(rows.length / PAGE);
  const page = Math.min(picked ?? (fromEnd && !order ? pages - 1 : 0), Math.max(0, pages - 1));
  const at = Math.max(0, page);
  return (
    <>
      <table className="jp-jr-table jp-jr-data">
        <caption className="jp-jr-hidden">{caption}</caption>
        <thead>
          <Head numeric={numeric} onOrder={fixed ? null : setOrder} order={order} table={table} />
        </thead>
        <tbody>
          {rows.slice(at * PAGE, (at + 1) * PAGE).map((row, i) => (
            <tr key={at * PAGE + i}>
              {row.map((cell, column) => (
                <td
                  className={numeric[column] ? 'jp-jr-right jp-jr-number' : undefined}
                  key={column}
                >
                  {cell === undefined ? '' : <Value value={cell} />}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <Pager onPage={setPicked} page={at} pages={pages} total={rows.length} />
    </>
  );
}
