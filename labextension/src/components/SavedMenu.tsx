// Searches kept under a name: the star beside the search box, and what opens below it.
import { JSX, KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { SavedSearch } from '../savedsearches';
import type { Studio } from '../studio';
import { useTrans } from '../trans';
import { CloseGlyph, EditGlyph, PinGlyph, StarGlyph, StarredGlyph } from './glyphs';
import { formKeys, useSignal } from './hooks';
import { IconButton } from './LogTools';

interface NameFormProps {
  label: string;
  name: string;
  onSave: (name: string) => void;
  onClose: () => void;
}

function NameForm({ label, name, onSave, onClose }: NameFormProps): JSX.Element {
  const trans = useTrans();
  const [text, setText] = useState(name);
  const save = () => onSave(text);
  return (
    <div className="jp-jr-saved-form" onKeyDown={formKeys(save, onClose)}>
      <input
        aria-label={label}
        autoFocus
        className="jp-jr-input"
        maxLength={100}
        onChange={event => setText(event.target.value)}
        onFocus={event => event.target.select()}
        value={text}
      />
      <button className="jp-jr-button" onClick={save}>
        {trans.__('Save')}
      </button>
    </div>
  );
}

interface RowProps {
  studio: Studio;
  one: SavedSearch;
  onOpen: () => void;
  onRemove: () => void;
}

function SavedRow({ studio, one, onOpen, onRemove }: RowProps): JSX.Element {
  const trans = useTrans();
  const { saved, search } = studio;
  const [renaming, setRenaming] = useState(false);
  if (renaming) {
    const onSave = (name: string) => {
      saved.rename(one.id, name);
      setRenaming(false);
    };
    return (
      <NameForm
        label={trans.__('New name of %1', one.name)}
        name={one.name}
        onClose={() => setRenaming(false)}
        onSave={onSave}
      />
    );
  }
  const pin = one.pinned
    ? trans.__('No longer show %1 as a section', one.name)
    : trans.__('Show %1 as a section', one.name);
  return (
    <>
      <button
        aria-current={one.query === search.text.trim()}
        className="jp-jr-saved-open"
        onClick={onOpen}
        title={one.query}
      >
        <span className="jp-jr-clip">{one.name}</span>
      </button>
      <IconButton label={pin} onClick={() => saved.pin(one.id, !one.pinned)} pressed={one.pinned}>
        <PinGlyph />
      </IconButton>
      <IconButton label={trans.__('Rename %1', one.name)} onClick={() => setRenaming(true)}>
        <EditGlyph />
      </IconButton>
      <IconButton label={trans.__('Delete %1', one.name)} onClick={onRemove}>
        <CloseGlyph />
      </IconButton>
    </>
  );
}

/** The last one that was deleted can be had back as long as the list is open. */
function SavedList({ studio, close }: { studio: Studio; close: () => void }): JSX.Element {
  const trans = useTrans();
  const { saved, search } = studio;
  const [gone, setGone] = useState<{ name: string; undo: () => void } | null>(null);
  return (
    <>
      <ul className="jp-jr-saved-list">
        {saved.all.map(one => (
          <li className="jp-jr-saved-row" key={one.id}>
            <SavedRow
              one={one}
              onOpen={() => {
                close();
                search.open(one.query);
              }}
              onRemove={() => setGone({ name: one.name, undo: saved.remove(one.id) })}
              studio={studio}
            />
          </li>
        ))}
      </ul>
      {gone && (
        <div className="jp-jr-saved-row" role="status">
          <span className="jp-jr-saved-note">{trans.__('Deleted: %1', gone.name)}</span>
          <button
            autoFocus
            className="jp-jr-button"
            onClick={() => {
              gone.undo();
              setGone(null);
            }}
          >
            {trans.__('Undo')}
          </button>
        </div>
      )}
    </>
  );
}

function Popup({ studio, close }: { studio: Studio; close: () => void }): JSX.Element {
  const trans = useTrans();
  const { saved, search } = studio;
  const text = search.text.trim();
  const unsaved = text !== '' && saved.find(text) === null;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      close();
    }
  };
  return (
    <div
      aria-label={trans.__('Saved searches')}
      className="jp-jr-saved"
      onKeyDown={onKeyDown}
      role="dialog"
    >
      {unsaved && (
        <NameForm
          label={trans.__('Name of the search')}
          name={text}
          onClose={close}
          onSave={name => void saved.save(name, text)}
        />
      )}
      {saved.all.length === 0 && !unsaved && (
        <p className="jp-jr-saved-note">
          {trans.__('Nothing is saved yet. Type a search, then click the star.')}
        </p>
      )}
      <SavedList close={close} studio={studio} />
    </div>
  );
}

export function SavedMenu({ studio }: { studio: Studio }): JSX.Element {
  const trans = useTrans();
  const { saved, search } = studio;
  useSignal(saved.changed);
  const place = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (!open) {
      return undefined;
    }
    const onPointer = ({ target }: Event) => {
      if (target instanceof Node && !place.current?.contains(target)) {
        setOpen(false);
      }
    };
    document.addEventListener('pointerdown', onPointer, true);
    return () => document.removeEventListener('pointerdown', onPointer, true);
  }, [open]);
  const close = () => {
    setOpen(false);
    place.current?.querySelector('button')?.focus();
  };
  const kept = saved.find(search.text);
  const label = trans.__('Saved searches');
  return (
    <div className="jp-jr-saved-place" ref={place}>
      <button
        aria-expanded={open}
        aria-haspopup="dialog"
        aria-label={label}
        className="jp-jr-icon-button"
        onClick={() => setOpen(!open)}
        title={kept ? trans.__('Saved as %1', kept.name) : label}
      >
        {kept ? <StarredGlyph /> : <StarGlyph />}
      </button>
      {open && <Popup close={close} studio={studio} />}
    </div>
  );
}
