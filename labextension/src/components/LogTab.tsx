// The whole log of a run: opens at its end, whatever its length, and fetches only what is looked at.
import { useVirtualizer } from '@tanstack/react-virtual';
import { JSX, RefObject, useEffect, useLayoutEffect, useReducer, useRef, useState } from 'react';
import { fetchOf, LogTarget, targetKey, targetSize } from '../logsources';
import { levelOf } from '../logtext';
import { LogWindow, PIECE_BYTES } from '../logwindow';
import { useTrans } from '../trans';
import { DownGlyph } from './glyphs';
import { SpanText } from './LogText';
import { useLogTarget } from './LogChooser';
import { LogTools } from './LogTools';
import { problemText, TabProps } from './tabs';

const ROW = 17;
const NEAR_END_PIXELS = 8;
const NEAR_EDGE_PIXELS = 600;
/** What is missing at the end is fetched up to this size even when nobody looks at the end. */
const NEAR_BYTES = 4 * PIECE_BYTES;
/** Beyond it the log is opened at its end anew. */
const FAR_BYTES = 16 * PIECE_BYTES;

/** The window of a run's log, opened at the end and kept up with what comes. */
function useLog({ api, target }: LogViewProps, following: boolean) {
  const trans = useTrans();
  const [version, bump] = useReducer((n: number) => n + 1, 0);
  const [problem, setProblem] = useState<string | null>(null);
  const size = targetSize(target);
  const [log] = useState(() => new LogWindow(fetchOf(api, target), bump));
  const attempt = (task: () => Promise<unknown>) =>
    void task().then(
      () => setProblem(null),
      (error: unknown) => setProblem(problemText(error, trans))
    );
  const isBehind = log.loaded && !log.atEnd && (following || log.size - log.end < NEAR_BYTES);
  useEffect(() => {
    log.grow(size, fetchOf(api, target));
    const missing = log.size - log.end;
    if (!log.loaded || (following && missing > FAR_BYTES)) {
      attempt(() => log.openEnd());
    } else if (missing > 0 && (following || missing < NEAR_BYTES)) {
      attempt(() => log.later(!following));
    }
    // `version`: a long addition comes in several pieces.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [log, size, following, isBehind ? version : 0]);
  return { log, problem, attempt };
}

/** Keeps the place: at the end while following, else at the line that was there before lines came above it. */
function usePlace(
  log: LogWindow,
  scroller: RefObject<HTMLDivElement>,
  following: boolean,
  height: number
): void {
  const seen = useRef({ base: 0, epoch: 0 });
  useLayoutEffect(() => {
    const before = seen.current;
    seen.current = { base: log.base, epoch: log.epoch };
    if (following) {
      scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
    } else if (before.epoch === log.epoch && before.base !== log.base) {
      scroller.current?.scrollBy({ top: (before.base - log.base) * ROW });
    }
  }, [log, log.base, log.epoch, scroller, following, height]);
}

/** Lines that do not fill the box cannot be scrolled: what is before them is asked for all the same. */
function useFilled(
  log: LogWindow,
  scroller: RefObject<HTMLDivElement>,
  height: number,
  onPlace: (box: HTMLDivElement) => void
): void {
  useEffect(() => {
    const box = scroller.current;
    if (box && box.clientHeight > 0 && box.scrollHeight <= box.clientHeight) {
      onPlace(box);
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `onPlace` is another one each time
  }, [log, log.base, log.count, log.epoch, scroller, height]);
}

/** A line, counted like `LogWindow.base`, and the byte that was looked for. */
interface FoundLine {
  line: number;
  epoch: number;
  offset: number;
}

/** How a line is marked. */
function lineClass(text: string, needle: string, isFound: boolean): string {
  const level = levelOf(text);
  const isMatch = needle !== '' && text.toLowerCase().includes(needle.toLowerCase());
  return [
    'jp-jr-logline',
    level ? `jp-jr-level-${level}` : '',
    isMatch ? 'jp-jr-match' : '',
    isFound ? 'jp-jr-found' : ''
  ]
    .filter(name => name !== '')
    .join(' ');
}

interface LinesProps {
  log: LogWindow;
  following: boolean;
  wrap: boolean;
  /** The line that was found; a new object means: go there. */
  found: FoundLine | null;
  /** Lines with this text are marked. */
  needle: string;
  onPlace: (box: HTMLDivElement) => void;
}

function Lines({ log, following, wrap, found, needle, onPlace }: LinesProps): JSX.Element {
  const trans = useTrans();
  const scroller = useRef<HTMLDivElement>(null);
  const { base, count, epoch } = log;
  // eslint-disable-next-line react-hooks/incompatible-library -- we do not compile components
  const virtual = useVirtualizer({
    count,
    estimateSize: () => ROW,
    getItemKey: index => `${epoch}/${base + index}`,
    getScrollElement: () => scroller.current,
    initialRect: { width: 300, height: 400 },
    overscan: 20,
    useFlushSync: false
  });
  usePlace(log, scroller, following, virtual.getTotalSize());
  useEffect(() => virtual.measure(), [virtual, wrap]);
  useFilled(log, scroller, virtual.scrollRect?.height ?? 0, onPlace);
  useEffect(() => {
    if (found) {
      virtual.scrollToIndex(found.line - log.base, { align: 'center' });
    }
  }, [virtual, found, log]);
  return (
    <div
      aria-label={trans.__('Log')}
      aria-live="off"
      className={`jp-jr-log jp-jr-longlog${wrap ? ' jp-jr-wrap' : ''}`}
      onScroll={event => onPlace(event.currentTarget)}
      ref={scroller}
      role="log"
      tabIndex={0}
    >
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start, key }) => (
          <div
            className={lineClass(
              log.plain(index),
              needle,
              found?.line === base + index && found.epoch === epoch
            )}
            data-index={index}
            key={key}
            ref={wrap ? virtual.measureElement : undefined}
            style={{ transform: `translateY(${start}px)` }}
          >
            {log.line(index).map((span, i) => (
              <SpanText key={i} span={span} />
            ))}
            {'\n'}
          </div>
        ))}
      </div>
      {log.loaded && count === 0 && (
        <span className="jp-jr-empty">{trans.__('Nothing has been printed.')}</span>
      )}
    </div>
  );
}

interface LogViewProps extends TabProps {
  target: LogTarget;
  /** Where another log is chosen; null when there is no other. */
  chooser: JSX.Element | null;
}

/** The line that somebody has looked for. */
function useFound(log: LogWindow) {
  const [found, setFound] = useState<FoundLine | null>(null);
  const find = async (offset: number) => {
    await log.openAt(offset);
    setFound({ line: log.base + log.lineAt(offset), epoch: log.epoch, offset });
  };
  return { found, find };
}

/** One log. */
function LogView(props: LogViewProps): JSX.Element {
  const [following, setFollowing] = useState(true);
  const [wrap, setWrap] = useState(false);
  const [needle, setNeedle] = useState('');
  const { log, problem, attempt } = useLog(props, following);
  const { found, find } = useFound(log);
  const onPlace = ({ scrollHeight, scrollTop, clientHeight }: HTMLDivElement) => {
    const left = scrollHeight - scrollTop - clientHeight;
    if (log.loaded) {
      setFollowing(left < NEAR_END_PIXELS && log.atEnd);
    }
    if (log.loaded && scrollTop < NEAR_EDGE_PIXELS && log.begin > 0) {
      attempt(() => log.earlier());
    } else if (log.loaded && left < NEAR_EDGE_PIXELS && !log.atEnd) {
      attempt(() => log.later(false));
    }
  };
  const goTo = (offset: number) => {
    setFollowing(false);
    return find(offset);
  };
  const toEnd = () => {
    setFollowing(true);
    attempt(() => (log.atEnd ? Promise.resolve() : log.openEnd()));
  };
  const isLost = problem !== null && !log.loaded;
  return (
    <div className="jp-jr-logtab">
      <LogTools
        api={props.api}
        attempt={attempt}
        chooser={props.chooser}
        following={following}
        found={found && found.offset}
        goTo={goTo}
        log={log}
        needle={needle}
        onFollow={following ? () => setFollowing(false) : toEnd}
        onNeedle={setNeedle}
        onWrap={() => setWrap(!wrap)}
        problem={isLost ? null : problem}
        target={props.target}
        wrap={wrap}
      />
      {isLost ? (
        <div className="jp-jr-empty">{problem}</div>
      ) : (
        <Lines
          following={following}
          found={found}
          log={log}
          needle={needle}
          onPlace={onPlace}
          wrap={wrap}
        />
      )}
      {!following && <Pill live={!props.target.run.is_final} log={log} onClick={toEnd} />}
    </div>
  );
}

export function LogTab(props: TabProps): JSX.Element {
  const { target, chooser } = useLogTarget(props);
  return <LogView {...props} chooser={chooser} key={targetKey(target)} target={target} />;
}

/** Leads back to the end, and says what has come there since one left it. */
function Pill(props: { log: LogWindow; live: boolean; onClick: () => void }): JSX.Element {
  const trans = useTrans();
  const { log, live } = props;
  const [left] = useState({ line: log.base + log.count, size: log.size, epoch: log.epoch });
  const lines = left.epoch === log.epoch && log.atEnd ? log.base + log.count - left.line : 0;
  const idle = live ? trans.__('Follow') : trans.__('To the end');
  const many = log.size > left.size ? trans.__('New lines') : idle;
  return (
    <button className="jp-jr-button jp-jr-logpill" onClick={props.onClick}>
      <DownGlyph />
      {lines > 0 ? trans._n('%1 new line', '%1 new lines', lines) : many}
    </button>
  );
}
