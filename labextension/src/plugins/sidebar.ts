// The side bar of runs.
import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { CommandIds } from '../commandids';
import { keepList } from '../keptlist';
import { RunsSidebar } from '../sidebar';
import { IStudio, Studio } from '../studio';

export const sidebarPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-runs:sidebar',
  description: 'The side bar of runs.',
  autoStart: true,
  requires: [IStudio],
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, studio: Studio, restorer: ILayoutRestorer | null): void => {
    const { list, settings, state, trans } = studio;
    const sidebar = new RunsSidebar(studio);
    app.shell.add(sidebar, 'left', { rank: 300 });
    restorer?.add(sidebar, sidebar.id);
    studio.addCurrent(() => sidebar.inFocus);
    app.commands.addCommand(CommandIds.openPanel, {
      label: trans.__('Show Runs'),
      caption: trans.__('Show the runs of this server in the side bar'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => app.shell.activateById(sidebar.id)
    });
    void app.restored.then(() => keepList(list, state, settings)).then(() => list.start());
  }
};
