// What a person does with rows: select them, act on them from the footer and from menus, wait for changes under the pointer.
import { act, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CommandIds } from '../commandids';
import { RunList } from '../runlist';
import { RunsModel } from '../runs';
import type { Studio } from '../studio';
import { FakeServer, makeFinal, makeRun } from '../testing/fakes';
import { makeStudio } from '../testing/studio';
import { RunSidebar } from './RunSidebar';

let server: FakeServer;
let studio: Studio;
let opened: string[];
let executed: [string, unknown][];

const settle = (ms = 2500) => act(() => vi.advanceTimersByTimeAsync(ms));
const row = (name: string) => {
  const rows = screen.getByRole('tree').querySelectorAll<HTMLElement>('[aria-level="2"]');
  const found = [...rows].find(one => one.textContent?.includes(name));
  if (!found) {
    throw new Error(`There is no row of ${name}.`);
  }
  return found;
};
const selected = () => studio.list.selected.map(run => run.name).sort();
const menuItems = () =>
  [...document.querySelectorAll('.lm-Menu-itemLabel')].map(item => item.textContent);

function addCommand(id: string, label: string): void {
  studio.commands.addCommand(id, {
    label,
    execute: args => void executed.push([id, args['run_ids'] ?? args['experiment']])
  });
}

async function show(): Promise<void> {
  render(<RunSidebar studio={studio} />);
  studio.list.setVisible(true);
  void studio.list.start();
  await settle();
}

beforeEach(async () => {
  vi.useFakeTimers();
  opened = [];
  executed = [];
  server = new FakeServer();
  for (const name of ['one', 'two', 'three']) {
    server.put(makeFinal({ run_id: name, name }), false);
  }
  server.put(makeRun({ run_id: 'busy', name: 'busy' }), false);
  const model = new RunsModel({ api: server.api, events: server.events });
  studio = makeStudio(new RunList(model), opened);
  await show();
});

afterEach(() => {
  studio.list.dispose();
  studio.model.dispose();
  document.querySelectorAll('.lm-Menu').forEach(menu => menu.remove());
  vi.useRealTimers();
});

describe('rows are selected', () => {
  it('by click, with Ctrl one by one, with Shift up to there', async () => {
    fireEvent.click(row('three'));
    fireEvent.click(row('one'), { ctrlKey: true });
    expect(selected()).toEqual(['one', 'three']);
    fireEvent.click(row('three'));
    fireEvent.click(row('one'), { shiftKey: true });
    expect(selected()).toEqual(['one', 'three', 'two']);
    await settle(0);
    expect(row('two').getAttribute('aria-selected')).toBe('true');
    expect(screen.getByRole('tree').getAttribute('aria-multiselectable')).toBe('true');
  });

  it('by keyboard: Space, Shift with an arrow, Ctrl+A; Esc ends it', async () => {
    act(() => row('three').focus());
    fireEvent.keyDown(row('three'), { key: ' ' });
    fireEvent.keyDown(row('three'), { key: 'ArrowDown', shiftKey: true });
    await settle(0);
    expect(selected()).toEqual(['three', 'two']);
    fireEvent.keyDown(row('two'), { key: 'a', ctrlKey: true });
    expect(selected()).toHaveLength(4);
    fireEvent.keyDown(row('two'), { key: 'Escape' });
    expect(selected()).toEqual([]);
  });

  it('until another search', async () => {
    fireEvent.click(row('one'));
    await act(() => studio.list.setQuery('two'));
    expect(selected()).toEqual([]);
  });
});

describe('the focus', () => {
  const focused = () => document.activeElement?.getAttribute('data-id') ?? null;

  it('follows a run that goes to another section', async () => {
    act(() => row('busy').focus());
    expect(focused()).toBe('active/busy');
    server.put(makeFinal({ run_id: 'busy', name: 'busy' }));
    await settle();
    expect(focused()).not.toBe('active/busy');
    expect(document.activeElement?.getAttribute('data-run')).toBe('busy');
  });

  it('follows it also while another window has the keyboard', async () => {
    act(() => row('busy').focus());
    const away = vi.spyOn(document, 'hasFocus').mockReturnValue(false);
    fireEvent.focusOut(row('busy'));
    server.put(makeFinal({ run_id: 'busy', name: 'busy' }));
    await settle();
    away.mockRestore();
    expect(document.activeElement?.getAttribute('data-run')).toBe('busy');
  });

  it('goes to what is in the place of a row that is gone', async () => {
    act(() => row('two').focus());
    await act(() => studio.list.setQuery('busy'));
    await settle();
    expect(document.activeElement?.getAttribute('role')).toBe('treeitem');
    fireEvent.keyDown(document.activeElement as HTMLElement, { key: 'Home' });
    await settle(0);
    expect(document.activeElement?.getAttribute('aria-level')).toBe('1');
  });

  it('stays where a person has taken it', async () => {
    act(() => row('busy').focus());
    act(() => screen.getByRole('combobox', { name: 'Search runs' }).focus());
    server.put(makeFinal({ run_id: 'busy', name: 'busy' }));
    await settle();
    expect(document.activeElement?.getAttribute('role')).toBe('combobox');
  });
});

describe('the footer', () => {
  it('counts, and offers what the commands allow', async () => {
    expect(screen.queryByRole('toolbar')).toBeNull();
    fireEvent.click(row('one'));
    fireEvent.click(row('busy'), { ctrlKey: true });
    await settle(0);
    expect(screen.getByRole('toolbar').textContent).toContain('2 selected');
    const button = (name: string) => screen.getByRole<HTMLButtonElement>('button', { name });
    expect(button('Compare').disabled).toBe(true);
    act(() => {
      addCommand(CommandIds.compare, 'Compare');
      addCommand(CommandIds.cancelRun, 'Cancel');
    });
    await settle(0);
    fireEvent.click(button('Compare'));
    fireEvent.click(button('Cancel'));
    expect(executed).toEqual([
      [CommandIds.compare, ['one', 'busy']],
      [CommandIds.cancelRun, ['busy']]
    ]);
    fireEvent.click(button('Clear selection'));
    await settle(0);
    expect(screen.queryByRole('toolbar')).toBeNull();
  });
});

describe('a menu', () => {
  it('has the commands that are there, for the selected runs', async () => {
    addCommand(CommandIds.openRun, 'Open Run');
    addCommand(CommandIds.archive, 'Archive');
    addCommand(CommandIds.compare, 'Compare');
    fireEvent.contextMenu(row('one'));
    expect(menuItems()).toEqual(['Open Run', '', 'Archive']);
    expect(selected()).toEqual(['one']);
    document.querySelectorAll('.lm-Menu').forEach(menu => menu.remove());
    fireEvent.contextMenu(row('two'));
    expect(selected()).toEqual(['two']);
    expect(menuItems()).toContain('Compare with Selected');
  });

  it('of a heading acts on its runs', async () => {
    addCommand(CommandIds.openExperiment, 'Open');
    addCommand(CommandIds.cancelRun, 'Cancel');
    const heading = screen
      .getByRole('button', { name: 'Actions for explore-runs' })
      .closest<HTMLElement>('[role=treeitem]');
    act(() => heading?.focus());
    fireEvent.keyDown(heading as HTMLElement, { key: 'F10', shiftKey: true });
    expect(menuItems()).toEqual(['Open as Table', 'Cancel All Active (1)…', '', 'Copy as Python']);
  });
});

it('rows that would move under the pointer are counted, and move on demand', async () => {
  act(() => studio.list.pointerMoved(true));
  server.put(makeFinal({ run_id: 'busy', name: 'busy' }));
  await settle(1200);
  const pill = screen.getByRole('button', { name: '1 change' });
  expect(studio.list.sections[0]?.kind).toBe('active');
  fireEvent.click(pill);
  await settle(1200);
  expect(studio.list.sections[0]?.kind).toBe('group');
  expect(screen.queryByRole('button', { name: '1 change' })).toBeNull();
});

it('archived runs are listed with a mark on demand, and out of the bin on search', async () => {
  server.put(makeFinal({ run_id: 'one', name: 'one', archived_at: 1 }));
  server.put(makeFinal({ run_id: 'two', name: 'two', deleted_at: 1 }));
  await settle();
  expect(() => row('one')).toThrow();
  act(() => studio.list.setView({ archived: true }));
  await settle();
  expect(row('one').textContent).toContain('archived');
  await act(() => studio.list.setQuery('is:deleted two'));
  expect(row('two').textContent).toContain('in the bin');
});

it('a group without a search text says so', async () => {
  server.put(makeFinal({ run_id: 'q', name: 'q', tags: { q: 'x'.repeat(990) } }));
  act(() => studio.list.setView({ by: 'tag:q' }));
  await settle();
  expect(screen.getByRole('tree').textContent).toContain('too long to be searched for');
});
