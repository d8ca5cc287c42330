// The frame of the page: the list of runs on the left, tabs on the right; on a phone one of both.
import { ReactWidget } from '@jupyterlab/apputils';
import { ISignal, Signal } from '@lumino/signaling';
import { Panel, SplitPanel, StackedPanel, Widget } from '@lumino/widgets';
import { RunsSidebar } from '../sidebar';
import type { Studio } from '../studio';
import type { Place } from './places';
import type { Tabs } from './tabs';
import { TopBar } from './TopBar';

const NARROW = '(max-width: 719px)';

export class Frame extends Panel {
  constructor(
    studio: Studio,
    private readonly tabs: Tabs
  ) {
    super();
    this.id = 'jupyter-runs-page';
    this.sidebar = new RunsSidebar(studio);
    const top = ReactWidget.create(<TopBar frame={this} studio={studio} />);
    const split = new SplitPanel({ orientation: 'horizontal', spacing: 1 });
    this._main.addWidget(this.welcome(studio));
    this._main.addWidget(tabs.dock);
    split.addWidget(this.sidebar);
    split.addWidget(this._main);
    split.setRelativeSizes([1, 3]);
    SplitPanel.setStretch(this.sidebar, 0);
    SplitPanel.setStretch(this._main, 1);
    this.addWidget(top);
    this.addWidget(split);
    this._narrow.addEventListener('change', () => this.arrange());
    tabs.dock.layoutModified.connect(() => this.arrange());
    this.arrange();
  }

  readonly sidebar: RunsSidebar;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** There is room for one thing only, and it is not the list. */
  get hidesList(): boolean {
    return this._narrow.matches && !this.wantsList;
  }

  /** What is to be seen first; null for the list. */
  get place(): Place | null {
    return this._narrow.matches && this.wantsList ? null : this.tabs.place;
  }

  /** Show a place in a tab. */
  open(place: Place): void {
    this._wantsList = false;
    this.tabs.open(place);
    this.arrange();
  }

  /** Show the list, in front where there is room for one thing only. */
  showList(): void {
    this._wantsList = true;
    this.arrange();
    this.sidebar.activate();
  }

  private welcome(studio: Studio): Widget {
    const { trans } = studio;
    const text = trans.__('Pick a run on the left: it opens here.');
    return ReactWidget.create(
      <div className="jp-jr jp-jr-welcome">
        <p>{text}</p>
      </div>
    );
  }

  private get wantsList(): boolean {
    return this._wantsList || this.tabs.dock.isEmpty;
  }

  private arrange(): void {
    this.sidebar.setHidden(this.hidesList);
    this._main.setHidden(this._narrow.matches && this.wantsList);
    this.tabs.dock.setHidden(this.tabs.dock.isEmpty);
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _main = new StackedPanel();
  private readonly _narrow = window.matchMedia(NARROW);
  private _wantsList = true;
}
