// Log text as React elements: colours from ANSI codes, everything else plain text.
import { CSSProperties, JSX, memo, useMemo } from 'react';
import { logLines, Span } from '../logtext';

const MAX_LINES = 500;

function styleOf(span: Span): { className: string; style: CSSProperties | undefined } {
  const classes: string[] = [];
  const style: CSSProperties = {};
  const put = (which: 'fg' | 'bg', color: string | null) => {
    if (color?.startsWith('rgb')) {
      style[which === 'fg' ? 'color' : 'backgroundColor'] = color;
    } else if (color) {
      classes.push(`jp-jr-${which}-${color}`);
    }
  };
  put('fg', span.fg);
  put('bg', span.bg);
  for (const name of ['bold', 'faint', 'italic', 'underline'] as const) {
    if (span[name]) {
      classes.push(`jp-jr-${name}`);
    }
  }
  const styled = Object.keys(style).length > 0;
  return { className: classes.join(' '), style: styled ? style : undefined };
}

export function SpanText({ span }: { span: Span }): JSX.Element {
  const { className, style } = styleOf(span);
  if (className === '' && !style) {
    return <>{span.text}</>;
  }
  return (
    <span className={className} style={style}>
      {span.text}
    </span>
  );
}

export const LogText = memo(function LogText({ text }: { text: string }): JSX.Element {
  const lines = useMemo(() => logLines(text).slice(-MAX_LINES), [text]);
  return (
    <>
      {lines.map((spans, line) => (
        <div className="jp-jr-line" key={line}>
          {spans.length === 0 ? '\u200b' : spans.map((span, i) => <SpanText key={i} span={span} />)}
        </div>
      ))}
    </>
  );
});
