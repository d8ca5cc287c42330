// What a chart is fed with: lines on one axis, gaps that stay gaps, ticks that can be told apart.
import uPlot from 'uplot';
import { describe, expect, it } from 'vitest';
import { around, tick, xTick } from './axes';
import { curveOf } from './curves';
import { dataOf, PlotProps, valueRange } from './plot';
import type { Point } from './tokens';

function props(change: Partial<PlotProps>): PlotProps {
  const rest = { log: false, smoothing: 0, group: 'g', zoom: null, active: null } as const;
  return { lines: [], axis: 'step', ...rest, ...change };
}

function line(id: string, points: Point[]) {
  return { id, label: id, curve: curveOf({ points }, 'step', 0) };
}

describe('the data of a chart', () => {
  it('has every x of any line once; a line without a value there goes on, a gap stays one', () => {
    const lines = [
      line('a', [
        [0, 0, 1],
        [2, 0, 'NaN'],
        [4, 0, 3]
      ]),
      line('b', [
        [1, 0, 5],
        [2, 0, 6]
      ])
    ];
    const [x, a, b] = dataOf(uPlot, props({ lines }));
    expect(x).toEqual([0, 1, 2, 4]);
    expect(a?.[2]).toBeNull();
    expect(a?.[3]).toBe(3);
    expect(b).toEqual([undefined, 5, 6, undefined]);
  });

  it('has the average behind each line that is smoothed, and no number below zero on a log scale', () => {
    const lines = [
      line('a', [
        [0, 0, -1],
        [1, 0, 4]
      ])
    ];
    expect(dataOf(uPlot, props({ lines, log: true, smoothing: 0.5 }))).toEqual([
      [0, 1],
      [null, 4],
      [null, 4]
    ]);
    expect(dataOf(uPlot, props({}))).toEqual([[]]);
  });
});

describe('what is in view', () => {
  it('is the next step on both sides of a single point', () => {
    expect(around(7)).toEqual({ min: 6, max: 8 });
    expect(around(0)).toEqual({ min: -1, max: 1 });
  });

  it('is a small range above a line that is all zero', () => {
    expect(valueRange(uPlot, 0, 0)).toEqual([0, 1]);
    expect(valueRange(uPlot, null, null)).toEqual([null, null]);
    expect(valueRange(uPlot, 0, 100)[1]).toBeGreaterThanOrEqual(100);
  });
});

describe('ticks', () => {
  it('have as many digits as tell them apart', () => {
    expect([0.1234, 0.1235].map(value => tick(value, 0.0001))).toEqual(['0.1234', '0.1235']);
    expect([0, 250, 1000].map(value => tick(value, 250))).toEqual(['0', '250', '1000']);
    expect([1.2e7, 1.25e7].map(value => tick(value, 5e5))).toEqual(['1.2e7', '1.25e7']);
    expect(tick(2e-7, 1e-7)).toBe('2e-7');
  });

  it('of time are in seconds, minutes or days', () => {
    expect(xTick('relative', 90, 30)).toBe('01:30');
    expect(xTick('relative', 0.25, 0.05)).toBe('0.25 s');
    expect(xTick('wall', new Date(2026, 10, 25, 14, 2, 9).getTime() / 1000, 60)).toBe('14:02');
    expect(xTick('wall', new Date(2026, 10, 25).getTime() / 1000, 86_400)).toBe('11-25');
  });
});
