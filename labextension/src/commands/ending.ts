// Commands that end runs: cancel, cancel all, and what can be done about one that does not obey.
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { CommandIds } from '../commandids';
import { needsConfirmation } from '../components/CancelControl';
import { scriptOf } from '../recorded';
import type { RunData } from '../run';
import { activeChildren, isActive } from '../status';
import type { Studio } from '../studio';
import { ask, complain, namesOf } from './dialogs';
import { doToAll } from './many';
import { addVerb } from './verbs';

const PAGE = 200;

const CONFIRMED = {
  confirmed: {
    type: 'boolean',
    description: 'True: a person has said yes already. False: ask in any case.'
  }
} as const;

type Confirmed = boolean | null;

function confirmedArg(args: ReadonlyPartialJSONObject): Confirmed {
  const value = args['confirmed'];
  return typeof value === 'boolean' ? value : null;
}

function canCancel(run: RunData): boolean {
  return isActive(run) && run.cancel_requested_at === null;
}

function questionOf(studio: Studio, runs: readonly RunData[]): { title: string; body: string } {
  const { trans } = studio;
  const [run] = runs;
  if (run && runs.length === 1) {
    const n = activeChildren(run);
    const title = trans.__('Cancel %1?', run.name);
    const body =
      n > 0
        ? trans._n('%1 active child is canceled, too.', '%1 active children are canceled, too.', n)
        : trans.__('It has not ended yet.');
    return { title, body };
  }
  return {
    title: trans._n('Cancel %1 run?', 'Cancel %1 runs?', runs.length),
    body: namesOf(runs, trans)
  };
}

/** Cancel, after a question where there is something to lose. Resolves with those that were asked to end. */
async function cancel(
  studio: Studio,
  runs: readonly RunData[],
  confirmed: Confirmed
): Promise<RunData[]> {
  const { trans, settings, model } = studio;
  const now = Date.now() / 1000 + model.clockOffset;
  const [run] = runs;
  const matters = settings.composite.confirmCancel && run && needsConfirmation(run, now);
  if (confirmed === false || (confirmed === null && (runs.length > 1 || matters))) {
    const yes = runs.length === 1 ? trans.__('Cancel run') : trans.__('Cancel runs');
    const no = trans.__('Keep running');
    if (!(await ask({ ...questionOf(studio, runs), yes, no }))) {
      return [];
    }
  }
  return doToAll(studio, runs, {
    action: 'cancel',
    progress: trans._n('Canceling %1 run', 'Canceling %1 runs', runs.length),
    trouble: n => trans._n('%1 run could not be canceled', '%1 runs could not be canceled', n)
  });
}

/** All root runs at work, not only those that a list has loaded. */
async function allActive({ list, model }: Studio): Promise<RunData[]> {
  const runs: RunData[] = [];
  let page: string | null = null;
  do {
    const options = { active: true, limit: PAGE, page };
    const answer = await model.api.listRuns(list.workspace, options);
    runs.push(...answer.runs);
    page = answer.next_page;
  } while (page !== null);
  return runs;
}

async function cancelAll(studio: Studio, confirmed: Confirmed): Promise<void> {
  const { trans } = studio;
  try {
    const runs = (await allActive(studio)).filter(canCancel);
    if (runs.length > 0) {
      await cancel(studio, runs, confirmed ?? false);
    }
  } catch (error) {
    await complain(trans.__('The runs could not be canceled'), error);
  }
}

/** The process of the run does not obey: what a person may do about it. */
async function forceStop(studio: Studio, run: RunData): Promise<void> {
  const { trans, kernels } = studio;
  const kernelId = run.owner?.kernel_id ?? null;
  if (kernelId === null && scriptOf(run) !== null) {
    const { button } = await showDialog({
      title: trans.__('Force %1 to stop?', run.name),
      body: trans.__('The script is killed at once. What it has not written is lost.'),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Keep waiting') }),
        Dialog.warnButton({ label: trans.__('Kill script') })
      ],
      defaultButton: 0
    });
    if (button.accept) {
      studio.model.publish(await studio.model.api.act(run.workspace, run.run_id, 'force-stop'));
    }
    return;
  }
  if (kernelId === null) {
    const { pid, host } = run.owner ?? { pid: 0, host: '' };
    throw new Error(trans.__('Waiting for process %1 on %2 to end.', pid, host));
  }
  const interrupt = trans.__('Interrupt kernel');
  const restart = trans.__('Restart kernel');
  const { button } = await showDialog({
    title: trans.__('Force %1 to stop?', run.name),
    body: trans.__(
      'The kernel is inside code that cannot be interrupted between two steps. A restart loses all its variables.'
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Keep waiting') }),
      Dialog.okButton({ label: interrupt }),
      Dialog.warnButton({ label: restart })
    ],
    // What loses nothing is what Enter does.
    defaultButton: 1
  });
  if (button.accept) {
    await (button.label === restart ? kernels.restart(kernelId) : kernels.interrupt(kernelId));
  }
}

export function addEnding(studio: Studio): string[] {
  const { commands, list, trans } = studio;
  addVerb(studio, {
    id: CommandIds.cancelRun,
    label: n => trans._n('Cancel Run', 'Cancel %1 Runs', Math.max(1, n)),
    caption: trans.__('Ask the run, and its children, to end'),
    trouble: trans.__('The run could not be canceled'),
    fits: canCancel,
    args: CONFIRMED,
    execute: (runs, args) => cancel(studio, runs, confirmedArg(args))
  });
  commands.addCommand(CommandIds.cancelAllActive, {
    label: trans.__('Cancel All Active Runs…'),
    caption: trans.__('Cancel every run that has not ended'),
    describedBy: { args: { type: 'object', properties: CONFIRMED } },
    isEnabled: () => list.activeTotal > 0,
    execute: args => cancelAll(studio, confirmedArg(args))
  });
  addVerb(studio, {
    id: CommandIds.forceStop,
    label: () => trans.__('Force Stop…'),
    caption: trans.__('End a run that was canceled and goes on'),
    trouble: trans.__('The run could not be stopped'),
    fits: run => !run.is_final && run.cancel_requested_at !== null,
    single: true,
    execute: ([run]) => (run ? forceStop(studio, run) : Promise.resolve())
  });
  return [CommandIds.cancelRun, CommandIds.cancelAllActive, CommandIds.forceStop];
}
