// A tag as a chip. Where runs are listed beside it, a click finds the runs that have it, with Alt those that do not.
import type { JSX, MouseEvent, ReactNode } from 'react';
import { tagTerm } from '../searchtext';
import type { RunSource } from '../tokens';
import { useTrans } from '../trans';

interface TagChipProps {
  name: string;
  value: string | null;
  search: RunSource['search'];
  /** Clicked by the pointer only: the chip is part of a row with keys of its own. */
  bare?: boolean;
  children?: ReactNode;
}

export function TagChip({ name, value, search, bare, children }: TagChipProps): JSX.Element {
  const trans = useTrans();
  const text = value === null ? name : `${name}: ${value}`;
  const term = search ? tagTerm(name, value) : null;
  const title = term
    ? `${text}\n${trans.__('Click: find runs with this tag. Alt+click: without it.')}`
    : text;
  const onClick = (event: MouseEvent) => {
    if (term !== null) {
      event.stopPropagation();
      search?.narrow(event.altKey ? `-${term}` : term);
    }
  };
  return (
    <span className="jp-jr-tag">
      {term === null || bare ? (
        <span className="jp-jr-clip" onClick={onClick} title={title}>
          {text}
        </span>
      ) : (
        <button
          aria-label={trans.__('Find runs with tag %1', text)}
          className="jp-jr-clip jp-jr-tag-button"
          onClick={onClick}
          title={title}
        >
          {text}
        </button>
      )}
      {children}
    </span>
  );
}
