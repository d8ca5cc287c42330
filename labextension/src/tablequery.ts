// The search text of a table and its order: apart for the header of the table, together for the server.
import { inQuotes, tokenize } from './searchtext';

/** The text without its `sort:`, and what that sorts by; null when it has none. */
export function splitOrder(text: string): { rest: string; order: string | null } {
  const found = tokenize(text).find(({ text: word }) => /^sort:./i.test(word));
  if (!found) {
    return { rest: text.trim(), order: null };
  }
  const rest = `${text.slice(0, found.start)} ${text.slice(found.end)}`;
  return { rest: rest.replace(/\s+$|^\s+/g, ''), order: found.text.slice('sort:'.length) };
}

/** The text with an order behind it. */
export function withOrder(text: string, order: string | null): string {
  return [text, order === null ? '' : `sort:${order}`].filter(part => part !== '').join(' ');
}

/** What finds the runs of a group, `by` as in `sort:`; null when no search can say it. */
export function groupTerm(by: string, value: string | null): string | null {
  const keyed = by.includes(':');
  if (value === null) {
    return keyed ? `-${by}` : null;
  }
  if (by === 'status') {
    return `status:${value.toLowerCase()}`;
  }
  if (value === '') {
    // A tag without a value, or with an empty one.
    return keyed ? `${by} (-${by}^="" or ${by}="")` : null;
  }
  return `${by}${keyed ? '=' : ':'}${inQuotes(value)}`;
}

/** Both hold. */
export function both(text: string, term: string): string {
  return text === '' ? term : `(${text}) ${term}`;
}
