// From a run to its notebook and back: show the cell that a run came from, put the code of a run into a new cell.
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, showErrorMessage } from '@jupyterlab/apputils';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { PageConfig, PathExt } from '@jupyterlab/coreutils';
import { INotebookTracker, NotebookActions, NotebookPanel } from '@jupyterlab/notebook';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { messageOf } from '../api';
import type { CodeHost } from '../codehost';
import { CommandIds } from '../commandids';
import { RUN_ARGS, textArg } from '../commands';
import type { RunData } from '../run';
import { IStudio, Studio } from '../studio';
import type { Translate } from '../tokens';

const NOTEBOOK = 'jupyter_runs.notebook';
const CELL = 'jupyter_runs.cell';

function codeHost(tracker: INotebookTracker, languages: IEditorLanguageRegistry | null): CodeHost {
  return {
    changed: tracker.currentChanged,
    notebookName: () => tracker.currentWidget?.title.label ?? null,
    insertCell: text => {
      const panel = tracker.currentWidget;
      if (panel) {
        NotebookActions.insertBelow(panel.content);
        panel.content.activeCell?.model.sharedModel.setSource(text);
        panel.activate();
      }
    },
    highlight: async (text, fileName, into) => {
      const language = languages?.findByFileName(fileName);
      into.textContent = '';
      if (language) {
        await languages?.highlight(text, language, into);
      } else {
        into.textContent = text;
      }
    }
  };
}

/** Where the front end finds a notebook that a kernel knows by its full path; in order of likelihood. */
function pathsOf(recorded: string, open: string[]): string[] {
  const path = recorded.replace(/\\/g, '/');
  const there = open.filter(one => path === one || path.endsWith(`/${one}`));
  const root = PageConfig.getOption('serverRoot').replace(/\\/g, '/').replace(/\/$/, '');
  // The home folder of the server is told as `~`.
  const tail = root.replace(/^~/, '');
  const at = root.startsWith('~') ? path.indexOf(`${tail}/`) : path.startsWith(`${root}/`) ? 0 : -1;
  const below = at >= 0 ? [path.slice(at + tail.length + 1)] : [];
  const relative = path.startsWith('/') ? [] : [path];
  return [...there.sort((a, b) => b.length - a.length), ...below, ...relative];
}

/** Number of the cell that a run came from; -1 when it is no longer there. */
function cellIndex(panel: NotebookPanel, id: string): number {
  const execution = /^In \[(\d+)\]$/.exec(id);
  return panel.content.widgets.findIndex(({ model }) =>
    execution
      ? model.sharedModel.toJSON()['execution_count'] === Number(execution[1])
      : model.id === id
  );
}

async function reveal(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  trans: Translate,
  run: RunData
): Promise<void> {
  const recorded = run.properties[NOTEBOOK];
  const open: string[] = [];
  tracker.forEach(panel => open.push(panel.context.path));
  const path = recorded ? pathsOf(recorded, open)[0] : undefined;
  if (path === undefined) {
    throw new Error(
      recorded
        ? trans.__('%1 is not in the folder that this server serves.', recorded)
        : trans.__('No notebook was recorded for this run.')
    );
  }
  const panel: unknown = await app.commands.execute('docmanager:open', { path });
  if (!(panel instanceof NotebookPanel)) {
    throw new Error(trans.__('%1 cannot be opened as a notebook.', PathExt.basename(path)));
  }
  await panel.revealed;
  await panel.context.ready;
  const at = cellIndex(panel, run.properties[CELL] ?? '');
  if (at < 0) {
    throw new Error(trans.__('The cell of this run is no longer in the notebook.'));
  }
  panel.content.activeCellIndex = at;
  await panel.content.scrollToItem(at, 'center');
}

/** The run that a command is about. */
async function runOf(studio: Studio, args: ReadonlyPartialJSONObject): Promise<RunData | null> {
  const many = args['run_ids'];
  const id = textArg(args, 'run_id') ?? (Array.isArray(many) ? many[0] : null);
  if (typeof id !== 'string') {
    return studio.current()[0] ?? null;
  }
  return studio.model.api.run(textArg(args, 'workspace') ?? studio.list.workspace, id);
}

export const codePlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-runs:code',
  description: 'Leads from runs to their cells, and from their code to new ones.',
  autoStart: true,
  requires: [IStudio],
  optional: [INotebookTracker, IEditorLanguageRegistry, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    studio: Studio,
    tracker: INotebookTracker | null,
    languages: IEditorLanguageRegistry | null,
    palette: ICommandPalette | null
  ): void => {
    if (!tracker) {
      return;
    }
    const { trans } = studio;
    studio.code = codeHost(tracker, languages);
    app.commands.addCommand(CommandIds.revealCell, {
      label: trans.__('Show Cell of Run'),
      caption: trans.__('Open the notebook of a run at the cell that it came from'),
      describedBy: { args: RUN_ARGS },
      execute: async args => {
        try {
          const run = await runOf(studio, args);
          if (run) {
            await reveal(app, tracker, trans, run);
          }
        } catch (error) {
          await showErrorMessage(trans.__('The cell cannot be shown'), messageOf(error));
        }
      }
    });
    palette?.addItem({ command: CommandIds.revealCell, category: trans.__('Runs') });
  }
};
