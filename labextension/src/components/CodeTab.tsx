// The code of a run as it was: the text of its cell, or the files that were submitted; what differs from elsewhere; once more.
import { JSX, useState } from 'react';
import { packagesText, Part } from '../codesource';
import { scriptOf } from '../recorded';
import type { JobData, SourceFiles } from '../tokens';
import { useTrans } from '../trans';
import { Choice, CodeCompare, CodeModes } from './CodeCompare';
import { CodeText } from './CodeText';
import { useWish } from './hooks';
import { formatBytes, TabProps, useFetched } from './tabs';

const MAX_FILES = 1000;

interface PartProps {
  tab: TabProps;
  part: Part;
  text: string;
  title: string;
  choice: Choice;
}

/** One text: as it ran, or compared. */
function Shown({ tab, part, text, title, choice }: PartProps): JSX.Element {
  if (choice.mode !== 'plain') {
    return <CodeCompare choice={choice} part={part} tab={tab} text={text} title={title} />;
  }
  const fileName = part.kind === 'file' ? part.path : part.kind === 'cell' ? 'cell.py' : 'a.txt';
  return (
    <CodeText
      code={tab.source.code}
      fileName={fileName}
      forCell={/\.py$/.test(fileName)}
      text={text}
      title={title}
    />
  );
}

function SourceFile(props: { path: string; tab: TabProps; choice: Choice }): JSX.Element | null {
  const { path, tab, choice } = props;
  const { run, api } = tab;
  const { value, problem } = useFetched(`${run.run_id}/${path}`, () =>
    api.sourceText(run.workspace, run.run_id, path)
  );
  if (problem) {
    return <div className="jp-jr-empty">{problem}</div>;
  }
  const part: Part = { kind: 'file', path };
  return value === null ? null : (
    <Shown choice={choice} part={part} tab={tab} text={value} title={path} />
  );
}

/** What was started, as one would type it. */
function commandOf(job: JobData): string | null {
  return job.command ?? (job.script ? [job.script, ...(job.arguments ?? [])].join(' ') : null);
}

/** The script once more, as it was; the new run opens. */
function Resubmit({ tab }: { tab: TabProps }): JSX.Element {
  const trans = useTrans();
  const { run, api, source } = tab;
  const [note, setNote] = useState<string | null>(null);
  const { error, busy, wish } = useWish();
  const submit = () =>
    void wish(async () => {
      const again = await api.resubmit(run.workspace, run.run_id);
      setNote(trans.__('Run #%1 was submitted. %2', again.number, again.note));
      source.open?.(again);
    });
  return (
    <>
      <button
        className="jp-jr-button"
        disabled={busy}
        onClick={submit}
        title={trans.__('Run this script once more: the same source, arguments and interpreter')}
      >
        {trans.__('Resubmit')}
      </button>
      {(error ?? note) && (
        <span className={error ? 'jp-jr-problem' : 'jp-jr-muted'} role={error ? 'alert' : 'status'}>
          {error ?? note}
        </span>
      )}
    </>
  );
}

function FileList(props: {
  files: SourceFiles['files'];
  picked: string | null;
  onPick: (path: string) => void;
}): JSX.Element {
  const trans = useTrans();
  const { files, picked, onPick } = props;
  return (
    <>
      <ul aria-label={trans.__('Source files')} className="jp-jr-files jp-jr-sourcefiles">
        {files.slice(0, MAX_FILES).map(({ path, size }) => (
          <li key={path}>
            <button
              aria-current={path === picked}
              className="jp-jr-link"
              onClick={() => onPick(path)}
            >
              {path}
            </button>{' '}
            <span className="jp-jr-muted jp-jr-number">{formatBytes(size)}</span>
          </li>
        ))}
      </ul>
      {files.length > MAX_FILES && (
        <div className="jp-jr-muted">
          {trans.__('%1 more files are not listed', files.length - MAX_FILES)}
        </div>
      )}
    </>
  );
}

function Packages({ job, tab, choice }: { job: JobData; tab: TabProps; choice: Choice }) {
  const trans = useTrans();
  const title = trans.__('Packages');
  // What a commit has no list of is compared with a run, or shown.
  const fitting = choice.mode === 'git' ? { ...choice, mode: 'plain' as const } : choice;
  return (
    <details className="jp-jr-pairsection">
      <summary>{trans.__('Packages (%1)', job.packages?.length ?? 0)}</summary>
      <Shown
        choice={fitting}
        part={{ kind: 'packages' }}
        tab={tab}
        text={packagesText(job)}
        title={title}
      />
    </details>
  );
}

export function CodeTab(props: TabProps): JSX.Element {
  const trans = useTrans();
  const { run, api, source } = props;
  const [picked, setPicked] = useState<string | null>(null);
  const [choice, setChoice] = useState<Choice>({ mode: 'plain', other: '' });
  const job = useFetched(run.run_id, () => api.job(run.workspace, run.run_id));
  const kept = useFetched(run.run_id, () => api.source(run.workspace, run.run_id));
  const files = kept.value?.files ?? [];
  const script = job.value?.script;
  const path = picked ?? files.find(file => file.path === script)?.path ?? null;
  const command = job.value ? commandOf(job.value) : null;
  const cell = job.value?.cell;
  const isEmpty = kept.value && !cell && !command && files.length === 0;
  const problem = job.problem ?? kept.problem;
  const common = { choice, tab: props };
  return (
    <div className="jp-jr-codetab">
      <div className="jp-jr-tools">
        {(cell || path !== null) && <CodeModes choice={choice} onChoice={setChoice} run={run} />}
        <span className="jp-jr-space" />
        {scriptOf(run) !== null && !source.state.readOnly && <Resubmit tab={props} />}
      </div>
      <div className="jp-jr-scroll">
        {problem && <div>{problem}</div>}
        {isEmpty && <div className="jp-jr-muted">{trans.__('No code was recorded.')}</div>}
        {cell && <Shown {...common} part={{ kind: 'cell' }} text={cell} title={trans.__('Cell')} />}
        {command && (
          <CodeText
            code={undefined}
            fileName="command"
            text={command}
            title={trans.__('Command')}
          />
        )}
        {files.length > 0 && <FileList files={files} onPick={setPicked} picked={path} />}
        {path !== null && <SourceFile key={path} path={path} {...common} />}
        {job.value?.packages && job.value.packages.length > 0 && (
          <Packages job={job.value} {...common} />
        )}
      </div>
    </div>
  );
}
