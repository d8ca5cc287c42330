// The metrics of a run: a card with a curve for each number, a list for everything else.
import { JSX, useState } from 'react';
import { asNumber, formatNumber, formatValue } from '../format';
import type { RunData } from '../run';
import type { Series } from '../tokens';
import { useTrans } from '../trans';
import { Sparkline } from './Sparkline';

/** More are in the tab of metrics. */
const FIRST_CARDS = 3;

type Metric = RunData['metrics'][string];

function Card(props: { name: string; metric: Metric; series: Series | undefined }): JSX.Element {
  const trans = useTrans();
  const { name, metric, series } = props;
  const range =
    metric.min !== null && metric.max !== null && metric.count > 1
      ? trans.__('min %1 · max %2', formatNumber(metric.min), formatNumber(metric.max))
      : '';
  const last = asNumber(metric.last);
  return (
    <div className="jp-jr-card">
      <div className="jp-jr-label" title={name}>
        {name}
      </div>
      <div className="jp-jr-values">
        <span className="jp-jr-value jp-jr-number">
          {last === null ? formatValue(metric.last, 24) : formatNumber(last)}
        </span>
        <span className="jp-jr-range jp-jr-number">{range}</span>
      </div>
      {series && <Sparkline series={series} />}
    </div>
  );
}

function otherText(metric: Metric, rows: string): string {
  return metric.kind === 'row' || metric.kind === 'table' ? rows : formatValue(metric.last, 200);
}

export function Metrics({ run, series }: { run: RunData; series: Series[] }): JSX.Element | null {
  const trans = useTrans();
  const [all, setAll] = useState(false);
  const entries = Object.entries(run.metrics);
  const numbers = entries.filter(([, metric]) => metric.kind === 'number');
  const others = entries.filter(([, metric]) => metric.kind !== 'number');
  if (entries.length === 0) {
    return null;
  }
  const shown = all ? numbers : numbers.slice(0, FIRST_CARDS);
  const byName = new Map(series.map(one => [one.name, one]));
  return (
    <div className="jp-jr-metrics">
      <div className="jp-jr-cards">
        {shown.map(([name, metric]) => (
          <Card key={name} metric={metric} name={name} series={byName.get(name)} />
        ))}
      </div>
      {numbers.length > shown.length && (
        <button className="jp-jr-link" onClick={() => setAll(true)}>
          {trans.__('Show all %1 metrics', numbers.length)}
        </button>
      )}
      {others.length > 0 && (
        <dl className="jp-jr-list">
          {others.map(([name, metric]) => (
            <div key={name}>
              <dt title={name}>{name}</dt>
              <dd>{otherText(metric, trans._n('%1 row', '%1 rows', metric.count))}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}
