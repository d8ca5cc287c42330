// A tree of thousands of rows of which only those in view exist: roles, levels and keys as WAI-ARIA describes them.
import { defaultRangeExtractor, Range, useVirtualizer, Virtualizer } from '@tanstack/react-virtual';
import {
  JSX,
  memo,
  MouseEvent,
  PointerEvent,
  ReactNode,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState
} from 'react';
import type { Anchor } from '../menus';
import type { Mark, Place } from '../selection';
import { onRowItself, useDragStart, useKeys } from './treekeys';

/** One row. `pos` and `size` count the siblings; `expanded` is null for a row that has nothing to unfold. */
export interface TreeRow {
  id: string;
  level: number;
  pos: number;
  size: number;
  expanded: boolean | null;
  height: number;
  className?: string;
  /** The run, if it is one. */
  place?: Place;
  mark?: Mark;
  /** What the content depends on beside the run; without a stamp it is drawn anew each time. */
  stamp?: string | undefined;
  /** Called only for rows in view. */
  node: () => ReactNode;
  onToggle?: () => void;
  onOpen?: () => void;
}

/** What can be done with the rows of a tree that is more than a list to look at. */
export interface RowActions {
  select: (row: TreeRow, how: 'only' | 'toggle' | 'range') => void;
  selectAll: () => void;
  clear: () => void;
  menu: (row: TreeRow, at: Anchor) => void;
  drag: (row: TreeRow, x: number, y: number) => void;
}

export interface VirtualTreeProps {
  label: string;
  rows: TreeRow[];
  className?: string;
  /** Without actions the row with the focus is the selected one. */
  actions?: RowActions;
  /** Where the tree is scrolled to as soon as it has the rows for it. */
  offset?: number;
  onScrolled?: (offset: number) => void;
  /** Called with the last row in view, so that the next page can be loaded. */
  onSeen?: (lastIndex: number) => void;
  onHover?: (inside: boolean) => void;
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
  // The same function while the rows are the same: another one makes the virtualizer measure all rows again.
  const getItemKey = useCallback((index: number) => rows[index]?.id ?? index, [rows]);
  // eslint-disable-next-line react-hooks/incompatible-library -- we do not compile components
  const virtual = useVirtualizer({
    count: rows.length,
    estimateSize: index => rows[index]?.height ?? 24,
    getItemKey,
    getScrollElement: () => scroller.current,
    initialRect: { width: 300, height: 400 },
    overscan: 3,
    rangeExtractor,
    // Rows are there in the frame in which they come into view.
    useFlushSync: true
  });
  const heights = useMemo(() => rows.map(row => row.height).join(), [rows]);
  useEffect(() => virtual.measure(), [virtual, heights]);
  return { scroller, virtual };
}

/** Scroll to where it was, once there are enough rows; never after somebody has scrolled. The result says that somebody has. */
function useOffset(virtual: Virtualizer<HTMLDivElement, Element>, offset: number): () => void {
  const pending = useRef(true);
  const height = virtual.getTotalSize();
  useEffect(() => {
    const shown = virtual.scrollElement?.clientHeight ?? 0;
    if (pending.current && offset > 0 && height >= offset + shown) {
      pending.current = false;
      virtual.scrollToOffset(offset);
    }
  }, [virtual, offset, height]);
  return useCallback(() => {
    pending.current = false;
  }, []);
}

/** The row that had the focus last, and what tells where it belongs once that row is gone. */
interface Active {
  id: string;
  run: string | undefined;
  index: number;
}

/** Where the row with the focus is now: a run may have gone to another section, and a row may be gone. */
function indexOf(rows: TreeRow[], active: Active | null): number {
  if (!active) {
    return -1;
  }
  const same = rows.findIndex(row => row.id === active.id);
  if (same >= 0) {
    return same;
  }
  const moved = rows.findIndex(row => active.run && row.place?.run.run_id === active.run);
  return moved >= 0 ? moved : Math.min(active.index, rows.length - 1);
}

/** Which row has, or would get, the focus; and how to send it to another one. */
function useActive(rows: TreeRow[]) {
  const [active, setActive] = useState<Active | null>(null);
  const wantsFocus = useRef(false);
  const holdsFocus = useRef(false);
  const found = indexOf(rows, active);
  const { scroller, virtual } = useRows(rows, found);
  useEffect(() => {
    // A row that is taken away takes the focus with it, and tells nobody.
    const { activeElement, body } = document;
    holdsFocus.current &&= activeElement === body || !!scroller.current?.contains(activeElement);
    if (wantsFocus.current || (holdsFocus.current && activeElement === body)) {
      const target = scroller.current?.querySelector<HTMLElement>('[role=treeitem][tabindex="0"]');
      target?.focus({ preventScroll: true });
      wantsFocus.current &&= !target;
    }
  });
  const put = useCallback((row: TreeRow, index: number) => {
    setActive({ id: row.id, run: row.place?.run.run_id, index });
  }, []);
  const go = (index: number) => {
    const row = rows[index];
    if (row) {
      wantsFocus.current = true;
      put(row, index);
      virtual.scrollToIndex(index);
    }
  };
  const holds = useCallback((yes: boolean) => {
    holdsFocus.current = yes;
  }, []);
  return { at: Math.max(0, found), go, put, holds, scroller, virtual };
}

export function VirtualTree(props: VirtualTreeProps): JSX.Element {
  const { rows, actions, onSeen, onHover, onScrolled } = props;
  const { at, go, put, holds, scroller, virtual } = useActive(rows);
  const items = virtual.getVirtualItems();
  const last = items[items.length - 1]?.index ?? -1;
  useEffect(() => onSeen?.(last), [onSeen, last, rows.length]);
  const forgetOffset = useOffset(virtual, props.offset ?? 0);
  const onKeyDown = useKeys(rows, at, go, actions);
  const onPointerDown = useDragStart(actions?.drag);
  return (
    <div
      className={`jp-jr-tree ${props.className ?? ''}`}
      onMouseEnter={() => onHover?.(true)}
      onMouseLeave={() => onHover?.(false)}
      onScroll={event => onScrolled?.(event.currentTarget.scrollTop)}
      onWheel={forgetOffset}
      ref={scroller}
    >
      <div
        aria-label={props.label}
        aria-multiselectable={actions ? true : undefined}
        className="jp-jr-tree-rows"
        // A window that is left keeps its focus for the return.
        onBlur={() => document.hasFocus() && holds(false)}
        onFocus={() => holds(true)}
        onKeyDown={onKeyDown}
        role="tree"
        style={{ height: virtual.getTotalSize() }}
      >
        {items.map(({ index, start, size }) => {
          const row = rows[index];
          return (
            row && (
              <TreeItem
                actions={actions}
                active={index === at}
                height={size}
                key={row.id}
                index={index}
                onActive={put}
                onPointerDown={onPointerDown}
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

interface TreeItemProps {
  row: TreeRow;
  index: number;
  active: boolean;
  start: number;
  height: number;
  actions: RowActions | undefined;
  onActive: (row: TreeRow, index: number) => void;
  onPointerDown: (row: TreeRow, event: PointerEvent) => void;
}

function TreeItemView(props: TreeItemProps): JSX.Element {
  const { row, index, active, start, height, actions, onActive } = props;
  const onClick = (event: MouseEvent) => {
    if (row.place && onRowItself(event)) {
      const toggle = event.ctrlKey || event.metaKey;
      actions?.select(row, event.shiftKey ? 'range' : toggle ? 'toggle' : 'only');
    }
  };
  const onContextMenu = (event: MouseEvent) => {
    if (actions && row.place) {
      event.preventDefault();
      event.stopPropagation();
      actions.menu(row, { x: event.clientX, y: event.clientY });
    }
  };
  const { mark } = row;
  const marked = mark === 'selected' || mark === 'covered';
  // Headings of sections are not for selecting.
  const selected = actions ? (row.place ? marked : undefined) : active;
  return (
    <div
      aria-expanded={row.expanded ?? undefined}
      aria-level={row.level}
      aria-posinset={row.pos}
      aria-selected={selected}
      aria-setsize={row.size}
      className={`jp-jr-row ${row.className ?? ''}`}
      data-id={row.id}
      data-mark={mark ?? undefined}
      data-run={row.place?.run.run_id}
      onClick={onClick}
      onContextMenu={onContextMenu}
      onDoubleClick={event => onRowItself(event) && row.onOpen?.()}
      onFocus={() => onActive(row, index)}
      onPointerDown={event => props.onPointerDown(row, event)}
      role="treeitem"
      style={{ height, transform: `translateY(${start}px)` }}
      tabIndex={active ? 0 : -1}
    >
      {row.node()}
    </div>
  );
}

/** Drawn again only when its row is another one. */
const TreeItem = memo(
  TreeItemView,
  (old, now) =>
    now.row.stamp !== undefined &&
    old.row === now.row &&
    old.index === now.index &&
    old.active === now.active &&
    old.start === now.start &&
    old.height === now.height &&
    old.actions === now.actions &&
    old.onPointerDown === now.onPointerDown
);
