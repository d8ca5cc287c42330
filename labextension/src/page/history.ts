// The address bar follows what is shown, and what is shown follows the browser's Back and Forward.
import type { CommandRegistry } from '@lumino/commands';
import { addressOf, openPlace, placeAt } from './places';
import type { PageShell } from './shell';
import type { Tabs } from './tabs';

export interface Addresses {
  commands: CommandRegistry;
  shell: PageShell;
  tabs: Tabs;
  /** Path of the page, without a slash at its end. */
  root: string;
  /** The workspace that addresses need not name. */
  own: () => string | null;
}

/** Show what the address says, then keep both together. */
export async function followAddress({
  commands,
  shell,
  tabs,
  root,
  own
}: Addresses): Promise<void> {
  const address = () => addressOf(shell.place, root, own());
  const go = async () => {
    const place = placeAt(location.pathname + location.search, root, own());
    if (place) {
      await openPlace(commands, place);
    } else {
      shell.showList();
    }
  };
  let last: string | null = null;
  let isGoing = false;
  const follow = () => {
    const now = address();
    if (!isGoing && now !== last) {
      last = now;
      if (now !== location.pathname + location.search) {
        history.pushState(null, '', now);
      }
    }
  };
  const goAndNote = async () => {
    // What `go` changes is where the browser is already.
    isGoing = true;
    await go().finally(() => (isGoing = false));
    last = address();
  };
  await goAndNote();
  shell.changed.connect(follow);
  tabs.changed.connect(follow);
  window.addEventListener('popstate', () => void goAndNote());
}
