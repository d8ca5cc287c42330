"""`jupyter runs targets`: where scripts can run, and whether that can be reached."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jupyter_runs import format as fmt
from jupyter_runs.cli_options import Call, Command, shared

if TYPE_CHECKING:
    from rich.table import Table

_LOOKS = {True: ("usable", "green"), False: ("not usable", "red"), None: ("not asked", "dim")}


@click.command(cls=Command)
@click.option("--no-check", is_flag=True, help="Do not ask the engines whether they answer.")
@shared
def targets(call: Call, *, no_check: bool) -> None:
    """List where scripts can run: this machine, and what compute.toml configures; with what is wrong, and what to do."""
    from jupyter_runs import engines
    from jupyter_runs.cli_runs import place

    where = place(call.workspace, call.path)
    start = Path(call.path or ".").expanduser().absolute()
    call.write(engines.overview(where.config, start, ask=not no_check), _table)


def _table(rows: list[dict[str, Any]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("TARGET", "TYPE", "ADDRESS", "STATE"):
        table.add_column(header)
    for row in rows:
        words, style = _LOOKS[row["is_usable"]]
        state = Text(words, style=style) if row["problem"] is None else Text(fmt.clean(row["problem"]), style=style)
        table.add_row(Text(row["name"], no_wrap=True), Text(row["type"]), Text(fmt.clean(row["address"])), state)
    return table
