// The payload in saved notebooks and in the widget: checked before it is trusted, because anybody may have written it.
import type { RunData } from './run';
import type { Point, RunSnapshot, Series } from './tokens';

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function textMap(value: unknown): Record<string, string> {
  const entries = Object.entries(isObject(value) ? value : {});
  return Object.fromEntries(entries.filter((e): e is [string, string] => typeof e[1] === 'string'));
}

function countsOf(value: unknown): Record<string, number> {
  const entries = Object.entries(isObject(value) ? value : {});
  return Object.fromEntries(entries.filter((e): e is [string, number] => typeof e[1] === 'number'));
}

function metricsOf(value: unknown): RunData['metrics'] {
  const metrics: RunData['metrics'] = {};
  for (const [name, m] of Object.entries(isObject(value) ? value : {})) {
    if (isObject(m)) {
      metrics[name] = {
        kind: (textOrNull(m['kind']) ?? 'text') as RunData['metrics'][string]['kind'],
        count: numberOrNull(m['count']) ?? 0,
        last: m['last'],
        min: numberOrNull(m['min']),
        max: numberOrNull(m['max']),
        updated_at: numberOrNull(m['updated_at']) ?? 0
      };
    }
  }
  return metrics;
}

function tagsOf(value: unknown): Record<string, string | null> {
  const tags: Record<string, string | null> = {};
  for (const [key, tag] of Object.entries(isObject(value) ? value : {})) {
    tags[key] = textOrNull(tag);
  }
  return tags;
}

function errorOf(value: unknown): RunData['error'] {
  return isObject(value)
    ? {
        code: textOrNull(value['code']) ?? 'Error',
        message: textOrNull(value['message']) ?? '',
        traceback: textOrNull(value['traceback'])
      }
    : null;
}

function ownerOf(value: unknown): RunData['owner'] {
  return isObject(value)
    ? {
        host: textOrNull(value['host']) ?? '',
        pid: numberOrNull(value['pid']) ?? 0,
        kernel_id: textOrNull(value['kernel_id'])
      }
    : null;
}

function progressOf(value: unknown): RunData['progress'] {
  return isObject(value)
    ? {
        done: numberOrNull(value['done']) ?? 0,
        total: numberOrNull(value['total']),
        message: textOrNull(value['message'])
      }
    : null;
}

/** The run in a payload, with every field there; null when it has no identity. */
export function asRun(value: unknown): RunData | null {
  if (!isObject(value) || typeof value['run_id'] !== 'string' || value['run_id'] === '') {
    return null;
  }
  const status = (textOrNull(value['status']) ?? 'NotStarted') as RunData['status'];
  return {
    run_id: value['run_id'],
    rev: numberOrNull(value['rev']) ?? 0,
    workspace: textOrNull(value['workspace']) ?? '',
    experiment: textOrNull(value['experiment']) ?? '',
    number: numberOrNull(value['number']) ?? 0,
    name: textOrNull(value['name']) ?? value['run_id'],
    description: textOrNull(value['description']),
    type: textOrNull(value['type']),
    status,
    shown_status: (textOrNull(value['shown_status']) ?? status) as RunData['shown_status'],
    is_final: value['is_final'] === true,
    parent_id: textOrNull(value['parent_id']),
    root_id: textOrNull(value['root_id']) ?? value['run_id'],
    created_at: numberOrNull(value['created_at']) ?? 0,
    started_at: numberOrNull(value['started_at']),
    ended_at: numberOrNull(value['ended_at']),
    heartbeat_at: numberOrNull(value['heartbeat_at']),
    cancel_requested_at: numberOrNull(value['cancel_requested_at']),
    cancel_by: textOrNull(value['cancel_by']),
    cancel_via: textOrNull(value['cancel_via']),
    error: errorOf(value['error']),
    submitted_by: textOrNull(value['submitted_by']) ?? '',
    owner: ownerOf(value['owner']),
    progress: progressOf(value['progress']),
    log_bytes: numberOrNull(value['log_bytes']) ?? 0,
    tags: tagsOf(value['tags']),
    properties: textMap(value['properties']),
    params: textMap(value['params']),
    metrics: metricsOf(value['metrics']),
    child_counts: countsOf(value['child_counts']),
    archived_at: numberOrNull(value['archived_at']),
    deleted_at: numberOrNull(value['deleted_at'])
  };
}

function asSeries(value: unknown): Series[] {
  if (!isObject(value) || typeof value['name'] !== 'string' || !Array.isArray(value['points'])) {
    return [];
  }
  const points = value['points'].filter((p): p is Point => Array.isArray(p) && p.length === 3);
  const kind = (textOrNull(value['kind']) ?? 'text') as Series['kind'];
  return [{ name: value['name'], kind, count: numberOrNull(value['count']) ?? 0, points }];
}

/** The payload, or null when it is none (a trait before the first one, another version, rubbish). */
export function asSnapshot(value: unknown): RunSnapshot | null {
  if (!isObject(value)) {
    return null;
  }
  const run = asRun(value['run']);
  if (!run) {
    return null;
  }
  const list = (name: string) => (Array.isArray(value[name]) ? (value[name] as unknown[]) : []);
  return {
    schema: 1,
    run,
    children: list('children').flatMap(child => asRun(child) ?? []),
    series: list('series').flatMap(asSeries),
    log_tail: textOrNull(value['log_tail']) ?? '',
    view: value['view'] === 'mini' ? 'mini' : 'full',
    recorded_at: numberOrNull(value['recorded_at']) ?? run.created_at
  };
}
