// The runs of an experiment as a table: search, columns, groups and what can be done with the rows that are selected.
import { JSX, useCallback, useEffect, useMemo, useState } from 'react';
import {
  allColumns,
  Column,
  columnLabel,
  columnOf,
  columnWidth,
  hasFigures,
  isNumeric,
  kindLabel,
  orderOf
} from '../../columns';
import { connectionText } from '../../connection';
import type { RunData } from '../../run';
import type { RunTable } from '../../runtable';
import type { RunSelection } from '../../tableselection';
import type { Studio } from '../../studio';
import type { Translate } from '../../tokens';
import { TransContext, useTrans } from '../../trans';
import { useNow, useOwnKeys, useSignal } from '../hooks';
import { Prose } from '../Prose';
import { FigureCell, GroupCell, NameCell, ValueCell } from './cells';
import { NameEditor, TagsEditor } from './editors';
import { Grid, GridColumn } from './Grid';
import { GridRow, gridRows, runsOf } from './rows';
import { SelectionBar } from './SelectionBar';
import { TableTools } from './TableTools';

export interface ExperimentTableProps {
  studio: Studio;
  table: RunTable;
  selection: RunSelection;
}

/** The cell that is being edited. */
interface Editing {
  row: string;
  column: string;
}

const NAME_WIDTH = 260;

/** A mean with its deviation is wider than a value. */
const FIGURE_WIDTH = 140;

function widthOf(column: Column, grouped: boolean): number {
  const width = column.kind === 'name' ? NAME_WIDTH : columnWidth(column);
  return grouped && hasFigures(column) ? Math.max(FIGURE_WIDTH, width) : width;
}

function gridColumns(columns: readonly Column[], { order, groups }: RunTable, trans: Translate) {
  return columns.map((column): GridColumn => {
    const own = orderOf(column);
    const label = columnLabel(column, trans);
    const kind = kindLabel(column, trans);
    const sorted = own === order ? 'ascending' : `-${own}` === order ? 'descending' : 'none';
    return {
      id: column.id,
      label,
      title: kind === '' ? label : `${label} · ${kind}`,
      width: widthOf(column, groups !== null),
      numeric: isNumeric(column),
      sorted: own === null ? null : sorted
    };
  });
}

function useRows(table: RunTable) {
  const trans = useTrans();
  const version = useSignal(table.changed) + useSignal(table.branches.changed);
  return useMemo(
    () => gridRows(table, trans),
    // `version` stands for what the table and its branches hold.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [table, trans, version]
  );
}

/** What the grid shows in a cell. */
function useCells(
  { studio, table, selection }: ExperimentTableProps,
  columns: readonly Column[],
  rows: readonly GridRow[]
) {
  const { model } = studio;
  const [editing, setEditing] = useState<Editing | null>(null);
  const ticking = rows.some(row => row.kind === 'run' && !row.run.is_final);
  const now = useNow(model.clockOffset, ticking, null);
  const byId = useMemo(() => new Map(columns.map(column => [column.id, column])), [columns]);
  const by = table.view.group === null ? null : columnOf(table.view.group.replace(/"/g, ''));
  const cell = (row: GridRow, { id }: GridColumn): JSX.Element | null => {
    const column = byId.get(id);
    if (!column || row.kind === 'note') {
      return null;
    }
    const isName = column.kind === 'name';
    if (row.kind === 'group') {
      return isName ? (
        by && <GroupCell by={by} group={row.group} />
      ) : (
        <FigureCell column={column} stats={row.group.stats.get(id)} />
      );
    }
    const { run } = row;
    if (editing?.row === row.id && editing.column === id) {
      const edit = { run, model, onDone: () => setEditing(null) };
      return isName ? <NameEditor {...edit} /> : <TagsEditor {...edit} />;
    }
    const pick = (extend: boolean) =>
      extend ? selection.extend(runsOf(rows), run) : selection.toggle(run);
    return isName ? (
      <NameCell onSelect={pick} run={run} selected={selection.has(run.run_id)} />
    ) : (
      <ValueCell column={column} now={now} run={run} />
    );
  };
  return { cell, byId, edit: setEditing };
}

function Body(props: ExperimentTableProps): JSX.Element {
  const { studio, table, selection } = props;
  const trans = useTrans();
  useSignal(selection.changed);
  useSignal(studio.model.connectionChanged);
  const { rows, pending } = useRows(table);
  const ids = table.columns;
  const columns = useMemo(() => ['name', ...ids].flatMap(id => columnOf(id) ?? []), [ids]);
  const { cell, byId, edit } = useCells(props, columns, rows);
  const onSeen = useCallback(
    (last: number) => pending.forEach(({ index, load }) => last >= index && load()),
    [pending]
  );
  const toggle = (row: GridRow) => {
    if (row.kind === 'group' && row.group.term !== null) {
      table.toggleGroup(row.id.slice('group/'.length));
    } else if (row.kind === 'run' && row.expanded !== null) {
      table.branches.toggle(row.run);
    }
  };
  const onEdit = (row: GridRow, { id }: GridColumn): boolean => {
    const can = row.kind === 'run' && (id === 'name' || id === 'tags');
    if (can) {
      edit({ row: row.id, column: id });
    }
    return can;
  };
  const onSort = ({ id }: GridColumn) => {
    const column = byId.get(id);
    const order = column ? orderOf(column) : null;
    if (order !== null) {
      table.sortBy(order);
    }
  };
  return (
    <Grid
      cell={cell}
      columns={gridColumns(columns, table, trans)}
      isSelected={row => row.kind === 'run' && selection.has(row.run.run_id)}
      label={trans.__('Runs of %1', table.experiment)}
      onClear={() => selection.clear()}
      onEdit={onEdit}
      onOpen={row => (row.kind === 'run' ? studio.open(row.run) : toggle(row))}
      onSeen={onSeen}
      onSelect={(row, how) =>
        row.kind === 'run' ? selection.pick(row.run, how, runsOf(rows)) : toggle(row)
      }
      onSelectAll={() => selection.all(runsOf(rows))}
      onSort={onSort}
      onToggle={toggle}
      rows={rows}
      total={Math.max(rows.length, table.groups === null ? table.total : 0)}
    />
  );
}

/** Why there are no rows, or why they may be old. */
function Notes({ studio, table }: ExperimentTableProps): JSX.Element | null {
  const trans = useTrans();
  const { connection } = studio.model;
  const paused = connectionText(connection, trans);
  const rest = { className: 'jp-jr-banner', role: 'note' };
  if (connection.state === 'missing') {
    const command = 'jupyter server extension enable jupyter_runs';
    const text = trans.__(
      'The table needs the jupyter_runs server extension. Run `%1` and restart.',
      command
    );
    return (
      <div {...rest}>
        <Prose text={text} />
      </div>
    );
  }
  if (paused !== null) {
    return <div {...rest}>{paused}</div>;
  }
  if (table.error !== null && table.query === '') {
    return <div {...rest}>{table.error}</div>;
  }
  if (!table.isReady) {
    return <div className="jp-jr-empty">{trans.__('Loading…')}</div>;
  }
  if (table.total > 0 || table.error !== null) {
    return null;
  }
  return (
    <div className="jp-jr-empty">
      <Prose
        text={
          table.query === ''
            ? trans.__(
                'No runs in this experiment. Put `%1` at the top of a cell.',
                `%%run_experiment ${table.experiment}`
              )
            : trans.__('No runs match `%1`.', table.query)
        }
      />
    </div>
  );
}

function Surface(props: ExperimentTableProps): JSX.Element {
  const { studio, table, selection } = props;
  useSignal(table.changed);
  useSignal(selection.changed);
  const all = useMemo(
    () => (table.available ? allColumns(table.available) : []),
    [table.available]
  );
  useEffect(() => {
    const slot = (_: unknown, change: { runs: RunData[]; deleted: string[] }) =>
      selection.update(change.runs, change.deleted);
    studio.model.changed.connect(slot);
    return () => void studio.model.changed.disconnect(slot);
  }, [studio, selection]);
  return (
    <>
      <TableTools all={all} studio={studio} table={table} />
      <Notes {...props} />
      <Body {...props} />
      <SelectionBar selection={selection} studio={studio} />
    </>
  );
}

export function ExperimentTable(props: ExperimentTableProps): JSX.Element {
  const surface = useOwnKeys<HTMLElement>();
  const { trans } = props.studio;
  return (
    <TransContext.Provider value={trans}>
      <section
        aria-label={trans.__('Experiment %1', props.table.experiment)}
        className="jp-jr jp-jr-table-page"
        ref={surface}
      >
        <Surface {...props} />
      </section>
    </TransContext.Provider>
  );
}
