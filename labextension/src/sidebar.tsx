// The sidebar as a widget of the shell: its icon and caption tell how many runs are active even when it is closed.
import { ReactWidget } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import type { JSX } from 'react';
import { listedRun } from './commands/target';
import { RunSidebar } from './components/RunSidebar';
import { runsActiveIcon, runsIcon } from './icons';
import type { RunData } from './run';
import type { Studio } from './studio';

export class RunsSidebar extends ReactWidget {
  constructor(private readonly studio: Studio) {
    super();
    this.id = 'jupyter-runs-sidebar';
    this.addClass('jp-jr-side-panel');
    studio.list.changed.connect(this.retitle, this);
    this.retitle();
  }

  /** What a key is about that is pressed in a row: the run of the row, with the others if it is selected. */
  get inFocus(): RunData[] {
    const row = document.activeElement?.closest<HTMLElement>('[data-run]');
    const id = row && this.node.contains(row) ? row.dataset['run'] : undefined;
    if (id === undefined) {
      return [];
    }
    const { list } = this.studio;
    const run = listedRun(list, id);
    return run && !list.selected.includes(run) ? [run] : [...list.selected];
  }

  override dispose(): void {
    this.studio.list.changed.disconnect(this.retitle, this);
    super.dispose();
  }

  protected override render(): JSX.Element {
    return <RunSidebar studio={this.studio} />;
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this.studio.list.setVisible(this.isVisible);
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.studio.list.setVisible(true);
  }

  protected override onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this.studio.list.setVisible(false);
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this.studio.search.focus();
  }

  private retitle(): void {
    const n = this.studio.list.activeTotal;
    const { title } = this;
    const { trans } = this.studio;
    title.icon = n > 0 ? runsActiveIcon : runsIcon;
    title.caption = n > 0 ? trans._n('Runs — %1 active', 'Runs — %1 active', n) : trans.__('Runs');
  }
}
