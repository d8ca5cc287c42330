// What differs between two texts, line by line: rows for both ways of showing it, and stretches that are folded away.

/** More lines than so many of either text are not compared. */
export const MAX_LINES = 20_000;
/** A comparison that takes longer (ms) is given up: nobody reads a difference as large. */
const PATIENCE_MS = 4000;
/** Lines around a change that stay in view. */
const CONTEXT = 3;

/** A line of one text or of both; a number counts the lines of its text from 1. */
export interface DiffLine {
  kind: 'same' | 'removed' | 'added';
  left: number | null;
  right: number | null;
  text: string;
}

export interface DiffResult {
  lines: DiffLine[];
  removed: number;
  added: number;
  /** Lines behind the first 20,000 were left out. */
  isCut: boolean;
  /** The texts differ too much to be matched: all of the one is gone, all of the other is new. */
  isGivenUp: boolean;
}

/** A row: one line, the two lines that stand beside each other, or `count` unchanged lines from `from` on that are folded. */
export type DiffRow =
  { left: DiffLine | null; right: DiffLine | null } | { from: number; count: number };

function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines[lines.length - 1] === '') {
    lines.pop();
  }
  return lines;
}

interface Change {
  value: string[];
  added: boolean;
  removed: boolean;
}

/** Compare; the library is loaded when it is first needed, and lets the page breathe meanwhile. */
export async function diffLines(left: string, right: string): Promise<DiffResult> {
  const { diffArrays } = await import('diff');
  const [old, now] = [linesOf(left), linesOf(right)];
  const isCut = Math.max(old.length, now.length) > MAX_LINES;
  const [a, b] = [old.slice(0, MAX_LINES), now.slice(0, MAX_LINES)];
  const found = await new Promise<Change[] | undefined>(resolve => {
    diffArrays(a, b, { timeout: PATIENCE_MS, callback: resolve });
  });
  const changes = found ?? [
    { value: a, added: false, removed: true },
    { value: b, added: true, removed: false }
  ];
  return { ...countedLines(changes), isCut, isGivenUp: found === undefined };
}

function countedLines(changes: Change[]): Pick<DiffResult, 'lines' | 'removed' | 'added'> {
  const lines: DiffLine[] = [];
  let left = 0;
  let right = 0;
  let [removed, added] = [0, 0];
  for (const change of changes) {
    for (const text of change.value) {
      if (change.removed) {
        lines.push({ kind: 'removed', left: (left += 1), right: null, text });
        removed += 1;
      } else if (change.added) {
        lines.push({ kind: 'added', left: null, right: (right += 1), text });
        added += 1;
      } else {
        lines.push({ kind: 'same', left: (left += 1), right: (right += 1), text });
      }
    }
  }
  return { lines, removed, added };
}

/** The rows of a comparison; `unfolded` has the beginnings of stretches that somebody wants to see. */
export function diffRows(
  lines: readonly DiffLine[],
  beside: boolean,
  unfolded: ReadonlySet<number>
): DiffRow[] {
  const rows: DiffRow[] = [];
  let at = 0;
  while (at < lines.length) {
    const isSame = lines[at]?.kind === 'same';
    let end = at;
    while (end < lines.length && (lines[end]?.kind === 'same') === isSame) {
      end += 1;
    }
    const stretch = lines.slice(at, end);
    if (!isSame) {
      rows.push(...(beside ? besideRows(stretch) : stretch.map(oneRow)));
    } else {
      const head = at === 0 ? 0 : CONTEXT;
      const tail = end === lines.length ? 0 : CONTEXT;
      const from = at + head;
      const count = stretch.length - head - tail;
      const folds = count > 1 && !unfolded.has(from);
      rows.push(...stretch.slice(0, folds ? head : undefined).map(sameRow));
      if (folds) {
        rows.push({ from, count });
        rows.push(...stretch.slice(stretch.length - tail).map(sameRow));
      }
    }
    at = end;
  }
  return rows;
}

const sameRow = (line: DiffLine): DiffRow => ({ left: line, right: line });
const oneRow = (line: DiffLine): DiffRow =>
  line.kind === 'removed' ? { left: line, right: null } : { left: null, right: line };

/** What is gone beside what has come in its place. */
function besideRows(stretch: DiffLine[]): DiffRow[] {
  const removed = stretch.filter(line => line.kind === 'removed');
  const added = stretch.filter(line => line.kind === 'added');
  const count = Math.max(removed.length, added.length);
  return Array.from({ length: count }, (_, i) => ({
    left: removed[i] ?? null,
    right: added[i] ?? null
  }));
}
