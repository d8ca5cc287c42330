// What keys and the pointer mean in a tree.
import { KeyboardEvent, MouseEvent, PointerEvent, useCallback } from 'react';
import type { RowActions, TreeRow } from './VirtualTree';

/** So far the pointer moves before it drags. */
const DRAG = 6;

/** Whether a click was meant for the row and not for something in it that has a meaning of its own. */
export function onRowItself(event: MouseEvent | PointerEvent): boolean {
  return !(event.target as HTMLElement).closest('button, a, input, select, .jp-jr-caret');
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

/** Keys that do something with rows beside walking them: true when the key meant something. */
function act(event: KeyboardEvent, row: TreeRow, actions: RowActions): boolean {
  const { key, shiftKey } = event;
  const accel = event.ctrlKey || event.metaKey;
  if (accel && key.toLowerCase() === 'a') {
    actions.selectAll();
  } else if (key === 'Escape') {
    actions.clear();
  } else if (key === ' ' && row.place) {
    actions.select(row, shiftKey ? 'range' : 'toggle');
  } else if (key === 'ContextMenu' || (key === 'F10' && shiftKey)) {
    const element = event.target as HTMLElement;
    if (row.place) {
      actions.menu(row, element);
    } else {
      // The menu of a heading is behind its button.
      element.querySelector<HTMLElement>('[aria-haspopup="menu"]')?.click();
    }
  } else {
    return false;
  }
  return true;
}

/** Keys that walk, fold and open. */
function walk(event: KeyboardEvent, row: TreeRow, to: number | null, go: (to: number) => void) {
  const fold =
    (event.key === 'ArrowRight' && row.expanded === false) ||
    (event.key === 'ArrowLeft' && row.expanded === true) ||
    (event.key === ' ' && !row.place);
  if (fold) {
    row.onToggle?.();
  } else if (event.key === 'Enter') {
    (row.onOpen ?? row.onToggle)?.();
  } else if (to !== null) {
    go(to);
  } else {
    return false;
  }
  return true;
}

/** The keys of a tree. */
export function useKeys(
  rows: TreeRow[],
  at: number,
  go: (index: number) => void,
  actions: RowActions | undefined
): (event: KeyboardEvent) => void {
  return event => {
    const row = rows[at];
    const onRow = (event.target as HTMLElement).getAttribute('role') === 'treeitem';
    if (!row || !onRow || event.altKey) {
      return;
    }
    const plain = !event.ctrlKey && !event.metaKey;
    const to = nextIndex(rows, at, event.key);
    const meant =
      (actions && act(event, row, actions)) ||
      (plain && (!event.shiftKey || to !== null) && walk(event, row, to, go));
    if (!meant) {
      return;
    }
    const target = to === null ? undefined : rows[to];
    if (actions && event.shiftKey && target?.place) {
      actions.select(target, 'range');
    }
    event.preventDefault();
    event.stopPropagation();
  };
}

/** Starts a drag when the pressed pointer leaves its place. */
export function useDragStart(
  drag: RowActions['drag'] | undefined
): (row: TreeRow, event: PointerEvent) => void {
  return useCallback(
    (row, event) => {
      if (!drag || !row.place || event.button !== 0 || !onRowItself(event)) {
        return;
      }
      const { clientX, clientY } = event;
      const stop = () => {
        window.removeEventListener('pointermove', move, true);
        window.removeEventListener('pointerup', stop, true);
      };
      const move = (now: globalThis.PointerEvent) => {
        if (Math.hypot(now.clientX - clientX, now.clientY - clientY) >= DRAG) {
          stop();
          drag(row, now.clientX, now.clientY);
        }
      };
      window.addEventListener('pointermove', move, true);
      window.addEventListener('pointerup', stop, true);
    },
    [drag]
  );
}
