// Shows runs in notebook outputs: live when the server knows the run, as they were saved when it does not.
import { ReactWidget } from '@jupyterlab/apputils';
import type { IRenderMime } from '@jupyterlab/rendermime';
import type { IDisposable } from '@lumino/disposable';
import type { JSX } from 'react';
import { Attention, isTopOnScreen } from './attention';
import { RunPanel } from './components/RunPanel';
import type { CodeHost } from './codehost';
import type { RunData } from './run';
import type { RunsModel } from './runs';
import type { Settings } from './settings';
import { asSnapshot } from './snapshot';
import { LiveRunSource } from './source';
import { KernelControl, PanelView, RUN_MIME_TYPE, RunSource, Translate } from './tokens';
import type { UiState } from './uistate';

export interface RendererOptions {
  model: RunsModel;
  trans: Translate;
  open: (run: RunData) => void;
  kernels: KernelControl;
  state?: UiState;
  attention: Attention;
  settings: Settings;
  code?: CodeHost;
  search: RunSource['search'];
}

/** One output. A new payload of the same run goes into the panel that is there, so that nothing folds or scrolls. */
export class RunRenderer extends ReactWidget implements IRenderMime.IRenderer {
  constructor(private readonly options: RendererOptions) {
    super();
    this.addClass('jp-jr-output');
    this._view = options.attention.add({
      runId: () => this._source?.runId ?? null,
      isOnScreen: () => isTopOnScreen(this.node)
    });
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const snapshot = asSnapshot(model.data[RUN_MIME_TYPE]);
    this._key = snapshot ? `${snapshot.run.workspace}/${snapshot.run.run_id}` : '';
    if (!snapshot) {
      this.drop();
    } else if (this._source && this._sourceKey === this._key) {
      this._source.offer(snapshot);
      return;
    } else {
      this.drop();
      const { run, view } = snapshot;
      const { workspace, run_id: runId } = run;
      const { defaultPanel } = this.options.settings.composite;
      this._begin = defaultPanel === 'auto' ? view : defaultPanel;
      this._sourceKey = this._key;
      this._source = new LiveRunSource({ ...this.options, workspace, runId, snapshot });
    }
    this.update();
    await this.renderPromise;
  }

  override dispose(): void {
    this._view.dispose();
    this.drop();
    super.dispose();
  }

  protected override render(): JSX.Element {
    const { trans } = this.options;
    if (!this._source) {
      return (
        <div className="jp-jr jp-jr-panel">
          <div className="jp-jr-banner">{trans.__('This output does not hold a run.')}</div>
        </div>
      );
    }
    return (
      <RunPanel key={this._sourceKey} source={this._source} trans={trans} view={this._begin} />
    );
  }

  private drop(): void {
    this._source?.dispose();
    this._source = null;
  }

  private _begin: PanelView = 'full';
  private _key = '';
  private _source: LiveRunSource | null = null;
  private _sourceKey = '';
  private readonly _view: IDisposable;
}

/** The factory to register; `safe`, because nothing in a payload is ever run or taken as HTML. */
export function rendererFactory(options: RendererOptions): IRenderMime.IRendererFactory {
  return {
    safe: true,
    mimeTypes: [RUN_MIME_TYPE],
    createRenderer: () => new RunRenderer(options)
  };
}
