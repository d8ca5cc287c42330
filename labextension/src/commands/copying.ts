// Commands that put something about runs into the clipboard.
import { CommandIds } from '../commandids';
import type { RunData } from '../run';
import { copyText } from '../save';
import { runsCode, shellCode } from '../snippets';
import type { Studio } from '../studio';
import { tell } from './telling';
import { addVerb } from './verbs';

export function addCopying(studio: Studio): string[] {
  const { trans } = studio;
  const trouble = trans.__('Nothing was copied');
  const fits = () => true;
  const copy = (text: (runs: RunData[]) => string, told: string) => async (runs: RunData[]) => {
    await copyText(text(runs));
    tell(told);
  };
  addVerb(studio, {
    id: CommandIds.copyId,
    label: n => trans._n('Copy ID', 'Copy %1 IDs', Math.max(1, n)),
    caption: trans.__('Copy the id of the run'),
    trouble,
    fits,
    execute: copy(runs => runs.map(run => run.run_id).join('\n'), trans.__('The id is copied.'))
  });
  addVerb(studio, {
    id: CommandIds.copyPython,
    label: () => trans.__('Copy as Python'),
    caption: trans.__('Copy code that gets the run in a notebook'),
    trouble,
    fits,
    execute: copy(runs => runsCode(studio.model.status, runs), trans.__('The code is copied.'))
  });
  addVerb(studio, {
    id: CommandIds.copyCli,
    label: () => trans.__('Copy as Shell Command'),
    caption: trans.__('Copy a command that shows the run in a terminal'),
    trouble,
    fits,
    execute: copy(runs => shellCode(studio.model.status, runs), trans.__('The command is copied.'))
  });
  return [CommandIds.copyId, CommandIds.copyPython, CommandIds.copyCli];
}
