// The item of the status bar, where the application has one.
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ReactWidget } from '@jupyterlab/apputils';
import { IStatusBar } from '@jupyterlab/statusbar';
import { Signal } from '@lumino/signaling';
import { createElement } from 'react';
import { StatusItem } from '../components/StatusItem';
import { showActive, showFailures } from '../filtered';
import { IStudio, Studio } from '../studio';

export const statusBarPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-runs:statusbar',
  description: 'How many runs are active and how many have failed unseen, in the status bar.',
  autoStart: true,
  requires: [IStudio],
  optional: [IStatusBar],
  activate: (_: JupyterFrontEnd, studio: Studio, statusBar: IStatusBar | null): void => {
    if (!statusBar) {
      return;
    }
    const { list, attention, settings } = studio;
    const item = ReactWidget.create(
      createElement(StatusItem, {
        studio,
        onActive: () => showActive(studio),
        onFailed: () => showFailures(studio)
      })
    );
    const isActive = () =>
      settings.composite.showStatusBar && (list.activeTotal > 0 || attention.unseen.length > 0);
    const activeStateChanged = new Signal<object, void>({});
    let was = false;
    const look = () => {
      if (was !== isActive()) {
        was = !was;
        activeStateChanged.emit();
      }
    };
    list.changed.connect(look);
    attention.changed.connect(look);
    settings.changed.connect(look);
    statusBar.registerStatusItem('jupyter-runs:statusbar', {
      item,
      align: 'left',
      rank: 40,
      isActive,
      activeStateChanged
    });
  }
};
