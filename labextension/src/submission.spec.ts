// The fields of the submit dialog: what they mean, and what is said of those that mean nothing.
import { describe, expect, it } from 'vitest';
import {
  EMPTY_FORM,
  experimentFor,
  FormError,
  requestOf,
  secondsOf,
  tagsOf,
  variablesOf
} from './submission';
import { english } from './trans';

describe('a form', () => {
  it('becomes a request: the folder of the script is the source', () => {
    const form = { ...EMPTY_FORM, path: './jobs/deep/train.py', experiment: ' digits ' };
    expect(
      requestOf({ ...form, arguments: ' --lr 0.1 ', limit: '2h', name: 'x' }, english)
    ).toEqual({
      source_directory: 'jobs/deep',
      script: 'train.py',
      arguments: '--lr 0.1',
      experiment: 'digits',
      compute_target: 'local',
      name: 'x',
      tags: {},
      max_run_duration_seconds: 7200,
      environment_variables: {}
    });
  });

  it('may name a folder above the script, or the top', () => {
    const form = { ...EMPTY_FORM, path: 'work/src/train.ipynb', experiment: 'e' };
    const found = requestOf({ ...form, folder: 'work/' }, english);
    expect([found.source_directory, found.script]).toEqual(['work', 'src/train.ipynb']);
    const top = requestOf({ ...form, folder: '.' }, english);
    expect([top.source_directory, top.script]).toEqual(['.', 'work/src/train.ipynb']);
    const plain = requestOf({ ...form, path: 'a.py' }, english);
    expect([plain.source_directory, plain.script]).toEqual(['.', 'a.py']);
  });

  it.each([
    [{ path: ' ' }, 'Script: name a Python file or a notebook.'],
    [{ experiment: '' }, 'Experiment: give it a name.'],
    [{ folder: 'other' }, 'Source folder: w/a.py is not in other.'],
    [{ limit: 'soon' }, 'Time limit: write e.g. 90s, 15m, 2h or 1d, not soon.'],
    [{ tags: '=x' }, 'Tags: =x has no name; write key or key=value.'],
    [{ variables: 'A' }, 'Environment: write NAME=value on each line, not A.']
  ])('with %j says what to change', (change, message) => {
    const form = { ...EMPTY_FORM, path: 'w/a.py', experiment: 'e', ...change };
    expect(() => requestOf(form, english)).toThrow(new FormError(message));
  });
});

describe('fields', () => {
  it('take times, tags and variables as people write them', () => {
    expect(['', '90', '1.5m', '1 d'].map(text => secondsOf(text, english))).toEqual([
      null,
      90,
      90,
      86400
    ]);
    expect(tagsOf('quality=fantastic run, baseline ,, note="a, b=c"', english)).toEqual({
      quality: 'fantastic run',
      baseline: null,
      note: 'a, b=c'
    });
    expect(variablesOf('A=1\r\n\nB=x=y \n', english)).toEqual({ A: '1', B: 'x=y ' });
  });

  it('suggest an experiment of the file', () => {
    expect(['a/My train (2).py', '_x.ipynb', '…'].map(experimentFor)).toEqual([
      'My-train-2',
      'x',
      'default'
    ]);
  });
});
