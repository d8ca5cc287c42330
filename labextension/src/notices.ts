// Which ends of runs are told, how loudly, and in which words.
import { formatElapsed } from './format';
import type { RunData } from './run';
import type { Preferences } from './settings';
import type { Translate } from './tokens';

/** `pop`: where one sees it at once; `keep`: where one finds it when one looks. */
export type Loudness = 'pop' | 'keep' | null;

/** What else is known of an end. */
export interface Circumstances {
  /** It happened before somebody's eyes. */
  isSeen: boolean;
  /** It was canceled from this page. */
  isMine: boolean;
}

/** Names of any length; the notification centre cuts at 140 characters. */
const NAME = 60;
const MESSAGE = 140;

export function secondsOf(run: RunData): number {
  return (run.ended_at ?? run.created_at) - (run.started_at ?? run.created_at);
}

export function loudnessOf(
  run: RunData,
  { mode, after }: Preferences['notifications'],
  { isSeen, isMine }: Circumstances
): Loudness {
  const isChild = run.parent_id !== null;
  if (mode === 'never' || isChild || !run.is_final || isSeen || secondsOf(run) < after) {
    return null;
  }
  if (run.status === 'Failed') {
    return 'pop';
  }
  const isQuiet = mode === 'on-failure' || (run.status === 'Canceled' && isMine);
  return isQuiet ? null : mode === 'always' ? 'pop' : 'keep';
}

export function shorten(text: string, most: number): string {
  const [line = ''] = text.split('\n', 1);
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** "lr-sweep failed after 04:12: ValueError: bad rate". */
export function messageFor(run: RunData, trans: Translate): string {
  const name = shorten(run.name, NAME);
  const time = formatElapsed(secondsOf(run));
  if (run.status === 'Failed') {
    const text = trans.__('%1 failed after %2', name, time);
    const reason = run.error ? `${run.error.code}: ${run.error.message}` : '';
    return shorten(reason ? `${text}: ${reason}` : text, MESSAGE);
  }
  if (run.status === 'Canceled') {
    return run.cancel_by === null
      ? trans.__('%1 was canceled after %2', name, time)
      : trans.__('%1 was canceled after %2 by %3', name, time, shorten(run.cancel_by, NAME));
  }
  return trans.__('%1 completed in %2', name, time);
}

/** More than a few ends at once are one sentence. */
export function summaryOf(runs: readonly RunData[], trans: Translate): string {
  const failed = runs.filter(run => run.status === 'Failed').length;
  const text = trans._n('%1 run has ended', '%1 runs have ended', runs.length);
  return failed > 0 ? `${text} · ${trans._n('%1 failed', '%1 failed', failed)}` : text;
}
