// Which cells are runs already.
import { expect, it } from 'vitest';
import { asExperiment } from './cellmagic';

it.each([
  '%%run_experiment',
  '%%run_experiment digits --name x\n1',
  '# note\n\n%%child_run a\n1',
  '%%run_experiment\n%%time\n1'
])('%j is a run', source => {
  expect(asExperiment(source)).toBe(source);
});

it.each([
  '',
  '1 + 1',
  '%%time\n1',
  '%%run_experiments',
  '%run_panel',
  'x = """\n%%run_experiment"""'
])('%j becomes one', source => {
  expect(asExperiment(source)).toBe(`%%run_experiment\n${source}`);
});
