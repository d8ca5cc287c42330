// Source code as text, with the colours of its language where the application has them, and what can be done with it.
import { JSX, useEffect, useRef } from 'react';
import type { CodeHost } from '../codehost';
import { copyText } from '../save';
import { useTrans } from '../trans';
import { CopyGlyph } from './glyphs';
import { useSignal, useWish } from './hooks';
import { IconButton } from './LogTools';

/** A longer text stays plain: colouring it would hold the page up. */
const MAX_COLOURED = 200_000;

interface CodeTextProps {
  title: string;
  text: string;
  /** Tells the language. */
  fileName: string;
  code: CodeHost | undefined;
  /** It is Python that a cell can hold. */
  forCell?: boolean;
}

function InsertButton({ code, text }: { code: CodeHost; text: string }): JSX.Element {
  const trans = useTrans();
  useSignal(code.changed);
  const name = code.notebookName();
  const hint =
    name === null
      ? trans.__('Open a notebook first: the cell goes below its active one')
      : trans.__('Below the active cell of %1', name);
  return (
    <button
      className="jp-jr-button"
      disabled={name === null}
      onClick={() => code.insertCell(text)}
      title={hint}
    >
      {trans.__('Insert as new cell')}
    </button>
  );
}

export function CodeText(props: CodeTextProps): JSX.Element {
  const trans = useTrans();
  const { title, text, fileName, code } = props;
  const { error, wish } = useWish();
  const place = useRef<HTMLPreElement>(null);
  useEffect(() => {
    const pre = place.current;
    if (!code || !pre || text.length > MAX_COLOURED) {
      return undefined;
    }
    let gone = false;
    // Into an element of its own: React's text stays until the coloured one is whole.
    const coloured = document.createElement('span');
    code.highlight(text, fileName, coloured).then(
      () => !gone && pre.replaceChildren(coloured),
      () => undefined
    );
    return () => {
      gone = true;
      pre.replaceChildren(text);
    };
  }, [code, text, fileName]);
  return (
    <section aria-label={title} className="jp-jr-code">
      <div className="jp-jr-chart-head">
        <b className="jp-jr-clip">{title}</b>
        <span className="jp-jr-space" />
        {props.forCell && code && <InsertButton code={code} text={text} />}
        <IconButton
          label={trans.__('Copy %1', title)}
          onClick={() => void wish(() => copyText(text))}
        >
          <CopyGlyph />
        </IconButton>
      </div>
      {error && <div role="alert">{error}</div>}
      {/* Anew with each text: below it is not React's. */}
      <pre className="jp-jr-log jp-jr-codetext" key={text} ref={place} tabIndex={0}>
        {text}
      </pre>
    </section>
  );
}
