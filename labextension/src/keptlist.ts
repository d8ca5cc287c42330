// What the sidebar remembers over reloads: how it lists, what is searched for, what is unfolded.
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';
import { ListView, viewFrom } from './grouping';
import type { RunList } from './runlist';
import { DEFAULTS, Settings } from './settings';
import type { UiState } from './uistate';

const NAME = 'sidebar';
const PAUSE = 300;
/** Of the newest only: a workspace of JupyterLab is read as a whole. */
const MANY = 300;

type Kept = Partial<
  Record<'view' | 'query' | 'workspace' | 'opened' | 'branches' | 'settings', unknown>
>;

/** What the settings say of the view. */
function viewOf({ groupBy, density }: Settings['composite']): Pick<ListView, 'by' | 'compact'> {
  return { by: viewFrom({ by: groupBy }).by, compact: density === 'compact' };
}

type Seen = ReturnType<typeof viewOf>;

/** Follow a setting when it changes; what was chosen since in the menu of the view holds until then. */
function followSettings(list: RunList, settings: Settings, seen: Seen): () => Seen {
  const follow = () => {
    const now = viewOf(settings.composite);
    const by = now.by === seen.by ? {} : { by: now.by };
    const compact = now.compact === seen.compact ? {} : { compact: now.compact };
    seen = now;
    if ('by' in by || 'compact' in compact) {
      list.setView({ ...by, ...compact });
    }
  };
  // Before they are loaded they are the defaults, which say nothing.
  const now = viewOf(settings.composite);
  const { by, compact } = viewOf(DEFAULTS);
  if (now.by !== by || now.compact !== compact) {
    follow();
  }
  settings.changed.connect(follow);
  return () => seen;
}

function keptOf(list: RunList, settings: Seen): ReadonlyPartialJSONValue {
  return {
    settings,
    view: { ...list.view },
    query: list.query,
    workspace: list.chosenWorkspace,
    opened: [...list.opened].slice(-MANY),
    branches: [...list.branches.open].slice(-MANY)
  };
}

function put(list: RunList, kept: Kept): void {
  const { view, query, workspace, opened, branches } = kept;
  list.restore({
    view: viewFrom(view),
    query: typeof query === 'string' ? query : '',
    workspace: typeof workspace === 'string' ? workspace : null
  });
  if (Array.isArray(opened)) {
    (opened as [string, boolean][]).forEach(([key, open]) => list.opened.set(key, open === true));
  }
  if (Array.isArray(branches)) {
    list.branches.reopen(branches.filter(id => typeof id === 'string'));
  }
}

/** Restore the list as it was left, then remember it as it changes. To be called before the list starts. */
export async function keepList(list: RunList, state: UiState, settings: Settings): Promise<void> {
  const kept = ((await state.get(NAME)) ?? {}) as Kept;
  put(list, kept);
  const { by, compact } = viewFrom(kept.settings);
  const settingsSeen = followSettings(list, settings, { by, compact });
  let last = JSON.stringify(keptOf(list, settingsSeen()));
  let timer: ReturnType<typeof setTimeout> | null = null;
  const save = () => {
    timer = null;
    const now = keptOf(list, settingsSeen());
    const text = JSON.stringify(now);
    if (text !== last && !list.isDisposed) {
      last = text;
      state.set(NAME, now);
    }
  };
  const later = () => (timer ??= setTimeout(save, PAUSE));
  list.changed.connect(later);
  list.branches.changed.connect(later);
}
