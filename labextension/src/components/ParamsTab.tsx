// What a run was given, and what is recorded of where it comes from: tables to read, filter and copy from.
import { JSX, useState } from 'react';
import { sortProperties } from '../recorded';
import type { RunData } from '../run';
import { copyText } from '../save';
import { useTrans } from '../trans';
import { CopyGlyph, LockGlyph } from './glyphs';
import { useWish } from './hooks';
import { IconButton } from './LogTools';

/** A table that fits on a screen needs no filter. */
const FILTER_FROM = 10;

interface Entry {
  key: string;
  label: string;
  value: string;
}

const PLAIN = /^(-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?|True|False|None)$/;

/** A value as Python writes it. All values are kept as text: what reads like a number was one. JSON's escapes are Python's, too. */
const pythonValue = (text: string): string => (PLAIN.test(text) ? text : JSON.stringify(text));

/** The entries as the source of a Python dict. */
export function pythonDict(entries: readonly [string, string][]): string {
  if (entries.length === 0) {
    return '{}';
  }
  const lines = entries.map(
    ([key, value]) => `    ${JSON.stringify(key)}: ${pythonValue(value)},\n`
  );
  return `{\n${lines.join('')}}`;
}

const entriesOf = (record: Record<string, string>): Entry[] =>
  Object.entries(record).map(([key, value]) => ({ key, label: key, value }));

function Table(props: {
  title: string;
  entries: Entry[];
  copy: (text: string) => void;
}): JSX.Element {
  const trans = useTrans();
  return (
    <table aria-label={props.title} className="jp-jr-table jp-jr-pairs">
      <tbody>
        {props.entries.map(({ key, label, value }) => (
          <tr key={key}>
            <th scope="row" title={key}>
              {label}
            </th>
            <td>{value}</td>
            <td className="jp-jr-pairs-act">
              <IconButton
                label={trans.__('Copy the value of %1', key)}
                onClick={() => props.copy(value)}
              >
                <CopyGlyph />
              </IconButton>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function fits(entry: Entry, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  return `${entry.key} ${entry.label} ${entry.value}`.toLowerCase().includes(wanted);
}

interface SectionProps {
  title: string;
  entries: Entry[];
  filter: string;
  copy: (text: string) => void;
  lock?: string;
  children?: JSX.Element;
}

function Section({
  title,
  entries,
  filter,
  copy,
  lock,
  children
}: SectionProps): JSX.Element | null {
  const trans = useTrans();
  const shown = entries.filter(entry => fits(entry, filter));
  return (
    <section className="jp-jr-pairsection">
      <div className="jp-jr-chart-head">
        <b>{title}</b>
        {lock && (
          <span className="jp-jr-muted" title={lock}>
            <LockGlyph /> <span className="jp-jr-hidden">{lock}</span>
          </span>
        )}
        <span className="jp-jr-space" />
        {children}
      </div>
      {shown.length > 0 && <Table copy={copy} entries={shown} title={title} />}
      {shown.length === 0 && (
        <div className="jp-jr-muted">
          {entries.length > 0
            ? trans.__('None of %1 has “%2” in it.', entries.length, filter)
            : trans.__('None were recorded.')}
        </div>
      )}
    </section>
  );
}

export function ParamsTab({ run }: { run: RunData }): JSX.Element {
  const trans = useTrans();
  const [filter, setFilter] = useState('');
  const { error, wish } = useWish();
  const params = entriesOf(run.params);
  const { own, recorded } = sortProperties(run.properties, trans);
  const properties = entriesOf(own);
  const copy = (text: string) => void wish(() => copyText(text));
  const common = { copy, filter };
  return (
    <div className="jp-jr-scroll">
      {params.length + properties.length + recorded.length > FILTER_FROM && (
        <input
          aria-label={trans.__('Filter')}
          className="jp-jr-input jp-jr-wide"
          onChange={event => setFilter(event.target.value)}
          placeholder={trans.__('Filter by name or value')}
          type="search"
          value={filter}
        />
      )}
      {error && <div role="alert">{error}</div>}
      <Section {...common} entries={params} title={trans.__('Parameters')}>
        <button
          className="jp-jr-button"
          disabled={params.length === 0}
          onClick={() => copy(pythonDict(Object.entries(run.params)))}
        >
          <CopyGlyph />
          {trans.__('Copy as Python dict')}
        </button>
      </Section>
      {properties.length > 0 && (
        <Section
          {...common}
          entries={properties}
          lock={trans.__('Properties are permanent')}
          title={trans.__('Properties')}
        />
      )}
      {recorded.length > 0 && (
        <details className="jp-jr-pairsection" open={filter !== '' || undefined}>
          <summary>{trans.__('Recorded (%1)', recorded.length)}</summary>
          <Section {...common} entries={recorded} title={trans.__('Where this run comes from')} />
        </details>
      )}
    </div>
  );
}
