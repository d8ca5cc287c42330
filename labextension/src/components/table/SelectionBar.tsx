// What can be done with the runs that are selected in a table: commands, each with the reason why it cannot be used now.
import type { JSX } from 'react';
import { argsOf, CommandIds } from '../../commandids';
import type { RunSelection } from '../../tableselection';
import type { Studio } from '../../studio';
import { useTrans } from '../../trans';
import { useSignal } from '../hooks';

export function SelectionBar(props: {
  studio: Studio;
  selection: RunSelection;
}): JSX.Element | null {
  const { studio, selection } = props;
  const { commands } = studio;
  const trans = useTrans();
  useSignal(selection.changed);
  const { runs } = selection;
  if (runs.length === 0) {
    return null;
  }
  const args = argsOf(runs);
  const offers: [string, string][] = [
    [CommandIds.compare, trans.__('Compare')],
    [CommandIds.addTag, trans.__('Tag…')],
    [CommandIds.archive, trans.__('Archive')],
    [CommandIds.cancelRun, trans.__('Cancel')]
  ];
  return (
    <div aria-label={trans.__('Selected runs')} className="jp-jr-selection" role="toolbar">
      <span aria-live="polite">{trans._n('%1 selected', '%1 selected', runs.length)}</span>
      <button className="jp-jr-link" onClick={() => selection.clear()}>
        {trans.__('Clear')}
      </button>
      <span className="jp-jr-space" />
      {offers.map(
        ([id, label]) =>
          commands.hasCommand(id) && (
            <button
              className={`jp-jr-button${id === CommandIds.cancelRun ? ' jp-jr-danger' : ''}`}
              disabled={!commands.isEnabled(id, args)}
              key={id}
              onClick={() => void commands.execute(id, args)}
              title={commands.caption(id, args)}
            >
              {label}
            </button>
          )
      )}
    </div>
  );
}
