// "Run cell as experiment" in the toolbar of notebooks: the line above the cell, and the kernel's extension, come by themselves.
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookActions, NotebookPanel } from '@jupyterlab/notebook';
import { CommandIds } from '../commandids';
import { runsIcon } from '../icons';
import { asExperiment } from '../cellmagic';
import { IStudio, Studio } from '../studio';

/** Load our extension into the kernel, ahead of the cell; loading it again does nothing. */
async function loadExtension(panel: NotebookPanel, studio: Studio): Promise<void> {
  const { trans } = studio;
  const kernel = panel.sessionContext.session?.kernel;
  const request = kernel?.requestExecute({
    code: '%load_ext jupyter_runs',
    silent: true,
    store_history: false,
    // The cell behind it is to be tried all the same: it says what is missing.
    stop_on_error: false
  });
  const reply = await request?.done;
  if (reply?.content.status === 'error') {
    const remedy = '%pip install jupyter_runs';
    Notification.error(
      trans.__('The kernel has no jupyter_runs. Run %1 in a cell, then restart the kernel.', remedy)
    );
  }
}

async function runCell(panel: NotebookPanel, studio: Studio): Promise<void> {
  const cell = panel.content.activeCell;
  if (!cell) {
    return;
  }
  const source = cell.model.sharedModel.getSource();
  const changed = asExperiment(source);
  if (changed !== source) {
    cell.model.sharedModel.setSource(changed);
  }
  await panel.sessionContext.ready;
  void loadExtension(panel, studio).catch(() => undefined);
  await NotebookActions.run(panel.content, panel.sessionContext);
}

export const notebookPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-runs:notebook',
  description: 'Runs a cell as an experiment.',
  autoStart: true,
  requires: [IStudio],
  optional: [INotebookTracker, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    studio: Studio,
    tracker: INotebookTracker | null,
    palette: ICommandPalette | null
  ): void => {
    if (!tracker) {
      return;
    }
    const { trans } = studio;
    const current = () => {
      const panel = tracker.currentWidget;
      return panel?.content.activeCell?.model.type === 'code' ? panel : null;
    };
    app.commands.addCommand(CommandIds.runCell, {
      label: trans.__('Run Cell as Experiment'),
      caption: trans.__('Run Cell as Experiment: with %1 above it', '%%run_experiment'),
      icon: runsIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      isEnabled: () => current() !== null,
      execute: async () => {
        const panel = current();
        if (panel) {
          await runCell(panel, studio);
        }
      }
    });
    const changed = () => app.commands.notifyCommandChanged(CommandIds.runCell);
    tracker.activeCellChanged.connect(changed);
    tracker.currentChanged.connect(changed);
    palette?.addItem({ command: CommandIds.runCell, category: trans.__('Runs') });
  }
};
