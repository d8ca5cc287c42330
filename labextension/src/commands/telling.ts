// What commands say when they are done, in passing: nothing that a person must answer.
import { Notification } from '@jupyterlab/apputils';
import { complain } from './dialogs';

const UNDO_MS = 8000;
const BRIEF_MS = 3000;

/** Say that something is done; nothing to be found in the notification centre later. */
export function tell(message: string): void {
  const id = Notification.emit(message, 'info', { autoClose: BRIEF_MS });
  setTimeout(() => Notification.dismiss(id), BRIEF_MS);
}

/** Say that something is done, and how to take it back. */
export function tellWithUndo(message: string, label: string, undo: () => Promise<unknown>): void {
  const callback = () => void undo().catch(error => complain(label, error));
  Notification.emit(message, 'info', { autoClose: UNDO_MS, actions: [{ label, callback }] });
}
