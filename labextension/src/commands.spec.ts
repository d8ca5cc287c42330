// What can be done with runs: labels that count, when it is possible, what is asked first, what is said afterwards.
import { Dialog, Notification } from '@jupyterlab/apputils';
import { configure, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { argsOf, CommandIds } from './commandids';
import { addCommands } from './commands';
import { searchFor, tagOf } from './commands/TagField';
import type { RunData } from './run';
import { RunList } from './runlist';
import { RunsModel } from './runs';
import type { Studio } from './studio';
import { FakeServer, makeFinal, makeRun } from './testing/fakes';
import { makeStudio } from './testing/studio';

// The style that shows a dialog is not here.
configure({ defaultHidden: true });

let server: FakeServer;
let studio: Studio;
let opened: string[];

beforeEach(async () => {
  opened = [];
  server = new FakeServer();
  const model = new RunsModel({ api: server.api, events: server.events });
  studio = makeStudio(new RunList(model), opened);
  addCommands(studio);
  await studio.list.start();
});

afterEach(() => {
  Dialog.tracker.forEach(dialog => dialog.reject());
  Notification.dismiss();
  studio.list.dispose();
  studio.model.dispose();
});

/** Runs that the server has and the sidebar has selected. */
function select(...runs: RunData[]): RunData[] {
  runs.forEach(run => server.put(run, false));
  vi.spyOn(studio.list, 'selected', 'get').mockReturnValue(runs);
  return runs;
}

const many = (n: number, make = makeRun, change: Partial<RunData> = {}) =>
  Array.from({ length: n }, (_, i) => make({ run_id: `r${i}`, name: `run-${i}`, ...change }));

const label = (id: string, args = {}) => studio.commands.label(id, args);
const can = (id: string, args = {}) => studio.commands.isEnabled(id, args);
const run = (id: string, args = {}) => studio.commands.execute(id, args);
const onServer = (id: string) => server.runs.find(one => one.run_id === id);
const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }));
const toasts = () => Notification.manager.notifications;

describe('each command', () => {
  it('says what it does, takes its arguments by a schema, and has a caption', () => {
    for (const id of studio.commands.listCommands()) {
      expect(studio.commands.label(id), id).not.toBe('');
      expect(studio.commands.caption(id), id).not.toBe('');
    }
  });

  it('counts the runs that it would change, and hides from menus about others', () => {
    select(...many(2), makeFinal({ run_id: 'f' }));
    expect(label(CommandIds.cancelRun)).toBe('Cancel 2 Runs');
    expect(label(CommandIds.archive)).toBe('Archive 3 Runs');
    expect(label(CommandIds.delete)).toBe('Delete Run');
    expect(can(CommandIds.restore)).toBe(false);
    expect(studio.commands.isVisible(CommandIds.restore)).toBe(false);
    expect(can(CommandIds.rename), 'one run has one name').toBe(false);
    select();
    expect(can(CommandIds.archive)).toBe(false);
    expect(studio.commands.isVisible(CommandIds.archive), 'the palette shows what there is').toBe(
      true
    );
  });

  it('is offered for a run that no surface shows', () => {
    expect(can(CommandIds.archive, { run_id: 'elsewhere' })).toBe(true);
    expect(label(CommandIds.cancelRun, { run_ids: ['a', 'b'] })).toBe('Cancel 2 Runs');
  });

  it('says so when the run is not there', async () => {
    void run(CommandIds.archive, { run_id: 'gone' });
    expect((await screen.findByRole('dialog')).textContent).toContain(
      '1 run is not in this workspace.'
    );
  });
});

describe('cancel', () => {
  it('of a young run asks nothing', async () => {
    select(makeRun({ run_id: 'a' }));
    await run(CommandIds.cancelRun);
    expect(onServer('a')?.cancel_requested_at).not.toBeNull();
  });

  it('of an old run asks, unless the settings say otherwise', async () => {
    select(makeRun({ run_id: 'a', name: 'old', started_at: 0 }));
    const answer = run(CommandIds.cancelRun);
    await screen.findByText('Cancel old?');
    press('Keep running');
    await answer;
    expect(onServer('a')?.cancel_requested_at).toBeNull();
    await studio.settings.set('confirmCancel', false);
    await run(CommandIds.cancelRun);
    expect(onServer('a')?.cancel_requested_at).not.toBeNull();
  });

  it('asks in any case where a key was enough, and never after somebody has said yes', async () => {
    select(makeRun({ run_id: 'a', name: 'young' }));
    const answer = run(CommandIds.cancelRun, { confirmed: false });
    await screen.findByText('Cancel young?');
    press('Keep running');
    await answer;
    expect(onServer('a')?.cancel_requested_at).toBeNull();
    const runs = select(...many(3));
    await run(CommandIds.cancelRun, { ...argsOf(runs), confirmed: true });
    expect(onServer('r2')?.cancel_requested_at).not.toBeNull();
  });

  it('of several asks once, by name, and tells who refused', async () => {
    const runs = select(...many(7));
    server.refusals.set('r3', 'The store is locked.');
    const answer = run(CommandIds.cancelRun, argsOf(runs));
    await screen.findByText('Cancel 7 runs?');
    screen.getByText('run-0, run-1, run-2, run-3, run-4 and 2 more');
    press('Cancel runs');
    const told = await screen.findByText('1 run could not be canceled');
    expect(told.closest('dialog')?.textContent).toContain('run-3: The store is locked.');
    press('Close');
    await answer;
    expect(server.runs.filter(one => one.cancel_requested_at !== null)).toHaveLength(6);
  });

  it('of all active ones reads every page of them', async () => {
    many(250).forEach(one => server.put(one, false));
    await studio.list.model.refresh();
    await waitFor(() => expect(can(CommandIds.cancelAllActive)).toBe(true));
    const answer = run(CommandIds.cancelAllActive);
    await screen.findByText('Cancel 250 runs?');
    press('Cancel runs');
    await answer;
    expect(server.runs.every(one => one.cancel_requested_at !== null)).toBe(true);
    expect(toasts(), 'the progress is gone').toHaveLength(0);
  });

  it('that is not obeyed can be followed by a restart of the kernel', async () => {
    const restart = vi.spyOn(studio.kernels, 'restart');
    select(makeRun({ run_id: 'a', name: 'stuck', cancel_requested_at: 1 }));
    expect(can(CommandIds.cancelRun)).toBe(false);
    const answer = run(CommandIds.forceStop);
    await screen.findByText('Force stuck to stop?');
    press('Restart kernel');
    await answer;
    expect(restart).toHaveBeenCalledWith('kernel-1');
  });
});

describe('delete', () => {
  it('of one run goes at once and can be undone', async () => {
    select(makeFinal({ run_id: 'a', name: 'old' }));
    await run(CommandIds.delete);
    expect(onServer('a')?.deleted_at).not.toBeNull();
    const [toast] = toasts();
    expect(toast?.message).toBe('old is in the bin.');
    expect(toast?.options.autoClose).toBe(8000);
    toast?.options.actions?.[0]?.callback(new MouseEvent('click'));
    await waitFor(() => expect(onServer('a')?.deleted_at).toBeNull());
  });

  it('of several wants their number typed, and keeps what was typed wrong', async () => {
    select(...many(3, makeFinal));
    const answer = run(CommandIds.delete);
    const box = await screen.findByRole('textbox');
    fireEvent.change(box, { target: { value: '2' } });
    press('Delete');
    await screen.findByRole('alert');
    const again = screen.getByRole<HTMLInputElement>('textbox');
    expect(again.value).toBe('2');
    fireEvent.change(again, { target: { value: '3' } });
    press('Delete');
    await answer;
    expect(server.runs.every(one => one.deleted_at !== null)).toBe(true);
  });

  it('leaves alone what has not ended', () => {
    select(makeRun({ run_id: 'a' }));
    expect(can(CommandIds.delete)).toBe(false);
  });
});

describe('tags', () => {
  it('are added to many at once, by a line that offers what is known', async () => {
    const [one] = select(...many(2));
    const text = 'tag:quality="fantastic run"';
    server.suggestions.set('tag:"', [{ text, label: text, count: 12, replace: [0, 4] }]);
    const answer = run(CommandIds.addTag);
    const box = await screen.findByRole<HTMLInputElement>('combobox');
    const offer = await screen.findByRole('option');
    expect(within(offer).getByText('12')).toBeTruthy();
    fireEvent.keyDown(box, { key: 'ArrowDown' });
    expect(box.value).toBe('quality=fantastic run');
    press('Add');
    await answer;
    expect(server.runs.map(each => each.tags)).toEqual([
      { quality: 'fantastic run' },
      { quality: 'fantastic run' }
    ]);
    expect(one?.tags).toEqual({});
  });

  it('are removed and come back, each with its value', async () => {
    select(makeRun({ run_id: 'a', tags: { q: 'x' } }), makeRun({ run_id: 'b', tags: { q: null } }));
    await run(CommandIds.removeTag);
    expect(server.runs.every(one => Object.keys(one.tags).length === 0)).toBe(true);
    toasts()[0]?.options.actions?.[0]?.callback(new MouseEvent('click'));
    await waitFor(() => expect(onServer('b')?.tags).toEqual({ q: null }));
    expect(onServer('a')?.tags).toEqual({ q: 'x' });
  });

  it('are asked for as search terms', () => {
    expect(searchFor('worth an')).toBe('tag:"worth an');
    expect(searchFor('the "best"')).toBe('tag:"the ""best""');
    expect(tagOf('tag:"the ""best"""="so ""far"""')).toBe('the "best"=so "far"');
    expect(searchFor('quality=fan')).toBe('tag:"quality"="fan');
    expect(tagOf('tag:"worth another look"')).toBe('worth another look');
    expect(tagOf('tag:quality="fantastic run"')).toBe('quality=fantastic run');
    expect(tagOf('tag:a=b=c')).toBe('a=b=c');
    expect(tagOf('exp:a')).toBeNull();
  });
});

it('a refused name stays in the dialog with the reason', async () => {
  select(makeRun({ run_id: 'a', name: 'before' }));
  const answer = run(CommandIds.rename);
  fireEvent.change(await screen.findByRole('textbox'), { target: { value: ' ' } });
  press('Rename');
  expect((await screen.findByRole('alert')).textContent).toBe('A run needs a name.');
  fireEvent.change(screen.getByRole('textbox'), { target: { value: 'after' } });
  press('Rename');
  await answer;
  expect(onServer('a')?.name).toBe('after');
});

it('a script runs once more in a tab of its own; a cell does not', async () => {
  select(makeFinal({ run_id: 'cell' }));
  expect(can(CommandIds.resubmit)).toBe(false);
  select(makeFinal({ run_id: 's', name: 'train', type: 'azureml.scriptrun' }));
  await run(CommandIds.resubmit);
  expect(opened).toEqual(['s-again']);
  expect(toasts()[0]?.message).toBe('train runs once more. Without the variables.');
});

it('code for one run and for several can be copied', async () => {
  const written: string[] = [];
  vi.stubGlobal('navigator', {
    clipboard: { writeText: async (text: string) => void written.push(text) }
  });
  select(...many(2));
  await run(CommandIds.copyPython, { run_id: 'r0' });
  await run(CommandIds.copyCli);
  await run(CommandIds.copyId);
  vi.unstubAllGlobals();
  expect(written[0]).toContain('run = Workspace.from_config().get_run("r0")');
  expect(written[1]).toBe('jupyter runs show -r r0\njupyter runs show -r r1');
  expect(written[2]).toBe('r0\nr1');
});
