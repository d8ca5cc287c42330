// What each status is called, which shape it has and which colour tints it: one table for all surfaces.
import type { RunData, ShownStatus } from './run';
import type { Translate } from './tokens';

/** The shapes that `StatusIcon` draws; each differs in outline, not only in colour. */
export type Shape =
  | 'dashed-ring'
  | 'quarter-ring'
  | 'moving-arc'
  | 'three-quarter-ring'
  | 'arc'
  | 'disc-check'
  | 'octagon-cross'
  | 'slashed-ring'
  | 'triangle';

/** Which theme colour tints the shape. */
export type Tint = 'muted' | 'brand' | 'success' | 'error' | 'warn';

interface Look {
  shape: Shape;
  tint: Tint;
}

const LOOKS: Record<ShownStatus, Look> = {
  NotStarted: { shape: 'dashed-ring', tint: 'muted' },
  Queued: { shape: 'dashed-ring', tint: 'muted' },
  Preparing: { shape: 'quarter-ring', tint: 'brand' },
  Running: { shape: 'moving-arc', tint: 'brand' },
  Finalizing: { shape: 'three-quarter-ring', tint: 'brand' },
  CancelRequested: { shape: 'arc', tint: 'warn' },
  Completed: { shape: 'disc-check', tint: 'success' },
  Failed: { shape: 'octagon-cross', tint: 'error' },
  Canceled: { shape: 'slashed-ring', tint: 'muted' },
  NotResponding: { shape: 'triangle', tint: 'warn' }
};

/** Active first, then by how much they ask for attention. */
export const STATUS_ORDER: ShownStatus[] = [
  'Running',
  'Finalizing',
  'Preparing',
  'CancelRequested',
  'NotResponding',
  'Queued',
  'NotStarted',
  'Failed',
  'Canceled',
  'Completed'
];

const FINAL: ReadonlySet<string> = new Set<ShownStatus>(['Completed', 'Failed', 'Canceled']);

/** Shape and tint of a status; of an unknown one (a newer server) those of a queued run. */
export function statusLook(status: ShownStatus): Look {
  return LOOKS[status] ?? LOOKS.Queued;
}

/** The word that is shown for a status. */
export function statusWord(status: ShownStatus, trans: Translate): string {
  switch (status) {
    case 'NotStarted':
    case 'Queued':
      return trans.__('Queued');
    case 'Preparing':
      return trans.__('Starting');
    case 'Running':
      return trans.__('Running');
    case 'Finalizing':
      return trans.__('Finishing');
    case 'CancelRequested':
      return trans.__('Canceling…');
    case 'Completed':
      return trans.__('Completed');
    case 'Failed':
      return trans.__('Failed');
    case 'Canceled':
      return trans.__('Canceled');
    case 'NotResponding':
      return trans.__('Not responding');
    default:
      return String(status);
  }
}

/** Number of direct children that have not ended. */
export function activeChildren(run: RunData): number {
  let n = 0;
  for (const [status, count] of Object.entries(run.child_counts)) {
    n += FINAL.has(status) ? 0 : count;
  }
  return n;
}

/** Number of direct children. */
export function allChildren(run: RunData): number {
  return Object.values(run.child_counts).reduce((sum, n) => sum + n, 0);
}

/** Whether the run, or a direct child of it, has not ended. */
export function isActive(run: RunData): boolean {
  return !run.is_final || activeChildren(run) > 0;
}
