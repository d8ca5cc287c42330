// The REST client of the server extension: routes and errors; how they are reached is in `reach.ts`.
import { Query, queryOf, slashed } from './address';
import type { RunData } from './run';
import type {
  BulkResult,
  Changes,
  Correction,
  ColumnsData,
  EventData,
  ExperimentData,
  GroupData,
  GroupsData,
  JobData,
  KernelControl,
  LogChunk,
  LogMatches,
  LogQuery,
  PointRange,
  QueryMistake,
  RunAction,
  RunFiles,
  RunPage,
  Series,
  ServerStatus,
  SourceFiles,
  SubmitRequest,
  Suggestion,
  Via
} from './tokens';

const ROOT = 'jupyter-runs/api';

/** What sends a request; `path` is relative to the server's base URL. */
export type Requester = (path: string, init: RequestInit) => Promise<Response>;

/** An answer that is not the wanted one; `status` is 0 when there was no answer at all. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly reason: string = '',
    readonly mistake: QueryMistake | null = null
  ) {
    super(message);
  }
}

/** The message of anything that was thrown, in one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] || 'Unknown error';
}

function mistakeOf(body: Record<string, unknown>): QueryMistake | null {
  const { token, expected, position = null, instead = '' } = body as Partial<QueryMistake>;
  return token === undefined || expected === undefined
    ? null
    : { token, expected, position, instead };
}

async function errorOf(response: Response): Promise<ApiError> {
  let message = '';
  let reason = '';
  let mistake: QueryMistake | null = null;
  try {
    const body = (await response.json()) as Record<string, unknown>;
    message = typeof body.message === 'string' ? body.message : '';
    reason = typeof body.reason === 'string' ? body.reason : '';
    mistake = mistakeOf(body);
  } catch {
    // Not ours: a proxy's page, or the server's own.
  }
  const fallback = `The server answered ${response.status} ${response.statusText}`.trim();
  return new ApiError(message || fallback, response.status, reason, mistake);
}

function flag(value: boolean | undefined): string | null {
  return value === undefined ? null : value ? '1' : '0';
}

/** Options of `listRuns`. */
export interface ListOptions {
  q?: string;
  experiment?: string;
  active?: boolean;
  /** Children too, not only roots; without it only those that a search finds. */
  children?: boolean;
  limit?: number;
  page?: string | null;
}

/** One method a route of `openapi.yaml`. */
export class RunsApi {
  constructor(private readonly request: Requester) {}

  /** What was canceled from this page: its end is no news here. */
  readonly canceled = new Set<string>();

  status(): Promise<ServerStatus> {
    return this.json('GET', '/status', {});
  }

  async experiments(workspace: string | null): Promise<ExperimentData[]> {
    type Answer = { experiments: ExperimentData[] };
    return (await this.json<Answer>('GET', '/experiments', { workspace })).experiments;
  }

  /** Root runs by what they have in common; `total` counts the groups that are not listed, too. */
  groups(
    workspace: string | null,
    by: string,
    archived = false
  ): Promise<{ groups: GroupData[]; total: number }> {
    return this.json('GET', '/groups', { workspace, by, archived: archived ? 1 : null });
  }

  listRuns(workspace: string | null, options: ListOptions): Promise<RunPage> {
    const { active, children, ...rest } = options;
    const flags = { active: active ? '1' : null, include_children: flag(children) };
    return this.json('GET', '/runs', { workspace, ...flags, ...rest });
  }

  /** What the runs of a list have: the columns of a table of them. */
  columns(
    workspace: string | null,
    { q, experiment, children }: ListOptions
  ): Promise<ColumnsData> {
    const query = { workspace, q, experiment, include_children: flag(children) };
    return this.json('GET', '/columns', query);
  }

  /** Figures of the runs of a list in groups; `by` and `value` as in `sort:` of a search. */
  aggregate(
    workspace: string | null,
    { q, experiment, children }: ListOptions,
    by: string,
    value: readonly string[]
  ): Promise<GroupsData> {
    const query = { workspace, q, experiment, include_children: flag(children), by, value };
    return this.json('GET', '/aggregate', query);
  }

  changes(workspace: string | null, since: string | null): Promise<Changes> {
    return this.json('GET', '/changes', { workspace, since });
  }

  run(workspace: string | null, id: string): Promise<RunData> {
    return this.json('GET', this.path(id), { workspace });
  }

  children(workspace: string | null, id: string, page: string | null): Promise<RunPage> {
    return this.json('GET', this.path(id, 'children'), { workspace, limit: 100, page });
  }

  metrics(
    workspace: string | null,
    id: string,
    after: string | null,
    maxPoints: number,
    name: string | null = null,
    range: PointRange = {}
  ): Promise<{ cursor: string; series: Series[] }> {
    const query = { workspace, after, name, max_points: maxPoints, ...range };
    return this.json('GET', this.path(id, 'metrics'), query);
  }

  /** One metric of at most 50 runs; null for a run that has no such metric. */
  async series(
    workspace: string | null,
    ids: readonly string[],
    name: string,
    maxPoints: number,
    range: PointRange = {}
  ): Promise<Record<string, Series | null>> {
    type Answer = { series: Record<string, Series | null> };
    const query = { workspace, ids: ids.join(','), name, max_points: maxPoints, ...range };
    return (await this.json<Answer>('GET', '/series', query)).series;
  }

  /** Every value of one metric (of all with null) of at most 200 runs, as comma-separated lines. */
  async seriesCsv(
    workspace: string | null,
    ids: readonly string[],
    name: string | null
  ): Promise<Blob> {
    const query = { workspace, ids: ids.join(','), name };
    return (await this.send('GET', '/series/csv', query)).blob();
  }

  async log(
    workspace: string | null,
    id: string,
    offset: number,
    limit: number
  ): Promise<LogChunk> {
    const query = { workspace, offset, limit };
    const response = await this.send('GET', this.path(id, 'log'), query);
    const text = await response.text();
    const header = (name: string, fallback: number) => {
      const value = Number(response.headers.get(name) ?? NaN);
      return Number.isFinite(value) ? value : fallback;
    };
    const begin = header('X-Log-Offset', Math.max(0, offset));
    const next = header('X-Log-Next', begin + new TextEncoder().encode(text).length);
    return { text, offset: begin, next, size: header('X-Log-Size', next) };
  }

  logSearch(workspace: string | null, id: string, query: LogQuery): Promise<LogMatches> {
    return this.json('GET', this.path(id, 'log/search'), { workspace, ...query });
  }

  files(workspace: string | null, id: string): Promise<RunFiles> {
    return this.json('GET', this.path(id, 'files'), { workspace });
  }

  /** The bytes of a file of the run, or those from the first up to the second of `range`. */
  async file(
    workspace: string | null,
    id: string,
    name: string,
    range: readonly [number, number] | null = null
  ): Promise<Blob> {
    const path = `${this.path(id, 'files')}/${slashed(name)}`;
    const headers = range ? { Range: `bytes=${range[0]}-${range[1] - 1}` } : undefined;
    const response = await this.send('GET', path, { workspace, inline: 1 }, undefined, headers);
    return response.blob();
  }

  async job(workspace: string | null, id: string): Promise<JobData | null> {
    type Answer = { job: JobData | null };
    return (await this.json<Answer>('GET', this.path(id, 'job'), { workspace })).job;
  }

  source(workspace: string | null, id: string): Promise<SourceFiles> {
    return this.json('GET', this.path(id, 'source'), { workspace });
  }

  /** A file of the source as it was; with `git` as its repository has it at the recorded commit. */
  async sourceText(workspace: string | null, id: string, name: string, at = ''): Promise<string> {
    const path = `${this.path(id, 'source')}/${slashed(name)}`;
    return (await this.send('GET', path, { workspace, at })).text();
  }

  /** The timeline of a run, oldest first. */
  async events(workspace: string | null, id: string): Promise<EventData[]> {
    type Answer = { events: EventData[] };
    return (await this.json<Answer>('GET', this.path(id, 'events'), { workspace })).events;
  }

  /** Those of at most 200 runs that are there, in the order asked for. */
  async runsById(workspace: string | null, ids: readonly string[]): Promise<RunData[]> {
    if (ids.length === 0) {
      return [];
    }
    const query = { workspace, ids: ids.join(',') };
    return (await this.json<RunPage>('GET', '/runs', query)).runs;
  }

  /** What could stand in place of the last word of `text`, the search text up to the cursor. */
  async suggest(workspace: string | null, text: string, limit = 20): Promise<Suggestion[]> {
    type Answer = { suggestions: Suggestion[] };
    // An empty `q` is left out of the address, and means the same.
    return (await this.json<Answer>('GET', '/suggest', { workspace, q: text, limit })).suggestions;
  }

  /** What a search text that finds nothing may have meant, the best first. */
  async corrections(workspace: string | null, text: string): Promise<Correction[]> {
    type Answer = { corrections: Correction[] };
    return (await this.json<Answer>('GET', '/corrections', { workspace, q: text })).corrections;
  }

  cancel(workspace: string | null, id: string, via: Via): Promise<RunData> {
    this.canceled.add(id);
    return this.json('POST', this.path(id, 'cancel'), { workspace }, { via });
  }

  updateTags(
    workspace: string | null,
    id: string,
    set: Record<string, string | null>,
    remove: string[]
  ): Promise<RunData> {
    return this.json('PATCH', this.path(id, 'tags'), { workspace }, { set, remove });
  }

  updateRun(
    workspace: string | null,
    id: string,
    change: { name?: string; description?: string | null }
  ): Promise<RunData> {
    return this.json('PATCH', this.path(id), { workspace }, change);
  }

  /** Out of listings, back in them, into the bin, out of it; or an end for a script that does not obey. */
  act(workspace: string | null, id: string, action: RunAction | 'force-stop'): Promise<RunData> {
    return this.json('POST', this.path(id, action), { workspace });
  }

  /** The script of a run once more, as it was; resolves with the new run. */
  resubmit(workspace: string | null, id: string): Promise<RunData & { note: string }> {
    return this.json('POST', this.path(id, 'resubmit'), { workspace });
  }

  /** Run a script of the server's folder. */
  submit(workspace: string | null, job: SubmitRequest): Promise<RunData> {
    return this.json('POST', '/submit', { workspace }, job);
  }

  /** One thing for at most 500 runs, each for itself. */
  bulk(
    workspace: string | null,
    action: RunAction | 'cancel' | 'tag',
    ids: readonly string[],
    more: { set?: Record<string, string | null>; remove?: string[]; via?: Via } = {}
  ): Promise<BulkResult> {
    if (action === 'cancel') {
      ids.forEach(id => this.canceled.add(id));
    }
    return this.json('POST', '/runs/bulk', { workspace }, { action, ids, ...more });
  }

  /** What is in a folder that the server serves; paths are relative to the server's. */
  async folder(path: string): Promise<{ name: string; path: string; type: string }[]> {
    const address = `api/contents/${slashed(path)}?content=1&hash=0`;
    const answer = await (await this.fetch('GET', address, undefined)).json();
    const { content } = answer as { content?: unknown };
    return Array.isArray(content)
      ? (content as { name: string; path: string; type: string }[])
      : [];
  }

  /** Interrupt and restart of a kernel of this server. */
  kernels(): KernelControl {
    const post = async (id: string, what: string) => {
      const path = `api/kernels/${encodeURIComponent(id)}/${what}`;
      await this.fetch('POST', path, undefined);
    };
    return { interrupt: id => post(id, 'interrupt'), restart: id => post(id, 'restart') };
  }

  private path(id: string, rest?: string): string {
    return `/runs/${encodeURIComponent(id)}${rest ? `/${rest}` : ''}`;
  }

  private async json<T>(method: string, path: string, query: Query, body?: unknown): Promise<T> {
    const response = await this.send(method, path, query, body);
    return (await response.json()) as T;
  }

  private send(
    method: string,
    path: string,
    query: Query,
    body?: unknown,
    headers?: Record<string, string>
  ): Promise<Response> {
    return this.fetch(method, `${ROOT}${path}${queryOf(query)}`, body, headers);
  }

  private async fetch(
    method: string,
    path: string,
    body: unknown,
    headers?: Record<string, string>
  ): Promise<Response> {
    const init: RequestInit = { method, cache: 'no-store', ...(headers ? { headers } : {}) };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
    }
    let response: Response;
    try {
      response = await this.request(path, init);
    } catch {
      throw new ApiError('The server does not answer.', 0);
    }
    if (!response.ok) {
      throw await errorOf(response);
    }
    return response;
  }
}
