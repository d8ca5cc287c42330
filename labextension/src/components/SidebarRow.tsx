// A run in the sidebar: one line, or two when there is more to say; buttons appear under the pointer and the focus.
import { createContext, JSX, useContext } from 'react';
import { elapsedOf, formatAgo, formatElapsed, keyMetric } from '../format';
import { scriptOf } from '../recorded';
import type { RunData } from '../run';
import type { Studio } from '../studio';
import { activeChildren, allChildren, statusWord } from '../status';
import type { Translate } from '../tokens';
import { ConfirmCancel } from './CancelControl';
import { orderedCounts, RowCaret } from './ChildTree';
import { cancelText, errorText, heartbeatText } from './Facts';
import { HighestGlyph, LowestGlyph, OpenGlyph, StopGlyph } from './glyphs';
import { ProgressBar } from './PanelHeader';
import { StatusCounts } from './StatusChip';
import { StatusIcon } from './StatusIcon';
import { TagChip } from './TagChip';
import { indent } from './treerows';

const ONE_LINE = 24;
const TWO_LINES = 42;
const CONFIRM = 64;
const SHOWN_TAGS = 2;

export interface SidebarRowProps {
  run: RunData;
  level: number;
  trans: Translate;
  /** The list is of one experiment: the number says more than the experiment's name. */
  numbered: boolean;
  /** One line, whatever there is to say. */
  compact: boolean;
  /** Metrics that are shown before all others. */
  pinned: readonly string[];
  unfolded: boolean;
  asking: boolean;
  problem: string | null;
  search: Studio['search'];
  onToggle: () => void;
  onOpen: () => void;
  onCancel: () => void;
  onAnswer: (yes: boolean) => void;
}

/** The server's time; only what shows time depends on it, not the whole row. */
export const NowContext = createContext(0);

/** What a second line would be made of. */
type Second = 'children' | 'problem' | 'error' | 'lost' | 'progress' | 'tags' | null;

/** The tags that somebody has given: not those by which children that were made together are numbered. */
function givenTags(run: RunData): [string, string | null][] {
  return Object.entries(run.tags).filter(([key]) => !key.startsWith('azureml.'));
}

function secondOf(run: RunData, problem: string | null): Second {
  if (problem !== null) {
    return 'problem';
  }
  if (run.shown_status === 'NotResponding') {
    return 'lost';
  }
  if (allChildren(run) > 0 && (!run.is_final || activeChildren(run) > 0)) {
    return 'children';
  }
  if (run.error) {
    return 'error';
  }
  if (!run.is_final && run.progress?.total) {
    return 'progress';
  }
  return givenTags(run).length > 0 ? 'tags' : null;
}

/** Height of the row in pixels; known before it is drawn, so that thousands need not be measured. */
export function sidebarRowHeight(
  run: RunData,
  asking: boolean,
  problem: string | null,
  compact: boolean
): number {
  if (asking) {
    return CONFIRM;
  }
  const second = secondOf(run, problem);
  return second === null || (compact && second !== 'problem') ? ONE_LINE : TWO_LINES;
}

function whenText(run: RunData, now: number, trans: Translate): string {
  if (run.shown_status === 'CancelRequested') {
    return trans.__('canceling…');
  }
  if (run.is_final) {
    return formatAgo(run.ended_at ?? run.created_at, now, trans);
  }
  const elapsed = elapsedOf(run, now);
  if (elapsed !== null) {
    return formatElapsed(elapsed);
  }
  return run.shown_status === 'Preparing' ? trans.__('starting') : trans.__('queued');
}

function When({ run, trans }: { run: RunData; trans: Translate }): JSX.Element {
  const now = useContext(NowContext);
  return <span className="jp-jr-when jp-jr-number">{whenText(run, now, trans)}</span>;
}

/** Since when nothing was heard of the run. */
function Lost({ run, trans }: { run: RunData; trans: Translate }): JSX.Element {
  const now = useContext(NowContext);
  return <>{heartbeatText(run, now, trans)}</>;
}

/** An arrow beside the key metric of a run at work that stands at its lowest or highest value so far. */
function Trend({ run, name }: { run: RunData; name: string }): JSX.Element | null {
  const metric = run.metrics[name];
  if (run.is_final || !metric || metric.count < 2 || metric.min === metric.max) {
    return null;
  }
  const { last, min, max } = metric;
  return last === min ? <LowestGlyph /> : last === max ? <HighestGlyph /> : null;
}

function Tags({ run, search }: SidebarRowProps): JSX.Element {
  const tags = givenTags(run);
  return (
    <>
      {tags.slice(0, SHOWN_TAGS).map(([key, value]) => (
        <TagChip bare key={key} name={key} search={search} value={value} />
      ))}
      {tags.length > SHOWN_TAGS && <span>+{tags.length - SHOWN_TAGS}</span>}
    </>
  );
}

function SecondLine(props: SidebarRowProps): JSX.Element | null {
  const { run, trans, problem, compact } = props;
  const second = secondOf(run, problem);
  const content = () => {
    switch (second) {
      case 'problem':
        return <span role="alert">{problem}</span>;
      case 'children':
        return (
          <>
            <StatusCounts counts={orderedCounts(run)} />
            <ProgressBar bare run={run} />
          </>
        );
      case 'lost':
        return <Lost run={run} trans={trans} />;
      case 'error':
        return errorText(run);
      case 'progress':
        return <ProgressBar bare run={run} />;
      default:
        return <Tags {...props} />;
    }
  };
  if (second === null || (compact && second !== 'problem')) {
    return null;
  }
  const wrong = second === 'error' || second === 'problem';
  return (
    <span
      className={`jp-jr-second${wrong ? ' jp-jr-wrong' : ''}`}
      title={wrong ? errorText(run) : undefined}
    >
      {content()}
    </span>
  );
}

function titleOf({ run, trans, pinned }: SidebarRowProps): string {
  const lines = [`${run.name} · ${run.experiment} · #${run.number}`];
  const canceled = run.shown_status === 'Canceled' ? cancelText(run, trans) : null;
  const script = scriptOf(run);
  if (script !== null) {
    lines.push(script === '' ? trans.__('Submitted script') : trans.__('Script %1', script));
  }
  const metric = keyMetric(run, pinned);
  if (metric) {
    lines.push(`${metric.name} ${metric.text}`);
  }
  lines.push([statusWord(run.shown_status, trans), canceled].filter(Boolean).join(' '));
  if (run.error) {
    lines.push(errorText(run));
  }
  if (run.description) {
    lines.push(run.description);
  }
  return lines.join('\n');
}

function RowButtons({ run, trans, onCancel, onOpen }: SidebarRowProps): JSX.Element {
  const cancelable = !run.is_final && run.cancel_requested_at === null;
  return (
    <span className="jp-jr-row-actions">
      {cancelable && (
        <button
          aria-label={trans.__('Cancel run %1', run.name)}
          className="jp-jr-icon-button jp-jr-tint-error"
          onClick={onCancel}
          title={trans.__('Cancel')}
        >
          <StopGlyph />
        </button>
      )}
      <button
        aria-label={trans.__('Open run %1', run.name)}
        className="jp-jr-icon-button"
        onClick={onOpen}
        title={trans.__('Open')}
      >
        <OpenGlyph />
      </button>
    </span>
  );
}

/** Why the row of a run that is out of listings is listed. */
function Mark({ run, trans }: { run: RunData; trans: Translate }): JSX.Element | null {
  if (run.deleted_at !== null) {
    return <span className="jp-jr-mark">{trans.__('in the bin')}</span>;
  }
  return run.archived_at === null ? null : (
    <span className="jp-jr-mark">{trans.__('archived')}</span>
  );
}

export function SidebarRow(props: SidebarRowProps): JSX.Element {
  const { run, level, trans } = props;
  // Level 1 are the sections.
  const style = { paddingLeft: indent(level - 1) };
  if (props.asking) {
    return (
      <div className="jp-jr-ask" style={style}>
        <ConfirmCancel
          onNo={() => props.onAnswer(false)}
          onYes={() => props.onAnswer(true)}
          run={run}
        />
      </div>
    );
  }
  const metric = keyMetric(run, props.pinned);
  // A child is of the experiment of its parent.
  const other = props.numbered || level > 2 ? '' : run.experiment;
  const away = run.archived_at !== null || run.deleted_at !== null;
  return (
    <div className={`jp-jr-item${away ? ' jp-jr-away' : ''}`} style={style} title={titleOf(props)}>
      <StatusIcon status={run.shown_status} />
      <span className="jp-jr-row-name">
        <span className="jp-jr-hidden">{statusWord(run.shown_status, trans)} </span>
        <RowCaret open={props.unfolded} run={run} toggle={props.onToggle} />
        {props.numbered && <span className="jp-jr-no">#{run.number} </span>}
        <span className="jp-jr-clip">{run.name}</span> <Mark run={run} trans={trans} />
        <span className="jp-jr-beside jp-jr-muted jp-jr-number">
          {metric && <span className="jp-jr-metric-name">{metric.name} </span>}
          {metric ? metric.text : other}
        </span>
        {metric && <Trend name={metric.name} run={run} />}
      </span>
      <When run={run} trans={trans} />
      <RowButtons {...props} />
      <SecondLine {...props} />
    </div>
  );
}
