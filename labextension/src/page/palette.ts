// The palette of commands, as in JupyterLab: Ctrl+Shift+C, or the button in the bar.
import { ICommandPalette, IPaletteItem, ModalCommandPalette } from '@jupyterlab/apputils';
import { CommandPaletteSvg } from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';
import { CommandPalette } from '@lumino/widgets';
import type { Studio } from '../studio';

export const OPEN_PALETTE = 'jupyter-runs:command-palette';

export class Palette implements ICommandPalette {
  constructor({ commands, trans }: Studio) {
    this._palette = new CommandPalette({
      commands,
      renderer: CommandPaletteSvg.defaultRenderer
    });
    this._palette.id = 'jupyter-runs-palette';
    this._palette.title.label = trans.__('Commands');
    this.placeholder = trans.__('Search commands');
    const restore = () => this._before?.focus({ preventScroll: true });
    this._modal = new ModalCommandPalette({ commandPalette: this._palette, restore });
    this._modal.attach();
    commands.addCommand(OPEN_PALETTE, {
      label: trans.__('Commands'),
      caption: trans.__('Search in everything that can be done'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => this.activate()
    });
    commands.addKeyBinding({ command: OPEN_PALETTE, keys: ['Accel Shift C'], selector: 'body' });
  }

  get placeholder(): string {
    return this._palette.inputNode.placeholder;
  }

  set placeholder(text: string) {
    this._palette.inputNode.placeholder = text;
    this._palette.inputNode.setAttribute('aria-label', text);
  }

  activate(): void {
    this._before = document.activeElement as HTMLElement | null;
    this._modal.activate();
  }

  addItem(options: IPaletteItem): IDisposable {
    const item = this._palette.addItem(options);
    return new DisposableDelegate(() => this._palette.removeItem(item));
  }

  private _before: HTMLElement | null = null;
  private readonly _modal: ModalCommandPalette;
  private readonly _palette: CommandPalette;
}
