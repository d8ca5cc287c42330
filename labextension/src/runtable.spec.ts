// The table of an experiment: what is asked of the server, what the feed changes, what selections and columns do.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { allColumns, columnOf, defaultColumns, orderOf, rawValue } from './columns';
import { csvLine } from './csv';
import { runsCode, tableCode } from './dataframecode';
import { RunsModel } from './runs';
import { RunTable } from './runtable';
import { groupTerm, splitOrder } from './tablequery';
import { RunSelection } from './tableselection';
import { ALL, FIRST_VIEW, readView } from './tableview';
import { FakeServer, makeFinal, makeRun } from './testing/fakes';
import { nextPlace } from './components/table/Grid';
import { moved } from './components/table/ColumnChooser';
import { tagChanges } from './components/table/editors';
import type { ColumnsData } from './tokens';

const COLUMNS: ColumnsData = {
  total: 3,
  params: [
    { key: 'lr', count: 3, distinct: 2 },
    { key: 'batch', count: 3, distinct: 1 },
    { key: 'rare', count: 1, distinct: 1 }
  ],
  tags: [{ key: 'fold', count: 2, distinct: 2 }],
  properties: [{ key: 'author', count: 1, distinct: 1 }],
  metrics: ['a', 'b', 'c', 'd', 'e'].map(name => ({ name, kind: 'number', count: 3 }))
};

describe('columns', () => {
  it('begin with params that differ and four metrics', () => {
    const ids = defaultColumns(COLUMNS).filter(id => id.includes(':'));
    const metrics = ['metric:a', 'metric:b', 'metric:c', 'metric:d'];
    expect(ids).toEqual(['param:lr', 'param:rare', ...metrics]);
  });

  it('are sorted by as a search does, with quotes where they are needed', () => {
    const order = (id: string) => {
      const column = columnOf(id);
      return column && orderOf(column);
    };
    expect(order('metric.min:val loss')).toBe('metric.min:"val loss"');
    expect(order('param:lr')).toBe('param:lr');
    expect(order('tags')).toBeNull();
    expect(order('param:a"b')).toBe('param:"a""b"');
    expect(columnOf('nonsense:x')).toBeNull();
  });

  it('can all be chosen, each metric three ways, and moved', () => {
    const ids = allColumns(COLUMNS).map(({ id }) => id);
    expect(ids).toContain('metric.max:e');
    expect(ids).toContain('prop:author');
    expect(moved(['a', 'b', 'c'], 'c', 0)).toEqual(['c', 'a', 'b']);
    expect(moved(['a', 'b', 'c'], 'a', 1)).toEqual(['b', 'a', 'c']);
  });

  it('tell a tag without a value from one that is not there', () => {
    const run = makeFinal({ tags: { plain: null } });
    const value = (id: string) => {
      const column = columnOf(id);
      return column && rawValue(run, column, 0);
    };
    expect(value('tag:plain')).toBe('');
    expect(value('tag:other')).toBeUndefined();
  });
});

describe('search texts', () => {
  it('give their order to the header', () => {
    const split = splitOrder('tag:"a sort:x" sort:-metric:"val loss" fast');
    expect(split.order).toBe('-metric:"val loss"');
    expect(split.rest.replace(/ +/g, ' ')).toBe('tag:"a sort:x" fast');
    expect(splitOrder(' plain ')).toEqual({ rest: 'plain', order: null });
  });

  it('find the runs of a group', () => {
    expect(groupTerm('param:lr', '0.1')).toBe('param:lr="0.1"');
    expect(groupTerm('param:"a b"', 'c d')).toBe('param:"a b"="c d"');
    expect(groupTerm('param:lr', null)).toBe('-param:lr');
    expect(groupTerm('status', 'NotResponding')).toBe('status:notresponding');
    expect(groupTerm('tag:x', '')).toBe('tag:x (-tag:x^="" or tag:x="")');
    expect(groupTerm('param:lr', 'a"b')).toBe('param:lr="a""b"');
  });
});

it('values of a file are quoted, and no formulas', () => {
  expect(csvLine(['a,b', 1.5, undefined, '=1+1', '-1+1', '-2', 'x"y'])).toBe(
    `"a,b",1.5,,'=1+1,'-1+1,-2,"x""y"\r\n`
  );
});

describe('keys', () => {
  const go = (key: string, whole = false) => nextPlace({ row: 4, column: 2 }, key, 10, 5, 3, whole);
  it('move over the grid and stay in it', () => {
    expect(go('ArrowDown')).toEqual({ row: 5, column: 2 });
    expect(go('PageDown')).toEqual({ row: 7, column: 2 });
    expect(go('Home')).toEqual({ row: 4, column: 0 });
    expect(go('End', true)).toEqual({ row: 9, column: 4 });
    expect(nextPlace({ row: 0, column: 0 }, 'ArrowUp', 10, 5, 3, false)?.row).toBe(-1);
    expect(nextPlace({ row: 9, column: 4 }, 'ArrowRight', 10, 5, 3, false)?.column).toBe(4);
    expect(go('x')).toBeNull();
  });
});

it('tags are changed by what differs', () => {
  const old = { a: '1', b: null, c: 'x' };
  expect(tagChanges(old, { a: '2', b: null, d: null })).toEqual({
    set: { a: '2', d: null },
    remove: ['c']
  });
});

it('a selection grows from where it began, and loses what is deleted', () => {
  const runs = ['a', 'b', 'c', 'd'].map(run_id => makeRun({ run_id }));
  const selection = new RunSelection();
  const ids = () => selection.runs.map(run => run.run_id).join('');
  const pick = (at: number, how: 'only' | 'toggle' | 'extend') => {
    const run = runs[at];
    if (run) {
      selection.pick(run, how, runs);
    }
  };
  pick(1, 'only');
  pick(3, 'extend');
  expect(ids()).toBe('bcd');
  pick(0, 'extend');
  expect(ids()).toBe('ab');
  pick(3, 'toggle');
  expect(ids()).toBe('abd');
  selection.update([], ['b']);
  expect(ids()).toBe('ad');
});

describe('the table', () => {
  let server: FakeServer;
  let model: RunsModel;
  let table: RunTable;
  const settle = (ms = 3000) => vi.advanceTimersByTimeAsync(ms);

  beforeEach(async () => {
    vi.useFakeTimers();
    server = new FakeServer();
    server.routes.set('/columns', () => COLUMNS);
    const none = { n: 0, mean: null, sd: null, median: null, min: null, max: null };
    const groups = [{ value: '1', count: 83, stats: [none, { ...none, n: 2, mean: 0.5 }] }];
    server.routes.set('/aggregate', () => ({ runs: 250, total: 1, groups }));
    for (let n = 0; n < 250; n += 1) {
      const params = { lr: String(n % 3) };
      server.put(makeFinal({ run_id: `r${n}`, name: `run ${n}`, number: n, params }), false);
    }
    model = new RunsModel({ api: server.api, events: server.events });
    table = new RunTable({ model, experiment: 'explore-runs', workspace: null });
    void table.start(FIRST_VIEW, '');
    await settle();
  });

  afterEach(() => {
    table.dispose();
    model.dispose();
    vi.useRealTimers();
  });

  it('loads pages as they are looked at', async () => {
    expect(table.listing(ALL).runs).toHaveLength(100);
    expect(table.total).toBe(250);
    table.more(ALL);
    await settle(10);
    table.more(ALL);
    await settle(10);
    expect(table.listing(ALL).runs).toHaveLength(250);
    table.more(ALL);
    expect(table.listing(ALL)).toMatchObject({ loading: false, next: null });
  });

  it('lets the server sort: up, down, and as before', async () => {
    table.sortBy('metric:acc');
    await settle(10);
    expect(server.asked.join()).toContain('q=sort%3Ametric%3Aacc');
    table.sortBy('metric:acc');
    expect(table.order).toBe('-metric:acc');
    table.sortBy('metric:acc');
    expect(table.order).toBeNull();
  });

  it('obeys an order in the search, until a header is used', async () => {
    table.setQuery('run sort:-name');
    await settle(10);
    expect(table.order).toBe('-name');
    table.sortBy('number');
    await settle(10);
    expect(table.query).toBe('run');
    expect(table.searchText).toBe('run sort:number');
  });

  it('takes news in place at once, and new runs soon', async () => {
    const old = table.listing(ALL).runs[3];
    server.put({ ...makeFinal(), ...old, name: 'renamed' });
    await settle(300);
    expect(table.listing(ALL).runs[3]?.name).toBe('renamed');
    server.put(makeRun({ run_id: 'new', name: 'newcomer' }));
    await settle();
    expect(table.listing(ALL).runs[0]?.name).toBe('newcomer');
    expect(table.total).toBe(251);
  });

  it('keeps the last good rows when a search does not parse', async () => {
    server.badQueries.set('bad(', 'The parenthesis is never closed.');
    table.setQuery('bad(');
    await settle(10);
    expect(table.error).toBe('The parenthesis is never closed.');
    expect(table.listing(ALL).runs).toHaveLength(100);
  });

  it('asks for the figures of groups, and for the runs of one when it is unfolded', async () => {
    table.setView({ group: 'param:lr', columns: ['dur', 'metric:acc', 'param:lr'] });
    await settle(10);
    const asked = server.asked.join('\n');
    expect(asked).toContain('by=param%3Alr&value=dur&value=metric%3Aacc');
    expect(table.groups?.[0]).toMatchObject({ value: '1', count: 83, term: 'param:lr="1"' });
    expect(table.groups?.[0]?.stats.get('metric:acc')).toMatchObject({ n: 2, mean: 0.5 });
    table.toggleGroup('=1');
    await settle(10);
    expect(server.asked.join('\n')).toContain('q=param%3Alr%3D%221%22');
  });

  it('gives all rows for a download', async () => {
    let rows = 0;
    for await (const page of table.all()) {
      rows += page.runs.length;
    }
    expect(rows).toBe(250);
  });
});

it('what was remembered is read as far as it makes sense', () => {
  expect(readView(undefined)).toEqual(FIRST_VIEW);
  expect(readView({ columns: ['status', 3], order: 7, children: true, group: 'tag:x' })).toEqual({
    columns: ['status'],
    order: null,
    children: true,
    group: 'tag:x'
  });
});

describe('Python code', () => {
  it('names the workspace only where it is not the one of the server', () => {
    const status = {
      version: '1',
      workspace: 'ws',
      workspaces: [
        { key: 'ws', name: 'mine', path: '/mine' },
        { key: 'other', name: 'other', path: '/o"ther' }
      ],
      cursor: '1',
      server_time: 1,
      host: 'here'
    };
    expect(runsCode(status, [makeRun({ workspace: 'ws' })])).toContain('Workspace.from_config()');
    expect(runsCode(status, [makeRun({ workspace: 'other' })])).toContain('Workspace("/o\\"ther")');
  });

  it('asks for few runs at a time, because a search text has an end', () => {
    const runs = Array.from({ length: 200 }, (_, n) => makeRun({ run_id: `run-${n}` }));
    expect(runsCode(null, runs)).toContain('pandas.concat');
  });

  it('of a table has its columns, extremes and groups', () => {
    const view = { ...FIRST_VIEW, group: 'param:"a b"' };
    const columns = ['number', 'metric.min:loss', 'param:a b'];
    const rest = { status: null, workspace: null, experiment: 'x', query: 'tag:"q"' };
    const code = tableCode({ ...rest, view, columns });
    expect(code).toContain('to_dataframe(query="tag:\\"q\\"")');
    expect(code).toContain('metrics="min"');
    expect(code).toContain('.groupby("params.a b"');
  });
});
