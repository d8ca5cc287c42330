"""The command that moves a whole workspace: migrate."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from jupyter_runs import cli_output
from jupyter_runs.cli_options import ERROR, Call, Command, shared

if TYPE_CHECKING:
    from jupyter_runs.config import WorkspaceConfig
    from jupyter_runs.migration import Migrated

_SHOWN = 20


@click.command(cls=Command, short_help="Copy a whole workspace to another store.")
@click.argument("source")
@click.argument("target")
@click.option("--force", is_flag=True, help="Take runs that have not ended as they are now.")
@shared
def migrate(call: Call, *, source: str, target: str, force: bool) -> None:
    """Copy all runs of SOURCE with their files into TARGET, each a folder, a name or postgresql://…; SOURCE stays as it is.

    An interrupted migration is finished by calling it again. What differs at the end is told, with exit code 1.
    """
    from jupyter_runs import config
    from jupyter_runs.cli_runs import is_path, place

    if call.workspace is not None:
        raise click.UsageError("migrate takes its workspaces as SOURCE and TARGET, without -w.")
    here = place(source, None).config
    if not here.is_made:
        raise click.UsageError(f"{here.folder} holds no runs. Check SOURCE.")
    there = config.resolve(target) if is_path(target) else config.named(target)
    done = _with_progress(call, here, there, unfinished=force)
    config.remember(there)
    kept = ", ".join(f"{found} {name}" for name, (_, found) in done.counts.items())
    data = {
        "source": here.shown,
        "target": there.shown,
        **{name: found for name, (_, found) in done.counts.items()},
        "differences": done.differences,
    }
    for line in done.differences[:_SHOWN]:
        call.remark(f"Not the same: {line}.")
    if more := done.differences[_SHOWN:]:
        call.remark(f"And {len(more)} more.")
    outcome = "some is not the same" if done.differences else "all is there, and the source is as it was"
    call.answer(f"{there.shown}: {kept}; {outcome}.", data, cli_output.any_table)
    if done.differences:
        sys.exit(ERROR)


def _with_progress(call: Call, here: WorkspaceConfig, there: WorkspaceConfig, *, unfinished: bool) -> Migrated:
    """The migration, with a bar on a terminal."""
    from jupyter_runs.migration import migrate as move

    if call.only_show_errors or not sys.stderr.isatty():
        return move(here, there, unfinished=unfinished)
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    bars: Any = Progress(*columns, console=Console(stderr=True), transient=True)
    tasks: dict[str, Any] = {}

    def tell(what: str, done: int, total: int) -> None:
        if what not in tasks:
            tasks[what] = bars.add_task(what, total=total)
        bars.update(tasks[what], completed=done)

    with bars:
        return move(here, there, unfinished=unfinished, tell=tell)
