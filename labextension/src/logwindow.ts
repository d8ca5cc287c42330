// A stretch of a log of any length: pieces of whole lines, fetched at either end, dropped at the other.
import type { LogChunk } from './tokens';
import { applyCarriageReturns, logLines, Span } from './logtext';

/** Bytes of one request. */
export const PIECE_BYTES = 64 * 1024;
const MAX_CHARS = 8 * 1024 * 1024;

/** Asks for bytes of the log; a negative offset counts from the end. */
export type FetchLog = (offset: number, limit: number) => Promise<LogChunk>;

/** Whole lines, from byte `offset` up to byte `next`; only the last piece of the log may end within a line. */
class Piece {
  constructor(
    readonly offset: number,
    readonly next: number,
    readonly text: string
  ) {
    let count = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
      count += 1;
    }
    this.count = count + (text !== '' && !text.endsWith('\n') ? 1 : 0);
  }

  readonly count: number;

  /** Parsed when first looked at. */
  get lines(): Span[][] {
    this._lines ??= logLines(this.text);
    return this._lines;
  }

  private _lines: Span[][] | null = null;
}

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

/** Without the states of a last line that has been overwritten: a progress bar does not grow for ever. */
function settle(text: string): string {
  const begin = text.lastIndexOf('\n') + 1;
  const open = text.slice(begin);
  const back = open.lastIndexOf('\r', open.length - 2);
  return back > 1024
    ? text.slice(0, begin) + applyCarriageReturns(open.slice(0, back)) + open.slice(back)
    : text;
}

export class LogWindow {
  constructor(
    private fetch: FetchLog,
    private readonly changed: () => void
  ) {}

  /** Length of the log, as far as it is known (bytes). */
  size = 0;
  loaded = false;
  /** Number of the first line that is there, counted from the first that ever was since `epoch` began. */
  base = 0;
  /** Counts how often the window has been opened elsewhere. */
  epoch = 0;

  get count(): number {
    return this._pieces.reduce((sum, piece) => sum + piece.count, 0);
  }

  get begin(): number {
    return this._pieces[0]?.offset ?? 0;
  }

  get end(): number {
    return this._pieces[this._pieces.length - 1]?.next ?? 0;
  }

  get atEnd(): boolean {
    return this.end >= this.size;
  }

  get text(): string {
    return this._pieces.map(piece => piece.text).join('');
  }

  /** The log is known to be longer now, and is asked for so. */
  grow(size: number, fetch: FetchLog): void {
    this.fetch = fetch;
    this.size = Math.max(this.size, size);
  }

  line(index: number): Span[] {
    let at = index;
    for (const piece of this._pieces) {
      if (at < piece.count) {
        return piece.lines[at] ?? [];
      }
      at -= piece.count;
    }
    return [];
  }

  /** What a line says, without colours. */
  plain(index: number): string {
    return this.line(index)
      .map(span => span.text)
      .join('');
  }

  /** Begin anew with the last lines. */
  openEnd(): Promise<void> {
    return this.alone(async () => {
      const chunk = await this.fetch(-PIECE_BYTES, PIECE_BYTES);
      this.show(joined([], aligned(chunk)), chunk.size);
    });
  }

  /** Lines before those that are there. */
  async earlier(): Promise<void> {
    await this.alone(async () => {
      const piece = await this.before(this.begin, PIECE_BYTES);
      if (piece) {
        this.base -= piece.count;
        this.extend([piece, ...this._pieces], this.size, 'end');
      }
    });
  }

  /** Lines behind those that are there; `hold`: never drop any for them. */
  async later(hold: boolean): Promise<void> {
    await this.alone(async () => {
      if (hold && this.chars() > MAX_CHARS) {
        return;
      }
      const chunk = await this.fetch(this.end, PIECE_BYTES);
      if (chunk.text === '') {
        this.size = Math.max(this.end, chunk.size);
      } else {
        this.extend(joined(this._pieces, chunk), chunk.size, 'begin');
      }
    });
  }

  /** Have the lines around a byte, where they are not there yet. */
  async openAt(offset: number): Promise<void> {
    await this._running;
    if (offset >= this.begin && offset < this.end) {
      return;
    }
    await this.alone(async () => {
      const from = Math.max(0, offset - PIECE_BYTES / 2);
      const chunk = await this.fetch(from, PIECE_BYTES);
      this.show(joined([], aligned(chunk, offset)), chunk.size);
    });
  }

  /** The line that holds a byte, from 0 for the first that is there; -1 when none of them does. */
  lineAt(offset: number): number {
    let lines = 0;
    for (const piece of offset < this.begin ? [] : this._pieces) {
      if (offset < piece.next) {
        let at = piece.offset;
        for (const line of piece.text.split('\n')) {
          at += bytesOf(line) + 1;
          if (offset < at) {
            return lines;
          }
          lines += 1;
        }
        return lines - 1;
      }
      lines += piece.count;
    }
    return -1;
  }

  /** Whole lines that end at a byte. */
  private async before(end: number, limit: number): Promise<Piece | null> {
    if (end <= 0) {
      return null;
    }
    const offset = Math.max(0, end - limit);
    const chunk = await this.fetch(offset, end - offset);
    if (chunk.text === '') {
      return null;
    }
    const { offset: first, text } = aligned({ ...chunk, next: end });
    return new Piece(first, end, text);
  }

  private chars(): number {
    return this._pieces.reduce((sum, piece) => sum + piece.text.length, 0);
  }

  /** Other pieces than before. */
  private show(pieces: Piece[], size: number): void {
    this.base = 0;
    this.epoch += 1;
    this.extend(pieces, size, 'begin');
  }

  private extend(pieces: Piece[], size: number, drop: 'begin' | 'end'): void {
    this._pieces = pieces;
    while (this.chars() > MAX_CHARS && this._pieces.length > 1) {
      const gone = drop === 'begin' ? this._pieces.shift() : this._pieces.pop();
      this.base += drop === 'begin' ? (gone?.count ?? 0) : 0;
    }
    this.size = Math.max(size, this.end);
    this.loaded = true;
    this.changed();
  }

  /** One request at a time; what comes while one is under way is left out. */
  private async alone(task: () => Promise<void>): Promise<void> {
    if (this._running) {
      return;
    }
    const running = task();
    this._running = running.catch(() => undefined);
    try {
      await running;
    } finally {
      this._running = null;
    }
  }

  private _running: Promise<void> | null = null;
  private _pieces: Piece[] = [];
}

/** A chunk from its first whole line on, at most from the byte `last` on; one within a single long line is taken as it is. */
function aligned(chunk: LogChunk, last = Infinity): LogChunk {
  const newline = chunk.text.indexOf('\n');
  if (chunk.offset === 0 || newline < 0 || newline === chunk.text.length - 1) {
    return chunk;
  }
  const text = chunk.text.slice(newline + 1);
  // Counted from the end: at the beginning a character may be cut in two.
  const offset = Math.max(chunk.offset, chunk.next - bytesOf(text));
  return offset > last ? chunk : { ...chunk, text, offset };
}

/** The pieces with a chunk behind them. A line that has not ended is a piece of its own, until it has. */
function joined(pieces: Piece[], chunk: LogChunk): Piece[] {
  const result = [...pieces];
  const open = result[result.length - 1]?.text.endsWith('\n') === false ? result.pop() : undefined;
  const cut = chunk.text.lastIndexOf('\n') + 1;
  const rest = chunk.text.slice(cut);
  const middle = cut > 0 ? chunk.next - bytesOf(rest) : chunk.offset;
  const offset = open?.offset ?? chunk.offset;
  if (cut > 0) {
    const text = (open?.text ?? '') + chunk.text.slice(0, cut);
    const last = result[result.length - 1];
    if (last && last.text.length < PIECE_BYTES / 2) {
      result[result.length - 1] = new Piece(last.offset, middle, last.text + text);
    } else {
      result.push(new Piece(offset, middle, text));
    }
    return rest === '' ? result : [...result, new Piece(middle, chunk.next, settle(rest))];
  }
  return [...result, new Piece(offset, chunk.next, settle((open?.text ?? '') + rest))];
}
