// Colours of runs in charts, legends and lists: the same run has the same one everywhere. Exports `colorOf`, `strokesOf`.

/** How a line is drawn. Beyond ten, hues come again with dashes, so that two lines never look alike. */
export interface Stroke {
  color: string;
  dash: number[];
}

/** Each has a contrast of 3:1 and more against the ground of light and dark themes. The run itself has the theme's blue. */
export const HUES = [
  '#d9730d',
  '#0f9488',
  '#c2459a',
  '#8062e0',
  '#4b9b2f',
  '#d94444',
  '#a9713a',
  '#2f8fb8',
  '#8f8a1e',
  '#7c8794'
];

const DASHES = [[], [7, 4], [2, 3], [11, 3, 2, 3], [4, 2]];

/** As many lines can be told apart. */
export const MAX_STROKES = HUES.length * DASHES.length;

/** The colour of the run at a place in a list, from 0. */
export function colorOf(index: number): string {
  return strokeOf(index).color;
}

export function strokeOf(index: number): Stroke {
  const place = Math.max(0, Math.floor(index)) % MAX_STROKES;
  const color = HUES[place % HUES.length] ?? '';
  return { color, dash: DASHES[Math.floor(place / HUES.length)] ?? [] };
}

/**
 * The strokes of runs that are shown together, by run id. Each run asks for the place of its number, so it keeps its colour when
 * others come or go; where two ask for the same one, the later takes the next that is free.
 */
export function strokesOf(
  runs: readonly { run_id: string; number: number }[]
): Map<string, Stroke> {
  const taken = new Set<number>();
  const found = new Map<string, Stroke>();
  const inOrder = [...runs].sort((a, b) => a.number - b.number || (a.run_id < b.run_id ? -1 : 1));
  // As long as hues are enough no line is dashed.
  const span = runs.length <= HUES.length ? HUES.length : MAX_STROKES;
  for (const { run_id, number } of inOrder) {
    let place = Math.abs(Math.floor(number)) % span;
    for (let tries = 0; taken.has(place) && tries < span; tries += 1) {
      place = (place + 1) % span;
    }
    taken.add(place);
    found.set(run_id, strokeOf(place));
  }
  return found;
}
