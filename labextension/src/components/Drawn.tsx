// Confusion matrices, accuracy tables, residuals and predictions, as Azure draws them: each with its numbers as a table.
import { JSX, useMemo, useState } from 'react';
import type { DataTable } from '../datatable';
import { formatNumber } from '../format';
import { Stroke, strokeOf } from '../palette';
import type { Line } from '../plot';
import type { Bins, ClassCurves, Drawing, Matrix } from '../schemas';
import { useTrans } from '../trans';
import { Chart } from './Chart';
import { Swatch } from './LegendLines';
import { PagedTable } from './PagedTable';

/** The strongest tint of a cell (per cent): its text must stay readable. */
const FULL_TINT = 48;

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + (Number.isFinite(one) ? one : 0), 0);
}

interface RowProps {
  label: string;
  row: readonly number[];
  labels: readonly string[];
  place: number;
  shares: boolean;
}

function MatrixRow({ label, row, labels, place, shares }: RowProps): JSX.Element {
  const trans = useTrans();
  const total = sum(row);
  return (
    <tr>
      <th scope="row" title={label}>
        <span className="jp-jr-clip">{label}</span>
      </th>
      {row.map((count, i) => {
        const share = total > 0 && Number.isFinite(count) ? Math.max(0, count / total) : 0;
        const tint = `${(share * FULL_TINT).toFixed(1)}%`;
        const text = shares
          ? `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`
          : formatNumber(count);
        return (
          <td
            className={i === place ? 'jp-jr-hit' : undefined}
            key={i}
            style={{ background: `color-mix(in srgb, var(--jp-jr-brand) ${tint}, transparent)` }}
            title={trans.__('%1 taken for %2: %3', label, labels[i] ?? '', formatNumber(count))}
          >
            {text}
          </td>
        );
      })}
    </tr>
  );
}

function MatrixTable({ matrix, name }: { matrix: Matrix; name: string }): JSX.Element {
  const trans = useTrans();
  const [shares, setShares] = useState(false);
  const { labels, counts, classes } = matrix;
  const right = sum(counts.map((row, i) => row[i] ?? 0));
  const all = sum(counts.map(sum));
  return (
    <>
      <div className="jp-jr-drawn-head">
        <span className="jp-jr-number">
          {all > 0 &&
            trans.__(
              '%1 % right: %2 of %3',
              ((100 * right) / all).toFixed(1),
              formatNumber(right),
              formatNumber(all)
            )}
          {classes > labels.length &&
            ` ${trans.__('(the first %1 of %2 classes)', labels.length, classes)}`}
        </span>
        <span className="jp-jr-space" />
        <label>
          <input checked={shares} onChange={() => setShares(!shares)} type="checkbox" />
          {trans.__('Per cent of row')}
        </label>
      </div>
      <div className="jp-jr-matrix-frame" tabIndex={0}>
        <table className="jp-jr-matrix jp-jr-number">
          <caption className="jp-jr-hidden">{name}</caption>
          <thead>
            <tr>
              <td className="jp-jr-muted">{trans.__('true ↓ predicted →')}</td>
              {labels.map((label, i) => (
                <th key={i} scope="col" title={label}>
                  <span className="jp-jr-clip">{label}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {counts.map((row, i) => (
              <MatrixRow
                key={i}
                label={labels[i] ?? ''}
                labels={labels}
                place={i}
                row={row}
                shares={shares}
              />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** What the lines are. */
function Keys({ lines }: { lines: readonly { label: string; stroke: Stroke }[] }): JSX.Element {
  return (
    <div className="jp-jr-keys">
      {lines.map(({ label, stroke }, i) => (
        <span key={i}>
          <Swatch stroke={stroke} />
          <span className="jp-jr-clip">{label}</span>
        </span>
      ))}
    </div>
  );
}

function AccuracyCurves({ classes, name }: { classes: ClassCurves[]; name: string }): JSX.Element {
  const trans = useTrans();
  const [which, setWhich] = useState<'roc' | 'precision' | 'table'>('roc');
  const lines = useMemo(
    (): Line[] =>
      classes.map((one, i) => ({
        id: String(i),
        label: one.label,
        curve: which === 'precision' ? one.precision : one.roc,
        ...strokeOf(i)
      })),
    [classes, which]
  );
  const table = useMemo(
    (): DataTable => ({
      columns: [trans.__('Class'), trans.__('Area under ROC')],
      rows: classes.map(one => [one.label, one.area])
    }),
    [classes, trans]
  );
  const label =
    which === 'roc'
      ? trans.__('%1: true positive rate over false positive rate', name)
      : trans.__('%1: precision over recall', name);
  return (
    <>
      <div className="jp-jr-drawn-head">
        <select
          aria-label={trans.__('Show')}
          className="jp-jr-input"
          onChange={event => setWhich(event.target.value as typeof which)}
          value={which}
        >
          <option value="roc">{trans.__('ROC')}</option>
          <option value="precision">{trans.__('Precision and recall')}</option>
          <option value="table">{trans.__('Table')}</option>
        </select>
        <span className="jp-jr-muted">
          {which === 'roc' && trans.__('true over false positive rate')}
          {which === 'precision' && trans.__('precision over recall')}
        </span>
      </div>
      {which === 'table' ? (
        <PagedTable caption={name} table={table} />
      ) : (
        <>
          <Chart axis="value" group={`${name}/${which}`} label={label} lines={lines} />
          <Keys
            lines={classes.map((one, i) => ({
              label: trans.__('%1, area %2', one.label, formatNumber(one.area, 3)),
              stroke: strokeOf(i)
            }))}
          />
        </>
      )}
    </>
  );
}

/** Bars of equal width, each with its name and number for whoever points at it; below, where they begin and end. */
function Bars({ bars, label }: Bins & { label: string }): JSX.Element {
  const most = Math.max(1e-300, ...bars.map(bar => bar.count));
  return (
    <figure className="jp-jr-bars">
      <svg
        aria-label={label}
        preserveAspectRatio="none"
        role="img"
        viewBox={`0 0 ${bars.length} 100`}
      >
        {bars.map((bar, i) => {
          const height = (98 * Math.max(0, bar.count)) / most;
          return (
            <rect height={height} key={i} width="0.9" x={i + 0.05} y={100 - height}>
              <title>{`${bar.label}: ${formatNumber(bar.count)}`}</title>
            </rect>
          );
        })}
      </svg>
      <figcaption className="jp-jr-muted jp-jr-number">
        <span>{bars[0]?.label}</span>
        <span>{bars[bars.length - 1]?.label}</span>
      </figcaption>
    </figure>
  );
}

function binTable({ bars }: Bins, head: [string, string]): DataTable {
  return { columns: head, rows: bars.map(bar => [bar.label, bar.count]) };
}

function TableSwitch({
  table,
  onTable
}: {
  table: boolean;
  onTable: (table: boolean) => void;
}): JSX.Element {
  const trans = useTrans();
  return (
    <div className="jp-jr-drawn-head">
      <label>
        <input checked={table} onChange={() => onTable(!table)} type="checkbox" />
        {trans.__('Table')}
      </label>
    </div>
  );
}

type Predictions = Extract<Drawing, { kind: 'predictions' }>;

function PredictionChart({ drawing, name }: { drawing: Predictions; name: string }): JSX.Element {
  const trans = useTrans();
  const { average, low, high, ideal } = drawing;
  const lines = useMemo((): Line[] => {
    const { color } = strokeOf(0);
    const band = { color, dash: [2, 3] };
    const grey = strokeOf(9).color;
    return [
      { id: 'ideal', label: trans.__('ideal'), curve: ideal, color: grey, dash: [7, 4] },
      ...(low.x.length > 0
        ? [{ id: 'low', label: trans.__('average − error'), curve: low, ...band }]
        : []),
      ...(high.x.length > 0
        ? [{ id: 'high', label: trans.__('average + error'), curve: high, ...band }]
        : []),
      { id: 'average', label: trans.__('average predicted'), curve: average, bold: true }
    ];
  }, [average, low, high, ideal, trans]);
  const label = trans.__('%1: average predicted value over true value', name);
  return (
    <>
      <Chart axis="value" group={`${name}/predictions`} label={label} lines={lines} />
      <Keys
        lines={lines.map(({ label: key, color = 'var(--jp-jr-brand)', dash = [] }) => ({
          label: key,
          stroke: { color, dash }
        }))}
      />
    </>
  );
}

function Binned({
  drawing,
  name
}: {
  drawing: Predictions | (Bins & { kind: 'residuals' });
  name: string;
}): JSX.Element {
  const trans = useTrans();
  const [table, setTable] = useState(false);
  const data = useMemo(
    () => binTable(drawing, [trans.__('From – to'), trans.__('Count')]),
    [drawing, trans]
  );
  const most = Math.max(...drawing.bars.map(bar => bar.count));
  const label = trans.__(
    '%1: %2 bins, at most %3 in one',
    name,
    drawing.bars.length,
    formatNumber(most)
  );
  return (
    <>
      <TableSwitch onTable={setTable} table={table} />
      {table ? (
        <PagedTable caption={name} fixed table={data} />
      ) : (
        <>
          {drawing.kind === 'predictions' && <PredictionChart drawing={drawing} name={name} />}
          {drawing.bars.length > 0 && <Bars bars={drawing.bars} label={label} />}
        </>
      )}
    </>
  );
}

export function Drawn({ drawing, name }: { drawing: Drawing; name: string }): JSX.Element {
  switch (drawing.kind) {
    case 'matrix':
      return <MatrixTable matrix={drawing} name={name} />;
    case 'accuracy':
      return <AccuracyCurves classes={drawing.classes} name={name} />;
    default:
      return <Binned drawing={drawing} name={name} />;
  }
}
