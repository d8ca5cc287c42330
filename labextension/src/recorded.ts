// Where a run comes from: the properties that nobody set by hand, told apart from the author's own.
//
// The list is that of `RECORDED` in format.py.
import type { Translate } from './tokens';

type Properties = Record<string, string>;

const COMMIT = 'azureml.git.commit';
const DIRTY = 'azureml.git.dirty';
const SCRIPT = 'jupyter_runs.script';
const PREFIXES = ['jupyter_runs.', 'azureml.git.', 'mlflow.source.git.', '_azureml.'];

/** Say the same once more, or are told beside the commit: key -> the key that says it. */
const TOLD: Properties = {
  'mlflow.source.git.commit': COMMIT,
  'mlflow.source.git.branch': 'azureml.git.branch',
  'mlflow.source.git.repoURL': 'azureml.git.repository_uri',
  [DIRTY]: COMMIT
};

function labels(trans: Translate): Map<string, string> {
  return new Map([
    [COMMIT, trans.__('Commit')],
    ['azureml.git.branch', trans.__('Branch')],
    ['azureml.git.repository_uri', trans.__('Repository')],
    ['jupyter_runs.python', trans.__('Python')],
    ['jupyter_runs.packages', trans.__('Packages')],
    ['jupyter_runs.host', trans.__('Host')],
    ['jupyter_runs.user', trans.__('User')],
    [SCRIPT, trans.__('Script')],
    ['jupyter_runs.arguments', trans.__('Arguments')],
    ['jupyter_runs.notebook', trans.__('Notebook')],
    ['jupyter_runs.cell', trans.__('Cell')],
    ['jupyter_runs.source', trans.__('Source')],
    ['ContentSnapshotId', trans.__('Snapshot')],
    ['_azureml.ComputeTargetType', trans.__('Target')]
  ]);
}

function isRecorded(key: string): boolean {
  return key === 'ContentSnapshotId' || PREFIXES.some(prefix => key.startsWith(prefix));
}

/** One line of the list; `note` is not part of the value. */
export interface RecordedRow {
  key: string;
  label: string;
  value: string;
  note: string | null;
}

/** The commit in six characters, and whether files had been changed since; null outside of a repository. */
export interface GitMark {
  short: string;
  isDirty: boolean;
}

export interface Sorted {
  own: Properties;
  recorded: RecordedRow[];
  git: GitMark | null;
}

/** The properties of the author, and the recorded ones: first those that have a label, in its order, then the others. */
export function sortProperties(properties: Properties, trans: Translate): Sorted {
  const entries = Object.entries(properties);
  const known = labels(trans);
  const commit = properties[COMMIT];
  const isDirty = properties[DIRTY] === 'True';
  const named = [...known].flatMap(([key, label]): RecordedRow[] => {
    const value = properties[key];
    const note = key === COMMIT && isDirty ? trans.__('with uncommitted changes') : null;
    return value === undefined ? [] : [{ key, label, value, note }];
  });
  const rest = entries.flatMap(([key, value]): RecordedRow[] => {
    const said = TOLD[key] !== undefined && TOLD[key] in properties;
    const show = isRecorded(key) && !known.has(key) && !said;
    return show ? [{ key, label: key, value, note: null }] : [];
  });
  return {
    own: Object.fromEntries(entries.filter(([key]) => !isRecorded(key))),
    recorded: [...named, ...rest],
    git: commit ? { short: commit.slice(0, 6), isDirty } : null
  };
}

/** What a submitted script is called: its file or its command; null for any other run. */
export function scriptOf(run: { type: string | null; properties: Properties }): string | null {
  return run.type === 'azureml.scriptrun' ? (run.properties[SCRIPT] ?? '') : null;
}
