// Logged rows and tables as one table, in any order.
import { describe, expect, it } from 'vitest';
import { isNumeric, ordered, tableOf } from './datatable';
import type { Point } from './tokens';

function points(...values: unknown[]): Point[] {
  return values.map(value => [null, 0, value]);
}

describe('a table', () => {
  it('has a column for each name that any row has', () => {
    const table = tableOf('row', points({ x: 1 }, { y: 'b', x: 2 }, null, 'odd'));
    expect(table).toEqual({
      columns: ['x', 'y'],
      rows: [
        [1, undefined],
        [2, 'b']
      ]
    });
    expect([isNumeric(table, 0), isNumeric(table, 1)]).toEqual([true, false]);
  });

  it('goes on with the rows of the next one that was logged; columns may be of any length and name', () => {
    const first = { lr: [0.1, 'NaN'], loss: [1] };
    const table = tableOf('table', points(first, JSON.parse('{"lr": 3, "__proto__": [9]}')));
    expect(table.columns).toEqual(['lr', 'loss', '__proto__']);
    expect(table.rows).toEqual([
      [0.1, 1, undefined],
      ['NaN', undefined, undefined],
      [3, undefined, 9]
    ]);
    expect(isNumeric(table, 0)).toBe(true);
  });

  it('is ordered by numbers as numbers, what is missing last in both directions', () => {
    const rows = [['b'], [10], [undefined], [9], ['Infinity'], [null], ['a']];
    const order = (down: boolean) => ordered(rows, { column: 0, down }).map(([cell]) => cell);
    expect(order(false)).toEqual([9, 10, 'Infinity', 'a', 'b', undefined, null]);
    expect(order(true)).toEqual(['Infinity', 10, 9, 'b', 'a', undefined, null]);
  });
});
