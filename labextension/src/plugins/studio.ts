// The model and what else all surfaces share.
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Settings, SettingsStore } from '../settings';
import { createStudio, IStudio, Studio } from '../studio';
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
    const loaded = registry?.load('jupyter-runs:plugin') as Promise<SettingsStore> | undefined;
    return createStudio({
      server: app.serviceManager.serverSettings,
      events: app.serviceManager.events.stream,
      commands: app.commands,
      state: labState(stateDb),
      settings: new Settings(loaded),
      trans: (translator ?? nullTranslator).load('jupyter_runs')
    });
  }
};
