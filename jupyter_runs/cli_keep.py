"""Commands that keep order: delete, restore, gc, export, import."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from jupyter_runs import cli_complete, cli_output
from jupyter_runs.cli_edit import title
from jupyter_runs.cli_options import RUN_HELP, Call, Command, run_option, shared

if TYPE_CHECKING:
    from jupyter_runs.cli_runs import Runs
    from jupyter_runs.model import RunRecord

_YES = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
_NAMED = 3


@click.command(cls=Command, short_help="Put runs into the bin.")
@click.option(
    "-r",
    "--run",
    "texts",
    required=True,
    multiple=True,
    metavar="RUN",
    help=f"{RUN_HELP} Repeatable.",
    shell_complete=cli_complete.runs,
)
@_YES
@shared
def delete(call: Call, *, texts: tuple[str, ...], yes: bool) -> None:
    """Put runs and all their children into the bin; restore takes them out, gc empties it."""
    with call.runs() as runs:
        from jupyter_runs.cli_runs import user

        found = list({run.run_id: run for run in (runs.one(text, call.experiment) for text in texts)}.values())
        _ask(f"Put {_titles(found)} into the bin?", yes=yes)
        # A run that is refused comes first, so that all of them go or none.
        for record in sorted(found, key=lambda run: not _is_busy(runs, run)):
            runs.store.delete_run(record.run_id, by=user())
        data = [runs.data(run) for run in runs.store.get_runs(run.run_id for run in found)]
    call.answer(
        f"{_titles(found)}: in the bin. `jupyter runs restore -r {found[0].run_id}` takes it out.",
        data,
        cli_output.runs_table,
    )


@click.command(cls=Command, short_help="Take a run out of the bin.")
@run_option
@shared
def restore(call: Call, *, run: str) -> None:
    """Take a run and its children out of the bin; `list is:deleted` shows what is in it."""
    with call.runs() as runs:
        from jupyter_runs.cli_runs import user

        found = runs.one(run, call.experiment, deleted=True)
        runs.store.restore_run(found.run_id, by=user())
        data = runs.data(runs.store.get_run(found.run_id))
    call.answer(f"{title(found)}: out of the bin.", data, cli_output.run_table)


@click.command(cls=Command, short_help="Empty the bin of what is older than 30 days.")
@click.option(
    "--older-than",
    type=click.FloatRange(min=0),
    default=30,
    show_default=True,
    metavar="DAYS",
    help="In the bin for longer than that; 0 empties it.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@_YES
@shared
def gc(call: Call, *, older_than: float, dry_run: bool, yes: bool) -> None:
    """Remove for good what is in the bin, and files that nobody needs."""
    with call.runs() as runs:
        workspace: Any = runs.workspace()
        plan = workspace.gc(older_than_days=older_than, dry_run=True)
        removed = plan
        if not dry_run:
            if plan.runs:
                _ask(f"Remove {_sum(plan)} for good?", yes=yes)
            removed = workspace.gc(older_than_days=older_than)
    what = f"Would remove {_sum(removed)}." if dry_run else f"Removed {_sum(removed)}."
    call.answer(what, asdict(removed), cli_output.any_table)


@click.command(cls=Command, short_help="Write an experiment into one file.")
@click.argument("file", type=click.Path(dir_okay=False), metavar="FILE")
@shared
def export(call: Call, *, file: str) -> None:
    """Write an experiment (-e) with all its runs and their files into one FILE (zip)."""
    from jupyter_runs.experiment import Experiment
    from jupyter_runs.store.base import RunFilter

    with call.runs() as runs:
        name = call.experiment or runs.config.experiment
        if name is None:
            raise click.UsageError("Name the experiment: -e EXPERIMENT. `jupyter runs experiment list` shows them.")
        total = runs.store.find_runs(RunFilter(experiment=name, include_children=True, archived=None), limit=1).total
        if not total:
            raise click.UsageError(
                f"There are no runs in an experiment {name!r}. `jupyter runs experiment list` shows the experiments."
            )
        written = Experiment(runs.workspace(), name).export(file)
    data = {"experiment_name": name, "path": str(written), "runs": total}
    call.answer(f"Experiment {name}: {_count(total, 'run')} in {data['path']}.", data, cli_output.any_table)


@click.command("import", cls=Command, short_help="Take in such a file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False), metavar="FILE")
@shared
def import_(call: Call, *, file: str) -> None:
    """Take in a FILE that export has written; -e gives the experiment another name."""
    with call.runs() as runs:
        workspace: Any = runs.workspace()
        experiment = workspace.import_experiment(file, name=call.experiment)
        data = {"experiment_name": experiment.name, "path": file}
    call.answer(f"Experiment {experiment.name}: taken in from {file}.", data, cli_output.any_table)


def _ask(question: str, *, yes: bool) -> None:
    """Go on only after a yes."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} There is nobody to ask: add --yes.")
    click.confirm(question, abort=True, err=True)


def _is_busy(runs: Runs, run: RunRecord) -> bool:
    """The run, or one below it, has not ended."""
    from jupyter_runs.store.base import RunFilter

    below = RunFilter(below=run.run_id, active=True, archived=None)
    return not run.status.is_final or runs.store.find_runs(below, limit=1).total > 0


def _titles(runs: list[RunRecord]) -> str:
    children = sum(sum(run.child_counts.values()) for run in runs)
    names = ", ".join(title(run) for run in runs[:_NAMED])
    more = f" and {len(runs) - _NAMED} more" if len(runs) > _NAMED else ""
    return f"{names}{more}" + (f" with {_count(children, 'child', 'children')}" if children else "")


def _sum(removed: Any) -> str:
    return (
        f"{_count(removed.runs, 'run')}, {_count(removed.snapshots, 'snapshot')} and "
        f"{_count(removed.files, 'file')} ({_size(removed.bytes)})"
    )


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
