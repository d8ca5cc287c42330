// The item of the status bar: how many runs are active, and how many have failed while nobody looked.
import type { JSX } from 'react';
import type { Studio } from '../studio';
import { TransContext } from '../trans';
import { useSignal } from './hooks';
import { StatusIcon } from './StatusIcon';

export interface StatusItemProps {
  studio: Studio;
  onActive: () => void;
  onFailed: () => void;
}

export function StatusItem({ studio, onActive, onFailed }: StatusItemProps): JSX.Element {
  const { list, attention, trans } = studio;
  useSignal(list.changed);
  useSignal(attention.changed);
  const active = list.activeTotal;
  const failed = attention.unseen.length;
  return (
    <TransContext.Provider value={trans}>
      <span className="jp-jr jp-jr-statusitem">
        {active > 0 && (
          <button onClick={onActive} title={trans.__('Show the runs that have not ended')}>
            <StatusIcon status="Running" />
            {trans._n('%1 run', '%1 runs', active)}
          </button>
        )}
        {active > 0 && failed > 0 && <span aria-hidden="true">·</span>}
        {failed > 0 && (
          <button onClick={onFailed} title={trans.__('Show the runs that have failed')}>
            <StatusIcon status="Failed" />
            {trans._n('%1 failed', '%1 failed', failed)}
          </button>
        )}
      </span>
    </TransContext.Provider>
  );
}
