// The code of a run to compare with: of another run, or of the commit that was recorded.
import type { RunsApi } from './api';
import type { RunData } from './run';
import { inQuotes } from './searchtext';
import type { JobData, Translate } from './tokens';

const NOTEBOOK = 'jupyter_runs.notebook';
const CELL = 'jupyter_runs.cell';
const SCRIPT = 'jupyter_runs.script';
/** So many runs are looked through for the one before. */
const LOOK_BACK = 200;

/** What is compared: the text of the cell, the list of packages, or a file of the source by its path. */
export type Part = { kind: 'cell' } | { kind: 'packages' } | { kind: 'file'; path: string };

/** The run before of the same script, or of the same cell of the same notebook; null when there is none. */
export async function previousRun(api: RunsApi, run: RunData): Promise<RunData | null> {
  const { properties, workspace, experiment } = run;
  const keys = properties[SCRIPT] ? [SCRIPT] : properties[CELL] ? [CELL, NOTEBOOK] : [];
  const words = keys.flatMap(key => {
    const value = properties[key];
    return value ? [`prop:${key}=${inQuotes(value)}`] : [];
  });
  if (words.length === 0) {
    return null;
  }
  const found = await api.listRuns(workspace, {
    q: words.join(' '),
    experiment,
    limit: LOOK_BACK
  });
  const earlier = found.runs.filter(one => one.number < run.number);
  return earlier.sort((a, b) => b.number - a.number)[0] ?? null;
}

/** The run that is meant by `#12` or `12`, a number of the same experiment, or by the beginning of an id. */
export async function findRun(
  api: RunsApi,
  run: RunData,
  text: string,
  trans: Translate
): Promise<RunData> {
  const wanted = text.trim();
  const number = /^#?(\d+)$/.exec(wanted)?.[1];
  const { workspace, experiment } = run;
  const byNumber = number && (await api.listRuns(workspace, { q: `#${number}`, experiment }));
  const numbered = byNumber && byNumber.runs.find(one => one.number === Number(number));
  if (numbered) {
    return numbered;
  }
  if (/^[\w.-]+$/.test(wanted)) {
    const byId = await api.listRuns(workspace, { q: `id:${inQuotes(wanted)}`, limit: 2 });
    if (byId.runs.length === 1 && byId.runs[0]) {
      return byId.runs[0];
    }
  }
  throw new Error(
    trans.__(
      'No run %1: write # and a number of %2, or the beginning of an id.',
      wanted || '?',
      experiment
    )
  );
}

/** The code of a run that belongs to the part. */
export async function textOfRun(
  api: RunsApi,
  run: RunData,
  part: Part,
  trans: Translate
): Promise<string> {
  if (part.kind === 'file') {
    return api.sourceText(run.workspace, run.run_id, part.path);
  }
  const job = await api.job(run.workspace, run.run_id);
  const text = part.kind === 'cell' ? job?.cell : job?.packages && packagesText(job);
  if (text === null || text === undefined) {
    throw new Error(
      part.kind === 'cell'
        ? trans.__('Run #%1 is of no cell.', run.number)
        : trans.__('Of run #%1 no packages were recorded.', run.number)
    );
  }
  return text;
}

/** One package a line. */
export function packagesText(job: JobData): string {
  return (job.packages ?? []).map(one => `${one}\n`).join('');
}

interface NotebookCell {
  id?: string;
  source?: string | string[];
}

/** The code at the commit that was recorded with the run. */
export async function textInGit(
  api: RunsApi,
  run: RunData,
  part: Part,
  trans: Translate
): Promise<string> {
  if (part.kind === 'file') {
    return api.sourceText(run.workspace, run.run_id, part.path, 'git');
  }
  const name = run.properties[NOTEBOOK]?.split(/[\\/]/).pop();
  if (!name) {
    throw new Error(trans.__('No notebook was recorded for this run.'));
  }
  const text = await api.sourceText(run.workspace, run.run_id, name, 'git');
  const { cells } = JSON.parse(text) as { cells?: NotebookCell[] };
  const cell = cells?.find(one => one.id === run.properties[CELL]);
  if (!cell) {
    throw new Error(trans.__('The cell is not in %1 at that commit.', name));
  }
  const { source } = cell;
  return Array.isArray(source) ? source.join('') : (source ?? '');
}
