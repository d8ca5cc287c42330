// Two texts compared line by line, one below the other or side by side; what did not change is folded.
import { useVirtualizer } from '@tanstack/react-virtual';
import { JSX, useEffect, useMemo, useRef, useState } from 'react';
import { messageOf } from '../api';
import { DiffLine, diffLines, DiffResult, DiffRow, diffRows, MAX_LINES } from '../difflines';
import { formatNumber } from '../format';
import type { Translate } from '../tokens';
import { useTrans } from '../trans';

const ROW = 17;

export interface DiffViewProps {
  left: string;
  right: string;
  leftTitle: string;
  rightTitle: string;
}

interface Compared {
  left: string;
  right: string;
  result: DiffResult | null;
  problem: string | null;
}

/** Null while the comparison is under way. */
function useDiff(left: string, right: string): Compared | null {
  const [done, setDone] = useState<Compared | null>(null);
  useEffect(() => {
    let gone = false;
    const show = (result: DiffResult | null, problem: string | null) =>
      !gone && setDone({ left, right, result, problem });
    diffLines(left, right).then(
      result => show(result, null),
      (error: unknown) => show(null, messageOf(error))
    );
    return () => {
      gone = true;
    };
  }, [left, right]);
  return done?.left === left && done.right === right ? done : null;
}

function sign(line: DiffLine | null): string {
  return line?.kind === 'removed' ? '−' : line?.kind === 'added' ? '+' : ' ';
}

/** A line with its sign; the word is for those who do not see the sign. */
function Text({ line, trans }: { line: DiffLine | null; trans: Translate }): JSX.Element {
  const kind = line?.kind ?? 'none';
  const word = { removed: trans.__('removed'), added: trans.__('added'), same: '', none: '' }[kind];
  return (
    <span className={`jp-jr-difftext jp-jr-diff-${kind}`} role="cell">
      {word && <span className="jp-jr-hidden">{word}: </span>}
      <span aria-hidden="true" className="jp-jr-sign">
        {sign(line)}
      </span>
      {line?.text}
    </span>
  );
}

const Count = ({ n }: { n: number | null | undefined }): JSX.Element => (
  <span className="jp-jr-lineno" role="cell">
    {n ?? ''}
  </span>
);

function Row(props: {
  row: DiffRow;
  beside: boolean;
  trans: Translate;
  unfold: (from: number) => void;
}): JSX.Element {
  const { row, beside, trans, unfold } = props;
  if ('from' in row) {
    return (
      <span className="jp-jr-fold" role="cell">
        <button className="jp-jr-link" onClick={() => unfold(row.from)}>
          {trans._n('Show %1 unchanged line', 'Show %1 unchanged lines', row.count)}
        </button>
      </span>
    );
  }
  const { left, right } = row;
  return beside ? (
    <>
      <Count n={left?.left} />
      <Text line={left} trans={trans} />
      <Count n={right?.right} />
      <Text line={right} trans={trans} />
    </>
  ) : (
    <>
      <Count n={left?.left} />
      <Count n={right?.right} />
      <Text line={left ?? right} trans={trans} />
    </>
  );
}

interface LinesProps {
  lines: DiffLine[];
  beside: boolean;
  label: string;
}

function Lines({ lines, beside, label }: LinesProps): JSX.Element {
  const trans = useTrans();
  const scroller = useRef<HTMLDivElement>(null);
  const [unfolded, setUnfolded] = useState<ReadonlySet<number>>(new Set());
  const rows = useMemo(() => diffRows(lines, beside, unfolded), [lines, beside, unfolded]);
  // eslint-disable-next-line react-hooks/incompatible-library -- we do not compile components
  const virtual = useVirtualizer({
    count: rows.length,
    estimateSize: () => ROW,
    getScrollElement: () => scroller.current,
    initialRect: { width: 300, height: 400 },
    overscan: 30,
    useFlushSync: false
  });
  useEffect(() => virtual.measure(), [virtual, rows]);
  return (
    <div className="jp-jr-difflines" ref={scroller} tabIndex={0}>
      <div
        aria-label={label}
        aria-rowcount={rows.length}
        className={beside ? 'jp-jr-beside' : 'jp-jr-unified'}
        role="table"
        style={{ height: virtual.getTotalSize(), position: 'relative' }}
      >
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          return (
            row && (
              <div
                aria-rowindex={index + 1}
                className="jp-jr-diffrow"
                data-index={index}
                key={index}
                ref={virtual.measureElement}
                role="row"
                style={{ transform: `translateY(${start}px)` }}
              >
                <Row
                  beside={beside}
                  row={row}
                  trans={trans}
                  unfold={from => setUnfolded(new Set([...unfolded, from]))}
                />
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}

function noteOf(result: DiffResult, isEqual: boolean, trans: Translate): string | null {
  if (result.isCut) {
    return trans.__('Only the first %1 lines are compared.', formatNumber(MAX_LINES));
  }
  if (result.isGivenUp) {
    return trans.__('The texts differ too much to be matched line by line.');
  }
  return !isEqual && result.removed + result.added === 0
    ? trans.__('Only the ends of lines differ.')
    : null;
}

function Head(props: {
  result: DiffResult;
  titles: [string, string];
  beside: boolean;
  onBeside: (beside: boolean) => void;
}): JSX.Element {
  const trans = useTrans();
  const { result, titles, beside, onBeside } = props;
  const choice = (text: string, value: boolean) => (
    <button
      aria-pressed={beside === value}
      className="jp-jr-button"
      onClick={() => onBeside(value)}
    >
      {text}
    </button>
  );
  return (
    <div className="jp-jr-tools jp-jr-diffhead">
      <span className="jp-jr-clip" title={titles[0]}>
        − {titles[0]}
      </span>
      <span className="jp-jr-clip" title={titles[1]}>
        + {titles[1]}
      </span>
      <span className="jp-jr-muted jp-jr-number">
        {trans._n('%1 line removed', '%1 lines removed', result.removed)},{' '}
        {trans._n('%1 added', '%1 added', result.added)}
      </span>
      <span className="jp-jr-space" />
      <span aria-label={trans.__('How differences are shown')} className="jp-jr-group" role="group">
        {choice(trans.__('Unified'), false)}
        {choice(trans.__('Side by side'), true)}
      </span>
    </div>
  );
}

export function DiffView(props: DiffViewProps): JSX.Element {
  const trans = useTrans();
  const { left, right, leftTitle, rightTitle } = props;
  const [beside, setBeside] = useState(false);
  const compared = useDiff(left, right);
  const label = trans.__('Differences of %1 and %2', leftTitle, rightTitle);
  if (!compared?.result) {
    return <div className="jp-jr-empty">{compared?.problem ?? trans.__('Comparing…')}</div>;
  }
  const { result } = compared;
  const note = noteOf(result, left === right, trans);
  const isSame = result.removed + result.added === 0;
  return (
    <section aria-label={label} className="jp-jr-diff">
      {!isSame && (
        <Head
          beside={beside}
          onBeside={setBeside}
          result={result}
          titles={[leftTitle, rightTitle]}
        />
      )}
      {note && <div className="jp-jr-empty">{note}</div>}
      {isSame && !note && (
        <div className="jp-jr-empty">
          {trans.__('No differences: %1 and %2 are the same.', leftTitle, rightTitle)}
        </div>
      )}
      {!isSame && <Lines beside={beside} label={label} lines={result.lines} />}
    </section>
  );
}
