// The field of the search box: plain text over a drawing of its words, so that whole conditions read as pills and all editing
// stays the browser's own.
import { JSX, RefObject, useMemo } from 'react';
import { SearchToken, tokenize } from '../searchtext';
import { useTrans } from '../trans';
import { CloseGlyph } from './glyphs';

/** The words of a text with the blanks between them. */
interface Piece {
  gap: string;
  token: SearchToken;
  index: number;
}

function piecesOf(text: string): Piece[] {
  let at = 0;
  return tokenize(text).map((token, index) => {
    const gap = text.slice(at, token.start);
    at = token.end;
    return { gap, token, index };
  });
}

interface DrawingProps {
  text: string;
  /** Where the cursor is; null without focus. The word at the cursor is being written and stays plain. */
  caret: number | null;
  /** The stretch that the server cannot read. */
  wrong: readonly [number, number] | null;
  onRemove: (index: number) => void;
}

function Drawing({ text, caret, wrong, onRemove }: DrawingProps): JSX.Element {
  const trans = useTrans();
  const pieces = useMemo(() => piecesOf(text), [text]);
  const look = ({ token: { kind, start, end, broken } }: Piece) => {
    const touched = caret !== null && caret >= start && caret <= end;
    const mistaken = wrong !== null && wrong[0] < end && start < wrong[1];
    const pill = kind === 'word' && !touched && !broken;
    return { pill, mistaken };
  };
  return (
    <div className="jp-jr-query-drawing">
      {pieces.map(piece => {
        const { token, gap, index } = piece;
        const { pill, mistaken } = look(piece);
        // There is room for the cross only in a blank.
        const room = token.end === text.length || /\s/.test(text.charAt(token.end));
        const names = [pill && 'jp-jr-condition', mistaken && 'jp-jr-mistake'].filter(Boolean);
        return (
          <span key={index}>
            {gap}
            <span className={names.join(' ') || undefined}>
              <span aria-hidden="true">{token.text}</span>
              {pill && room && (
                <button
                  aria-label={trans.__('Remove %1', token.text)}
                  className="jp-jr-condition-button"
                  onClick={() => onRemove(index)}
                  onMouseDown={event => event.preventDefault()}
                  tabIndex={-1}
                >
                  <CloseGlyph />
                </button>
              )}
            </span>
          </span>
        );
      })}
      {/* Blanks at the end, and a line where there is no text at all. */}
      {text.slice(pieces[pieces.length - 1]?.token.end ?? 0)}
      {'\u200b'}
    </div>
  );
}

export interface SearchFieldProps extends DrawingProps {
  field: RefObject<HTMLTextAreaElement | null>;
  /** What else the field has and listens to. */
  input: JSX.IntrinsicElements['textarea'];
}

export function SearchField({ field, input, ...drawing }: SearchFieldProps): JSX.Element {
  return (
    <div className="jp-jr-query">
      <div className="jp-jr-query-layers">
        <Drawing {...drawing} />
        <textarea
          {...input}
          className="jp-jr-query-input"
          ref={field as RefObject<HTMLTextAreaElement>}
          rows={1}
          spellCheck={false}
          value={drawing.text}
        />
      </div>
    </div>
  );
}

/** Put a text in place of a part of what is in the field, as typing would: it can be undone. */
export function typeInto(field: HTMLTextAreaElement, from: number, to: number, text: string): void {
  field.focus();
  field.setSelectionRange(from, to);
  // Old, but the only way that the browser remembers; the events are the same either way.
  if (!document.execCommand?.('insertText', false, text)) {
    field.setRangeText(text, from, to, 'end');
    field.dispatchEvent(new Event('input', { bubbles: true }));
  }
}
