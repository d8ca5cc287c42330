// Python that reproduces in a notebook what a table shows; tests/test_table_code.py runs what is written here.
import { Column, columnOf } from './columns';
import type { RunData } from './run';
import type { TableView } from './tableview';
import type { ServerStatus } from './tokens';

/** A text in Python. What is not ASCII stays readable. */
export function pythonText(text: string): string {
  return JSON.stringify(text).replace(/\u2028|\u2029|[\ud800-\udfff](?![\udc00-\udfff])/g, c => {
    return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The expression for a workspace that the server knows. */
function workspaceCode(status: ServerStatus | null, key: string | null): string {
  const other = status && key !== null && key !== status.workspace;
  const path = other ? status.workspaces.find(one => one.key === key)?.path : undefined;
  return path === undefined ? 'Workspace.from_config()' : `Workspace(${pythonText(path)})`;
}

const FACTS: Record<string, string> = {
  number: 'number',
  status: 'status',
  started: 'started',
  dur: 'duration'
};
const GROUPS: Record<string, string> = { param: 'params', tag: 'tags' };

/** The column of the data frame that has the same; null where it has none. */
function frameColumn({ kind, key }: Column): string | null {
  if (kind.startsWith('metric')) {
    return `metrics.${key}`;
  }
  const group = GROUPS[kind];
  return group === undefined ? (FACTS[kind] ?? null) : `${group}.${key}`;
}

export interface TableCode {
  status: ServerStatus | null;
  workspace: string | null;
  experiment: string;
  /** With its order. */
  query: string;
  view: TableView;
  columns: readonly string[];
}

/** The rows and columns of a table of an experiment, and the figures of its groups. */
export function tableCode(table: TableCode): string {
  const columns = table.columns.flatMap(id => columnOf(id) ?? []);
  const which = (name: string) => columns.filter(({ kind }) => kind === `metric.${name}`);
  const call = (metrics: string | null) => {
    const args = [
      table.query === '' ? '' : `query=${pythonText(table.query)}`,
      metrics === null ? '' : `metrics="${metrics}"`,
      table.view.children ? 'children=True' : ''
    ];
    return `experiment.to_dataframe(${args.filter(arg => arg !== '').join(', ')})`;
  };
  const lines = [
    'from jupyter_runs import Experiment, Workspace',
    '',
    `experiment = Experiment(${workspaceCode(table.status, table.workspace)}, ${pythonText(table.experiment)})`,
    `df = ${call(null)}`
  ];
  for (const name of ['min', 'max']) {
    const wanted = which(name);
    if (wanted.length > 0) {
      lines.push(`${name}imum = ${call(name)}.set_index("run_id")`);
      wanted.forEach(({ key }) => {
        const value = `${name}imum.reindex(columns=[${pythonText(`metrics.${key}`)}]).squeeze(axis=1)`;
        lines.push(`df[${pythonText(`metrics.${key} (${name})`)}] = df["run_id"].map(${value})`);
      });
    }
  }
  const names = columns.flatMap(column => {
    const name = frameColumn(column);
    const extreme = /^metric\.(min|max)$/.exec(column.kind)?.[1];
    return name === null ? [] : [extreme ? `${name} (${extreme})` : name];
  });
  const shown = ['run_id', 'name', ...names];
  lines.push(`df = df.reindex(columns=[${shown.map(pythonText).join(', ')}])`);
  const group = table.view.group === null ? null : columnOf(unquoted(table.view.group));
  const by = group && frameColumn(group);
  if (by) {
    const figures = columns.filter(({ kind }) => kind.startsWith('metric'));
    const measured = shown.filter(name => figures.length > 0 && name.startsWith('metrics.'));
    const all = shown.includes(by)
      ? 'df'
      : `df.assign(**{${pythonText(by)}: ${call(null)}[${pythonText(by)}]})`;
    const groups = `${all}.groupby(${pythonText(by)}, dropna=False, observed=True)`;
    lines.push(
      measured.length > 0
        ? `groups = ${groups}[[${measured.map(pythonText).join(', ')}]].agg(["count", "mean", "std"])`
        : `groups = ${groups}.size()`
    );
    lines.push('groups');
  } else {
    lines.push('df');
  }
  return `${lines.join('\n')}\n`;
}

/** `tag:"a key"` as the column is called. */
function unquoted(order: string): string {
  return order.replace(/"((?:[^"]|"")*)"/g, (_, part: string) => part.replaceAll('""', '"'));
}

/** A search text that Python's `Workspace.search` takes at once. */
const MAX_TEXT = 900;

/** A row for each of some runs, in the order given. */
export function runsCode(status: ServerStatus | null, runs: readonly RunData[]): string {
  const ids = runs.map(run => run.run_id);
  const longest = Math.max(1, ...ids.map(id => id.length));
  const most = Math.max(1, Math.floor(MAX_TEXT / (longest + 9)));
  const many = ids.length > most;
  const parts = `found(ids[at : at + ${most}]) for at in range(0, len(ids), ${most})`;
  const lines = [
    ...(many ? ['import pandas'] : []),
    'from jupyter_runs import Workspace',
    '',
    `workspace = ${workspaceCode(status, runs[0]?.workspace ?? null)}`,
    `ids = [${ids.map(pythonText).join(', ')}]`,
    '',
    '',
    'def found(ids):',
    `    text = " or ".join(f'id:"{id}"' for id in ids)`,
    '    return workspace.search(f"({text}) (is:archived or -is:archived)").to_dataframe()',
    '',
    '',
    many ? `df = pandas.concat([${parts}])` : 'df = found(ids)',
    'df = df.drop_duplicates("run_id").set_index("run_id").loc[ids]',
    'df'
  ];
  return `${lines.join('\n')}\n`;
}
