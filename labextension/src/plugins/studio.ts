// The model and what else all surfaces share.
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { KernelAPI, ServerConnection } from '@jupyterlab/services';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { labApi } from '../api';
import { Attention } from '../attention';
import { CommandIds } from '../commandids';
import type { RunData } from '../run';
import { RunList } from '../runlist';
import { RunsModel } from '../runs';
import { Settings, SettingsStore } from '../settings';
import { SavedSearches } from '../savedsearches';
import { SearchInput } from '../searchinput';
import { IStudio, Studio } from '../studio';
import { labState } from '../uistate';

export const studioPlugin: JupyterFrontEndPlugin<Studio> = {
  id: 'jupyter-runs:studio',
  description: 'The live model of the runs of this server, and what the surfaces share.',
  autoStart: true,
  provides: IStudio,
  optional: [ITranslator, IStateDB, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    stateDb: IStateDB | null,
    registry: ISettingRegistry | null
  ): Studio => {
    const { serverSettings, events } = app.serviceManager;
    const model = new RunsModel({
      api: labApi(ServerConnection, serverSettings),
      events: events.stream
    });
    const list = new RunList(model);
    const state = labState(stateDb);
    const loaded = registry?.load('jupyter-runs:plugin') as Promise<SettingsStore> | undefined;
    const sources: (() => RunData[])[] = [];
    return {
      model,
      list,
      search: new SearchInput(list, () => app.commands.execute(CommandIds.openPanel)),
      saved: new SavedSearches(state),
      commands: app.commands,
      state,
      settings: new Settings(loaded),
      attention: new Attention(model),
      trans: (translator ?? nullTranslator).load('jupyter_runs'),
      kernels: {
        interrupt: id => KernelAPI.interruptKernel(id, serverSettings),
        restart: id => KernelAPI.restartKernel(id, serverSettings)
      },
      open: ({ run_id, workspace }) =>
        void app.commands.execute(CommandIds.openRun, { run_id, workspace }),
      current: () => {
        const found = sources.map(source => source()).filter(runs => runs.length > 0);
        return found[found.length - 1] ?? [...list.selected];
      },
      addCurrent: source => void sources.push(source)
    };
  }
};
