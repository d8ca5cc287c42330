// The Cancel button with its confirmation in place, and Force stop for a process that does not obey.
import { JSX, KeyboardEvent, useState } from 'react';
import type { RunData } from '../run';
import { scriptOf } from '../recorded';
import { activeChildren } from '../status';
import type { RunSource } from '../tokens';
import { useTrans } from '../trans';
import { StopGlyph } from './glyphs';
import type { Wish } from './hooks';

const YOUNG_SECONDS = 60;
const PATIENCE_SECONDS = 10;

interface ControlProps {
  run: RunData;
  source: RunSource;
  now: number;
  wish: Wish;
}

/** Whether a click on Cancel is asked back: not for a young run that has no children at work. */
export function needsConfirmation(run: RunData, now: number): boolean {
  return activeChildren(run) > 0 || now - (run.started_at ?? run.created_at) >= YOUNG_SECONDS;
}

/** "Cancel lr-sweep and 7 active children?" with its two answers; Esc keeps the run. */
export function ConfirmCancel(props: {
  run: RunData;
  onYes: () => void;
  onNo: () => void;
}): JSX.Element {
  const trans = useTrans();
  const n = activeChildren(props.run);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      props.onNo();
    }
  };
  const question =
    n > 0
      ? trans._n(
          'Cancel %2 and %1 active child?',
          'Cancel %2 and %1 active children?',
          n,
          props.run.name
        )
      : trans.__('Cancel %1?', props.run.name);
  return (
    <span className="jp-jr-confirm" onKeyDown={onKeyDown} role="group" aria-label={question}>
      <span className="jp-jr-question">{question}</span>
      <button autoFocus className="jp-jr-button jp-jr-danger" onClick={props.onYes}>
        {trans.__('Cancel run')}
      </button>
      <button className="jp-jr-button" onClick={props.onNo}>
        {trans.__('Keep running')}
      </button>
    </span>
  );
}

/** What the header offers to end the run, according to how far the wish has come. */
export function CancelControl(props: ControlProps): JSX.Element | null {
  const trans = useTrans();
  const { run, source, now, wish } = props;
  const [asking, setAsking] = useState(false);
  if (run.is_final || source.state.readOnly) {
    return null;
  }
  if (run.cancel_requested_at !== null) {
    const waited = now - run.cancel_requested_at;
    return waited >= PATIENCE_SECONDS ? <ForceStop {...props} /> : null;
  }
  const cancel = () => {
    setAsking(false);
    void wish(() => source.cancel());
  };
  if (asking) {
    return <ConfirmCancel run={run} onYes={cancel} onNo={() => setAsking(false)} />;
  }
  const asks = source.asksBeforeCancel !== false && needsConfirmation(run, now);
  const onClick = () => (asks ? setAsking(true) : cancel());
  return (
    <button
      aria-label={trans.__('Cancel run')}
      className="jp-jr-button jp-jr-danger"
      onClick={onClick}
    >
      <StopGlyph />
      {trans.__('Cancel')}
    </button>
  );
}

/** The end of a script that does not obey, after a question. */
function ForceScript({ onYes }: { onYes: () => void }): JSX.Element {
  const trans = useTrans();
  const [asking, setAsking] = useState(false);
  if (!asking) {
    return (
      <button className="jp-jr-button jp-jr-danger" onClick={() => setAsking(true)}>
        {trans.__('Force stop')}
      </button>
    );
  }
  const question = trans.__('Kill the script now? What it has not written is lost.');
  const close = () => setAsking(false);
  return (
    <span
      aria-label={question}
      className="jp-jr-confirm"
      onKeyDown={event => event.key === 'Escape' && close()}
      role="group"
    >
      <span className="jp-jr-question">{question}</span>
      <button
        className="jp-jr-button jp-jr-danger"
        onClick={() => {
          close();
          onYes();
        }}
      >
        {trans.__('Kill script')}
      </button>
      <button autoFocus className="jp-jr-button" onClick={close}>
        {trans.__('Keep waiting')}
      </button>
    </span>
  );
}

/** Ten seconds after the wish: why nothing happens, and what people may do about it by themselves. */
export function ForceStop({ run, source, wish }: ControlProps): JSX.Element | null {
  const trans = useTrans();
  const [step, setStep] = useState<'closed' | 'choose' | 'restart'>('closed');
  const kernelId = run.owner?.kernel_id ?? null;
  const kernels = source.kernels;
  const { api } = source;
  if (kernelId === null && api && scriptOf(run) !== null) {
    const kill = async () => void (await api.act(run.workspace, run.run_id, 'force-stop'));
    return <ForceScript onYes={() => void wish(kill)} />;
  }
  if (kernelId === null || !kernels) {
    return run.owner ? (
      <span className="jp-jr-muted">
        {trans.__('Waiting for process %1 on %2 to end.', run.owner.pid, run.owner.host)}
      </span>
    ) : null;
  }
  const act = (action: () => Promise<void>) => {
    setStep('closed');
    void wish(action);
  };
  const button = (text: string, onClick: () => void, danger = false, focus = false) => (
    <button
      autoFocus={focus}
      className={`jp-jr-button${danger ? ' jp-jr-danger' : ''}`}
      onClick={onClick}
    >
      {text}
    </button>
  );
  if (step === 'closed') {
    return button(trans.__('Force stop'), () => setStep('choose'), true);
  }
  const onKeyDown = (event: KeyboardEvent) => event.key === 'Escape' && setStep('closed');
  return (
    <span className="jp-jr-confirm" onKeyDown={onKeyDown} role="group">
      <span className="jp-jr-question">
        {step === 'choose'
          ? trans.__('The kernel is inside code that cannot be interrupted between two steps.')
          : trans.__('Restart the kernel? All its variables are lost.')}
      </span>
      {step === 'choose' ? (
        <>
          {button(
            trans.__('Interrupt kernel'),
            () => act(() => kernels.interrupt(kernelId)),
            false,
            true
          )}
          {button(trans.__('Restart kernel'), () => setStep('restart'), true)}
        </>
      ) : (
        button(trans.__('Restart kernel'), () => act(() => kernels.restart(kernelId)), true)
      )}
      {button(trans.__('Keep waiting'), () => setStep('closed'), false, step === 'restart')}
    </span>
  );
}
