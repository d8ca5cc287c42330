// The first row of a panel: status, name, where it belongs, time, progress, and what can be done.
import { JSX, useRef, useState } from 'react';
import { elapsedOf, etaOf, formatElapsed, formatNumber, fractionOf, shortId } from '../format';
import type { RunData } from '../run';
import type { RunSource } from '../tokens';
import { useTrans } from '../trans';
import { CancelControl } from './CancelControl';
import { EditForm } from './EditForm';
import { CaretDownGlyph, CaretRightGlyph, ClockGlyph, EditGlyph, OpenGlyph } from './glyphs';
import type { Wish } from './hooks';
import { StatusChip } from './StatusChip';

export interface HeaderProps {
  run: RunData;
  source: RunSource;
  now: number;
  wish: Wish;
  expanded: boolean;
  /** Null where there is nothing to fold. */
  onToggle: (() => void) | null;
}

/** A bar with done/total; nothing when the run does not tell its progress. */
export function ProgressBar({ run, bare }: { run: RunData; bare?: boolean }): JSX.Element | null {
  const trans = useTrans();
  const fraction = fractionOf(run);
  if (fraction === null || run.progress === null) {
    return null;
  }
  const { done, total, message } = run.progress;
  const text = `${formatNumber(done)}/${formatNumber(total ?? 0)}`;
  return (
    <span className="jp-jr-progress" title={message ?? undefined}>
      <span
        aria-label={trans.__('Progress')}
        aria-valuemax={total ?? undefined}
        aria-valuemin={0}
        aria-valuenow={done}
        aria-valuetext={message ? `${text} ${message}` : text}
        className="jp-jr-bar"
        role="progressbar"
      >
        <i style={{ width: `${fraction * 100}%` }} />
      </span>
      <span className="jp-jr-number">{bare ? `${Math.round(fraction * 100)}%` : text}</span>
    </span>
  );
}

function Elapsed({ run, now }: { run: RunData; now: number }): JSX.Element | null {
  const trans = useTrans();
  const elapsed = elapsedOf(run, now);
  if (elapsed === null) {
    return null;
  }
  const eta = etaOf(run, now);
  return (
    <span className="jp-jr-elapsed jp-jr-number">
      <ClockGlyph />
      <span className="jp-jr-time" title={trans.__('Time since the start')}>
        {formatElapsed(elapsed, true)}
      </span>
      {eta !== null && <span> · {trans.__('ETA ~%1', formatElapsed(eta))}</span>}
    </span>
  );
}

function RunId({ id }: { id: string }): JSX.Element {
  const trans = useTrans();
  const [copied, setCopied] = useState(false);
  const copy = () => {
    void navigator.clipboard?.writeText(id).then(
      () => setCopied(true),
      () => undefined
    );
  };
  return (
    <button
      aria-label={trans.__('Copy run id %1', id)}
      className="jp-jr-link jp-jr-number"
      onBlur={() => setCopied(false)}
      onClick={copy}
      title={copied ? trans.__('Copied') : trans.__('%1 — click to copy', id)}
    >
      {copied ? trans.__('copied') : shortId(id)}
    </button>
  );
}

function Fold({ expanded, onToggle }: { expanded: boolean; onToggle: () => void }): JSX.Element {
  const trans = useTrans();
  return (
    <button
      aria-expanded={expanded}
      aria-label={expanded ? trans.__('Hide details') : trans.__('Show details')}
      className="jp-jr-icon-button"
      onClick={onToggle}
    >
      {expanded ? <CaretDownGlyph /> : <CaretRightGlyph />}
    </button>
  );
}

export function PanelHeader(props: HeaderProps): JSX.Element {
  const trans = useTrans();
  const { run, source, now, wish } = props;
  const [editing, setEditing] = useState(false);
  const pencil = useRef<HTMLButtonElement>(null);
  const done = () => {
    setEditing(false);
    pencil.current?.focus();
  };
  const editable = !source.state.readOnly;
  // In its own tab a run is open already.
  const open = props.onToggle && editable ? source.open : undefined;
  return (
    <div className="jp-jr-header">
      {props.onToggle && <Fold expanded={props.expanded} onToggle={props.onToggle} />}
      <StatusChip status={run.shown_status} />
      <span className="jp-jr-title">
        <b className="jp-jr-name" onDoubleClick={() => setEditing(editable)} title={run.name}>
          {run.name}
        </b>
        {editable && (
          <button
            aria-label={trans.__('Edit name and description')}
            className="jp-jr-icon-button jp-jr-quiet"
            onClick={() => setEditing(!editing)}
            ref={pencil}
            title={trans.__('Edit name and description')}
          >
            <EditGlyph />
          </button>
        )}
      </span>
      <span className="jp-jr-where">
        {run.experiment} · #{run.number} · <RunId id={run.run_id} />
      </span>
      <Elapsed run={run} now={now} />
      {!run.is_final && <ProgressBar run={run} />}
      <span className="jp-jr-actions">
        {open && (
          <button
            aria-label={trans.__('Open run')}
            className="jp-jr-button"
            onClick={() => open(run)}
          >
            {trans.__('Open')}
            <OpenGlyph />
          </button>
        )}
        <CancelControl run={run} source={source} now={now} wish={wish} />
      </span>
      {editing && <EditForm run={run} source={source} onDone={done} />}
    </div>
  );
}
