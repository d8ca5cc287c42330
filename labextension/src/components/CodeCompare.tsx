// Which code is shown: as it ran, what differs from the recorded commit, or what differs from another run.
import { JSX, useState } from 'react';
import { findRun, Part, previousRun, textInGit, textOfRun } from '../codesource';
import type { RunData } from '../run';
import { useTrans } from '../trans';
import { DiffView } from './DiffView';
import { formKeys } from './hooks';
import { TabProps, useFetched } from './tabs';

export type CodeMode = 'plain' | 'git' | 'run';

export interface Choice {
  mode: CodeMode;
  /** The run to compare with, as it was written; empty: the one before. */
  other: string;
}

interface ModesProps {
  run: RunData;
  choice: Choice;
  onChoice: (choice: Choice) => void;
}

const COMMIT = 'azureml.git.commit';

export function CodeModes({ run, choice, onChoice }: ModesProps): JSX.Element {
  const trans = useTrans();
  const [text, setText] = useState(choice.other);
  const hasCommit = COMMIT in run.properties;
  const button = (mode: CodeMode, label: string, problem?: string) => (
    <button
      aria-pressed={choice.mode === mode}
      className="jp-jr-button"
      disabled={problem !== undefined}
      onClick={() => onChoice({ mode, other: text })}
      title={problem}
    >
      {label}
    </button>
  );
  return (
    <span aria-label={trans.__('What is shown')} className="jp-jr-group" role="group">
      {button('plain', trans.__('As it ran'))}
      {button(
        'git',
        trans.__('Diff to git'),
        hasCommit ? undefined : trans.__('No commit was recorded: not started in a git repository')
      )}
      {button('run', trans.__('Diff to run'))}
      {choice.mode === 'run' && (
        <input
          aria-label={trans.__('Run to compare with')}
          className="jp-jr-input jp-jr-otherrun"
          onBlur={() => onChoice({ mode: 'run', other: text })}
          onChange={event => setText(event.target.value)}
          onKeyDown={formKeys(
            () => onChoice({ mode: 'run', other: text }),
            () => setText(choice.other)
          )}
          placeholder={trans.__('the one before, or #number')}
          value={text}
        />
      )}
    </span>
  );
}

interface CompareProps {
  tab: TabProps;
  part: Part;
  /** What ran. */
  text: string;
  /** What the text is called. */
  title: string;
  choice: Choice;
}

/** The difference of a text to the one that was chosen. */
export function CodeCompare({ tab, part, text, title, choice }: CompareProps): JSX.Element {
  const trans = useTrans();
  const { run, api } = tab;
  const path = part.kind === 'file' ? part.path : part.kind;
  const key = JSON.stringify([run.run_id, choice, path]);
  const { value, problem } = useFetched(key, async () => {
    if (choice.mode === 'git') {
      const commit = run.properties[COMMIT]?.slice(0, 8) ?? '';
      return { key, name: commit, text: await textInGit(api, run, part, trans) };
    }
    const other = choice.other.trim()
      ? await findRun(api, run, choice.other, trans)
      : await previousRun(api, run);
    if (!other) {
      throw new Error(
        trans.__('There is no run before this one of the same code. Write # and a number.')
      );
    }
    return { key, name: `#${other.number}`, text: await textOfRun(api, other, part, trans) };
  });
  if (problem !== null || value?.key !== key) {
    return (
      <div className="jp-jr-empty" role={problem === null ? undefined : 'alert'}>
        {problem ?? trans.__('Loading…')}
      </div>
    );
  }
  return (
    <DiffView
      left={value.text}
      leftTitle={`${title} · ${value.name}`}
      right={text}
      rightTitle={`${title} · #${run.number}`}
    />
  );
}
