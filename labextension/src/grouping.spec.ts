// What runs are grouped by, and what of a kept view can be trusted.
import { expect, it } from 'vitest';
import { DEFAULT_VIEW, GroupBy, groupKey, sorted, valueOf, viewFrom } from './grouping';
import { makeRun } from './testing/fakes';

const run = makeRun({
  tags: { q: 'good', bare: null },
  properties: { 'jupyter_runs.notebook': 'work/a.ipynb' }
});

it.each<[GroupBy, string]>([
  ['experiment', 'exp:explore-runs'],
  ['notebook', 'notebook:work/a.ipynb'],
  ['status', 'status:Running'],
  ['none', 'none?'],
  ['tag:q', 'tag:q:good'],
  ['tag:bare', 'tag:bare?'],
  ['tag:none', 'tag:none!']
])('a run belongs to one group by %s', (by, key) => {
  expect(groupKey(by, valueOf(by, run))).toBe(key);
});

it('a search keeps an order of its own, and an open quotation takes none', () => {
  expect(sorted('exp:a', '-dur')).toBe('exp:a sort:-dur');
  expect(sorted('exp:a', '')).toBe('exp:a');
  expect(sorted('exp:a sort:name', '-dur')).toBe('exp:a sort:name');
  expect(sorted('tag:"a', '-dur')).toBe('tag:"a');
});

it('of a kept view only what makes sense is taken', () => {
  const view = { by: 'tag:q', sort: 'name', compact: true, archived: true };
  expect(viewFrom(view)).toEqual(view);
  expect(viewFrom({ by: 'colour', sort: 1, compact: 'yes' })).toEqual(DEFAULT_VIEW);
  expect(viewFrom(undefined)).toEqual(DEFAULT_VIEW);
});
