// The commands that need nothing but the studio, and their places in the palette.
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { addCommands } from '../commands';
import { CommandIds } from '../commandids';
import { IStudio, Studio } from '../studio';

export const commandsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-runs:plugin',
  description: 'What can be done with runs, as commands.',
  autoStart: true,
  requires: [IStudio],
  optional: [ICommandPalette],
  activate: (_: JupyterFrontEnd, studio: Studio, palette: ICommandPalette | null): void => {
    const added = [...addCommands(studio), CommandIds.openPanel];
    const { trans } = studio;
    const category = trans.__('Runs');
    added.forEach(command => palette?.addItem({ command, category }));
  }
};
