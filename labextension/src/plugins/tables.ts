// Tabs of many runs: the table of an experiment, and some runs side by side.
import {
  ILabShell,
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { CommandIds } from '../commandids';
import { textArg } from '../commands';
import { CompareDocument } from '../comparedoc';
import { MAX_RUNS } from '../comparison';
import { ExperimentDocument } from '../experimentdoc';
import { IStudio, Studio } from '../studio';
import { openTab } from './front';

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
    openTab(app, tracker, area, id, () => new ExperimentDocument(studio, experiment, workspace));
  };
  app.commands.addCommand(CommandIds.openExperiment, {
    label: trans.__('Open Experiment as Table'),
    caption: trans.__('Show the runs of an experiment as a table'),
    describedBy: { args: EXPERIMENT_ARGS },
    execute: async args => {
      // The id of a tab has the workspace in it: until the server has named its own there is none.
      await studio.model.start();
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

const COMPARE_ARGS = {
  type: 'object',
  properties: {
    run_ids: {
      type: 'array',
      items: { type: 'string' },
      description: 'Ids of 2 to 200 runs; without them those that are selected.'
    },
    workspace: EXPERIMENT_ARGS.properties.workspace
  }
} as const;

/** The runs that a comparison is about. */
function comparedBy(studio: Studio, args: ReadonlyPartialJSONObject) {
  const { run_ids: given } = args;
  const ids = Array.isArray(given) ? given.filter(id => typeof id === 'string') : null;
  const current = ids === null ? studio.current() : [];
  return {
    ids: [...new Set(ids ?? current.map(run => run.run_id))],
    workspace: textArg(args, 'workspace') ?? current[0]?.workspace ?? studio.list.workspace
  };
}

function addComparisons(app: JupyterFrontEnd, studio: Studio, area: string) {
  const { list, trans } = studio;
  const tracker = new WidgetTracker<CompareDocument>({ namespace: 'jupyter-runs-compare' });
  const show = (ids: string[], workspace: string | null) => {
    // The same runs are the same tab, in whatever order they were selected.
    const id = `jupyter-runs-compare-${workspace ?? ''}-${[...ids].sort().join('+')}`;
    openTab(app, tracker, area, id, () => new CompareDocument(studio, ids, workspace));
  };
  /** Why there is nothing to compare; null when there is. */
  const reason = (n: number) => {
    if (n < 2) {
      return trans.__('Select two runs or more to compare them');
    }
    return n > MAX_RUNS ? trans.__('At most %1 runs can be compared', MAX_RUNS) : null;
  };
  app.commands.addCommand(CommandIds.compare, {
    label: trans.__('Compare Runs'),
    caption: args =>
      reason(comparedBy(studio, args).ids.length) ??
      trans.__('Show the selected runs side by side'),
    describedBy: { args: COMPARE_ARGS },
    isEnabled: args => reason(comparedBy(studio, args).ids.length) === null,
    execute: async args => {
      await studio.model.start();
      const { ids, workspace } = comparedBy(studio, args);
      if (reason(ids.length) === null) {
        show(ids, workspace);
      }
    }
  });
  list.changed.connect(() => app.commands.notifyCommandChanged(CommandIds.compare));
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
    const comparisons = addComparisons(app, studio, area);
    const { trans } = studio;
    const category = trans.__('Runs');
    const commands = [CommandIds.openExperiment, CommandIds.compare];
    commands.forEach(command => palette?.addItem({ command, category }));
    void restorer?.restore(comparisons, {
      command: CommandIds.compare,
      args: ({ compared }) => ({
        run_ids: [...compared.ids],
        workspace: compared.givenWorkspace ?? ''
      }),
      name: doc => doc.id
    });
    void restorer?.restore(experiments, {
      command: CommandIds.openExperiment,
      args: doc => ({ experiment: doc.experiment, workspace: doc.workspace ?? '' }),
      name: doc => doc.id
    });
  }
};
