// What somebody has chosen in a comparison; remembered for each experiment.
import type { Direction, Which } from './comparison';

export interface CompareChoice {
  tab: string;
  which: Which;
  /** By name of the metric; without an entry the name tells. */
  directions: Readonly<Record<string, Direction>>;
  /** Only what differs. */
  differing: boolean;
  /** Ids of columns; null: params that differ, and the metric. */
  axes: readonly string[] | null;
  /** The metric that colours the lines; null: the first. */
  metric: string | null;
}

export const FIRST_CHOICE: CompareChoice = {
  tab: 'table',
  which: 'last',
  directions: {},
  differing: true,
  axes: null,
  metric: null
};

/** What was remembered, as far as it can be read. */
export function readChoice(value: unknown): CompareChoice {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  const { tab, which, directions, differing, axes, metric } = given;
  const known = typeof directions === 'object' && directions !== null ? directions : {};
  return {
    tab: typeof tab === 'string' ? tab : FIRST_CHOICE.tab,
    which: which === 'min' || which === 'max' ? which : 'last',
    directions: Object.fromEntries(
      Object.entries(known).filter(([, one]) => one === 'min' || one === 'max')
    ) as Record<string, Direction>,
    differing: differing !== false,
    axes: Array.isArray(axes) ? axes.filter(id => typeof id === 'string') : null,
    metric: typeof metric === 'string' ? metric : null
  };
}
