// The ids of all commands; each takes RunArgs unless it says otherwise.
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

/** Which runs a command is about; without ids those of `Studio.current`. Without a workspace the one that the sidebar shows. */
export interface RunArgs {
  run_id?: string;
  run_ids?: string[];
  workspace?: string;
}

export const CommandIds = {
  openPanel: 'jupyter-runs:open-panel',
  /** With `{"query": text}` that search is put in. */
  focusSearch: 'jupyter-runs:focus-search',
  openRun: 'jupyter-runs:open-run',
  openRunAside: 'jupyter-runs:open-run-aside',
  openLog: 'jupyter-runs:open-log',
  /** With `{"experiment": name, "workspace"?: key}`. */
  openExperiment: 'jupyter-runs:open-experiment',
  compare: 'jupyter-runs:compare',
  cancelRun: 'jupyter-runs:cancel-run',
  cancelAllActive: 'jupyter-runs:cancel-all-active',
  forceStop: 'jupyter-runs:force-stop',
  resubmit: 'jupyter-runs:resubmit',
  rename: 'jupyter-runs:rename',
  describe: 'jupyter-runs:edit-description',
  addTag: 'jupyter-runs:add-tag',
  removeTag: 'jupyter-runs:remove-tag',
  archive: 'jupyter-runs:archive',
  reactivate: 'jupyter-runs:reactivate',
  delete: 'jupyter-runs:delete',
  restore: 'jupyter-runs:restore',
  copyId: 'jupyter-runs:copy-id',
  copyPython: 'jupyter-runs:copy-python-snippet',
  copyCli: 'jupyter-runs:copy-cli',
  revealCell: 'jupyter-runs:reveal-notebook-cell',
  download: 'jupyter-runs:download',
  /** With `{"path"?: script or notebook, relative to the server's folder}`. */
  submit: 'jupyter-runs:submit',
  runCell: 'jupyter-runs:run-cell-as-experiment',
  refresh: 'jupyter-runs:refresh'
} as const;

/** The arguments that name some runs of one workspace. */
export function argsOf(
  runs: readonly { run_id: string; workspace: string }[]
): ReadonlyPartialJSONObject {
  const workspace = runs[0]?.workspace;
  return {
    run_ids: runs.map(run => run.run_id),
    ...(workspace === undefined ? {} : { workspace })
  };
}
