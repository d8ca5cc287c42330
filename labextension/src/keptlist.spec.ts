// The sidebar after a reload: as it was left, unless the settings say something else since.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { keepList } from './keptlist';
import { RunList } from './runlist';
import { RunsModel } from './runs';
import { Settings } from './settings';
import { FakeServer, makeFinal, makeRun } from './testing/fakes';
import { labState, UiState } from './uistate';

let server: FakeServer;
let state: UiState;
let settings: Settings;
const open: (RunList | RunsModel)[] = [];

const settle = (ms = 2500) => vi.advanceTimersByTimeAsync(ms);

/** A page that is loaded. */
async function load(): Promise<RunList> {
  const model = new RunsModel({ api: server.api, events: server.events });
  const list = new RunList(model);
  open.push(list, model);
  list.setVisible(true);
  await keepList(list, state, settings);
  await list.start();
  await settle();
  return list;
}

const shown = (list: RunList) =>
  list.sections.map(({ value, kind, open, runs }) => [
    value ?? kind,
    open,
    ...runs.map(run => run.name)
  ]);

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  state = labState(null);
  settings = new Settings();
  for (const [name, q] of [
    ['b', 'x'],
    ['a', 'x'],
    ['c', 'y']
  ] as const) {
    server.put(makeFinal({ run_id: name, name, tags: { q } }), false);
  }
});

afterEach(() => {
  open.splice(0).forEach(one => one.dispose());
  vi.useRealTimers();
});

it('comes back with its groups, their order, and what is unfolded', async () => {
  server.put(makeRun({ run_id: 'p', name: 'p', child_counts: { Running: 1 } }), false);
  const parent = server.runs[0];
  server.put(makeRun({ run_id: 'kid', name: 'kid', parent_id: 'p', root_id: 'p' }), false);
  const first = await load();
  first.setView({ by: 'tag:q', sort: 'name', compact: true });
  await settle();
  first.toggle('tag:q:x');
  first.branches.toggle(parent ?? makeRun());
  await settle();
  const second = await load();
  expect(shown(second)).toEqual([
    ['active', true, 'p'],
    ['y', true, 'c'],
    ['x', true, 'a', 'b']
  ]);
  expect(second.view.compact).toBe(true);
  expect(second.branches.isOpen('p')).toBe(true);
});

it('comes back with its search, which waits for the answer before it says that there is nothing', async () => {
  const first = await load();
  await first.setQuery('a');
  await settle();
  const second = new RunList(open[1] as RunsModel);
  open.push(second);
  await keepList(second, state, settings);
  expect([second.query, second.isReady]).toEqual(['a', false]);
  second.setVisible(true);
  await second.start();
  await settle();
  expect(shown(second)).toEqual([['results', true, 'a']]);
});

it('forgets a workspace that the server does not know any more', async () => {
  state.set('sidebar', { workspace: 'gone', view: null, opened: 'x', branches: [7] });
  const list = await load();
  expect(list.workspace).toBe('ws');
  expect(shown(list)[0]?.[0]).toBe('explore-runs');
});

it('follows the settings when they change, and keeps what was chosen since', async () => {
  await settings.set('groupBy', 'status');
  const first = await load();
  expect(first.view.by).toBe('status');
  first.setView({ by: 'tag:q' });
  await settle();
  const second = await load();
  expect(second.view.by).toBe('tag:q');
  await settings.set('density', 'compact');
  expect(second.view).toMatchObject({ by: 'tag:q', compact: true });
  await settings.set('groupBy', 'none');
  expect(second.view.by).toBe('none');
});
