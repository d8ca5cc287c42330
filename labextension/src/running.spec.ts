// The section of the Running panel: which runs, which children, what shutting down does.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CommandIds } from './commandids';
import { RunList } from './runlist';
import { RunningRuns } from './running';
import { RunsModel } from './runs';
import type { Studio } from './studio';
import { FakeServer, makeFinal, makeRun } from './testing/fakes';
import { makeStudio } from './testing/studio';

let server: FakeServer;
let studio: Studio;
let opened: string[];

beforeEach(() => {
  vi.useFakeTimers();
  opened = [];
  server = new FakeServer();
  const model = new RunsModel({ api: server.api, events: server.events });
  studio = makeStudio(new RunList(model), opened);
});

afterEach(() => {
  studio.list.dispose();
  studio.model.dispose();
  vi.useRealTimers();
});

it('lists active runs and their active children, told when they change', async () => {
  server.put(makeRun({ run_id: 'p', name: 'sweep', child_counts: { Running: 1, Completed: 1 } }));
  server.put(makeRun({ run_id: 'c', name: 'trial', parent_id: 'p', root_id: 'p' }));
  server.put(makeFinal({ run_id: 'd', name: 'done', parent_id: 'p', root_id: 'p' }));
  server.put(makeFinal({ run_id: 'f', name: 'over' }));
  const running = new RunningRuns(studio);
  let items = running.running();
  running.runningChanged.connect(() => (items = running.running()));
  await studio.list.start();
  await vi.advanceTimersByTimeAsync(5000);
  expect(items.map(one => one.label())).toEqual(['sweep']);
  expect(items[0]?.children?.map(one => one.label())).toEqual(['trial']);
  expect(items[0]?.labelTitle?.()).toBe('explore-runs · #7 · Running');
  expect(items[0]?.detail?.()).toMatch(/^00:1\d$/);
  const flat = running.running({ mode: 'list' });
  expect(flat.map(one => one.label())).toEqual(['sweep', 'trial']);
  expect(flat.every(one => one.children === undefined)).toBe(true);
  items[0]?.open?.();
  expect(opened).toEqual(['p']);
  await studio.settings.set('showInRunning', false);
  expect(running.running()).toEqual([]);
});

it('shutting down cancels: one through its question, all at once after the question of the panel', async () => {
  const asked: unknown[] = [];
  for (const id of [CommandIds.cancelRun, CommandIds.cancelAllActive]) {
    studio.commands.addCommand(id, { execute: args => void asked.push([id, args]) });
  }
  server.put(makeRun({ run_id: 'a' }));
  const running = new RunningRuns(studio);
  await studio.list.start();
  await vi.advanceTimersByTimeAsync(3000);
  expect(running.shutdownAllConfirmationText()).toBe('Cancel 1 active run and its children?');
  running.running()[0]?.shutdown?.();
  running.shutdownAll();
  expect(asked).toEqual([
    [CommandIds.cancelRun, { run_ids: ['a'], workspace: 'ws' }],
    [CommandIds.cancelAllActive, { confirmed: true }]
  ]);
});
