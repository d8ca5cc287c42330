// Name and tags of a run, changed where they stand in the table. Enter keeps, Esc leaves everything as it was.
import { JSX, KeyboardEvent, RefObject, useEffect, useRef, useState } from 'react';
import type { RunData } from '../../run';
import type { RunsModel } from '../../runs';
import { useTrans } from '../../trans';
import { CloseGlyph } from '../glyphs';
import { formKeys, useWish } from '../hooks';
import { Prose } from '../Prose';
import { parseTag } from '../TagRow';

interface EditorProps {
  run: RunData;
  model: RunsModel;
  onDone: () => void;
}

/** When the editor goes, its cell has the focus again, unless somebody has taken it elsewhere. */
function useReturn(): RefObject<HTMLSpanElement> {
  const place = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const cell = place.current?.closest<HTMLElement>('[role=rowheader], [role=gridcell]');
    return () => {
      if (document.activeElement === null || document.activeElement === document.body) {
        cell?.focus({ preventScroll: true });
      }
    };
  }, []);
  return place;
}

/** Leaving the editor keeps what is in it, as a spreadsheet does. */
function leaves(event: { currentTarget: Element; relatedTarget: EventTarget | null }): boolean {
  return !event.currentTarget.contains(event.relatedTarget as Node | null);
}

export function NameEditor({ run, model, onDone }: EditorProps): JSX.Element {
  const trans = useTrans();
  const [name, setName] = useState(run.name);
  const { error, busy, wish } = useWish();
  const place = useReturn();
  const save = async () => {
    const text = name.trim();
    const kept =
      text === run.name ||
      (await wish(async () =>
        model.publish(await model.api.updateRun(run.workspace, run.run_id, { name: text }))
      ));
    if (kept) {
      onDone();
    }
  };
  return (
    <span
      className="jp-jr-cell-editor"
      onBlur={event => leaves(event) && !busy && error === null && void save()}
      onKeyDown={formKeys(() => void save(), onDone)}
      ref={place}
    >
      <input
        aria-invalid={error !== null}
        aria-label={trans.__('Name of %1', run.name)}
        autoFocus
        className="jp-jr-input"
        maxLength={256}
        onChange={event => setName(event.target.value)}
        onFocus={event => event.target.select()}
        value={name}
      />
      <Problem text={error} />
    </span>
  );
}

function Problem({ text }: { text: string | null }): JSX.Element | null {
  return text === null ? null : (
    <span className="jp-jr-problem" role="alert">
      <Prose text={text} />
    </span>
  );
}

type Tags = Record<string, string | null>;

/** What has to be set and removed to get from one to the other. */
export function tagChanges(old: Tags, now: Tags): { set: Tags; remove: string[] } {
  const set = Object.entries(now).filter(([key, value]) => !(key in old) || old[key] !== value);
  return {
    set: Object.fromEntries(set),
    remove: Object.keys(old).filter(key => !(key in now))
  };
}

function useTags({ run, model, onDone }: EditorProps) {
  const trans = useTrans();
  const [tags, setTags] = useState<Tags>(run.tags);
  const [text, setText] = useState('');
  const { error, busy, wish } = useWish();
  const withText = (): Tags => {
    const tag = parseTag(text);
    if (!tag && text.trim() !== '') {
      throw new Error(trans.__('A tag needs a name: `key` or `key=value`.'));
    }
    return tag ? { ...tags, [tag.key]: tag.value } : tags;
  };
  const add = () =>
    wish(async () => {
      setTags(withText());
      setText('');
    });
  const save = async () => {
    const kept = await wish(async () => {
      const { set, remove } = tagChanges(run.tags, withText());
      if (Object.keys(set).length > 0 || remove.length > 0) {
        model.publish(await model.api.updateTags(run.workspace, run.run_id, set, remove));
      }
    });
    if (kept) {
      onDone();
    }
  };
  return { tags, setTags, text, setText, error, busy, add, save };
}

export function TagsEditor(props: EditorProps): JSX.Element {
  const { run, onDone } = props;
  const trans = useTrans();
  const { tags, setTags, text, setText, error, busy, add, save } = useTags(props);
  const place = useReturn();
  const remove = (key: string) =>
    setTags(Object.fromEntries(Object.entries(tags).filter(([other]) => other !== key)));
  const onKeyDown = (event: KeyboardEvent) => {
    const last = Object.keys(tags).pop();
    const inInput = (event.target as HTMLElement).tagName === 'INPUT';
    if (event.key === 'Backspace' && inInput && text === '' && last !== undefined) {
      remove(last);
    } else {
      formKeys(() => void (text === '' ? save() : add()), onDone)(event);
    }
    event.stopPropagation();
  };
  return (
    <span
      aria-label={trans.__('Tags of %1', run.name)}
      className="jp-jr-cell-editor"
      onBlur={event => leaves(event) && !busy && error === null && void save()}
      onKeyDown={onKeyDown}
      ref={place}
      role="group"
    >
      {Object.entries(tags).map(([key, value]) => (
        <span className="jp-jr-tag" key={key}>
          <span className="jp-jr-clip">{value === null ? key : `${key}: ${value}`}</span>
          <button
            aria-label={trans.__('Remove tag %1', key)}
            className="jp-jr-chip-button"
            onClick={() => remove(key)}
          >
            <CloseGlyph />
          </button>
        </span>
      ))}
      <input
        aria-invalid={error !== null}
        aria-label={trans.__('New tag')}
        autoFocus
        className="jp-jr-input"
        onChange={event => setText(event.target.value)}
        placeholder={trans.__('key or key=value')}
        value={text}
      />
      <button className="jp-jr-button" disabled={busy} onClick={() => void save()}>
        {trans.__('Save')}
      </button>
      <Problem text={error} />
    </span>
  );
}
