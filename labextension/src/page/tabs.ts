// The tabs of the page: which places are open, which one is in front, and that a reload brings them back.
import { DockPanelSvg } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONArray, ReadonlyPartialJSONValue } from '@lumino/coreutils';
import { MessageLoop } from '@lumino/messaging';
import { ISignal, Signal } from '@lumino/signaling';
import { DockLayout, FocusTracker, Widget } from '@lumino/widgets';
import type { UiState } from '../uistate';
import type { Place } from './places';

const STATE = 'page:tabs';

type Area = DockLayout.AreaConfig | null;

/** The layout as JSON: widgets become the keys of their places. */
function packed(area: Area, keyOf: (widget: Widget) => string): ReadonlyPartialJSONValue {
  if (!area) {
    return null;
  }
  return area.type === 'tab-area'
    ? { ...area, widgets: area.widgets.map(keyOf) }
    : { ...area, children: area.children.map(child => packed(child, keyOf)) };
}

/** The way back; what cannot be understood is left out. */
function unpacked(value: unknown, widgetOf: (key: string) => Widget | null): Area {
  const area = value as DockLayout.AreaConfig | { type?: undefined } | null;
  if (area?.type === 'tab-area') {
    const keys: unknown[] = area.widgets;
    const widgets = keys.flatMap(key => (typeof key === 'string' ? (widgetOf(key) ?? []) : []));
    return widgets.length === 0 ? null : { ...area, widgets };
  }
  if (area?.type === 'split-area') {
    const children = area.children.flatMap(child => unpacked(child, widgetOf) ?? []);
    const isWhole = children.length === area.children.length;
    const sizes = isWhole ? area.sizes : children.map(() => 1);
    return children.length < 2 ? (children[0] ?? null) : { ...area, children, sizes };
  }
  return null;
}

export class Tabs {
  constructor(
    private readonly make: (place: Place) => Widget,
    private readonly state: UiState
  ) {
    this.dock.id = 'jupyter-runs-tabs';
    this._focus.currentChanged.connect(() => this.toFront(this._focus.currentWidget));
    this.dock.layoutModified.connect(() => this.save());
  }

  readonly dock = new DockPanelSvg();

  /** Another tab is in front, or the title of that one has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The tab in front: the one that had the focus last. */
  get current(): Widget | null {
    return this._current;
  }

  get place(): Place | null {
    return this.current && (this._places.get(this.current) ?? null);
  }

  /** Show a place, in the tab that it has or in a new one. */
  open(place: Place, mode: DockLayout.InsertMode = 'tab-after'): void {
    const there = this.find(place);
    const widget = there ?? this.add(place);
    if (!there) {
      this.dock.addWidget(widget, this.current ? { mode, ref: this.current } : {});
    }
    this.dock.activateWidget(widget);
    this.toFront(widget);
  }

  /** The tabs of before the reload. */
  async restore(): Promise<void> {
    const kept = await this.state.get(STATE);
    try {
      const main = unpacked(kept, key => this.add(JSON.parse(key) as Place));
      this.dock.restoreLayout({ main });
    } catch {
      // Of another version, or damaged: the page begins without tabs.
    }
  }

  private find(place: Place): Widget | null {
    const key = JSON.stringify(place);
    return [...this._places].find(([, other]) => JSON.stringify(other) === key)?.[0] ?? null;
  }

  private add(place: Place): Widget {
    const widget = this.make(place);
    this._places.set(widget, place);
    // A tab is in front when the focus is in it: so that it can be, the widget itself takes it where nothing inside has.
    widget.node.tabIndex = -1;
    MessageLoop.installMessageHook(widget, (_, message) => {
      if (message.type === 'activate-request' && !widget.node.contains(document.activeElement)) {
        widget.node.focus();
      }
      return true;
    });
    widget.title.changed.connect(() => this._changed.emit());
    widget.disposed.connect(() => {
      this._places.delete(widget);
      this.toFront(this._focus.currentWidget);
    });
    this._focus.add(widget);
    return widget;
  }

  private toFront(widget: Widget | null): void {
    this._current = widget;
    this._changed.emit();
  }

  private save(): void {
    const keyOf = (widget: Widget) => JSON.stringify(this._places.get(widget));
    const main = packed(this.dock.saveLayout().main, keyOf);
    this.state.set(STATE, main as ReadonlyPartialJSONArray);
  }

  private readonly _changed = new Signal<this, void>(this);
  private _current: Widget | null = null;
  private readonly _focus = new FocusTracker<Widget>();
  private readonly _places = new Map<Widget, Place>();
}
