"""`jupyter runs …` and `jruns …`: everything about runs from a terminal or a script.

Exit codes: 0 all is well, 1 an error, 2 wrong usage, 3 no such run, 4 the run failed, 5 the run was canceled. One line on
stderr says what was wrong and what to do. A command's module is loaded when the command is called.
"""

from __future__ import annotations

import os
import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click

from jupyter_runs import __version__
from jupyter_runs import format as fmt
from jupyter_runs.cli_complete import VARIABLE
from jupyter_runs.cli_options import DEBUG, ERROR, INTERRUPTED, NOT_FOUND, USAGE, help_alone
from jupyter_runs.errors import CloudOnly, InvalidName, InvalidQuery, JupyterRunsError

#: Command -> module and object, in the order of the help. The first part has Azure ML's names (`az ml run …`).
_AZURE = {
    "submit-script": "cli_script:submit_script",
    "list": "cli_list:list_runs",
    "show": "cli_list:show",
    "monitor-logs": "cli_script:monitor_logs",
    "download-logs": "cli_script:download_logs",
    "update": "cli_edit:update",
    "cancel": "cli_edit:cancel",
    "experiment": "cli_list:experiment",
    "folder": "cli_project:folder",
}
_OURS = {
    "ui": "cli_ui:ui",
    "serve": "cli_server:serve",
    "token": "cli_server:token",
    "sync": "cli_server:sync",
    "wait": "cli_script:wait",
    "complete": "cli_edit:complete",
    "fail": "cli_edit:fail",
    "children": "cli_list:children",
    "tag": "cli_edit:tag",
    "archive": "cli_edit:archive",
    "reactivate": "cli_edit:reactivate",
    "delete": "cli_keep:delete",
    "restore": "cli_keep:restore",
    "gc": "cli_keep:gc",
    "export": "cli_keep:export",
    "import": "cli_keep:import_",
    "migrate": "cli_migrate:migrate",
    "targets": "cli_targets:targets",
    "doctor": "cli_doctor:doctor",
    "completion": "cli_project:completion",
}

#: Verbs of Azure ML that need its cloud -> what to do here.
_CLOUD = {
    "submit-hyperdrive": "Submit a script that tries the values in child runs (run.child_run), or submit it once for each value.",
    "submit-pipeline": "Submit a script that runs the steps as child runs (run.child_run).",
    "monitor-tensorboard": "Write TensorBoard's files to ./logs: they are kept with the run, and tensorboard --logdir shows them.",
}


class _Commands(click.Group):
    """Loads commands when they are called; every error, whoever raised it, becomes one line on stderr and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return [*_AZURE, *_OURS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        where = (_AZURE | _OURS).get(cmd_name)
        if where is None:
            return None
        module, name = where.split(":")
        found: click.Command = getattr(import_module(f"jupyter_runs.{module}"), name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            if args[0] in _CLOUD:
                raise CloudOnly(f"{args[0]} exists in Azure ML only. {_CLOUD[args[0]]}")
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.list_commands(ctx), 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """`az ml run list` becomes `jupyter runs run list`: the word between is left out."""
        return super().parse_args(ctx, args[1:] if args[:1] == ["run"] else args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = formatter.width - 6 - max(map(len, (*_AZURE, *_OURS)))
        for title, names in (("As in Azure ML (az ml run …)", _AZURE), ("In addition", _OURS)):
            commands = ((name, self.get_command(ctx, name)) for name in names)
            with formatter.section(title):
                formatter.write_dl([(name, command.get_short_help_str(width)) for name, command in commands if command])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception:
            if ctx.meta.get(DEBUG):
                import traceback

                traceback.print_exc()
            raise

    def main(self, *args: Any, **kwargs: Any) -> Any:
        code = 0
        try:
            result = super().main(*args, **{**kwargs, "standalone_mode": False})
            code = result if isinstance(result, int) else 0
            sys.stdout.flush()
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else "jupyter runs"
            _fail(f"{error.format_message()} See `{path} --help`.", USAGE)
        except click.ClickException as error:
            _fail(error.format_message(), error.exit_code)
        except (InvalidName, InvalidQuery) as error:
            _fail(str(error), USAGE)
        except JupyterRunsError as error:
            _fail(str(error), NOT_FOUND if isinstance(error, LookupError) else ERROR)
        except (click.Abort, KeyboardInterrupt):
            _fail("Interrupted.", INTERRUPTED)
        except BrokenPipeError:
            # The reader has gone (`… | head`): what is still to be written at exit goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = ERROR
        sys.exit(code)


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"Error: {' '.join(fmt.clean(message).split())}", err=True)
    sys.exit(code)


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Runs of notebook cells and scripts: submit, list, show, tag, cancel, keep."""
    help_alone(ctx)


def _warn(message: Warning | str, *_where: object, **_more: object) -> None:
    """A warning in one line, without the place in our code."""
    click.echo(f"Warning: {fmt.one_line(str(message), 500)}", err=True)


def main() -> None:
    """Entry point of `jupyter-runs` (that is `jupyter runs`) and `jruns`."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot draw a shape or a letter shows a question mark, not a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    warnings.showwarning = _warn
    name = "jruns" if Path(sys.argv[0]).stem == "jruns" else "jupyter runs"
    cli(prog_name=name, complete_var=VARIABLE)
