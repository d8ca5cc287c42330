// A studio on a server in memory, for tests: opened runs are noted, nothing is remembered longer than the test.
import { CommandRegistry } from '@lumino/commands';
import { Attention } from '../attention';
import type { RunList } from '../runlist';
import { Settings } from '../settings';
import { SavedSearches } from '../savedsearches';
import { SearchInput } from '../searchinput';
import type { Studio } from '../studio';
import { english } from '../trans';
import { labState } from '../uistate';

export function makeStudio(list: RunList, opened: string[] = []): Studio {
  const state = labState(null);
  return {
    model: list.model,
    list,
    search: new SearchInput(list, () => undefined),
    saved: new SavedSearches(state),
    commands: new CommandRegistry(),
    kernels: { interrupt: async () => undefined, restart: async () => undefined },
    settings: new Settings(),
    state,
    attention: new Attention(list.model),
    trans: english,
    open: ({ run_id }) => void opened.push(run_id),
    current: () => [...list.selected],
    addCurrent: () => undefined
  };
}
