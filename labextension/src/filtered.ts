// Opens the sidebar on some of its runs, from elsewhere.
import { CommandIds } from './commandids';
import type { Studio } from './studio';

function show({ commands }: Studio, query: string): void {
  void commands.execute(CommandIds.openPanel);
  if (commands.hasCommand(CommandIds.focusSearch)) {
    void commands.execute(CommandIds.focusSearch, { query });
  }
}

export function showActive(studio: Studio): void {
  show(studio, 'status:active');
}

/** Those of the last day; from then on they count as seen. */
export function showFailures(studio: Studio): void {
  show(studio, 'status:failed ended:<1d');
  studio.attention.markSeen();
}
