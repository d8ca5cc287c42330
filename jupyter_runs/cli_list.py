"""Commands that look: list, show, children, experiment list."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import click

from jupyter_runs import cli_complete, cli_output, targets
from jupyter_runs.cli_options import Call, Command, help_alone, pair, run_option, shared
from jupyter_runs.model import CANCEL_REQUESTED, NOT_RESPONDING, Status
from jupyter_runs.store.base import ANY, RunFilter

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

    from jupyter_runs.cli_runs import Runs
    from jupyter_runs.search import Query

#: `--watch` draws so often (seconds).
WATCH_S = 1.0
_SHOWN = [*(status.value for status in Status), CANCEL_REQUESTED, NOT_RESPONDING]
#: Azure ML's words for what is here a part of Preparing.
_AZURE_WORDS = {"starting": Status.PREPARING.value, "provisioning": Status.PREPARING.value}


def _complete_status(_ctx: object, _param: object, incomplete: str) -> list[str]:
    return [word for word in ("active", *_SHOWN) if word.lower().startswith(incomplete.lower())]


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    """Options of every listing of runs."""
    for option in (
        click.argument("words", nargs=-1, metavar="[QUERY]"),
        click.option("--watch", is_flag=True, help="Draw anew every second, until Ctrl-C."),
        click.option("--minimal", is_flag=True, help="Only id, type, status, times, target and tags."),
        click.option("--compute-target-name", metavar="NAME", help="Executed on this compute target."),
        click.option(
            "--tags",
            multiple=True,
            metavar="KEY[=VALUE]",
            help="The tag is there, with this value; repeatable.",
            shell_complete=cli_complete.tag_keys,
        ),
        click.option(
            "--status",
            "statuses",
            multiple=True,
            metavar="STATUS",
            help="Running, Failed, … or active; repeatable.",
            shell_complete=_complete_status,
        ),
        click.option(
            "--last", type=click.IntRange(min=1), default=10, show_default=True, help="So many runs, newest first."
        ),
    ):
        command = option(command)
    return command


@click.command("list", cls=Command, short_help="List runs, newest first.")
@_filters
@click.option("--parent-run-id", metavar="RUN", help="Children of this run.", shell_complete=cli_complete.runs)
@click.option("--pipeline-run-id", metavar="RUN", help="All descendants of this run.", shell_complete=cli_complete.runs)
@shared
def list_runs(call: Call, *, parent_run_id: str | None, pipeline_run_id: str | None, **options: Any) -> None:
    """List runs, newest first; children only with a QUERY or --parent-run-id.

    QUERY is a search text (status:running tag:quality="fantastic run" exp:digits fast) or a JMESPath query
    ("[?tags.quality=='fantastic run']"). Write -- before a word that begins with a dash.
    """
    if parent_run_id is not None and pipeline_run_id is not None:
        raise click.UsageError("--parent-run-id and --pipeline-run-id exclude each other: give one.")
    with call.runs() as runs:
        scope: dict[str, Any] = {}
        if parent_run_id is not None:
            scope = {"parent_id": runs.one(parent_run_id, call.experiment).run_id}
        elif pipeline_run_id is not None:
            scope = {"below": runs.one(pipeline_run_id, call.experiment).run_id}
        _list(call, runs, scope, **options)


@click.command(cls=Command, short_help="List the children of a run.")
@run_option
@click.option("--recursive", is_flag=True, help="All descendants.")
@_filters
@shared
def children(call: Call, *, run: str, recursive: bool, **options: Any) -> None:
    """List the children of a run, newest first; QUERY as for list."""
    with call.runs() as runs:
        parent = runs.one(run, call.experiment).run_id
        _list(call, runs, {"below": parent} if recursive else {"parent_id": parent}, **options)


def _list(
    call: Call,
    runs: Runs,
    scope: dict[str, Any],
    *,
    last: int,
    statuses: tuple[str, ...],
    tags: tuple[str, ...],
    compute_target_name: str | None,
    minimal: bool,
    watch: bool,
    words: tuple[str, ...],
) -> None:
    text, bare = cli_output.split_words(words)
    call = call.with_query(bare)
    from jupyter_runs.cli_runs import ALL

    shown = frozenset(_status(word) for given in statuses for word in given.split(","))
    # The experiment of an attached folder, as in Azure ML; a search looks everywhere.
    attached = runs.config.experiment if call.experiment is None and not scope and not text else None
    where = RunFilter(
        **scope,
        experiment=attached or (None if call.experiment == ALL else call.experiment),
        include_children=bool(text),
        statuses=shown - {"active"},
        active="active" in shown,
        tags={key: ANY if value is None else value for key, value in map(pair, tags)},
        properties=_on_target(compute_target_name),
        query=_parse(text) if text else None,
    )

    def read() -> tuple[list[dict[str, Any]], int]:
        found, total = runs.find(where, last)
        return [_minimal(run) if minimal else run for run in map(runs.data, found)], total

    table = cli_output.any_table if minimal else cli_output.runs_table
    if watch:
        _watch(call, runs, read, table)
        return
    data, total = read()
    call.write(data, table)
    if sys.stdout.isatty():
        if attached is not None:
            call.remark(f"Only experiment {attached}, to which this folder is attached; -e '{ALL}' lists all.")
        _say_more(call, len(data), total, is_filtered=where != RunFilter())


def _watch(
    call: Call,
    runs: Runs,
    read: Callable[[], tuple[list[dict[str, Any]], int]],
    table: Callable[[Any], Table],
) -> None:
    """Draw the list once a second, until Ctrl-C."""
    if not sys.stdout.isatty() or call.output not in {None, "table"}:
        raise click.UsageError("--watch draws a table on a terminal; for a program, call list again.")
    from rich.live import Live

    from jupyter_runs.cli_runs import reap_dead

    with Live(console=cli_output.console(), auto_refresh=False) as live:
        try:
            while True:
                reap_dead(runs.store)
                live.update(cli_output.drawn(read()[0], call.query, table), refresh=True)
                time.sleep(WATCH_S)
        except KeyboardInterrupt:
            return


@click.command(cls=Command)
@run_option
@click.argument("words", nargs=-1, metavar="[JMESPATH]")
@shared
def show(call: Call, *, run: str, words: tuple[str, ...]) -> None:
    """Show all that is known about a run."""
    call = call.with_query(" ".join(words) if words else None)
    with call.runs() as runs:
        data = runs.data(runs.one(run, call.experiment))
    call.write(data, cli_output.run_table)


@click.group(invoke_without_command=True)
@click.pass_context
def experiment(ctx: click.Context) -> None:
    """Experiments: experiment list."""
    help_alone(ctx)


@experiment.command("list", cls=Command)
@click.argument("words", nargs=-1, metavar="[JMESPATH]")
@shared
def list_experiments(call: Call, *, words: tuple[str, ...]) -> None:
    """List experiments, the most recently used first."""
    from jupyter_runs.cli_runs import ALL, utc

    call = call.with_query(" ".join(words) if words else None)
    with call.runs() as runs:
        data = [
            {
                "name": found.name,
                "experiment_id": found.name,
                "workspace_name": runs.config.name,
                "runs": found.total,
                "active": found.active,
                "created_at": found.created_at,
                "created_utc": utc(found.created_at),
                "last_run_at": found.last_at,
                "last_run_utc": utc(found.last_at),
            }
            for found in runs.store.experiments()
            if call.experiment in {None, ALL, found.name}
        ]
    call.write(data, cli_output.experiments_table)
    if not data and sys.stdout.isatty():
        call.remark("No experiments yet. Put %%run_experiment my-experiment at the top of a cell.")


def _parse(text: str) -> Query:
    from jupyter_runs.search import parse

    return parse(text)


def _status(word: str) -> str:
    """A status as people and Azure ML spell it."""
    from jupyter_runs.search import STATUS_WORDS

    words = {s.lower(): s for s in _SHOWN} | STATUS_WORDS | _AZURE_WORDS
    status = words.get(word.lower())
    if status is None:
        raise click.UsageError(f"Unknown status {word!r}: expected active, {', '.join(_SHOWN)}.")
    return status


def _on_target(name: str | None) -> dict[str, object]:
    """What tells a run that was sent to a compute target."""
    return {} if name in {None, targets.LOCAL} else {targets.PROPERTY: name}


def _minimal(run: dict[str, Any]) -> dict[str, Any]:
    """The columns of Azure ML's `--minimal`."""
    return {
        "RunId": run["run_id"],
        "RunType": run["run_type"],
        "Status": run["status"],
        "StartTime": run["start_time_utc"],
        "EndTime": run["end_time_utc"],
        "Target": run["target"],
        "Tags": run["tags"],
    }


def _say_more(call: Call, shown: int, total: int, *, is_filtered: bool) -> None:
    if not total:
        hint = (
            "No runs match." if is_filtered else "No runs yet. Put %%run_experiment my-experiment at the top of a cell."
        )
        call.remark(hint)
    elif total > shown:
        call.remark(f"{shown} of {total} runs; --last {total} shows all.")
