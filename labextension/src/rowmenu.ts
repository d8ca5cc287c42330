// What the menus of a row and of a heading offer: commands, as far as they are there and make sense for these runs.
import { argsOf, CommandIds } from './commandids';
import { complain } from './commands/dialogs';
import { tell } from './commands/telling';
import { groupKey, valueOf } from './grouping';
import { commandEntry, entriesOf, MenuEntry } from './menus';
import type { RunData } from './run';
import { copyText } from './save';
import type { Section } from './sections';
import { experimentCode } from './snippets';
import { isActive } from './status';
import type { Studio } from './studio';

/** As many as one comparison takes. */
const MOST_COMPARED = 200;

type Command = (id: string, runs?: readonly RunData[]) => MenuEntry | null;

function commandsFor(studio: Studio, own: readonly RunData[]): Command {
  return (id, runs = own) => {
    const [run] = runs;
    // Commands about one run may look for its id alone.
    const one = runs.length === 1 && run ? { run_id: run.run_id } : {};
    return runs.length === 0
      ? null
      : commandEntry(studio.commands, id, { ...argsOf(runs), ...one });
  };
}

/** What ends or repeats runs: according to how far they are. */
function lifeEntries(command: Command, runs: readonly RunData[]): (MenuEntry | null)[] {
  const active = runs.filter(isActive);
  const asked = active.filter(run => run.cancel_requested_at !== null);
  return [
    command(CommandIds.cancelRun, active),
    command(CommandIds.forceStop, asked),
    active.length === 0 ? command(CommandIds.resubmit) : null
  ];
}

/** Out of listings and back. */
function keepEntries(command: Command, runs: readonly RunData[]): (MenuEntry | null)[] {
  const binned = runs.filter(run => run.deleted_at !== null);
  if (binned.length > 0) {
    return [command(CommandIds.restore, binned)];
  }
  const archived = runs.filter(run => run.archived_at !== null);
  const listed = runs.filter(run => run.archived_at === null);
  return [
    command(CommandIds.archive, listed),
    command(CommandIds.reactivate, archived),
    command(CommandIds.delete)
  ];
}

/** The menu of rows; `others` were selected when the menu was asked for on a run that was not. */
export function runEntries(
  studio: Studio,
  runs: readonly RunData[],
  others: readonly RunData[]
): MenuEntry[] {
  const { trans } = studio;
  const command = commandsFor(studio, runs);
  const one = (id: string) => (runs.length === 1 ? command(id) : null);
  const copies = entriesOf(
    command(CommandIds.copyId),
    command(CommandIds.copyPython),
    command(CommandIds.copyCli)
  );
  const compared = [...others, ...runs];
  const compare = compared.length > 1 ? command(CommandIds.compare, compared) : null;
  const withOthers = compare && compare !== 'line' && others.length > 0;
  return entriesOf(
    one(CommandIds.openRun),
    one(CommandIds.openRunAside),
    one(CommandIds.openLog),
    one(CommandIds.revealCell),
    'line',
    ...lifeEntries(command, runs),
    'line',
    command(CommandIds.addTag),
    one(CommandIds.rename),
    one(CommandIds.describe),
    withOthers ? { ...compare, label: trans.__('Compare with Selected') } : compare,
    copies.length > 0 ? { label: trans.__('Copy'), entries: copies } : null,
    'line',
    ...keepEntries(command, runs)
  );
}

/** The menu of a heading. `runs` is what is loaded of the section. */
export function sectionEntries(studio: Studio, section: Section): MenuEntry[] {
  const { list, trans, commands } = studio;
  const experiment =
    section.kind === 'group' && list.view.by === 'experiment' ? section.value : null;
  const { by } = list.view;
  const own = (run: RunData) =>
    section.kind === 'group'
      ? groupKey(by, valueOf(by, run)) === section.key
      : section.runs.includes(run);
  const active = (section.kind === 'group' ? list.activeRuns : section.runs).filter(
    run => own(run) && isActive(run)
  );
  const compared = section.runs.slice(0, MOST_COMPARED);
  const run = (id: string, runs: readonly RunData[], label: string): MenuEntry | null =>
    commands.hasCommand(id)
      ? {
          label,
          run: () => commands.execute(id, argsOf(runs)),
          enabled: runs.length > 0 && commands.isEnabled(id, argsOf(runs))
        }
      : null;
  const table = { experiment, workspace: list.workspace };
  return entriesOf(
    experiment !== null && commands.hasCommand(CommandIds.openExperiment)
      ? {
          label: trans.__('Open as Table'),
          run: () => commands.execute(CommandIds.openExperiment, table)
        }
      : null,
    compared.length > 1
      ? run(CommandIds.compare, compared, trans.__('Compare All %1', compared.length))
      : null,
    active.length > 0
      ? run(CommandIds.cancelRun, active, trans.__('Cancel All Active (%1)…', active.length))
      : null,
    'line',
    experiment === null
      ? null
      : {
          label: trans.__('Copy as Python'),
          run: () =>
            copyText(experimentCode(list.model.status, list.workspace, experiment)).then(
              () => tell(trans.__('The code is copied.')),
              error => complain(trans.__('Nothing was copied'), error)
            )
        }
  );
}
