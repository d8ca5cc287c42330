// Two of the runs line by line: their code, params, packages or properties.
import { JSX, useState } from 'react';
import type { RunsApi } from '../../api';
import type { RunData } from '../../run';
import type { JobData, Translate } from '../../tokens';
import { useTrans } from '../../trans';
import { DiffView } from '../DiffView';
import { useFetched } from '../tabs';
import type { CompareTabProps } from './CompareView';

/** What is known of the code of a run. */
interface Code {
  job: JobData | null;
  files: readonly string[];
}

/** Something that two runs have as text. A file is fetched when it is looked at. */
interface Part {
  id: string;
  label: string;
  text: (run: RunData, code: Code) => string | null;
}

const FILE = 'file:';

function lines(entries: Record<string, string | null>): string {
  const sorted = Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([key, value]) => (value === null ? key : `${key} = ${value}`)).join('\n');
}

function commandOf(job: JobData | null): string | null {
  if (!job) {
    return null;
  }
  const { command, script, arguments: given } = job;
  return command ?? (script ? [script, ...(given ?? [])].join('\n') : null);
}

function partsOf(codes: readonly Code[], trans: Translate): Part[] {
  const files = [...new Set(codes.flatMap(code => code.files))].sort();
  const has = (test: (code: Code) => unknown) => codes.some(test);
  const parts: (Part | false)[] = [
    has(({ job }) => job?.cell) && {
      id: 'cell',
      label: trans.__('Cell'),
      text: (_, { job }) => job?.cell ?? null
    },
    ...files.map(path => ({ id: `${FILE}${path}`, label: path, text: () => null })),
    has(({ job }) => commandOf(job)) && {
      id: 'command',
      label: trans.__('Command and arguments'),
      text: (_, { job }) => commandOf(job)
    },
    { id: 'params', label: trans.__('Params'), text: run => lines(run.params) },
    has(({ job }) => job?.packages?.length) && {
      id: 'packages',
      label: trans.__('Packages'),
      text: (_, { job }) => job?.packages?.slice().sort().join('\n') ?? null
    },
    {
      id: 'properties',
      label: trans.__('Properties and environment'),
      text: run => lines(run.properties)
    },
    { id: 'tags', label: trans.__('Tags'), text: run => lines(run.tags) }
  ];
  return parts.filter(part => part !== false);
}

function useCode(api: RunsApi, run: RunData) {
  return useFetched(run.run_id, async (): Promise<Code> => {
    const [job, source] = await Promise.all([
      api.job(run.workspace, run.run_id),
      api.source(run.workspace, run.run_id)
    ]);
    return { job, files: source.files.map(({ path }) => path) };
  });
}

/** The text of a file of the source of a run; empty when it has no such file. */
function useFile(api: RunsApi, run: RunData, code: Code | null, id: string) {
  const path = id.startsWith(FILE) ? id.slice(FILE.length) : null;
  const there = path !== null && code?.files.includes(path);
  return useFetched(`${run.run_id}/${there ? path : ''}`, async () =>
    there ? api.sourceText(run.workspace, run.run_id, path) : ''
  );
}

interface PairProps {
  api: RunsApi;
  left: RunData;
  right: RunData;
  picked: string | null;
  onPick: (id: string) => void;
}

function Pair({ api, left, right, picked, onPick }: PairProps): JSX.Element {
  const trans = useTrans();
  const one = useCode(api, left);
  const other = useCode(api, right);
  const codes = [one.value, other.value].map(code => code ?? { job: null, files: [] });
  const parts = partsOf(codes, trans);
  const part = parts.find(({ id }) => id === picked) ?? parts[0];
  const id = part?.id ?? '';
  const files = [useFile(api, left, one.value, id), useFile(api, right, other.value, id)];
  const problem = one.problem ?? other.problem ?? files[0]?.problem ?? files[1]?.problem;
  const isFile = id.startsWith(FILE);
  const texts = [left, right].map((run, i) => {
    const code = codes[i];
    return isFile ? (files[i]?.value ?? '') : ((code && part?.text(run, code)) ?? '');
  });
  const loading = !one.value || !other.value || (isFile && files.some(file => file.value === null));
  return (
    <>
      <div className="jp-jr-tools">
        <label>
          {trans.__('Compare')}{' '}
          <select className="jp-jr-input" onChange={event => onPick(event.target.value)} value={id}>
            {parts.map(({ id: value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div className="jp-jr-compare-scroll">
        {problem ? (
          <div className="jp-jr-problem">{problem}</div>
        ) : loading ? (
          <div className="jp-jr-empty">{trans.__('Loading…')}</div>
        ) : (
          <DiffView
            left={texts[0] ?? ''}
            leftTitle={left.name}
            right={texts[1] ?? ''}
            rightTitle={right.name}
          />
        )}
      </div>
    </>
  );
}

function RunChoice(props: {
  label: string;
  runs: readonly RunData[];
  run: RunData;
  onPick: (id: string) => void;
}): JSX.Element {
  const { label, runs, run, onPick } = props;
  return (
    <label>
      {label}{' '}
      <select
        className="jp-jr-input"
        onChange={event => onPick(event.target.value)}
        value={run.run_id}
      >
        {runs.map(({ run_id, name, number }) => (
          <option key={run_id} value={run_id}>
            {`#${number} ${name}`}
          </option>
        ))}
      </select>
    </label>
  );
}

export function CodeCompare({ all, studio }: CompareTabProps): JSX.Element {
  const trans = useTrans();
  const [ids, setIds] = useState<[string | null, string | null]>([null, null]);
  const [picked, setPicked] = useState<string | null>(null);
  const left = all.find(run => run.run_id === ids[0]) ?? all[0];
  const right = all.find(run => run.run_id === ids[1]) ?? all.find(run => run !== left);
  if (!left || !right) {
    return <div className="jp-jr-empty">{trans.__('There is only one run.')}</div>;
  }
  return (
    <>
      {all.length > 2 && (
        <div className="jp-jr-tools">
          <RunChoice
            label={trans.__('From')}
            onPick={id => setIds([id, right.run_id])}
            run={left}
            runs={all}
          />
          <RunChoice
            label={trans.__('to')}
            onPick={id => setIds([left.run_id, id])}
            run={right}
            runs={all}
          />
        </div>
      )}
      <Pair
        api={studio.model.api}
        key={`${left.run_id} ${right.run_id}`}
        left={left}
        onPick={setPicked}
        picked={picked}
        right={right}
      />
    </>
  );
}
