// Menus that belong to no menu bar: entries in, an open Lumino menu out. They look and behave alike in JupyterLab and elsewhere.
import { MenuSvg } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { Menu } from '@lumino/widgets';

export type MenuEntry =
  | 'line'
  | { label: string; run: () => unknown; enabled?: boolean; checked?: boolean }
  | { label: string; entries: MenuEntry[] };

/** Where a menu opens: below an element, or at a point of the page. */
export type Anchor = HTMLElement | { x: number; y: number };

/** The entry of a command with its own label; null when the command is not there or does not want to be seen. */
export function commandEntry(
  commands: CommandRegistry,
  id: string,
  args: ReadonlyPartialJSONObject
): MenuEntry | null {
  if (!commands.hasCommand(id) || !commands.isVisible(id, args)) {
    return null;
  }
  const enabled = commands.isEnabled(id, args);
  return { label: commands.label(id, args), run: () => commands.execute(id, args), enabled };
}

/** Entries without those that are not there, and without lines that would divide nothing. */
export function entriesOf(...entries: (MenuEntry | null)[]): MenuEntry[] {
  const there = entries.filter(entry => entry !== null);
  return there.filter((entry, i) => {
    const before = there.slice(0, i).reverse();
    const above = before.find(one => one !== 'line');
    const below = there.slice(i + 1).some(one => one !== 'line');
    return entry !== 'line' || (above !== undefined && below && there[i - 1] !== 'line');
  });
}

/** Open a menu. When it closes, the focus goes back to where it was. */
export function openMenu(entries: MenuEntry[], anchor: Anchor, closed?: () => void): Menu {
  const before = document.activeElement;
  const menu = menuOf(entries, new CommandRegistry());
  menu.aboutToClose.connect(() => {
    // Before a command runs: a dialog that it opens takes the focus and gives it back.
    if (before instanceof HTMLElement && before.isConnected) {
      before.focus({ preventScroll: true });
    }
    closed?.();
    // The menu is not done with itself yet.
    setTimeout(() => menu.dispose());
  });
  const { x, y } = anchor instanceof HTMLElement ? below(anchor) : anchor;
  menu.open(x, y);
  return menu;
}

function below(element: HTMLElement): { x: number; y: number } {
  const { left, bottom } = element.getBoundingClientRect();
  return { x: left, y: bottom };
}

/** Lumino gives what opens a submenu no role, and lets the focus go to lines. */
class Renderer extends MenuSvg.Renderer {
  override createItemARIA(data: Menu.IRenderData): ReturnType<MenuSvg.Renderer['createItemARIA']> {
    return { role: 'menuitem', ...super.createItemARIA(data) };
  }

  override renderItem(data: Menu.IRenderData): ReturnType<MenuSvg.Renderer['renderItem']> {
    const item = super.renderItem(data);
    if (data.item.type === 'separator') {
      delete (item.attrs as { tabindex?: string }).tabindex;
    }
    return item;
  }
}

const renderer = new Renderer();

function menuOf(entries: MenuEntry[], commands: CommandRegistry): Menu {
  const menu = new MenuSvg({ commands, renderer });
  menu.addClass('jp-jr-menu');
  for (const entry of entries) {
    if (entry === 'line') {
      menu.addItem({ type: 'separator' });
    } else if ('entries' in entry) {
      const submenu = menuOf(entry.entries, commands);
      submenu.title.label = entry.label;
      menu.addItem({ type: 'submenu', submenu });
    } else {
      const command = `entry-${commands.listCommands().length}`;
      const { label, run, enabled = true, checked } = entry;
      commands.addCommand(command, {
        label,
        execute: () => void run(),
        isEnabled: () => enabled,
        isToggleable: checked !== undefined,
        isToggled: () => checked === true
      });
      menu.addItem({ command });
    }
  }
  return menu;
}
