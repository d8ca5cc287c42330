// One thing done to many runs: in requests of bearable size, with progress, and with a word about each that refused.
import { Notification } from '@jupyterlab/apputils';
import type { RunData } from '../run';
import type { Studio } from '../studio';
import type { BulkResult, RunAction } from '../tokens';
import { complainOf } from './dialogs';

const PER_REQUEST = 50;
/** From here on it takes long enough for a person to wonder. */
const MANY = 100;

export interface Deed {
  action: RunAction | 'cancel' | 'tag';
  /** Title of the message about those that refused. */
  trouble: (n: number) => string;
  /** What is shown while it takes its time. */
  progress: string;
  set?: Record<string, string | null>;
  remove?: string[];
}

function byWorkspace(runs: readonly RunData[]): Map<string, RunData[]> {
  const groups = new Map<string, RunData[]>();
  for (const run of runs) {
    groups.set(run.workspace, [...(groups.get(run.workspace) ?? []), run]);
  }
  return groups;
}

/** Resolves with those it was done to, once those that refused have been told of. */
export async function doToAll(
  studio: Studio,
  runs: readonly RunData[],
  deed: Deed
): Promise<RunData[]> {
  const done = new Set<string>();
  const failed: BulkResult['failed'] = [];
  const progress = showProgress(runs.length, deed.progress);
  const more = {
    ...(deed.set ? { set: deed.set } : {}),
    ...(deed.remove ? { remove: deed.remove } : {}),
    ...(deed.action === 'cancel' ? { via: 'sidebar' as const } : {})
  };
  try {
    for (const [workspace, group] of byWorkspace(runs)) {
      for (let i = 0; i < group.length; i += PER_REQUEST) {
        const ids = group.slice(i, i + PER_REQUEST).map(run => run.run_id);
        const result = await studio.model.api.bulk(workspace, deed.action, ids, more);
        result.done.forEach(id => done.add(id));
        failed.push(...result.failed);
        progress.to(done.size + failed.length);
      }
    }
  } finally {
    progress.close();
    studio.model.catchUp();
  }
  if (failed.length > 0) {
    const names = new Map(runs.map(run => [run.run_id, run.name]));
    const told = failed.map(({ id, message }) => ({ name: names.get(id) ?? id, message }));
    await complainOf(deed.trouble(failed.length), told, studio.trans);
  }
  return runs.filter(run => done.has(run.run_id));
}

function showProgress(total: number, message: string) {
  if (total < MANY) {
    return { to: () => undefined, close: () => undefined };
  }
  const options = { autoClose: false as const, progress: 0 };
  const id = Notification.emit(message, 'in-progress', options);
  return {
    to: (n: number) => void Notification.update({ id, message, progress: n / total }),
    close: () => Notification.dismiss(id)
  };
}
