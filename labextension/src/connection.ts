// What is said when the server is away, the same on every surface.
import { formatClock } from './format';
import type { Connection } from './runs';
import type { Translate } from './tokens';

/** "Live updates paused — retrying… Values as of 12:04:33."; null while all is well. */
export function connectionText(connection: Connection, trans: Translate): string | null {
  const { state, asOf, message } = connection;
  if (state !== 'paused') {
    return null;
  }
  const parts = [trans.__('Live updates paused — retrying…')];
  if (asOf !== null) {
    parts.push(trans.__('Values as of %1.', formatClock(asOf)));
  }
  return message === '' ? parts.join(' ') : `${parts.join(' ')} ${message}`;
}
