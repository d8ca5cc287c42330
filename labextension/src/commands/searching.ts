// The command that leads to the search box.
import { CommandIds } from '../commandids';
import type { Studio } from '../studio';

/** Add it; its id. */
export function addSearching({ commands, search, trans }: Studio): string[] {
  commands.addCommand(CommandIds.focusSearch, {
    label: trans.__('Search Runs'),
    caption: trans.__('Go to the search box; with a query, search for that'),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          query: { type: 'string', description: 'The search text; what is there stays without.' }
        }
      }
    },
    execute: ({ query }) => search.open(typeof query === 'string' ? query : null)
  });
  return [CommandIds.focusSearch];
}
