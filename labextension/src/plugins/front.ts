// Brings a tab to the front, in every application.
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { SplitPanel, TabPanel, Widget } from '@lumino/widgets';

export function bringToFront(app: JupyterFrontEnd, widget: Widget): void {
  const below = widget.parent?.parent;
  if (!(below instanceof TabPanel)) {
    app.shell.activateById(widget.id);
    return;
  }
  // Below a notebook: Notebook 7 opens the place without any height, and leaves the tab in front that was there.
  const isFirst = below.isHidden;
  below.currentWidget = widget;
  app.shell.activateById(widget.id);
  if (isFirst && below.parent instanceof SplitPanel) {
    below.parent.setRelativeSizes([1, 1]);
  }
}
