// How a thing that can be done with runs becomes a command: its label counts, it is enabled only where it makes sense.
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { RunData } from '../run';
import type { Studio } from '../studio';
import { complain } from './dialogs';
import { fetchRuns, RUN_ARGS, Target, targetOf } from './target';

export interface Verb {
  id: string;
  /** Says what will happen; `n`: to how many runs. */
  label: (n: number) => string;
  caption: string;
  /** Title of the message when it goes wrong. */
  trouble: string;
  /** Whether it can be done to a run as it is. */
  fits: (run: RunData) => boolean;
  /** Only to one run at a time. */
  single?: boolean;
  /** Further arguments that it takes. */
  args?: Record<string, { type: 'string' | 'boolean'; description: string }>;
  execute: (runs: RunData[], args: ReadonlyPartialJSONObject) => Promise<unknown>;
}

/** How many of the runs it could be done to; those that nobody shows are given the benefit of the doubt. */
function countFitting(verb: Verb, { runs, unknown }: Target): number {
  return runs.filter(verb.fits).length + unknown;
}

/** Whether it would do something. */
function isPossible(verb: Verb, target: Target): boolean {
  const n = target.runs.length + target.unknown;
  return countFitting(verb, target) > 0 && (!verb.single || n === 1);
}

export function addVerb(studio: Studio, verb: Verb): void {
  const { commands } = studio;
  const target = (args: ReadonlyPartialJSONObject) => targetOf(studio, args);
  commands.addCommand(verb.id, {
    label: args => verb.label(countFitting(verb, target(args))),
    caption: verb.caption,
    describedBy: {
      args: { ...RUN_ARGS, properties: { ...RUN_ARGS.properties, ...verb.args } }
    },
    isEnabled: args => isPossible(verb, target(args)),
    // A menu about some runs leaves out what makes no sense for any of them; without runs it says what there is.
    isVisible: args => {
      const { runs, unknown } = target(args);
      return runs.length + unknown === 0 || isPossible(verb, { runs, unknown });
    },
    execute: async args => {
      try {
        const runs = (await fetchRuns(studio, args)).filter(verb.fits);
        return runs.length > 0 ? await verb.execute(runs, args) : undefined;
      } catch (error) {
        await complain(verb.trouble, error);
        return undefined;
      }
    }
  });
}
