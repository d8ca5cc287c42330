// The bar on top of the page: the way back to the list where there is room for one of both only, and the theme.
import { JSX, useEffect, useState } from 'react';
import { useSignal } from '../components/hooks';
import { runsIcon } from '../icons';
import type { Studio } from '../studio';
import { TransContext, useTrans } from '../trans';
import { OPEN_PALETTE } from './palette';
import { keptTheme, setTheme, Theme, THEMES } from './theme';
import type { PageShell } from './shell';

function ThemeChoice({ studio }: { studio: Studio }): JSX.Element {
  const trans = useTrans();
  const [theme, pick] = useState<Theme>('system');
  useEffect(() => {
    void keptTheme(studio.state).then(pick);
  }, [studio]);
  const labels: Record<Theme, string> = {
    system: trans.__('System'),
    light: trans.__('Light'),
    dark: trans.__('Dark')
  };
  return (
    <label className="jp-jr-theme">
      <span aria-hidden>{trans.__('Theme')}</span>
      <select
        aria-label={trans.__('Theme')}
        className="jp-jr-input"
        onChange={event => {
          const chosen = THEMES.find(one => one === event.target.value) ?? 'system';
          pick(chosen);
          setTheme(chosen, studio.state);
        }}
        value={theme}
      >
        {THEMES.map(one => (
          <option key={one} value={one}>
            {labels[one]}
          </option>
        ))}
      </select>
    </label>
  );
}

function Bar({ studio, shell }: { studio: Studio; shell: PageShell }): JSX.Element {
  const trans = useTrans();
  useSignal(shell.changed);
  useSignal(studio.model.connectionChanged);
  const { status } = studio.model;
  const workspace = status?.workspaces.find(({ key }) => key === status.workspace);
  return (
    <>
      {shell.hidesList ? (
        <button className="jp-jr-button" onClick={() => shell.showList()}>
          {trans.__('All runs')}
        </button>
      ) : (
        <h1 className="jp-jr-brandname">
          <runsIcon.react tag="span" width="16px" />
          {trans.__('Runs')}
        </h1>
      )}
      <span className="jp-jr-muted jp-jr-clip" title={workspace?.path}>
        {workspace?.name}
      </span>
      <button
        className="jp-jr-button jp-jr-push"
        onClick={() => void studio.commands.execute(OPEN_PALETTE)}
      >
        {trans.__('Commands')}
      </button>
      <ThemeChoice studio={studio} />
    </>
  );
}

export function TopBar(props: { studio: Studio; shell: PageShell }): JSX.Element {
  return (
    <TransContext.Provider value={props.studio.trans}>
      <header className="jp-jr jp-jr-topbar">
        <Bar {...props} />
      </header>
    </TransContext.Provider>
  );
}
