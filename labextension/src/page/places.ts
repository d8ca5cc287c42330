// What the page can show, and how each is written in the address bar.

/** What a tab of the page shows. Without a workspace that of the server. */
export interface RunPlace {
  kind: 'run';
  run_id: string;
  workspace: string | null;
}

export type Place = RunPlace;

/** The address of a place below `root`, the path of the page; of the list of runs for null. */
export function addressOf(place: Place | null, root: string, own: string | null): string {
  if (!place) {
    return root;
  }
  const { run_id: id, workspace } = place;
  const query =
    workspace === null || workspace === own ? '' : `?${new URLSearchParams({ workspace })}`;
  return `${root}/run/${encodeURIComponent(id)}${query}`;
}

/** The place that an address names; null for the list of runs, and for what is no address of ours. */
export function placeOf(address: string, root: string, own: string | null): Place | null {
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
