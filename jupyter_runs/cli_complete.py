"""Completion in shells: scripts for bash, zsh and fish, and the ids, names and keys that the store knows.

A shell asks at every press of Tab: nothing here fails aloud, and no store is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from click.shell_completion import CompletionItem

from jupyter_runs import format as fmt
from jupyter_runs.errors import JupyterRunsError

if TYPE_CHECKING:
    from collections.abc import Callable

    import click

    from jupyter_runs.cli_runs import Runs

    Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

#: The environment variable through which shells ask, for both programs.
VARIABLE = "_JRUNS_COMPLETE"
PROGRAMS = ("jruns", "jupyter-runs")
SHELLS = ("bash", "zsh", "fish")
#: Runs that are offered: the newest.
_MANY = 50


def script(shell: str, cli: click.Command) -> str:
    """What a shell is to read so that it completes both programs."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:  # click knows the three of them
        return ""
    parts = []
    for program in PROGRAMS:
        asked = kind(cli, {}, program, VARIABLE)
        # Not `source()`: it starts a bash to ask for its version.
        parts.append(asked.source_template % asked.source_vars())
    return "\n".join(parts)


def _from_store(offer: Callable[[Runs, click.Context, str], list[tuple[str, str]]]) -> Completer:
    """Completion from the workspace that the options before it name."""

    def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from jupyter_runs.cli_runs import Runs, place

        try:
            where = place(ctx.params.get("workspace"), ctx.params.get("path"))
            if not where.config.is_made:
                return []
            runs = Runs(where, reap=False)
            try:
                found = offer(runs, ctx, incomplete)
            finally:
                runs.close()
        except (JupyterRunsError, OSError):
            return []
        return [CompletionItem(value, help=fmt.one_line(note)) for value, note in found if value.startswith(incomplete)]

    return complete


def _runs(runs: Runs, ctx: click.Context, incomplete: str) -> list[tuple[str, str]]:
    from jupyter_runs.store.base import RunFilter

    if incomplete:
        found = runs.store.get_runs(runs.store.find_ids(incomplete, limit=_MANY))
    else:
        where = RunFilter(experiment=ctx.params.get("experiment"))
        found = runs.store.find_runs(where, limit=_MANY).runs
    items = [(run.run_id, f"{run.status} {run.experiment} #{run.number} {run.name}") for run in found]
    return [("last", "the newest run"), *items]


def _experiments(runs: Runs, _ctx: click.Context, _incomplete: str) -> list[tuple[str, str]]:
    return [(experiment.name, f"{experiment.total} runs") for experiment in runs.store.experiments()]


def _tag_keys(runs: Runs, ctx: click.Context, _incomplete: str) -> list[tuple[str, str]]:
    """Keys of the run that is named, else of the newest runs."""
    from jupyter_runs.store.base import RunFilter

    where = RunFilter(experiment=ctx.params.get("experiment"), include_children=True)
    found = runs.store.find_runs(where, limit=_MANY * 4).runs
    if text := ctx.params.get("run"):
        found = [*runs.store.get_runs([text]), *found]
    return [(key, "tag") for key in dict.fromkeys(key for run in found for key in run.tags)]


def _workspaces(_ctx: click.Context, _param: Any, incomplete: str) -> list[CompletionItem]:
    from jupyter_runs.cli_runs import workspace_names

    try:
        return [CompletionItem(name) for name in workspace_names() if name.startswith(incomplete)] or [
            CompletionItem(incomplete, type="file")
        ]
    except OSError:
        return []


def _runconfigs(ctx: click.Context, _param: Any, incomplete: str) -> list[CompletionItem]:
    """Runconfigs of the project, as `-c` names them."""
    from pathlib import Path

    names = (file.stem for file in sorted((Path(ctx.params.get("path") or ".") / ".azureml").glob("*.runconfig")))
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


runs = _from_store(_runs)
experiments = _from_store(_experiments)
tag_keys = _from_store(_tag_keys)
workspaces = _workspaces
runconfigs = _runconfigs
