// The wire form of a run. GENERATED from jupyter_runs/schema/run.v1.json by `npm run types`: do not edit.

/**
 * What is stored.
 */
export type Status =
  | 'NotStarted'
  | 'Queued'
  | 'Preparing'
  | 'Running'
  | 'Finalizing'
  | 'Completed'
  | 'Failed'
  | 'Canceled';
/**
 * What is shown: the stored status, or one of the two that are derived from it.
 */
export type ShownStatus =
  | 'NotStarted'
  | 'Queued'
  | 'Preparing'
  | 'Running'
  | 'Finalizing'
  | 'Completed'
  | 'Failed'
  | 'Canceled'
  | 'CancelRequested'
  | 'NotResponding';
export type RunError = {
  /**
   * Type of the exception, or UserError.
   */
  code: string;
  message: string;
  traceback: string | null;
} | null;
/**
 * The process that may end the run; null while nobody has started it.
 */
export type Owner = {
  host: string;
  pid: number;
  kernel_id: string | null;
} | null;
export type Progress = {
  done: number;
  total: number | null;
  message: string | null;
} | null;

/**
 * The wire form of one run: what REST answers, what the feed carries, what a saved notebook keeps. Instants are seconds since the epoch (UTC).
 */
export interface RunData {
  run_id: string;
  /**
   * Raised whenever the row of the run changes. Points logged do not raise it.
   */
  rev: number;
  /**
   * Key of the workspace that holds the run; REST takes it as ?workspace=
   */
  workspace: string;
  experiment: string;
  /**
   * Counts up within the experiment.
   */
  number: number;
  /**
   * Display name; never empty.
   */
  name: string;
  description: string | null;
  /**
   * Null for a run started in a process, azureml.scriptrun for a submitted script.
   */
  type: string | null;
  status: Status;
  shown_status: ShownStatus;
  is_final: boolean;
  parent_id: string | null;
  /**
   * The run at the top of the tree; a root names itself.
   */
  root_id: string;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  heartbeat_at: number | null;
  cancel_requested_at: number | null;
  /**
   * Who asked.
   */
  cancel_by: string | null;
  /**
   * From where: panel, sidebar, magic, python, cli, rest, interrupt, parent.
   */
  cancel_via: string | null;
  error: RunError;
  submitted_by: string;
  owner: Owner;
  progress: Progress;
  /**
   * Length of the run's log, at most half a second behind.
   */
  log_bytes: number;
  tags: {
    [k: string]: string | null;
  };
  properties: {
    [k: string]: string;
  };
  params: {
    [k: string]: string;
  };
  /**
   * Last value of each metric, in the order of first logging.
   */
  metrics: {
    [k: string]: MetricSummary;
  };
  /**
   * Direct children by shown status; empty when there are none.
   */
  child_counts: {
    [k: string]: number;
  };
  /**
   * Out of the way of listings since.
   */
  archived_at: number | null;
  /**
   * In the bin since.
   */
  deleted_at: number | null;
}
export interface MetricSummary {
  kind: 'number' | 'text' | 'list' | 'row' | 'table';
  count: number;
  /**
   * JSON value; NaN and infinities as the texts NaN, Infinity, -Infinity. Null for rows and tables.
   */
  last: unknown;
  min: number | null;
  max: number | null;
  updated_at: number;
}
