import { describe, expect, it } from 'vitest';
import { addressOf, Place, placeAt } from './places';

const ROOT = '/user/ada/jupyter-runs';

describe('an address', () => {
  const places: Place[] = [
    { kind: 'run', run_id: 'a b/c?', workspace: 'own' },
    { kind: 'run', run_id: 'abc', workspace: 'other' },
    { kind: 'experiment', experiment: 'my digits', workspace: 'own' },
    { kind: 'compare', run_ids: ['a', 'b&c'], workspace: 'other' }
  ];

  it.each(places)('leads back to its place: %j', place => {
    expect(placeAt(addressOf(place, ROOT, 'own'), ROOT, 'own')).toEqual(place);
  });

  it('names no workspace that is the one of the server', () => {
    const place: Place = { kind: 'run', run_id: 'abc', workspace: 'own' };
    expect(addressOf(place, ROOT, 'own')).toBe(`${ROOT}/run/abc`);
  });

  it('that is none of ours means the list', () => {
    for (const address of [ROOT, `${ROOT}/`, `${ROOT}/run/`, `${ROOT}/other/x`, '/elsewhere']) {
      expect(placeAt(address, ROOT, 'own')).toBeNull();
    }
  });

  it('that cannot be decoded is taken as it is', () => {
    expect(placeAt(`${ROOT}/run/%E0%A4%A`, ROOT, null)).toMatchObject({ run_id: '%E0%A4%A' });
  });
});
