// A row of the grid, and the cells of its header.
import type { JSX, MouseEvent } from 'react';
import { useTrans } from '../../trans';
import { CaretDownGlyph, CaretRightGlyph } from '../glyphs';
import { indent } from '../treerows';
import type { GridColumn, GridProps } from './Grid';
import type { GridRow } from './rows';

export const ROW = 28;

export interface CellPlace {
  column: GridColumn;
  index: number;
  left: number;
}

export function HeaderCell(
  props: CellPlace & { here: boolean; onFocus: () => void; onSort: () => void }
): JSX.Element {
  const { column, index, left, here, onFocus, onSort } = props;
  return (
    <div
      aria-colindex={index + 1}
      aria-sort={column.sorted ?? undefined}
      className={`jp-jr-grid-cell${column.numeric ? ' jp-jr-right' : ''}${index === 0 ? ' jp-jr-sticky' : ''}`}
      data-place={here ? 'here' : undefined}
      onClick={column.sorted === null ? undefined : onSort}
      onFocus={onFocus}
      role="columnheader"
      style={index === 0 ? { width: column.width } : { left, width: column.width }}
      tabIndex={here ? 0 : -1}
      title={column.title}
    >
      <span className="jp-jr-clip">{column.label}</span>
      {column.sorted === 'ascending' && <span aria-hidden="true"> ▲</span>}
      {column.sorted === 'descending' && <span aria-hidden="true"> ▼</span>}
    </div>
  );
}

export interface RowProps extends GridProps {
  row: GridRow;
  index: number;
  /** The column that has the focus in this row. */
  at: number | null;
  cells: readonly CellPlace[];
  top: number;
  width: number;
  onPlace: (column: number) => void;
}

export function Row(props: RowProps): JSX.Element {
  const { row, index, at, cells, top, width } = props;
  const isNote = row.kind === 'note';
  const onClick = (event: MouseEvent) => {
    const how = event.shiftKey ? 'extend' : event.ctrlKey || event.metaKey ? 'toggle' : 'only';
    props.onSelect(row, how);
  };
  return (
    <div
      aria-expanded={row.expanded ?? undefined}
      aria-level={row.level}
      aria-rowindex={index + 2}
      aria-selected={row.kind === 'run' ? props.isSelected(row) : undefined}
      className={`jp-jr-grid-row jp-jr-grid-${row.kind}`}
      onClick={isNote ? undefined : onClick}
      role="row"
      style={{ height: ROW, top, width }}
    >
      {(isNote ? cells.slice(0, 1) : cells).map(({ column, index: place, left }) => (
        <div
          aria-colindex={place + 1}
          className={`jp-jr-grid-cell${column.numeric ? ' jp-jr-right' : ''}${place === 0 ? ' jp-jr-sticky' : ''}`}
          data-place={at === place ? 'here' : undefined}
          key={column.id}
          onDoubleClick={() => !props.onEdit(row, column) && props.onOpen(row)}
          onFocus={() => props.onPlace(place)}
          role={place === 0 ? 'rowheader' : 'gridcell'}
          style={place === 0 ? { width: column.width } : { left, width: column.width }}
          tabIndex={at === place ? 0 : -1}
        >
          {place === 0 ? <First {...props} /> : props.cell(row, column, place)}
        </div>
      ))}
    </div>
  );
}

/** The first cell: moved in by its level, with a mark to unfold what is below it. */
function First(props: RowProps): JSX.Element {
  const { row, cells, onToggle } = props;
  const trans = useTrans();
  const column = cells[0]?.column;
  return (
    <span className="jp-jr-grid-first" style={{ paddingLeft: indent(row.level) - 6 }}>
      {row.expanded === null ? (
        <span className="jp-jr-no-caret" />
      ) : (
        <span
          className="jp-jr-grid-caret"
          onClick={event => {
            event.stopPropagation();
            onToggle(row);
          }}
          title={row.expanded ? trans.__('Fold') : trans.__('Unfold')}
        >
          {row.expanded ? <CaretDownGlyph /> : <CaretRightGlyph />}
        </span>
      )}
      {row.kind === 'note' ? (
        <span className="jp-jr-muted">{row.text}</span>
      ) : (
        column && props.cell(row, column, 0)
      )}
    </span>
  );
}
