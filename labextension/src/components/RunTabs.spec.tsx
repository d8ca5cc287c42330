// The views of a run that need no server: children in columns, parameters in tables.
import { act, fireEvent, render, screen, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { bestRuns, columnsOf, isLowerBetter, sorted, varyingParams } from '../childcolumns';
import { FakeServer, FakeSource, makeFinal, makeRun } from '../testing/fakes';
import type { RunData } from '../run';
import { english } from '../trans';
import { ParamsTab, pythonDict } from './ParamsTab';
import { RunPanel } from './RunPanel';

function metric(last: unknown): RunData['metrics'] {
  const rest = { count: 1, min: null, max: null, updated_at: 0 };
  return { loss: { kind: 'number', last, ...rest } };
}

const child = (n: number, change: Partial<RunData> = {}) =>
  makeFinal({
    run_id: `c${n}`,
    name: `trial-${n}`,
    parent_id: 'aaaaaa-1',
    params: { lr: String(n), layers: '2' },
    metrics: metric(1 / n),
    ...change
  });

const texts = (elements: HTMLElement[]) => elements.map(element => element.textContent);

describe('The columns of children', () => {
  it('are the params that differ, the key metrics and the time', () => {
    expect(columnsOf([child(1), child(2)]).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'name ',
      'param lr',
      'metric loss',
      'time '
    ]);
    expect(varyingParams([child(1), child(1, { params: { lr: '1' } })])).toEqual(['layers']);
  });

  it('sort numbers as numbers and names as people count; what is missing comes last', () => {
    const runs = [child(10), child(9), child(2, { params: {} })];
    const names = (name: string, down: boolean) =>
      sorted(runs, { column: { kind: name ? 'param' : 'name', name }, down }, 0).map(r => r.name);
    expect(names('lr', false)).toEqual(['trial-9', 'trial-10', 'trial-2']);
    expect(names('lr', true)).toEqual(['trial-10', 'trial-9', 'trial-2']);
    expect(names('', false)).toEqual(['trial-2', 'trial-9', 'trial-10']);
  });

  it('mark the best value, and none where all are the same or NaN', () => {
    const runs = [child(1), child(2), child(3, { metrics: metric('NaN') })];
    expect([...bestRuns(runs, 'loss', true)]).toEqual(['c2']);
    expect([...bestRuns(runs, 'loss', false)]).toEqual(['c1']);
    expect([...bestRuns([child(1), child(1)], 'loss', true)]).toEqual([]);
    expect([isLowerBetter('val_loss'), isLowerBetter('accuracy')]).toEqual([true, false]);
  });
});

describe('The children of a run', () => {
  const parent = makeRun({ child_counts: { Running: 1, Completed: 2 } });

  function show() {
    const server = new FakeServer();
    const running = child(3, {
      is_final: false,
      status: 'Running',
      shown_status: 'Running',
      name: '<img src=x>'
    });
    const source = Object.assign(new FakeSource(parent), { api: server.api });
    source.children = [running, child(1), child(2)];
    server.runs = [parent, ...source.children];
    render(<RunPanel source={source} trans={english} view="full" />);
    return { server, source };
  }

  it('are filtered by status, sorted by a column and opened by a click', async () => {
    const { source } = show();
    fireEvent.click(screen.getByRole('tab', { name: 'Children 3' }));
    const tree = await screen.findByRole('tree', { name: 'Children of lr-sweep' });
    const rows = () => texts(within(tree).queryAllByRole('treeitem'));
    expect(rows()[0]).toContain('<img src=x>');
    fireEvent.click(screen.getByRole('button', { name: 'Sort by lr' }));
    expect(rows()[0]).toContain('trial-1');
    fireEvent.click(screen.getByRole('button', { name: 'Sort by lr' }));
    fireEvent.click(screen.getByRole('button', { name: '2 Completed' }));
    expect(rows()).toHaveLength(2);
    expect(rows()[0]).toContain('trial-2lr 2loss 0.5');
    fireEvent.click(within(tree).getByText('trial-2'));
    expect(source.wishes).toEqual(['open c2']);
  });

  it('are canceled together after a question, those alone that are at work', async () => {
    const { server } = show();
    fireEvent.click(screen.getByRole('tab', { name: 'Children 3' }));
    fireEvent.click(screen.getByRole('button', { name: 'Cancel active children' }));
    const question = screen.getByRole('group', { name: 'Cancel 1 active child?' });
    const bulk = vi.spyOn(server.api, 'bulk').mockResolvedValue({ done: ['c3'], failed: [] });
    await act(async () =>
      fireEvent.click(within(question).getByRole('button', { name: 'Cancel children' }))
    );
    expect(bulk.mock.calls).toEqual([['ws', 'cancel', ['c3'], { via: 'panel' }]]);
  });
});

describe('Params', () => {
  it('are copied as a dict that Python reads, with numbers as numbers', () => {
    expect(
      pythonDict([
        ['lr', '0.1'],
        ['who', 'o"\n'],
        ['deep', 'True'],
        ['id', '007']
      ])
    ).toBe('{\n    "lr": 0.1,\n    "who": "o\\"\\n",\n    "deep": True,\n    "id": "007",\n}');
  });

  it('have a filter when there are many, and provenance folded', () => {
    const params = Object.fromEntries(
      Array.from({ length: 11 }, (_, n) => [`p${n}`, `<b>${n}</b>`])
    );
    const properties = { author: 'ada', 'jupyter_runs.python': '3.11' };
    render(<ParamsTab run={makeRun({ params, properties })} />);
    fireEvent.change(screen.getByRole('searchbox', { name: 'Filter' }), {
      target: { value: 'p10' }
    });
    const table = screen.getByRole('table', { name: 'Parameters' });
    expect(texts(within(table).getAllByRole('row'))).toEqual(['p10<b>10</b>']);
    expect(screen.getByText('Recorded (1)')).toBeTruthy();
  });
});
