// The tabs of the page: which one is in front, and that a reload brings them back where they were.
import { DockPanelSvg } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';
import { MessageLoop } from '@lumino/messaging';
import { ISignal, Signal } from '@lumino/signaling';
import { DockLayout, FocusTracker, Widget } from '@lumino/widgets';
import type { UiState } from '../uistate';
import { openPlace, Place, placeOf } from './places';

const STATE = 'page:tabs';

type Area = DockLayout.AreaConfig | null;

/** A layout whose widgets are places: as JSON. */
function packed(area: Area): ReadonlyPartialJSONValue {
  if (!area) {
    return null;
  }
  return area.type === 'tab-area'
    ? { ...area, widgets: area.widgets.map(widget => placeOf(widget)) }
    : { ...area, children: area.children.map(packed) };
}

/** The way back; what cannot be understood is left out. */
async function unpacked(
  value: unknown,
  widgetOf: (place: Place) => Promise<Widget | null>
): Promise<Area> {
  const area = value as DockLayout.AreaConfig | { type?: undefined } | null;
  if (area?.type === 'tab-area') {
    const widgets: Widget[] = [];
    for (const place of area.widgets as unknown as (Place | null)[]) {
      const widget = place && (await widgetOf(place));
      if (widget) {
        widgets.push(widget);
      }
    }
    return widgets.length === 0 ? null : { ...area, widgets };
  }
  if (area?.type === 'split-area') {
    const children: DockLayout.AreaConfig[] = [];
    for (const child of area.children) {
      const there = await unpacked(child, widgetOf);
      if (there) {
        children.push(there);
      }
    }
    const isWhole = children.length === area.children.length;
    const sizes = isWhole ? area.sizes : children.map(() => 1);
    return children.length < 2 ? (children[0] ?? null) : { ...area, children, sizes };
  }
  return null;
}

export class Tabs {
  constructor(
    private readonly commands: CommandRegistry,
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

  /** A new tab, or one that goes elsewhere. */
  add(widget: Widget, mode: DockLayout.InsertMode = 'tab-after'): void {
    const ref = this._current === widget ? null : this._current;
    this.dock.addWidget(widget, ref && this.dock.contains(ref) ? { mode, ref } : {});
    if (!this._focus.has(widget)) {
      this.watch(widget);
    }
  }

  activate(id: string): void {
    const widget = [...this.dock.widgets()].find(one => one.id === id);
    if (widget) {
      this.dock.activateWidget(widget);
      this.toFront(widget);
    }
  }

  /** The tabs of before the reload. */
  async restore(): Promise<void> {
    const kept = await this.state.get(STATE);
    try {
      const main = await unpacked(kept, async place => {
        await openPlace(this.commands, place);
        return this._current;
      });
      this.dock.restoreLayout({ main });
    } catch {
      // Of another version, or damaged: the page begins with what could be opened.
    }
    this._restored = true;
  }

  private watch(widget: Widget): void {
    // A tab is in front when the focus is in it: so that it can be, the widget itself takes it where nothing inside has.
    widget.node.tabIndex = -1;
    MessageLoop.installMessageHook(widget, (_, message) => {
      if (message.type === 'activate-request' && !widget.node.contains(document.activeElement)) {
        widget.node.focus();
      }
      return true;
    });
    widget.title.changed.connect(() => this._changed.emit());
    widget.disposed.connect(() => this.toFront(this._focus.currentWidget));
    this._focus.add(widget);
  }

  private toFront(widget: Widget | null): void {
    this._current = widget;
    this._changed.emit();
  }

  private save(): void {
    if (this._restored) {
      this.state.set(STATE, packed(this.dock.saveLayout().main));
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private _current: Widget | null = null;
  private readonly _focus = new FocusTracker<Widget>();
  private _restored = false;
}
