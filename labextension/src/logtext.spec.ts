// Logs as a terminal would show them, and never as HTML.
import { describe, expect, it } from 'vitest';
import { applyCarriageReturns, logLines, logTail } from './logtext';

const plain = (text: string) => logLines(text).map(line => line.map(span => span.text).join(''));

describe('carriage returns', () => {
  it('keep a progress bar on one line', () => {
    expect(plain('\r 10%|#  |\r 50%|## |\r100%|###|\ndone\n')).toEqual(['100%|###|', 'done']);
  });

  it('leave what the new text does not cover', () => {
    expect(applyCarriageReturns('abcdef\rXY')).toBe('XYcdef');
  });

  it('of Windows lines change nothing', () => {
    expect(plain('one\r\ntwo\r\n')).toEqual(['one', 'two']);
  });
});

describe('ANSI codes', () => {
  it('become styles, and go on over the end of a line', () => {
    const [first, second] = logLines('\x1b[1;31mred\nstill\x1b[0m plain');
    expect(first).toEqual([expect.objectContaining({ text: 'red', fg: 'red', bold: true })]);
    expect(second?.[0]).toMatchObject({ text: 'still', fg: 'red' });
    expect(second?.[1]).toMatchObject({ text: ' plain', fg: null, bold: false });
  });

  it('that move the cursor, and links, leave only their text', () => {
    expect(plain('\x1b[2Ka\x1b[3Ab')).toEqual(['ab']);
    expect(plain('\x1b]8;;javascript:hit()\x07label\x1b]8;;\x07')).toEqual(['label']);
  });

  it('with 24 bits keep their colour', () => {
    expect(logLines('\x1b[38;2;1;2;3mx')[0]?.[0]?.fg).toBe('rgb(1, 2, 3)');
  });
});

it('HTML in a log stays text, not even escaped', () => {
  const hostile = "<img src=x onerror='hit()'> &amp;";
  expect(plain(hostile)).toEqual([hostile]);
});

it('the tail of a long log begins at a line', () => {
  expect(logTail('first\nsecond\nthird\n', 10)).toBe('third\n');
  expect(logTail('short', 10)).toBe('short');
});
