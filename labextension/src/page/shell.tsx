// The frame of the page, as JupyterLab's plugins know a shell: the list of runs on the left, tabs on the right; on a phone one of both.
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { ReactWidget } from '@jupyterlab/apputils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { ISignal, Signal } from '@lumino/signaling';
import { DockLayout, PanelLayout, SplitPanel, StackedPanel, Widget } from '@lumino/widgets';
import { RunsSidebar } from '../sidebar';
import type { Studio } from '../studio';
import { Place, placeOf } from './places';
import type { Tabs } from './tabs';
import { TopBar } from './TopBar';

const NARROW = '(max-width: 719px)';

export class PageShell extends Widget implements JupyterFrontEnd.IShell {
  constructor(
    studio: Studio,
    private readonly tabs: Tabs
  ) {
    super();
    this.id = 'jupyter-runs-page';
    this._sidebar = new RunsSidebar(studio);
    const split = new SplitPanel({ orientation: 'horizontal', spacing: 1 });
    this._main.addWidget(this.welcome(studio));
    this._main.addWidget(tabs.dock);
    split.addWidget(this._sidebar);
    split.addWidget(this._main);
    split.setRelativeSizes([1, 3]);
    SplitPanel.setStretch(this._sidebar, 0);
    SplitPanel.setStretch(this._main, 1);
    const layout = new PanelLayout();
    this.layout = layout;
    layout.addWidget(ReactWidget.create(<TopBar shell={this} studio={studio} />));
    layout.addWidget(split);
    this._narrow.addEventListener('change', () => this.arrange());
    tabs.dock.layoutModified.connect(() => this.arrange());
    this.arrange();
  }

  /** What is to be seen first has changed, or whether the list is there. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get currentWidget(): Widget | null {
    return this.wantsList && this._narrow.matches ? null : this.tabs.current;
  }

  /** There is room for one thing only, and it is not the list. */
  get hidesList(): boolean {
    return this._narrow.matches && !this.wantsList;
  }

  /** What is to be seen first; null for the list. */
  get place(): Place | null {
    return placeOf(this.currentWidget);
  }

  /** Every widget is a tab, whatever the area. */
  add(widget: Widget, _area?: string, options?: DocumentRegistry.IOpenOptions): void {
    this.tabs.add(widget, options?.mode as DockLayout.InsertMode | undefined);
  }

  activateById(id: string): void {
    this._wantsList = false;
    this.arrange();
    this.tabs.activate(id);
  }

  *widgets(): IterableIterator<Widget> {
    yield* this.tabs.dock.widgets();
  }

  /** Show the list, in front where there is room for one thing only. */
  showList(): void {
    this._wantsList = true;
    this.arrange();
  }

  /** Show the list, ready to search in it. */
  activateList(): void {
    this.showList();
    this._sidebar.activate();
  }

  private get wantsList(): boolean {
    return this._wantsList || this.tabs.dock.isEmpty;
  }

  private welcome({ trans }: Studio): Widget {
    return ReactWidget.create(
      <div className="jp-jr jp-jr-welcome">
        <p>{trans.__('Pick a run on the left: it opens here.')}</p>
      </div>
    );
  }

  private arrange(): void {
    this._sidebar.setHidden(this.hidesList);
    this._main.setHidden(this._narrow.matches && this.wantsList);
    this.tabs.dock.setHidden(this.tabs.dock.isEmpty);
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _main = new StackedPanel();
  private readonly _narrow = window.matchMedia(NARROW);
  private readonly _sidebar: RunsSidebar;
  private _wantsList = true;
}
