// What the sidebar says beside its rows: what is wrong, which workspace, and what to do where there are no rows.
import type { JSX } from 'react';
import { CommandIds } from '../commandids';
import { connectionText } from '../connection';
import type { RunList } from '../runlist';
import type { RunsModel } from '../runs';
import type { Studio } from '../studio';
import { useTrans } from '../trans';
import { useSignal } from './hooks';
import { NoMatch } from './NoMatch';
import { Prose } from './Prose';

/** Why the list may be old or cannot be shown at all. */
export function Trouble({
  model,
  error
}: {
  model: RunsModel;
  error: string | null;
}): JSX.Element | null {
  const trans = useTrans();
  let text = connectionText(model.connection, trans) ?? error;
  if (model.connection.state === 'missing') {
    text = trans.__(
      'Run list needs the jupyter_runs server extension. Run `%1` and restart.',
      'jupyter server extension enable jupyter_runs'
    );
  }
  return text === null ? null : (
    <div className="jp-jr-banner" role="note">
      <Prose text={text} />
    </div>
  );
}

export function WorkspaceChoice({ list }: { list: RunList }): JSX.Element | null {
  const trans = useTrans();
  const workspaces = list.model.status?.workspaces ?? [];
  if (workspaces.length < 2) {
    return null;
  }
  return (
    <label className="jp-jr-workspace">
      <span className="jp-jr-hidden">{trans.__('Workspace')}</span>
      <select
        className="jp-jr-input"
        onChange={event => list.setWorkspace(event.target.value)}
        title={workspaces.find(one => one.key === list.workspace)?.path}
        value={list.workspace ?? ''}
      >
        {workspaces.map(({ key, name, path }) => (
          <option key={key} title={path} value={key}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function NoRuns({ studio }: { studio: Studio }): JSX.Element {
  const trans = useTrans();
  useSignal(studio.commands.commandChanged);
  return (
    <div className="jp-jr-nothing">
      <p>
        <Prose
          text={trans.__(
            'No runs yet. Put `%1` at the top of a cell.',
            '%%run_experiment my-experiment'
          )}
        />
      </p>
      {studio.commands.hasCommand(CommandIds.submit) && (
        <button
          className="jp-jr-button"
          onClick={() => void studio.commands.execute(CommandIds.submit)}
        >
          {trans.__('Submit a script…')}
        </button>
      )}
    </div>
  );
}

/** What stands where rows would be when there are none. */
export function Nothing({ studio }: { studio: Studio }): JSX.Element | null {
  const trans = useTrans();
  const { list } = studio;
  if (list.error !== null || list.model.connection.state === 'missing') {
    return null;
  }
  if (!list.isReady) {
    return list.model.connection.state === 'live' ? (
      <div className="jp-jr-nothing">
        <p>{trans.__('Loading…')}</p>
      </div>
    ) : null;
  }
  return list.query === '' ? (
    <NoRuns studio={studio} />
  ) : (
    <NoMatch key={list.query} studio={studio} />
  );
}
