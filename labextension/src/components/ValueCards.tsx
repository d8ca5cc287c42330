// Metrics that are no numbers: texts with their times, rows and tables as one table.
import { JSX, useMemo, useRef } from 'react';
import { csvLine } from '../csv';
import { DataTable, tableOf } from '../datatable';
import { formatClock, formatDate } from '../format';
import type { Pins } from '../pins';
import { saveBlob } from '../save';
import type { Series } from '../tokens';
import { useTrans } from '../trans';
import { MAX_POINTS, useInView, useThrottled } from './curvedata';
import { SaveGlyph } from './glyphs';
import { IconButton } from './LogTools';
import { fileName, MetricCard } from './MetricCard';
import { PagedTable } from './PagedTable';
import { TabProps, useFetched } from './tabs';

export interface ValueCardProps {
  name: string;
  tab: TabProps;
  pins: Pins;
}

/** The values of one metric, while its card is in view. */
export function useSeries({ run, api }: TabProps, name: string, inView: boolean) {
  const count = run.metrics[name]?.count ?? 0;
  const stamp = useThrottled(`${count}${run.is_final ? '' : '+'}`, 2000);
  return useFetched(
    inView ? `${run.run_id}/${name}/${stamp}` : null,
    async () =>
      (await api.metrics(run.workspace, run.run_id, null, MAX_POINTS, name)).series[0] ?? null
  );
}

function textTable(series: Series, head: string[]): DataTable {
  const hasSteps = series.points.some(([step]) => step !== null);
  const rows = series.points.map(([step, at, value]) => {
    const when = `${formatDate(at)} ${formatClock(at)}`;
    return hasSteps ? [step ?? '', when, value] : [when, value];
  });
  return { columns: hasSteps ? head : head.slice(1), rows };
}

/** Values of `log` that are texts (newest last), values of `log_row` and `log_table`. */
export function ValueCard({ name, tab, pins }: ValueCardProps): JSX.Element {
  const trans = useTrans();
  const card = useRef<HTMLElement>(null);
  const { inView } = useInView(card);
  const { value: series, problem } = useSeries(tab, name, inView);
  const isTable = series?.kind === 'row' || series?.kind === 'table';
  const table = useMemo(() => {
    const head = [trans.__('Step'), trans.__('Time'), trans.__('Value')];
    return !series ? null : isTable ? tableOf(series.kind, series.points) : textTable(series, head);
  }, [series, isTable, trans]);
  const onCsv = () => {
    if (table) {
      const lines = [table.columns, ...table.rows].map(csvLine);
      saveBlob(new Blob(lines, { type: 'text/csv' }), `${fileName(name)}.csv`);
    }
  };
  const isOutline = series !== null && series.count > series.points.length;
  return (
    <MetricCard
      actions={
        <IconButton label={trans.__('Download %1 as CSV', name)} onClick={onCsv}>
          <SaveGlyph />
        </IconButton>
      }
      last={
        table
          ? trans._n('%1 value', '%1 values', isTable ? table.rows.length : (series?.count ?? 0))
          : ''
      }
      name={name}
      pins={pins}
      place={card}
      problem={problem}
    >
      <div className="jp-jr-chart-table" tabIndex={0}>
        {isOutline && (
          <div className="jp-jr-muted">
            {trans.__('%1 of %2 values', series.points.length, series.count)}
          </div>
        )}
        {table && <PagedTable caption={name} fixed={!isTable} fromEnd={!isTable} table={table} />}
      </div>
    </MetricCard>
  );
}
