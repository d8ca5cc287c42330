// The commands: what each is called, when it can be used, and which wish it leads to.
import { Dialog, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { messageOf } from './api';
import { CommandIds } from './commandids';
import type { Studio } from './studio';

export const RUN_ARGS = {
  type: 'object',
  properties: {
    run_id: { type: 'string', description: 'Id of the run.' },
    workspace: { type: 'string', description: "Key of its workspace; the server's own by default." }
  }
} as const;

/** A text among the arguments of a command; null when there is none. */
export function textArg(args: ReadonlyPartialJSONObject, name: string): string | null {
  const value = args[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

async function cancelAll(studio: Studio): Promise<void> {
  const { list, trans } = studio;
  const runs = list.activeRuns.filter(run => run.cancel_requested_at === null);
  if (runs.length === 0) {
    return;
  }
  const names = runs.slice(0, 5).map(run => run.name);
  const more = runs.length - names.length;
  const body = names.join(', ') + (more > 0 ? ` ${trans.__('and %1 more', more)}` : '');
  const answer = await showDialog({
    title: trans._n('Cancel %1 active run?', 'Cancel all %1 active runs?', runs.length),
    body,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Keep running') }),
      Dialog.warnButton({ label: trans.__('Cancel runs') })
    ]
  });
  if (answer.button.accept) {
    const results = await Promise.allSettled(runs.map(run => list.cancel(run)));
    const failed = results.find(result => result.status === 'rejected');
    if (failed) {
      await showErrorMessage(trans.__('Not all runs could be canceled'), messageOf(failed.reason));
    }
  }
}

async function cancelOne(studio: Studio, args: ReadonlyPartialJSONObject): Promise<void> {
  const { list, trans } = studio;
  const id = textArg(args, 'run_id');
  try {
    const workspace = textArg(args, 'workspace') ?? list.workspace;
    const run =
      id === null ? (studio.current()[0] ?? null) : await list.model.api.run(workspace, id);
    if (run && !run.is_final) {
      await list.cancel(run);
    }
  } catch (error) {
    await showErrorMessage(trans.__('The run could not be canceled'), messageOf(error));
  }
}

/** Add the commands; their ids, in the order of the palette. */
export function addCommands(studio: Studio): string[] {
  const { commands, list, trans } = studio;
  const active = () => list.activeTotal > 0;
  commands.addCommand(CommandIds.cancelRun, {
    label: trans.__('Cancel Run'),
    caption: trans.__('Cancel a run; without an id the one in the tab in front'),
    describedBy: { args: RUN_ARGS },
    isEnabled: args =>
      textArg(args, 'run_id') !== null || studio.current().some(run => !run.is_final),
    execute: args => cancelOne(studio, args)
  });
  commands.addCommand(CommandIds.cancelAllActive, {
    label: trans.__('Cancel All Active Runs…'),
    caption: trans.__('Cancel every run that has not ended'),
    describedBy: { args: { type: 'object', properties: {} } },
    isEnabled: active,
    execute: () => cancelAll(studio)
  });
  commands.addCommand(CommandIds.refresh, {
    label: trans.__('Refresh Runs'),
    caption: trans.__('Ask the server again'),
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => list.model.refresh()
  });
  list.changed.connect(() => commands.notifyCommandChanged(CommandIds.cancelAllActive));
  return [CommandIds.cancelRun, CommandIds.cancelAllActive, CommandIds.refresh];
}
