// Pinned metrics: those of an experiment that somebody wants to see first. Kept with the state of the studio.
import { useCallback, useEffect, useState } from 'react';
import type { RunData } from './run';
import type { UiState } from './uistate';

const MAX_PINS = 100;

function keyOf(run: Pick<RunData, 'workspace' | 'experiment'>): string {
  return `pins:${run.workspace}:${run.experiment}`;
}

function namesIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(one => typeof one === 'string') : [];
}

export interface Pins {
  names: readonly string[];
  toggle: (name: string) => void;
}

/** The pinned metrics of the run's experiment; without `ui` they last as long as the view. */
export function usePins(
  ui: UiState | undefined,
  run: Pick<RunData, 'workspace' | 'experiment'>
): Pins {
  const key = keyOf(run);
  const [names, setNames] = useState<readonly string[]>([]);
  useEffect(() => {
    let gone = false;
    void ui?.get(key).then(value => !gone && setNames(namesIn(value)));
    return () => {
      gone = true;
    };
  }, [ui, key]);
  const toggle = useCallback(
    (name: string) => {
      const next = names.includes(name) ? names.filter(one => one !== name) : [...names, name];
      setNames(next);
      ui?.set(key, next.slice(-MAX_PINS));
    },
    [ui, key, names]
  );
  return { names, toggle };
}

/** Pinned ones first, in the order in which they were pinned. */
export function pinnedFirst<T>(entries: [string, T][], names: readonly string[]): [string, T][] {
  const rank = (name: string) => {
    const place = names.indexOf(name);
    return place < 0 ? names.length : place;
  };
  return [...entries].sort(([a], [b]) => rank(a) - rank(b));
}
