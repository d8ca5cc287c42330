// A run in a tab of the main area: the full panel, and the live status as the icon of the tab.
import { ReactWidget } from '@jupyterlab/apputils';
import { ISignal, Signal } from '@lumino/signaling';
import type { Message } from '@lumino/messaging';
import type { JSX } from 'react';
import { RunPanel } from './components/RunPanel';
import { OVERVIEW } from './components/RunTabs';
import { statusTabIcon } from './icons';
import type { LiveRunSource } from './source';
import { statusWord } from './status';
import { takeFocus } from './takefocus';
import type { Translate } from './tokens';

export class RunDocument extends ReactWidget {
  constructor(
    readonly source: LiveRunSource,
    private readonly trans: Translate
  ) {
    super();
    this.addClass('jp-jr-document');
    this.title.closable = true;
    this.node.tabIndex = -1;
    source.changed.connect(this.retitle, this);
    this.retitle();
  }

  /** The view of the run that is shown. */
  get tab(): string {
    return this._tab;
  }

  set tab(tab: string) {
    if (tab !== this._tab) {
      this._tab = tab;
      this._tabChanged.emit(tab);
      this.update();
    }
  }

  get tabChanged(): ISignal<this, string> {
    return this._tabChanged;
  }

  override dispose(): void {
    this.source.changed.disconnect(this.retitle, this);
    this.source.dispose();
    Signal.clearData(this);
    super.dispose();
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    takeFocus(this.node);
  }

  protected override render(): JSX.Element {
    const { source, trans, tab } = this;
    const onTab = (picked: string) => {
      this.tab = picked;
    };
    return <RunPanel onTab={onTab} page source={source} tab={tab} trans={trans} view="full" />;
  }

  private retitle(): void {
    const { title, trans } = this;
    const { run } = this.source.state;
    if (!run) {
      title.label = trans.__('Run');
      title.icon = statusTabIcon('Queued');
      return;
    }
    const word = statusWord(run.shown_status, trans);
    title.label = run.name;
    title.caption = `${run.experiment} · #${run.number} · ${word}`;
    title.icon = statusTabIcon(run.shown_status);
  }

  private _tab = OVERVIEW;
  private _tabChanged = new Signal<this, string>(this);
}
