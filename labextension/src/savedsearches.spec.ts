// Saved searches: kept, found, pinned, and read with care.
import { describe, expect, it, vi } from 'vitest';
import { SavedSearches } from './savedsearches';
import { labState, pageState, UiState } from './uistate';

/** A state that other surfaces find again. */
function keptState(): UiState & { storage: Map<string, string> } {
  const storage = new Map<string, string>();
  const state = pageState({
    getItem: key => storage.get(key) ?? null,
    setItem: (key, value) => void storage.set(key, value)
  });
  return { ...state, storage };
}

async function loaded(state: UiState): Promise<SavedSearches> {
  const saved = new SavedSearches(state);
  await saved.ready;
  return saved;
}

describe('saved searches', () => {
  it('are there again after a reload, with their pins', async () => {
    const state = keptState();
    const saved = await loaded(state);
    const heard = vi.fn();
    saved.changed.connect(heard);
    const one = saved.save('Failures', ' status:failed ');
    saved.save('', 'tag:quality');
    saved.pin(one.id, true);
    expect(heard).toHaveBeenCalledTimes(3);
    const again = await loaded(state);
    expect(again.all.map(({ name, query }) => [name, query])).toEqual([
      ['Failures', 'status:failed'],
      ['tag:quality', 'tag:quality']
    ]);
    expect(again.pinned).toEqual([
      { id: one.id, name: 'Failures', query: 'status:failed', pinned: true }
    ]);
    expect(again.find('status:failed  ')?.name).toBe('Failures');
    expect(again.find('status')).toBeNull();
  });

  it('are kept once a query, and take the new name', async () => {
    const saved = await loaded(labState(null));
    const first = saved.save('One', 'a b');
    saved.pin(first.id, true);
    expect(saved.save('Two', 'a b ')).toEqual({ ...first, name: 'Two', pinned: true });
    saved.rename(first.id, '  ');
    expect(saved.all.map(one => one.name)).toEqual(['a b']);
  });

  it('can be removed and put back in their place', async () => {
    const saved = await loaded(labState(null));
    const ids = ['a', 'b', 'c'].map(text => saved.save('', text).id);
    const undo = saved.remove(ids[1] ?? '');
    expect(saved.all.map(one => one.name)).toEqual(['a', 'c']);
    undo();
    undo();
    expect(saved.all.map(one => one.name)).toEqual(['a', 'b', 'c']);
  });

  it('that were saved before the kept ones were read come after them', async () => {
    const state = keptState();
    (await loaded(state)).save('', 'old');
    const saved = new SavedSearches(state);
    saved.save('', 'new');
    await saved.ready;
    expect(saved.all.map(one => one.query)).toEqual(['old', 'new']);
    expect((await loaded(state)).all.map(one => one.query)).toEqual(['old', 'new']);
  });

  it('that cannot be read are left out', async () => {
    const good = { id: '1', name: 'n', query: 'q', pinned: false };
    for (const [kept, left] of [
      ['no list', []],
      [[null, 7, { ...good, query: '' }, { ...good, pinned: 'yes' }, good], [good]]
    ]) {
      const state: UiState = { get: async () => kept as [], set: () => undefined };
      expect((await loaded(state)).all).toEqual(left);
    }
  });
});
