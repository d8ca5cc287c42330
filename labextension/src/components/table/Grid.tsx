// A grid of which only the cells in view exist: roles, places and keys as WAI-ARIA describes a treegrid.
import { useVirtualizer } from '@tanstack/react-virtual';
import { JSX, KeyboardEvent, ReactNode, useEffect, useRef, useState } from 'react';
import { CellPlace, HeaderCell, Row, ROW } from './GridRow';
import type { GridRow } from './rows';

const HEAD = 30;

/** A column as the grid sees it; the first one stays where it is. */
export interface GridColumn {
  id: string;
  label: string;
  title: string;
  width: number;
  numeric: boolean;
  /** Null: nothing can be sorted by it. */
  sorted: 'ascending' | 'descending' | 'none' | null;
}

export interface GridProps {
  label: string;
  rows: readonly GridRow[];
  columns: readonly GridColumn[];
  /** All rows, those that are not loaded too. */
  total: number;
  isSelected: (row: GridRow) => boolean;
  /** What is in a cell; called only for those in view. */
  cell: (row: GridRow, column: GridColumn, index: number) => ReactNode;
  onSort: (column: GridColumn) => void;
  onToggle: (row: GridRow) => void;
  onOpen: (row: GridRow) => void;
  /** A click, or Space: alone, one more or one less, or all up to here. */
  onSelect: (row: GridRow, how: 'only' | 'toggle' | 'extend') => void;
  onSelectAll: () => void;
  /** F2 or a double click: true when there is something to edit. */
  onEdit: (row: GridRow, column: GridColumn) => boolean;
  onClear: () => void;
  /** The last row in view. */
  onSeen: (index: number) => void;
}

/** Where the focus is; row -1 is the header. */
interface Place {
  row: number;
  column: number;
}

/** Where a key leads from a place; null when it does not move. */
export function nextPlace(
  place: Place,
  key: string,
  rows: number,
  columns: number,
  page: number,
  whole: boolean
): Place | null {
  const row = (to: number) => ({ ...place, row: Math.max(-1, Math.min(rows - 1, to)) });
  const column = (to: number) => ({ ...place, column: Math.max(0, Math.min(columns - 1, to)) });
  switch (key) {
    case 'ArrowDown':
      return row(place.row + 1);
    case 'ArrowUp':
      return row(place.row - 1);
    case 'PageDown':
      return row(place.row + page);
    case 'PageUp':
      return row(Math.max(0, place.row - page));
    case 'ArrowRight':
      return column(place.column + 1);
    case 'ArrowLeft':
      return column(place.column - 1);
    case 'Home':
      return whole ? { row: 0, column: 0 } : column(0);
    case 'End':
      return whole ? { row: rows - 1, column: columns - 1 } : column(columns - 1);
    default:
      return null;
  }
}

function useVirtual(props: GridProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const { rows, columns } = props;
  // eslint-disable-next-line react-hooks/incompatible-library -- we do not compile components
  const down = useVirtualizer({
    count: rows.length,
    estimateSize: () => ROW,
    getItemKey: index => rows[index]?.id ?? index,
    getScrollElement: () => scroller.current,
    initialRect: { width: 900, height: 600 },
    overscan: 12,
    scrollPaddingStart: HEAD,
    useFlushSync: false
  });
  const first = columns[0]?.width ?? 0;
  const across = useVirtualizer({
    horizontal: true,
    count: columns.length - 1,
    estimateSize: index => columns[index + 1]?.width ?? 100,
    getItemKey: index => columns[index + 1]?.id ?? index,
    getScrollElement: () => scroller.current,
    initialRect: { width: 900, height: 600 },
    overscan: 2,
    paddingStart: first,
    scrollPaddingStart: first,
    useFlushSync: false
  });
  const widths = columns.map(column => column.width).join();
  useEffect(() => across.measure(), [across, widths]);
  return { scroller, down, across };
}

/** The keys of the grid; those of an editor in a cell are its own. */
function useKeys(props: GridProps, place: Place, go: (to: Place) => void, page: () => number) {
  const { rows, columns } = props;
  return (event: KeyboardEvent): void => {
    const role = (event.target as HTMLElement).getAttribute('role') ?? '';
    if (!['gridcell', 'rowheader', 'columnheader'].includes(role) || event.altKey) {
      return;
    }
    const row = rows[place.row];
    const column = columns[place.column];
    const whole = event.ctrlKey || event.metaKey;
    const to = nextPlace(place, event.key, rows.length, columns.length, page(), whole);
    const folds =
      place.column === 0 &&
      ((event.key === 'ArrowRight' && row?.expanded === false) ||
        (event.key === 'ArrowLeft' && row?.expanded === true));
    const extend = event.shiftKey && to !== null && to.row !== place.row;
    const act: Record<string, () => void> = {
      Enter: () => (row ? props.onOpen(row) : column && props.onSort(column)),
      ' ': () =>
        row
          ? props.onSelect(row, event.shiftKey ? 'extend' : 'toggle')
          : column && props.onSort(column),
      F2: () => row && column && props.onEdit(row, column),
      Escape: props.onClear
    };
    if (row && folds) {
      props.onToggle(row);
    } else if (whole && event.key === 'a') {
      props.onSelectAll();
    } else if (to) {
      const target = rows[to.row];
      if (extend && row && target) {
        if (!rows.some(props.isSelected)) {
          props.onSelect(row, 'only');
        }
        props.onSelect(target, 'extend');
      }
      go(to);
    } else if (act[event.key] && !whole) {
      act[event.key]?.();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
}

/** Where the focus is, and how it moves: the cell comes into view before it gets the focus. */
function usePlace(props: GridProps, { scroller, down, across }: ReturnType<typeof useVirtual>) {
  const { rows, columns } = props;
  const [place, setPlace] = useState<Place>({ row: 0, column: 0 });
  const wantsFocus = useRef(false);
  useEffect(() => {
    if (wantsFocus.current) {
      const target = scroller.current?.querySelector<HTMLElement>('[data-place="here"]');
      target?.focus({ preventScroll: true });
      wantsFocus.current = !target;
    }
  });
  const go = (to: Place) => {
    wantsFocus.current = true;
    setPlace(to);
    if (to.row >= 0) {
      down.scrollToIndex(to.row);
    }
    if (to.column > 0) {
      across.scrollToIndex(to.column - 1);
    }
  };
  const at: Place = {
    row: Math.min(place.row, Math.max(0, rows.length - 1)),
    column: Math.min(place.column, Math.max(0, columns.length - 1))
  };
  return { at, setPlace, go };
}

/** The first column and those in view. */
function cellPlaces(
  columns: readonly GridColumn[],
  items: readonly { index: number; start: number }[]
): CellPlace[] {
  return [{ start: 0, index: -1 }, ...items].flatMap(({ index, start }) => {
    const column = columns[index + 1];
    return column ? [{ column, index: index + 1, left: start }] : [];
  });
}

export function Grid(props: GridProps): JSX.Element {
  const { rows, columns, onSeen } = props;
  const virtual = useVirtual(props);
  const { scroller, down, across } = virtual;
  const { at, setPlace, go } = usePlace(props, virtual);
  const items = down.getVirtualItems();
  const last = items[items.length - 1]?.index ?? -1;
  useEffect(() => onSeen(last), [onSeen, last]);
  const page = () => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW) - 2);
  const onKeyDown = useKeys(props, at, go, page);
  const width = across.getTotalSize();
  const cells = cellPlaces(columns, across.getVirtualItems());
  return (
    <div className="jp-jr-grid-scroll" ref={scroller}>
      <div
        aria-colcount={columns.length}
        aria-label={props.label}
        aria-multiselectable="true"
        aria-rowcount={props.total + 1}
        className="jp-jr-grid"
        onKeyDown={onKeyDown}
        role="treegrid"
        style={{ height: down.getTotalSize() + HEAD, width }}
      >
        <div aria-rowindex={1} className="jp-jr-grid-head" role="row" style={{ width }}>
          {cells.map(cell => (
            <HeaderCell
              {...cell}
              here={at.row === -1 && at.column === cell.index}
              key={cell.column.id}
              onFocus={() => setPlace({ row: -1, column: cell.index })}
              onSort={() => props.onSort(cell.column)}
            />
          ))}
        </div>
        {items.flatMap(({ index, start }) => {
          const row = rows[index];
          return row ? (
            <Row
              {...props}
              at={at.row === index ? at.column : null}
              cells={cells}
              index={index}
              key={row.id}
              onPlace={column => setPlace({ row: index, column })}
              row={row}
              top={start + HEAD}
              width={width}
            />
          ) : (
            []
          );
        })}
      </div>
    </div>
  );
}
