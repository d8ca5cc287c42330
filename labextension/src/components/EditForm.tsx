// Name and description of a run, changed in place.
import { JSX, useState } from 'react';
import type { RunData } from '../run';
import type { RunSource } from '../tokens';
import { useTrans } from '../trans';
import { formKeys, useWish } from './hooks';

interface EditProps {
  run: RunData;
  source: RunSource;
  onDone: () => void;
}

function useEdit({ run, source, onDone }: EditProps) {
  const [name, setName] = useState(run.name);
  const [text, setText] = useState(run.description ?? '');
  const { error, busy, wish } = useWish();
  const save = async () => {
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
  const onKeyDown = formKeys(() => void save(), onDone);
  return (
    <div className="jp-jr-edit" onKeyDown={onKeyDown}>
      <input
        aria-label={trans.__('Name')}
        autoFocus
        className="jp-jr-input"
        maxLength={256}
        onChange={event => setName(event.target.value)}
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
      <button className="jp-jr-button" disabled={busy} onClick={() => void save()}>
        {trans.__('Save')}
      </button>
      <button className="jp-jr-button" onClick={onDone}>
        {trans.__('Discard')}
      </button>
      {error && (
        <span className="jp-jr-problem" role="alert">
          {error}
        </span>
      )}
    </div>
  );
}
