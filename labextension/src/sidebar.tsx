// The sidebar as a widget of the shell: its icon and caption tell how many runs are active even when it is closed.
import { ReactWidget } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import type { JSX } from 'react';
import { RunSidebar } from './components/RunSidebar';
import { runsActiveIcon, runsIcon } from './icons';
import type { RunData } from './run';
import type { RunList } from './runlist';
import type { Translate } from './tokens';

export class RunsSidebar extends ReactWidget {
  constructor(
    private readonly list: RunList,
    private readonly trans: Translate,
    private readonly open: (run: RunData) => void
  ) {
    super();
    this.id = 'jupyter-runs-sidebar';
    this.addClass('jp-jr-side-panel');
    list.changed.connect(this.retitle, this);
    this.retitle();
  }

  override dispose(): void {
    this.list.changed.disconnect(this.retitle, this);
    super.dispose();
  }

  protected override render(): JSX.Element {
    return <RunSidebar list={this.list} open={this.open} trans={this.trans} />;
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.list.setVisible(true);
  }

  protected override onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this.list.setVisible(false);
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this.node.querySelector('input')?.focus();
  }

  private retitle(): void {
    const n = this.list.activeTotal;
    const { trans, title } = this;
    title.icon = n > 0 ? runsActiveIcon : runsIcon;
    title.caption = n > 0 ? trans._n('Runs — %1 active', 'Runs — %1 active', n) : trans.__('Runs');
  }
}
