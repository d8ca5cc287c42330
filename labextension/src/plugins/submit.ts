// Scripts and notebooks become runs: the submit dialog, from the palette, the launcher and the file browser.
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { CommandIds } from '../commandids';
import { textArg } from '../commands';
import { runsIcon } from '../icons';
import { IStudio, Studio } from '../studio';
import { isScript } from '../submission';
import { submitDialog } from '../submitdialog';

const ARGS = {
  type: 'object',
  properties: {
    path: { type: 'string', description: "Script or notebook, relative to the server's folder." },
    selected: { type: 'boolean', description: 'What is selected in the file browser.' }
  }
} as const;

/** The path of the document in front, when it can be run. */
function documentPath(app: JupyterFrontEnd): string {
  const widget = app.shell.currentWidget as { context?: { path?: unknown } } | null;
  const path = widget?.context?.path;
  return typeof path === 'string' && isScript(path) ? path : '';
}

export const submitPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-runs:submit',
  description: 'Submits scripts and notebooks.',
  autoStart: true,
  requires: [IStudio],
  optional: [ICommandPalette, ILauncher, IFileBrowserFactory],
  activate: (
    app: JupyterFrontEnd,
    studio: Studio,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    files: IFileBrowserFactory | null
  ): void => {
    const { trans } = studio;
    const selected = () => {
      const items = files?.tracker.currentWidget?.selectedItems();
      return items?.next().value?.path ?? '';
    };
    app.commands.addCommand(CommandIds.submit, {
      label: args => (args['launcher'] ? trans.__('Submit Run') : trans.__('Submit as Run…')),
      caption: trans.__('Run a script or a notebook in a process of its own, logged as a run'),
      icon: args => (args['launcher'] || args['selected'] ? runsIcon : undefined),
      describedBy: { args: ARGS },
      execute: async args => {
        const given = textArg(args, 'path') ?? (args['selected'] ? selected() : documentPath(app));
        const run = await submitDialog(studio, given);
        if (run) {
          studio.open(run);
        }
        return run;
      }
    });
    const command = CommandIds.submit;
    palette?.addItem({ command, category: trans.__('Runs') });
    launcher?.add({ command, args: { launcher: true }, category: trans.__('Other'), rank: 50 });
  }
};
