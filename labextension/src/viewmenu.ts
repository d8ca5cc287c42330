// The menu that says how the sidebar lists: groups, order, density, archived runs.
import type { GroupBy, ListView } from './grouping';
import { tagOf } from './grouping';
import type { MenuEntry } from './menus';
import type { RunList } from './runlist';
import { quoted } from './searchtext';
import type { Translate } from './tokens';

/** Keys of tags and names of metrics that runs have, the most frequent first. */
export interface Offers {
  tags: string[];
  metrics: string[];
}

/** What can be grouped and sorted by; nothing of it while the server is away. */
export async function offersOf(list: RunList): Promise<Offers> {
  const ask = async (field: string) => {
    const found = await list.model.api.suggest(list.workspace, `${field}:`).catch(() => []);
    return found.map(({ text }) => text.slice(field.length + 1).replace(/"/g, ''));
  };
  const [tags, metrics] = await Promise.all([ask('tag'), ask('metric')]);
  return { tags, metrics };
}

export function viewEntries(
  list: RunList,
  { tags, metrics }: Offers,
  trans: Translate
): MenuEntry[] {
  const { view } = list;
  const set = (label: string, change: Partial<ListView>): MenuEntry => ({
    label,
    run: () => list.setView(change),
    checked: Object.entries(change).every(([name, value]) => view[name as keyof ListView] === value)
  });
  const by = (label: string, value: GroupBy) => set(label, { by: value });
  const chosen = tagOf(view.by);
  const keys = chosen === '' || tags.includes(chosen) ? tags : [chosen, ...tags];
  const byTag = keys.map(key => by(key, `tag:${key}`));
  const byMetric = metrics.flatMap(name => [
    set(trans.__('%1, largest first', name), { sort: `-metric:${quoted(name)}` }),
    set(trans.__('%1, smallest first', name), { sort: `metric:${quoted(name)}` })
  ]);
  const submenu = (label: string, entries: MenuEntry[]): MenuEntry[] =>
    entries.length > 0 ? [{ label, entries }] : [];
  return [
    {
      label: trans.__('Group by'),
      entries: [
        by(trans.__('Experiment'), 'experiment'),
        by(trans.__('Notebook'), 'notebook'),
        by(trans.__('Status'), 'status'),
        ...submenu(trans.__('Tag'), byTag),
        by(trans.__('Nothing'), 'none')
      ]
    },
    {
      label: trans.__('Sort by'),
      entries: [
        set(trans.__('Newest First'), { sort: '' }),
        set(trans.__('Name'), { sort: 'name' }),
        set(trans.__('Longest First'), { sort: '-dur' }),
        ...submenu(trans.__('Metric'), byMetric)
      ]
    },
    'line',
    set(trans.__('Comfortable Rows'), { compact: false }),
    set(trans.__('Compact Rows'), { compact: true }),
    'line',
    {
      label: trans.__('Show Archived Runs'),
      run: () => list.setView({ archived: !view.archived }),
      checked: view.archived
    },
    'line',
    { label: trans.__('Refresh'), run: () => list.model.refresh() }
  ];
}
