// Tells of ends by JupyterLab's notifications: one for a root run, in one page of the browser.
import { Notification } from '@jupyterlab/apputils';
import { claim } from './claim';
import { CommandIds } from './commandids';
import { showFailures } from './filtered';
import { loudnessOf, messageFor, summaryOf } from './notices';
import type { RunData } from './run';
import type { Studio } from './studio';

/** More pops than this at once become one. */
const AT_ONCE = 3;
/** A page that shows a run claims its end first: the others wait for so long. */
const COURTESY_MS = 300;
const POP_MS = 10_000;

function isMine(studio: Studio, run: RunData): boolean {
  return studio.model.api.canceled.has(run.run_id) || run.cancel_via === 'interrupt';
}

function actionsFor(studio: Studio, run: RunData): Notification.IAction[] {
  const { trans, commands, attention } = studio;
  const args = { run_id: run.run_id, workspace: run.workspace };
  const open = (command: string) => () => {
    attention.markSeen(run);
    void commands.execute(command, args);
  };
  const actions: Notification.IAction[] = [
    { label: trans.__('Open'), callback: open(CommandIds.openRun), displayType: 'accent' }
  ];
  if (run.error && commands.hasCommand(CommandIds.openLog)) {
    actions.push({ label: trans.__('Show error'), callback: open(CommandIds.openLog) });
  }
  return actions;
}

function notify(studio: Studio, run: RunData, isPopping: boolean): void {
  const { trans } = studio;
  const message = messageFor(run, trans);
  const actions = actionsFor(studio, run);
  if (run.status === 'Failed') {
    // Stays until somebody has seen it.
    Notification.emit(message, 'error', { autoClose: false, actions });
  } else {
    const type = run.status === 'Completed' ? 'success' : 'info';
    Notification.emit(message, type, { autoClose: isPopping ? POP_MS : 0, actions });
  }
}

async function tell(studio: Studio, runs: readonly RunData[]): Promise<void> {
  const { attention, settings, trans } = studio;
  const judge = (run: RunData) => {
    const how = { isSeen: attention.isSeen(run), isMine: isMine(studio, run) };
    return { run, loudness: loudnessOf(run, settings.composite.notifications, how), ...how };
  };
  const judged = runs.map(judge);
  const seen = judged.filter(one => one.isSeen).map(({ run }) => run.run_id);
  await claim(seen);
  const news = judged.filter(one => one.loudness !== null);
  if (news.length === 0) {
    return;
  }
  await new Promise(resolve => setTimeout(resolve, COURTESY_MS));
  const mine = new Set(await claim(news.map(({ run }) => run.run_id)));
  const told = news.filter(({ run }) => mine.has(run.run_id));
  const pops = told.filter(one => one.loudness === 'pop').map(({ run }) => run);
  const isCrowd = pops.length > AT_ONCE;
  if (isCrowd) {
    const anyFailed = pops.some(run => run.status === 'Failed');
    const actions = [{ label: trans.__('Show'), callback: () => showFailures(studio) }];
    const options = { autoClose: anyFailed ? (false as const) : POP_MS, actions };
    Notification.emit(summaryOf(pops, trans), anyFailed ? 'error' : 'success', options);
  }
  for (const { run, loudness } of told) {
    if (!isCrowd || loudness !== 'pop') {
      notify(studio, run, loudness === 'pop');
    }
  }
}

/** From now on ends are told, by the rules of the settings. */
export function startNotifying(studio: Studio): void {
  studio.attention.ended.connect((_, runs) => void tell(studio, runs));
}
