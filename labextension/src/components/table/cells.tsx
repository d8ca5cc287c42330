// What stands in the cells of a table of runs: values of a run, figures of a group.
import type { JSX } from 'react';
import { cellText, Column, columnLabel, figureText } from '../../columns';
import { formatNumber } from '../../format';
import type { RunData, ShownStatus } from '../../run';
import { statusWord } from '../../status';
import type { TableGroup } from '../../tableview';
import type { Translate, ValueStats } from '../../tokens';
import { useTrans } from '../../trans';
import { orderedCounts } from '../ChildTree';
import { StatusCounts } from '../StatusChip';
import { StatusIcon } from '../StatusIcon';

export function NameCell(props: {
  run: RunData;
  selected: boolean;
  onSelect: (extend: boolean) => void;
}): JSX.Element {
  const { run, selected, onSelect } = props;
  const trans = useTrans();
  return (
    <>
      <label className="jp-jr-pick" onClick={event => event.stopPropagation()}>
        <input
          aria-label={trans.__('Select %1', run.name)}
          checked={selected}
          onChange={event => onSelect((event.nativeEvent as MouseEvent).shiftKey)}
          tabIndex={-1}
          type="checkbox"
        />
      </label>
      <StatusIcon status={run.shown_status} />
      <span className="jp-jr-hidden">{statusWord(run.shown_status, trans)} </span>
      <span className="jp-jr-clip" title={nameTitle(run, trans)}>
        {run.name}
      </span>
      {Object.keys(run.child_counts).length > 0 && <StatusCounts counts={orderedCounts(run)} />}
    </>
  );
}

function nameTitle(run: RunData, trans: Translate): string {
  const lines = [`${run.name} · #${run.number}`, statusWord(run.shown_status, trans)];
  if (run.error) {
    lines.push(`${run.error.code}: ${run.error.message}`);
  }
  return [...lines, run.description ?? ''].filter(Boolean).join('\n');
}

export function ValueCell(props: { run: RunData; column: Column; now: number }): JSX.Element {
  const { run, column, now } = props;
  const trans = useTrans();
  if (column.kind === 'tags') {
    return <TagsCell run={run} />;
  }
  const text = cellText(run, column, now, trans);
  return text === '' ? (
    <span className="jp-jr-muted">–</span>
  ) : (
    <span className="jp-jr-clip" title={text}>
      {text}
    </span>
  );
}

function TagsCell({ run }: { run: RunData }): JSX.Element {
  const entries = Object.entries(run.tags);
  const text = entries.map(([key, value]) => (value === null ? key : `${key}: ${value}`));
  return (
    <span className="jp-jr-tags-cell" title={text.join('\n')}>
      {text.map(one => (
        <span className="jp-jr-tag" key={one}>
          <span className="jp-jr-clip">{one}</span>
        </span>
      ))}
    </span>
  );
}

/** What a group is called. */
export function groupLabel(by: Column, group: TableGroup, trans: Translate): string {
  if (group.value === null) {
    return trans.__('without %1', by.key || columnLabel(by, trans));
  }
  if (by.kind === 'status') {
    return statusWord(group.value as ShownStatus, trans);
  }
  if (group.value === '') {
    return by.key;
  }
  return by.key === '' ? group.value : `${by.key} = ${group.value}`;
}

export function GroupCell({ by, group }: { by: Column; group: TableGroup }): JSX.Element {
  const trans = useTrans();
  const label = groupLabel(by, group, trans);
  return (
    <>
      {by.kind === 'status' && group.value !== null && (
        <StatusIcon status={group.value as ShownStatus} />
      )}
      <b className="jp-jr-clip" title={label}>
        {label}
      </b>
      <span className="jp-jr-badge">{group.count}</span>
    </>
  );
}

/** `0.91 ± 0.02`; all figures are in the title. */
export function FigureCell(props: {
  column: Column;
  stats: ValueStats | undefined;
}): JSX.Element | null {
  const { column, stats } = props;
  const trans = useTrans();
  if (!stats || stats.n === 0) {
    return null;
  }
  const text = (value: number | null) => (value === null ? '–' : figureText(column, value));
  const title = [
    trans._n('%1 number', '%1 numbers', stats.n),
    trans.__('mean %1, standard deviation %2', text(stats.mean), text(stats.sd)),
    trans.__('median %1, min %2, max %3', text(stats.median), text(stats.min), text(stats.max))
  ];
  const sd =
    stats.sd === null
      ? ''
      : ` ± ${column.kind === 'dur' ? text(stats.sd) : formatNumber(stats.sd, 2)}`;
  return (
    <span className="jp-jr-clip" title={title.join('\n')}>
      {text(stats.mean)}
      {sd !== '' && <span className="jp-jr-muted">{sd}</span>}
    </span>
  );
}
