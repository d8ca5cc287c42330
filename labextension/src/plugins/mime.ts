// Runs in the outputs of notebooks.
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { rendererFactory } from '../mime';
import { IStudio, Studio } from '../studio';

export const mimePlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-runs:mime',
  description: 'Shows runs in the outputs of notebooks.',
  autoStart: true,
  requires: [IStudio, IRenderMimeRegistry],
  activate: (_: JupyterFrontEnd, studio: Studio, registry: IRenderMimeRegistry): void => {
    // Before the widget renderer, which has rank -10 and nothing to show without a kernel.
    registry.addFactory(rendererFactory(studio), -20);
  }
};
