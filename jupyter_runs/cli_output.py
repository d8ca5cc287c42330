"""How the command line writes results: JSON, YAML, TSV or a table, after an optional JMESPath query.

Data goes to stdout, prose to stderr, so that pipes get data only. `rich`, `yaml` and `jmespath` are imported where they
are used: a JSON list starts no slower for them.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from jupyter_runs import format as fmt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.table import Table

Row = dict[str, Any]

FORMATS = ("json", "jsonc", "yaml", "yamlc", "table", "tsv", "none")
#: Columns that keep their width as long as there is room.
_NARROW = ("STATUS", "#", "ELAPSED", "STARTED")
_STYLES = {
    "Completed": "green",
    "Failed": "red",
    "Canceled": "dim",
    "CancelRequested": "yellow",
    "NotResponding": "yellow",
    "Running": "cyan",
}


def write(data: Any, output: str | None, query: str | None, table: Callable[[Any], Table]) -> None:
    """Write `data` as `output` (default: a table on a terminal, else JSON); `table` draws it when there is no query."""
    form = output or ("table" if sys.stdout.isatty() else "json")
    result = data if query is None else apply_query(query, data)
    if form == "none" or (result is None and query is not None):
        return
    if form == "table":
        console().print(table(result) if query is None else any_table(result))
    elif form == "tsv":
        for line in _tsv(result):
            click.echo(line)
    elif form in {"jsonc", "yamlc"} and "NO_COLOR" not in os.environ:
        _write_colored(result, form)
    elif form.startswith("yaml"):
        click.echo(_yaml(result), nl=False)
    else:
        click.echo(_json(result))


def _write_colored(result: Any, form: str) -> None:
    """Who asks for colours gets them in a pipe, too."""
    from rich.console import Console

    console = Console(force_terminal=True, soft_wrap=True)
    if form == "jsonc":
        console.print_json(_json(result))
    else:
        from rich.syntax import Syntax

        console.print(
            Syntax("", "yaml", theme="ansi_dark", background_color="default").highlight(_yaml(result)), end=""
        )


def drawn(data: Any, query: str | None, table: Callable[[Any], Table]) -> Table:
    """What `write` draws on a terminal."""
    return table(data) if query is None else any_table(apply_query(query, data))


def split_words(words: Sequence[str]) -> tuple[str, str | None]:
    """Bare words -> search text and JMESPath query; a query that the shell has split at blanks is put together again.

    Raises
    ------
    UsageError : two queries, or one without its end.
    """
    queries: list[str] = []
    text: list[str] = []
    for word in words:
        if queries and not _is_whole(queries[-1]):
            queries[-1] += f" {word}"
        else:
            (queries if is_query(word) else text).append(word)
    if len(queries) > 1:
        raise click.UsageError(f"There are two queries, {queries[0]!r} and {queries[1]!r}: give one.")
    if queries and not _is_whole(queries[0]):
        raise click.UsageError(
            f"The query {fmt.one_line(queries[0])!r} has no end: put it in double quotes, or the shell takes it apart."
        )
    return " ".join(text).strip(), queries[0] if queries else None


def _is_whole(query: str) -> bool:
    """Whether all brackets outside quotes are closed."""
    bare = re.sub(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`""", "", query)
    return sum(bare.count(c) for c in "[{(") <= sum(bare.count(c) for c in ")}]")


def is_query(text: str) -> bool:
    """Whether a bare argument is a JMESPath query: scripts of Azure ML leave `--query` out."""
    return text.startswith(("[", "{")) or any(mark in text for mark in ("[?", "[]", "[*]", "(@"))


def apply_query(query: str, data: Any) -> Any:
    """The part of `data` that a JMESPath query selects."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.search(query, data)
    except (JMESPathError, ValueError) as error:
        reason = fmt.one_line(str(error), 200)
        quotes = (
            ""
            if any(mark in query for mark in "'`\"")
            else " Put it in double quotes, or the shell takes its own away."
        )
        raise click.UsageError(f"The query {fmt.one_line(query)!r} is no JMESPath: {reason}{quotes}") from None


def runs_table(rows: Sequence[Row]) -> Table:
    """One line a run."""
    now = time.time()
    table = _table("STATUS", "NAME", "EXPERIMENT", "#", "ELAPSED", "STARTED", "TAGS", "METRIC")
    for run in rows:
        metric = fmt.key_metric(run)
        table.add_row(
            _status(run["shown_status"]),
            _text(run["name"]),
            _text(run["experiment"]),
            str(run["number"]),
            fmt.elapsed(run, now),
            fmt.ago(run["started_at"] or run["created_at"], now),
            _text(" ".join(fmt.tag_text(key, value) for key, value in run["tags"].items())),
            _text(f"{metric[0]}={metric[1]}" if metric else ""),
        )
    return table


def run_table(run: Row) -> Table:
    """One run, a line a fact."""
    now = time.time()
    error, counts = run["error"], run["child_counts"]
    facts = {
        "Status": _status(run["shown_status"]),
        "Name": run["name"],
        "Experiment": f"{run['experiment']} #{run['number']}",
        "Run": run["run_id"],
        "Parent": run["parent_id"] or "",
        "Started": _when(run["started_at"], now),
        "Elapsed": fmt.elapsed(run, now),
        "By": run["submitted_by"],
        "Canceled by": f"{run['cancel_by'] or ''} ({run['cancel_via']})" if run["cancel_requested_at"] else "",
        "Error": f"{error['code']}: {error['message']}" if error else "",
        "Description": run["description"] or "",
        "Archived": _when(run["archived_at"], now),
        "In the bin": _when(run["deleted_at"], now),
        "Children": ", ".join(f"{count} {fmt.LOOKS.get(s, ('', s))[1]}" for s, count in counts.items()),
        "Tags": _pairs(run["tags"]),
        "Properties": _pairs(run["properties"]),
        "Parameters": _pairs(run["params"]),
        "Metrics": "\n".join(_metric(name, metric) for name, metric in run["metrics"].items()),
    }
    table = _table("", "")
    table.show_header = False
    for name, value in facts.items():
        if value:
            table.add_row(name, value if not isinstance(value, str) else _lines(value))
    return table


def experiments_table(rows: Sequence[Row]) -> Table:
    """One line an experiment."""
    now = time.time()
    table = _table("NAME", "RUNS", "ACTIVE", "LAST RUN")
    for row in rows:
        table.add_row(_text(row["name"]), str(row["runs"]), str(row["active"]), fmt.ago(row["last_run_at"], now))
    return table


def _when(at: float | None, now: float) -> str:
    if at is None:
        return ""
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(at))} ({fmt.ago(at, now)})"


def _pairs(items: dict[str, str | None]) -> str:
    return "\n".join(fmt.tag_text(key, value, 200) for key, value in items.items())


def _metric(name: str, metric: Row) -> str:
    if metric["kind"] in {"row", "table"}:
        return f"{name}: {metric['kind']}"
    many = metric["count"] > 1 and metric["min"] is not None
    span = f" ({metric['count']} values, {fmt.number(metric['min'])} to {fmt.number(metric['max'])})" if many else ""
    return f"{name}={fmt.value_text(metric['last'])}{span}"


def _status(shown: str) -> Any:
    from rich.text import Text

    return Text(fmt.status(shown), style=_STYLES.get(shown, ""))


def _text(text: str) -> Any:
    from rich.text import Text

    return Text(fmt.one_line(text, 200), no_wrap=True, overflow="ellipsis")


def _lines(text: str) -> Any:
    from rich.text import Text

    return Text("\n".join(fmt.one_line(line, 400) for line in text.split("\n")))


def console() -> Any:
    """Where tables are drawn."""
    from rich.console import Console

    # In a pipe nothing is cut: the width belongs to the terminal.
    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 10_000)


def _table(*headers: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in headers:
        # rich narrows the columns that may wrap first; their texts are cut instead (`_text`).
        table.add_column(header, no_wrap=header in _NARROW)
    return table


def any_table(result: Any) -> Table:
    """Whatever a query gives: objects by their keys, anything else in one column."""
    rows = result if isinstance(result, list) else [result]
    keys = list(dict.fromkeys(key for row in rows if isinstance(row, dict) for key in row))
    table = _table(*(keys or ["RESULT"]))
    for row in rows:
        cells = [row.get(key) for key in keys] if isinstance(row, dict) else [row]
        table.add_row(*(_text(_cell(value)) for value in cells))
    return table


def _tsv(result: Any) -> list[str]:
    """Values of each row in the order of its keys, without a header, as `az -o tsv` does."""
    rows = result if isinstance(result, list) else [result]
    lines = []
    for row in rows:
        values = list(row.values()) if isinstance(row, dict) else (row if isinstance(row, list) else [row])
        lines.append("\t".join(" ".join(fmt.clean(_cell(value)).split()) for value in values))
    return lines


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _yaml(data: Any) -> str:
    import yaml

    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=_is_unicode()))


def _json(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=not _is_unicode())


def _is_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
