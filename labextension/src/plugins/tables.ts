// Tabs of many runs: the table of an experiment, and some runs side by side.
import {
  ILabShell,
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import { CommandIds } from '../commandids';
import { textArg } from '../commands';
import { ExperimentDocument } from '../experimentdoc';
import { IStudio, Studio } from '../studio';

const EXPERIMENT_ARGS = {
  type: 'object',
  properties: {
    experiment: { type: 'string', description: 'Name of the experiment.' },
    workspace: { type: 'string', description: "Key of its workspace; the server's own by default." }
  }
} as const;

/** The experiment of the runs at hand, else the one that was used last. */
async function experimentAtHand(studio: Studio): Promise<string | null> {
  const [run] = studio.current();
  if (run) {
    return run.experiment;
  }
  const { list } = studio;
  return (await list.model.api.experiments(list.workspace))[0]?.name ?? null;
}

function addExperiments(app: JupyterFrontEnd, studio: Studio, area: string) {
  const { trans } = studio;
  const tracker = new WidgetTracker<ExperimentDocument>({ namespace: 'jupyter-runs-experiments' });
  const show = (experiment: string, workspace: string | null) => {
    const id = `jupyter-runs-experiment-${workspace ?? ''}-${experiment}`;
    let doc = tracker.find(widget => widget.id === id);
    if (!doc) {
      doc = new ExperimentDocument(studio, experiment, workspace);
      doc.id = id;
      app.shell.add(doc, area);
      void tracker.add(doc);
    }
    app.shell.activateById(id);
  };
  app.commands.addCommand(CommandIds.openExperiment, {
    label: trans.__('Open Experiment as Table'),
    caption: trans.__('Show the runs of an experiment as a table'),
    describedBy: { args: EXPERIMENT_ARGS },
    execute: async args => {
      const experiment = textArg(args, 'experiment') ?? (await experimentAtHand(studio));
      if (experiment !== null) {
        show(experiment, textArg(args, 'workspace') ?? studio.list.workspace);
      }
    }
  });
  studio.addCurrent(() => {
    const doc = tracker.currentWidget;
    return doc && doc === app.shell.currentWidget ? doc.selection.runs : [];
  });
  return tracker;
}

export const tablesPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-runs:tables',
  description: 'Tables of experiments, and runs side by side.',
  autoStart: true,
  requires: [IStudio],
  optional: [ILabShell, ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    studio: Studio,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ): void => {
    // Notebook 7 has room for one document only: the tab goes below it.
    const area = labShell ? 'main' : 'down';
    const experiments = addExperiments(app, studio, area);
    const category = studio.trans.__('Runs');
    palette?.addItem({ command: CommandIds.openExperiment, category });
    void restorer?.restore(experiments, {
      command: CommandIds.openExperiment,
      args: doc => ({ experiment: doc.experiment, workspace: doc.workspace ?? '' }),
      name: doc => doc.id
    });
  }
};
