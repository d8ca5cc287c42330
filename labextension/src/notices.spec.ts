// Which ends are told, how loudly, once only, and what is remembered of those that nobody saw.
import { Notification } from '@jupyterlab/apputils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Attention } from './attention';
import { claim } from './claim';
import { CommandIds } from './commandids';
import { loudnessOf, messageFor, summaryOf } from './notices';
import { startNotifying } from './notifying';
import type { RunData } from './run';
import { RunList } from './runlist';
import { RunsModel } from './runs';
import type { NotifyMode } from './settings';
import type { Studio } from './studio';
import { FakeServer, makeFinal, makeRun } from './testing/fakes';
import { makeStudio } from './testing/studio';
import { english } from './trans';

/** A run that has ended now, after some seconds. */
function ended(
  status: 'Completed' | 'Failed' | 'Canceled',
  change: Partial<RunData> = {}
): RunData {
  const now = Date.now() / 1000;
  const times = { created_at: now - 60, started_at: now - 60, ended_at: now };
  return makeFinal({ status, shown_status: status, ...times, ...change });
}

describe('the loudness of an end', () => {
  const nobody = { isSeen: false, isMine: false };
  const told = (mode: NotifyMode, run: RunData, how = nobody) =>
    loudnessOf(run, { mode, after: 30 }, how);

  it.each<[NotifyMode, string | null, string | null, string | null]>([
    ['default', 'keep', 'pop', 'keep'],
    ['on-failure', null, 'pop', null],
    ['always', 'pop', 'pop', 'pop'],
    ['never', null, null, null]
  ])('with %s: completed %s, failed %s, canceled %s', (mode, completed, failed, canceled) => {
    expect(told(mode, ended('Completed'))).toBe(completed);
    expect(told(mode, ended('Failed'))).toBe(failed);
    expect(told(mode, ended('Canceled'))).toBe(canceled);
  });

  it('is none for short runs, children, what one looks at, and what one canceled', () => {
    const short = { started_at: Date.now() / 1000 - 2 };
    expect(told('always', ended('Failed', short))).toBeNull();
    expect(told('always', ended('Failed', { parent_id: 'p' }))).toBeNull();
    expect(told('always', ended('Failed'), { ...nobody, isSeen: true })).toBeNull();
    expect(told('always', ended('Canceled'), { ...nobody, isMine: true })).toBeNull();
    expect(told('always', ended('Failed'), { ...nobody, isMine: true })).toBe('pop');
    expect(told('always', makeRun())).toBeNull();
  });

  it('comes with one line that fits', () => {
    const error = { code: 'ValueError', message: `bad rate\n${'x'.repeat(500)}`, traceback: null };
    expect(messageFor(ended('Failed', { name: 'sweep', error }), english)).toBe(
      'sweep failed after 01:00: ValueError: bad rate'
    );
    expect(messageFor(ended('Failed', { name: 'n'.repeat(256) }), english).length).toBeLessThan(90);
    expect(messageFor(ended('Completed', { name: 'sweep' }), english)).toBe(
      'sweep completed in 01:00'
    );
    expect(messageFor(ended('Canceled', { cancel_by: 'ada' }), english)).toContain('by ada');
    expect(summaryOf([ended('Failed'), ended('Completed')], english)).toBe(
      '2 runs have ended · 1 failed'
    );
  });
});

describe('a page', () => {
  let server: FakeServer;
  let studio: Studio;
  let opened: string[];

  beforeEach(async () => {
    vi.useFakeTimers();
    localStorage.clear();
    opened = [];
    server = new FakeServer();
    const model = new RunsModel({ api: server.api, events: server.events });
    studio = makeStudio(new RunList(model), opened);
    studio.commands.addCommand(CommandIds.openRun, {
      execute: args => void opened.push(String(args['run_id']))
    });
    startNotifying(studio);
    await studio.list.start();
    await settle();
  });

  afterEach(() => {
    Notification.dismiss();
    studio.attention.dispose();
    studio.list.dispose();
    studio.model.dispose();
    vi.useRealTimers();
  });

  const settle = () => vi.advanceTimersByTimeAsync(3000);
  const messages = () => Notification.manager.notifications.map(one => one.message);

  it('tells an end once, however often the run changes afterwards', async () => {
    server.put(ended('Failed', { run_id: 'a', name: 'sweep' }));
    await settle();
    server.put(ended('Failed', { run_id: 'a', name: 'sweep', tags: { seen: null } }));
    await settle();
    expect(messages()).toEqual(['sweep failed after 01:00']);
    expect(studio.attention.unseen).toHaveLength(1);
    const [toast] = Notification.manager.notifications;
    expect(toast?.options.autoClose).toBe(false);
    toast?.options.actions?.[0]?.callback(new MouseEvent('click'));
    expect(opened).toEqual(['a']);
    expect(studio.attention.unseen).toHaveLength(0);
  });

  it('says nothing of what had ended before it was opened', async () => {
    const long = Date.now() / 1000 - 5000;
    server.put(ended('Failed', { run_id: 'a', ended_at: long, started_at: long - 100 }));
    await settle();
    expect(messages()).toEqual([]);
    expect(studio.attention.unseen).toHaveLength(0);
  });

  it('says nothing of a run on screen, and forgets a failure that comes on screen later', async () => {
    let isOnScreen = true;
    studio.attention.add({ runId: () => 'a', isOnScreen: () => isOnScreen });
    server.put(ended('Failed', { run_id: 'a' }));
    await settle();
    expect(messages()).toEqual([]);
    expect(studio.attention.unseen).toHaveLength(0);
    studio.attention.add({ runId: () => 'b', isOnScreen: () => isOnScreen });
    isOnScreen = false;
    server.put(ended('Failed', { run_id: 'b' }));
    await settle();
    expect(studio.attention.unseen).toHaveLength(1);
    isOnScreen = true;
    await settle();
    expect(studio.attention.unseen).toHaveLength(0);
  });

  it('is silent about a run that it has canceled', async () => {
    server.put(makeRun({ run_id: 'a' }), false);
    await studio.model.api.cancel('ws', 'a', 'panel');
    await studio.settings.set('notifications', { mode: 'always', after: 0 });
    server.put(ended('Canceled', { run_id: 'a' }));
    await settle();
    expect(messages()).toEqual([]);
  });

  it('makes one sentence of many failures', async () => {
    for (const id of ['a', 'b', 'c', 'd']) {
      server.put(ended('Failed', { run_id: id }), false);
    }
    server.tell();
    await settle();
    expect(messages()).toEqual(['4 runs have ended · 4 failed']);
  });

  it('leaves to another page what that has told', async () => {
    await claim(['a']);
    server.put(ended('Failed', { run_id: 'a' }));
    await settle();
    expect(messages()).toEqual([]);
    expect(studio.attention.unseen, 'but it counts it').toHaveLength(1);
  });

  it('counts no failure that went into the bin', async () => {
    server.put(ended('Failed', { run_id: 'a' }));
    await settle();
    server.put(ended('Failed', { run_id: 'a', deleted_at: 1 }));
    await settle();
    expect(studio.attention.unseen).toHaveLength(0);
  });
});

it('a storage that is full or broken keeps no page from speaking', async () => {
  const broken = {
    getItem: () => '{"not": "a list"}',
    setItem: () => {
      throw new Error('full');
    }
  };
  expect(await claim(['a'], broken)).toEqual(['a']);
  expect(new Attention(new RunsModel(new FakeServer())).unseen).toEqual([]);
});
