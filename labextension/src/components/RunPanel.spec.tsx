// The panel as its user meets it: what it says, what its buttons do, and that hostile text stays text.
import { act, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ShownStatus } from '../run';
import { statusWord } from '../status';
import { FakeSource, makeFinal, makeRun } from '../testing/fakes';
import { english } from '../trans';
import { RunPanel } from './RunPanel';
import { StatusIcon } from './StatusIcon';

afterEach(() => vi.useRealTimers());

function show(source: FakeSource, view: 'full' | 'mini' = 'full') {
  return render(<RunPanel source={source} trans={english} view={view} />);
}

const button = (name: string | RegExp) => screen.queryByRole('button', { name });
const click = async (name: string | RegExp) => {
  await act(async () => {
    fireEvent.click(screen.getByRole('button', { name }));
  });
};
const key = (element: Element, name: string) =>
  act(async () => {
    fireEvent.keyDown(element, { key: name });
  });

describe('Cancel', () => {
  const old = { started_at: Date.now() / 1000 - 3600 };

  it('of a young run without children is one click', async () => {
    const source = new FakeSource(makeRun());
    show(source);
    await click('Cancel run');
    expect(source.wishes).toEqual(['cancel']);
  });

  it('of a run with active children is asked back, with the focus on the answer', async () => {
    const source = new FakeSource(
      makeRun({ child_counts: { Running: 4, Queued: 3, Completed: 9 } })
    );
    show(source);
    await click('Cancel run');
    expect(source.wishes).toEqual([]);
    const question = screen.getByRole('group', { name: /^Cancel / });
    expect(question.textContent).toContain('Cancel lr-sweep and 7 active children?');
    expect(document.activeElement?.textContent).toBe('Cancel run');
    await click('Cancel run');
    expect(source.wishes).toEqual(['cancel']);
  });

  it('of a long run is asked back, and Keep running or Esc keep it', async () => {
    const source = new FakeSource(makeRun(old));
    show(source);
    await click('Cancel run');
    await click('Keep running');
    await click('Cancel run');
    await key(screen.getByText('Keep running'), 'Escape');
    expect(screen.queryByText('Keep running')).toBeNull();
    expect(source.wishes).toEqual([]);
  });

  it('that fails says why in one line', async () => {
    const source = new FakeSource(makeRun());
    source.refusal = 'The store is locked.\nsecond line';
    show(source);
    await click('Cancel run');
    expect(screen.getByRole('alert').textContent).toBe('The store is locked.');
  });

  it('is not offered for a run that has ended, nor where the run is not known', () => {
    show(new FakeSource(makeFinal()));
    expect(button('Cancel run')).toBeNull();
    show(new FakeSource(makeRun(), { readOnly: true }));
    expect(button('Cancel run')).toBeNull();
  });
});

describe('Force stop', () => {
  const wished = (seconds: number, change = {}) =>
    makeRun({
      shown_status: 'CancelRequested',
      cancel_requested_at: Date.now() / 1000 - seconds,
      ...change
    });

  it('comes ten seconds after the wish and not before', async () => {
    vi.useFakeTimers();
    show(new FakeSource(wished(0)));
    expect(screen.getByRole('status').textContent).toBe('Canceling…');
    await act(() => vi.advanceTimersByTimeAsync(9000));
    expect(button('Force stop')).toBeNull();
    await act(() => vi.advanceTimersByTimeAsync(2000));
    expect(button('Force stop')).not.toBeNull();
  });

  it('does nothing by itself, and restarts the kernel only when that is confirmed', async () => {
    const source = new FakeSource(wished(20));
    show(source);
    await click('Force stop');
    expect(screen.getByText(/cannot be interrupted between two steps/)).toBeTruthy();
    await click('Restart kernel');
    expect(source.wishes).toEqual([]);
    expect(screen.getByText(/All its variables are lost/)).toBeTruthy();
    await click('Restart kernel');
    expect(source.wishes).toEqual(['restart kernel-1']);
    await click('Force stop');
    await click('Interrupt kernel');
    expect(source.wishes).toEqual(['restart kernel-1', 'interrupt kernel-1']);
  });

  it('is not offered for a process that is no kernel', () => {
    show(new FakeSource(wished(20, { owner: { host: 'node7', pid: 5, kernel_id: null } })));
    expect(button('Force stop')).toBeNull();
    expect(screen.getByText('Waiting for process 5 on node7 to end.')).toBeTruthy();
  });
});

describe('tags', () => {
  async function add(source: FakeSource, text: string): Promise<HTMLElement> {
    show(source);
    await click('Add tag');
    const input = screen.getByLabelText('New tag');
    fireEvent.change(input, { target: { value: text } });
    await key(input, 'Enter');
    return input;
  }

  it('are added as key=value or as a key alone', async () => {
    const source = new FakeSource(makeRun());
    const input = await add(source, ' quality = fantastic run ');
    fireEvent.change(input, { target: { value: 'gpu' } });
    await key(input, 'Enter');
    expect(source.wishes).toEqual(['tags {"quality":"fantastic run"}', 'tags {"gpu":null}']);
    await key(input, 'Escape');
    expect(button('Add tag')).not.toBeNull();
  });

  it('without a key, or refused by the store, stay in the input with the reason', async () => {
    const source = new FakeSource(makeRun());
    const input = await add(source, '=1');
    expect(screen.getByRole('alert').textContent).toContain('A tag needs a name');
    source.refusal = 'Too long.';
    fireEvent.change(input, { target: { value: 'x' } });
    await key(input, 'Enter');
    expect(screen.getByRole('alert').textContent).toBe('Too long.');
    expect((input as HTMLInputElement).value).toBe('x');
  });

  it('are removed one by one; properties cannot be', async () => {
    const source = new FakeSource(
      makeRun({ tags: { quality: 'good', gpu: null }, properties: { author: 'ada' } })
    );
    show(source);
    expect(screen.getByText('quality: good')).toBeTruthy();
    expect(screen.getByText('gpu')).toBeTruthy();
    await click('Remove tag quality');
    expect(source.wishes).toEqual(['untag quality']);
    expect(screen.getByText('author: ada')).toBeTruthy();
    expect(button(/author/)).toBeNull();
  });
});

describe('what was recorded', () => {
  const recorded = {
    'jupyter_runs.python': '3.11.7',
    'jupyter_runs.later': 'yes',
    'jupyter_runs.script': 'train.py',
    'azureml.git.branch': 'main',
    'azureml.git.commit': '4be1c0d94be1c0d9',
    'mlflow.source.git.commit': '4be1c0d94be1c0d9',
    'mlflow.source.git.branch': 'main',
    'azureml.git.dirty': 'True',
    '_azureml.ComputeTargetType': 'local',
    ContentSnapshotId: '7d11'
  };
  const rows = (container: HTMLElement) =>
    [...container.querySelectorAll('.jp-jr-recorded-list > div')].map(row => row.textContent);

  it('is one quiet button beside the properties of the author, and a list that it opens', async () => {
    const properties = { ...recorded, author: 'ada' };
    const { container } = show(new FakeSource(makeRun({ properties })));
    expect(screen.getByText('author: ada')).toBeTruthy();
    expect(container.textContent).not.toContain('3.11.7');
    expect(screen.getByText('git 4be1c0*')).toBeTruthy();
    expect(screen.getByText('Commit 4be1c0 with uncommitted changes')).toBeTruthy();
    const opener = () => screen.getByRole('button', { name: 'Recorded (7)' });
    expect(opener().getAttribute('aria-expanded')).toBe('false');
    await click('Recorded (7)');
    expect(opener().getAttribute('aria-expanded')).toBe('true');
    expect(container.querySelector('dl')?.id).toBe(opener().getAttribute('aria-controls'));
    expect(rows(container)).toEqual([
      'Commit4be1c0d94be1c0d9 with uncommitted changes',
      'Branchmain',
      'Python3.11.7',
      'Scripttrain.py',
      'Snapshot7d11',
      'Targetlocal',
      'jupyter_runs.lateryes'
    ]);
    await click('Recorded (7)');
    expect(rows(container)).toEqual([]);
  });

  it('of a run that is archived says how to bring it back', () => {
    show(new FakeSource(makeFinal({ archived_at: 1 })));
    expect(screen.getByText('run.reactivate()')).toBeTruthy();
  });

  it('is not there for a run without it, and has no commit outside of a repository', async () => {
    const { container, unmount } = show(new FakeSource(makeRun({ properties: { a: 'b' } })));
    expect(button(/Recorded/)).toBeNull();
    unmount();
    show(new FakeSource(makeRun({ properties: { 'jupyter_runs.host': 'h' } })));
    expect(button('Recorded (1)')).not.toBeNull();
    expect(screen.queryByText(/^git/)).toBeNull();
    expect(screen.queryByText('Properties')).toBeNull();
    expect(container.textContent).toBe('');
  });
});

describe('a submitted script', () => {
  const script = {
    type: 'azureml.scriptrun',
    owner: { host: 'here', pid: 42, kernel_id: null },
    params: { lr: '0.1' },
    properties: { 'jupyter_runs.script': 'train.py' }
  };

  it('shows its arguments as parameters and starts before it runs', () => {
    const starting = { status: 'Preparing', shown_status: 'Preparing', started_at: null } as const;
    show(new FakeSource(makeRun({ ...script, ...starting })));
    expect(screen.getByText('lr: 0.1')).toBeTruthy();
    expect(screen.getByRole('status').textContent).toBe('Starting');
    expect(button('Cancel run')).not.toBeNull();
  });

  it('that does not obey is waited for: there is no kernel to interrupt', () => {
    const cancel_requested_at = Date.now() / 1000 - 60;
    const wished = { shown_status: 'CancelRequested', cancel_requested_at } as const;
    show(new FakeSource(makeRun({ ...script, ...wished })));
    expect(screen.getByText('Waiting for process 42 on here to end.')).toBeTruthy();
    expect(button(/kernel/)).toBeNull();
  });
});

describe('what a panel says', () => {
  it('of a failed run: the error, and the traceback folded', () => {
    const error = {
      code: 'ValueError',
      message: 'bad rate\nmore',
      traceback: '\x1b[31mTrace\x1b[0m'
    };
    show(new FakeSource(makeFinal({ shown_status: 'Failed', status: 'Failed', error })));
    expect(screen.getByText('ValueError: bad rate')).toBeTruthy();
    expect(screen.getByText('Trace').className).toBe('jp-jr-fg-red');
  });

  it('of a canceled run: by whom, from where', () => {
    const change = { cancel_by: 'ada', cancel_via: 'sidebar' };
    show(new FakeSource(makeFinal({ shown_status: 'Canceled', status: 'Canceled', ...change })));
    expect(screen.getByText('Canceled by ada, from the sidebar')).toBeTruthy();
  });

  it('of a silent run: its last heartbeat', () => {
    const heartbeat_at = Date.now() / 1000 - 8 * 3600;
    show(new FakeSource(makeRun({ shown_status: 'NotResponding', heartbeat_at })));
    expect(screen.getByText(/^Last heartbeat \d\d:\d\d:\d\d \(8h ago\)$/)).toBeTruthy();
  });

  it('of progress: a bar with numbers, and the time it will take', () => {
    const progress = { done: 13, total: 20, message: 'trial 13' };
    show(new FakeSource(makeRun({ started_at: Date.now() / 1000 - 130, progress })));
    const bar = screen.getByRole('progressbar');
    expect(bar.getAttribute('aria-valuenow')).toBe('13');
    expect(bar.getAttribute('aria-valuetext')).toBe('13/20 trial 13');
    expect(screen.getByText(/ETA ~01:1\d/)).toBeTruthy();
  });

  it('of time: it ticks while the run runs, and stands still in a recorded one', async () => {
    vi.useFakeTimers();
    show(new FakeSource(makeRun()));
    expect(screen.getByText('00:00:10')).toBeTruthy();
    await act(() => vi.advanceTimersByTimeAsync(3000));
    expect(screen.getByText('00:00:13')).toBeTruthy();
    const at = Date.now() / 1000;
    show(new FakeSource(makeRun({ started_at: at - 75 }), { frozenAt: at }));
    await act(() => vi.advanceTimersByTimeAsync(3000));
    expect(screen.getByText('00:01:15')).toBeTruthy();
  });

  it('of metrics: last, smallest and largest value, and a curve told in words', () => {
    const metric = { kind: 'number' as const, count: 3, updated_at: 1 };
    const metrics = {
      loss: { ...metric, last: 0.087, min: 0.087, max: 2.3 },
      note: { ...metric, kind: 'text' as const, last: 'Hello from run!', min: null, max: null }
    };
    const points = [2.3, 'NaN', 0.087].map((v, i) => [i, 0, v] as [number, number, unknown]);
    const series = [{ name: 'loss', kind: 'number' as const, count: 3, points }];
    show(new FakeSource(makeRun({ metrics }), { series }));
    expect(screen.getByText('min 0.087 · max 2.3')).toBeTruthy();
    expect(
      screen.getByRole('img', { name: 'loss went from 2.3 to 0.087 in 3 values' })
    ).toBeTruthy();
    expect(screen.getByText('Hello from run!')).toBeTruthy();
  });

  it('of children: how many have which status, and each in a row that can be opened', async () => {
    const source = new FakeSource(makeRun({ child_counts: { Running: 1, Failed: 1 } }));
    source.children = [
      makeRun({ run_id: 'c1', name: 'trial-1', parent_id: 'aaaaaa-1' }),
      makeFinal({ run_id: 'c2', name: 'trial-2', parent_id: 'aaaaaa-1', shown_status: 'Failed' })
    ];
    await act(async () => void show(source));
    const rows = within(screen.getByRole('tree')).getAllByRole('treeitem');
    expect(rows.map(row => row.textContent)).toEqual([
      expect.stringContaining('trial-1'),
      expect.stringContaining('trial-2')
    ]);
    expect(rows[1]?.textContent).toContain('Failed');
    rows[0]?.focus();
    await key(rows[0] as Element, 'ArrowDown');
    expect(document.activeElement).toBe(rows[1]);
    await key(rows[1] as Element, 'Enter');
    expect(source.wishes).toEqual(['open c2']);
  });

  it('of old values: since when, without hiding them', () => {
    show(new FakeSource(makeFinal(), { note: 'recorded 2026-11-23 14:02, not in this store' }));
    expect(screen.getByRole('note').textContent).toContain('recorded 2026-11-23 14:02');
    expect(screen.getByText('lr-sweep')).toBeTruthy();
  });
});

it('a mini panel is its header until it is unfolded', async () => {
  show(new FakeSource(makeRun({ tags: { gpu: null } })), 'mini');
  expect(screen.queryByText('gpu')).toBeNull();
  await click('Show details');
  expect(screen.getByText('gpu')).toBeTruthy();
});

it('hostile text is text everywhere', async () => {
  const evil = "<img src=x onerror='window.hit=1'><script>window.hit=2</script>";
  const error = { code: evil, message: evil, traceback: evil };
  const metric = {
    kind: 'text' as const,
    count: 1,
    last: evil,
    min: null,
    max: null,
    updated_at: 1
  };
  const source = new FakeSource(
    makeFinal({
      ...{ name: evil, experiment: evil, description: evil, error, cancel_by: evil },
      ...{ tags: { [evil]: evil }, params: { [evil]: evil } },
      ...{ properties: { [evil]: evil, [`jupyter_runs.${evil}`]: evil, ContentSnapshotId: evil } },
      ...{ metrics: { [evil]: metric }, child_counts: { Completed: 1 } }
    }),
    { logTail: evil, note: evil }
  );
  source.children = [makeFinal({ run_id: 'c', name: evil, parent_id: 'aaaaaa-1' })];
  let container: HTMLElement = document.body;
  await act(async () => {
    container = show(source).container;
  });
  await click(/^Recorded/);
  expect(container.querySelector('img, script, iframe')).toBeNull();
  expect(container.textContent).toContain(evil);
});

it('listens only while it is on screen', () => {
  const source = new FakeSource(makeRun());
  const { unmount } = show(source);
  expect(source.changed.listeners).toBeGreaterThan(0);
  unmount();
  expect(source.changed.listeners).toBe(0);
});

it('every status has a shape of its own and a word', () => {
  const statuses: ShownStatus[] = [
    ...(['Queued', 'Preparing', 'Running', 'Finalizing', 'CancelRequested'] as const),
    ...(['Completed', 'Failed', 'Canceled', 'NotResponding'] as const)
  ];
  const shapes = statuses.map(status => {
    const { container, unmount } = render(<StatusIcon status={status} />);
    const drawing = container.querySelector('svg')?.innerHTML;
    unmount();
    return drawing;
  });
  expect(new Set(shapes).size).toBe(statuses.length);
  expect(statuses.map(status => statusWord(status, english))).toEqual([
    ...['Queued', 'Starting', 'Running', 'Finishing', 'Canceling…'],
    ...['Completed', 'Failed', 'Canceled', 'Not responding']
  ]);
});
