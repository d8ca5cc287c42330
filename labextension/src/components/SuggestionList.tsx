// The list of what could be typed next, below the search box.
import { JSX, RefObject, useLayoutEffect, useRef, useState } from 'react';
import type { Suggestions } from '../suggestions';
import type { Translate } from '../tokens';
import { useTrans } from '../trans';

/** Below it a list is of no use. */
const LEAST_HEIGHT = 96;
const MOST_HEIGHT = 340;
const MARGIN = 8;

/** What a field is for, by its name in a search text. */
function meaningOf(text: string, trans: Translate): string | null {
  switch (/^(?:sort:-?)?([\w.]+):$/.exec(text)?.[1]) {
    case 'status':
      return trans.__('running, failed, …');
    case 'is':
      return trans.__('root, archived, mine, …');
    case 'tag':
      return trans.__('key or key=value');
    case 'prop':
    case 'property':
      return trans.__('property');
    case 'param':
      return trans.__('key, lr<=0.01, …');
    case 'metric':
      return trans.__('acc>0.9, …');
    case 'metric.min':
      return trans.__('smallest value');
    case 'metric.max':
      return trans.__('largest value');
    case 'exp':
    case 'experiment':
      return trans.__('experiment');
    case 'name':
      return trans.__('name of the run');
    case 'desc':
    case 'description':
      return trans.__('description');
    case 'by':
      return trans.__('who submitted it');
    case 'id':
      return trans.__('beginning of the id');
    case 'parent':
      return trans.__('#128 or an id');
    case 'created':
    case 'started':
    case 'ended':
      return trans.__('<2h, today, …');
    case 'dur':
    case 'duration':
      return trans.__('>10m, …');
    case 'notebook':
      return trans.__('path of the notebook');
    case 'git':
      return trans.__('commit');
    case 'sort':
      return trans.__('order');
    default:
      return null;
  }
}

/** Room between the top of the list and the bottom of its surface, or of the window. */
function useRoom(list: RefObject<HTMLElement>, isOpen: boolean): number {
  const [room, setRoom] = useState(MOST_HEIGHT);
  useLayoutEffect(() => {
    const element = list.current;
    if (!element || !isOpen) {
      return undefined;
    }
    const measure = () => {
      const surface = element.closest('.jp-jr')?.getBoundingClientRect();
      const bottom = Math.min(window.innerHeight, surface?.bottom ?? Infinity);
      const left = bottom - element.getBoundingClientRect().top - MARGIN;
      setRoom(Math.max(LEAST_HEIGHT, Math.min(MOST_HEIGHT, left)));
    };
    measure();
    window.addEventListener('resize', measure);
    return () => window.removeEventListener('resize', measure);
  }, [list, isOpen]);
  return room;
}

export function optionId(listId: string, index: number): string {
  return `${listId}-${index}`;
}

interface SuggestionListProps {
  id: string;
  suggestions: Suggestions;
  onTake: (index: number) => void;
}

export function SuggestionList({ id, suggestions, onTake }: SuggestionListProps): JSX.Element {
  const trans = useTrans();
  const list = useRef<HTMLUListElement>(null);
  const { items, active, isOpen } = suggestions;
  const room = useRoom(list, isOpen);
  useLayoutEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView?.({ block: 'nearest' });
  }, [active]);
  return (
    <ul
      aria-label={trans.__('Suggestions')}
      className="jp-jr-suggestions"
      hidden={!isOpen}
      id={id}
      onMouseDown={event => event.preventDefault()}
      ref={list}
      role="listbox"
      style={{ maxHeight: room }}
    >
      {items.map(({ text, label, count }, index) => (
        <li
          aria-selected={index === active}
          className="jp-jr-suggestion"
          id={optionId(id, index)}
          key={text}
          onClick={() => onTake(index)}
          role="option"
        >
          <span className="jp-jr-clip" title={label}>
            {label}
          </span>{' '}
          <span className="jp-jr-muted jp-jr-number">{count ?? meaningOf(text, trans)}</span>
        </li>
      ))}
    </ul>
  );
}
