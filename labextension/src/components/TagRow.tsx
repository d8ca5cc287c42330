// Tags, which come and go, and properties and parameters, which stay: chips in one row that wraps.
import { JSX, useId, useState } from 'react';
import { sortProperties } from '../recorded';
import type { RunData } from '../run';
import type { RunSource } from '../tokens';
import { useTrans } from '../trans';
import { CloseGlyph, LockGlyph } from './glyphs';
import { formKeys, useWish, Wish } from './hooks';
import { Prose } from './Prose';
import { TagChip } from './TagChip';
import { GitChip, RecordedButton, RecordedList } from './Recorded';

/** `quality=fantastic run` → that tag; `key` alone → a plain tag. Null for an empty key. */
export function parseTag(text: string): { key: string; value: string | null } | null {
  const at = text.indexOf('=');
  const key = (at < 0 ? text : text.slice(0, at)).trim();
  if (key === '') {
    return null;
  }
  return { key, value: at < 0 ? null : text.slice(at + 1).trim() };
}

function AddTag({ source }: { source: RunSource }): JSX.Element {
  const trans = useTrans();
  const [{ open, focus }, setState] = useState({ open: false, focus: false });
  return open ? (
    <TagForm onClose={byKey => setState({ open: false, focus: byKey })} source={source} />
  ) : (
    <button
      aria-label={trans.__('Add tag')}
      autoFocus={focus}
      className="jp-jr-tag jp-jr-add"
      onClick={() => setState({ open: true, focus })}
    >
      {trans.__('+ add tag')}
    </button>
  );
}

function TagForm(props: { source: RunSource; onClose: (byKey: boolean) => void }): JSX.Element {
  const trans = useTrans();
  const { source, onClose } = props;
  const [text, setText] = useState('');
  const { error, busy, wish } = useWish();
  const submit = async () => {
    const added = await wish(async () => {
      const tag = parseTag(text);
      if (!tag) {
        throw new Error(trans.__('A tag needs a name: `key` or `key=value`.'));
      }
      await source.setTags({ [tag.key]: tag.value });
    });
    if (added) {
      setText('');
    }
  };
  const onKeyDown = formKeys(
    () => void submit(),
    () => onClose(true)
  );
  return (
    <span className="jp-jr-add-form">
      <input
        aria-invalid={error !== null}
        aria-label={trans.__('New tag')}
        autoFocus
        className="jp-jr-input"
        onBlur={() => text === '' && onClose(false)}
        onChange={event => setText(event.target.value)}
        onKeyDown={onKeyDown}
        placeholder={trans.__('key or key=value')}
        readOnly={busy}
        value={text}
      />
      {error && (
        <span className="jp-jr-problem" role="alert">
          <Prose text={error} />
        </span>
      )}
    </span>
  );
}

function Tags({ run, source, wish }: RowProps): JSX.Element | null {
  const trans = useTrans();
  const editable = !source.state.readOnly;
  if (!editable && Object.keys(run.tags).length === 0) {
    return null;
  }
  return (
    <span className="jp-jr-group">
      <span className="jp-jr-muted">{trans.__('Tags')}</span>
      {Object.entries(run.tags).map(([key, value]) => (
        <TagChip key={key} name={key} search={source.search} value={value}>
          {editable && (
            <button
              aria-label={trans.__('Remove tag %1', key)}
              className="jp-jr-chip-button"
              onClick={() => void wish(() => source.removeTag(key))}
            >
              <CloseGlyph />
            </button>
          )}
        </TagChip>
      ))}
      {editable && <AddTag source={source} />}
    </span>
  );
}

function Fixed(props: {
  label: string;
  entries: Record<string, string>;
  hint: string;
  lock?: boolean;
}): JSX.Element | null {
  const entries = Object.entries(props.entries);
  const [all, setAll] = useState(false);
  const trans = useTrans();
  if (entries.length === 0) {
    return null;
  }
  const shown = all ? entries : entries.slice(0, 8);
  return (
    <span className="jp-jr-group">
      <span className="jp-jr-muted" title={props.hint}>
        {props.label}
        {props.lock && <LockGlyph />}
      </span>
      {shown.map(([key, value]) => (
        <span
          className="jp-jr-tag jp-jr-square"
          key={key}
          title={`${key}: ${value}\n${props.hint}`}
        >
          <span className="jp-jr-clip">
            {key}: {value}
          </span>
        </span>
      ))}
      {entries.length > shown.length && (
        <button className="jp-jr-link" onClick={() => setAll(true)}>
          {trans.__('+%1 more', entries.length - shown.length)}
        </button>
      )}
    </span>
  );
}

interface RowProps {
  run: RunData;
  source: RunSource;
  wish: Wish;
}

export function TagRow(props: RowProps): JSX.Element {
  const trans = useTrans();
  const { run } = props;
  const listId = useId();
  const [open, setOpen] = useState(false);
  const { own, recorded, git } = sortProperties(run.properties, trans);
  return (
    <div className="jp-jr-tags">
      <Tags {...props} />
      <Fixed
        entries={run.params}
        hint={trans.__('Parameters are set once')}
        label={trans.__('Params')}
      />
      <Fixed
        entries={own}
        hint={trans.__('Properties are permanent')}
        label={trans.__('Properties')}
        lock
      />
      {recorded.length > 0 && (
        <span className="jp-jr-group">
          {git && <GitChip git={git} />}
          <RecordedButton
            count={recorded.length}
            listId={listId}
            onToggle={() => setOpen(!open)}
            open={open}
          />
        </span>
      )}
      {open && recorded.length > 0 && <RecordedList id={listId} rows={recorded} />}
    </div>
  );
}
