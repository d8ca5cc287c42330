// Comparisons of texts: what is told apart, what is folded, and that hostile text stays text.
import { act, fireEvent, render, screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { diffLines, diffRows } from '../difflines';
import { DiffView } from './DiffView';

const numbered = (n: number) => Array.from({ length: n }, (_, i) => `line ${i + 1}\n`).join('');

async function show(left: string, right: string) {
  render(<DiffView left={left} leftTitle="run #1" right={right} rightTitle="run #2" />);
  await screen.findByRole('region', { name: 'Differences of run #1 and run #2' });
}

describe('Differences', () => {
  it('have the numbers of both texts', async () => {
    const { lines, removed, added } = await diffLines('a\nb\nc\n', 'a\nB\nc\nd\n');
    expect([removed, added]).toEqual([1, 2]);
    expect(lines.map(({ kind, left, right, text }) => [kind, left, right, text])).toEqual([
      ['same', 1, 1, 'a'],
      ['removed', 2, null, 'b'],
      ['added', null, 2, 'B'],
      ['same', 3, 3, 'c'],
      ['added', null, 4, 'd']
    ]);
  });

  it('are folded between changes, three lines around each stay', async () => {
    const right = numbered(100).replace('line 50\n', 'line fifty\n');
    const { lines } = await diffLines(numbered(100), right);
    const rows = diffRows(lines, false, new Set());
    expect(rows).toHaveLength(1 + 3 + 2 + 3 + 1);
    expect(rows[0]).toEqual({ from: 0, count: 46 });
    expect(diffRows(lines, false, new Set([0]))).toHaveLength(46 + 3 + 2 + 3 + 1);
    expect(diffRows(lines, true, new Set())).toHaveLength(1 + 3 + 1 + 3 + 1);
  });

  it('of very long texts are those of their beginnings', async () => {
    const { isCut, lines } = await diffLines(numbered(20_001), numbered(20_001));
    expect(isCut).toBe(true);
    expect(lines).toHaveLength(20_000);
  });

  it('are shown with signs, unified or side by side, and unfold', async () => {
    await show(numbered(30), numbered(30).replace('line 30', 'the <b>last</b>'));
    const table = screen.getByRole('table');
    expect(table.textContent).toContain('removed: −line 30');
    expect(table.textContent).toContain('added: +the <b>last</b>');
    expect(table.textContent).not.toContain('line 26');
    fireEvent.click(screen.getByRole('button', { name: 'Show 26 unchanged lines' }));
    expect(table.textContent).toContain('line 26');
    await act(async () => fireEvent.click(screen.getByRole('button', { name: 'Side by side' })));
    const row = within(screen.getByRole('table')).getAllByRole('row').at(-1);
    expect(row?.textContent).toContain('removed: −line 30');
    expect(row?.textContent).toContain('added: +the <b>last</b>');
  });

  it('that are none are said to be none; ends of lines are told apart from that', async () => {
    await show('same\n', 'same\n');
    expect(screen.getByText('No differences: run #1 and run #2 are the same.')).toBeTruthy();
    render(<DiffView left={'a\r\n'} leftTitle="one" right={'a\n'} rightTitle="two" />);
    expect(await screen.findByText('Only the ends of lines differ.')).toBeTruthy();
  });
});
