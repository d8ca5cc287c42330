// A section of the Running panel: active runs beside kernels and terminals.
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRunningSessionManagers } from '@jupyterlab/running';
import { RunningRuns } from '../running';
import { IStudio, Studio } from '../studio';

const PANEL = 'jp-running-sessions';

export const runningPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-runs:running',
  description: 'Active runs in the Running panel.',
  autoStart: true,
  requires: [IStudio],
  optional: [IRunningSessionManagers],
  activate: (
    _: JupyterFrontEnd,
    studio: Studio,
    managers: IRunningSessionManagers | null
  ): void => {
    if (!managers) {
      return;
    }
    const running = new RunningRuns(studio);
    const { list, settings } = studio;
    // Elapsed times go on while somebody looks at them.
    setInterval(() => {
      if (list.activeTotal > 0 && document.getElementById(PANEL)?.checkVisibility()) {
        running.tick();
      }
    }, 1000);
    // A section that was added stays until the next reload, and is empty while it is not wanted.
    let isAdded = false;
    const look = () => {
      if (!isAdded && settings.composite.showInRunning) {
        isAdded = true;
        managers.add(running);
      }
      running.tick();
    };
    settings.changed.connect(look);
    void Promise.resolve(settings.ready).then(look);
  }
};
