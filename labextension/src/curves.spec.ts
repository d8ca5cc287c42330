// What a chart makes of points: order, gaps, smoothing, and a table that a spreadsheet can take.
import { describe, expect, it } from 'vitest';
import type { Point } from './tokens';
import {
  curveOf,
  extentOf,
  extremes,
  moved,
  positive,
  smooth,
  summaryOf,
  withDetail
} from './curves';
import { english } from './trans';

describe('a curve', () => {
  it('is in order of x, with gaps where no number was logged', () => {
    const points: Point[] = [
      [2, 12, 5],
      [1, 11, 'NaN'],
      [3, 13, 'Infinity']
    ];
    const curve = curveOf({ points }, 'step', 10);
    expect(curve).toEqual({
      x: [1, 2, 3],
      y: [null, 5, null],
      odd: [
        [1, NaN],
        [3, Infinity]
      ]
    });
  });

  it('counts points without a step, and seconds since the run began', () => {
    const points: [null, number, number][] = [
      [null, 11, 1],
      [null, 14, 2]
    ];
    expect(curveOf({ points }, 'step', 10).x).toEqual([0, 1]);
    expect(curveOf({ points }, 'relative', 10).x).toEqual([1, 4]);
    expect(curveOf({ points }, 'wall', 10).x).toEqual([11, 14]);
  });

  it('is smoothed around gaps, and begins with its first value', () => {
    expect(smooth([4, 4, null, 4], 0.9)).toEqual([4, 4, null, 4].map(v => v && expect.closeTo(v)));
    expect(smooth([0, 10], 0.5)[1]).toBeCloseTo(20 / 3);
    expect(positive([1, 0, -1, null])).toEqual([1, null, null, null]);
    expect(extremes([null, 3, 1, 2])).toEqual({ first: 3, last: 2, min: 1, max: 3 });
    expect(extremes([null])).toBeNull();
  });
});

describe('detail', () => {
  const line = (...pairs: [number, number | string][]) =>
    curveOf({ points: pairs.map(([step, value]) => [step, 0, value]) }, 'step', 0);

  it('stands in place of the outline within its range', () => {
    const whole = line([0, 0], [10, 1], [20, 2], [30, 'NaN'], [40, 4]);
    const detail = line(
      [9, 8],
      [10, 1],
      [11, 7],
      ['NaN' as never, 0],
      [15, 'Infinity'],
      [20, 2],
      [21, 5]
    );
    expect(withDetail(whole, detail, { min: 10, max: 20 })).toEqual({
      x: [0, 10, 11, 15, 20, 30, 40],
      y: [0, 1, 7, null, 2, null, 4],
      odd: [
        [15, Infinity],
        [30, NaN]
      ]
    });
    expect(withDetail(whole, line(), { min: 50, max: 60 }).x).toEqual(whole.x);
  });

  it('is where points without a step really stand', () => {
    const points: Point[] = [
      [null, 0, 1],
      [null, 0, 2]
    ];
    expect(curveOf({ points, index: [0, 900] }, 'step', 0).x).toEqual([0, 900]);
  });
});

describe('a range', () => {
  const all = { min: 0, max: 100 };

  it('moves and grows within the axis; all of the axis is no zoom', () => {
    expect(moved({ min: 10, max: 30 }, all, 1, 0.2)).toEqual({ min: 14, max: 34 });
    expect(moved({ min: 5, max: 25 }, all, 1, -0.5)).toEqual({ min: 0, max: 20 });
    expect(moved({ min: 90, max: 100 }, all, 2)).toEqual({ min: 80, max: 100 });
    expect(moved({ min: 0, max: 100 }, all, 0.5)).toEqual({ min: 25, max: 75 });
    expect(moved({ min: 20, max: 80 }, all, 2)).toBeNull();
  });

  it('spans all curves', () => {
    const curve = (...x: number[]) => ({ x, y: [], odd: [] });
    expect(extentOf([curve(3, 9), curve(), curve(1)])).toEqual({ min: 1, max: 9 });
    expect(extentOf([curve()])).toBeNull();
  });
});

describe('a curve in words', () => {
  const said = (...values: unknown[]) => {
    const points = values.map((value, i): Point => [100 * i, i, value]);
    return summaryOf('loss', curveOf({ points }, 'step', 0), 'step', english);
  };

  it('tells where it began and ended, and what was no number', () => {
    expect(said(2.3, 3, 0.09)).toBe('loss fell from 2.3 to 0.09 in 200 steps, min 0.09, max 3.');
    expect(said(1, 'NaN', 2)).toBe(
      'loss rose from 1 to 2 in 200 steps, min 1, max 2. 1 value is no number.'
    );
    expect(said(1, 5, 1)).toBe('loss began and ended at 1 in 200 steps, min 1, max 5.');
    expect(said(4)).toBe('loss is 4.');
    expect(said('NaN', 'Infinity')).toBe('loss has no numbers yet. 2 values are no numbers.');
  });
});
