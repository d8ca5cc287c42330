// All children of a run, at any depth, with what tells them apart in columns: sorted, filtered by status, canceled together.
import { JSX, useCallback, useEffect, useMemo, useState } from 'react';
import {
  bestRuns,
  cellText,
  Column,
  columnKey,
  columnsOf,
  isLowerBetter,
  sorted,
  Sorting
} from '../childcolumns';
import { elapsedOf, formatElapsed } from '../format';
import type { RunData, ShownStatus } from '../run';
import { statusWord } from '../status';
import type { RunSource, Translate } from '../tokens';
import { useTrans } from '../trans';
import { CancelChildren } from './CancelChildren';
import { orderedCounts, RowCaret } from './ChildTree';
import { BestGlyph, CaretDownGlyph, CaretUpGlyph } from './glyphs';
import { useSignal } from './hooks';
import { StatusIcon } from './StatusIcon';
import { indent, RowList } from './treerows';
import { VirtualTree } from './VirtualTree';

/** So many children are fetched without being looked at: only of known children columns and order can be right. */
const EAGER = 2000;
const ROW = 26;

interface Grid {
  columns: Column[];
  /** By key of the column: the runs whose value is the best. */
  best: Map<string, Set<string>>;
  trans: Translate;
  now: number;
  open: ((run: RunData) => void) | undefined;
}

const WIDTHS = { name: 'minmax(150px, 3fr)', param: '90px', metric: '104px', time: '72px' };

/** Beside each other in the heading and in each row. */
const template = (columns: Column[]) => columns.map(({ kind }) => WIDTHS[kind]).join(' ');

function Name(props: {
  run: RunData;
  level: number;
  isOpen: boolean;
  toggle: () => void;
  grid: Grid;
}): JSX.Element {
  const { run, level, grid } = props;
  const word = statusWord(run.shown_status, grid.trans);
  return (
    <span className="jp-jr-childname" style={{ paddingLeft: indent(level) - 4 }}>
      <RowCaret open={props.isOpen} run={run} toggle={props.toggle} />
      <StatusIcon status={run.shown_status} />
      <span className="jp-jr-hidden">{word} </span>
      <span
        className={`jp-jr-clip${grid.open ? ' jp-jr-opens' : ''}`}
        onClick={() => grid.open?.(run)}
        title={`${run.name} · #${run.number} · ${word}`}
      >
        {run.name}
      </span>
    </span>
  );
}

/** The columns of a row behind its name. The names of columns are read with the values. */
function Values({ run, grid }: { run: RunData; grid: Grid }): JSX.Element {
  const { columns, best, trans, now } = grid;
  return (
    <>
      {columns.slice(1).map(column => {
        const key = columnKey(column);
        if (column.kind === 'time') {
          const elapsed = elapsedOf(run, now);
          return (
            <span className="jp-jr-childcell jp-jr-number" key={key}>
              {elapsed === null ? '' : formatElapsed(elapsed)}
            </span>
          );
        }
        const text = cellText(run, column);
        const isBest = best.get(key)?.has(run.run_id) ?? false;
        return (
          <span
            className="jp-jr-childcell jp-jr-number"
            key={key}
            title={`${column.name} ${run.params[column.name] ?? text}`}
          >
            {text && <span className="jp-jr-hidden">{column.name} </span>}
            {isBest && <BestGlyph />}
            {isBest && <span className="jp-jr-hidden">{trans.__('best')} </span>}
            {isBest ? <b>{text}</b> : text}
          </span>
        );
      })}
    </>
  );
}

interface HeadProps {
  columns: Column[];
  sorting: Sorting | null;
  onSort: (column: Column) => void;
  lower: (name: string) => boolean;
  onDirection: (name: string) => void;
}

function columnTitle({ kind, name }: Column, trans: Translate): string {
  return { name: trans.__('Child'), time: trans.__('Time'), param: name, metric: name }[kind];
}

function Head({ columns, sorting, onSort, lower, onDirection }: HeadProps): JSX.Element {
  const trans = useTrans();
  const active = sorting && columnKey(sorting.column);
  return (
    <div
      aria-label={trans.__('Columns')}
      className="jp-jr-childhead"
      role="group"
      style={{ gridTemplateColumns: template(columns) }}
    >
      {columns.map(column => {
        const key = columnKey(column);
        const title = columnTitle(column, trans);
        const isLower = column.kind === 'metric' && lower(column.name);
        return (
          <span className="jp-jr-childth" key={key}>
            <button
              aria-label={trans.__('Sort by %1', title)}
              aria-pressed={active === key}
              className="jp-jr-link jp-jr-clip"
              onClick={() => onSort(column)}
              title={title}
            >
              {title}
            </button>
            {active === key && (sorting?.down ? <CaretDownGlyph /> : <CaretUpGlyph />)}
            {column.kind === 'metric' && (
              <button
                aria-label={
                  isLower
                    ? trans.__('The lowest %1 is best: change', title)
                    : trans.__('The highest %1 is best: change', title)
                }
                className="jp-jr-link jp-jr-direction"
                onClick={() => onDirection(column.name)}
                title={isLower ? trans.__('The lowest is best') : trans.__('The highest is best')}
              >
                {isLower ? trans.__('min') : trans.__('max')}
              </button>
            )}
          </span>
        );
      })}
    </div>
  );
}

function StatusFilters(props: {
  run: RunData;
  picked: ReadonlySet<ShownStatus>;
  onPick: (status: ShownStatus) => void;
}): JSX.Element {
  const trans = useTrans();
  return (
    <span aria-label={trans.__('Show only')} className="jp-jr-group" role="group">
      {orderedCounts(props.run).map(([status, n]) => (
        <button
          aria-pressed={props.picked.has(status)}
          className="jp-jr-button jp-jr-filter"
          key={status}
          onClick={() => props.onPick(status)}
        >
          <StatusIcon status={status} />
          {n} {statusWord(status, trans)}
        </button>
      ))}
    </span>
  );
}

interface ChildrenProps {
  run: RunData;
  source: RunSource;
  now: number;
}

/** How the children are shown: filter, order, and what is best. */
function useArrangement() {
  const [picked, setPicked] = useState<ReadonlySet<ShownStatus>>(new Set());
  const [sorting, setSorting] = useState<Sorting | null>(null);
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const lower = useCallback((name: string) => isLowerBetter(name) !== turned.has(name), [turned]);
  const flip = <T,>(set: ReadonlySet<T>, item: T): ReadonlySet<T> => {
    const next = new Set(set);
    if (!next.delete(item)) {
      next.add(item);
    }
    return next;
  };
  return {
    picked,
    sorting,
    lower,
    onPick: (status: ShownStatus) => setPicked(flip(picked, status)),
    onDirection: (name: string) => setTurned(flip(turned, name)),
    /** Up, down, and as the server has them: those at work first, then the newest. */
    onSort: (column: Column) => {
      const isSame = sorting !== null && columnKey(sorting.column) === columnKey(column);
      setSorting(!isSame ? { column, down: false } : sorting.down ? null : { column, down: true });
    }
  };
}

type Arrangement = ReturnType<typeof useArrangement>;

function useGrid(props: ChildrenProps, { lower }: Arrangement): Grid {
  const trans = useTrans();
  const { run, source, now } = props;
  const version = useSignal(source.branches.changed);
  const runs = source.branches.branch(run.run_id)?.runs;
  const shape = useMemo(() => {
    const columns = columnsOf(runs ?? []);
    const metrics = columns.filter(column => column.kind === 'metric');
    const best = metrics.map(
      column => [columnKey(column), bestRuns(runs ?? [], column.name, lower(column.name))] as const
    );
    return { columns, best: new Map(best) };
    // `version` stands for what the branches hold.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [runs, version, lower]);
  return { ...shape, trans, now, open: source.open };
}

function rowsOf(
  { run, source, now }: ChildrenProps,
  { picked, sorting }: Arrangement,
  grid: Grid
): RowList {
  const { branches } = source;
  const arrange = (runs: RunData[]) => (sorting ? sorted(runs, sorting, now) : runs);
  const list = new RowList({
    arrange,
    branches,
    trans: grid.trans,
    open: source.open,
    look: (child, _id, level) => ({
      height: ROW,
      node: () => (
        <div className="jp-jr-childrow" style={{ gridTemplateColumns: template(grid.columns) }}>
          <Name
            grid={grid}
            isOpen={branches.isOpen(child.run_id)}
            level={level}
            run={child}
            toggle={() => branches.toggle(child)}
          />
          <Values grid={grid} run={child} />
        </div>
      )
    })
  });
  const branch = branches.branch(run.run_id);
  if (branch) {
    const shown = branch.runs.filter(one => picked.size === 0 || picked.has(one.shown_status));
    list.addRuns(shown, 1, picked.size === 0 ? branch.total : shown.length, '');
    if (branch.error) {
      list.addNote('more', 1, branch.error);
    } else if (branch.loading || branch.next !== null) {
      const { trans } = grid;
      const text = trans.__('%1 of %2 are loaded…', branch.runs.length, branch.total);
      list.addNote('more', 1, text);
    }
    if (!branch.loading && !branch.error && branch.next !== null) {
      list.addPending(() => branches.more(run));
    }
  }
  return list;
}

export function ChildrenTab(props: ChildrenProps): JSX.Element {
  const trans = useTrans();
  const { run, source } = props;
  const { branches } = source;
  const arrangement = useArrangement();
  const grid = useGrid(props, arrangement);
  const list = rowsOf(props, arrangement, grid);
  const branch = branches.branch(run.run_id);
  const goesOn = branch && branch.next !== null && !branch.loading && !branch.error;
  const isEager = goesOn && branch.runs.length < EAGER;
  useEffect(() => {
    if (isEager) {
      branches.more(run);
    }
  }, [branches, run, isEager]);
  const { pending } = list;
  const onSeen = (last: number) => pending.forEach(p => last >= p.index && p.load());
  const width = grid.columns.length * 92 + 60;
  return (
    <div className="jp-jr-childtab">
      <div className="jp-jr-tools">
        <StatusFilters onPick={arrangement.onPick} picked={arrangement.picked} run={run} />
        <span className="jp-jr-space" />
        <CancelChildren run={run} source={source} />
      </div>
      <div className="jp-jr-childscroll">
        <div className="jp-jr-childgrid" style={{ minWidth: width }}>
          <Head columns={grid.columns} {...arrangement} />
          <div className="jp-jr-childrows">
            <VirtualTree
              label={trans.__('Children of %1', run.name)}
              onSeen={onSeen}
              rows={list.rows}
            />
          </div>
        </div>
      </div>
    </div>
  );
}
