// A strip of tabs: roles and keys as WAI-ARIA describes them. The panel belongs to whoever shows it.
import { JSX, KeyboardEvent, useRef } from 'react';

export interface StripProps {
  /** What the tabs are tabs of. */
  name: string;
  tabs: { id: string; label: string; count?: number }[];
  active: string;
  /** The panel has the id `<prefix>-panel` and is labelled by `<prefix>-<tab>`. */
  prefix: string;
  onPick: (id: string) => void;
}

/** Where an arrow key leads in a strip of `count` tabs; null for any other key. */
function nextTab(key: string, at: number, count: number): number | null {
  switch (key) {
    case 'ArrowRight':
      return (at + 1) % count;
    case 'ArrowLeft':
      return (at + count - 1) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}

export function TabStrip({ name, tabs, active, prefix, onPick }: StripProps): JSX.Element {
  const strip = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const at = tabs.findIndex(tab => tab.id === active);
    const next = tabs[nextTab(event.key, at, tabs.length) ?? -1];
    if (next) {
      event.preventDefault();
      event.stopPropagation();
      onPick(next.id);
      strip.current?.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
    }
  };
  return (
    <div aria-label={name} className="jp-jr-tabs" onKeyDown={onKeyDown} ref={strip} role="tablist">
      {tabs.map(({ id, label, count }) => (
        <button
          aria-controls={id === active ? `${prefix}-panel` : undefined}
          aria-selected={id === active}
          className="jp-jr-tab"
          data-tab={id}
          id={`${prefix}-${id}`}
          key={id}
          onClick={() => onPick(id)}
          role="tab"
          tabIndex={id === active ? 0 : -1}
        >
          {label}
          {count !== undefined && <span className="jp-jr-badge jp-jr-number">{count}</span>}
        </button>
      ))}
    </div>
  );
}
