"""What every command shares: the options of Azure ML's command line, where results go, and help that keeps them apart."""

from __future__ import annotations

import functools
import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from jupyter_runs import cli_complete, cli_output
from jupyter_runs.errors import JupyterRunsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.table import Table

    from jupyter_runs.cli_runs import Runs

ERROR, USAGE, NOT_FOUND, RUN_FAILED, RUN_CANCELED, INTERRUPTED = 1, 2, 3, 4, 5, 130
#: Where `--debug` is noted for the group, which reports errors.
DEBUG = "jupyter_runs.debug"


@dataclass(frozen=True)
class Call:
    """What the shared options of one call say."""

    workspace: str | None
    path: str | None
    experiment: str | None
    resource_group: str | None
    subscription_id: str | None
    output: str | None
    query: str | None
    metadata_file: str | None
    verbose: bool
    only_show_errors: bool

    @contextmanager
    def runs(self, *, reap: bool = True) -> Iterator[Runs]:
        """The runs of the workspace that is meant; `reap` ends those whose process is gone."""
        from jupyter_runs.cli_runs import Runs, place

        where = place(self.workspace, self.path)
        if self.verbose:
            self.remark(f"Workspace {where.config.name} in {where.config.shown}.")
        runs = Runs(where, reap=reap)
        try:
            yield runs
        finally:
            runs.close()

    @property
    def wants_data(self) -> bool:
        """The result is asked for as data, or goes to a program."""
        return self.output is not None or self.query is not None or not sys.stdout.isatty()

    def remark(self, text: str) -> None:
        """Prose beside the result, on stderr."""
        if not self.only_show_errors:
            click.echo(text, err=True)

    def with_query(self, bare: str | None) -> Call:
        """This call with a query that was given bare, without `--query`."""
        if self.query is not None and bare is not None:
            raise click.UsageError(f"There are two queries, {bare!r} and {self.query!r}: give one.")
        return self if bare is None else replace(self, query=bare)

    def write(self, data: Any, table: Callable[[Any], Table]) -> None:
        """The result as data: on stdout, and whole in the file of `-t`."""
        self.keep(data)
        cli_output.write(data, self.output, self.query, table)

    def keep(self, data: Any) -> None:
        """Write `data` to the file of `-t`, if one was given."""
        if self.metadata_file is not None:
            try:
                Path(self.metadata_file).write_text(json.dumps(data, indent=2, ensure_ascii=False), "utf-8")
            except OSError as error:
                raise JupyterRunsError(
                    f"{self.metadata_file} cannot be written ({error.strerror}). Give -t another file."
                ) from error

    def answer(self, sentence: str, data: Any, table: Callable[[Any], Table], *, is_data: bool | None = None) -> None:
        """What was done: a sentence for a person; for a program the data, and the sentence on stderr."""
        if self.wants_data if is_data is None else is_data:
            self.remark(sentence)
            self.write(data, table)
        else:
            click.echo(sentence)
            self.keep(data)


class Command(click.Command):
    """A command whose help lists its own options first, then those that every command has."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own: list[tuple[str, str]] = []
        of_all: list[tuple[str, str]] = []
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            if record is not None:
                (of_all if param.name in _SHARED else own).append(record)
        for title, records in (("Options", own), ("Options of every command", of_all)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


def help_alone(ctx: click.Context) -> None:
    """A group that is called without a command shows its help."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def _file_to_write(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Refuse a file that cannot be written before anything is done."""
    if value is not None and not Path(value).absolute().parent.is_dir():
        raise click.BadParameter(f"the folder of {value!r} is not there. Make it first.")
    return value


def _note_debug(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        ctx.meta[DEBUG] = True


#: Options of every command, by the name of their value.
_SHARED = {
    "workspace": click.option(
        "-w",
        "--workspace-name",
        "--workspace",
        "workspace",
        metavar="NAME|PATH|ADDRESS",
        help="A workspace by name, by its folder or a config file, or by the address of its server.",
        shell_complete=cli_complete.workspaces,
    ),
    "experiment": click.option(
        "-e",
        "--experiment-name",
        "experiment",
        metavar="NAME",
        help="The experiment.",
        shell_complete=cli_complete.experiments,
    ),
    "path": click.option(
        "--path",
        metavar="FOLDER",
        shell_complete=lambda _ctx, _param, incomplete: [CompletionItem(incomplete, type="dir")],
        help="Where the search for .azureml/config.json begins (default: this folder).",
    ),
    "resource_group": click.option("-g", "--resource-group", metavar="NAME", help="Accepted, as in Azure ML."),
    "subscription_id": click.option("--subscription-id", metavar="ID", help="Accepted, as in Azure ML."),
    "output": click.option(
        "-o",
        "--output",
        type=click.Choice(cli_output.FORMATS, case_sensitive=False),
        help="Default: a table on a terminal, JSON in a pipe.",
    ),
    "query": click.option("--query", metavar="JMESPATH", help="Show only what a JMESPath query selects."),
    "metadata_file": click.option(
        "-t",
        "--output-metadata-file",
        "metadata_file",
        type=click.Path(dir_okay=False, writable=True),
        callback=_file_to_write,
        help="Write the result to this file too, as JSON.",
    ),
    "verbose": click.option("--verbose", is_flag=True, help="Say which workspace is used."),
    "only_show_errors": click.option("--only-show-errors", is_flag=True, help="No remarks and no warnings."),
    "debug": click.option(
        "--debug",
        is_flag=True,
        is_eager=True,
        callback=_note_debug,
        expose_value=False,
        help="Show where errors arise.",
    ),
}

RUN_HELP = "Id, the beginning of one, '#12' (or 12), a name that only one run has, or last."


def shared(command: Callable[..., None]) -> Callable[..., None]:
    """`command(call, …)`: it has the options of every command, and gets what they say as a `Call`."""

    @functools.wraps(command)
    def called(**values: Any) -> None:
        said = {name: values.pop(name) for name in _SHARED if name in values}
        call = Call(**said)
        if call.only_show_errors:
            import warnings

            warnings.simplefilter("ignore")
        command(call, **values)

    for option in reversed(_SHARED.values()):
        called = option(called)
    return called


def run_option(command: Callable[..., None]) -> Callable[..., None]:
    """`-r RUN`, which names one run."""
    return click.option(
        "-r", "--run", "run", required=True, metavar="RUN", help=RUN_HELP, shell_complete=cli_complete.runs
    )(command)


def pair(text: str) -> tuple[str, str | None]:
    """`KEY=VALUE`, or a KEY alone."""
    key, equals, value = text.partition("=")
    return key, value if equals else None
