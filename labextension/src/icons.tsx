// The icons of our own: stacked arcs for the sidebar, with a dot while runs are active, and one a status for tabs.
import { LabIcon } from '@jupyterlab/ui-components';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { StatusIcon } from './components/StatusIcon';
import type { ShownStatus } from './run';

const ARCS =
  '<path d="M3 12a9 9 0 0 1 18 0M6.5 16.5a6 6 0 0 1 11 0M10 20.5a2.5 2.5 0 0 1 4 0" fill="none"' +
  ' stroke-width="2.2" stroke-linecap="round" class="jp-jr-stroke" stroke="#616161"/>';

const svg = (body: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">${body}</svg>`;

export const runsIcon = new LabIcon({ name: 'jupyter-runs:runs', svgstr: svg(ARCS) });

export const runsActiveIcon = new LabIcon({
  name: 'jupyter-runs:runs-active',
  svgstr: svg(`${ARCS}<circle cx="19.5" cy="4.5" r="4" class="jp-icon-brand0" fill="#1976d2"/>`)
});

const stroke = 'fill="none" stroke-width="1.8" class="jp-jr-stroke" stroke="#616161"';

export const tableIcon = new LabIcon({
  name: 'jupyter-runs:table',
  svgstr: svg(`<path d="M4 5h16v14H4zM4 10h16M4 14.5h16M10 5v14" ${stroke}/>`)
});

export const compareIcon = new LabIcon({
  name: 'jupyter-runs:compare',
  svgstr: svg(`<path d="M5 4v16M12 4v16M19 4v16M5 8l7 8 7-9" ${stroke}/>`)
});

const tabIcons = new Map<ShownStatus, LabIcon>();

/** The shape of a status as the icon of a tab, drawn by the component that draws it everywhere. */
export function statusTabIcon(status: ShownStatus): LabIcon {
  let icon = tabIcons.get(status);
  if (!icon) {
    const host = document.createElement('div');
    const root = createRoot(host);
    flushSync(() => root.render(<StatusIcon status={status} />));
    const svgstr = host.innerHTML.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"');
    icon = new LabIcon({ name: `jupyter-runs:status-${status}`, svgstr });
    root.unmount();
    tabIcons.set(status, icon);
  }
  return icon;
}
