// Why the run is as it is: its error, who canceled it, when it was last heard of; and what it is for.
import type { JSX } from 'react';
import { firstLine, formatAgo, formatClock, formatMoment } from '../format';
import type { RunData } from '../run';
import type { Translate } from '../tokens';
import { useTrans } from '../trans';
import { LogText } from './LogText';
import { Prose } from './Prose';

function viaText(via: string | null, trans: Translate): string | null {
  switch (via) {
    case null:
      return null;
    case 'panel':
      return trans.__('the panel');
    case 'sidebar':
      return trans.__('the sidebar');
    case 'magic':
      return trans.__('a magic');
    case 'python':
      return trans.__('Python');
    case 'cli':
      return trans.__('the command line');
    case 'rest':
      return trans.__('the REST API');
    case 'interrupt':
      return trans.__('an interrupt of the kernel');
    case 'parent':
      return trans.__('its parent');
    default:
      return via;
  }
}

/** "by ada, from the sidebar"; null when nobody is known. */
export function cancelText(run: RunData, trans: Translate): string | null {
  const via = viaText(run.cancel_via, trans);
  if (run.cancel_by && via) {
    return trans.__('by %1, from %2', run.cancel_by, via);
  }
  if (run.cancel_by) {
    return trans.__('by %1', run.cancel_by);
  }
  return via ? trans.__('from %1', via) : null;
}

/** "ValueError: bad learning rate", one line. */
export function errorText(run: RunData): string {
  return run.error ? `${run.error.code}: ${firstLine(run.error.message)}` : '';
}

/** "Last heartbeat 02:14:09 (8h ago)". */
export function heartbeatText(run: RunData, now: number, trans: Translate): string {
  return run.heartbeat_at === null
    ? trans.__('No heartbeat yet')
    : trans.__(
        'Last heartbeat %1 (%2)',
        formatClock(run.heartbeat_at),
        formatAgo(run.heartbeat_at, now, trans)
      );
}

export function Facts({ run, now }: { run: RunData; now: number }): JSX.Element | null {
  const trans = useTrans();
  const traceback = run.error?.traceback;
  const canceled = run.shown_status === 'Canceled' ? cancelText(run, trans) : null;
  const lost = run.shown_status === 'NotResponding';
  const archived = run.archived_at;
  if (!run.description && !run.error && !canceled && !lost && archived === null) {
    return null;
  }
  return (
    <div className="jp-jr-facts">
      {archived !== null && (
        <div className="jp-jr-muted">
          <Prose
            text={trans.__(
              'Archived %1. `run.reactivate()` brings it back into listings.',
              formatMoment(archived)
            )}
          />
        </div>
      )}
      {run.description && <div className="jp-jr-description">{run.description}</div>}
      {canceled && <div>{trans.__('Canceled %1', canceled)}</div>}
      {lost && <div>{heartbeatText(run, now, trans)}</div>}
      {run.error && (
        <div className="jp-jr-error">
          <span>{errorText(run)}</span>
          {traceback && (
            <details>
              <summary>{trans.__('Traceback')}</summary>
              <pre className="jp-jr-log">
                <LogText text={traceback} />
              </pre>
            </details>
          )}
        </div>
      )}
    </div>
  );
}
