// Commands that change what is written about a run: its name, description and tags; and the one that runs it once more.
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { CommandIds } from '../commandids';
import { parseTag } from '../components/TagRow';
import { scriptOf } from '../recorded';
import type { RunData } from '../run';
import type { Studio } from '../studio';
import { fill, LongField } from './dialogs';
import { doToAll } from './many';
import { Offer, searchFor, tagField, tagOf } from './TagField';
import { textArg } from './target';
import { tell, tellWithUndo } from './telling';
import { addVerb } from './verbs';

type Tags = Record<string, string | null>;

async function rename(
  studio: Studio,
  run: RunData,
  args: ReadonlyPartialJSONObject
): Promise<void> {
  const { trans, model } = studio;
  const take = async (text: string) => {
    const name = text.trim();
    if (name === '') {
      throw new Error(trans.__('A run needs a name.'));
    }
    if (name !== run.name) {
      model.publish(await model.api.updateRun(run.workspace, run.run_id, { name }));
    }
  };
  const given = textArg(args, 'name');
  if (given !== null) {
    return take(given);
  }
  const title = trans.__('Rename %1', run.name);
  await fill(
    { title, label: trans.__('Name'), value: run.name, ok: trans.__('Rename'), trans },
    take
  );
}

async function describe(studio: Studio, run: RunData): Promise<void> {
  const { trans, model } = studio;
  const form = {
    title: trans.__('Description of %1', run.name),
    label: trans.__('Description'),
    value: run.description ?? '',
    ok: trans.__('Save'),
    field: LongField,
    trans
  };
  await fill(form, async text => {
    const description = text.trim() || null;
    if (description !== run.description) {
      model.publish(await model.api.updateRun(run.workspace, run.run_id, { description }));
    }
  });
}

function editTags(
  studio: Studio,
  runs: readonly RunData[],
  set: Tags,
  gone: string[]
): Promise<RunData[]> {
  const { trans } = studio;
  return doToAll(studio, runs, {
    action: 'tag',
    progress: trans._n('Tagging %1 run', 'Tagging %1 runs', runs.length),
    trouble: n => trans._n('%1 run could not be tagged', '%1 runs could not be tagged', n),
    ...(Object.keys(set).length > 0 ? { set } : {}),
    ...(gone.length > 0 ? { remove: gone } : {})
  });
}

async function knownTags(studio: Studio, workspace: string | null, text: string): Promise<Offer[]> {
  const found = await studio.model.api.suggest(workspace, searchFor(text));
  return found.flatMap(({ text: term, count }) => {
    const tag = tagOf(term);
    return tag === null ? [] : [{ text: tag, count }];
  });
}

async function addTag(
  studio: Studio,
  runs: RunData[],
  args: ReadonlyPartialJSONObject
): Promise<void> {
  const { trans } = studio;
  const take = async (text: string) => {
    const tag = parseTag(text);
    if (!tag) {
      throw new Error(trans.__('A tag needs a name: `key` or `key=value`.'));
    }
    await editTags(studio, runs, { [tag.key]: tag.value }, []);
  };
  const given = textArg(args, 'tag');
  if (given !== null) {
    return take(given);
  }
  const form = {
    title: trans._n('Add a tag to %2', 'Add a tag to %1 runs', runs.length, runs[0]?.name ?? ''),
    label: trans.__('Tag (key or key=value)'),
    value: '',
    ok: trans.__('Add'),
    field: tagField(text => knownTags(studio, runs[0]?.workspace ?? null, text)),
    trans
  };
  await fill(form, take);
}

/** Put the tag back where it was, each with its own value. */
async function putBack(studio: Studio, runs: readonly RunData[], key: string): Promise<void> {
  const groups = new Map<string | null, RunData[]>();
  for (const run of runs) {
    const value = run.tags[key] ?? null;
    groups.set(value, [...(groups.get(value) ?? []), run]);
  }
  for (const [value, group] of groups) {
    await editTags(studio, group, { [key]: value }, []);
  }
}

async function removeTag(
  studio: Studio,
  runs: RunData[],
  args: ReadonlyPartialJSONObject
): Promise<void> {
  const { trans } = studio;
  const keys = [...new Set(runs.flatMap(run => Object.keys(run.tags)))].sort();
  const take = async (text: string) => {
    const key = text.trim();
    const tagged = runs.filter(run => key in run.tags);
    if (tagged.length === 0) {
      throw new Error(trans.__('No tag `%1` here. There are: %2.', key, keys.join(', ')));
    }
    const done = await editTags(studio, tagged, {}, [key]);
    if (done.length > 0) {
      const text = trans._n('Tag %2 is off.', 'Tag %2 is off %1 runs.', done.length, key);
      tellWithUndo(text, trans.__('Undo'), () => putBack(studio, done, key));
    }
  };
  const [only] = keys;
  const given = textArg(args, 'key') ?? (keys.length === 1 && only !== undefined ? only : null);
  if (given !== null) {
    return take(given);
  }
  const offers = keys.map(key => ({
    text: key,
    count: runs.filter(run => key in run.tags).length
  }));
  const form = {
    title: trans._n(
      'Remove a tag of %2',
      'Remove a tag of %1 runs',
      runs.length,
      runs[0]?.name ?? ''
    ),
    label: trans.__('Tag'),
    value: '',
    ok: trans.__('Remove'),
    field: tagField(async text => offers.filter(one => one.text.includes(text))),
    trans
  };
  await fill(form, take);
}

async function resubmit(studio: Studio, run: RunData): Promise<string> {
  const { model, trans } = studio;
  const { note, ...fresh } = await model.api.resubmit(run.workspace, run.run_id);
  model.publish(fresh);
  studio.open(fresh);
  tell(`${trans.__('%1 runs once more.', run.name)} ${note}`);
  return fresh.run_id;
}

const isThere = (run: RunData): boolean => run.deleted_at === null;

export function addEditing(studio: Studio): string[] {
  const { trans } = studio;
  addVerb(studio, {
    id: CommandIds.resubmit,
    label: () => trans.__('Resubmit Run'),
    caption: trans.__('Run its script once more, from the source as it was'),
    trouble: trans.__('The run could not be submitted again'),
    fits: run => scriptOf(run) !== null,
    single: true,
    execute: ([run]) => (run ? resubmit(studio, run) : Promise.resolve())
  });
  addVerb(studio, {
    id: CommandIds.rename,
    label: () => trans.__('Rename Run…'),
    caption: trans.__('Give the run another name'),
    trouble: trans.__('The run could not be renamed'),
    fits: isThere,
    single: true,
    args: { name: { type: 'string', description: 'The name; without it a dialog asks.' } },
    execute: ([run], args) => (run ? rename(studio, run, args) : Promise.resolve())
  });
  addVerb(studio, {
    id: CommandIds.describe,
    label: () => trans.__('Edit Description…'),
    caption: trans.__('Write what the run is about'),
    trouble: trans.__('The run could not be described'),
    fits: isThere,
    single: true,
    execute: ([run]) => (run ? describe(studio, run) : Promise.resolve())
  });
  addTagVerbs(studio);
  return [
    CommandIds.resubmit,
    CommandIds.rename,
    CommandIds.describe,
    CommandIds.addTag,
    CommandIds.removeTag
  ];
}

function addTagVerbs(studio: Studio): void {
  const { trans } = studio;
  addVerb(studio, {
    id: CommandIds.addTag,
    label: n => trans._n('Add Tag…', 'Add Tag to %1 Runs…', Math.max(1, n)),
    caption: trans.__('Mark runs, so that a search finds them'),
    trouble: trans.__('The run could not be tagged'),
    fits: isThere,
    args: {
      tag: { type: 'string', description: '`key` or `key=value`; without it a dialog asks.' }
    },
    execute: (runs, args) => addTag(studio, runs, args)
  });
  addVerb(studio, {
    id: CommandIds.removeTag,
    label: n => trans._n('Remove Tag…', 'Remove Tag of %1 Runs…', Math.max(1, n)),
    caption: trans.__('Take a tag off'),
    trouble: trans.__('The tag could not be removed'),
    fits: run => isThere(run) && Object.keys(run.tags).length > 0,
    args: { key: { type: 'string', description: 'The tag; without it a dialog asks.' } },
    execute: (runs, args) => removeTag(studio, runs, args)
  });
}
