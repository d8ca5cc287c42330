// Shows runs in notebook outputs: live when the server knows the run, as they were saved when it does not.
import { ReactWidget } from '@jupyterlab/apputils';
import type { IRenderMime } from '@jupyterlab/rendermime';
import type { JSX } from 'react';
import { RunPanel } from './components/RunPanel';
import type { RunData } from './run';
import type { RunsModel } from './runs';
import { asSnapshot } from './snapshot';
import { LiveRunSource } from './source';
import { KernelControl, PanelView, RUN_MIME_TYPE, Translate } from './tokens';

export interface RendererOptions {
  model: RunsModel;
  trans: Translate;
  open: (run: RunData) => void;
  kernels: KernelControl;
}

/** One output. A new payload of the same run goes into the panel that is there, so that nothing folds or scrolls. */
export class RunRenderer extends ReactWidget implements IRenderMime.IRenderer {
  constructor(private readonly options: RendererOptions) {
    super();
    this.addClass('jp-jr-output');
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
      this._view = view;
      this._sourceKey = this._key;
      this._source = new LiveRunSource({ ...this.options, workspace, runId, saved: snapshot });
    }
    this.update();
    await this.renderPromise;
  }

  override dispose(): void {
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
    return <RunPanel key={this._sourceKey} source={this._source} trans={trans} view={this._view} />;
  }

  private drop(): void {
    this._source?.dispose();
    this._source = null;
  }

  private _key = '';
  private _source: LiveRunSource | null = null;
  private _sourceKey = '';
  private _view: PanelView = 'full';
}

/** The factory to register; `safe`, because nothing in a payload is ever run or taken as HTML. */
export function rendererFactory(options: RendererOptions): IRenderMime.IRendererFactory {
  return {
    safe: true,
    mimeTypes: [RUN_MIME_TYPE],
    createRenderer: () => new RunRenderer(options)
  };
}
