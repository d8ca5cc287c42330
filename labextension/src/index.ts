// The plugins: which surfaces there are and what they need of the application. No logic lives here.
import {
  ILabShell,
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { KernelAPI, ServerConnection } from '@jupyterlab/services';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Token } from '@lumino/coreutils';
import { labApi } from './api';
import { addCommands, CommandIds } from './commands';
import { rendererFactory } from './mime';
import type { RunData } from './run';
import { RunDocument } from './rundoc';
import { RunList } from './runlist';
import { RunsModel } from './runs';
import { RunsSidebar } from './sidebar';
import { LiveRunSource } from './source';
import type { KernelControl, Translate } from './tokens';

/** What the surfaces share. */
interface IRuns {
  model: RunsModel;
  kernels: KernelControl;
  trans: Translate;
  open: (run: RunData) => void;
}

const IRuns = new Token<IRuns>('jupyter-runs:IRuns', 'The live model of the runs of this server.');

const modelPlugin: JupyterFrontEndPlugin<IRuns> = {
  id: 'jupyter-runs:model',
  description: 'The live model of the runs of this server.',
  autoStart: true,
  provides: IRuns,
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null): IRuns => {
    const { serverSettings, events } = app.serviceManager;
    const model = new RunsModel({
      api: labApi(ServerConnection, serverSettings),
      events: events.stream
    });
    return {
      model,
      trans: (translator ?? nullTranslator).load('jupyter_runs'),
      kernels: {
        interrupt: id => KernelAPI.interruptKernel(id, serverSettings),
        restart: id => KernelAPI.restartKernel(id, serverSettings)
      },
      open: ({ run_id, workspace }) =>
        void app.commands.execute(CommandIds.openRun, { run_id, workspace })
    };
  }
};

const mimePlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-runs:mime',
  description: 'Shows runs in the outputs of notebooks.',
  autoStart: true,
  requires: [IRuns, IRenderMimeRegistry],
  activate: (_: JupyterFrontEnd, runs: IRuns, registry: IRenderMimeRegistry): void => {
    // Before the widget renderer, which has rank -10 and nothing to show without a kernel.
    registry.addFactory(rendererFactory(runs), -20);
  }
};

/** Tabs of runs; the result shows one. */
function runDocuments(app: JupyterFrontEnd, runs: IRuns, inLab: boolean) {
  const tracker = new WidgetTracker<RunDocument>({ namespace: 'jupyter-runs' });
  const show = (runId: string, workspace: string | null): void => {
    const id = `jupyter-runs-${workspace ?? ''}-${runId}`;
    let doc = tracker.find(widget => widget.id === id);
    if (!doc) {
      doc = new RunDocument(new LiveRunSource({ ...runs, runId, workspace }), runs.trans);
      doc.id = id;
      // Notebook 7 has room for one document only: the tab goes below it.
      app.shell.add(doc, inLab ? 'main' : 'down');
      void tracker.add(doc);
    }
    app.shell.activateById(id);
  };
  return { tracker, show };
}

function restoreArgs(doc: RunDocument) {
  return { run_id: doc.source.runId, workspace: doc.source.workspace ?? '' };
}

const sidebarPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-runs:plugin',
  description: 'The side bar of runs, tabs of single runs, and their commands.',
  autoStart: true,
  requires: [IRuns],
  optional: [ILabShell, ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    runs: IRuns,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ): void => {
    const list = new RunList(runs.model);
    const { tracker, show } = runDocuments(app, runs, labShell !== null);
    const sidebar = new RunsSidebar(list, runs.trans, runs.open);
    app.shell.add(sidebar, 'left', { rank: 300 });
    addCommands(
      app,
      {
        list,
        trans: runs.trans,
        currentRun: () => {
          const doc = tracker.currentWidget;
          return doc && doc === app.shell.currentWidget ? doc.source.state.run : null;
        },
        showRun: show,
        showSidebar: () => app.shell.activateById(sidebar.id)
      },
      palette
    );
    restorer?.add(sidebar, sidebar.id);
    if (restorer) {
      const name = (doc: RunDocument) => doc.id;
      void restorer.restore(tracker, { command: CommandIds.openRun, args: restoreArgs, name });
    }
    void app.restored.then(() => list.start());
    // A panel in a widget has no application: it asks for a tab by this event of the page.
    document.body.dataset['jupyterRuns'] = 'ready';
    document.addEventListener('jupyter-runs:open-run', event =>
      runs.open((event as CustomEvent<RunData>).detail)
    );
  }
};

export default [modelPlugin, mimePlugin, sidebarPlugin];
