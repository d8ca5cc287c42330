// Times and numbers as people read them.
import { describe, expect, it } from 'vitest';
import {
  asNumber,
  elapsedOf,
  etaOf,
  formatAgo,
  formatElapsed,
  formatNumber,
  formatValue,
  keyMetric,
  shortId
} from './format';
import { makeFinal, makeRun } from './testing/fakes';
import { english } from './trans';

describe('formatElapsed', () => {
  it.each([
    [0, '00:00'],
    [59.9, '00:59'],
    [252, '04:12'],
    [4807, '1:20:07'],
    [-3, '00:00']
  ])('writes %d s as %s', (seconds, text) => expect(formatElapsed(seconds)).toBe(text));

  it('writes hours always when asked to', () => expect(formatElapsed(252, true)).toBe('00:04:12'));
});

describe('formatAgo', () => {
  it.each([
    [2, 'now'],
    [42, '42s ago'],
    [150, '2m ago'],
    [3 * 3600 + 10, '3h ago'],
    [5 * 86400, '5d ago']
  ])('writes %d s back as %s', (back, text) =>
    expect(formatAgo(1e9 - back, 1e9, english)).toBe(text)
  );

  it('writes the date of what is long ago', () =>
    expect(formatAgo(1e9, 2e9, english)).toMatch(/^2001-09-0\d$/));
});

describe('formatNumber', () => {
  it.each([
    [0.0871234, '0.08712'],
    [0.942, '0.942'],
    [12.5, '12.5'],
    [1234567, '1234567'],
    [1234.56, '1234.6'],
    [0.00000012, '1.2e-7'],
    [0, '0'],
    [NaN, 'NaN'],
    [-Infinity, '−∞']
  ])('writes %d as %s', (value, text) => expect(formatNumber(value)).toBe(text));
});

describe('values of the wire', () => {
  it('reads NaN and infinities, which travel as text', () => {
    expect(asNumber('NaN')).toBeNaN();
    expect(asNumber('-Infinity')).toBe(-Infinity);
    expect(asNumber('0.5')).toBeNull();
  });

  it('writes anything in one short line', () => {
    expect(formatValue('NaN')).toBe('NaN');
    expect(formatValue([1, 2])).toBe('[1,2]');
    expect(formatValue(null)).toBe('–');
    expect(formatValue('aml://artifactId/ExperimentRun/dcid.run_1/plots/fig.png')).toBe(
      'plots/fig.png'
    );
    expect(formatValue('x'.repeat(100), 10)).toHaveLength(10);
  });
});

describe('times of a run', () => {
  it('stop at its end', () => {
    expect(elapsedOf(makeFinal({ started_at: 100, ended_at: 130 }), 999)).toBe(30);
    expect(elapsedOf(makeRun({ started_at: null }), 999)).toBeNull();
  });

  it('are foretold only from progress', () => {
    const progress = { done: 5, total: 20, message: null };
    expect(etaOf(makeRun({ started_at: 100, progress }), 110)).toBe(30);
    expect(etaOf(makeRun(), 110)).toBeNull();
  });
});

it('a row shows the number that was logged first', () => {
  const metric = { count: 1, min: 1, max: 1, updated_at: 1 };
  const metrics = {
    note: { ...metric, kind: 'text' as const, last: 'hello', min: null, max: null },
    loss: { ...metric, kind: 'number' as const, last: 0.23145 },
    acc: { ...metric, kind: 'number' as const, last: 1, updated_at: 9 }
  };
  expect(keyMetric(makeRun({ metrics }))).toEqual({ name: 'loss', text: '0.231' });
});

it('the short id of a submitted script is its end, as it begins with the experiment', () => {
  expect(shortId('explore-runs_1795524963_1688ecd9')).toBe('…88ecd9');
  expect(shortId('3f9c2a77d1')).toBe('3f9c2a');
});
