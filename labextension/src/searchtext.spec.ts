// Search texts: the same words as on the server, and texts put together so that the server reads them.
import { describe, expect, it } from 'vitest';
import cases from '../../tests/search_tokens.json';
import { quoted, tagTerm, tokenize, unitsBefore, withoutToken, withTerm } from './searchtext';

const words = (text: string) => tokenize(text).map(token => token.text);

describe('words', () => {
  it.each(Object.entries(cases))('of %j are those of the server', (text, expected) => {
    const found = tokenize(text);
    const units = expected.map(([kind, part, at]) => {
      return { kind, text: part, start: unitsBefore(text, Number(at)) };
    });
    expect(found.map(({ kind, text: part, start }) => ({ kind, text: part, start }))).toEqual(
      units
    );
    found.forEach(one => expect(text.slice(one.start, one.end)).toBe(one.text));
  });

  it('that are not finished go to the end, and say that something is missing', () => {
    expect(tokenize('a tag:"my key').map(({ text, broken }) => [text, broken])).toEqual([
      ['a', false],
      ['tag:"my key', true]
    ]);
    expect(tokenize(')').map(({ kind, broken }) => [kind, broken])).toEqual([[')', true]]);
    expect(words('(a))')).toEqual(['(', 'a', ')', ')']);
  });
});

describe('without one word', () => {
  it.each([
    ['a b c', 1, 'a c'],
    ['a', 0, ''],
    [' a  b ', 0, 'b '],
    ['a or b', 0, 'b'],
    ['a or b', 2, 'a'],
    ['a or b or c', 2, 'a or c'],
    ['a or b c', 2, 'a or c'],
    ['a and b', 0, 'b'],
    ['a and b', 2, 'a'],
    ['a or b and c', 2, 'a or c'],
    ['a b and c', 1, 'a and c'],
    ['a and b or c', 2, 'a or c'],
    ['(a or b) c', 1, '(b) c'],
    ['(a) b', 1, 'b'],
    ['x or -((a))', 4, 'x'],
    ['(a b)', 1, '(b)'],
    ['(a b)', 2, '(a)'],
    ['tag:"a b" x', 0, 'x']
  ])('%j, place %i: %j', (text, index, left) => {
    expect(withoutToken(text, index)).toBe(left);
  });
});

describe('with one more condition', () => {
  it.each([
    ['', 'tag:a', 'tag:a'],
    ['x ', 'tag:a', 'x tag:a'],
    ['tag:a x', 'tag:a', 'tag:a x'],
    ['tag:a x', '-tag:a', 'x -tag:a'],
    ['-tag:a', 'tag:a', 'tag:a'],
    ['a or b', 'tag:a', '(a or b) tag:a'],
    ['(a or b) c', 'tag:a', '(a or b) c tag:a'],
    ['a or b sort:name', 'tag:a', '(a or b) tag:a sort:name'],
    ['tag:a or b', 'tag:a', '(tag:a or b) tag:a']
  ])('%j and %j: %j', (text, term, both) => {
    expect(withTerm(text, term)).toBe(both);
  });
});

describe('a tag as a condition', () => {
  it.each([
    ['quality', 'good', 'tag:quality=good'],
    ['quality', 'fantastic run', 'tag:quality="fantastic run"'],
    ['quality', null, 'tag:quality'],
    ['quality', '', 'tag:quality='],
    ['worth another look', null, 'tag:"worth another look"'],
    ['a=b', 'x(1)', 'tag:"a=b"="x(1)"'],
    ['q', 'say "hi"', 'tag:q="say ""hi"""'],
    ['q', '"hi"\n', 'tag:q^="""hi"""'],
    ['q', 'one\ntwo', 'tag:q^=one'],
    ['q', 'x'.repeat(500), `tag:q^=${'x'.repeat(200)}`],
    ['a"b', 'x', 'tag:"a""b"=x']
  ])('%j with %j: %j', (key, value, term) => {
    expect(tagTerm(key, value)).toBe(term);
    if (term !== null) {
      expect(words(term)).toEqual([term]);
    }
  });
});

it('names are in quotes where a search needs it, with a quotation mark written twice', () => {
  expect([quoted('loss'), quoted('val loss'), quoted('a:b'), quoted('a"b')]).toEqual([
    'loss',
    '"val loss"',
    '"a:b"',
    '"a""b"'
  ]);
});

it('places are counted in whole characters by the server, in units by the page', () => {
  expect(unitsBefore('😀 x', 2)).toBe(3);
  expect(unitsBefore('abc', 9)).toBe(3);
  expect(unitsBefore('abc', 0)).toBe(0);
});
