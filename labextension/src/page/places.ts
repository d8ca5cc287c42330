// What the page can show, how each is written in the address bar, and which command opens it.
import type { CommandRegistry } from '@lumino/commands';
import type { Widget } from '@lumino/widgets';
import { CommandIds } from '../commandids';
import { CompareDocument } from '../comparedoc';
import { ExperimentDocument } from '../experimentdoc';
import { RunDocument } from '../rundoc';

/** What a tab of the page shows. Without a workspace that of the server. */
export type Place = { workspace: string | null } & (
  | { kind: 'run'; run_id: string }
  | { kind: 'experiment'; experiment: string }
  | { kind: 'compare'; run_ids: string[] }
);

const COMMANDS = {
  run: CommandIds.openRun,
  experiment: CommandIds.openExperiment,
  compare: CommandIds.compare
} as const;

/** What a tab shows; null when it cannot be named in an address. */
export function placeOf(widget: Widget | null): Place | null {
  if (widget instanceof RunDocument) {
    const { runId, workspace } = widget.source;
    return { kind: 'run', run_id: runId, workspace };
  }
  if (widget instanceof ExperimentDocument) {
    const { experiment, workspace } = widget;
    return { kind: 'experiment', experiment, workspace };
  }
  if (widget instanceof CompareDocument) {
    const { ids, givenWorkspace } = widget.compared;
    return { kind: 'compare', run_ids: [...ids], workspace: givenWorkspace };
  }
  return null;
}

/** Open the tab of a place. */
export async function openPlace(commands: CommandRegistry, place: Place): Promise<void> {
  const { kind, workspace, ...what } = place;
  await commands.execute(COMMANDS[kind], { ...what, ...(workspace === null ? {} : { workspace }) });
}

/** The address of a place below `root`, the path of the page; of the list of runs for null. */
export function addressOf(place: Place | null, root: string, own: string | null): string {
  if (!place) {
    return root;
  }
  const query = new URLSearchParams();
  const { workspace } = place;
  if (workspace !== null && workspace !== own) {
    query.set('workspace', workspace);
  }
  const search = query.toString();
  switch (place.kind) {
    case 'run':
      return withQuery(`${root}/run/${encodeURIComponent(place.run_id)}`, search);
    case 'experiment':
      return withQuery(`${root}/experiment/${encodeURIComponent(place.experiment)}`, search);
    case 'compare': {
      const ids = `ids=${place.run_ids.map(encodeURIComponent).join(',')}`;
      return withQuery(`${root}/compare`, search ? `${ids}&${search}` : ids);
    }
  }
}

function withQuery(path: string, search: string): string {
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
  const ids = searchParams.get('ids')?.split(',').filter(Boolean) ?? [];
  if (kind === 'run' && name !== '') {
    return { kind, run_id: name, workspace };
  }
  if (kind === 'experiment' && name !== '') {
    return { kind, experiment: name, workspace };
  }
  return kind === 'compare' && ids.length > 0 ? { kind, run_ids: ids, workspace } : null;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
