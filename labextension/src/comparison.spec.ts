// Runs side by side: what differs, which value is best, where a run stands on its axes.
import { describe, expect, it } from 'vitest';
import { columnOf } from './columns';
import {
  axisOf,
  bestOf,
  brushed,
  defaultAxes,
  factsOf,
  guessDirection,
  numberAt,
  ParallelAxis,
  placeOn
} from './comparison';
import type { MetricSummary, RunData } from './run';
import { makeFinal } from './testing/fakes';

function metric(last: unknown, change: Partial<MetricSummary> = {}): MetricSummary {
  const min = typeof last === 'number' ? last : null;
  return { kind: 'number', count: 1, last, min, max: min, updated_at: 1, ...change };
}

function run(id: string, change: Partial<RunData>): RunData {
  return makeFinal({ run_id: id, name: id, started_at: 10, ended_at: 20, ...change });
}

const RUNS = [
  run('a', { params: { lr: '0.1', batch: '32', net: 'cnn' }, metrics: { loss: metric(0.5) } }),
  run('b', { params: { lr: '0.001', batch: '32', net: 'mlp' }, metrics: { loss: metric(0.25) } }),
  run('c', { params: { batch: '32', net: 'cnn' }, tags: { seen: null }, metrics: {} })
];
const OPTIONS = { which: 'last', directions: {}, now: 30 } as const;

function axis(id: string, runs = RUNS): ParallelAxis {
  const column = columnOf(id);
  const found = column && axisOf(runs, column, 30);
  if (!found) {
    throw new Error(`no axis ${id}`);
  }
  return found;
}

describe('facts', () => {
  const facts = (options = {}) => factsOf(RUNS, { ...OPTIONS, ...options });
  const fact = (id: string, options = {}) => facts(options).find(({ column }) => column.id === id);

  it('differ where a value is another one, or is not there', () => {
    const differing = facts().filter(({ differs }) => differs);
    const ids = differing.map(({ column }) => column.id);
    expect(ids).toEqual(['param:lr', 'param:net', 'metric:loss', 'tag:seen']);
    expect(fact('param:batch')?.differs).toBe(false);
    expect(fact('param:lr')?.values).toEqual(['0.1', '0.001', undefined]);
  });

  it('have the best value by the direction of the name, or by the one that was chosen', () => {
    expect(fact('metric:loss')?.best).toEqual([1]);
    expect(fact('metric:loss', { directions: { loss: 'max' } })?.best).toEqual([0]);
    expect(fact('metric.min:loss', { which: 'min' })?.best).toEqual([1]);
    expect(guessDirection('val_loss')).toBe('min');
    expect(guessDirection('glossiness')).toBe('max');
  });

  it('have no best value where all are alike, and several where some are', () => {
    expect(bestOf([1, 1], 'max')).toEqual([]);
    expect(bestOf([1, undefined], 'max')).toEqual([]);
    expect(bestOf([3, 1, 3, 'NaN', 'Infinity'], 'max')).toEqual([0, 2]);
  });

  it('of tables and rows are no values', () => {
    const odd = run('d', { metrics: { rows: metric(null, { kind: 'row' }) } });
    expect(factsOf([odd, odd], OPTIONS).some(({ section }) => section === 'metrics')).toBe(false);
  });
});

describe('axes', () => {
  it('are logarithmic for a hundredfold range, categories for texts, nothing without values', () => {
    expect(axis('param:lr')).toMatchObject({ scale: 'log', min: 0.001, max: 0.1 });
    expect(axis('metric:loss').scale).toBe('linear');
    expect(axis('param:net')).toMatchObject({ scale: 'category', categories: ['cnn', 'mlp'] });
    const none = columnOf('param:nothing');
    expect(none && axisOf(RUNS, none, 30)).toBeNull();
    const signed = [-1, 1000].map(lr => run(String(lr), { params: { lr: String(lr) } }));
    expect(axis('param:lr', signed).scale).toBe('linear');
  });

  it('have places for values, and none for those that are missing', () => {
    expect(placeOn(axis('param:lr'), '0.01')).toBeCloseTo(0.5);
    expect(numberAt(axis('param:lr'), 0.5)).toBeCloseTo(0.01);
    expect(placeOn(axis('param:lr'), undefined)).toBeNull();
    expect(placeOn(axis('param:net'), 'mlp')).toBe(1);
    expect(placeOn(axis('metric:loss'), 'NaN')).toBeNull();
    expect(placeOn(axis('metric:loss', RUNS.slice(0, 1)), 0.5)).toBe(0.5);
  });

  it('begin with what differs and end with the metric', () => {
    expect(defaultAxes(RUNS, 'loss', 'min')).toEqual(['param:lr', 'param:net', 'metric.min:loss']);
  });

  it('keep the runs that are within all brushes, their ends included', () => {
    const axes = [axis('param:lr'), axis('metric:loss')];
    const ids = (brushes: Record<string, [number, number]>) =>
      brushed(RUNS, axes, brushes, 30).map(({ run_id }) => run_id);
    expect(ids({})).toEqual(['a', 'b', 'c']);
    expect(ids({ 'param:lr': [0, 1] })).toEqual(['a', 'b']);
    expect(ids({ 'param:lr': [0.9, 1], 'metric:loss': [0, 1] })).toEqual(['a']);
    expect(ids({ 'param:lr': [0.9, 1], 'metric:loss': [0, 0.5] })).toEqual([]);
    expect(ids({ 'param:unknown': [0, 0.5] })).toEqual(['a', 'b', 'c']);
  });
});
