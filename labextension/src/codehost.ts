// What an application around the panels can do with code: colour it, and put it into a notebook. JupyterLab's plugin fills it in.
import type { ISignal } from '@lumino/signaling';

export interface CodeHost {
  /** The name of the notebook that a cell would go into; null when none is open. */
  notebookName(): string | null;
  /** Another notebook is in front, or none. */
  readonly changed: ISignal<unknown, unknown>;
  /** Put a cell below the active one of that notebook, and show it. */
  insertCell(text: string): void;
  /** Write a text with the colours of its language into an element, as elements and texts. */
  highlight(text: string, fileName: string, into: HTMLElement): Promise<void>;
}
