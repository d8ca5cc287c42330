// Turns the raw text of a log into lines of coloured spans: carriage returns obeyed, ANSI colours kept, nothing ever HTML.
import { AnsiUp } from 'ansi_up';

/** A stretch of text in one style; `fg` and `bg` are class suffixes such as `red` or `bright-blue`, or `rgb(…)`. */
export interface Span {
  text: string;
  fg: string | null;
  bg: string | null;
  bold: boolean;
  faint: boolean;
  italic: boolean;
  underline: boolean;
}

interface AnsiColor {
  rgb: number[];
  class_name: string;
}

interface Fragment extends Omit<Span, 'fg' | 'bg'> {
  fg: AnsiColor | null;
  bg: AnsiColor | null;
}

function colorOf(color: AnsiColor | null): string | null {
  if (!color) {
    return null;
  }
  return /^ansi-/.test(color.class_name)
    ? color.class_name.slice('ansi-'.length)
    : `rgb(${color.rgb.join(', ')})`;
}

/** What a terminal would show of one line in which `\r` goes back to its start. */
export function applyCarriageReturns(line: string): string {
  if (!line.includes('\r')) {
    return line;
  }
  let shown = '';
  for (const part of line.split('\r')) {
    if (part === '') {
      continue;
    }
    const plain = !part.includes('\x1b') && !shown.includes('\x1b');
    shown = plain ? part + shown.slice(part.length) : part;
  }
  return shown;
}

/** Lines of spans. The colour at the end of a line goes on in the next one, as in a terminal. */
export function logLines(text: string): Span[][] {
  const lines = text.split('\n');
  if (lines.length > 1 && lines[lines.length - 1] === '') {
    lines.pop();
  }
  let current: Span[] = [];
  const ansi = new AnsiUp();
  // The library knows the escape codes; what it found is taken as data, before it becomes HTML.
  Object.assign(ansi, {
    transform_to_html: ({ fg, bg, ...rest }: Fragment) => {
      current.push({ ...rest, fg: colorOf(fg), bg: colorOf(bg) });
      return '';
    },
    process_hyperlink: ({ text: label }: { text: string }) => {
      current.push({ ...PLAIN, text: label });
      return '';
    }
  });
  return lines.map(line => {
    current = [];
    ansi.ansi_to_html(applyCarriageReturns(line));
    return current;
  });
}

const PLAIN: Omit<Span, 'text'> = {
  fg: null,
  bg: null,
  bold: false,
  faint: false,
  italic: false,
  underline: false
};

/** The last `limit` characters, beginning at a line. */
export function logTail(text: string, limit: number): string {
  if (text.length <= limit) {
    return text;
  }
  const tail = text.slice(-limit);
  const newline = tail.indexOf('\n');
  return newline >= 0 && newline < tail.length - 1 ? tail.slice(newline + 1) : tail;
}

const ERROR =
  /\b(ERROR|CRITICAL|FATAL)\b|^Traceback \(most recent call last\)|^\w*(Error|Exception)\b:/;
const WARNING = /\bWARN(ING)?\b|^\S+Warning:|: \w+Warning: /;

/** What a line is by its own words: an error, a warning, or neither. */
export function levelOf(line: string): 'error' | 'warning' | null {
  // A long line is data: its words say nothing of it.
  const head = line.slice(0, 400);
  return ERROR.test(head) ? 'error' : WARNING.test(head) ? 'warning' : null;
}
