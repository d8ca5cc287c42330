// The widget module: drawn from traits, wishes by message where there is no server, nothing left behind.
import { act, fireEvent, screen } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RunsApi } from './api';
import { FakeServer, makeRun } from './testing/fakes';
import widget from './widget';
import { WidgetModel, WidgetRunSource } from './widgetsource';

class FakeModel implements WidgetModel {
  readonly traits: Record<string, unknown> = { _snapshot: {}, view: 'full' };
  readonly sent: Record<string, unknown>[] = [];
  private readonly callbacks = new Map<string, Set<(...args: unknown[]) => void>>();

  get(name: string): unknown {
    return this.traits[name];
  }

  on(event: string, callback: (...args: unknown[]) => void): void {
    this.callbacks.set(event, (this.callbacks.get(event) ?? new Set()).add(callback));
  }

  off(event: string, callback: (...args: unknown[]) => void): void {
    this.callbacks.get(event)?.delete(callback);
  }

  send(content: unknown): void {
    this.sent.push(content as Record<string, unknown>);
  }

  set(name: string, value: unknown): void {
    this.traits[name] = value;
    this.emit(`change:${name}`);
  }

  emit(event: string, ...args: unknown[]): void {
    this.callbacks.get(event)?.forEach(callback => callback(...args));
  }

  get listeners(): number {
    return [...this.callbacks.values()].reduce((n, set) => n + set.size, 0);
  }
}

const snapshot = (change = {}) => ({
  ...{ schema: 1, run: makeRun(change), children: [], series: [] },
  ...{ log_tail: 'hello', view: 'full', recorded_at: 1 }
});

afterEach(() => vi.useRealTimers());

async function draw(model: FakeModel): Promise<() => void> {
  const el = document.body.appendChild(document.createElement('div'));
  let dispose: () => void = () => undefined;
  await act(async () => {
    dispose = widget.render({ model, el });
  });
  return () => {
    act(() => dispose());
    el.remove();
  };
}

it('waits for the first snapshot, then follows it, and takes all listeners back', async () => {
  const model = new FakeModel();
  const dispose = await draw(model);
  expect(screen.getByText('Loading…')).toBeTruthy();
  await act(async () => model.set('_snapshot', snapshot()));
  expect(screen.getByRole('status').textContent).toBe('Running');
  expect(screen.getByText('hello')).toBeTruthy();
  await act(async () =>
    model.set('_snapshot', snapshot({ shown_status: 'Completed', is_final: true }))
  );
  expect(screen.getByRole('status').textContent).toBe('Completed');
  dispose();
  expect(model.listeners).toBe(0);
});

it('changes its view when the trait does', async () => {
  const model = new FakeModel();
  model.traits['_snapshot'] = snapshot({ tags: { gpu: null } });
  const dispose = await draw(model);
  expect(screen.getByText('gpu')).toBeTruthy();
  await act(async () => model.set('view', 'mini'));
  expect(screen.queryByText('gpu')).toBeNull();
  dispose();
});

it('a trait that holds rubbish shows no blank panel', async () => {
  const model = new FakeModel();
  model.traits['_snapshot'] = { run: { run_id: 'x', tags: 7, metrics: [] }, children: 'no' };
  const dispose = await draw(model);
  expect(screen.getByRole('region', { name: 'Run' }).textContent).toContain('x');
  dispose();
});

describe('wishes', () => {
  it('go by message where there is no server, and come back as they were answered', async () => {
    const model = new FakeModel();
    model.traits['_snapshot'] = snapshot();
    const dispose = await draw(model);
    await act(async () => void fireEvent.click(screen.getByRole('button', { name: 'Cancel run' })));
    expect(model.sent).toEqual([{ type: 'action', id: 1, action: 'cancel' }]);
    expect(screen.getByRole('status').textContent).toBe('Canceling…');
    await act(async () => model.emit('msg:custom', { type: 'reply', id: 1, error: 'No.' }));
    expect(screen.getByRole('alert').textContent).toBe('No.');
    expect(screen.getByRole('status').textContent).toBe('Running');
    dispose();
  });

  it('that a busy kernel does not answer say so; a cancel goes on being wished for', async () => {
    vi.useFakeTimers();
    const model = new FakeModel();
    model.traits['_snapshot'] = snapshot();
    const source = new WidgetRunSource(model, async () => null);
    const tags = expect(source.setTags({ a: null })).rejects.toThrow(/kernel is busy/);
    const cancel = source.cancel();
    await vi.advanceTimersByTimeAsync(6000);
    await tags;
    await cancel;
    expect(source.state.run?.shown_status).toBe('CancelRequested');
    source.dispose();
  });

  it('go to the server of the page when it has the extension', async () => {
    const server = new FakeServer();
    server.put(makeRun());
    const model = new FakeModel();
    model.traits['_snapshot'] = snapshot();
    const source = new WidgetRunSource(model, async () => server.api);
    await source.cancel();
    await source.setTags({ a: null });
    expect(server.count('POST /runs/aaaaaa-1/cancel')).toBe(1);
    expect(source.state.run?.tags).toEqual({ a: null });
    expect(model.sent).toEqual([]);
    source.dispose();
  });

  it('fall back to a message when the server does not know the run', async () => {
    const model = new FakeModel();
    model.traits['_snapshot'] = snapshot();
    const source = new WidgetRunSource(model, async () => new FakeServer().api as RunsApi);
    const done = source.removeTag('a');
    await vi.waitFor(() => expect(model.sent).toHaveLength(1));
    expect(model.sent[0]).toMatchObject({ action: 'remove_tag', key: 'a' });
    model.emit('msg:custom', { type: 'reply', id: 1, error: null });
    await done;
    source.dispose();
  });
});

it('a run in the bin says so and cannot be changed', async () => {
  const model = new FakeModel();
  model.traits['_snapshot'] = snapshot({ status: 'Completed', is_final: true, deleted_at: 1 });
  const remove = await draw(model);
  expect(screen.getByRole('note').textContent).toContain('run.restore() brings it back');
  expect(screen.queryByRole('button', { name: 'Add tag' })).toBeNull();
  remove();
});
