// Parallel coordinates with what belongs to them: which axes, the scale of the colours, and the brushes as numbers.
import type { JSX } from 'react';
import { allColumns, Column, columnLabel } from '../../columns';
import {
  Brushes,
  metricColumn,
  metricNames,
  numberAt,
  ParallelAxis,
  placeOn
} from '../../comparison';
import type { RunData } from '../../run';
import type { ColumnsData } from '../../tokens';
import { useTrans } from '../../trans';
import { ColumnChooser, moved } from '../table/ColumnChooser';
import type { CompareTabProps } from './CompareView';
import { axisText, categoryText, Parallel } from './Parallel';
import { WhichChoice } from './CompareTable';

export interface ParallelTabProps extends CompareTabProps {
  axes: readonly ParallelAxis[];
  brushes: Brushes;
  onBrushes: (brushes: Brushes) => void;
}

/** Everything the runs have, in the manner of `/columns`. */
function columnsOf(runs: readonly RunData[]): Column[] {
  const keys = (of: (run: RunData) => object) => {
    const names = [...new Set(runs.flatMap(run => Object.keys(of(run))))];
    return names.map(key => ({ key, count: 0, distinct: 0 }));
  };
  const data: ColumnsData = {
    total: runs.length,
    params: keys(run => run.params),
    tags: keys(run => run.tags),
    properties: keys(run => run.properties),
    metrics: metricNames(runs).map(name => ({ name, kind: 'number', count: 0 }))
  };
  const texts: Column['kind'][] = ['description', 'tags'];
  return allColumns(data).filter(({ kind }) => !texts.includes(kind));
}

function MetricChoice({ all, choice, change }: CompareTabProps): JSX.Element | null {
  const trans = useTrans();
  const names = metricNames(all, true);
  if (names.length === 0) {
    return null;
  }
  const now = choice.metric ?? names[0] ?? '';
  const onChange = (name: string) => {
    // The metric that was last gives its place to the new one.
    const old = (['last', 'min', 'max'] as const).map(which => metricColumn(now, which).id);
    const next = metricColumn(name, choice.which).id;
    const others = choice.axes?.filter(id => !old.includes(id) && id !== next) ?? null;
    change({ metric: name, axes: others && [...others, next] });
  };
  return (
    <label>
      {trans.__('Colour by')}{' '}
      <select className="jp-jr-input" onChange={event => onChange(event.target.value)} value={now}>
        {names.map(name => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Legend({ axis }: { axis: ParallelAxis }): JSX.Element {
  const trans = useTrans();
  const text = (place: number) =>
    axis.scale === 'category'
      ? categoryText(axis, Math.round(place * (axis.categories.length - 1)), trans)
      : axisText(axis, numberAt(axis, place), trans);
  return (
    <span className="jp-jr-ramp">
      <span>{columnLabel(axis.column, trans)}</span>
      <span className="jp-jr-number">{text(0)}</span>
      <i aria-hidden="true" />
      <span className="jp-jr-number">{text(1)}</span>
    </span>
  );
}

interface RangeProps {
  axis: ParallelAxis;
  range: readonly [number, number] | undefined;
  onRange: (range: [number, number] | null) => void;
}

/** The brush of one axis for the keyboard: from and to. */
function RangeInputs({ axis, range, onRange }: RangeProps): JSX.Element {
  const trans = useTrans();
  const label = columnLabel(axis.column, trans);
  const [low, high] = range ?? [0, 1];
  const put = (from: number, to: number) =>
    onRange(from <= 0 && to >= 1 ? null : [Math.min(from, to), Math.max(from, to)]);
  const ends = [
    { name: trans.__('%1 from', label), place: low, set: (place: number) => put(place, high) },
    { name: trans.__('%1 to', label), place: high, set: (place: number) => put(low, place) }
  ];
  return (
    <fieldset className="jp-jr-range-field">
      <legend className="jp-jr-clip">{label}</legend>
      {ends.map(({ name, place, set }) =>
        axis.scale === 'category' ? (
          <select
            aria-label={name}
            className="jp-jr-input"
            key={name}
            onChange={event => set(placeOn(axis, axis.categories[Number(event.target.value)]) ?? 0)}
            value={Math.round(place * (axis.categories.length - 1))}
          >
            {axis.categories.map((_, i) => (
              <option key={i} value={i}>
                {categoryText(axis, i, trans)}
              </option>
            ))}
          </select>
        ) : (
          <input
            aria-label={name}
            className="jp-jr-input"
            defaultValue={Number(numberAt(axis, place).toPrecision(5))}
            key={`${name}/${place}`}
            onBlur={event => {
              const to = placeOn(axis, event.target.value);
              if (to !== null && Math.abs(to - place) > 1e-4) {
                set(Math.min(1, Math.max(0, to)));
              }
            }}
            onKeyDown={event => event.key === 'Enter' && event.currentTarget.blur()}
            step="any"
            type="number"
          />
        )
      )}
    </fieldset>
  );
}

export function ParallelTab(props: ParallelTabProps): JSX.Element {
  const trans = useTrans();
  const { all, runs, axes, brushes, onBrushes, choice, change, studio, now } = props;
  const ids = axes.map(axis => axis.column.id);
  const onBrush = (id: string, range: [number, number] | null) => {
    const others = Object.entries(brushes).filter(([other]) => other !== id);
    onBrushes(Object.fromEntries(range ? [...others, [id, range]] : others));
  };
  const last = axes[axes.length - 1];
  return (
    <>
      <div className="jp-jr-tools">
        <MetricChoice {...props} />
        <WhichChoice onChange={which => change({ which, axes: null })} which={choice.which} />
        {last && <Legend axis={last} />}
        <span className="jp-jr-space" />
        <ColumnChooser
          all={columnsOf(all)}
          label={trans.__('Axes')}
          onChange={next => change({ axes: next })}
          onReset={() => change({ axes: null, metric: null })}
          shown={ids}
        />
      </div>
      {axes.length < 2 ? (
        <div className="jp-jr-empty">
          {trans.__('Two axes are needed: choose what to show under Axes.')}
        </div>
      ) : (
        <div className="jp-jr-compare-scroll">
          <Parallel
            axes={axes}
            brushes={brushes}
            kept={new Set(runs.map(run => run.run_id))}
            now={now}
            onBrush={onBrush}
            onMove={(id, to) => change({ axes: moved(ids, id, to) })}
            onOpen={studio.open}
            runs={all}
          />
          <details className="jp-jr-ranges">
            <summary>{trans.__('Ranges as numbers')}</summary>
            <div>
              {axes.map(axis => (
                <RangeInputs
                  axis={axis}
                  key={axis.column.id}
                  onRange={range => onBrush(axis.column.id, range)}
                  range={brushes[axis.column.id]}
                />
              ))}
            </div>
          </details>
        </div>
      )}
    </>
  );
}
