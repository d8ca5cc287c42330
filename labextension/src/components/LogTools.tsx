// Above the log: which one, search in all of it, where it went wrong, how it is shown, and ways to take it along.
import { JSX, useRef, useState } from 'react';
import type { RunsApi } from '../api';
import { findInLog, LOG_FILE, LogTarget, targetSize } from '../logsources';
import type { LogWindow } from '../logwindow';
import { copyText, saveBlob } from '../save';
import type { LogQuery } from '../tokens';
import { useTrans } from '../trans';
import { CopyGlyph, DownGlyph, FollowGlyph, SaveGlyph, UpGlyph, WrapGlyph } from './glyphs';
import { formKeys } from './hooks';
import { formatBytes } from './tabs';

interface ToolsProps {
  api: RunsApi;
  target: LogTarget;
  chooser: JSX.Element | null;
  log: LogWindow;
  needle: string;
  onNeedle: (text: string) => void;
  /** The byte that was found last. */
  found: number | null;
  goTo: (offset: number) => Promise<void>;
  following: boolean;
  onFollow: () => void;
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

/** Search by the server, in the whole log: nothing of it has to be here. */
function useSearch({ api, target, found, goTo, attempt, needle, onNeedle }: ToolsProps) {
  const trans = useTrans();
  const [note, setNote] = useState('');
  const turn = useRef(0);
  const look = (query: LogQuery) => {
    const mine = (turn.current += 1);
    const isOff = () => turn.current !== mine;
    const size = targetSize(target);
    const looked = (next: number) => {
      const done = query.back || query.find ? size - next : next;
      setNote(trans.__('Searching… %1 of %2', formatBytes(done), formatBytes(size)));
    };
    attempt(async () => {
      setNote('');
      const offset = await findInLog(api, target.run, query, isOff, looked);
      if (!isOff()) {
        setNote(offset === null ? trans.__('No match') : '');
        if (offset !== null) {
          await goTo(offset);
        }
      }
    });
  };
  const from = (offset: number | null) => (offset === null ? {} : { from: offset });
  return {
    note,
    onText: (text: string) => {
      turn.current += 1;
      setNote('');
      onNeedle(text);
    },
    previous: () => needle && look({ q: needle, back: '1', ...from(found) }),
    next: () => needle && look({ q: needle, ...from(found === null ? null : found + 1) }),
    traceback: () => look({ find: 'traceback' })
  };
}

type Search = ReturnType<typeof useSearch>;

function SearchBox({ search, needle }: { search: Search; needle: string }): JSX.Element {
  const trans = useTrans();
  const onKeys = formKeys(
    () => void search.previous(),
    () => search.onText('')
  );
  return (
    <>
      <input
        aria-label={trans.__('Search the log')}
        className="jp-jr-input"
        maxLength={500}
        onChange={event => search.onText(event.target.value)}
        onKeyDown={onKeys}
        placeholder={trans.__('Search the log')}
        type="search"
        value={needle}
      />
      <IconButton label={trans.__('Previous match')} onClick={() => void search.previous()}>
        <UpGlyph />
      </IconButton>
      <IconButton label={trans.__('Next match')} onClick={() => void search.next()}>
        <DownGlyph />
      </IconButton>
    </>
  );
}

export function LogTools(props: ToolsProps): JSX.Element {
  const trans = useTrans();
  const { target, api, log, attempt, following } = props;
  const { run, file } = target;
  const search = useSearch(props);
  const name = file?.name ?? LOG_FILE;
  const save = () =>
    attempt(async () => saveBlob(await api.file(run.workspace, run.run_id, name), name));
  return (
    <div className="jp-jr-tools">
      {props.chooser}
      {!file && <SearchBox needle={props.needle} search={search} />}
      <span aria-live="polite" className="jp-jr-muted">
        {props.problem ?? search.note}
      </span>
      <span className="jp-jr-space" />
      {run.error && !file && (
        <button className="jp-jr-button" onClick={search.traceback}>
          {trans.__('Go to traceback')}
        </button>
      )}
      {!run.is_final && (
        <IconButton label={trans.__('Follow the log')} onClick={props.onFollow} pressed={following}>
          <FollowGlyph />
        </IconButton>
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
