// The studio as a page of its own, for people without JupyterLab: the same plugins, in a shell that the page brings itself.
import '../style/page.css';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { EventManager, ServerConnection } from '@jupyterlab/services';
import { CommandRegistry } from '@lumino/commands';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import schema from '../schema/plugin.json';
import { CommandIds } from './commandids';
import { keepList } from './keptlist';
import { followAddress } from './page/history';
import { translatorFor } from './page/language';
import { Palette } from './page/palette';
import { PageShell } from './page/shell';
import { Tabs } from './page/tabs';
import { applyTheme, keptTheme } from './page/theme';
import { showToasts } from './page/toasts';
import { commandsPlugin } from './plugins/commands';
import { documentsPlugin } from './plugins/documents';
import { notificationsPlugin } from './plugins/notifications';
import { submitPlugin } from './plugins/submit';
import { tablesPlugin } from './plugins/tables';
import { Settings } from './settings';
import { createStudio, Studio } from './studio';
import type { Translate } from './tokens';
import { pageState } from './uistate';

function makeStudio(server: ServerConnection.ISettings, trans: Translate): Studio {
  return createStudio({
    server,
    events: new EventManager({ serverSettings: server }).stream,
    commands: new CommandRegistry(),
    state: pageState(localStorage),
    settings: new Settings(),
    trans
  });
}

/** What JupyterLab's application does for plugins, as far as those of the page need it. */
function addPlugins(studio: Studio, shell: PageShell): void {
  const { commands, trans } = studio;
  const app = { commands, shell } as unknown as JupyterFrontEnd;
  const palette = new Palette(studio);
  commands.addCommand(CommandIds.openPanel, {
    label: trans.__('Show Runs'),
    caption: trans.__('Show the list of runs'),
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => shell.activateList()
  });
  commandsPlugin.activate(app, studio, palette);
  // As in JupyterLab there is room for tabs side by side.
  documentsPlugin.activate(app, studio, shell, null, palette);
  tablesPlugin.activate(app, studio, shell, null, palette);
  submitPlugin.activate(app, studio, palette, null, null);
  notificationsPlugin.activate(app, studio);
  for (const { command, keys, selector } of schema['jupyter.lab.shortcuts']) {
    commands.addKeyBinding({ command, keys, selector });
  }
  document.addEventListener('keydown', event => commands.processKeydownEvent(event), true);
}

/** The title of the page: what is in front, and how many runs are at work. */
function followTitle({ list, trans }: Studio, shell: PageShell, tabs: Tabs): void {
  const retitle = () => {
    const n = list.activeTotal;
    const active = n > 0 ? trans._n('Runs — %1 active', 'Runs — %1 active', n) : trans.__('Runs');
    const label = shell.currentWidget?.title.label;
    document.title = label ? `${label} — ${active}` : active;
  };
  for (const signal of [list.changed, shell.changed, tabs.changed]) {
    signal.connect(retitle);
  }
}

async function start(): Promise<void> {
  const server = ServerConnection.makeSettings();
  const studio = makeStudio(server, await translatorFor(navigator.languages));
  const { commands, list, model, state } = studio;
  applyTheme(await keptTheme(state));
  document.body.classList.add('jp-ThemedContainer');
  const tabs = new Tabs(commands, pageState(sessionStorage));
  const shell = new PageShell(studio, tabs);
  addPlugins(studio, shell);
  showToasts(studio);
  window.addEventListener('resize', () =>
    MessageLoop.sendMessage(shell, Widget.ResizeMessage.UnknownSize)
  );
  Widget.attach(shell, document.body);
  await keepList(list, state, studio.settings);
  const workspace = new URLSearchParams(location.search).get('workspace');
  await list.start();
  if (workspace !== null && (await model.knows(workspace))) {
    list.setWorkspace(workspace);
  }
  await tabs.restore();
  followTitle(studio, shell, tabs);
  const root = `${new URL(server.baseUrl).pathname}jupyter-runs`;
  const own = () => model.status?.workspace ?? null;
  await followAddress({ commands, shell, tabs, root, own });
}

void start();
