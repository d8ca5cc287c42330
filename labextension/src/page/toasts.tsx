// Shows what surfaces tell by JupyterLab's notifications, which has no place of its own here.
import { Notification } from '@jupyterlab/apputils';
import { JSX, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { useSignal } from '../components/hooks';
import type { Studio } from '../studio';
import { TransContext, useTrans } from '../trans';

const AUTO_MS = 5000;

/** When a toast goes by itself; null when it stays until it is closed. */
function lifetime({ options, type }: Notification.INotification): number | null {
  const { autoClose } = options;
  if (autoClose === false || type === 'in-progress') {
    return null;
  }
  return typeof autoClose === 'number' ? autoClose : AUTO_MS;
}

function Toast({ note }: { note: Notification.INotification }): JSX.Element {
  const trans = useTrans();
  const { id, message, type, options, modifiedAt } = note;
  const ms = lifetime(note);
  useEffect(() => {
    const timer = ms === null ? undefined : setTimeout(() => Notification.dismiss(id), ms);
    return () => clearTimeout(timer);
  }, [id, ms, modifiedAt]);
  return (
    <li className={`jp-jr-toast jp-jr-toast-${type}`}>
      <p>{message}</p>
      {options.progress !== undefined && (
        <progress aria-label={message} max={1} value={options.progress} />
      )}
      <span className="jp-jr-toast-actions">
        {options.actions?.map(({ label, callback }) => (
          <button
            className="jp-jr-button"
            key={label}
            onClick={event => {
              callback(event.nativeEvent);
              if (!event.isDefaultPrevented()) {
                Notification.dismiss(id);
              }
            }}
          >
            {label}
          </button>
        ))}
        <button className="jp-jr-button" onClick={() => Notification.dismiss(id)}>
          {trans.__('Close')}
        </button>
      </span>
    </li>
  );
}

function Toasts(): JSX.Element {
  const trans = useTrans();
  useSignal(Notification.manager.changed);
  // Without a time they are for a list of all notifications, which there is not.
  const shown = Notification.manager.notifications.filter(note => note.options.autoClose !== 0);
  return (
    <section aria-label={trans.__('Notifications')} aria-live="polite" className="jp-jr">
      <ul className="jp-jr-toasts">
        {shown.map(note => (
          <Toast key={note.id} note={note} />
        ))}
      </ul>
    </section>
  );
}

export function showToasts({ trans }: Studio): void {
  const host = document.createElement('div');
  document.body.append(host);
  createRoot(host).render(
    <TransContext.Provider value={trans}>
      <Toasts />
    </TransContext.Provider>
  );
}
