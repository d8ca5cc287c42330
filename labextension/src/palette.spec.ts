// Colours that can be told from the ground and from each other, and that stay with their runs.
import { describe, expect, it } from 'vitest';
import { colorOf, HUES, MAX_STROKES, strokeOf, strokesOf } from './palette';

function luminance(color: string): number {
  const parts = [1, 3, 5].map(at => parseInt(color.slice(at, at + 2), 16) / 255);
  const [r = 0, g = 0, b = 0] = parts.map(c =>
    c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

function runs(...numbers: number[]) {
  return numbers.map(number => ({ run_id: `r${number}`, number }));
}

describe('colours', () => {
  it('stand out from the ground of light and dark themes', () => {
    for (const hue of HUES) {
      expect(contrast(hue, '#ffffff')).toBeGreaterThan(3);
      expect(contrast(hue, '#212121')).toBeGreaterThan(3);
    }
  });

  it('come again with dashes, never the same twice', () => {
    const all = Array.from({ length: MAX_STROKES }, (_, i) => JSON.stringify(strokeOf(i)));
    expect(new Set(all).size).toBe(MAX_STROKES);
    expect(colorOf(3)).toBe(colorOf(3 + HUES.length));
    expect(colorOf(-1)).toBe(HUES[0]);
  });

  it('stay with their runs when others come or go', () => {
    const before = strokesOf(runs(4, 5, 6));
    const after = strokesOf(runs(2, 5, 6, 7));
    expect(after.get('r5')).toEqual(before.get('r5'));
    expect(after.get('r6')).toEqual(before.get('r6'));
  });

  it('are different for runs that ask for the same', () => {
    const found = strokesOf(runs(3, 13, 23, 33));
    expect(new Set([...found.values()].map(stroke => stroke.color)).size).toBe(4);
    expect(strokesOf(runs(...Array.from({ length: 50 }, (_, i) => 7 * i))).size).toBe(50);
  });
});
