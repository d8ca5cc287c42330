// A studio on a server in memory, for tests: opened runs are noted, nothing is remembered longer than the test.
import { CommandRegistry } from '@lumino/commands';
import type { RunList } from '../runlist';
import { Settings } from '../settings';
import type { Studio } from '../studio';
import { english } from '../trans';
import { labState } from '../uistate';

export function makeStudio(list: RunList, opened: string[] = []): Studio {
  return {
    model: list.model,
    list,
    commands: new CommandRegistry(),
    kernels: { interrupt: async () => undefined, restart: async () => undefined },
    state: labState(null),
    settings: new Settings(),
    trans: english,
    open: ({ run_id }) => void opened.push(run_id),
    current: () => [...list.selected],
    addCurrent: () => undefined
  };
}
