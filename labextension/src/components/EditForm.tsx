// Name and description of a run, changed in place.
import { FormEvent, JSX, KeyboardEvent, useState } from 'react';
import type { RunData } from '../run';
import type { RunSource } from '../tokens';
import { useTrans } from '../trans';
import { useWish } from './hooks';

interface EditProps {
  run: RunData;
  source: RunSource;
  onDone: () => void;
}

function useEdit({ run, source, onDone }: EditProps) {
  const [name, setName] = useState(run.name);
  const [text, setText] = useState(run.description ?? '');
  const { error, busy, wish } = useWish();
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const saved = await wish(async () => {
      if (name.trim() !== run.name) {
        await source.rename(name.trim());
      }
      if (text.trim() !== (run.description ?? '')) {
        await source.describe(text.trim() || null);
      }
    });
    if (saved) {
      onDone();
    }
  };
  return { name, setName, text, setText, error, busy, save };
}

export function EditForm(props: EditProps): JSX.Element {
  const trans = useTrans();
  const { onDone } = props;
  const { name, setName, text, setText, error, busy, save } = useEdit(props);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      onDone();
    }
  };
  return (
    <form className="jp-jr-edit" onKeyDown={onKeyDown} onSubmit={event => void save(event)}>
      <input
        aria-label={trans.__('Name')}
        autoFocus
        className="jp-jr-input"
        maxLength={256}
        onChange={event => setName(event.target.value)}
        required
        value={name}
      />
      <input
        aria-label={trans.__('Description')}
        className="jp-jr-input jp-jr-wide"
        maxLength={5000}
        onChange={event => setText(event.target.value)}
        placeholder={trans.__('Description')}
        value={text}
      />
      <button className="jp-jr-button" disabled={busy} type="submit">
        {trans.__('Save')}
      </button>
      <button className="jp-jr-button" onClick={onDone} type="button">
        {trans.__('Discard')}
      </button>
      {error && (
        <span className="jp-jr-problem" role="alert">
          {error}
        </span>
      )}
    </form>
  );
}
