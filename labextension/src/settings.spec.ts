import { Signal } from '@lumino/signaling';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CommandIds } from './commandids';
import { DEFAULTS, Settings, SettingsStore } from './settings';

const schema = JSON.parse(readFileSync('labextension/schema/plugin.json', 'utf8'));

function storeOf(composite: object): SettingsStore & { composite: object } {
  const changed = new Signal<unknown, void>({});
  const store: SettingsStore & { composite: object } = {
    composite,
    changed,
    set: async (name, value) => {
      store.composite = { ...store.composite, [name]: value };
      changed.emit();
    }
  };
  return store;
}

it('the schema and the code have the same defaults', () => {
  const inSchema = Object.entries<{ default: unknown }>(schema.properties);
  expect(Object.fromEntries(inSchema.map(([name, one]) => [name, one.default]))).toEqual(DEFAULTS);
});

it('a store overrides the defaults, part by part, and tells of changes', async () => {
  const settings = new Settings(Promise.resolve(storeOf({ notifications: { after: 5 } })));
  let told = 0;
  settings.changed.connect(() => (told += 1));
  await settings.ready;
  expect(settings.composite).toEqual({ ...DEFAULTS, notifications: { mode: 'default', after: 5 } });
  await settings.set('confirmCancel', false);
  expect(settings.composite.confirmCancel).toBe(false);
  expect(told).toBe(2);
});

it('without a store a choice lasts as long as the page', async () => {
  const settings = new Settings();
  await settings.set('density', 'compact');
  expect(settings.composite.density).toBe('compact');
});

it('a store that cannot be read leaves the defaults', async () => {
  const settings = new Settings(Promise.reject(new Error('404')));
  await settings.ready;
  expect(settings.composite).toBe(DEFAULTS);
});

interface Entry {
  command?: string;
  items?: Entry[];
  submenu?: Entry;
}

function commandsOf(entries: Entry[]): string[] {
  return entries.flatMap(({ command, items = [], submenu }) => [
    ...(command === undefined ? [] : [command]),
    ...commandsOf(items),
    ...(submenu ? commandsOf([submenu]) : [])
  ]);
}

it('shortcuts and menus name commands of ours', () => {
  const named = [
    ...commandsOf(schema['jupyter.lab.shortcuts']),
    ...commandsOf(schema['jupyter.lab.menus'].main)
  ];
  const known: string[] = Object.values(CommandIds);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter(id => !known.includes(id))).toEqual([]);
});
