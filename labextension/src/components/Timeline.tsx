// What has happened to a run, and by whom: folded, and fetched when it is unfolded.
import { JSX, useState } from 'react';
import type { RunsApi } from '../api';
import { formatClock, formatDate, formatElapsed } from '../format';
import type { RunData, ShownStatus } from '../run';
import { statusWord } from '../status';
import type { EventData, Translate } from '../tokens';
import { useTrans } from '../trans';
import { useFetched } from './tabs';

function tagText(body: EventData['body'], trans: Translate): string {
  const set = Object.entries((body['set'] ?? {}) as Record<string, string | null>);
  const removed = Array.isArray(body['removed']) ? body['removed'].map(String) : [];
  const added = set.map(([key, value]) => (value === null ? key : `${key}: ${value}`));
  const parts = [
    added.length > 0 ? trans.__('Tagged %1', added.join(', ')) : '',
    removed.length > 0 ? trans.__('Tag removed: %1', removed.join(', ')) : ''
  ];
  return parts.filter(part => part !== '').join('; ');
}

/** One line that says what happened. */
export function eventText({ kind, body }: EventData, trans: Translate): string {
  switch (kind) {
    case 'status': {
      const word = statusWord(String(body['status']) as ShownStatus, trans);
      return body['error'] ? `${word}: ${String(body['error']).split('\n', 1)[0]}` : word;
    }
    case 'created':
      return trans.__('Created');
    case 'tags':
      return tagText(body, trans);
    case 'cancel_requested':
      return trans.__('Asked to end');
    case 'archived':
      return trans.__('Archived');
    case 'reactivated':
      return trans.__('Brought back into listings');
    case 'deleted':
      return trans.__('Moved into the bin');
    case 'restored':
      return trans.__('Brought back from the bin');
    default:
      return kind;
  }
}

function Events({ run, api }: { run: RunData; api: RunsApi }): JSX.Element {
  const trans = useTrans();
  const { value, problem } = useFetched(`${run.run_id}/${run.rev}`, () =>
    api.events(run.workspace, run.run_id)
  );
  if (!value) {
    return <div className="jp-jr-muted">{problem ?? trans.__('Loading…')}</div>;
  }
  const first = value[0]?.at ?? run.created_at;
  return (
    <ol aria-label={trans.__('Timeline')} className="jp-jr-events">
      {value.map((event, i) => (
        <li key={i}>
          <span className="jp-jr-muted jp-jr-number" title={formatDate(event.at)}>
            {formatClock(event.at)}
          </span>
          <span className="jp-jr-muted jp-jr-number">+{formatElapsed(event.at - first)}</span>
          <span>{eventText(event, trans)}</span>
          {event.by && <span className="jp-jr-muted">{trans.__('by %1', event.by)}</span>}
        </li>
      ))}
    </ol>
  );
}

export function Timeline({ run, api }: { run: RunData; api: RunsApi }): JSX.Element {
  const trans = useTrans();
  const [open, setOpen] = useState(false);
  return (
    <details className="jp-jr-timeline" onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>{trans.__('Timeline')}</summary>
      {open && <Events api={api} run={run} />}
    </details>
  );
}
