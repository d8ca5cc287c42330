// The end of the log. It follows what comes until somebody scrolls up, and again when they return to the end.
import { JSX, useLayoutEffect, useRef, useState } from 'react';
import { useTrans } from '../trans';
import { FollowGlyph } from './glyphs';
import { LogText } from './LogText';

const NEAR_END_PIXELS = 8;

export function LogBox({ text, live }: { text: string; live: boolean }): JSX.Element | null {
  const trans = useTrans();
  const box = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  useLayoutEffect(() => {
    if (following && box.current) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  }, [text, following]);
  if (text === '') {
    return null;
  }
  const onScroll = () => {
    const el = box.current;
    if (el) {
      setFollowing(el.scrollHeight - el.scrollTop - el.clientHeight < NEAR_END_PIXELS);
    }
  };
  return (
    <div className="jp-jr-log-frame">
      <div
        aria-label={trans.__('Log')}
        aria-live="off"
        className="jp-jr-log"
        onScroll={onScroll}
        ref={box}
        role="log"
        tabIndex={0}
      >
        <LogText text={text} />
      </div>
      {live && (
        <button
          aria-label={trans.__('Follow the log')}
          aria-pressed={following}
          className="jp-jr-follow"
          onClick={() => setFollowing(!following)}
          title={trans.__('Keep the end of the log in view')}
        >
          <FollowGlyph />
          <span>{following ? trans.__('following') : trans.__('follow')}</span>
        </button>
      )}
    </div>
  );
}
