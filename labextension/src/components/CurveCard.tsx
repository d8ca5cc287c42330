// A metric of numbers: its curve with those of the children, or as a table; the picture and all values to take along.
import { JSX, useCallback, useMemo, useRef, useState } from 'react';
import { extentOf, Range, summaryOf } from '../curves';
import type { DataTable } from '../datatable';
import { asNumber, formatClock, formatDate, formatNumber } from '../format';
import { pictureOf } from '../picture';
import type { Pins } from '../pins';
import { Line, lookOf } from '../plot';
import { saveBlob } from '../save';
import type { Series } from '../tokens';
import { useTrans } from '../trans';
import { Chart } from './Chart';
import type { LegendLine } from './LegendLines';
import { CurveData, useCurves, useInView } from './curvedata';
import { PictureGlyph, SaveGlyph, TableGlyph } from './glyphs';
import { useWish } from './hooks';
import { IconButton } from './LogTools';
import { fileName, MetricCard } from './MetricCard';
import { PagedTable } from './PagedTable';
import type { TabProps } from './tabs';
import type { View } from './ViewTools';

export interface CurveCardProps {
  name: string;
  tab: TabProps;
  view: View;
  pins: Pins;
  drawn: readonly LegendLine[];
  active: string | null;
  zoom: Range | null;
  onZoom: (name: string, zoom: Range | null) => void;
}

function pointTable(series: Series | null, head: [string, string, string]): DataTable {
  const rows = (series?.points ?? []).map(([step, at, value]) => [
    step,
    `${formatDate(at)} ${formatClock(at)}`,
    value
  ]);
  return { columns: head, rows };
}

function CurveTable({ name, data }: { name: string; data: CurveData }): JSX.Element {
  const trans = useTrans();
  const { own } = data;
  const table = useMemo(
    () => pointTable(own, [trans.__('Step'), trans.__('Time'), trans.__('Value')]),
    [own, trans]
  );
  const isOutline = own !== null && own.count > own.points.length;
  return (
    <div className="jp-jr-chart-table" tabIndex={0}>
      {isOutline && (
        <div className="jp-jr-muted">
          {trans.__('%1 of %2 values: the CSV has all.', own.points.length, own.count)}
        </div>
      )}
      <PagedTable caption={name} table={table} />
    </div>
  );
}

interface ActionProps {
  name: string;
  table: boolean;
  /** Values are on their way. */
  busy: boolean;
  onTable: () => void;
  onCsv: () => void;
  onPng: () => void;
}

function Actions({ name, table, busy, onTable, onCsv, onPng }: ActionProps): JSX.Element {
  const trans = useTrans();
  return (
    <>
      <IconButton label={trans.__('Table of %1', name)} onClick={onTable} pressed={table}>
        <TableGlyph />
      </IconButton>
      <IconButton disabled={busy} label={trans.__('Download %1 as CSV', name)} onClick={onCsv}>
        <SaveGlyph />
      </IconButton>
      <IconButton disabled={table} label={trans.__('Download %1 as PNG', name)} onClick={onPng}>
        <PictureGlyph />
      </IconButton>
    </>
  );
}

async function savePicture(card: HTMLElement | null, title: string, lines: Line[]): Promise<void> {
  const canvas = card?.querySelector('canvas');
  const blob = card && canvas ? await pictureOf(canvas, title, lines, lookOf(card)) : null;
  if (blob) {
    saveBlob(blob, `${fileName(title)}.png`);
  }
}

interface BodyProps {
  props: CurveCardProps;
  data: CurveData;
  seen: boolean;
  table: boolean;
}

function Body({ props, data, seen, table }: BodyProps): JSX.Element {
  const trans = useTrans();
  const { name, tab, view, active, zoom, onZoom } = props;
  const { axis, log, smoothing } = view;
  const { lines } = data;
  const own = lines.find(line => line.id === tab.run.run_id);
  const extent = useMemo(() => extentOf(lines.map(line => line.curve)), [lines]);
  const zoomed = useCallback((range: Range | null) => onZoom(name, range), [name, onZoom]);
  const summary = own
    ? summaryOf(name, own.curve, axis, trans)
    : trans._n('%2 of %1 child', '%2 of %1 children', lines.length, name);
  if (table) {
    return (
      <>
        <p className="jp-jr-summary">{summary}</p>
        <CurveTable data={data} name={name} />
      </>
    );
  }
  return seen && lines.length > 0 ? (
    <Chart
      {...{ axis, log, smoothing, lines, zoom, active, extent }}
      group={tab.run.run_id}
      label={summary}
      onZoom={zoomed}
    />
  ) : (
    <div className="jp-jr-chart-frame">
      <div className="jp-jr-chart" />
      <div className="jp-jr-readout" />
    </div>
  );
}

export function CurveCard(props: CurveCardProps): JSX.Element {
  const { name, tab, view, pins, drawn, zoom } = props;
  const { run, api } = tab;
  const card = useRef<HTMLElement>(null);
  const { inView, seen } = useInView(card);
  const [table, setTable] = useState(false);
  const { error, busy, wish } = useWish();
  const data = useCurves(tab, { name, axis: view.axis, zoom, children: drawn, inView });
  const last = asNumber(run.metrics[name]?.last);
  const onCsv = () =>
    void wish(async () => {
      const ids = [run, ...drawn.map(child => child.run)].map(one => one.run_id);
      saveBlob(await api.seriesCsv(run.workspace, ids, name), `${fileName(name)}.csv`);
    });
  const actions = (
    <Actions
      busy={busy}
      name={name}
      onCsv={onCsv}
      onPng={() => void wish(() => savePicture(card.current, name, data.lines))}
      onTable={() => setTable(!table)}
      table={table}
    />
  );
  return (
    <MetricCard
      actions={actions}
      last={last === null ? '' : formatNumber(last)}
      name={name}
      pins={pins}
      place={card}
      problem={error ?? data.problem}
    >
      <Body data={data} props={props} seen={seen} table={table} />
    </MetricCard>
  );
}
