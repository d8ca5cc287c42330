// Which log is shown: that of the run, another text file of it, or that of a child.
import { JSX, useState } from 'react';
import { LOG_FILE, LogTarget, otherLogs, targetKey } from '../logsources';
import { useTrans } from '../trans';
import { useSignal } from './hooks';
import { TabProps, useFetched } from './tabs';

/** The files of a live run are looked at again now and then (seconds). */
const LOOK_AGAIN = 10;

export function useLogTarget({ run, source, api, now }: TabProps): {
  target: LogTarget;
  chooser: JSX.Element | null;
} {
  const trans = useTrans();
  const [picked, setPicked] = useState('');
  useSignal(source.branches.changed);
  const turn = run.is_final ? 'all' : Math.floor(now / LOOK_AGAIN);
  const { value } = useFetched(`${run.run_id}/${turn}`, () => api.files(run.workspace, run.run_id));
  const own: LogTarget = { run, file: null };
  const files = otherLogs(value?.files ?? []).map((file): LogTarget => ({ run, file }));
  const children = (source.branches.branch(run.run_id)?.runs ?? [])
    .filter(child => child.log_bytes > 0)
    .map((child): LogTarget => ({ run: child, file: null }));
  const targets = [own, ...files, ...children];
  const target = targets.find(one => targetKey(one) === picked) ?? own;
  if (targets.length === 1) {
    return { target, chooser: null };
  }
  const option = (one: LogTarget, label: string) => (
    <option key={targetKey(one)} value={targetKey(one)}>
      {label}
    </option>
  );
  const chooser = (
    <select
      aria-label={trans.__('Which log')}
      className="jp-jr-input jp-jr-logchooser"
      onChange={event => setPicked(event.target.value)}
      value={targetKey(target)}
    >
      {option(own, LOG_FILE)}
      {files.map(one => option(one, one.file?.name ?? ''))}
      {children.length > 0 && (
        <optgroup label={trans.__('Children')}>
          {children.map(one => option(one, `${one.run.name} · #${one.run.number}`))}
        </optgroup>
      )}
    </select>
  );
  return { target, chooser };
}
