"""`jupyter runs …` and `jruns …`: list, show and cancel runs from a terminal or a script.

Exit codes: 0 all is well, 1 an error, 2 wrong usage, 3 no such run. One line on stderr says what was wrong and what to do.
"""

from __future__ import annotations

import getpass
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from jupyter_runs import __version__, cli_output, search
from jupyter_runs import format as fmt
from jupyter_runs.cli_runs import Runs
from jupyter_runs.errors import InvalidName, InvalidQuery, JupyterRunsError, RunNotFound
from jupyter_runs.model import CANCEL_REQUESTED, NOT_RESPONDING, Status
from jupyter_runs.store.base import ANY, RunFilter

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_runs.model import RunRecord

ERROR, USAGE, NOT_FOUND, INTERRUPTED = 1, 2, 3, 130
#: `cancel` waits so long for the end (seconds).
CANCEL_WAIT_S = 10.0
_SHOWN = [*(status.value for status in Status), CANCEL_REQUESTED, NOT_RESPONDING]
#: Statuses as people and Azure ML spell them.
_STATUS_WORDS = {s.lower(): s for s in _SHOWN} | {
    **search.STATUS_WORDS,
    "starting": Status.PREPARING.value,
    "provisioning": Status.PREPARING.value,
}


class _Commands(click.Group):
    """Every error, whoever raised it, becomes one line on stderr and an exit code."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            super().main(*args, **{**kwargs, "standalone_mode": False})
            sys.stdout.flush()
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else "jupyter runs"
            _fail(f"{error.format_message()} See `{path} --help`.", USAGE)
        except click.ClickException as error:
            _fail(error.format_message(), error.exit_code)
        except RunNotFound as error:
            _fail(str(error), NOT_FOUND)
        except (InvalidName, InvalidQuery) as error:
            _fail(str(error), USAGE)
        except JupyterRunsError as error:
            _fail(str(error), ERROR)
        except (click.Abort, KeyboardInterrupt):
            _fail("Interrupted.", INTERRUPTED)
        except BrokenPipeError:
            # The reader has gone (`… | head`): what is still to be written at exit goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(ERROR)
        sys.exit(0)


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"Error: {' '.join(fmt.clean(message).split())}", err=True)
    sys.exit(code)


def _options(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Options that several commands share."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        for name in reversed(names):
            command = _OPTIONS[name](command)
        return command

    return decorate


_OPTIONS = {
    "workspace": click.option("-w", "--workspace", metavar="PATH", help="Folder of a workspace, or a config file."),
    "experiment": click.option("-e", "--experiment-name", "experiment", metavar="NAME", help="Only this experiment."),
    "run": click.option(
        "-r", "--run", "run", required=True, metavar="RUN", help="Id, the beginning of one, '#12' (or 12), or last."
    ),
    "output": click.option(
        "-o",
        "--output",
        type=click.Choice(cli_output.FORMATS, case_sensitive=False),
        help="Default: a table on a terminal, JSON in a pipe.",
    ),
    "query": click.option("--query", metavar="JMESPATH", help="Show only what a JMESPath query selects."),
}


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Runs of notebook cells and scripts: list, show, cancel."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@cli.command("list")
@_options("workspace", "experiment")
@click.option("--last", type=click.IntRange(min=1), default=10, show_default=True, help="So many runs, newest first.")
@click.option("--status", "statuses", multiple=True, metavar="STATUS", help="Running, Failed, … or active; repeatable.")
@click.option("--tags", multiple=True, metavar="KEY[=VALUE]", help="The tag is there, with this value; repeatable.")
@click.option("--parent-run-id", metavar="RUN", help="Children of this run.")
@_options("output", "query")
@click.argument("words", nargs=-1, metavar="[QUERY]")
def list_runs(
    *,
    workspace: str | None,
    experiment: str | None,
    last: int,
    statuses: tuple[str, ...],
    tags: tuple[str, ...],
    parent_run_id: str | None,
    output: str | None,
    query: str | None,
    words: tuple[str, ...],
) -> None:
    """List runs, newest first; children only with a QUERY or --parent-run-id.

    QUERY is a search text (status:running tag:quality="fantastic run" exp:digits fast) or a JMESPath query
    ("[?tags.quality=='fantastic run']"). Write -- before a word that begins with a dash.
    """
    text, query = _split(words, query)
    shown = frozenset(_status(word) for word in statuses)
    runs = Runs(workspace)
    try:
        where = RunFilter(
            experiment=experiment,
            parent_id=runs.one(parent_run_id, experiment).run_id if parent_run_id else None,
            include_children=bool(text),
            statuses=shown - {"active"},
            active="active" in shown,
            tags=dict(_pair(tag) for tag in tags),
            query=search.parse(text) if text else None,
        )
        found, total = runs.find(where, last)
        data = [runs.data(run) for run in found]
    finally:
        runs.close()
    cli_output.write(data, output, query, cli_output.runs_table)
    if sys.stdout.isatty():
        _say_more(len(data), total, is_filtered=where != RunFilter())


@cli.command()
@_options("workspace", "experiment", "run", "output", "query")
@click.argument("expression", required=False, metavar="[JMESPATH]")
def show(
    *,
    workspace: str | None,
    experiment: str | None,
    run: str,
    output: str | None,
    query: str | None,
    expression: str | None,
) -> None:
    """Show all that is known about a run."""
    if query is not None and expression is not None:
        raise click.UsageError(f"There are two queries, {query!r} and {expression!r}: give one.")
    runs = Runs(workspace)
    try:
        data = runs.data(runs.one(run, experiment))
    finally:
        runs.close()
    cli_output.write(data, output, query if expression is None else expression, cli_output.run_table)


@cli.command()
@_options("workspace", "experiment", "run", "output", "query")
@click.option("--no-wait", is_flag=True, help="Ask and go, without waiting for the end.")
def cancel(
    *, workspace: str | None, experiment: str | None, run: str, output: str | None, query: str | None, no_wait: bool
) -> None:
    """Cancel a run and its unfinished children, and wait until it has ended (at most 10 s).

    Exit code 1 when it still runs after that.
    """
    runs = Runs(workspace)
    try:
        before = runs.one(run, experiment)
        started = time.monotonic()
        after = runs.store.request_cancel(before.run_id, by=_user(), via="cli")
        if not no_wait:
            after = runs.wait_for_end(before.run_id, CANCEL_WAIT_S)
        data = runs.data(after)
    finally:
        runs.close()
    is_data = output is not None or query is not None
    click.echo(_what_happened(before, after, time.monotonic() - started, no_wait=no_wait), err=is_data)
    if is_data:
        cli_output.write(data, output, query, cli_output.run_table)
    if not after.status.is_final and not no_wait:
        sys.exit(ERROR)


def _split(words: tuple[str, ...], query: str | None) -> tuple[str, str | None]:
    """Bare words -> search text and JMESPath query."""
    queries = [word for word in words if cli_output.is_query(word)]
    if query is not None:
        queries.append(query)
    if len(queries) > 1:
        raise click.UsageError(f"There are two queries, {queries[0]!r} and {queries[1]!r}: give one.")
    text = " ".join(word for word in words if not cli_output.is_query(word))
    return text.strip(), queries[0] if queries else None


def _status(word: str) -> str:
    status = _STATUS_WORDS.get(word.lower())
    if status is None:
        raise click.UsageError(f"Unknown status {word!r}: expected active, {', '.join(_SHOWN)}.")
    return status


def _pair(text: str) -> tuple[str, object]:
    key, equals, value = text.partition("=")
    return key, value if equals else ANY


def _say_more(shown: int, total: int, *, is_filtered: bool) -> None:
    if not total:
        hint = (
            "No runs match." if is_filtered else "No runs yet. Put %%run_experiment my-experiment at the top of a cell."
        )
        click.echo(hint, err=True)
    elif total > shown:
        click.echo(f"{shown} of {total} runs; --last {total} shows all.", err=True)


def _what_happened(before: RunRecord, after: RunRecord, seconds: float, *, no_wait: bool) -> str:
    name = f"Run #{after.number} {after.experiment}/{fmt.one_line(after.name)}"
    if before.status.is_final:
        return f"{name} had ended before: {before.status}. Nothing was changed."
    if after.status.is_final:
        return f"{name}: {after.status} in {seconds:.1f} s."
    if no_wait:
        return f"{name}: cancel requested."
    shown = after.shown_status(time.time())
    why = (
        "its process has not been heard of lately"
        if shown == NOT_RESPONDING
        else "it is probably inside one long call, and ends when that returns"
    )
    return f"{name}: cancel requested; still {after.status} after {CANCEL_WAIT_S:.0f} s: {why}. Restart its kernel to force it."


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"


def main() -> None:
    """Entry point of `jupyter-runs` (that is `jupyter runs`) and `jruns`."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot draw a shape or a letter shows a question mark, not a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    cli(prog_name="jruns" if Path(sys.argv[0]).stem == "jruns" else "jupyter runs")
