// Tabs of single runs.
import {
  ILabShell,
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import { CommandIds } from '../commandids';
import { RUN_ARGS, textArg } from '../commands';
import type { RunData } from '../run';
import { RunDocument } from '../rundoc';
import { LiveRunSource } from '../source';
import { IStudio, Studio } from '../studio';

function restoreArgs(doc: RunDocument) {
  return { run_id: doc.source.runId, workspace: doc.source.workspace ?? '' };
}

/** Tabs of runs; the result shows one. */
function runDocuments(app: JupyterFrontEnd, studio: Studio, inLab: boolean) {
  const tracker = new WidgetTracker<RunDocument>({ namespace: 'jupyter-runs' });
  const show = (runId: string, workspace: string | null): void => {
    const id = `jupyter-runs-${workspace ?? ''}-${runId}`;
    let doc = tracker.find(widget => widget.id === id);
    if (!doc) {
      const { model, trans, kernels, open } = studio;
      const source = new LiveRunSource({ model, trans, kernels, open, runId, workspace });
      doc = new RunDocument(source, trans);
      doc.id = id;
      // Notebook 7 has room for one document only: the tab goes below it.
      app.shell.add(doc, inLab ? 'main' : 'down');
      void tracker.add(doc);
    }
    app.shell.activateById(id);
  };
  return { tracker, show };
}

export const documentsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-runs:documents',
  description: 'Tabs of single runs.',
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
    const { list, trans } = studio;
    const { tracker, show } = runDocuments(app, studio, labShell !== null);
    app.commands.addCommand(CommandIds.openRun, {
      label: trans.__('Open Run'),
      caption: trans.__('Open a run in a tab; without an id the first active one'),
      describedBy: { args: RUN_ARGS },
      isEnabled: args => textArg(args, 'run_id') !== null || list.activeTotal > 0,
      execute: args => {
        const id = textArg(args, 'run_id') ?? list.activeRuns[0]?.run_id;
        if (id) {
          show(id, textArg(args, 'workspace') ?? list.workspace);
        }
      }
    });
    list.changed.connect(() => app.commands.notifyCommandChanged(CommandIds.openRun));
    palette?.addItem({ command: CommandIds.openRun, category: trans.__('Runs') });
    studio.addCurrent(() => {
      const doc = tracker.currentWidget;
      const run = doc && doc === app.shell.currentWidget ? doc.source.state.run : null;
      return run ? [run] : [];
    });
    if (restorer) {
      const name = (doc: RunDocument) => doc.id;
      void restorer.restore(tracker, { command: CommandIds.openRun, args: restoreArgs, name });
    }
    // A panel in a widget has no application: it asks for a tab by this event of the page.
    document.body.dataset['jupyterRuns'] = 'ready';
    document.addEventListener('jupyter-runs:open-run', event =>
      studio.open((event as CustomEvent<RunData>).detail)
    );
  }
};
