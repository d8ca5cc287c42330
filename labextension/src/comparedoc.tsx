// Some runs side by side, in a tab of the main area.
import { ReactWidget } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import type { JSX } from 'react';
import { CompareView } from './components/compare/CompareView';
import { ComparedRuns } from './comparedruns';
import { compareIcon } from './icons';
import type { Studio } from './studio';
import { takeFocus } from './takefocus';

export class CompareDocument extends ReactWidget {
  constructor(
    private readonly studio: Studio,
    ids: readonly string[],
    workspace: string | null
  ) {
    super();
    this.compared = new ComparedRuns({ model: studio.model, ids, workspace });
    this.addClass('jp-jr-table-document');
    this.title.icon = compareIcon;
    this.title.closable = true;
    this.node.tabIndex = -1;
    this.compared.changed.connect(this.retitle, this);
    this.retitle();
  }

  readonly compared: ComparedRuns;

  override dispose(): void {
    this.compared.changed.disconnect(this.retitle, this);
    this.compared.dispose();
    super.dispose();
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    takeFocus(this.node);
  }

  protected override render(): JSX.Element {
    return <CompareView compared={this.compared} studio={this.studio} />;
  }

  private retitle(): void {
    const { trans } = this.studio;
    const { runs, ids } = this.compared;
    this.title.label = trans._n('Compare %1 run', 'Compare %1 runs', ids.length);
    this.title.caption = runs
      .map(run => run.name)
      .slice(0, 20)
      .join(', ');
  }
}
