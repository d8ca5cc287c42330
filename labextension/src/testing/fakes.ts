// A server in memory, a source without one, and runs to fill them with.
import { Signal } from '@lumino/signaling';
import { RunsApi } from '../api';
import { Branches } from '../branches';
import { GroupBy, groupKey, valueOf } from '../grouping';
import type { RunData } from '../run';
import { isActive } from '../status';
import {
  CHANGED_EVENT,
  Correction,
  QueryMistake,
  RunSource,
  RunState,
  Suggestion
} from '../tokens';

/** A running root run; `change` says what is different. */
export function makeRun(change: Partial<RunData> = {}): RunData {
  const now = Date.now() / 1000;
  return {
    run_id: 'aaaaaa-1',
    rev: 1,
    workspace: 'ws',
    experiment: 'explore-runs',
    number: 7,
    name: 'lr-sweep',
    description: null,
    type: null,
    status: 'Running',
    shown_status: 'Running',
    is_final: false,
    parent_id: null,
    root_id: change.run_id ?? 'aaaaaa-1',
    created_at: now - 10,
    started_at: now - 10,
    ended_at: null,
    heartbeat_at: now,
    cancel_requested_at: null,
    cancel_by: null,
    cancel_via: null,
    error: null,
    submitted_by: 'ada',
    owner: { host: 'here', pid: 42, kernel_id: 'kernel-1' },
    progress: null,
    log_bytes: 0,
    tags: {},
    properties: {},
    params: {},
    metrics: {},
    child_counts: {},
    archived_at: null,
    deleted_at: null,
    ...change
  };
}

/** A run that has ended well. */
export function makeFinal(change: Partial<RunData> = {}): RunData {
  const ended = { status: 'Completed', shown_status: 'Completed', is_final: true } as const;
  return makeRun({ ...ended, ended_at: Date.now() / 1000, ...change });
}

function isListed(run: RunData): boolean {
  return run.archived_at === null && run.deleted_at === null;
}

/** Listens and counts its listeners. */
export class CountingSignal<T> extends Signal<unknown, T> {
  listeners = 0;

  override connect(...args: Parameters<Signal<unknown, T>['connect']>): boolean {
    const added = super.connect(...args);
    this.listeners += added ? 1 : 0;
    return added;
  }

  override disconnect(...args: Parameters<Signal<unknown, T>['disconnect']>): boolean {
    const removed = super.disconnect(...args);
    this.listeners -= removed ? 1 : 0;
    return removed;
  }
}

/** Answers like the server extension, and records what it was asked. */
export class FakeServer {
  runs: RunData[] = [];
  rev = 1;
  mode: 'up' | 'down' | 'missing' = 'up';
  badQueries = new Map<string, string | ({ message: string } & QueryMistake)>();
  /** What could be typed next, by the text up to the cursor. */
  suggestions = new Map<string, Suggestion[]>();
  /** What a search text may have meant. */
  corrections = new Map<string, Correction[]>();
  readonly asked: string[] = [];
  /** Routes that only some tests need. */
  readonly routes = new Map<string, (query: URLSearchParams) => object>();
  /** What a run answers to whatever is done to it by `/runs/bulk`. */
  readonly refusals = new Map<string, string>();
  /** Removed for good, and not told yet. */
  readonly erased: string[] = [];
  readonly events = new CountingSignal<{ schema_id: string }>({});

  readonly api = new RunsApi(async (path, init) => {
    const url = new URL(path, 'http://server/');
    const route = url.pathname.replace('/jupyter-runs/api', '');
    this.asked.push(`${init.method} ${route}${url.search}`);
    if (this.mode === 'down') {
      throw new TypeError('Failed to fetch');
    }
    if (this.mode === 'missing') {
      return new Response('<html>404</html>', { status: 404, statusText: 'Not Found' });
    }
    const answer = this.answer(init.method ?? 'GET', route, url.searchParams, init.body);
    const { status, ...body } = answer as { status?: unknown };
    return new Response(JSON.stringify(typeof status === 'number' ? body : answer), {
      status: typeof status === 'number' ? status : 200
    });
  });

  /** Requests whose text contains this. */
  count(part: string): number {
    return this.asked.filter(one => one.includes(part)).length;
  }

  /** Put a run, as a kernel would, and say so. */
  put(run: RunData, tell = true): void {
    this.rev += 1;
    const put = { ...run, rev: this.rev };
    const known = this.runs.some(one => one.run_id === run.run_id);
    this.runs = known
      ? this.runs.map(one => (one.run_id === run.run_id ? put : one))
      : [put, ...this.runs];
    if (tell) {
      this.tell();
    }
  }

  /** Remove a run for good, as `gc` does. */
  erase(id: string): void {
    this.rev += 1;
    this.runs = this.runs.filter(run => run.run_id !== id);
    this.erased.push(id);
    this.tell();
  }

  tell(): void {
    const event = { schema_id: CHANGED_EVENT, workspace: 'ws', cursor: String(this.rev) };
    this.events.emit(event);
  }

  private page(runs: RunData[], query: URLSearchParams): object {
    const from = Number(query.get('page') ?? 0);
    const to = from + Number(query.get('limit') ?? 50);
    const next_page = to < runs.length ? String(to) : null;
    return { runs: runs.slice(from, to), total: runs.length, next_page, server_time: this.now() };
  }

  private now(): number {
    return Date.now() / 1000;
  }

  private answer(method: string, route: string, query: URLSearchParams, body: unknown): object {
    const [, , id, what] = route.split('/');
    const own = this.routes.get(route);
    if (own) {
      return own(query);
    }
    if (route === '/status') {
      const workspaces = [{ key: 'ws', name: 'mine', path: '/tmp/ws' }];
      const rest = { cursor: String(this.rev), server_time: this.now(), host: 'here' };
      return { version: '1', workspace: 'ws', workspaces, ...rest };
    }
    if (route === '/changes') {
      const since = query.get('since');
      const changed = since === null ? [] : this.runs.filter(run => run.rev > Number(since));
      const runs = changed.filter(run => run.deleted_at === null);
      const binned = changed.filter(run => run.deleted_at !== null).map(run => run.run_id);
      const deleted = [...binned, ...this.erased.splice(0)];
      return { cursor: String(this.rev), runs, deleted, more: false, server_time: this.now() };
    }
    if (route === '/groups') {
      const groups = this.groups(query.get('by') ?? '', query.get('archived') === '1');
      return { groups, total: groups.length, server_time: this.now() };
    }
    if (route === '/suggest') {
      return { suggestions: this.suggestions.get(query.get('q') ?? '') ?? [] };
    }
    if (route === '/corrections') {
      return { corrections: this.corrections.get(query.get('q') ?? '') ?? [] };
    }
    if (route === '/runs/bulk') {
      return this.bulk(JSON.parse(String(body)));
    }
    if (route === '/runs') {
      return this.list(query);
    }
    const run = this.runs.find(one => one.run_id === id);
    if (!run) {
      return { status: 404, message: `There is no run ${id}.`, reason: 'RunNotFound' };
    }
    return this.ofRun(method, run, what, query, body);
  }

  private groups(by: string, archived: boolean): object[] {
    const runs = this.runs.filter(
      run => run.parent_id === null && run.deleted_at === null && (archived || isListed(run))
    );
    const all = (run: RunData) => valueOf(by as GroupBy, run);
    const found = new Map(runs.map(run => [groupKey(by as GroupBy, all(run)), all(run)]));
    const groups = [...found].map(([key, { value, has }]) => {
      const own = runs.filter(run => groupKey(by as GroupBy, all(run)) === key);
      const active = own.filter(isActive).length;
      const q = `is:root ${archived ? '(is:archived or -is:archived) ' : ''}group:${by}/${key}`;
      const said = (value ?? '').length < 900;
      return { value, has, total: own.length, active, last_at: 0, q: said ? q : null };
    });
    return groups.sort((a, b) => Number(b.has) - Number(a.has));
  }

  private bulk(sent: { action: string; ids: string[]; set?: object; remove?: string[] }): object {
    const done: string[] = [];
    const failed: { id: string; message: string }[] = [];
    for (const id of sent.ids) {
      const run = this.runs.find(one => one.run_id === id);
      const message = run ? this.refusals.get(id) : `There is no run ${id}.`;
      if (!run || message) {
        failed.push({ id, message: message ?? '' });
        continue;
      }
      const tags: RunData['tags'] = { ...run.tags, ...sent.set };
      sent.remove?.forEach(key => delete tags[key]);
      const change: Record<string, Partial<RunData>> = {
        archive: { archived_at: this.now() },
        reactivate: { archived_at: null },
        delete: { deleted_at: this.now() },
        restore: { deleted_at: null },
        cancel: { shown_status: 'CancelRequested', cancel_requested_at: this.now() },
        tag: { tags }
      };
      this.put({ ...run, ...change[sent.action] }, false);
      done.push(id);
    }
    return { done, failed };
  }

  private list(query: URLSearchParams): object {
    const ids = query.get('ids')?.split(',');
    if (ids) {
      const found = ids.map(id => this.runs.find(run => run.run_id === id));
      return this.page(
        found.filter(run => run !== undefined),
        new URLSearchParams({ limit: '200' })
      );
    }
    const q = query.get('q');
    const bad = this.badQueries.get(q ?? '');
    if (bad) {
      const where = { token: q, position: 0, expected: 'something else', instead: '' };
      const what = typeof bad === 'string' ? { message: bad } : bad;
      return { status: 400, reason: 'InvalidQuery', ...where, ...what };
    }
    const id = q?.match(/^id:"(.*?)"/)?.[1];
    const group = q?.match(/group:(.*?)\/(.*?)(?: sort:|$)/);
    if (q !== null && group) {
      const [, by, key] = group;
      const listed = (run: RunData) =>
        run.deleted_at === null && (run.archived_at === null || q.includes('is:archived'));
      const own = (run: RunData) =>
        groupKey(by as GroupBy, valueOf(by as GroupBy, run)) === key && run.parent_id === null;
      const found = this.runs.filter(run => listed(run) && own(run));
      const byName = q.endsWith('sort:name');
      return this.page(byName ? found.sort((a, b) => a.name.localeCompare(b.name)) : found, query);
    }
    if (q !== null) {
      const text = q.replace(/\(?\b(is:\w+|or)\b\)?|-is:\w+\)?|sort:\S+/g, '').trim();
      const named = (run: RunData) => (id ? run.run_id === id : run.name.includes(text));
      const seen = (run: RunData) =>
        (run.deleted_at === null || q.includes('is:deleted')) &&
        (run.archived_at === null || q.includes('is:archived'));
      return this.page(
        this.runs.filter(run => named(run) && seen(run)),
        query
      );
    }
    const fits = (run: RunData) =>
      isListed(run) && run.parent_id === null && (query.get('active') === null || !run.is_final);
    return this.page(this.runs.filter(fits), query);
  }

  private ofRun(
    method: string,
    run: RunData,
    what: string | undefined,
    query: URLSearchParams,
    body: unknown
  ): object {
    const sent = typeof body === 'string' ? JSON.parse(body) : {};
    if (what === 'children') {
      return this.page(
        this.runs.filter(one => one.parent_id === run.run_id && isListed(one)),
        query
      );
    }
    if (what === 'metrics') {
      return { cursor: '1', series: [] };
    }
    if (what === 'resubmit') {
      this.put({ ...run, run_id: `${run.run_id}-again`, rev: 1 }, false);
      return { ...this.runs[0], note: 'Without the variables.' };
    }
    if (what === 'cancel') {
      const at = this.now();
      this.put({ ...run, shown_status: 'CancelRequested', cancel_requested_at: at }, false);
    } else if (what === 'tags') {
      const tags = { ...run.tags, ...sent.set };
      (sent.remove as string[]).forEach(key => delete tags[key]);
      this.put({ ...run, tags }, false);
    } else if (method === 'PATCH') {
      this.put({ ...run, ...sent }, false);
    }
    return this.runs.find(one => one.run_id === run.run_id) ?? {};
  }
}

/** A source whose run is set by the test, and which records the wishes. */
export class FakeSource implements RunSource {
  constructor(run: RunData, rest: Partial<RunState> = {}) {
    const base = { series: [], logTail: '', note: null, frozenAt: null, readOnly: false };
    this.state = { run, ...base, ...rest };
  }

  state: RunState;
  readonly changed = new CountingSignal<void>({});
  readonly clockOffset = 0;
  readonly wishes: string[] = [];
  refusal: string | null = null;
  children: RunData[] = [];
  readonly branches = new Branches(async () => ({
    runs: this.children,
    total: this.children.length,
    next: null
  }));
  kernels = {
    interrupt: (id: string) => this.wish(`interrupt ${id}`),
    restart: (id: string) => this.wish(`restart ${id}`)
  };

  set(change: Partial<RunData>): void {
    this.state = { ...this.state, run: this.state.run && { ...this.state.run, ...change } };
    this.changed.emit();
  }

  cancel = () => this.wish('cancel');
  setTags = (tags: Record<string, string | null>) => this.wish(`tags ${JSON.stringify(tags)}`);
  removeTag = (key: string) => this.wish(`untag ${key}`);
  rename = (name: string) => this.wish(`rename ${name}`);
  describe = (text: string | null) => this.wish(`describe ${text}`);
  open = (run: RunData) => void this.wishes.push(`open ${run.run_id}`);

  showDetails(): void {
    if (this.state.run) {
      this.branches.toggle(this.state.run, true);
    }
  }

  private async wish(what: string): Promise<void> {
    this.wishes.push(what);
    if (this.refusal !== null) {
      throw new Error(this.refusal);
    }
  }
}
