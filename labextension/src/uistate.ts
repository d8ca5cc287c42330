// What a surface remembers over reloads: saved searches, columns, what is unfolded. JupyterLab keeps it, or the page itself.
import type { IStateDB } from '@jupyterlab/statedb';
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';

/** Small JSON values by name. A value that cannot be kept or read is no error: the surface begins anew. */
export interface UiState {
  get(name: string): Promise<ReadonlyPartialJSONValue | undefined>;
  set(name: string, value: ReadonlyPartialJSONValue): void;
}

// Not the name of a tracker of tabs: JupyterLab removes what is kept under that and is no tab.
const PREFIX = 'jupyter-runs-state';

/** Kept with the workspace of JupyterLab; without one as long as the page lives. */
export function labState(db: IStateDB | null): UiState {
  const memory = new Map<string, ReadonlyPartialJSONValue>();
  return {
    get: async name => {
      try {
        return (await db?.fetch(`${PREFIX}:${name}`)) ?? memory.get(name);
      } catch {
        return memory.get(name);
      }
    },
    set: (name, value) => {
      memory.set(name, value);
      db?.save(`${PREFIX}:${name}`, value).catch(() => undefined);
    }
  };
}

/** Kept by the browser for this address. */
export function pageState(storage: Pick<Storage, 'getItem' | 'setItem'>): UiState {
  return {
    get: async name => {
      try {
        const text = storage.getItem(`${PREFIX}:${name}`);
        return text === null ? undefined : (JSON.parse(text) as ReadonlyPartialJSONValue);
      } catch {
        return undefined;
      }
    },
    set: (name, value) => {
      try {
        storage.setItem(`${PREFIX}:${name}`, JSON.stringify(value));
      } catch {
        // A full or forbidden storage: the value lasts as long as the surface.
      }
    }
  };
}
