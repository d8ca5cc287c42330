// The commands that need nothing but the studio: what each is called, when it can be used, and which wish it leads to.
import { CommandIds } from './commandids';
import { addCopying } from './commands/copying';
import { addEditing } from './commands/editing';
import { addEnding } from './commands/ending';
import { addKeeping } from './commands/keeping';
import { addSearching } from './commands/searching';
import { NO_ARGS } from './commands/target';
import type { Studio } from './studio';

export { RUN_ARGS, textArg } from './commands/target';

/** Add the commands; their ids, in the order of the palette. */
export function addCommands(studio: Studio): string[] {
  const { commands, list, trans } = studio;
  commands.addCommand(CommandIds.refresh, {
    label: trans.__('Refresh Runs'),
    caption: trans.__('Ask the server again'),
    describedBy: { args: NO_ARGS },
    execute: () => list.model.refresh()
  });
  return [
    ...addEnding(studio),
    ...addEditing(studio),
    ...addKeeping(studio),
    ...addCopying(studio),
    ...addSearching(studio),
    CommandIds.refresh
  ];
}
