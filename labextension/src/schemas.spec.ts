// What is drawn of a file that anybody may have written.
import { describe, expect, it } from 'vitest';
import { drawingOf, fileOf, pictureType } from './schemas';

function drawn(schema_type: string, data: unknown) {
  return drawingOf(JSON.stringify({ schema_type, schema_version: '1.0.0', data }));
}

describe('the file that a metric names', () => {
  it('is known by its address', () => {
    const address = 'aml://artifactId/ExperimentRun/dcid.run_1/outputs/a b.png';
    expect(fileOf(address)).toEqual({ runId: 'run_1', name: 'outputs/a b.png' });
    for (const other of ['aml://artifactId/x', 'http://dcid.a/b', '', null, 7, {}]) {
      expect(fileOf(other)).toBeNull();
    }
    expect(pictureType('a/b.SVG')).toBe('image/svg+xml');
    expect(pictureType('matrix.json')).toBeNull();
    expect(pictureType('constructor')).toBeNull();
  });
});

describe('a confusion matrix', () => {
  it('has a label and a count for each class', () => {
    const found = drawn('confusion_matrix', {
      class_labels: ['a', 1],
      matrix: [
        [1, 2],
        [3, 4]
      ]
    });
    expect(found).toEqual({
      kind: 'matrix',
      labels: ['a', '1'],
      counts: [
        [1, 2],
        [3, 4]
      ],
      classes: 2
    });
  });

  it('has gaps where no number is, and no more classes than can be seen', () => {
    const odd = drawn('confusion_matrix', {
      class_labels: [{ html: '<img onerror=x>' }, null],
      matrix: [['NaN', '__proto__'], 'no row']
    });
    expect(odd).toMatchObject({ labels: ['{"html":"<img onerror=x>"}', '–'] });
    expect(odd).toMatchObject({
      counts: [
        [NaN, NaN],
        [NaN, NaN]
      ]
    });
    const labels = Array.from({ length: 500 }, (_, i) => i);
    const big = drawn('confusion_matrix', {
      class_labels: labels,
      matrix: labels.map(() => labels)
    });
    expect(big).toMatchObject({ classes: 500 });
    expect(big?.kind === 'matrix' && big.counts.length).toBe(40);
  });
});

describe('the other schemas', () => {
  it('give ROC and precision of each class, without points that divide by zero', () => {
    const table = [
      [10, 10, 0, 0],
      [8, 2, 8, 2],
      [0, 0, 10, 10]
    ];
    const found = drawn('accuracy_table', { class_labels: ['yes'], probability_tables: [table] });
    expect(found).toMatchObject({
      classes: [
        {
          label: 'yes',
          roc: { x: [0, 0.2, 1], y: [0, 0.8, 1] },
          precision: { x: [0.8, 1], y: [0.8, 0.5] }
        }
      ]
    });
    expect(found?.kind === 'accuracy' && found.classes[0]?.area).toBeCloseTo(0.8);
  });

  it('give bins between edges, open ones where there is one more', () => {
    const bars = (edges: unknown, counts: unknown) => {
      const found = drawn('residuals', { bin_edges: edges, bin_counts: counts });
      return found?.kind === 'residuals' ? found.bars : null;
    };
    expect(bars([0, 1, 2], [3, 'x'])).toEqual([
      { label: '0 – 1', count: 3 },
      { label: '1 – 2', count: 0 }
    ]);
    expect(bars([1], [3, 4])?.map(bar => bar.label)).toEqual(['< 1', '≥ 1']);
  });

  it('give the average within its error, and the line on which all would be right', () => {
    const data = {
      bin_averages: [1, 3],
      bin_errors: [0.5, null],
      bin_edges: [0, 2, 4],
      bin_counts: [1, 2]
    };
    expect(drawn('predictions', data)).toMatchObject({
      average: { x: [1, 3], y: [1, 3] },
      low: { x: [1], y: [0.5] },
      ideal: { x: [1, 3], y: [1, 3] }
    });
  });

  it('are nothing when they are anything else', () => {
    for (const text of ['', 'not JSON', 'null', '[]', '7', '{"schema_type":"residuals"}']) {
      expect(drawingOf(text)).toBeNull();
    }
    for (const schema of [
      'confusion_matrix',
      'accuracy_table',
      'residuals',
      'predictions',
      'toString'
    ]) {
      expect(drawn(schema, {})).toBeNull();
      expect(
        drawn(schema, { matrix: 1, class_labels: 2, probability_tables: [[[]]], bin_edges: {} })
      ).toBeNull();
    }
  });
});
