// What all surfaces share, in JupyterLab, Notebook and on the page of its own: the model, the commands and what is remembered.
import { KernelAPI, ServerConnection } from '@jupyterlab/services';
import type { CommandRegistry } from '@lumino/commands';
import { Token } from '@lumino/coreutils';
import { Attention } from './attention';
import { CommandIds } from './commandids';
import type { CodeHost } from './codehost';
import type { RunData } from './run';
import { labApi } from './reach';
import { RunList } from './runlist';
import { EventStream, RunsModel } from './runs';
import type { Settings } from './settings';
import { SavedSearches } from './savedsearches';
import { SearchInput } from './searchinput';
import type { KernelControl, Translate } from './tokens';
import type { UiState } from './uistate';

/** Everything a person can do is a command with an id in `commandids.ts`; surfaces only call them. */
export interface Studio {
  model: RunsModel;
  list: RunList;
  /** The text in the search box. */
  search: SearchInput;
  saved: SavedSearches;
  commands: CommandRegistry;
  kernels: KernelControl;
  state: UiState;
  /** What a person has chosen in the settings editor. */
  settings: Settings;
  /** What has ended, and what of it was on screen: surfaces that show one run say so here. */
  attention: Attention;
  trans: Translate;
  /** What the application can do with code; not there without notebooks. */
  code?: CodeHost;
  /** Show a run in a tab of its own. */
  open: (run: Pick<RunData, 'run_id' | 'workspace'>) => void;
  /** The run of the tab in front, else those that are selected in the sidebar: what a command without arguments is about. */
  current: () => RunData[];
  /** Who answers `current` before the sidebar is asked; the last one that returns runs wins. */
  addCurrent: (source: () => RunData[]) => void;
}

export const IStudio = new Token<Studio>(
  'jupyter-runs:IStudio',
  'The live model of the runs of this server, and what the surfaces share.'
);

/** What an application has to give. */
export interface StudioParts extends Pick<Studio, 'commands' | 'state' | 'settings' | 'trans'> {
  server: ServerConnection.ISettings;
  events: EventStream;
}

export function createStudio({ server, events, ...parts }: StudioParts): Studio {
  const model = new RunsModel({ api: labApi(ServerConnection, server), events });
  const list = new RunList(model);
  const sources: (() => RunData[])[] = [];
  return {
    ...parts,
    model,
    list,
    search: new SearchInput(list, () => parts.commands.execute(CommandIds.openPanel)),
    saved: new SavedSearches(parts.state),
    attention: new Attention(model),
    kernels: {
      interrupt: id => KernelAPI.interruptKernel(id, server),
      restart: id => KernelAPI.restartKernel(id, server)
    },
    open: ({ run_id, workspace }) =>
      void parts.commands.execute(CommandIds.openRun, { run_id, workspace }),
    current: () => {
      const found = sources.map(source => source()).filter(runs => runs.length > 0);
      return found[found.length - 1] ?? [...list.selected];
    },
    addCurrent: source => void sources.push(source)
  };
}
