// Where a run comes from, behind one quiet button: the commit in short, and a list that opens below the chips.
import type { JSX } from 'react';
import type { GitMark, RecordedRow } from '../recorded';
import { useTrans } from '../trans';
import { CaretDownGlyph, CaretRightGlyph } from './glyphs';

export function GitChip({ git }: { git: GitMark }): JSX.Element {
  const trans = useTrans();
  const hint = git.isDirty
    ? trans.__('Commit %1 with uncommitted changes', git.short)
    : trans.__('Commit %1', git.short);
  return (
    <span className="jp-jr-tag jp-jr-square" title={hint}>
      <span aria-hidden="true">
        git {git.short}
        {git.isDirty && '*'}
      </span>
      <span className="jp-jr-hidden">{hint}</span>
    </span>
  );
}

export interface RecordedButtonProps {
  count: number;
  open: boolean;
  /** Id of the list that the button opens. */
  listId: string;
  onToggle: () => void;
}

export function RecordedButton(props: RecordedButtonProps): JSX.Element {
  const trans = useTrans();
  return (
    <button
      aria-controls={props.open ? props.listId : undefined}
      aria-expanded={props.open}
      className="jp-jr-link jp-jr-recorded"
      onClick={props.onToggle}
      title={trans.__('Where this run comes from')}
    >
      {props.open ? <CaretDownGlyph /> : <CaretRightGlyph />}
      {trans.__('Recorded (%1)', props.count)}
    </button>
  );
}

export function RecordedList({ id, rows }: { id: string; rows: RecordedRow[] }): JSX.Element {
  return (
    <dl className="jp-jr-list jp-jr-recorded-list" id={id}>
      {rows.map(({ key, label, value, note }) => (
        <div key={key}>
          <dt title={key}>{label}</dt>
          <dd>
            {value}
            {note && <span className="jp-jr-muted"> {note}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
