// Opens a tab and brings it to the front, in every application.
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { WidgetTracker } from '@jupyterlab/apputils';
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

/** The tab with this id in front; made where there is none yet. */
export function openTab<T extends Widget>(
  app: JupyterFrontEnd,
  tracker: WidgetTracker<T>,
  area: string,
  id: string,
  make: () => T
): void {
  let doc = tracker.find(widget => widget.id === id);
  if (!doc) {
    doc = make();
    doc.id = id;
    app.shell.add(doc, area);
    void tracker.add(doc);
  }
  bringToFront(app, doc);
}
