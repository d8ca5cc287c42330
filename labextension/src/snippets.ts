// Lines of Python that bring what the front end shows into a notebook.
import type { ServerStatus } from './tokens';

/** How Python opens a workspace: the one of the server as anybody would, another by its folder. */
function workspaceCode(status: ServerStatus | null, workspace: string | null): string {
  const other = workspace !== null && workspace !== status?.workspace;
  const folder = other ? status?.workspaces.find(({ key }) => key === workspace)?.path : undefined;
  return folder === undefined ? 'Workspace.from_config()' : `Workspace(${JSON.stringify(folder)})`;
}

/** Some runs of one workspace, as variables. */
export function runsCode(
  status: ServerStatus | null,
  runs: readonly { run_id: string; workspace: string }[]
): string {
  const opened = workspaceCode(status, runs[0]?.workspace ?? null);
  const first = 'from jupyter_runs import Workspace\n';
  if (runs.length === 1) {
    return `${first}run = ${opened}.get_run(${JSON.stringify(runs[0]?.run_id)})`;
  }
  const ids = runs.map(run => JSON.stringify(run.run_id)).join(', ');
  return `${first}ws = ${opened}\nruns = [ws.get_run(run_id) for run_id in [${ids}]]`;
}

/** An experiment, as a variable. */
export function experimentCode(
  status: ServerStatus | null,
  workspace: string | null,
  name: string
): string {
  const opened = workspaceCode(status, workspace);
  return `from jupyter_runs import Experiment, Workspace\nexp = Experiment(${opened}, ${JSON.stringify(name)})`;
}
