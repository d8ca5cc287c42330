// What a chart makes of points: order, gaps, smoothing, and a table that a spreadsheet can take.
import { describe, expect, it } from 'vitest';
import { csvOf, curveOf, extremes, positive, smooth } from './curves';

describe('a curve', () => {
  it('is in order of x, with gaps where no number was logged', () => {
    const curve = curveOf(
      [
        [2, 12, 5],
        [1, 11, 'NaN'],
        [3, 13, 'Infinity']
      ],
      'step',
      10
    );
    expect(curve).toEqual({ x: [1, 2, 3], y: [null, 5, null] });
  });

  it('counts points without a step, and seconds since the run began', () => {
    const points: [null, number, number][] = [
      [null, 11, 1],
      [null, 14, 2]
    ];
    expect(curveOf(points, 'step', 10).x).toEqual([0, 1]);
    expect(curveOf(points, 'relative', 10).x).toEqual([1, 4]);
    expect(curveOf(points, 'wall', 10).x).toEqual([11, 14]);
  });

  it('is smoothed around gaps, and begins with its first value', () => {
    expect(smooth([4, 4, null, 4], 0.9)).toEqual([4, 4, null, 4].map(v => v && expect.closeTo(v)));
    expect(smooth([0, 10], 0.5)[1]).toBeCloseTo(20 / 3);
    expect(positive([1, 0, -1, null])).toEqual([1, null, null, null]);
    expect(extremes([null, 3, 1, 2])).toEqual({ first: 3, last: 2, min: 1, max: 3 });
    expect(extremes([null])).toBeNull();
  });
});

describe('CSV', () => {
  it('quotes what has commas and defuses what looks like a formula', () => {
    const text = csvOf([
      { name: 'a,b', kind: 'text', count: 2, points: [[1, 0, '=1+1']] },
      { name: 'n', kind: 'number', count: 1, points: [[null, 0, -2]] }
    ]);
    expect(text.split('\n')).toEqual([
      'metric,step,time,value',
      `"a,b",1,1970-01-01T00:00:00.000Z,'=1+1`,
      'n,,1970-01-01T00:00:00.000Z,-2',
      ''
    ]);
  });
});
