// Commands about where a run is kept: archive, bin, and the way back from both.
import { CommandIds } from '../commandids';
import type { RunData } from '../run';
import { allChildren } from '../status';
import type { Studio } from '../studio';
import { ask, fill, namesOf } from './dialogs';
import { doToAll } from './many';
import { tell, tellWithUndo } from './telling';
import { addVerb } from './verbs';

function isListed(run: RunData): boolean {
  return run.archived_at === null && run.deleted_at === null;
}

async function reactivate(studio: Studio, runs: readonly RunData[]): Promise<RunData[]> {
  const { trans } = studio;
  return doToAll(studio, runs, {
    action: 'reactivate',
    progress: trans._n('Reactivating %1 run', 'Reactivating %1 runs', runs.length),
    trouble: n => trans._n('%1 run could not be reactivated', '%1 runs could not be reactivated', n)
  });
}

async function archive(studio: Studio, runs: readonly RunData[]): Promise<void> {
  const { trans } = studio;
  const done = await doToAll(studio, runs, {
    action: 'archive',
    progress: trans._n('Archiving %1 run', 'Archiving %1 runs', runs.length),
    trouble: n => trans._n('%1 run could not be archived', '%1 runs could not be archived', n)
  });
  if (done.length > 0) {
    const text = trans._n('%2 is archived.', '%1 runs are archived.', done.length, nameOf(done));
    tellWithUndo(text, trans.__('Undo'), () => reactivate(studio, done));
  }
}

async function restore(studio: Studio, runs: readonly RunData[]): Promise<RunData[]> {
  const { trans } = studio;
  return doToAll(studio, runs, {
    action: 'restore',
    progress: trans._n('Restoring %1 run', 'Restoring %1 runs', runs.length),
    trouble: n => trans._n('%1 run could not be restored', '%1 runs could not be restored', n)
  });
}

function nameOf(runs: readonly RunData[]): string {
  return runs[0]?.name ?? '';
}

/** One run goes at once, for it can be brought back; its children are asked about, and of several the number is typed. */
async function mayDelete(studio: Studio, runs: readonly RunData[]): Promise<boolean> {
  const { trans } = studio;
  const n = runs.length;
  const [run] = runs;
  if (run && n === 1) {
    const children = allChildren(run);
    if (children === 0) {
      return true;
    }
    return ask({
      title: trans.__('Delete %1?', run.name),
      body: trans._n(
        '%1 child goes into the bin, too.',
        '%1 children go into the bin, too.',
        children
      ),
      yes: trans.__('Delete'),
      no: trans.__('Keep')
    });
  }
  const label = trans.__('Type %1 to put these runs into the bin: %2', n, namesOf(runs, trans));
  const title = trans._n('Delete %1 run?', 'Delete %1 runs?', n);
  const words = { title, label, value: '', ok: trans.__('Delete'), no: trans.__('Keep') };
  const form = { ...words, trans, isDangerous: true };
  return fill(form, async text => {
    if (text.trim() !== String(n)) {
      throw new Error(trans.__('Type %1, the number of runs, or keep them.', n));
    }
  });
}

async function remove(studio: Studio, runs: readonly RunData[]): Promise<void> {
  const { trans } = studio;
  if (!(await mayDelete(studio, runs))) {
    return;
  }
  const done = await doToAll(studio, runs, {
    action: 'delete',
    progress: trans._n('Deleting %1 run', 'Deleting %1 runs', runs.length),
    trouble: n => trans._n('%1 run could not be deleted', '%1 runs could not be deleted', n)
  });
  if (done.length > 0) {
    const text = trans._n(
      '%2 is in the bin.',
      '%1 runs are in the bin.',
      done.length,
      nameOf(done)
    );
    tellWithUndo(text, trans.__('Restore'), () => restore(studio, done));
  }
}

export function addKeeping(studio: Studio): string[] {
  const { trans } = studio;
  addVerb(studio, {
    id: CommandIds.archive,
    label: n => trans._n('Archive Run', 'Archive %1 Runs', Math.max(1, n)),
    caption: trans.__('Put the run out of the way of listings; `is:archived` finds it'),
    trouble: trans.__('The run could not be archived'),
    fits: isListed,
    execute: runs => archive(studio, runs)
  });
  addVerb(studio, {
    id: CommandIds.reactivate,
    label: n => trans._n('Reactivate Run', 'Reactivate %1 Runs', Math.max(1, n)),
    caption: trans.__('Bring an archived run back into listings'),
    trouble: trans.__('The run could not be reactivated'),
    fits: run => run.archived_at !== null && run.deleted_at === null,
    execute: async runs => {
      const done = await reactivate(studio, runs);
      tell(trans._n('%2 is listed again.', '%1 runs are listed again.', done.length, nameOf(done)));
    }
  });
  addVerb(studio, {
    id: CommandIds.delete,
    label: n => trans._n('Delete Run', 'Delete %1 Runs…', Math.max(1, n)),
    caption: trans.__('Put a run that has ended into the bin; `is:deleted` finds it'),
    trouble: trans.__('The run could not be deleted'),
    fits: run => run.is_final && run.deleted_at === null,
    execute: runs => remove(studio, runs)
  });
  addVerb(studio, {
    id: CommandIds.restore,
    label: n => trans._n('Restore Run', 'Restore %1 Runs', Math.max(1, n)),
    caption: trans.__('Take a run out of the bin'),
    trouble: trans.__('The run could not be restored'),
    fits: run => run.deleted_at !== null,
    execute: runs => restore(studio, runs)
  });
  return [CommandIds.archive, CommandIds.reactivate, CommandIds.delete, CommandIds.restore];
}
