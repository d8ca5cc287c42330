// The children of a run in its panel: how many have which status, then the tree of them.
import { JSX, useCallback, useMemo } from 'react';
import { elapsedOf, formatElapsed, keyMetric } from '../format';
import type { RunData, ShownStatus } from '../run';
import { allChildren, STATUS_ORDER, statusWord } from '../status';
import type { RunSource, Translate } from '../tokens';
import { useTrans } from '../trans';
import { CaretDownGlyph, CaretRightGlyph } from './glyphs';
import { useSignal } from './hooks';
import { StatusCounts } from './StatusChip';
import { StatusIcon } from './StatusIcon';
import { indent, RowList } from './treerows';
import { VirtualTree } from './VirtualTree';

/** The counts in the order in which they are read. */
export function orderedCounts(run: RunData): [ShownStatus, number][] {
  return STATUS_ORDER.flatMap(status => {
    const n = run.child_counts[status];
    return n ? [[status, n] as [ShownStatus, number]] : [];
  });
}

/** The little triangle that unfolds a row; the keys → and ← do the same. */
export function RowCaret(props: {
  run: RunData;
  open: boolean;
  toggle: () => void;
}): JSX.Element | null {
  return allChildren(props.run) > 0 ? (
    <span aria-hidden="true" className="jp-jr-caret" onClick={props.toggle}>
      {props.open ? <CaretDownGlyph /> : <CaretRightGlyph />}
    </span>
  ) : null;
}

function ChildRow(props: {
  run: RunData;
  level: number;
  now: number;
  open: boolean;
  toggle: () => void;
  trans: Translate;
}): JSX.Element {
  const { run, level, now, trans } = props;
  const metric = keyMetric(run);
  const elapsed = elapsedOf(run, now);
  const word = statusWord(run.shown_status, trans);
  return (
    <div className="jp-jr-child" style={{ paddingLeft: indent(level) - 4 }}>
      <StatusIcon status={run.shown_status} />
      <span className="jp-jr-row-name" title={`${run.name} · ${word}`}>
        <span className="jp-jr-hidden">{word} </span>
        <RowCaret open={props.open} run={run} toggle={props.toggle} />
        {run.name}
      </span>
      <span className="jp-jr-metric jp-jr-number" title={metric?.name}>
        {metric ? `${metric.name} ${metric.text}` : ''}
      </span>
      <span className="jp-jr-when jp-jr-number">
        {elapsed === null ? '' : formatElapsed(elapsed)}
      </span>
    </div>
  );
}

interface ChildTreeProps {
  run: RunData;
  source: RunSource;
  now: number;
}

function useChildRows({ run, source, now }: ChildTreeProps): RowList {
  const trans = useTrans();
  const { branches } = source;
  const version = useSignal(branches.changed);
  return useMemo(() => {
    const list = new RowList({
      branches,
      trans,
      open: source.open,
      look: (child, _id, level) => ({
        height: 24,
        node: () => (
          <ChildRow
            level={level}
            now={now}
            open={branches.isOpen(child.run_id)}
            run={child}
            toggle={() => branches.toggle(child)}
            trans={trans}
          />
        )
      })
    });
    const branch = branches.branch(run.run_id);
    if (branch) {
      list.addRuns(branch.runs, 1, branch.total, '');
      if (branch.error || branch.loading) {
        list.addNote('more', 1, branch.error ?? trans.__('Loading…'));
      } else if (branch.next !== null) {
        list.addPending(() => branches.more(run));
      }
    }
    return list;
    // `version` stands for what the branches hold.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [branches, version, run, now, source, trans]);
}

export function ChildTree(props: ChildTreeProps): JSX.Element | null {
  const trans = useTrans();
  const { run } = props;
  const list = useChildRows(props);
  const onSeen = useCallback(
    (last: number) => list.pending.forEach(p => last >= p.index && p.load()),
    [list]
  );
  const total = allChildren(run);
  if (total === 0) {
    return null;
  }
  const height = list.rows.reduce((sum, row) => sum + row.height, 0);
  return (
    <div className="jp-jr-children">
      <div className="jp-jr-children-head">
        <span className="jp-jr-muted">
          {trans.__('Children')} <b>{total}</b>
        </span>
        <StatusCounts counts={orderedCounts(run)} />
      </div>
      <div className="jp-jr-children-rows" style={{ height }}>
        <VirtualTree
          label={trans.__('Children of %1', run.name)}
          onSeen={onSeen}
          rows={list.rows}
        />
      </div>
    </div>
  );
}
