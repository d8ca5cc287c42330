// A tree of thousands of rows of which only those in view exist: roles, levels and keys as WAI-ARIA describes them.
import { defaultRangeExtractor, Range, useVirtualizer } from '@tanstack/react-virtual';
import {
  JSX,
  KeyboardEvent,
  ReactNode,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState
} from 'react';

/** One row. `pos` and `size` count the siblings; `expanded` is null for a row that has nothing to unfold. */
export interface TreeRow {
  id: string;
  level: number;
  pos: number;
  size: number;
  expanded: boolean | null;
  height: number;
  className?: string;
  /** Called only for rows in view. */
  node: () => ReactNode;
  onToggle?: () => void;
  onOpen?: () => void;
}

export interface VirtualTreeProps {
  label: string;
  rows: TreeRow[];
  className?: string;
  /** Called with the last row in view, so that the next page can be loaded. */
  onSeen?: (lastIndex: number) => void;
  onHover?: (inside: boolean) => void;
}

/** Where an arrow key leads; null when it does not move. */
export function nextIndex(rows: TreeRow[], at: number, key: string): number | null {
  const row = rows[at];
  switch (key) {
    case 'ArrowDown':
      return Math.min(rows.length - 1, at + 1);
    case 'ArrowUp':
      return Math.max(0, at - 1);
    case 'Home':
      return 0;
    case 'End':
      return rows.length - 1;
    case 'ArrowRight':
      return row?.expanded ? Math.min(rows.length - 1, at + 1) : null;
    case 'ArrowLeft':
      for (let i = at - 1; row && i >= 0; i -= 1) {
        if ((rows[i]?.level ?? 0) < row.level) {
          return i;
        }
      }
      return null;
    default:
      return null;
  }
}

/** The keys of a tree: true when the key meant something. */
function useKeys(rows: TreeRow[], at: number, go: (index: number) => void) {
  return (event: KeyboardEvent): void => {
    const row = rows[at];
    const onRow = (event.target as HTMLElement).getAttribute('role') === 'treeitem';
    if (!row || !onRow || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    const fold =
      (event.key === 'ArrowRight' && row.expanded === false) ||
      (event.key === 'ArrowLeft' && row.expanded === true);
    const to = nextIndex(rows, at, event.key);
    if (fold) {
      row.onToggle?.();
    } else if (event.key === 'Enter') {
      (row.onOpen ?? row.onToggle)?.();
    } else if (to !== null) {
      go(to);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
}

function useRows(rows: TreeRow[], active: number) {
  const scroller = useRef<HTMLDivElement>(null);
  const rangeExtractor = useCallback(
    (range: Range) => {
      // The row that has the focus must not vanish, however far away it is.
      const shown = defaultRangeExtractor(range);
      const extra = active >= 0 && active < rows.length && !shown.includes(active);
      return extra ? [...shown, active].sort((a, b) => a - b) : shown;
    },
    [active, rows.length]
  );
  // eslint-disable-next-line react-hooks/incompatible-library -- we do not compile components
  const virtual = useVirtualizer({
    count: rows.length,
    estimateSize: index => rows[index]?.height ?? 24,
    getItemKey: index => rows[index]?.id ?? index,
    getScrollElement: () => scroller.current,
    initialRect: { width: 300, height: 400 },
    overscan: 8,
    rangeExtractor,
    useFlushSync: false
  });
  const heights = useMemo(() => rows.map(row => row.height).join(), [rows]);
  useEffect(() => virtual.measure(), [virtual, heights]);
  return { scroller, virtual };
}

export function VirtualTree(props: VirtualTreeProps): JSX.Element {
  const { rows, onSeen, onHover } = props;
  const [activeId, setActiveId] = useState<string | null>(null);
  const wantsFocus = useRef(false);
  const found = rows.findIndex(row => row.id === activeId);
  const at = Math.max(0, found);
  const { scroller, virtual } = useRows(rows, found);
  const items = virtual.getVirtualItems();
  const last = items[items.length - 1]?.index ?? -1;
  useEffect(() => onSeen?.(last), [onSeen, last, rows.length]);
  useEffect(() => {
    if (wantsFocus.current) {
      const target = scroller.current?.querySelector<HTMLElement>('[role=treeitem][tabindex="0"]');
      target?.focus({ preventScroll: true });
      wantsFocus.current = !target;
    }
  });
  const go = (index: number) => {
    wantsFocus.current = true;
    setActiveId(rows[index]?.id ?? null);
    virtual.scrollToIndex(index);
  };
  const onKeyDown = useKeys(rows, at, go);
  return (
    <div
      className={`jp-jr-tree ${props.className ?? ''}`}
      onMouseEnter={() => onHover?.(true)}
      onMouseLeave={() => onHover?.(false)}
      ref={scroller}
    >
      <div
        aria-label={props.label}
        className="jp-jr-tree-rows"
        onKeyDown={onKeyDown}
        role="tree"
        style={{ height: virtual.getTotalSize() }}
      >
        {items.map(({ index, start, size }) => {
          const row = rows[index];
          return (
            row && (
              <TreeItem
                active={index === at}
                height={size}
                key={row.id}
                onActive={() => setActiveId(row.id)}
                row={row}
                start={start}
              />
            )
          );
        })}
      </div>
    </div>
  );
}

function TreeItem(props: {
  row: TreeRow;
  active: boolean;
  start: number;
  height: number;
  onActive: () => void;
}): JSX.Element {
  const { row, active, start, height, onActive } = props;
  return (
    <div
      aria-expanded={row.expanded ?? undefined}
      aria-level={row.level}
      aria-posinset={row.pos}
      aria-selected={active}
      aria-setsize={row.size}
      className={`jp-jr-row ${row.className ?? ''}`}
      data-id={row.id}
      onDoubleClick={row.onOpen}
      onFocus={onActive}
      role="treeitem"
      style={{ height, transform: `translateY(${start}px)` }}
      tabIndex={active ? 0 : -1}
    >
      {row.node()}
    </div>
  );
}
