// The facts of some runs: those that differ, the others folded; few runs are columns, many are rows.
import { JSX, useState } from 'react';
import { cellText, columnLabel } from '../../columns';
import { Fact, factsOf, guessDirection, MAX_TRANSPOSED, SectionId, Which } from '../../comparison';
import { asNumber } from '../../format';
import type { RunData } from '../../run';
import { statusWord } from '../../status';
import type { Translate } from '../../tokens';
import { useTrans } from '../../trans';
import { CaretDownGlyph, CaretRightGlyph } from '../glyphs';
import { StatusIcon } from '../StatusIcon';
import type { CompareTabProps } from './CompareView';

const SECTIONS: readonly SectionId[] = ['params', 'metrics', 'tags', 'properties', 'run'];

function sectionTitle(id: SectionId, trans: Translate): string {
  return {
    params: trans.__('Params'),
    metrics: trans.__('Metrics'),
    tags: trans.__('Tags'),
    properties: trans.__('Properties and environment'),
    run: trans.__('Run')
  }[id];
}

/** "12 params equal". */
function equalText(id: SectionId, n: number, trans: Translate): string {
  switch (id) {
    case 'params':
      return trans._n('%1 param equal', '%1 params equal', n);
    case 'metrics':
      return trans._n('%1 metric equal', '%1 metrics equal', n);
    case 'tags':
      return trans._n('%1 tag equal', '%1 tags equal', n);
    case 'properties':
      return trans._n('%1 property equal', '%1 properties equal', n);
    default:
      return trans._n('%1 fact equal', '%1 facts equal', n);
  }
}

function Value(props: { run: RunData; fact: Fact; at: number; now: number }): JSX.Element {
  const { run, fact, at, now } = props;
  const trans = useTrans();
  const text = cellText(run, fact.column, now, trans);
  if (text === '') {
    return <span className="jp-jr-muted">–</span>;
  }
  if (fact.column.kind === 'status') {
    return (
      <span className="jp-jr-count">
        <StatusIcon status={run.shown_status} />
        {text}
      </span>
    );
  }
  return fact.best.includes(at) ? (
    <b title={trans.__('Best')}>
      <span aria-hidden="true">▲ </span>
      <span className="jp-jr-hidden">{trans.__('Best')} </span>
      {text}
    </b>
  ) : (
    <>{text}</>
  );
}

function RunHead({ run, open }: { run: RunData; open: () => void }): JSX.Element {
  const trans = useTrans();
  return (
    <button
      className="jp-jr-link jp-jr-compare-run"
      onClick={open}
      title={`${run.name} · ${run.experiment} · #${run.number}`}
    >
      <StatusIcon status={run.shown_status} />
      <span className="jp-jr-hidden">{statusWord(run.shown_status, trans)} </span>
      <span className="jp-jr-clip">{run.name}</span>
      <span className="jp-jr-muted jp-jr-number">#{run.number}</span>
    </button>
  );
}

/** Which way is better; a click turns it around. */
function DirectionButton({ fact, ...props }: CompareTabProps & { fact: Fact }): JSX.Element {
  const trans = useTrans();
  const { choice, change } = props;
  const name = fact.column.key;
  const direction = choice.directions[name] ?? guessDirection(name);
  const other = direction === 'min' ? 'max' : 'min';
  const label =
    direction === 'min'
      ? trans.__('%1: less is better', name)
      : trans.__('%1: more is better', name);
  return (
    <button
      aria-label={label}
      className="jp-jr-link jp-jr-direction jp-jr-muted"
      onClick={() => change({ directions: { ...choice.directions, [name]: other } })}
      title={label}
    >
      {direction === 'min' ? trans.__('min') : trans.__('max')}
    </button>
  );
}

function Label(props: CompareTabProps & { fact: Fact }): JSX.Element {
  const trans = useTrans();
  const { fact } = props;
  const label = columnLabel(fact.column, trans);
  return (
    <span className="jp-jr-fact">
      <span className="jp-jr-clip" title={label}>
        {label}
      </span>
      {fact.section === 'metrics' && fact.values.some(value => asNumber(value) !== null) && (
        <DirectionButton {...props} />
      )}
    </span>
  );
}

interface PartProps extends CompareTabProps {
  facts: readonly Fact[];
  /** Sections whose equal facts are shown, too. */
  unfolded: ReadonlySet<SectionId>;
  onFold: (id: SectionId) => void;
}

function isShown({ unfolded, choice }: PartProps, { differs, section }: Fact): boolean {
  return differs || !choice.differing || unfolded.has(section);
}

function EqualButton(props: PartProps & { id: SectionId }): JSX.Element | null {
  const trans = useTrans();
  const { facts, unfolded, onFold, id, choice } = props;
  const equal = facts.filter(fact => fact.section === id && !fact.differs).length;
  if (equal === 0 || !choice.differing) {
    return null;
  }
  const open = unfolded.has(id);
  return (
    <button aria-expanded={open} className="jp-jr-link jp-jr-equal" onClick={() => onFold(id)}>
      {equalText(id, equal, trans)}
      {open ? <CaretDownGlyph /> : <CaretRightGlyph />}
    </button>
  );
}

/** Runs are columns. */
function Transposed(props: PartProps): JSX.Element {
  const trans = useTrans();
  const { facts, runs, now, studio } = props;
  const sections = SECTIONS.filter(id => facts.some(fact => fact.section === id));
  return (
    <table aria-label={trans.__('Comparison')} className="jp-jr-compare-table">
      <thead>
        <tr>
          <td />
          {runs.map(run => (
            <th key={run.run_id} scope="col">
              <RunHead open={() => studio.open(run)} run={run} />
            </th>
          ))}
        </tr>
      </thead>
      {sections.map(id => (
        <tbody key={id}>
          <tr className="jp-jr-compare-section">
            <th colSpan={runs.length + 1} scope="rowgroup">
              <span>
                {sectionTitle(id, trans)} <EqualButton {...props} id={id} />
              </span>
            </th>
          </tr>
          {facts
            .filter(fact => fact.section === id && isShown(props, fact))
            .map(fact => (
              <tr className={fact.differs ? '' : 'jp-jr-muted'} key={fact.column.id}>
                <th scope="row">
                  <Label {...props} fact={fact} />
                </th>
                {runs.map((run, at) => (
                  <td key={run.run_id}>
                    <Value at={at} fact={fact} now={now} run={run} />
                  </td>
                ))}
              </tr>
            ))}
        </tbody>
      ))}
    </table>
  );
}

interface Order {
  id: string;
  down: boolean;
}

function SortHead(
  props: PartProps & { fact: Fact; order: Order | null; onOrder: (order: Order) => void }
): JSX.Element {
  const trans = useTrans();
  const { fact, order, onOrder } = props;
  const { id } = fact.column;
  const label = columnLabel(fact.column, trans);
  return (
    <th aria-sort={order ? (order.down ? 'descending' : 'ascending') : 'none'} scope="col">
      <span className="jp-jr-fact">
        <button
          className="jp-jr-link jp-jr-clip"
          onClick={() => onOrder({ id, down: order ? !order.down : false })}
          title={label}
        >
          {label}
          {order && <span aria-hidden="true">{order.down ? ' ▼' : ' ▲'}</span>}
        </button>
        {fact.section === 'metrics' && <DirectionButton {...props} fact={fact} />}
      </span>
    </th>
  );
}

/** Runs are rows; a click on a head sorts by it. */
function Many(props: PartProps): JSX.Element {
  const trans = useTrans();
  const { facts, runs, now, studio } = props;
  const [order, setOrder] = useState<Order | null>(null);
  const shown = facts.filter(fact => isShown(props, fact));
  const by = shown.find(fact => fact.column.id === order?.id);
  const places = runs.map((_, at) => at);
  if (by) {
    places.sort((a, b) => compareValues(by.values[a], by.values[b]) * (order?.down ? -1 : 1));
  }
  return (
    <>
      <div className="jp-jr-equals">
        {SECTIONS.map(id => (
          <EqualButton {...props} id={id} key={id} />
        ))}
      </div>
      <table aria-label={trans.__('Comparison')} className="jp-jr-compare-table">
        <thead>
          <tr>
            <th scope="col">{trans.__('Name')}</th>
            {shown.map(fact => (
              <SortHead
                {...props}
                fact={fact}
                key={fact.column.id}
                onOrder={setOrder}
                order={order?.id === fact.column.id ? order : null}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {places.map(at => {
            const run = runs[at];
            return (
              run && (
                <tr key={run.run_id}>
                  <th scope="row">
                    <RunHead open={() => studio.open(run)} run={run} />
                  </th>
                  {shown.map(fact => (
                    <td key={fact.column.id}>
                      <Value at={at} fact={fact} now={now} run={run} />
                    </td>
                  ))}
                </tr>
              )
            );
          })}
        </tbody>
      </table>
    </>
  );
}

/** Numbers by size, then texts, then what is not there. */
export function compareValues(a: unknown, b: unknown): number {
  const rank = (value: unknown) =>
    value === undefined || value === null ? 2 : Number.isNaN(Number(value)) ? 1 : 0;
  if (rank(a) !== rank(b)) {
    return rank(a) - rank(b);
  }
  return rank(a) === 0
    ? Number(a) - Number(b)
    : String(a).localeCompare(String(b), undefined, { numeric: true });
}

export function CompareTable(props: CompareTabProps): JSX.Element {
  const trans = useTrans();
  const { runs, choice, change, now } = props;
  const [unfolded, setUnfolded] = useState<ReadonlySet<SectionId>>(new Set());
  const facts = factsOf(runs, { which: choice.which, directions: choice.directions, now });
  const onFold = (id: SectionId) => {
    const next = new Set(unfolded);
    if (!next.delete(id)) {
      next.add(id);
    }
    setUnfolded(next);
  };
  const part = { ...props, facts, unfolded, onFold };
  const hasMetrics = facts.some(({ section }) => section === 'metrics');
  return (
    <>
      <div className="jp-jr-tools">
        <label>
          <input
            checked={choice.differing}
            onChange={event => change({ differing: event.target.checked })}
            type="checkbox"
          />
          {trans.__('Only what differs')}
        </label>
        {hasMetrics && <WhichChoice onChange={which => change({ which })} which={choice.which} />}
      </div>
      <div
        className="jp-jr-compare-scroll"
        role="group"
        tabIndex={0}
        aria-label={trans.__('Table')}
      >
        {runs.length > MAX_TRANSPOSED ? <Many {...part} /> : <Transposed {...part} />}
      </div>
    </>
  );
}

export function WhichChoice(props: {
  which: Which;
  onChange: (which: Which) => void;
}): JSX.Element {
  const trans = useTrans();
  return (
    <label>
      {trans.__('Metrics')}{' '}
      <select
        className="jp-jr-input"
        onChange={event => props.onChange(event.target.value as Which)}
        value={props.which}
      >
        <option value="last">{trans.__('last value')}</option>
        <option value="min">{trans.__('smallest value')}</option>
        <option value="max">{trans.__('largest value')}</option>
      </select>
    </label>
  );
}
