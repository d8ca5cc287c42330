// How components listen: to a source, to a signal, to the clock. Every listener goes with its component.
import type { ISignal } from '@lumino/signaling';
import {
  KeyboardEvent,
  RefObject,
  useCallback,
  useEffect,
  useReducer,
  useRef,
  useState,
  useSyncExternalStore
} from 'react';
import { messageOf } from '../api';
import type { RunSource, RunState } from '../tokens';

/** The state of a source, always the present one. */
export function useRunState(source: RunSource): RunState {
  const subscribe = useCallback(
    (notify: () => void) => {
      source.changed.connect(notify);
      return () => void source.changed.disconnect(notify);
    },
    [source]
  );
  return useSyncExternalStore(subscribe, () => source.state);
}

/** Render again whenever the signal is emitted; counts the emissions. */
export function useSignal(signal: ISignal<unknown, unknown>): number {
  const [count, bump] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const slot = () => bump();
    signal.connect(slot);
    bump();
    return () => void signal.disconnect(slot);
  }, [signal]);
  return count;
}

/** The server's time in seconds; moves every second while something ticks, seldom otherwise, never when frozen. */
export function useNow(clockOffset: number, ticking: boolean, frozenAt: number | null): number {
  const [, tick] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    if (frozenAt !== null) {
      return undefined;
    }
    const timer = setInterval(tick, ticking ? 1000 : 30_000);
    return () => clearInterval(timer);
  }, [ticking, frozenAt]);
  // eslint-disable-next-line react-hooks/purity -- reading the clock is what this is for
  return frozenAt ?? Date.now() / 1000 + clockOffset;
}

/** Run a wish; what goes wrong becomes a line of text, and the next wish wipes it. */
export function useWish(): { error: string | null; busy: boolean; wish: Wish } {
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const wish = useCallback(async (action: () => Promise<void>) => {
    setError(null);
    setBusy(true);
    try {
      await action();
      return true;
    } catch (reason) {
      setError(messageOf(reason));
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  return { error, busy, wish };
}

/**
 * Keep the keys of a surface from the notebook's shortcuts (Enter would edit the cell), but let Ctrl+S and its kind through:
 * the mark is what Lumino looks at, and our listener comes before it.
 */
export function useOwnKeys<T extends HTMLElement>(): RefObject<T> {
  const surface = useRef<T>(null);
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      const own = !(event.ctrlKey || event.metaKey || event.altKey);
      surface.current?.toggleAttribute('data-lm-suppress-shortcuts', own);
    };
    window.addEventListener('keydown', onKey, true);
    return () => window.removeEventListener('keydown', onKey, true);
  }, []);
  return surface;
}

/** Enter and Esc in a small form; notebooks have keys of their own, so nothing is left to the browser. */
export function formKeys(submit: () => void, close: () => void): (event: KeyboardEvent) => void {
  return event => {
    const inButton = (event.target as HTMLElement).tagName === 'BUTTON';
    const action = { Enter: inButton ? null : submit, Escape: close }[event.key];
    if (action) {
      event.preventDefault();
      event.stopPropagation();
      action();
    }
  };
}

/** Resolves with whether the action succeeded. */
export type Wish = (action: () => Promise<void>) => Promise<boolean>;
