// The search box of the sidebar with its refresh button; the text goes to the server, and so does its judgement back.
import { JSX, useState } from 'react';
import { useTrans } from '../trans';
import { CloseGlyph, RefreshGlyph, SearchGlyph } from './glyphs';

const EXAMPLES = [
  'status:failed',
  'tag:quality',
  'metric:acc>0.9',
  'exp:my-experiment',
  'param:lr<=0.01',
  'started:<2h',
  'is:archived',
  'sort:-metric:acc'
];

export interface SearchBoxProps {
  text: string;
  error: string | null;
  onText: (text: string) => void;
  onRefresh: () => void;
}

export function SearchBox({ text, error, onText, onRefresh }: SearchBoxProps): JSX.Element {
  const trans = useTrans();
  const [example, setExample] = useState(0);
  const hint = EXAMPLES[example % EXAMPLES.length] ?? '';
  return (
    <div className="jp-jr-search" role="search">
      <div className="jp-jr-search-line">
        <span className="jp-jr-search-box">
          <SearchGlyph />
          <input
            aria-invalid={error !== null}
            aria-label={trans.__('Search runs')}
            className="jp-jr-input"
            onBlur={() => setExample(example + 1)}
            onChange={event => onText(event.target.value)}
            onKeyDown={event => event.key === 'Escape' && onText('')}
            placeholder={trans.__('Search, e.g. %1', hint)}
            spellCheck={false}
            type="search"
            value={text}
          />
          {text !== '' && (
            <button
              aria-label={trans.__('Clear search')}
              className="jp-jr-icon-button"
              onClick={() => onText('')}
            >
              <CloseGlyph />
            </button>
          )}
        </span>
        <button
          aria-label={trans.__('Refresh')}
          className="jp-jr-icon-button"
          onClick={onRefresh}
          title={trans.__('Refresh')}
        >
          <RefreshGlyph />
        </button>
      </div>
      {error && (
        <div className="jp-jr-problem" role="alert">
          {error}
        </div>
      )}
    </div>
  );
}
