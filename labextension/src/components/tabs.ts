// What the tabs of a run have in common: what they are given, and how they fetch.
import { useEffect, useRef, useState } from 'react';
import { ApiError, messageOf, RunsApi } from '../api';
import type { RunData } from '../run';
import type { RunSource, Translate } from '../tokens';
import { useTrans } from '../trans';

export interface TabProps {
  run: RunData;
  source: RunSource;
  api: RunsApi;
  now: number;
}

/** Why there is nothing to see, in one line. */
export function problemText(error: unknown, trans: Translate): string {
  const isOld = error instanceof ApiError && error.status === 404 && error.reason === '';
  return isOld
    ? trans.__('This server does not offer this yet: update jupyter_runs and restart it.')
    : messageOf(error);
}

export interface Fetched<T> {
  value: T | null;
  problem: string | null;
}

/**
 * Fetch again whenever `key` changes; what was there before stays until then. `task` must depend on `key` alone.
 * Null: nothing new is wanted now.
 */
export function useFetched<T>(key: string | null, task: () => Promise<T>): Fetched<T> {
  const trans = useTrans();
  const [state, setState] = useState<Fetched<T>>({ value: null, problem: null });
  const done = useRef<string | null>(null);
  useEffect(() => {
    let gone = false;
    // Wanted again after a while is not wanted anew.
    if (key === null || key === done.current) {
      return undefined;
    }
    task().then(
      value => {
        if (!gone) {
          done.current = key;
          setState({ value, problem: null });
        }
      },
      (error: unknown) => {
        const problem = problemText(error, trans);
        if (!gone) {
          // What was there is better than nothing, beside the reason why it may be old.
          setState(old => ({ value: old.value, problem }));
        }
      }
    );
    return () => {
      gone = true;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the key stands for the task
  }, [key, trans]);
  return state;
}

/** Bytes in three digits or fewer: `512 B`, `1.2 kB`, `34 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit > 0 && size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}
