// Which runs a command is about: those that its arguments name, else those in front.
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { RunData } from '../run';
import type { RunList } from '../runlist';
import type { Studio } from '../studio';

const PER_REQUEST = 200;

export const RUN_ARGS = {
  type: 'object',
  properties: {
    run_id: { type: 'string', description: 'Id of the run.' },
    run_ids: {
      type: 'array',
      items: { type: 'string' },
      description: 'Ids of several runs; without any id the runs in front.'
    },
    workspace: { type: 'string', description: "Key of its workspace; the server's own by default." }
  }
} as const;

/** The arguments of commands that take none. */
export const NO_ARGS = { type: 'object', properties: {} } as const;

/** A text among the arguments of a command; null when there is none. */
export function textArg(args: ReadonlyPartialJSONObject, name: string): string | null {
  const value = args[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function idsOf(args: ReadonlyPartialJSONObject): string[] {
  const many: unknown = args['run_ids'];
  if (Array.isArray(many)) {
    return many.filter(id => typeof id === 'string' && id !== '');
  }
  const one = textArg(args, 'run_id');
  return one === null ? [] : [one];
}

/** What is known of the runs without asking the server; `unknown` counts those that no surface shows. */
export interface Target {
  runs: RunData[];
  unknown: number;
}

/** A run among those that the sidebar lists. */
export function listedRun({ sections, selected, branches }: RunList, id: string): RunData | null {
  const isIt = (run: RunData) => run.run_id === id;
  const root = selected.find(isIt) ?? sections.flatMap(section => section.runs).find(isIt);
  return root ?? branches.find(id) ?? null;
}

export function targetOf(studio: Studio, args: ReadonlyPartialJSONObject): Target {
  const ids = idsOf(args);
  const current = studio.current();
  if (ids.length === 0) {
    return { runs: current, unknown: 0 };
  }
  const find = (id: string) => current.find(run => run.run_id === id) ?? listedRun(studio.list, id);
  const runs = ids.map(find).filter(run => run !== null);
  return { runs, unknown: ids.length - runs.length };
}

/** The runs as the server has them now. Rejects when one is not there. */
export async function fetchRuns(
  studio: Studio,
  args: ReadonlyPartialJSONObject
): Promise<RunData[]> {
  const { list, trans } = studio;
  const named = idsOf(args);
  const current = named.length === 0 ? studio.current() : [];
  const ids = named.length === 0 ? current.map(run => run.run_id) : named;
  const workspace = current[0]?.workspace ?? textArg(args, 'workspace') ?? list.workspace;
  const found: RunData[] = [];
  for (let i = 0; i < ids.length; i += PER_REQUEST) {
    const part = ids.slice(i, i + PER_REQUEST);
    found.push(...(await list.model.api.runsById(workspace, part)));
  }
  const missing = ids.length - found.length;
  if (missing > 0) {
    throw new Error(
      trans._n('%1 run is not in this workspace.', '%1 runs are not in this workspace.', missing)
    );
  }
  return found;
}
