// The shapes that the parts of the front end agree on: what the server answers, and what a component may ask of a run.
import type { ISignal } from '@lumino/signaling';
import type { RunsApi } from './api';
import type { Branches } from './branches';
import type { CodeHost } from './codehost';
import type { RunData } from './run';
import type { UiState } from './uistate';

/** The MIME type of a run in a notebook. */
export const RUN_MIME_TYPE = 'application/vnd.jupyter-runs.run+json';

/** The event that the server emits when something in a store has changed. */
export const CHANGED_EVENT = 'https://schema.jupyter.org/jupyter_runs/changed/v1';

/** Translates a visible text; `%1`, `%2`, … stand for the arguments, in `_n` `%1` is the number itself. */
export interface Translate {
  __(text: string, ...args: (string | number)[]): string;
  _n(singular: string, plural: string, n: number, ...args: (string | number)[]): string;
}

/** One value of a metric: step or null, seconds since the epoch, value. */
export type Point = [number | null, number, unknown];

/** The values of one metric. */
export interface Series {
  name: string;
  kind: 'number' | 'text' | 'list' | 'row' | 'table';
  count: number;
  points: Point[];
  /** Where points are left out: the position of each in the order of logging, from 0. */
  index?: number[] | null;
}

/** A range of an axis; seconds since the epoch on `time`, and a point without a step is at its index on `step`. */
export interface PointRange {
  axis?: 'step' | 'time';
  from?: number;
  to?: number;
}

/** An experiment that has runs. */
export interface ExperimentData {
  name: string;
  total: number;
  active: number;
  last_at: number;
}

/** Root runs that have something in common; `has` is false for those without it, `q` lists them: see `openapi.yaml`, Group. */
export interface GroupData {
  value: string | null;
  has: boolean;
  total: number;
  active: number;
  last_at: number;
  q: string | null;
}

/** A store that the server knows. */
export interface WorkspaceData {
  key: string;
  name: string;
  path: string;
}

/** The answer of `/status`. */
export interface ServerStatus {
  version: string;
  workspace: string;
  workspaces: WorkspaceData[];
  cursor: string;
  server_time: number;
  host: string;
  /** Where scripts can run. */
  targets?: string[];
}

/** A page of runs; `next_page` is null on the last one. */
export interface RunPage {
  runs: RunData[];
  total: number;
  next_page: string | null;
  server_time: number;
}

/** The answer of `/changes`. */
export interface Changes {
  cursor: string;
  runs: RunData[];
  deleted: string[];
  more: boolean;
  server_time: number;
}

/** A stretch of a log; offsets are bytes. */
export interface LogChunk {
  text: string;
  offset: number;
  next: number;
  size: number;
}

/** Places of a text in a log, in bytes; `next` is where to go on. */
export interface LogMatches {
  matches: { offset: number; length: number; line: string }[];
  next: number | null;
  size: number;
}

/** What to look for in a log, and from where; without `back` towards the end. */
export interface LogQuery {
  q?: string;
  find?: 'traceback';
  case?: '1';
  back?: '1';
  from?: number;
  limit?: number;
}

/** A file of a run; the name is within the run, with `/`. */
export interface RunFile {
  name: string;
  size: number;
  modified_at: number;
}

/** The answer of `/files`; `total` counts those that are not listed, too. */
export interface RunFiles {
  files: RunFile[];
  total: number;
}

/** The answer of `/source`. */
export interface SourceFiles {
  snapshot_id: string | null;
  files: { path: string; size: number }[];
}

/** What was recorded of the code of a run: the text of a cell, or what was submitted. */
export interface JobData {
  cell?: string | null;
  source?: string;
  script?: string | null;
  command?: string | null;
  arguments?: string[];
  interpreter?: string;
  max_seconds?: number | null;
  target?: string;
  packages?: string[];
}

/** One entry of the timeline of a run. */
export interface EventData {
  at: number;
  kind: string;
  by: string | null;
  body: Record<string, unknown>;
}

/** From where a cancel comes. */
export type Via = 'panel' | 'sidebar';

/** What may be done to a run that is there, and undone. */
export type RunAction = 'archive' | 'reactivate' | 'delete' | 'restore';

/** What became of each run; `message` is one line. */
export interface BulkResult {
  done: string[];
  failed: { id: string; message: string }[];
}

/** A completion of a search text; `replace`: from and to, in the text that was sent. */
export interface Suggestion {
  text: string;
  label: string;
  count: number | null;
  replace: [number, number];
}

/** Where a search text does not parse; `position` counts whole characters of the text that was sent. */
export interface QueryMistake {
  token: string;
  position: number | null;
  expected: string;
  /** The token as it was probably meant; empty when nobody can know. */
  instead: string;
}

/** The answer of `/columns`: what `total` runs have. */
export interface ColumnsData {
  total: number;
  params: TextColumn[];
  tags: TextColumn[];
  properties: TextColumn[];
  metrics: { name: string; kind: Series['kind']; count: number }[];
}

/** How many runs have a key, and how many values it has among them. */
export interface TextColumn {
  key: string;
  count: number;
  distinct: number;
}

/** Figures of the finite numbers among some values. */
export interface ValueStats {
  n: number;
  mean: number | null;
  sd: number | null;
  median: number | null;
  min: number | null;
  max: number | null;
}

/** The answer of `/aggregate`; `value` is null for the runs without. */
export interface GroupsData {
  runs: number;
  total: number;
  groups: { value: string | null; count: number; stats: ValueStats[] }[];
}

/** What a search text that finds nothing may have meant; `text` is the whole of it, and finds `count` runs. */
export interface Correction {
  text: string;
  token: string;
  label: string;
  count: number;
}

/** A script to run; paths are relative to the folder that the server serves. */
export interface SubmitRequest {
  source_directory: string;
  script: string;
  experiment: string;
  /** Text is split as a shell does. */
  arguments?: string | (string | number)[];
  compute_target?: string;
  tags?: Record<string, string | null>;
  name?: string | null;
  max_run_duration_seconds?: number | null;
  environment_variables?: Record<string, string>;
}

/** How a panel begins. */
export type PanelView = 'full' | 'mini';

/** What a saved notebook keeps of a run, and what the widget carries: see `isRunSnapshot`. */
export interface RunSnapshot {
  schema: 1;
  run: RunData;
  children: RunData[];
  series: Series[];
  log_tail: string;
  view: PanelView;
  recorded_at: number;
}

/** Everything a panel shows of a run besides its children, replaced as a whole at each change. */
export interface RunState {
  run: RunData | null;
  series: Series[];
  logTail: string;
  /** Why the values may be old, in one line; null while they are live. */
  note: string | null;
  /** The clock of the run stands here because nothing newer is known; null while it ticks. */
  frozenAt: number | null;
  /** The run cannot be changed from here. */
  readOnly: boolean;
}

/** Children of one run, page by page. */
export interface ChildPage {
  runs: RunData[];
  total: number;
  next: string | null;
}

/** What can be done about a process that does not obey. */
export interface KernelControl {
  interrupt(kernelId: string): Promise<void>;
  restart(kernelId: string): Promise<void>;
}

/** Where a panel gets its run from and sends its wishes to. Each wish rejects with a one-line message. */
export interface RunSource {
  readonly state: RunState;
  readonly changed: ISignal<unknown, void>;
  /** The children, those of the run itself included. */
  readonly branches: Branches;
  /** Seconds to add to this machine's clock to get the server's. */
  readonly clockOffset: number;
  cancel(): Promise<void>;
  setTags(tags: Record<string, string | null>): Promise<void>;
  removeTag(key: string): Promise<void>;
  rename(name: string): Promise<void>;
  describe(text: string | null): Promise<void>;
  /** Out of the bin, where the source can. */
  restore?(): Promise<void>;
  /** The panel shows more than its header: fetch what it needs. */
  showDetails(): void;
  /** The server, when it can be asked about this run: without it there is only the overview. */
  readonly api?: RunsApi | undefined;
  open?: ((run: RunData) => void) | undefined;
  kernels?: KernelControl | undefined;
  /** What views of the run remember, where something keeps it. */
  ui?: UiState | undefined;
  /** What the application around the panel can do with code. */
  code?: CodeHost | undefined;
  /** The search of the list of runs, where there is one. */
  search?: { narrow(term: string): void } | undefined;
  /** False: a person wants no question before a cancel. */
  readonly asksBeforeCancel?: boolean;
}
