// Where a log comes from: what a run has printed, another text file of it, the log of a child; and the search in it.
import type { RunsApi } from './api';
import type { FetchLog } from './logwindow';
import type { RunData } from './run';
import type { LogChunk, LogQuery, RunFile } from './tokens';

/** Where runs keep what they print. */
export const LOG_FILE = 'user_logs/std_log.txt';
const OTHER_LOGS =
  /^(user_logs|logs)\/.*\.(txt|log|out|err|csv|jsonl?)$|^(user_logs|logs)\/[^.]+$/i;

/** A log to look at; `file` is null for what the run has printed. */
export interface LogTarget {
  run: RunData;
  file: RunFile | null;
}

/** The other logs among the files of a run. */
export function otherLogs(files: readonly RunFile[]): RunFile[] {
  return files.filter(file => file.name !== LOG_FILE && OTHER_LOGS.test(file.name));
}

/** Tells targets apart. */
export function targetKey({ run, file }: LogTarget): string {
  return `${run.run_id}/${file?.name ?? ''}`;
}

/** Length in bytes, as far as it is known. */
export function targetSize({ run, file }: LogTarget): number {
  return file ? file.size : run.log_bytes;
}

/** Bytes as text; the beginning of a character whose end is not there is left for the next stretch. */
export function textChunk(bytes: Uint8Array, offset: number, size: number): LogChunk {
  const isWhole = offset + bytes.length >= size;
  let end = bytes.length;
  const isContinued = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;
  if (!isWhole) {
    let at = end - 1;
    while (at > end - 4 && isContinued(bytes[at])) {
      at -= 1;
    }
    const first = bytes[at] ?? 0;
    const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
    end = at + length > end && length > 1 ? at : end;
  }
  const text = new TextDecoder().decode(bytes.subarray(0, end));
  return { text, offset, next: offset + end, size };
}

export function fetchOf(api: RunsApi, { run, file }: LogTarget): FetchLog {
  const { workspace, run_id: id } = run;
  if (!file) {
    return (offset, limit) => api.log(workspace, id, offset, limit);
  }
  return async (offset, limit) => {
    const begin = offset < 0 ? Math.max(0, file.size + offset) : offset;
    const end = Math.min(begin + limit, file.size);
    if (begin >= end) {
      return { text: '', offset: begin, next: begin, size: file.size };
    }
    const blob = await api.file(workspace, id, file.name, [begin, end]);
    return textChunk(new Uint8Array(await blob.arrayBuffer()), begin, file.size);
  };
}

/** The byte where the nearest match begins, null when there is none. The whole log is looked through; `isOff` ends that. */
export async function findInLog(
  api: RunsApi,
  run: RunData,
  query: LogQuery,
  isOff: () => boolean,
  looked: (next: number) => void
): Promise<number | null> {
  let from = query.from;
  for (;;) {
    const more = from === undefined ? {} : { from };
    const found = await api.logSearch(run.workspace, run.run_id, { ...query, ...more, limit: 1 });
    const match = found.matches[0];
    if (match || found.next === null || isOff()) {
      return match?.offset ?? null;
    }
    from = found.next;
    looked(from);
  }
}
