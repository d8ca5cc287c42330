// The sidebar as its user meets it: rows, keys, search, empty and broken states.
import { act, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunList } from '../runlist';
import { RunsModel } from '../runs';
import { FakeServer, makeFinal, makeRun } from '../testing/fakes';
import { makeStudio } from '../testing/studio';
import { RunSidebar } from './RunSidebar';

let server: FakeServer;
let model: RunsModel;
let list: RunList;
let opened: string[];

const settle = (ms = 2500) => act(() => vi.advanceTimersByTimeAsync(ms));

async function show(): Promise<HTMLElement> {
  const { container } = render(<RunSidebar studio={makeStudio(list, opened)} />);
  list.setVisible(true);
  void list.start();
  await settle();
  return container;
}

/** The row of the run with this name. */
function item(name: string): HTMLElement | undefined {
  const rows = screen.getByRole('tree').querySelectorAll<HTMLElement>('[role=treeitem]');
  const nameOf = (row: HTMLElement) => row.querySelector('.jp-jr-row-name')?.textContent;
  return [...rows].find(row => nameOf(row)?.includes(name));
}

beforeEach(() => {
  vi.useFakeTimers();
  opened = [];
  server = new FakeServer();
  model = new RunsModel({ api: server.api, events: server.events });
  list = new RunList(model);
});

afterEach(() => {
  list.dispose();
  model.dispose();
  vi.useRealTimers();
});

describe('rows', () => {
  beforeEach(() => {
    const error = { code: 'ValueError', message: 'bad rate\nmore', traceback: null };
    server.put(makeFinal({ run_id: 'f', name: 'bad', shown_status: 'Failed', error }));
    server.put(makeRun({ run_id: 'p', name: 'sweep', child_counts: { Running: 2 } }));
    server.put(makeRun({ run_id: 'q', name: 'train', tags: { a: null, b: 'x', c: null } }), false);
  });

  it('say status, name, what failed, tags and how many more', async () => {
    const tags = { 'azureml.batch_child_number': '7', trial: null };
    server.put(makeFinal({ run_id: 'c', name: 'child', tags }));
    await show();
    expect(item('child')?.textContent).toContain('trial');
    expect(item('child')?.textContent).not.toContain('azureml');
    const text = (name: string) => item(name)?.textContent;
    expect(text('bad')).toContain('Failed');
    expect(text('bad')).toContain('ValueError: bad rate');
    expect(text('train')).toMatch(/ab: x\+1/);
    expect(text('sweep')).toContain('2');
  });

  it('of a script say so in their tooltip, and that they are starting', async () => {
    const starting = { status: 'Preparing', shown_status: 'Preparing', started_at: null } as const;
    const properties = { 'jupyter_runs.script': 'code/train.py' };
    server.put(
      makeRun({ run_id: 's', name: 'batch', type: 'azureml.scriptrun', properties, ...starting })
    );
    await show();
    const row = item('batch');
    expect(row?.querySelector('.jp-jr-item')?.getAttribute('title')).toContain(
      'Script code/train.py'
    );
    expect(row?.querySelector('.jp-jr-when')?.textContent).toBe('starting');
  });

  it('can be canceled: at once, or after a question where children would go too', async () => {
    await show();
    fireEvent.click(screen.getByRole('button', { name: 'Cancel run train' }));
    await settle();
    expect(server.count('POST /runs/q/cancel')).toBe(1);
    fireEvent.click(screen.getByRole('button', { name: 'Cancel run sweep' }));
    await settle();
    expect(server.count('POST /runs/p/cancel')).toBe(0);
    expect(screen.getByText('Cancel sweep and 2 active children?')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Cancel run' }));
    await settle();
    expect(server.count('POST /runs/p/cancel')).toBe(1);
    expect(screen.queryByRole('button', { name: 'Cancel run sweep' })).toBeNull();
  });

  it('unfold to children, open with Enter, and are walked with the arrow keys', async () => {
    for (const [run_id, name] of [
      ['d', 'other'],
      ['c', 'trial']
    ]) {
      server.put(makeRun({ run_id, name, parent_id: 'p', root_id: 'p' }), false);
    }
    await show();
    const sweep = item('sweep');
    expect(sweep?.getAttribute('aria-expanded')).toBe('false');
    act(() => sweep?.focus());
    fireEvent.keyDown(sweep as Element, { key: 'ArrowRight' });
    await settle();
    const trial = item('trial');
    expect(trial?.getAttribute('aria-level')).toBe('3');
    expect(trial?.getAttribute('aria-setsize')).toBe('2');
    fireEvent.keyDown(item('sweep') as Element, { key: 'ArrowRight' });
    await settle();
    expect(document.activeElement).toBe(item('trial'));
    fireEvent.keyDown(item('trial') as Element, { key: 'Enter' });
    expect(opened).toEqual(['c']);
    fireEvent.keyDown(item('trial') as Element, { key: 'ArrowLeft' });
    await settle();
    expect(document.activeElement).toBe(item('sweep'));
  });
});

it('ten thousand runs need few elements', async () => {
  for (let i = 0; i < 10_000; i += 1) {
    server.runs.push(makeFinal({ run_id: `r${i}`, name: `run ${i}`, rev: 1 }));
  }
  const container = await show();
  for (let i = 0; i < 12; i += 1) {
    list.more('exp:explore-runs');
    await settle(100);
  }
  expect(list.sections[0]?.runs.length).toBeGreaterThan(500);
  expect(container.querySelectorAll('*').length).toBeLessThan(500);
});

describe('with nothing to show', () => {
  it('says how to make a run', async () => {
    const container = await show();
    expect(container.textContent).toContain(
      'No runs yet. Put %%run_experiment my-experiment at the top of a cell.'
    );
  });

  it('says what did not match, and clears it', async () => {
    server.put(makeFinal());
    const container = await show();
    fireEvent.change(screen.getByRole('combobox'), { target: { value: 'tag:qualty' } });
    await settle();
    expect(container.textContent).toContain('No runs match tag:qualty.');
    expect(screen.queryByRole('button', { name: /^Did you mean/ })).toBeNull();
    fireEvent.click(screen.getByRole('button', { name: 'Clear' }));
    await settle();
    expect(container.textContent).toContain('lr-sweep');
  });

  it('says what was probably meant', async () => {
    server.put(makeFinal());
    const meant = { text: 'sweep', token: 'swep', label: 'sweep', count: 1 };
    server.corrections.set('swep', [meant]);
    const container = await show();
    fireEvent.change(screen.getByRole('combobox'), { target: { value: 'swep' } });
    await settle();
    fireEvent.click(screen.getByRole('button', { name: 'Did you mean sweep (1)?' }));
    await settle();
    expect(container.textContent).toContain('lr-sweep');
    expect(screen.getByRole<HTMLTextAreaElement>('combobox').value).toBe('sweep');
  });

  it('says what to enable when the server extension is missing', async () => {
    server.mode = 'missing';
    const container = await show();
    expect(container.textContent).toContain(
      'Run jupyter server extension enable jupyter_runs and restart.'
    );
  });

  it('says that it waits for the server, and keeps what it has', async () => {
    server.put(makeFinal());
    const container = await show();
    server.mode = 'down';
    await settle(40_000);
    expect(container.textContent).toMatch(/Live updates paused — retrying… Values as of \d\d:\d\d/);
    expect(container.textContent).toContain('lr-sweep');
  });
});

it('a bad query says what is wrong under the box', async () => {
  server.put(makeFinal());
  server.badQueries.set('foo:1', 'Unknown field foo.');
  await show();
  fireEvent.change(screen.getByRole('combobox'), { target: { value: 'foo:1' } });
  await settle();
  expect(screen.getByRole('alert').textContent).toBe('Unknown field foo.');
});
