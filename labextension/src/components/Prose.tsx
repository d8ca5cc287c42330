// A sentence in which what stands between backquotes is code.
import type { JSX } from 'react';

export function Prose({ text }: { text: string }): JSX.Element {
  return (
    <>{text.split('`').map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>
  );
}
