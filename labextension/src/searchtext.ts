// Search texts taken apart and put together by the rules of `search.py`: where words begin and end, what needs quotes.

export type TokenKind = 'word' | '(' | ')' | 'or' | 'and';

/** A piece of a search text; `start` and `end` count UTF-16 units, as the DOM does. */
export interface SearchToken {
  kind: TokenKind;
  text: string;
  start: number;
  end: number;
  /** It needs something that is not there: the second quote, or the parenthesis that it closes. */
  broken: boolean;
}

/** What Python takes for a blank; `\s` has one more and four less. */
const BLANK = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
/** A longer value is told by its beginning: a whole search text may have 1,000 characters. */
const LONGEST_VALUE = 200;

function endOfWord(text: string, start: number, within: boolean): { end: number; broken: boolean } {
  let opened = 0;
  let at = start;
  for (; at < text.length && !BLANK.test(text.charAt(at)); at += 1) {
    const character = text.charAt(at);
    if (character === '"') {
      const closing = text.indexOf('"', at + 1);
      if (closing < 0) {
        return { end: text.length, broken: true };
      }
      at = closing;
    } else if (character === '(') {
      opened += 1;
    } else if (character === ')') {
      if (within && opened === 0) {
        break;
      }
      opened = Math.max(0, opened - 1);
    }
  }
  return { end: at, broken: false };
}

/** The tokens of a text that may not be finished yet. */
export function tokenize(text: string): SearchToken[] {
  const tokens: SearchToken[] = [];
  let depth = 0;
  let at = 0;
  const add = (kind: TokenKind, end: number, broken = false) => {
    tokens.push({ kind, text: text.slice(at, end), start: at, end, broken });
    at = end;
  };
  while (at < text.length) {
    const opening = /^-?\(/.exec(text.slice(at, at + 2))?.[0];
    if (BLANK.test(text.charAt(at))) {
      at += 1;
    } else if (opening) {
      depth += 1;
      add('(', at + opening.length);
    } else if (text.charAt(at) === ')') {
      add(')', at + 1, depth === 0);
      depth = Math.max(0, depth - 1);
    } else {
      const { end, broken } = endOfWord(text, at, depth > 0);
      const word = text.slice(at, end).toLowerCase();
      add(word === 'or' || word === 'and' ? word : 'word', end, broken);
    }
  }
  return tokens;
}

/** UTF-16 units before the character with this place, which Python counts by whole characters. */
export function unitsBefore(text: string, characters: number): number {
  let units = 0;
  for (const character of text) {
    if (characters <= 0) {
      break;
    }
    units += character.length;
    characters -= 1;
  }
  return units;
}

function cut(text: string, from: number, to: number): string {
  const before = text.slice(0, from).trimEnd();
  const after = text.slice(to).trimStart();
  const glued = before === '' || after === '' || before.endsWith('(') || after.startsWith(')');
  return before + (glued ? '' : ' ') + after;
}

/** The text without the token at this place of `tokenize`, nor what would be left over: its `or`, its parentheses. */
export function withoutToken(text: string, index: number): string {
  const tokens = tokenize(text);
  let [first, last] = [index, index];
  while (tokens[first - 1]?.kind === '(' && tokens[last + 1]?.kind === ')') {
    [first, last] = [first - 1, last + 1];
  }
  const [before, after] = [tokens[first - 1], tokens[last + 1]];
  const begins = before === undefined || before.kind === '(' || before.kind === 'or';
  const ends = after === undefined || after.kind === ')' || after.kind === 'or';
  // `and` goes with the side on which nothing else is joined; `or` only when it joins nothing any more.
  if (after?.kind === 'and' && begins) {
    last += 1;
  } else if (before?.kind === 'and') {
    first -= 1;
  } else if (begins && ends && before?.kind === 'or') {
    first -= 1;
  } else if (begins && ends && after?.kind === 'or') {
    last += 1;
  }
  return cut(text, tokens[first]?.start ?? 0, tokens[last]?.end ?? 0);
}

/** In quotes, as `search.py` reads it back: a quotation mark within is written twice. */
export function inQuotes(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** A key or name, in quotes where that is needed. */
export function quoted(text: string): string {
  return /^[\w./+-]+$/.test(text) ? text : inQuotes(text);
}

function opposite(term: string): string {
  return term.startsWith('-') ? term.slice(1) : `-${term}`;
}

/** The text with one more condition that all must meet; its opposite goes. */
export function withTerm(text: string, term: string): string {
  const query = text.trim();
  const tokens = tokenize(query);
  const contrary = tokens.findIndex(token => token.text === opposite(term));
  if (contrary >= 0) {
    return withTerm(withoutToken(query, contrary), term);
  }
  let depth = 0;
  let either = false;
  for (const { kind, text: word } of tokens) {
    depth += kind === '(' ? 1 : kind === ')' ? -1 : 0;
    either ||= kind === 'or' && depth === 0;
    if (depth === 0 && word === term && !tokens.some(token => token.kind === 'or')) {
      return query;
    }
  }
  if (query === '') {
    return term;
  }
  if (!either) {
    return `${query} ${term}`;
  }
  // An order stands outside of parentheses.
  const isOrder = (token: SearchToken) => /^sort:/i.test(token.text);
  const orders = tokens.filter(isOrder).map(token => token.text);
  const rest = [...tokens].reverse().reduce((left, token) => {
    return isOrder(token) ? cut(left, token.start, token.end) : left;
  }, query);
  return [`(${rest})`, term, ...orders].join(' ');
}

/** A search for a tag with this value, null for any; null when a search text cannot say it. */
export function tagTerm(key: string, value: string | null): string | null {
  if (key === '' || /[\r\n]/.test(key) || key.length > LONGEST_VALUE) {
    return null;
  }
  const name = `tag:${/[\s"()=^<>!]/.test(key) ? inQuotes(key) : key}`;
  if (value === null) {
    return name;
  }
  // The box has one line.
  const part = value.split(/[\r\n]/, 1)[0]?.slice(0, LONGEST_VALUE) ?? '';
  if (part === '' && value !== '') {
    return name;
  }
  return `${name}${part === value ? '=' : '^='}${/[\s"(),]/.test(part) ? inQuotes(part) : part}`;
}
