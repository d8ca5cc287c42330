// What the page can show, how each is written in the address bar, and which command opens it.
import type { CommandRegistry } from '@lumino/commands';
import type { Widget } from '@lumino/widgets';
import { CommandIds } from '../commandids';
import { RunDocument } from '../rundoc';

/** What a tab of the page shows. Without a workspace that of the server. */
export type Place = { workspace: string | null } & { kind: 'run'; run_id: string };

/** What a tab shows; null when it cannot be named in an address. */
export function placeOf(widget: Widget | null): Place | null {
  if (widget instanceof RunDocument) {
    const { runId, workspace } = widget.source;
    return { kind: 'run', run_id: runId, workspace };
  }
  return null;
}

/** Open the tab of a place. */
export async function openPlace(commands: CommandRegistry, place: Place): Promise<void> {
  const { kind, workspace, ...what } = place;
  const id = { run: CommandIds.openRun }[kind];
  await commands.execute(id, { ...what, ...(workspace === null ? {} : { workspace }) });
}

/** The address of a place below `root`, the path of the page; of the list of runs for null. */
export function addressOf(place: Place | null, root: string, own: string | null): string {
  if (!place) {
    return root;
  }
  const { workspace } = place;
  const query = new URLSearchParams();
  if (workspace !== null && workspace !== own) {
    query.set('workspace', workspace);
  }
  const path = `${root}/run/${encodeURIComponent(place.run_id)}`;
  const search = query.toString();
  return search ? `${path}?${search}` : path;
}

/** The place that an address names; null for the list of runs, and for what is no address of ours. */
export function placeAt(address: string, root: string, own: string | null): Place | null {
  const { pathname, searchParams } = new URL(address, 'http://page');
  if (!pathname.startsWith(`${root}/`)) {
    return null;
  }
  const [kind, ...rest] = pathname
    .slice(root.length + 1)
    .split('/')
    .map(decode);
  const workspace = searchParams.get('workspace') ?? own;
  const name = rest.join('/');
  return kind === 'run' && name !== '' ? { kind, run_id: name, workspace } : null;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
