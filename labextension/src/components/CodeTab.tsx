// The code of a run as it was: the text of its cell, or the files that were submitted.
import { JSX, useState } from 'react';
import { copyText } from '../save';
import type { JobData } from '../tokens';
import { useTrans } from '../trans';
import { CopyGlyph } from './glyphs';
import { useWish } from './hooks';
import { IconButton } from './LogTools';
import { formatBytes, TabProps, useFetched } from './tabs';

function CodeText({ title, text }: { title: string; text: string }): JSX.Element {
  const trans = useTrans();
  const { error, wish } = useWish();
  return (
    <section aria-label={title} className="jp-jr-code">
      <div className="jp-jr-chart-head">
        <b className="jp-jr-clip">{title}</b>
        <span className="jp-jr-space" />
        <IconButton
          label={trans.__('Copy %1', title)}
          onClick={() => void wish(() => copyText(text))}
        >
          <CopyGlyph />
        </IconButton>
      </div>
      {error && <div role="alert">{error}</div>}
      <pre className="jp-jr-log jp-jr-codetext" tabIndex={0}>
        {text}
      </pre>
    </section>
  );
}

function SourceFile({ path, tab }: { path: string; tab: TabProps }): JSX.Element | null {
  const { run, api } = tab;
  const { value, problem } = useFetched(`${run.run_id}/${path}`, () =>
    api.sourceText(run.workspace, run.run_id, path)
  );
  if (problem) {
    return <div className="jp-jr-empty">{problem}</div>;
  }
  return value === null ? null : <CodeText text={value} title={path} />;
}

/** What was started, as one would type it. */
function commandOf(job: JobData): string | null {
  return job.command ?? (job.script ? [job.script, ...(job.arguments ?? [])].join(' ') : null);
}

export function CodeTab(props: TabProps): JSX.Element {
  const trans = useTrans();
  const { run, api } = props;
  const [picked, setPicked] = useState<string | null>(null);
  const job = useFetched(run.run_id, () => api.job(run.workspace, run.run_id));
  const source = useFetched(run.run_id, () => api.source(run.workspace, run.run_id));
  const files = source.value?.files ?? [];
  const script = job.value?.script;
  const path = picked ?? files.find(file => file.path === script)?.path ?? null;
  const command = job.value ? commandOf(job.value) : null;
  const isEmpty = source.value && !job.value?.cell && !command && files.length === 0;
  return (
    <div className="jp-jr-scroll">
      {(job.problem ?? source.problem) && <div>{job.problem ?? source.problem}</div>}
      {isEmpty && <div className="jp-jr-muted">{trans.__('No code was recorded.')}</div>}
      {job.value?.cell && <CodeText text={job.value.cell} title={trans.__('Cell')} />}
      {command && <CodeText text={command} title={trans.__('Command')} />}
      {files.length > 0 && (
        <ul aria-label={trans.__('Source files')} className="jp-jr-files">
          {files.slice(0, 1000).map(file => (
            <li key={file.path}>
              <button
                aria-current={file.path === path}
                className="jp-jr-link"
                onClick={() => setPicked(file.path)}
              >
                {file.path}
              </button>{' '}
              <span className="jp-jr-muted jp-jr-number">{formatBytes(file.size)}</span>
            </li>
          ))}
        </ul>
      )}
      {path !== null && <SourceFile key={path} path={path} tab={props} />}
    </div>
  );
}
