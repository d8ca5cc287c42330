// Cancel what is still at work below a run, and let the run itself go on.
import { JSX, KeyboardEvent, useState } from 'react';
import type { RunsApi } from '../api';
import type { RunData } from '../run';
import { activeChildren } from '../status';
import type { RunSource } from '../tokens';
import { useTrans } from '../trans';
import { StopGlyph } from './glyphs';
import { useWish } from './hooks';

/** So many runs at most are canceled by one request. */
const BULK = 500;

/** The children that have not ended. The server lists those first. */
async function activeIds(api: RunsApi, run: RunData): Promise<string[]> {
  const ids: string[] = [];
  let page: string | null = null;
  do {
    const answer = await api.children(run.workspace, run.run_id, page);
    const active = answer.runs.filter(child => !child.is_final);
    ids.push(...active.map(child => child.run_id));
    page = active.length === answer.runs.length ? answer.next_page : null;
  } while (page !== null);
  return ids;
}

async function cancelAll(api: RunsApi, run: RunData): Promise<void> {
  const ids = await activeIds(api, run);
  for (let at = 0; at < ids.length; at += BULK) {
    const part = ids.slice(at, at + BULK);
    const { failed } = await api.bulk(run.workspace, 'cancel', part, { via: 'panel' });
    if (failed[0]) {
      throw new Error(failed[0].message);
    }
  }
}

export function CancelChildren(props: { run: RunData; source: RunSource }): JSX.Element | null {
  const trans = useTrans();
  const { run, source } = props;
  const { api } = source;
  const [asking, setAsking] = useState(false);
  const { error, busy, wish } = useWish();
  const n = activeChildren(run);
  if (!api || source.state.readOnly || (n === 0 && !error)) {
    return null;
  }
  const onYes = () => {
    setAsking(false);
    void wish(() => cancelAll(api, run));
  };
  const question = trans._n('Cancel %1 active child?', 'Cancel %1 active children?', n);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      setAsking(false);
    }
  };
  return (
    <>
      {error && (
        <span className="jp-jr-problem" role="alert">
          {error}
        </span>
      )}
      {asking ? (
        <span aria-label={question} className="jp-jr-confirm" onKeyDown={onKeyDown} role="group">
          <span className="jp-jr-question">{question}</span>
          <button autoFocus className="jp-jr-button jp-jr-danger" onClick={onYes}>
            {trans.__('Cancel children')}
          </button>
          <button className="jp-jr-button" onClick={() => setAsking(false)}>
            {trans.__('Keep running')}
          </button>
        </span>
      ) : (
        n > 0 && (
          <button
            className="jp-jr-button jp-jr-danger"
            disabled={busy}
            onClick={() => setAsking(true)}
          >
            <StopGlyph />
            {trans.__('Cancel active children')}
          </button>
        )
      )}
    </>
  );
}
