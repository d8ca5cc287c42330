// A log of any length through a small window: whole lines, no gaps, nothing twice.
import { describe, expect, it } from 'vitest';
import { textChunk } from './logsources';
import { LogWindow } from './logwindow';
import type { LogChunk } from './tokens';

/** A log as the server would give it. */
class Log {
  constructor(public text: string) {}

  readonly asked: [number, number][] = [];

  readonly fetch = async (offset: number, limit: number): Promise<LogChunk> => {
    this.asked.push([offset, limit]);
    const bytes = new TextEncoder().encode(this.text);
    const begin = offset < 0 ? Math.max(0, bytes.length + offset) : Math.min(offset, bytes.length);
    const part = bytes.slice(begin, begin + limit);
    const next = begin + part.length;
    return { text: new TextDecoder().decode(part), offset: begin, next, size: bytes.length };
  };
}

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `line ${from + i} ünï\n`).join('');

function open(text: string) {
  const log = new Log(text);
  const view = new LogWindow(log.fetch, () => undefined);
  const lines = () => Array.from({ length: view.count }, (_, i) => view.plain(i));
  return { log, view, lines };
}

describe('the window', () => {
  it('opens at the end with one request, at a whole line', async () => {
    const { log, view, lines } = open(numbered(0, 100_000));
    await view.openEnd();
    expect(log.asked.length).toBe(1);
    expect(view.count).toBeLessThan(5000);
    expect(lines()[0]).toMatch(/^line \d+ ünï$/);
    expect(lines()[view.count - 1]).toBe('line 99999 ünï');
    expect(view.atEnd).toBe(true);
  });

  it('grows upwards to the first line without a gap', async () => {
    const { view, lines } = open(numbered(0, 20_000));
    await view.openEnd();
    while (view.begin > 0) {
      await view.earlier();
    }
    expect(lines()).toEqual(numbered(0, 20_000).split('\n').slice(0, -1));
    expect(view.base + view.count).toBeGreaterThan(0);
    expect(view.base).toBeLessThan(0);
  });

  it('follows a log whose lines end later', async () => {
    const { log, view, lines } = open('first\nsec');
    await view.openEnd();
    expect(lines()).toEqual(['first', 'sec']);
    log.text += 'ond\nthi';
    await view.later(false);
    log.text += 'rd\n';
    await view.later(false);
    expect(lines()).toEqual(['first', 'second', 'third']);
  });

  it('shows the last state of a progress bar, and keeps only that', async () => {
    const { log, view, lines } = open('begin\n');
    await view.openEnd();
    for (let step = 0; step < 2000; step += 1) {
      log.text += `\rstep ${step} of 2000`;
      await view.later(false);
    }
    expect(lines()).toEqual(['begin', 'step 1999 of 2000']);
    expect(view.text.length).toBeLessThan(3000);
  });

  it('never holds more than a few megabytes', async () => {
    const { view } = open('x'.repeat(99).concat('\n').repeat(120_000));
    await view.openEnd();
    for (let i = 0; i < 200 && view.begin > 0; i += 1) {
      await view.earlier();
    }
    expect(view.begin).toBe(0);
    expect(view.text.length).toBeLessThan(9e6);
    expect(view.atEnd).toBe(false);
    await view.openEnd();
    expect(view.atEnd).toBe(true);
  });
});

describe('a place in the log', () => {
  const bytes = (text: string) => new TextEncoder().encode(text).length;

  it('is fetched when it is not there, and known by its line', async () => {
    const before = numbered(0, 10_000);
    const { view, log } = open(`${before}the needle\n${numbered(10_000, 20_000)}`);
    await view.openEnd();
    expect(view.lineAt(0)).toBe(-1);
    await view.openAt(bytes(before) + 4);
    expect(view.plain(view.lineAt(bytes(before) + 4))).toBe('the needle');
    expect(view.plain(view.lineAt(bytes(before) - 1))).toBe('line 9999 ünï');
    await view.openAt(bytes(before) - 100);
    expect(log.asked).toHaveLength(2);
  });

  it('within a line that is longer than what is fetched is found, too', async () => {
    const { view } = open(`${'x'.repeat(100_000)}needle${'y'.repeat(200_000)}\nlast\n`);
    await view.openAt(100_000);
    expect(view.plain(view.lineAt(100_000))).toContain('needle');
  });
});

describe('a stretch of bytes', () => {
  it('never shows half a character', () => {
    const all = new TextEncoder().encode('aż€😀');
    const read = (from: number, to: number) => textChunk(all.slice(from, to), from, all.length);
    expect(read(0, 2)).toEqual({ text: 'a', offset: 0, next: 1, size: 10 });
    expect(read(1, 5).text).toBe('ż');
    expect(read(3, 9).text).toBe('€');
    expect(read(3, 10).text).toBe('€😀');
  });
});
