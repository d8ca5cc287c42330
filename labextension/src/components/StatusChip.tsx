// Shape and word of a run's status; announced to screen readers when it changes.
import type { JSX } from 'react';
import type { ShownStatus } from '../run';
import { statusLook, statusWord } from '../status';
import { useTrans } from '../trans';
import { StatusIcon } from './StatusIcon';

export function StatusChip({ status }: { status: ShownStatus }): JSX.Element {
  const trans = useTrans();
  return (
    <span
      aria-live="polite"
      className={`jp-jr-chip jp-jr-tint-${statusLook(status).tint}`}
      data-status={status}
      role="status"
    >
      <StatusIcon status={status} />
      <b>{statusWord(status, trans)}</b>
    </span>
  );
}

/** How many children have which status: shapes and numbers, words for those who do not see them. */
export function StatusCounts({ counts }: { counts: [ShownStatus, number][] }): JSX.Element {
  const trans = useTrans();
  return (
    <span className="jp-jr-counts">
      {counts.map(([status, n]) => (
        <span className="jp-jr-count" key={status} title={`${n} ${statusWord(status, trans)}`}>
          <StatusIcon status={status} />
          {n}
          <span className="jp-jr-hidden"> {statusWord(status, trans)}</span>
        </span>
      ))}
    </span>
  );
}
