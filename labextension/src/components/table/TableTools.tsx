// Above the table: search, grouping, children, columns, and the ways to take the table elsewhere.
import { JSX, useEffect, useState } from 'react';
import { Column, columnLabel, columnOf, kindLabel, orderOf, rawValue } from '../../columns';
import { csvLine } from '../../csv';
import { tableCode } from '../../dataframecode';
import type { RunTable } from '../../runtable';
import { copyText, saveBlob } from '../../save';
import type { Studio } from '../../studio';
import type { ColumnsData, Translate } from '../../tokens';
import { useTrans } from '../../trans';
import { CloseGlyph, SearchGlyph } from '../glyphs';
import { useWish } from '../hooks';
import { Popover } from '../Popover';
import { ColumnChooser } from './ColumnChooser';

const GROUPABLE: ReadonlySet<string> = new Set(['param', 'tag', 'status', 'by']);

export interface TableToolsProps {
  studio: Studio;
  table: RunTable;
  all: readonly Column[];
}

function SearchField({ table }: { table: RunTable }): JSX.Element {
  const trans = useTrans();
  const [text, setText] = useState(table.query);
  const [asked, setAsked] = useState(table.query);
  if (table.query !== asked) {
    // A click on a header has taken the order out of the text.
    setAsked(table.query);
    setText(table.query);
  }
  useEffect(() => {
    const timer = setTimeout(() => table.setQuery(text), text === '' ? 0 : 300);
    return () => clearTimeout(timer);
  }, [table, text]);
  return (
    <span className="jp-jr-table-search">
      <SearchGlyph />
      <input
        aria-invalid={table.error !== null && table.query !== ''}
        aria-label={trans.__('Search runs')}
        className="jp-jr-input"
        onChange={event => setText(event.target.value)}
        onKeyDown={event => event.key === 'Escape' && setText('')}
        placeholder={trans.__('Search, e.g. %1', 'metric:acc>0.9 -tag:bad')}
        spellCheck={false}
        type="search"
        value={text}
      />
      {text !== '' && (
        <button
          aria-label={trans.__('Clear search')}
          className="jp-jr-icon-button"
          onClick={() => setText('')}
        >
          <CloseGlyph />
        </button>
      )}
    </span>
  );
}

/** What makes groups of more than one run, roughly: not a param that is different in each. */
function groupings(all: readonly Column[], found: ColumnsData | null): Column[] {
  const counts = new Map(
    [
      ...(found?.params ?? []).map(one => ({ ...one, id: `param:${one.key}` })),
      ...(found?.tags ?? []).map(one => ({ ...one, id: `tag:${one.key}` }))
    ].map(({ id, ...rest }) => [id, rest])
  );
  return all.filter(({ kind, id }) => {
    const count = counts.get(id);
    return (
      GROUPABLE.has(kind) && (!count || count.distinct > 1 || count.count < (found?.total ?? 0))
    );
  });
}

function GroupChoice({ table, all }: TableToolsProps): JSX.Element {
  const trans = useTrans();
  const now = table.view.group;
  const offered = groupings(all, table.available);
  const missing = now !== null && !offered.some(column => orderOf(column) === now);
  const kept = missing ? columnOf(now.replace(/"/g, '')) : null;
  const name = (column: Column) => {
    const kind = kindLabel(column, trans);
    return kind === '' ? columnLabel(column, trans) : `${kind}: ${column.key}`;
  };
  return (
    <label>
      {trans.__('Group by')}{' '}
      <select
        className="jp-jr-input"
        onChange={event => table.setView({ group: event.target.value || null })}
        value={now ?? ''}
      >
        <option value="">{trans.__('nothing')}</option>
        {[...(kept ? [kept] : []), ...offered].flatMap(column => {
          const order = orderOf(column);
          return order === null ? (
            []
          ) : (
            <option key={column.id} value={order}>
              {name(column)}
            </option>
          );
        })}
      </select>
    </label>
  );
}

/** All rows, page by page, as a file. */
async function download(table: RunTable, trans: Translate, tell: (done: string) => void) {
  const columns = ['name', ...table.columns].flatMap(id => columnOf(id) ?? []);
  const head = ['run_id', ...columns.map(column => csvName(column))];
  const parts = [csvLine(head)];
  let done = 0;
  for await (const { runs, total, server_time } of table.all()) {
    parts.push(
      ...runs.map(run => {
        const values = columns.map(column => {
          const value = rawValue(run, column, server_time);
          return column.kind === 'started' && typeof value === 'number'
            ? new Date(value * 1000).toISOString()
            : value;
        });
        return csvLine([run.run_id, ...values]);
      })
    );
    done += runs.length;
    tell(trans.__('%1 of %2 runs', done, total));
  }
  saveBlob(new Blob(parts, { type: 'text/csv' }), `${table.experiment}.csv`);
}

/** The head of a column in a file: as in a data frame. */
function csvName({ kind, key, id }: Column): string {
  const group = { param: 'params', tag: 'tags', prop: 'properties' }[kind as string];
  if (group) {
    return `${group}.${key}`;
  }
  const extreme = /^metric\.(.*)$/.exec(kind)?.[1];
  return kind.startsWith('metric')
    ? `metrics.${key}${extreme ? ` (${extreme})` : ''}`
    : id === 'dur'
      ? 'duration'
      : id;
}

function TakeAway({ studio, table }: TableToolsProps): JSX.Element {
  const trans = useTrans();
  const { error, busy, wish } = useWish();
  const [said, setSaid] = useState('');
  const code = () =>
    tableCode({
      status: studio.model.status,
      workspace: table.workspace,
      experiment: table.experiment,
      query: table.searchText,
      view: table.view,
      columns: table.columns
    });
  const copy = () =>
    wish(async () => {
      await copyText(code());
      setSaid(trans.__('Copied'));
    });
  return (
    <>
      <span aria-live="polite" className="jp-jr-muted">
        {error ?? said}
      </span>
      <Popover label={trans.__('Export')} text={trans.__('Export')}>
        {close => (
          <div className="jp-jr-menu">
            <button
              className="jp-jr-link"
              disabled={busy}
              onClick={() => {
                close();
                void wish(() => download(table, trans, setSaid));
              }}
            >
              {trans.__('Download all rows as CSV')}
            </button>
            <button
              className="jp-jr-link"
              onClick={() => {
                close();
                void copy();
              }}
            >
              {trans.__('Copy as DataFrame code')}
            </button>
          </div>
        )}
      </Popover>
    </>
  );
}

export function TableTools(props: TableToolsProps): JSX.Element {
  const { table, all } = props;
  const trans = useTrans();
  return (
    <div className="jp-jr-table-head">
      <div className="jp-jr-tools" role="search">
        <SearchField table={table} />
        <GroupChoice {...props} />
        <label>
          <input
            checked={table.view.children}
            onChange={event => table.setView({ children: event.target.checked })}
            type="checkbox"
          />
          {trans.__('Children as rows')}
        </label>
        <span className="jp-jr-space" />
        <span className="jp-jr-muted jp-jr-number" role="status">
          {table.isReady ? trans._n('%1 run', '%1 runs', table.total) : ''}
        </span>
        <TakeAway {...props} />
        <ColumnChooser
          all={all}
          onChange={columns => table.setView({ columns })}
          onReset={() => table.setView({ columns: null })}
          shown={table.columns}
        />
      </div>
      {table.error !== null && table.query !== '' && (
        <div className="jp-jr-problem" role="alert">
          {table.error}
        </div>
      )}
    </div>
  );
}
