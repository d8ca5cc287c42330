// The address bar follows what is shown, and what is shown follows the browser's Back and Forward.
import type { Frame } from './frame';
import { addressOf, placeOf } from './places';
import type { Tabs } from './tabs';

export interface Addresses {
  /** Path of the page, without a slash at its end. */
  root: string;
  /** The workspace that addresses need not name. */
  own: () => string | null;
}

export function followAddress(frame: Frame, tabs: Tabs, { root, own }: Addresses): void {
  const address = () => addressOf(frame.place, root, own());
  const there = () => placeOf(location.pathname + location.search, root, own());
  const go = () => {
    const place = there();
    if (place) {
      frame.open(place);
    } else {
      frame.showList();
    }
  };
  go();
  let last = address();
  const follow = () => {
    const now = address();
    if (now !== last) {
      last = now;
      if (now !== location.pathname + location.search) {
        history.pushState(null, '', now);
      }
    }
  };
  frame.changed.connect(follow);
  tabs.changed.connect(follow);
  window.addEventListener('popstate', () => {
    // What `go` changes is where the browser is already.
    last = addressOf(there(), root, own());
    go();
    last = address();
  });
}
