// The search box by keyboard and mouse: suggestions, pills, mistakes, saved searches.
import { act, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addSearching } from '../commands/searching';
import { CommandIds } from '../commandids';
import { RunList } from '../runlist';
import { RunsModel } from '../runs';
import type { Studio } from '../studio';
import { FakeServer, makeFinal } from '../testing/fakes';
import { makeStudio } from '../testing/studio';
import { SearchBox } from './SearchBox';

let server: FakeServer;
let studio: Studio;

const settle = (ms = 1000) => act(() => vi.advanceTimersByTimeAsync(ms));
const box = () => screen.getByRole<HTMLTextAreaElement>('combobox', { name: 'Search runs' });
const options = () => screen.queryAllByRole('option').map(one => one.textContent);
const pills = () =>
  screen.queryAllByRole('button', { name: /^Remove / }).map(one => one.parentElement?.textContent);

function offer(typed: string, replace: [number, number], ...found: [string, number | null][]) {
  const items = found.map(([text, count]) => ({ text, label: text, count, replace }));
  server.suggestions.set(typed, items);
}

/** Type, as if one word were pasted; the cursor ends up `caret` units into the text. */
async function type(text: string, caret = text.length, wait = 1000): Promise<void> {
  act(() => box().focus());
  fireEvent.change(box(), { target: { value: text } });
  await at(caret, wait);
}

/** Put the cursor there. */
async function at(caret: number, wait = 0): Promise<void> {
  box().setSelectionRange(caret, caret);
  fireEvent.select(box());
  await settle(wait);
}

async function press(key: string, more: object = {}): Promise<boolean> {
  const left = fireEvent.keyDown(box(), { key, ...more });
  await settle(300);
  return left;
}

beforeEach(async () => {
  vi.useFakeTimers();
  server = new FakeServer();
  server.put(makeFinal({ run_id: 'a', name: 'apple' }));
  const list = new RunList(new RunsModel({ api: server.api, events: server.events }));
  studio = makeStudio(list);
  list.setVisible(true);
  void list.start();
  await settle();
  render(<SearchBox studio={studio} />);
  server.asked.length = 0;
});

afterEach(() => {
  studio.list.dispose();
  studio.model.dispose();
  vi.useRealTimers();
});

describe('suggestions', () => {
  it('are asked for once the keyboard rests, and the last answer wins', async () => {
    offer('st', [0, 2], ['status:', null]);
    offer('sta', [0, 3], ['status:', null], ['started:', null]);
    await type('st', 2, 20);
    await type('sta');
    expect(server.count('/suggest')).toBe(1);
    expect(options()).toEqual(['status: running, failed, …', 'started: <2h, today, …']);
    expect(box().getAttribute('aria-expanded')).toBe('true');
    expect(box().getAttribute('aria-activedescendant')).toBeNull();
  });

  it('are chosen with arrows and Enter; a field asks for more at once, a condition ends with a blank', async () => {
    offer('sta', [0, 3], ['status:', null]);
    offer('status:', [0, 7], ['status:failed', 3], ['status:running', 0]);
    await type('sta');
    await press('ArrowDown');
    const marked = screen.getByRole('option', { selected: true });
    expect(box().getAttribute('aria-activedescendant')).toBe(marked.id);
    await press('Enter');
    expect(box().value).toBe('status:');
    expect(options()).toEqual(['status:failed 3', 'status:running 0']);
    await press('ArrowUp');
    expect(screen.getByRole('option', { selected: true }).textContent).toContain('running');
    await press('ArrowDown');
    await press('Tab');
    expect(box().value).toBe('status:failed ');
    expect(options()).toEqual([]);
    expect(pills()).toEqual(['status:failed']);
    expect(server.count('q=status%3Afailed')).toBeGreaterThan(0);
  });

  it('can be chosen before they are there', async () => {
    offer('sta', [0, 3], ['status:', null]);
    await type('sta', 3, 0);
    fireEvent.keyDown(box(), { key: 'ArrowDown' });
    fireEvent.keyDown(box(), { key: 'Enter' });
    await settle();
    expect(box().value).toBe('status:');
  });

  it('of a key leave the cursor there, for a value or a number', async () => {
    offer('tag:q', [0, 5], ['tag:quality', 3]);
    offer('tag:quality', [0, 11], ['tag:quality', 3], ['tag:quality=good', 2]);
    await type('tag:q');
    await press('ArrowDown');
    await press('Enter');
    expect(box().value).toBe('tag:quality');
    expect(options()).toEqual(['tag:quality 3', 'tag:quality=good 2']);
  });

  it('replace the word at the cursor, counted in UTF-16 units', async () => {
    offer('😀 sta', [3, 6], ['status:failed', 3]);
    await type('😀 status:x (b)', 6);
    await press('ArrowDown');
    await press('Enter');
    expect(box().value).toBe('😀 status:failed (b)');
    expect(box().selectionEnd).toBe('😀 status:failed'.length);
  });

  it('are taken with a click, and not when there is nothing to choose', async () => {
    offer('a', [0, 1], ['exp:apple', 2]);
    offer('exp:apple', [0, 9], ['exp:apple', 2]);
    await type('a');
    fireEvent.click(screen.getByRole('option'));
    await settle();
    expect(box().value).toBe('exp:apple ');
    await type('exp:apple');
    expect(options()).toEqual([]);
  });

  it('close with Esc, which then clears; Ctrl+Space and the arrow open them', async () => {
    offer('a', [0, 1], ['exp:apple', 2]);
    await type('a');
    await press('Escape');
    expect(options()).toEqual([]);
    expect(box().value).toBe('a');
    await press(' ', { ctrlKey: true });
    expect(options()).toEqual(['exp:apple 2']);
    await press('Escape');
    await press('ArrowDown');
    expect(screen.getByRole('option', { selected: true })).toBeTruthy();
    await press('Escape');
    await press('Escape');
    expect(box().value).toBe('');
    expect(studio.list.query).toBe('');
    expect(await press('Escape')).toBe(true);
  });

  it('are left alone by Enter and Tab while none is marked', async () => {
    offer('appl', [0, 4], ['tag:apple', 2]);
    await type('appl', 4, 150);
    expect(await press('Tab')).toBe(true);
    expect(await press('Enter')).toBe(false);
    expect(box().value).toBe('appl');
    expect(studio.list.query).toBe('appl');
    expect(options()).toEqual([]);
  });

  it('are no help when the server is away, and no harm', async () => {
    server.mode = 'down';
    await type('sta');
    expect(options()).toEqual([]);
    await press('ArrowDown');
    expect(box().value).toBe('sta');
  });
});

describe('conditions', () => {
  it('are pills but for the one at the cursor; without focus all are', async () => {
    await type('a or (tag:"b c" -x) "op');
    expect(pills()).toEqual(['a', 'tag:"b c"']);
    await at(9);
    expect(pills()).toEqual(['a']);
    act(() => box().blur());
    expect(pills()).toEqual(['a', 'tag:"b c"']);
  });

  it('go by their cross, with the word that joined them', async () => {
    await type('a or b c');
    act(() => box().blur());
    fireEvent.click(screen.getByRole('button', { name: 'Remove b' }));
    await settle();
    expect(box().value).toBe('a or c');
    fireEvent.click(screen.getByRole('button', { name: 'Clear search' }));
    await settle();
    expect(box().value).toBe('');
    expect(document.activeElement).toBe(box());
  });

  it('that are pasted on several lines become one', async () => {
    await type('status:failed\r\ntag:a\n');
    expect(studio.search.text).toBe('status:failed tag:a ');
  });
});

describe('a mistake', () => {
  const mistake = { token: 'colour:red', position: 6, expected: 'tag', instead: 'color:red' };

  beforeEach(() => {
    server.badQueries.set('😀 (a) colour:red', { message: 'Unknown field.', ...mistake });
  });

  it('is underlined where the server saw it, and said below', async () => {
    await type(' 😀 (a) colour:red ');
    expect(screen.getByRole('alert').textContent).toBe('Unknown field.');
    expect(box().getAttribute('aria-invalid')).toBe('true');
    expect(box().getAttribute('aria-describedby')).toBe(screen.getByRole('alert').id);
    const wrong = document.querySelectorAll('.jp-jr-mistake');
    expect([...wrong].map(one => one.textContent)).toEqual(['colour:red']);
  });

  it('is put right with a click when it is known what was meant', async () => {
    await type('😀 (a) colour:red b');
    expect(screen.queryByRole('button', { name: /^Did you mean/ })).toBeNull();
    await type('😀 (a) colour:red ');
    fireEvent.click(screen.getByRole('button', { name: /^Did you mean color:red/ }));
    await settle();
    expect(studio.list.query).toBe('😀 (a) color:red');
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('is not said while the word is being typed and there are ways to go on', async () => {
    offer('😀 (a) colour:red', [7, 17], ['tag:colour', 1]);
    await type('😀 (a) colour:red');
    expect(screen.queryByRole('alert')).toBeNull();
    await press('Escape');
    expect(screen.getByRole('alert')).toBeTruthy();
  });
});

describe('saved searches', () => {
  const star = () => screen.getByRole('button', { name: 'Saved searches' });
  const list = () => within(screen.getByRole('dialog', { name: 'Saved searches' }));

  it('are saved under a name, opened, renamed, pinned and deleted', async () => {
    await type('appl');
    fireEvent.click(star());
    const name = list().getByRole<HTMLInputElement>('textbox', { name: 'Name of the search' });
    expect(name.value).toBe('appl');
    fireEvent.change(name, { target: { value: 'Apples' } });
    fireEvent.keyDown(name, { key: 'Enter' });
    expect(studio.saved.all.map(one => [one.name, one.query])).toEqual([['Apples', 'appl']]);
    fireEvent.click(list().getByRole('button', { name: 'Show Apples as a section' }));
    expect(studio.saved.pinned.map(one => one.name)).toEqual(['Apples']);
    fireEvent.click(list().getByRole('button', { name: 'Rename Apples' }));
    const again = list().getByRole('textbox', { name: 'New name of Apples' });
    fireEvent.change(again, { target: { value: 'Fruit' } });
    fireEvent.click(list().getByRole('button', { name: 'Save' }));
    fireEvent.keyDown(list().getByRole('button', { name: 'Fruit' }), { key: 'Escape' });
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(document.activeElement).toBe(star());
    act(() => studio.search.set('other', true));
    fireEvent.click(star());
    fireEvent.click(list().getByRole('button', { name: 'Fruit' }));
    await settle();
    expect([box().value, studio.list.query]).toEqual(['appl', 'appl']);
    expect(document.activeElement).toBe(box());
    fireEvent.click(star());
    fireEvent.click(list().getByRole('button', { name: 'Delete Fruit' }));
    expect(studio.saved.all).toEqual([]);
    fireEvent.click(list().getByRole('button', { name: 'Undo' }));
    expect(studio.saved.all.map(one => one.name)).toEqual(['Fruit']);
    fireEvent.pointerDown(document.body);
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('are told how to make while there are none', () => {
    fireEvent.click(star());
    expect(list().getByText(/^Nothing is saved yet/)).toBeTruthy();
  });
});

describe('from elsewhere', () => {
  it('the box is focused by its command, with a text if one is given', async () => {
    addSearching(studio);
    await act(() => studio.commands.execute(CommandIds.focusSearch, { query: 'tag:a' }));
    expect(document.activeElement).toBe(box());
    expect([box().value, studio.list.query]).toEqual(['tag:a', 'tag:a']);
    act(() => box().blur());
    await act(() => studio.commands.execute(CommandIds.focusSearch));
    expect([document.activeElement, box().value]).toEqual([box(), 'tag:a']);
  });

  it('a search is narrowed by a tag, and follows the list', async () => {
    await type('apple');
    act(() => studio.search.narrow('tag:a=b'));
    expect(box().value).toBe('apple tag:a=b');
    await settle();
    await act(() => studio.list.setQuery('left so'));
    expect(box().value).toBe('left so');
  });
});
