// Which columns a table has, and in which order: a searchable list; those that are shown come first and can be moved.
import { JSX, useState } from 'react';
import { Column, columnLabel, columnOf, kindLabel } from '../../columns';
import { useTrans } from '../../trans';
import { DownGlyph, UpGlyph } from '../glyphs';
import { IconButton } from '../LogTools';
import { Popover } from '../Popover';

const FIRST = 200;

export interface ColumnChooserProps {
  /** What is chosen, where it is not called columns. */
  label?: string;
  /** Everything that can be chosen. */
  all: readonly Column[];
  shown: readonly string[];
  onChange: (ids: string[]) => void;
  onReset: () => void;
}

/** The list with one column at another place. */
export function moved(ids: readonly string[], id: string, to: number): string[] {
  const others = ids.filter(other => other !== id);
  others.splice(Math.max(0, to), 0, id);
  return others;
}

export function ColumnChooser(props: ColumnChooserProps): JSX.Element {
  const trans = useTrans();
  const label = props.label ?? trans.__('Columns');
  return (
    <Popover label={label} text={label}>
      {() => <ColumnList {...props} label={label} />}
    </Popover>
  );
}

function ColumnList({ all, shown, onChange, onReset, label }: ColumnChooserProps): JSX.Element {
  const trans = useTrans();
  const [text, setText] = useState('');
  const [dragged, setDragged] = useState<string | null>(null);
  const [limit, setLimit] = useState(FIRST);
  const chosen = shown.flatMap(id => columnOf(id) ?? []);
  const others = all.filter(column => !shown.includes(column.id));
  const fits = (column: Column) => column.id.toLowerCase().includes(text.trim().toLowerCase());
  const rows = [...chosen, ...others].filter(
    column => fits(column) || columnLabel(column, trans).toLowerCase().includes(text.toLowerCase())
  );
  const drop = (id: string) => {
    if (dragged !== null && dragged !== id) {
      onChange(moved(shown, dragged, shown.indexOf(id)));
    }
    setDragged(null);
  };
  return (
    <>
      <div className="jp-jr-popover-head">
        <input
          aria-label={trans.__('Search columns')}
          autoFocus
          className="jp-jr-input"
          onChange={event => setText(event.target.value)}
          placeholder={trans.__('Search columns')}
          type="search"
          value={text}
        />
        <button className="jp-jr-button" onClick={onReset}>
          {trans.__('Reset')}
        </button>
      </div>
      <ul aria-label={label} className="jp-jr-choices">
        {rows.slice(0, limit).map(column => (
          <Choice
            at={shown.indexOf(column.id)}
            column={column}
            key={column.id}
            onChange={onChange}
            onDrag={setDragged}
            onDrop={drop}
            shown={shown}
          />
        ))}
      </ul>
      {rows.length === 0 && <div className="jp-jr-muted">{trans.__('No column of that name')}</div>}
      {rows.length > limit && (
        <button className="jp-jr-link" onClick={() => setLimit(limit + FIRST)}>
          {trans.__('Show more (%1)', rows.length - limit)}
        </button>
      )}
    </>
  );
}

function Choice(props: {
  column: Column;
  /** Its place among those that are shown; -1: it is not. */
  at: number;
  shown: readonly string[];
  onChange: (ids: string[]) => void;
  onDrag: (id: string) => void;
  onDrop: (id: string) => void;
}): JSX.Element {
  const { column, at, shown, onChange, onDrag, onDrop } = props;
  const trans = useTrans();
  const label = columnLabel(column, trans);
  const kind = kindLabel(column, trans);
  const toggle = () =>
    onChange(at < 0 ? [...shown, column.id] : shown.filter(id => id !== column.id));
  return (
    <li
      draggable={at >= 0}
      onDragOver={event => at >= 0 && event.preventDefault()}
      onDragStart={() => onDrag(column.id)}
      onDrop={() => at >= 0 && onDrop(column.id)}
    >
      <label>
        <input checked={at >= 0} onChange={toggle} type="checkbox" />
        <span className="jp-jr-clip" title={label}>
          {label}
        </span>
        {kind !== '' && <span className="jp-jr-muted"> {kind}</span>}
      </label>
      {at >= 0 && (
        <span className="jp-jr-moves">
          <IconButton
            disabled={at === 0}
            label={trans.__('Move %1 to the left', label)}
            onClick={() => onChange(moved(shown, column.id, at - 1))}
          >
            <UpGlyph />
          </IconButton>
          <IconButton
            disabled={at === shown.length - 1}
            label={trans.__('Move %1 to the right', label)}
            onClick={() => onChange(moved(shown, column.id, at + 1))}
          >
            <DownGlyph />
          </IconButton>
        </span>
      )}
    </li>
  );
}
