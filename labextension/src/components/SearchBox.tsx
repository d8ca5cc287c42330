// The search box of the sidebar: the query as pills and text, what could be typed next, and what is wrong with it.
import { ChangeEvent, JSX, KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { tokenize, unitsBefore, withoutToken } from '../searchtext';
import type { RunList } from '../runlist';
import type { Studio } from '../studio';
import { Suggestions } from '../suggestions';
import type { Suggestion } from '../tokens';
import { useTrans } from '../trans';
import { CloseGlyph } from './glyphs';
import { useSignal } from './hooks';
import { IconButton } from './LogTools';
import { Prose } from './Prose';
import { SavedMenu } from './SavedMenu';
import { SearchField, typeInto } from './SearchField';
import { optionId, SuggestionList } from './SuggestionList';

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

/** A key without a value or a number: most want to go on, and it is a condition as it is. */
const BARE_KEY = /^(tag|prop|property|param|metric(\.\w+)?):("[^"]*"|[^"=<>^!])+$/i;

/** From and to in the text. */
type Stretch = readonly [number, number];

/** Which part of the text the server cannot read. */
function mistakeIn(text: string, list: RunList): Stretch | null {
  const { mistake, query } = list;
  if (mistake === null || mistake.position === null || text.trim() !== query) {
    return null;
  }
  const blanks = text.length - text.trimStart().length;
  const start = blanks + unitsBefore(query, mistake.position);
  return [start, Math.max(start + 1, Math.min(text.length, start + mistake.token.length))];
}

/** The suggestions for what is typed, in the workspace that is shown. */
function useSuggestions(list: RunList): Suggestions {
  const [suggestions] = useState(
    () => new Suggestions(text => list.model.api.suggest(list.workspace, text))
  );
  useSignal(suggestions.changed);
  useEffect(() => () => suggestions.close(), [suggestions]);
  return suggestions;
}

/** The field, where its cursor is, and what its keys do. */
function useField({ list, search }: Studio) {
  const field = useRef<HTMLTextAreaElement>(null);
  const suggestions = useSuggestions(list);
  const [caret, setCaret] = useState<number | null>(null);
  useSignal(search.changed);
  const wanted = useSignal(search.focusWanted);
  useEffect(() => {
    if (search.takeFocus()) {
      field.current?.focus();
    }
  }, [search, wanted]);
  const ask = (now: boolean) => {
    const { value = '', selectionEnd = 0 } = field.current ?? {};
    suggestions.ask(value.slice(0, selectionEnd), now);
  };
  const take = (suggestion: Suggestion) => {
    if (field.current) {
      put(field.current, suggestion);
      if (/[:=]$/.test(suggestion.text) || BARE_KEY.test(suggestion.text)) {
        ask(true);
      } else {
        suggestions.close();
      }
    }
  };
  const onChange = ({ target }: ChangeEvent<HTMLTextAreaElement>) => {
    const { selectionEnd, value } = target;
    search.set(value.replace(/[\r\n]+/g, ' '));
    setCaret(selectionEnd);
    // After a blank any word may follow: who wants to see which asks for it.
    if (/\S$/.test(value.slice(0, selectionEnd))) {
      ask(false);
    } else {
      suggestions.close();
    }
  };
  const clear = () => {
    suggestions.close();
    search.set('');
    field.current?.focus();
  };
  return { field, suggestions, caret, setCaret, ask, take, onChange, clear };
}

type Field = ReturnType<typeof useField>;

/** Put a suggestion where it belongs, in place of the rest of the word at the cursor, too. */
function put(field: HTMLTextAreaElement, { text, replace }: Suggestion): void {
  const { value, selectionEnd: caret } = field;
  const word = tokenize(value).find(token => token.start < caret && caret < token.end);
  const end = word?.end ?? caret;
  const isWhole = !/[:=]$/.test(text) && !BARE_KEY.test(text);
  const follows = value.charAt(end);
  const needsBlank = follows === '' ? isWhole : !/[\s)]/.test(follows);
  typeInto(field, replace[0], end, needsBlank ? `${text} ` : text);
}

function keysOf({ field, suggestions, ask, take, clear }: Field, { search }: Studio) {
  return (event: KeyboardEvent): void => {
    const { isOpen } = suggestions;
    const marked = suggestions.take();
    const move = (step: 1 | -1) => suggestions.then(() => suggestions.move(step));
    const takeMarked = () => {
      const one = suggestions.take();
      if (one) {
        take(one);
      }
    };
    const actions: Record<string, (() => void) | false> = {
      ArrowDown: () => {
        if (!isOpen && !suggestions.isAwaited) {
          ask(true);
        }
        move(1);
      },
      ArrowUp: isOpen && (() => move(-1)),
      Tab: marked !== null && !event.shiftKey && takeMarked,
      Enter: () => {
        if (marked || suggestions.isAwaited) {
          suggestions.then(takeMarked);
        } else {
          suggestions.close();
          search.set(search.text, true);
        }
      },
      Escape: isOpen ? () => suggestions.close() : search.text !== '' && clear,
      ' ': event.ctrlKey && (() => ask(true))
    };
    const action = actions[event.key];
    // While characters are being composed the keys are the input method's.
    if (action && !event.nativeEvent.isComposing && event.target === field.current) {
      event.preventDefault();
      event.stopPropagation();
      action();
    }
  };
}

/** What is wrong and where, unless it is only that the word at the cursor is not finished and there are ways to go on. */
function problemOf({ suggestions, caret }: Field, { list, search }: Studio) {
  const wrong = mistakeIn(search.text, list);
  const typing = suggestions.isOpen && wrong !== null && caret !== null && caret <= wrong[1];
  return list.query === '' || typing
    ? { problem: null, wrong: null }
    : { problem: list.error, wrong };
}

interface BoxProps {
  studio: Studio;
  state: Field;
  listId: string;
  problemId: string;
  problem: string | null;
  wrong: Stretch | null;
}

function Box({ studio, state, listId, problemId, problem, wrong }: BoxProps): JSX.Element {
  const trans = useTrans();
  const { search } = studio;
  const { text } = search;
  const { suggestions, caret, setCaret } = state;
  const { active, isOpen } = suggestions;
  const [example, setExample] = useState(0);
  const input = {
    'aria-activedescendant': active < 0 ? undefined : optionId(listId, active),
    'aria-autocomplete': 'list',
    'aria-controls': listId,
    'aria-describedby': problem === null ? undefined : problemId,
    'aria-expanded': isOpen,
    'aria-invalid': problem !== null,
    'aria-label': trans.__('Search runs'),
    onBlur: () => {
      suggestions.close();
      setCaret(null);
      setExample(example + 1);
    },
    onChange: state.onChange,
    onClick: () => text === '' && !isOpen && state.ask(true),
    onKeyDown: keysOf(state, studio),
    onSelect: event => setCaret(event.currentTarget.selectionEnd),
    placeholder: trans.__('Search, e.g. %1', EXAMPLES[example % EXAMPLES.length] ?? ''),
    role: 'combobox'
  } satisfies JSX.IntrinsicElements['textarea'];
  return (
    <div className="jp-jr-query-box" data-invalid={problem !== null}>
      <SearchField
        {...{ caret, input, text, wrong }}
        field={state.field}
        onRemove={index => search.set(withoutToken(text, index), true)}
      />
      {text !== '' && (
        <IconButton label={trans.__('Clear search')} onClick={state.clear}>
          <CloseGlyph />
        </IconButton>
      )}
    </div>
  );
}

/** The wrong word as it was probably meant. */
function Meant({ studio, wrong }: { studio: Studio; wrong: Stretch }): JSX.Element | null {
  const trans = useTrans();
  const { list, search } = studio;
  const instead = list.mistake?.instead ?? '';
  const { text } = search;
  return instead === '' ? null : (
    <button
      className="jp-jr-meant"
      onClick={() => search.open(text.slice(0, wrong[0]) + instead + text.slice(wrong[1]))}
    >
      <Prose text={trans.__('Did you mean `%1`?', instead)} />
    </button>
  );
}

export function SearchBox({ studio }: { studio: Studio }): JSX.Element {
  useSignal(studio.list.changed);
  const [listId, problemId] = [useId(), useId()];
  const state = useField(studio);
  const { suggestions } = state;
  const { problem, wrong } = problemOf(state, studio);
  const onTake = (index: number) => {
    const suggestion = suggestions.take(index);
    if (suggestion) {
      state.take(suggestion);
    }
  };
  return (
    <div className="jp-jr-search" role="search">
      <div className="jp-jr-search-line">
        <Box {...{ studio, state, listId, problemId, problem, wrong }} />
        <SavedMenu studio={studio} />
      </div>
      <SuggestionList id={listId} onTake={onTake} suggestions={suggestions} />
      {problem !== null && (
        <>
          {/* A long one scrolls: by keyboard, too. */}
          <div className="jp-jr-problem" id={problemId} role="alert" tabIndex={0} title={problem}>
            {problem}
          </div>
          {wrong && <Meant {...{ studio, wrong }} />}
        </>
      )}
    </div>
  );
}
