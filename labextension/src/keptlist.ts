// What the sidebar remembers over reloads: how it lists, what is searched for, what is unfolded.
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';
import { viewFrom } from './grouping';
import type { RunList } from './runlist';
import type { UiState } from './uistate';

const NAME = 'sidebar';
const PAUSE = 300;
/** Of the newest only: a workspace of JupyterLab is read as a whole. */
const MANY = 300;

type Kept = Partial<Record<'view' | 'query' | 'workspace' | 'opened' | 'branches', unknown>>;

function keptOf(list: RunList): ReadonlyPartialJSONValue {
  return {
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
export async function keepList(list: RunList, state: UiState): Promise<void> {
  const kept = await state.get(NAME);
  if (kept && typeof kept === 'object') {
    put(list, kept as Kept);
  }
  let last = JSON.stringify(keptOf(list));
  let timer: ReturnType<typeof setTimeout> | null = null;
  const save = () => {
    timer = null;
    const now = keptOf(list);
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
