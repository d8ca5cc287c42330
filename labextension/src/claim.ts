// What several pages of one browser would all say is said by one of them: the first that claims it.

const KEY = 'jupyter-runs:told';
const REMEMBERED = 300;

type Store = Pick<Storage, 'getItem' | 'setItem'>;

function take(ids: readonly string[], store: Store): string[] {
  let told: string[];
  try {
    const read: unknown = JSON.parse(store.getItem(KEY) ?? '[]');
    told = Array.isArray(read) ? read.map(String) : [];
  } catch {
    told = [];
  }
  const fresh = ids.filter(id => !told.includes(id));
  try {
    store.setItem(KEY, JSON.stringify([...told, ...fresh].slice(-REMEMBERED)));
  } catch {
    // A full or forbidden storage: every page speaks for itself.
  }
  return fresh;
}

/** Resolves with those of the ids that no other page of this browser has claimed. */
export async function claim(
  ids: readonly string[],
  store: Store = localStorage
): Promise<string[]> {
  // Only on https and on this machine has a browser locks; without one two pages may both speak, at worst.
  if (!('locks' in navigator)) {
    return take(ids, store);
  }
  return navigator.locks.request(KEY, () => take(ids, store));
}
