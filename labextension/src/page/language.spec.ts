import { describe, expect, it } from 'vitest';
import { translator } from './language';

const trans = translator('pl', {
  Runs: ['Uruchomienia'],
  'Search, e.g. %1': ['Szukaj, np. %1'],
  '%1 run': ['%1 uruchomienie', '%1 uruchomienia', '%1 uruchomień'],
  '%2 is archived.': [
    '%2 jest w archiwum.',
    '%1 uruchomienia są w archiwum.',
    '%1 uruchomień jest w archiwum.'
  ]
});

describe('texts of a catalogue', () => {
  it('are in its language, with what is put into them', () => {
    expect(trans.__('Runs')).toBe('Uruchomienia');
    expect(trans.__('Search, e.g. %1', 'lr<1')).toBe('Szukaj, np. lr<1');
  });

  it.each([
    [0, '0 uruchomień'],
    [1, '1 uruchomienie'],
    [2, '2 uruchomienia'],
    [4, '4 uruchomienia'],
    [5, '5 uruchomień'],
    [12, '12 uruchomień'],
    [22, '22 uruchomienia'],
    [101, '101 uruchomień']
  ])('have the plural form for %d', (n, text) => {
    expect(trans._n('%1 run', '%1 runs', n)).toBe(text);
  });

  it('may name the one thing in place of its number', () => {
    expect(trans._n('%2 is archived.', '%1 runs are archived.', 1, 'a')).toBe('a jest w archiwum.');
  });

  it('are English where it has none', () => {
    expect(trans.__('Open %1', 'a')).toBe('Open a');
    expect(trans._n('%1 file', '%1 files', 3)).toBe('3 files');
  });
});
