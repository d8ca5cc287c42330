// Above the log: search, where it went wrong, how it is shown, and ways to take it along.
import { JSX, useState } from 'react';
import type { Found, LogWindow } from '../logwindow';
import { copyText, saveBlob } from '../save';
import { useTrans } from '../trans';
import { CopyGlyph, DownGlyph, SaveGlyph, UpGlyph, WrapGlyph } from './glyphs';
import { formKeys } from './hooks';
import type { TabProps } from './tabs';

/** Where runs keep what they print. */
const LOG_FILE = 'user_logs/std_log.txt';
const TRACEBACK = 'Traceback (most recent call last)';

interface ToolsProps extends TabProps {
  log: LogWindow;
  /** The line that was found last. */
  found: number | null;
  goTo: (line: number) => void;
  wrap: boolean;
  onWrap: () => void;
  problem: string | null;
  attempt: (task: () => Promise<unknown>) => void;
}

export function IconButton(props: {
  label: string;
  onClick: () => void;
  children: JSX.Element;
  pressed?: boolean;
  disabled?: boolean;
}): JSX.Element {
  return (
    <button
      aria-label={props.label}
      aria-pressed={props.pressed}
      className="jp-jr-icon-button"
      disabled={props.disabled}
      onClick={props.onClick}
      title={props.label}
    >
      {props.children}
    </button>
  );
}

function useSearch({ log, found, goTo, attempt }: ToolsProps) {
  const [text, setText] = useState('');
  const [ended, setEnded] = useState<Found | null>(null);
  const take = (result: Found) => {
    setEnded(typeof result === 'object' ? null : result);
    if (typeof result === 'object') {
      goTo(result.line);
    }
  };
  const up = (needle: string, from: number, further: boolean) =>
    attempt(async () => take(await log.searchUp(needle, from, further)));
  return {
    text,
    ended,
    onText: (value: string) => {
      setText(value);
      setEnded(null);
    },
    previous: (further = false) => text && up(text, found ?? log.count, further),
    next: () => text && take(log.searchDown(text, found ?? -1)),
    traceback: () => {
      setText(TRACEBACK);
      up(TRACEBACK, log.count, true);
    }
  };
}

export function LogTools(props: ToolsProps): JSX.Element {
  const trans = useTrans();
  const { run, api, log, attempt } = props;
  const search = useSearch(props);
  const onKeys = formKeys(
    () => void search.previous(),
    () => search.onText('')
  );
  const save = () =>
    attempt(async () => saveBlob(await api.file(run.workspace, run.run_id, LOG_FILE), LOG_FILE));
  return (
    <div className="jp-jr-tools">
      <input
        aria-label={trans.__('Search the log')}
        className="jp-jr-input"
        onChange={event => search.onText(event.target.value)}
        onKeyDown={onKeys}
        placeholder={trans.__('Search the log')}
        type="search"
        value={search.text}
      />
      <IconButton label={trans.__('Previous match')} onClick={() => void search.previous()}>
        <UpGlyph />
      </IconButton>
      <IconButton label={trans.__('Next match')} onClick={() => void search.next()}>
        <DownGlyph />
      </IconButton>
      <span aria-live="polite" className="jp-jr-muted">
        {props.problem ?? (search.ended === null ? '' : trans.__('No match here'))}
      </span>
      {search.ended === 'limit' && (
        <button className="jp-jr-button" onClick={() => void search.previous(true)}>
          {trans.__('Search further up')}
        </button>
      )}
      <span className="jp-jr-space" />
      {run.error && (
        <button className="jp-jr-button" onClick={search.traceback}>
          {trans.__('Go to traceback')}
        </button>
      )}
      <IconButton label={trans.__('Wrap lines')} onClick={props.onWrap} pressed={props.wrap}>
        <WrapGlyph />
      </IconButton>
      <IconButton
        label={trans.__('Copy what is loaded')}
        onClick={() => attempt(() => copyText(log.text))}
      >
        <CopyGlyph />
      </IconButton>
      <IconButton label={trans.__('Download the log')} onClick={save}>
        <SaveGlyph />
      </IconButton>
    </div>
  );
}
