// The table of an experiment in a tab of the main area; what somebody has chosen there is remembered.
import { ReactWidget } from '@jupyterlab/apputils';
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';
import type { Message } from '@lumino/messaging';
import type { JSX } from 'react';
import { ExperimentTable } from './components/table/ExperimentTable';
import { tableIcon } from './icons';
import { RunTable } from './runtable';
import { RunSelection } from './tableselection';
import type { Studio } from './studio';
import { readView } from './tableview';

export class ExperimentDocument extends ReactWidget {
  constructor(
    private readonly studio: Studio,
    readonly experiment: string,
    readonly workspace: string | null
  ) {
    super();
    const { model, trans } = studio;
    this.table = new RunTable({ model, experiment, workspace });
    this.addClass('jp-jr-table-document');
    this.title.label = experiment;
    this.title.caption = trans.__('Experiment %1', experiment);
    this.title.icon = tableIcon;
    this.title.closable = true;
    this.node.tabIndex = -1;
    void this.begin();
  }

  readonly table: RunTable;
  readonly selection = new RunSelection();

  override dispose(): void {
    this.table.changed.disconnect(this.keep, this);
    this.table.dispose();
    super.dispose();
  }

  protected override render(): JSX.Element {
    return <ExperimentTable selection={this.selection} studio={this.studio} table={this.table} />;
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.table.setVisible(true);
  }

  protected override onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this.table.setVisible(false);
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    const place = this.node.querySelector<HTMLElement>('[data-place="here"], input');
    // Before its first answer the table has no place yet; the tab is the current one all the same.
    (place ?? this.node).focus();
  }

  private async begin(): Promise<void> {
    const kept = await this.studio.state.get(this.name);
    const query = (kept as { query?: unknown } | undefined)?.query;
    if (!this.isDisposed) {
      this._kept = JSON.stringify(kept);
      await this.table.start(readView(kept), typeof query === 'string' ? query : '');
      this.table.changed.connect(this.keep, this);
    }
  }

  private keep(): void {
    const value = { ...this.table.view, query: this.table.query };
    const text = JSON.stringify(value);
    if (text !== this._kept) {
      this._kept = text;
      this.studio.state.set(this.name, value as unknown as ReadonlyPartialJSONValue);
    }
  }

  /** Under which name the choices are kept. */
  private get name(): string {
    return `table:${this.workspace ?? ''}:${this.experiment}`;
  }

  private _kept: string | undefined;
}
