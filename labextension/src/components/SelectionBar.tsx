// What can be done with the selected runs; at the bottom of the sidebar, only while runs are selected.
import type { JSX } from 'react';
import { argsOf, CommandIds } from '../commandids';
import type { RunData } from '../run';
import { isActive } from '../status';
import type { Studio } from '../studio';
import { useTrans } from '../trans';
import { CloseGlyph } from './glyphs';
import { useSignal } from './hooks';

function Action(props: {
  studio: Studio;
  id: string;
  runs: readonly RunData[];
  least?: number;
  text: string;
  danger?: boolean;
}): JSX.Element {
  const { commands } = props.studio;
  const args = argsOf(props.runs);
  const enabled =
    props.runs.length >= (props.least ?? 1) &&
    commands.hasCommand(props.id) &&
    commands.isEnabled(props.id, args);
  return (
    <button
      className={`jp-jr-button${props.danger ? ' jp-jr-danger' : ''}`}
      disabled={!enabled}
      onClick={() => void commands.execute(props.id, args)}
    >
      {props.text}
    </button>
  );
}

function Actions({ studio, runs }: { studio: Studio; runs: readonly RunData[] }): JSX.Element {
  const trans = useTrans();
  // Commands may come later than the sidebar, and be enabled only at times.
  useSignal(studio.commands.commandChanged);
  const archived = runs.every(run => run.archived_at !== null);
  const listed = runs.filter(run => run.archived_at === null);
  return (
    <div className="jp-jr-selection" role="toolbar" aria-label={trans.__('Selected runs')}>
      <span className="jp-jr-selection-count" role="status">
        {trans._n('%1 selected', '%1 selected', runs.length)}
      </span>
      <button
        aria-label={trans.__('Clear selection')}
        className="jp-jr-icon-button"
        onClick={() => studio.list.selection.clear()}
        title={trans.__('Clear selection')}
      >
        <CloseGlyph />
      </button>
      <span className="jp-jr-selection-actions">
        <Action
          id={CommandIds.compare}
          least={2}
          runs={runs}
          studio={studio}
          text={trans.__('Compare')}
        />
        <Action id={CommandIds.addTag} runs={runs} studio={studio} text={trans.__('Tag')} />
        {archived ? (
          <Action
            id={CommandIds.reactivate}
            runs={runs}
            studio={studio}
            text={trans.__('Reactivate')}
          />
        ) : (
          <Action
            id={CommandIds.archive}
            runs={listed}
            studio={studio}
            text={trans.__('Archive')}
          />
        )}
        <Action
          danger
          id={CommandIds.cancelRun}
          runs={runs.filter(isActive)}
          studio={studio}
          text={trans.__('Cancel')}
        />
      </span>
    </div>
  );
}

export function SelectionBar({ studio }: { studio: Studio }): JSX.Element | null {
  const { selection } = studio.list;
  useSignal(selection.changed);
  return selection.runs.length === 0 ? null : <Actions runs={selection.runs} studio={studio} />;
}
