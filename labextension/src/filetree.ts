// The files of a run as folders that unfold: rows for a list of which only those in view exist.
import type { RunFile } from './tokens';

export interface FileRow {
  /** Path of a folder with `/` at its end, or name of a file within the run. */
  path: string;
  level: number;
  /** The last part of the path. */
  label: string;
  /** Null for a folder. */
  file: RunFile | null;
  /** Files below a folder, and their bytes. */
  count: number;
  size: number;
}

interface Folder {
  path: string;
  folders: Map<string, Folder>;
  files: RunFile[];
  count: number;
  size: number;
}

const folder = (path: string): Folder => ({
  path,
  folders: new Map(),
  files: [],
  count: 0,
  size: 0
});

/** All files as one tree. */
function treeOf(files: readonly RunFile[]): Folder {
  const top = folder('');
  for (const file of files) {
    const parts = file.name.split('/');
    let at = top;
    for (const part of parts.slice(0, -1)) {
      let next = at.folders.get(part);
      if (!next) {
        next = folder(`${at.path}${part}/`);
        at.folders.set(part, next);
      }
      next.count += 1;
      next.size += file.size;
      at = next;
    }
    at.files.push(file);
  }
  return top;
}

/** The rows in view of the tree: what is in folded folders is left out. */
export function fileRows(files: readonly RunFile[], folded: ReadonlySet<string>): FileRow[] {
  const rows: FileRow[] = [];
  const add = (at: Folder, level: number) => {
    for (const [label, below] of at.folders) {
      const { path, count, size } = below;
      rows.push({ path, level, label, file: null, count, size });
      if (!folded.has(path)) {
        add(below, level + 1);
      }
    }
    for (const file of at.files) {
      const label = file.name.slice(at.path.length);
      rows.push({ path: file.name, level, label, file, count: 1, size: file.size });
    }
  };
  add(treeOf(files), 1);
  return rows;
}

export type FileKind = 'picture' | 'text' | 'source' | 'other';

const PICTURE = /\.(png|jpe?g|gif|webp|svg)$/i;
const TEXT = /\.(txt|csv|tsv|jsonl?|log|md|py|ya?ml|toml|ini|cfg)$/i;
/** Text that a browser would run, were it a page: it is shown as its source. */
const PAGE = /\.(html?|xhtml|xml|js|mjs|css|ipynb)$/i;

/** How a file can be looked at. */
export function fileKind(name: string): FileKind {
  return PICTURE.test(name)
    ? 'picture'
    : TEXT.test(name)
      ? 'text'
      : PAGE.test(name)
        ? 'source'
        : 'other';
}

/** A CSV or TSV text as rows of cells: quotes, doubled quotes and line ends within them are obeyed. */
export function tableOf(text: string, separator: string, most: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < text.length && rows.length < most; at += 1) {
    const char = text[at];
    if (isQuoted) {
      if (char === '"' && text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else if (char === '"') {
        isQuoted = false;
      } else {
        cell += char;
      }
    } else if (char === '"' && cell === '') {
      isQuoted = true;
    } else if (char === separator || char === '\n') {
      row.push(cell.replace(/\r$/, ''));
      cell = '';
      if (char === '\n') {
        rows.push(row);
        row = [];
      }
    } else {
      cell += char;
    }
  }
  if (rows.length < most && (cell !== '' || row.length > 0)) {
    rows.push([...row, cell]);
  }
  return rows;
}
