// Tabs of single runs, and what can be done to open them.
import {
  ILabShell,
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, showErrorMessage, WidgetTracker } from '@jupyterlab/apputils';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { messageOf } from '../api';
import { CommandIds } from '../commandids';
import { RUN_ARGS, textArg } from '../commands';
import { LOG_FILE } from '../logsources';
import type { RunData } from '../run';
import { RunDocument } from '../rundoc';
import { saveBlob } from '../save';
import { LiveRunSource } from '../source';
import { IStudio, Studio } from '../studio';
import { bringToFront } from './front';

const TABS = ['overview', 'children', 'metrics', 'params', 'logs', 'artifacts', 'code'];

const OPEN_ARGS = {
  type: 'object',
  properties: {
    ...RUN_ARGS.properties,
    tab: { type: 'string', enum: TABS, description: 'The view to show.' }
  }
} as const;

/** A browser asks for each of several files. */
const MAX_DOWNLOADS = 50;

const DOWNLOAD_ARGS = {
  type: 'object',
  properties: {
    ...RUN_ARGS.properties,
    what: { type: 'string', enum: ['log', 'files'], description: 'All files by default.' }
  }
} as const;

function restoreArgs(doc: RunDocument) {
  return { run_id: doc.source.runId, workspace: doc.source.workspace ?? '', tab: doc.tab };
}

/** Ids of runs among the arguments of a command. */
function idsOf(args: ReadonlyPartialJSONObject): string[] {
  const many = args['run_ids'];
  const one = textArg(args, 'run_id');
  const found = Array.isArray(many) ? many.filter(id => typeof id === 'string' && id !== '') : [];
  return one === null ? (found as string[]) : [one];
}

/** Where a tab goes. */
interface Place {
  tab: string | null;
  aside?: boolean;
}

/** While the tab is in front its run is before somebody's eyes. */
function noteView({ attention }: Studio, doc: RunDocument): void {
  const { runId } = doc.source;
  const view = attention.add({ runId: () => runId, isOnScreen: () => doc.isVisible });
  doc.disposed.connect(() => view.dispose());
}

/** Tabs of runs; the result shows one. */
function runDocuments(app: JupyterFrontEnd, studio: Studio, inLab: boolean) {
  const tracker = new WidgetTracker<RunDocument>({ namespace: 'jupyter-runs' });
  const show = (runId: string, workspace: string | null, { tab, aside }: Place): void => {
    const id = `jupyter-runs-${workspace ?? ''}-${runId}`;
    let doc = tracker.find(widget => widget.id === id);
    const isNew = !doc;
    if (!doc) {
      doc = new RunDocument(new LiveRunSource({ ...studio, runId, workspace }), studio.trans);
      doc.id = id;
      noteView(studio, doc);
      doc.tabChanged.connect(changed => void tracker.save(changed));
    }
    if (tab !== null && TABS.includes(tab)) {
      doc.tab = tab;
    }
    if (isNew || aside) {
      // Notebook 7 has room for one document only: the tab goes below it.
      app.shell.add(doc, inLab ? 'main' : 'down', aside && inLab ? { mode: 'split-right' } : {});
    }
    if (isNew) {
      void tracker.add(doc);
    }
    bringToFront(app, doc);
  };
  return { tracker, show };
}

type Show = ReturnType<typeof runDocuments>['show'];

/** The commands that open runs; their ids. */
function addOpening(app: JupyterFrontEnd, studio: Studio, show: Show): string[] {
  const { list, trans } = studio;
  const chosen = (args: ReadonlyPartialJSONObject): string[] => {
    const ids = idsOf(args);
    return ids.length > 0 ? ids : studio.current().map(run => run.run_id);
  };
  const open = async (args: ReadonlyPartialJSONObject, place: Place, fallback: string[] = []) => {
    const ids = chosen(args);
    // The id of a tab has the workspace in it: until the server has named its own there is none.
    await studio.model.start();
    const workspace = textArg(args, 'workspace') ?? list.workspace;
    (ids.length > 0 ? ids : fallback).forEach(id => show(id, workspace, place));
  };
  const active = () => list.activeRuns.slice(0, 1).map(run => run.run_id);
  app.commands.addCommand(CommandIds.openRun, {
    label: trans.__('Open Run'),
    caption: trans.__(
      'Open a run in a tab; without an id the chosen ones, or the first active one'
    ),
    describedBy: { args: OPEN_ARGS },
    isEnabled: args => chosen(args).length > 0 || list.activeTotal > 0,
    execute: args => open(args, { tab: textArg(args, 'tab') }, active())
  });
  app.commands.addCommand(CommandIds.openRunAside, {
    label: trans.__('Open Run to the Side'),
    caption: trans.__('Open a run in a tab beside what is in front'),
    describedBy: { args: OPEN_ARGS },
    isEnabled: args => chosen(args).length > 0,
    execute: args => open(args, { tab: textArg(args, 'tab'), aside: true })
  });
  app.commands.addCommand(CommandIds.openLog, {
    label: trans.__('Open Log of Run'),
    caption: trans.__('Open what a run has printed'),
    describedBy: { args: RUN_ARGS },
    isEnabled: args => chosen(args).length > 0,
    execute: args => open(args, { tab: 'logs' })
  });
  const opening = [CommandIds.openRun, CommandIds.openRunAside, CommandIds.openLog];
  list.changed.connect(() => opening.forEach(id => app.commands.notifyCommandChanged(id)));
  return opening;
}

/** The log of a run, or all its files one by one, as the browser saves files. */
async function download(studio: Studio, run: RunData, what: string | null): Promise<void> {
  const { model, trans } = studio;
  const { workspace, run_id: id } = run;
  const { files, total } = await model.api.files(workspace, id);
  const wanted = what === 'log' ? files.filter(file => file.name === LOG_FILE) : files;
  if (wanted.length === 0) {
    throw new Error(trans.__('Run %1 has nothing to download.', run.name));
  }
  if (what !== 'log' && total > MAX_DOWNLOADS) {
    throw new Error(
      trans.__('Run %1 has %2 files: choose them in its Artifacts.', run.name, total)
    );
  }
  for (const { name } of wanted) {
    saveBlob(await model.api.file(workspace, id, name), name);
  }
}

/** The command that saves files; its id. */
function addDownload(app: JupyterFrontEnd, studio: Studio): string {
  const { list, model, trans } = studio;
  app.commands.addCommand(CommandIds.download, {
    label: args =>
      args['what'] === 'log' ? trans.__('Download Log of Run') : trans.__('Download Files of Run'),
    caption: trans.__('Save the log of a run, or all its files'),
    describedBy: { args: DOWNLOAD_ARGS },
    isEnabled: args => idsOf(args).length > 0 || studio.current().length > 0,
    execute: async args => {
      try {
        const workspace = textArg(args, 'workspace') ?? list.workspace;
        const [id] = idsOf(args);
        const run = id ? await model.api.run(workspace, id) : studio.current()[0];
        if (run) {
          await download(studio, run, textArg(args, 'what'));
        }
      } catch (error) {
        await showErrorMessage(trans.__('The files could not be saved'), messageOf(error));
      }
    }
  });
  return CommandIds.download;
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
    const { tracker, show } = runDocuments(app, studio, labShell !== null);
    const { trans } = studio;
    const category = trans.__('Runs');
    const added = [...addOpening(app, studio, show), addDownload(app, studio)];
    added.forEach(command => palette?.addItem({ command, category }));
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
