// The live model: one road from the server's events to the surfaces, patient when the server is away.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunsChange, RunsModel } from './runs';
import { LiveRunSource } from './source';
import { RunList } from './runlist';
import { FakeServer, makeFinal, makeRun } from './testing/fakes';
import { english } from './trans';

let server: FakeServer;
let model: RunsModel;
let changes: RunsChange[];

const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  model = new RunsModel({ api: server.api, events: server.events });
  changes = [];
  model.changed.connect((_, change) => changes.push(change));
});

afterEach(() => {
  model.dispose();
  vi.useRealTimers();
});

async function follow(): Promise<void> {
  await model.start();
  model.follow('ws');
  await settle(1000);
}

describe('an event', () => {
  it('leads to one pull and one signal with what changed', async () => {
    await follow();
    server.put(makeRun());
    await settle(300);
    expect(changes.map(change => change.runs.map(run => run.name))).toEqual([['lr-sweep']]);
  });

  it('of another workspace, or of others, is not asked about', async () => {
    await follow();
    const before = server.asked.length;
    server.events.emit({ schema_id: 'https://other' });
    const elsewhere = { workspace: 'elsewhere', cursor: '9' };
    server.events.emit({
      schema_id: 'https://schema.jupyter.org/jupyter_runs/changed/v1',
      ...elsewhere
    } as never);
    await settle(1000);
    expect(server.asked).toHaveLength(before);
  });

  it('storm becomes at most five pulls a second, and loses nothing', async () => {
    await follow();
    const before = server.count('/changes');
    for (let i = 0; i < 100; i += 1) {
      server.put(makeRun({ name: `name ${i}` }));
      await settle(10);
    }
    await settle(1000);
    expect(server.count('/changes') - before).toBeLessThanOrEqual(8);
    expect(changes.at(-1)?.runs[0]?.name).toBe('name 99');
  });
});

describe('a server that goes away', () => {
  it('is said so, asked ever more seldom, and found again without a reload', async () => {
    await follow();
    const states: string[] = [];
    model.connectionChanged.connect((_, { state }) => states.push(state));
    server.mode = 'down';
    await settle(60_000);
    expect(model.connection.state).toBe('paused');
    expect(model.connection.asOf).not.toBeNull();
    const before = server.asked.length;
    for (let i = 0; i < 600; i += 1) {
      server.tell();
      await settle(1000);
    }
    // Ten minutes of events: a try every second would be 600.
    expect(server.asked.length - before).toBeLessThan(300);
    server.mode = 'up';
    server.put(makeRun(), false);
    await settle(31_000);
    expect(states).toEqual(['paused', 'live']);
    expect(changes.at(-1)?.runs[0]?.name).toBe('lr-sweep');
  });

  it('before the first answer is waited for', async () => {
    server.mode = 'down';
    await model.start();
    expect(model.connection.state).toBe('paused');
    server.mode = 'up';
    await settle(31_000);
    expect(model.connection.state).toBe('live');
  });

  it('for good, because the extension is missing, is not asked again', async () => {
    server.mode = 'missing';
    await model.start();
    await settle(300_000);
    expect(model.connection.state).toBe('missing');
    expect(server.asked).toHaveLength(1);
    server.mode = 'up';
    await model.refresh();
    expect(model.connection.state).toBe('live');
  });
});

it('the slow poll finds what no event told of', async () => {
  await follow();
  server.put(makeRun(), false);
  await settle(16_000);
  expect(changes).toHaveLength(1);
});

it('the clock of the server is known', async () => {
  model.tellTime(Date.now() / 1000 + 100);
  expect(model.clockOffset).toBeCloseTo(100);
});

describe('after dispose', () => {
  it('no listener is left and nothing is asked', async () => {
    await follow();
    const list = new RunList(model);
    await list.start();
    const source = new LiveRunSource({ model, trans: english, runId: 'x', workspace: 'ws' });
    await settle(2000);
    expect(server.events.listeners).toBe(1);
    source.dispose();
    list.dispose();
    model.dispose();
    expect(server.events.listeners).toBe(0);
    const before = server.asked.length;
    server.put(makeRun());
    await settle(120_000);
    expect(server.asked).toHaveLength(before);
  });
});

describe('a run of a saved notebook', () => {
  const saved = (id: string) => ({
    schema: 1 as const,
    run: makeFinal({ run_id: id, name: 'saved' }),
    children: [],
    series: [],
    log_tail: 'the end',
    view: 'full' as const,
    recorded_at: 1_795_000_000
  });

  const open = (id: string) =>
    new LiveRunSource({ model, trans: english, runId: id, workspace: 'ws', snapshot: saved(id) });

  it('is live when the server knows it', async () => {
    server.put(makeRun({ run_id: 'known' }));
    const source = open('known');
    await settle(2000);
    expect(source.state).toMatchObject({ note: null, readOnly: false, run: { name: 'lr-sweep' } });
    server.put(makeFinal({ run_id: 'known' }));
    await settle(1000);
    expect(source.state.run?.shown_status).toBe('Completed');
    source.dispose();
  });

  it('is shown as recorded when the server does not, without a failed request', async () => {
    const source = open('elsewhere');
    await settle(2000);
    expect(source.state.note).toMatch(/^recorded 2026-11-\d\d \d\d:\d\d, not in this store$/);
    expect(source.state).toMatchObject({ readOnly: true, logTail: 'the end' });
    expect(server.count('/runs/elsewhere')).toBe(0);
    source.dispose();
  });

  it('says what is missing when the extension is', async () => {
    server.mode = 'missing';
    const source = open('known');
    await settle(2000);
    expect(source.state.run?.name).toBe('saved');
    expect(source.state.note).toContain('jupyter server extension enable jupyter_runs');
    source.dispose();
  });

  it('is not taken back to an older payload', async () => {
    server.rev = 10;
    server.put(makeFinal({ run_id: 'known', name: 'new name' }));
    const source = open('known');
    await settle(2000);
    source.offer(saved('known'));
    expect(source.state.run?.name).toBe('new name');
    source.dispose();
  });

  it('shows a cancel at once and takes it back when it fails', async () => {
    server.put(makeRun({ run_id: 'known' }));
    const source = open('known');
    await settle(2000);
    const sent = source.cancel();
    expect(source.state.run?.shown_status).toBe('CancelRequested');
    await sent;
    expect(server.count('POST /runs/known/cancel')).toBe(1);
    server.put(makeRun({ run_id: 'known' }), true);
    await settle(1000);
    server.mode = 'down';
    await expect(source.cancel()).rejects.toThrow('The server does not answer.');
    expect(source.state.run?.shown_status).toBe('Running');
    source.dispose();
  });
});

describe('a run in the bin', () => {
  const binned = (change = {}) =>
    makeFinal({ run_id: 'known', deleted_at: Date.now() / 1000, ...change });

  async function watched(): Promise<LiveRunSource> {
    const child = { run_id: 'c', name: 'trial', parent_id: 'known', root_id: 'known' };
    server.put(makeFinal(child));
    server.put(makeFinal({ run_id: 'known', child_counts: { Completed: 1 } }));
    const source = new LiveRunSource({ model, trans: english, runId: 'known', workspace: 'ws' });
    source.showDetails();
    await settle(2000);
    return source;
  }

  it('is shown as it was, says how to bring it back, and cannot be changed; restored it is as before', async () => {
    const source = await watched();
    server.put(makeFinal({ run_id: 'c', parent_id: 'known', deleted_at: 1 }), false);
    server.put(binned());
    await settle(2000);
    const note = 'This run is in the bin. `run.restore()` brings it back.';
    expect(source.state).toMatchObject({ note, readOnly: true, run: { name: 'lr-sweep' } });
    server.put(makeFinal({ run_id: 'c', name: 'trial', parent_id: 'known' }), false);
    server.put(makeFinal({ run_id: 'known', child_counts: { Completed: 1 } }));
    await settle(2000);
    expect(source.state).toMatchObject({ note: null, readOnly: false });
    expect(source.branches.branch('known')?.runs.map(run => run.name)).toEqual(['trial']);
    source.dispose();
  });

  it('that is removed for good is said to be gone, without a failed request', async () => {
    const source = await watched();
    server.put(binned());
    await settle(2000);
    const before = server.count('GET /runs/known?');
    server.erase('known');
    await settle(2000);
    expect(source.state).toMatchObject({ note: 'This run is not in the store.', readOnly: true });
    expect(server.count('GET /runs/known?')).toBe(before);
    source.dispose();
  });

  it('or archived is still found from a saved notebook', async () => {
    for (const [id, change, note] of [
      ['old', { archived_at: 1 }, null],
      ['known', { deleted_at: 1, archived_at: 1 }, expect.stringContaining('in the bin')]
    ] as const) {
      const run = makeFinal({ run_id: id, ...change });
      server.put(run);
      const head = { schema: 1, view: 'full' } as const;
      const rest = { children: [], series: [], log_tail: '', recorded_at: 1 };
      const saved = { ...head, run: makeFinal({ run_id: id }), ...rest };
      const source = new LiveRunSource({
        ...{ model, trans: english, runId: id, workspace: 'ws', snapshot: saved }
      });
      await settle(2000);
      expect(source.state.note).toEqual(note);
      expect(source.state.run?.archived_at).toBe(1);
      source.dispose();
    }
  });
});
