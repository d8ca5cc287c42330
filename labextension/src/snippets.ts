// Lines of Python, and of a shell, to go on elsewhere with what the front end shows.
import type { ServerStatus } from './tokens';

/** The folder of a workspace where it must be said: for the server's own it need not. */
function otherFolder(status: ServerStatus | null, workspace: string | null): string | null {
  const other = workspace !== null && workspace !== status?.workspace;
  return (other && status?.workspaces.find(({ key }) => key === workspace)?.path) || null;
}

/** How Python opens a workspace: the one of the server as anybody would, another by its folder. */
function workspaceCode(status: ServerStatus | null, workspace: string | null): string {
  const folder = otherFolder(status, workspace);
  return folder === null ? 'Workspace.from_config()' : `Workspace(${JSON.stringify(folder)})`;
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

/** A line of shell for each run that shows it. */
export function shellCode(
  status: ServerStatus | null,
  runs: readonly { run_id: string; workspace: string }[]
): string {
  const folder = otherFolder(status, runs[0]?.workspace ?? null);
  const where = folder === null ? '' : ` -w '${folder.replaceAll("'", "'\\''")}'`;
  return runs.map(run => `jupyter runs show -r ${run.run_id}${where}`).join('\n');
}
