// The commands: what each is called, when it can be used, and which surface or wish it leads to.
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, ICommandPalette, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { messageOf } from './api';
import type { RunData } from './run';
import type { RunList } from './runlist';
import type { Translate } from './tokens';

export const CommandIds = {
  openPanel: 'jupyter-runs:open-panel',
  openRun: 'jupyter-runs:open-run',
  cancelRun: 'jupyter-runs:cancel-run',
  cancelAllActive: 'jupyter-runs:cancel-all-active',
  refresh: 'jupyter-runs:refresh'
} as const;

/** What the commands act on. */
export interface CommandTargets {
  list: RunList;
  trans: Translate;
  /** The run of the tab in front, if it is one. */
  currentRun: () => RunData | null;
  showRun: (runId: string, workspace: string | null) => void;
  showSidebar: () => void;
}

const RUN_ARGS = {
  type: 'object',
  properties: {
    run_id: { type: 'string', description: 'Id of the run.' },
    workspace: { type: 'string', description: "Key of its workspace; the server's own by default." }
  }
} as const;

function textArg(args: ReadonlyPartialJSONObject, name: string): string | null {
  const value = args[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

async function cancelAll(targets: CommandTargets): Promise<void> {
  const { list, trans } = targets;
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

async function cancelOne(targets: CommandTargets, args: ReadonlyPartialJSONObject): Promise<void> {
  const { list, trans } = targets;
  const id = textArg(args, 'run_id');
  try {
    const workspace = textArg(args, 'workspace') ?? list.workspace;
    const run = id === null ? targets.currentRun() : await list.model.api.run(workspace, id);
    if (run && !run.is_final) {
      await list.cancel(run);
    }
  } catch (error) {
    await showErrorMessage(trans.__('The run could not be canceled'), messageOf(error));
  }
}

/** Add all commands, and to the palette those that make sense there. */
export function addCommands(
  app: JupyterFrontEnd,
  targets: CommandTargets,
  palette: ICommandPalette | null
): void {
  const { commands } = app;
  const { list, trans } = targets;
  const active = () => list.activeTotal > 0;
  const current = () => targets.currentRun();
  commands.addCommand(CommandIds.openPanel, {
    label: trans.__('Show Runs'),
    caption: trans.__('Show the runs of this server in the side bar'),
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => targets.showSidebar()
  });
  commands.addCommand(CommandIds.openRun, {
    label: trans.__('Open Run'),
    caption: trans.__('Open a run in a tab; without an id the first active one'),
    describedBy: { args: RUN_ARGS },
    isEnabled: args => textArg(args, 'run_id') !== null || active(),
    execute: args => {
      const first = list.activeRuns[0];
      const id = textArg(args, 'run_id') ?? first?.run_id;
      if (id) {
        targets.showRun(id, textArg(args, 'workspace') ?? list.workspace);
      }
    }
  });
  commands.addCommand(CommandIds.cancelRun, {
    label: trans.__('Cancel Run'),
    caption: trans.__('Cancel a run; without an id the one in the tab in front'),
    describedBy: { args: RUN_ARGS },
    isEnabled: args => textArg(args, 'run_id') !== null || current()?.is_final === false,
    execute: args => cancelOne(targets, args)
  });
  commands.addCommand(CommandIds.cancelAllActive, {
    label: trans.__('Cancel All Active Runs…'),
    caption: trans.__('Cancel every run that has not ended'),
    describedBy: { args: { type: 'object', properties: {} } },
    isEnabled: active,
    execute: () => cancelAll(targets)
  });
  commands.addCommand(CommandIds.refresh, {
    label: trans.__('Refresh Runs'),
    caption: trans.__('Ask the server again'),
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => list.model.refresh()
  });
  list.changed.connect(() => {
    commands.notifyCommandChanged(CommandIds.cancelAllActive);
    commands.notifyCommandChanged(CommandIds.openRun);
  });
  for (const command of Object.values(CommandIds)) {
    palette?.addItem({ command, category: trans.__('Runs') });
  }
}
