// A line for a tag, with what could be meant below it: known keys first, then the values of the key.
import { JSX, KeyboardEvent, useEffect, useId, useState } from 'react';
import { useTrans } from '../trans';
import { FieldProps, Problem } from './dialogs';

/** Something that could stand in the line, and how many runs have it. */
export interface Offer {
  text: string;
  count: number | null;
}

const SHOWN = 8;
const WORD = /^tag:(?:"((?:[^"]|"")*)"|([^"=]*))(?:=(?:"((?:[^"]|"")*)"|(.*)))?$/s;

/** The search text whose completions are those of a tag that is being typed. */
export function searchFor(text: string): string {
  const at = text.indexOf('=');
  // The last quote is still to come.
  const begun = (part: string) => `"${part.trim().replaceAll('"', '""')}`;
  return at < 0
    ? `tag:${begun(text)}`
    : `tag:${begun(text.slice(0, at))}"=${begun(text.slice(at + 1))}`;
}

/** The tag that a search term names, as one types it; null when it is none. */
export function tagOf(term: string): string | null {
  const found = WORD.exec(term);
  if (!found) {
    return null;
  }
  const [, quotedKey, key, quotedValue, value] = found;
  const rest = quotedValue?.replaceAll('""', '"') ?? value;
  return (quotedKey?.replaceAll('""', '"') ?? key ?? '') + (rest === undefined ? '' : `=${rest}`);
}

/** A field that offers what a search would complete to. */
export function tagField(
  look: (text: string) => Promise<readonly Offer[]>
): (props: FieldProps) => JSX.Element {
  return function Field(props) {
    return <TagField {...props} look={look} />;
  };
}

function useOffers(typed: string, look: (text: string) => Promise<readonly Offer[]>): Offer[] {
  const [offers, setOffers] = useState<Offer[]>([]);
  useEffect(() => {
    let isCurrent = true;
    const timer = setTimeout(() => {
      look(typed).then(
        found => isCurrent && setOffers(found.slice(0, SHOWN)),
        // Without offers one types on.
        () => isCurrent && setOffers([])
      );
    }, 100);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [typed, look]);
  return offers;
}

/** The arrows put an offer into the line, where Enter takes it; what was typed is one step above the first. */
function TagField(props: FieldProps & { look: (text: string) => Promise<readonly Offer[]> }) {
  const { label, value, problem, onChange, look } = props;
  const [trans, id] = [useTrans(), useId()];
  const [typed, setTyped] = useState(value);
  const [at, setAt] = useState(-1);
  const offers = useOffers(typed, look);
  const put = (text: string) => {
    setTyped(text);
    setAt(-1);
    onChange(text);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && offers.length > 0) {
      event.preventDefault();
      const next = ((at + 1 + step + offers.length + 1) % (offers.length + 1)) - 1;
      setAt(next);
      onChange(offers[next]?.text ?? typed);
    }
  };
  return (
    <>
      <Problem text={problem} />
      <label className="jp-jr-field">
        {label}
        <input
          aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
          aria-autocomplete="list"
          aria-controls={id}
          aria-expanded={offers.length > 0}
          aria-invalid={problem !== null}
          autoComplete="off"
          autoFocus
          className="jp-jr-input"
          onChange={event => put(event.target.value)}
          onKeyDown={onKeyDown}
          role="combobox"
          value={value}
        />
      </label>
      <ul aria-label={trans.__('Known tags')} className="jp-jr-offers" id={id} role="listbox">
        {offers.map((offer, i) => (
          <li
            aria-selected={i === at}
            className="jp-jr-offer"
            id={`${id}-${i}`}
            key={offer.text}
            onClick={() => put(offer.text)}
            role="option"
          >
            <span className="jp-jr-clip">{offer.text}</span>
            {offer.count !== null && (
              <span className="jp-jr-muted jp-jr-number">{offer.count}</span>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
