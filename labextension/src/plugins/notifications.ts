// Ends of runs among JupyterLab's notifications.
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { startNotifying } from '../notifying';
import { IStudio, Studio } from '../studio';

export const notificationsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-runs:notifications',
  description: 'Tells that runs have ended.',
  autoStart: true,
  requires: [IStudio],
  activate: (_: JupyterFrontEnd, studio: Studio): void => startNotifying(studio)
};
