// The studio as a page of its own, for people without JupyterLab: the same surfaces, in a frame that the page brings itself.
import '../style/page.css';
import { EventManager, ServerConnection } from '@jupyterlab/services';
import { CommandRegistry } from '@lumino/commands';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { CommandIds } from './commandids';
import { addCommands, RUN_ARGS, textArg } from './commands';
import { Frame } from './page/frame';
import { followAddress } from './page/history';
import type { Place } from './page/places';
import { Tabs } from './page/tabs';
import { applyTheme, keptTheme } from './page/theme';
import { RunDocument } from './rundoc';
import { Settings } from './settings';
import { LiveRunSource } from './source';
import { createStudio, Studio } from './studio';
import { english } from './trans';
import { pageState } from './uistate';

function makeDocument(studio: Studio, place: Place): Widget {
  const { run_id: runId, workspace } = place;
  return new RunDocument(new LiveRunSource({ ...studio, runId, workspace }), studio.trans);
}

function addPageCommands(studio: Studio, frame: Frame): void {
  const { commands, list, trans } = studio;
  commands.addCommand(CommandIds.openRun, {
    label: trans.__('Open Run'),
    caption: trans.__('Open a run in a tab; without an id the first active one'),
    describedBy: { args: RUN_ARGS },
    execute: args => {
      const id = textArg(args, 'run_id') ?? list.activeRuns[0]?.run_id;
      if (id) {
        const workspace = textArg(args, 'workspace') ?? list.workspace;
        frame.open({ kind: 'run', run_id: id, workspace });
      }
    }
  });
  commands.addCommand(CommandIds.openPanel, {
    label: trans.__('Show Runs'),
    caption: trans.__('Show the list of runs'),
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => frame.showList()
  });
}

/** The title of the page: what is in front, or how many runs are at work. */
function followTitle({ list, trans }: Studio, frame: Frame, tabs: Tabs): void {
  const retitle = () => {
    const n = list.activeTotal;
    const active = n > 0 ? trans._n('Runs — %1 active', 'Runs — %1 active', n) : trans.__('Runs');
    const label = frame.place && tabs.current?.title.label;
    document.title = label ? `${label} — ${active}` : active;
  };
  for (const signal of [list.changed, frame.changed, tabs.changed]) {
    signal.connect(retitle);
  }
}

async function start(): Promise<void> {
  const server = ServerConnection.makeSettings();
  const events = new EventManager({ serverSettings: server });
  const studio = createStudio({
    server,
    events: events.stream,
    commands: new CommandRegistry(),
    state: pageState(localStorage),
    settings: new Settings(),
    trans: english
  });
  applyTheme(await keptTheme(studio.state));
  document.body.classList.add('jp-ThemedContainer');
  const tabs = new Tabs(place => makeDocument(studio, place), pageState(sessionStorage));
  const frame = new Frame(studio, tabs);
  addCommands(studio);
  addPageCommands(studio, frame);
  document.addEventListener('keydown', event => studio.commands.processKeydownEvent(event), true);
  window.addEventListener('resize', () =>
    MessageLoop.sendMessage(frame, Widget.ResizeMessage.UnknownSize)
  );
  Widget.attach(frame, document.body);
  await studio.list.start();
  await tabs.restore();
  followTitle(studio, frame, tabs);
  const root = `${new URL(server.baseUrl).pathname}jupyter-runs`;
  followAddress(frame, tabs, { root, own: () => studio.model.status?.workspace ?? null });
}

void start();
