// What the sidebar lists, and when its rows move.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunList } from './runlist';
import { RunsModel } from './runs';
import { FakeServer, makeFinal, makeRun } from './testing/fakes';

let server: FakeServer;
let model: RunsModel;
let list: RunList;

const settle = (ms = 2500) => vi.advanceTimersByTimeAsync(ms);
const shown = () =>
  list.sections.map(({ value, kind, runs }) => [value ?? kind, ...runs.map(run => run.name)]);

beforeEach(async () => {
  vi.useFakeTimers();
  server = new FakeServer();
  server.put(makeFinal({ run_id: 'old', name: 'old', experiment: 'baseline' }));
  server.put(makeFinal({ run_id: 'done', name: 'done' }));
  server.put(makeRun({ run_id: 'busy', name: 'busy' }));
  model = new RunsModel({ api: server.api, events: server.events });
  list = new RunList(model);
  list.setVisible(true);
  await list.start();
  await settle();
});

afterEach(() => {
  list.dispose();
  model.dispose();
  vi.useRealTimers();
});

describe('sections', () => {
  it('are the active runs, then the experiments, of which only the newest is loaded', () => {
    expect(shown()).toEqual([['active', 'busy'], ['explore-runs', 'done'], ['baseline']]);
    expect(server.count('exp%3Abaseline')).toBe(0);
  });

  it('load when they are unfolded', async () => {
    list.toggle('exp:baseline');
    await settle();
    expect(shown()[2]).toEqual(['baseline', 'old']);
  });

  it('follow the runs: a new one is active, an ended one goes to its experiment', async () => {
    server.put(makeRun({ run_id: 'new', name: 'new' }));
    await settle();
    expect(shown()[0]).toEqual(['active', 'new', 'busy']);
    server.put(makeFinal({ run_id: 'busy', name: 'busy' }));
    server.put(makeFinal({ run_id: 'new', name: 'new' }));
    await settle();
    expect(shown()[0]).toEqual(['explore-runs', 'new', 'done', 'busy'].sort(keepFirst));
    expect(list.activeTotal).toBe(0);
  });

  it('load further pages as they are seen', async () => {
    for (let i = 0; i < 120; i += 1) {
      server.put(makeFinal({ run_id: `r${i}`, name: `r${i}`, experiment: 'many' }), false);
    }
    server.tell();
    await settle();
    const many = () => list.sections.find(section => section.value === 'many');
    expect(many()?.runs).toHaveLength(50);
    list.more('exp:many');
    await settle();
    list.more('exp:many');
    await settle();
    expect(many()?.runs).toHaveLength(120);
    expect(many()?.next).toBeNull();
  });
});

/** The fake server lists by last put; only the head of the section matters here. */
function keepFirst(a: string, b: string): number {
  return a === 'explore-runs' ? -1 : b === 'explore-runs' ? 1 : order(a) - order(b);
}

function order(name: string): number {
  return server.runs.findIndex(run => run.name === name);
}

describe('a run that goes', () => {
  const put = (change: object) =>
    server.put(makeFinal({ run_id: 'done', name: 'done', ...change }));

  it.each([
    ['into the bin', { deleted_at: 1 }],
    ['into the archive', { archived_at: 1 }]
  ])('%s leaves the list, and comes back when it does', async (_, gone) => {
    put(gone);
    await settle();
    expect(shown()).toEqual([['active', 'busy'], ['baseline']]);
    put({});
    await settle();
    expect(shown()).toContainEqual(['explore-runs', 'done']);
  });

  it('leaves it and comes back far below the first page, too', async () => {
    const many = () => list.sections.find(section => section.value === 'many');
    for (let i = 0; i < 120; i += 1) {
      const run = { run_id: `r${i}`, name: `r${i}`, experiment: 'many' };
      server.runs.push({ ...makeFinal(run), rev: 1 });
    }
    server.put(makeFinal({ run_id: 'new', experiment: 'many' }));
    await settle();
    list.more('exp:many');
    await settle();
    list.more('exp:many');
    await settle();
    const lost = makeFinal({ run_id: 'r90', name: 'r90', experiment: 'many' });
    const at = server.runs.findIndex(run => run.run_id === 'r90');
    server.put({ ...lost, deleted_at: 1 });
    await settle();
    expect(many()).toMatchObject({ total: 120 });
    expect(many()?.runs.map(run => run.run_id)).not.toContain('r90');
    server.put(lost);
    expect(server.runs.findIndex(run => run.run_id === 'r90')).toBe(at);
    await settle();
    expect(many()?.runs[at - 3]?.run_id).toBe('r90');
    expect(many()).toMatchObject({ total: 121 });
  });

  it('stays where the search asks for it', async () => {
    await list.setQuery('is:archived done');
    put({ archived_at: 1 });
    await settle();
    expect(shown()).toEqual([['results', 'done']]);
    put({});
    await list.setQuery('is:deleted done');
    put({ deleted_at: 1 });
    await settle();
    expect(shown()).toEqual([['results', 'done']]);
  });

  it('says what is wrong with a first query as long as it stands, whatever else comes', async () => {
    server.badQueries.set('status:', 'Unknown status.');
    await list.setQuery('status:');
    server.put(makeRun({ run_id: 'new', name: 'new' }));
    await settle();
    expect([list.error, list.mistake?.token]).toEqual(['Unknown status.', 'status:']);
    await list.setQuery('');
    expect([list.error, list.mistake]).toEqual([null, null]);
  });
});

describe('under the pointer', () => {
  it('rows change in place but do not move until it rests', async () => {
    await settle();
    list.pointerMoved(true);
    server.put(makeFinal({ run_id: 'busy', name: 'busy' }));
    await settle(400);
    expect(shown()[0]).toEqual(['active', 'busy']);
    expect(list.activeRuns[0]?.shown_status).toBe('Completed');
    await settle(5000);
    expect(shown()[0]?.[0]).toBe('explore-runs');
  });
});

describe('search', () => {
  it('shows what the server finds, and everything again when it ends', async () => {
    await list.setQuery('do');
    expect(shown()).toEqual([['results', 'done']]);
    await list.setQuery('');
    expect(shown()[0]?.[0]).toBe('active');
  });

  it('keeps the last good results beside the error of a bad query', async () => {
    server.badQueries.set('status:', 'Unknown status.');
    await list.setQuery('done');
    await list.setQuery('status:');
    expect(list.error).toBe('Unknown status.');
    expect(shown()).toEqual([['results', 'done']]);
  });

  it('keeps hundreds of results while runs change, but none of another search', async () => {
    for (let i = 0; i < 700; i += 1) {
      const run = { run_id: `r${i}`, name: `r${i}`, experiment: 'many' };
      server.runs.push({ ...makeFinal(run), rev: 1 });
    }
    await list.setQuery('r');
    for (let page = 0; page < 12; page += 1) {
      list.more('results');
      await settle();
    }
    const found = () => list.sections[0]?.runs.length;
    expect(found()).toBe(650);
    server.put(makeRun({ run_id: 'busy', name: 'busy', progress: null }));
    await settle();
    expect(found()).toBe(650);
    await list.setQuery('done');
    expect(shown()).toEqual([['results', 'done']]);
  });
});

it('while nobody looks only the active runs are asked for', async () => {
  list.setVisible(false);
  const before = server.count('/groups');
  server.put(makeRun({ run_id: 'new', name: 'new' }));
  await settle();
  expect(list.activeTotal).toBe(2);
  expect(server.count('/groups')).toBe(before);
});

it('cancel goes to the server as from the sidebar and shows at once', async () => {
  const busy = list.activeRuns[0];
  await list.cancel(busy ?? makeRun());
  expect(server.count('POST /runs/busy/cancel')).toBe(1);
  expect(list.activeRuns[0]?.shown_status).toBe('CancelRequested');
});
