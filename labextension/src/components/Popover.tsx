// A button with a small surface below it, which closes on Esc, on a click elsewhere and when the focus has left it.
import { JSX, ReactNode, useEffect, useRef, useState } from 'react';
import { CaretDownGlyph } from './glyphs';

export function Popover(props: {
  label: string;
  text: ReactNode;
  children: (close: () => void) => ReactNode;
}): JSX.Element {
  const [open, setOpen] = useState(false);
  const place = useRef<HTMLSpanElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) {
      return undefined;
    }
    const onDown = (event: Event) => {
      if (!place.current?.contains(event.target as Node)) {
        setOpen(false);
      }
    };
    document.addEventListener('pointerdown', onDown, true);
    return () => document.removeEventListener('pointerdown', onDown, true);
  }, [open]);
  const wasOpen = useRef(false);
  useEffect(() => {
    if (wasOpen.current && !open) {
      button.current?.focus();
    }
    wasOpen.current = open;
  }, [open]);
  const close = () => setOpen(false);
  return (
    <span
      className="jp-jr-popover"
      onBlur={event =>
        event.relatedTarget && !event.currentTarget.contains(event.relatedTarget) && setOpen(false)
      }
      onKeyDown={event => {
        if (event.key === 'Escape' && open) {
          event.stopPropagation();
          close();
        }
      }}
      ref={place}
    >
      <button
        aria-expanded={open}
        aria-haspopup="dialog"
        className="jp-jr-button"
        onClick={() => setOpen(!open)}
        ref={button}
      >
        {props.text}
        <CaretDownGlyph />
      </button>
      {open && (
        <div aria-label={props.label} className="jp-jr-popover-body" role="dialog">
          {props.children(close)}
        </div>
      )}
    </span>
  );
}
