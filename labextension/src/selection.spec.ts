// Which runs are selected: a parent covers its children, and one of them can be taken out again.
import { beforeEach, expect, it, vi } from 'vitest';
import type { RunData } from './run';
import { Place, Selection } from './selection';
import { makeRun } from './testing/fakes';

const root = makeRun({ run_id: 'root' });
const child = (id: string, parent = root) =>
  makeRun({ run_id: id, parent_id: parent.run_id, root_id: 'root' });
const [a, b, c] = [child('a'), child('b'), child('c')];
const [a1, a2] = [child('a1', a), child('a2', a)];
const other = makeRun({ run_id: 'other' });

const children: Record<string, RunData[]> = { root: [a, b, c], a: [a1, a2] };
const at = (run: RunData, ...above: RunData[]): Place => ({ run, above });

let selection: Selection;
const ids = () => selection.runs.map(run => run.run_id).sort();

beforeEach(() => {
  selection = new Selection(run => children[run.run_id] ?? []);
});

it('a selected parent covers its children and takes the place of those that were selected', () => {
  selection.toggle(at(b, root));
  expect(selection.mark(at(root))).toBe('some');
  selection.toggle(at(root));
  expect(ids()).toEqual(['root']);
  expect(selection.mark(at(b, root))).toBe('covered');
  expect(selection.mark(at(a1, root, a))).toBe('covered');
  expect(selection.mark(at(other))).toBeNull();
});

it('a covered child goes out, and everything beside it stays', () => {
  selection.select([at(root), at(other)]);
  selection.toggle(at(a1, root, a));
  expect(ids()).toEqual(['a2', 'b', 'c', 'other']);
  expect(selection.mark(at(root))).toBe('some');
  expect(selection.mark(at(a, root))).toBe('some');
  expect(selection.mark(at(a1, root, a))).toBeNull();
});

it('a row that is covered by an earlier one of a range is not selected itself', () => {
  selection.select([at(root), at(a, root), at(other)]);
  expect(ids()).toEqual(['other', 'root']);
});

it('follows the runs: newer values, and those that are gone', () => {
  const told = vi.fn();
  selection.select([at(root), at(other)]);
  selection.changed.connect(told);
  selection.apply(new Map([['root', { ...root, rev: 2, name: 'renamed' }]]), []);
  expect(selection.runs[0]?.name).toBe('renamed');
  selection.apply(new Map(), ['other']);
  expect(ids()).toEqual(['root']);
  selection.apply(new Map([['nobody', other]]), ['nobody']);
  expect(told).toHaveBeenCalledTimes(2);
});

it('is cleared once', () => {
  const told = vi.fn();
  selection.select([at(root)]);
  selection.changed.connect(told);
  selection.clear();
  selection.clear();
  expect(selection.runs).toEqual([]);
  expect(told).toHaveBeenCalledTimes(1);
});
