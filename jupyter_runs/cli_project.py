"""Commands of a project and of a shell: folder attach, completion."""

from __future__ import annotations

import json
import os
import re
import uuid
from pathlib import Path
from typing import Any

import click

from jupyter_runs import cli_complete, cli_output, names
from jupyter_runs.cli_options import Call, Command, help_alone, shared
from jupyter_runs.errors import WorkspaceConfigError

_NO_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


@click.group(invoke_without_command=True)
@click.pass_context
def folder(ctx: click.Context) -> None:
    """Folders of projects: folder attach."""
    help_alone(ctx)


@folder.command(cls=Command)
@shared
def attach(call: Call) -> None:
    """Attach a folder (--path) to a workspace (-w NAME) and an experiment (-e, default: the folder's name).

    Writes .azureml/config.json, which notebooks, scripts and this command line find; the first time also sample runconfigs,
    conda_dependencies.yml and .amlignore, where they are not there yet. The workspace is made when it is new.
    """
    if call.workspace is None:
        raise click.UsageError("Name the workspace: -w NAME.")
    project = Path("." if call.path is None else call.path).expanduser().absolute()
    if project.exists() and not project.is_dir():
        raise click.UsageError(f"{project} is a file: give a folder as --path.")
    experiment = names.experiment(call.experiment or _experiment_name(project))
    from jupyter_runs import config
    from jupyter_runs.cli_runs import is_path
    from jupyter_runs.script import sample_runconfigs
    from jupyter_runs.store.opening import open_store

    by_path = is_path(call.workspace)
    where = config.resolve(call.workspace) if by_path else config.named(call.workspace)
    file = project / ".azureml" / "config.json"
    before = _settings(file)
    settings = before | {"Scope": _scope(call, where.name, experiment)}
    if by_path:
        settings["store"] = where.url or where.folder.as_posix()
        if where.url is not None and config.address(where.url).folder != where.folder:
            settings["files"] = where.folder.as_posix()
    open_store(where).close()
    config.remember(where)
    _write(file, settings)
    if "Scope" not in before:
        sample_runconfigs(project)
    data = {
        "path": str(project),
        "config_file": str(file),
        "workspace_name": where.name,
        "workspace_folder": str(where.folder),
        "experiment_name": experiment,
    }
    call.answer(
        f"{project} is attached to workspace {where.name}, experiment {experiment}.", data, cli_output.any_table
    )


def _experiment_name(project: Path) -> str:
    """The folder's name as far as it can name an experiment."""
    valid = re.sub(r"[^A-Za-z0-9_-]+", "-", project.resolve().name).strip("-_")[:255]
    return valid or "experiment"


def _scope(call: Call, workspace: str, experiment: str) -> str:
    """How Azure ML's config.json names subscription, resource group, workspace and experiment."""
    return (
        f"/subscriptions/{call.subscription_id or _NO_SUBSCRIPTION}/resourceGroups/{call.resource_group or 'local'}"
        f"/providers/Microsoft.MachineLearningServices/workspaces/{workspace}/projects/{experiment}"
    )


def _settings(file: Path) -> dict[str, Any]:
    """The config file that is there, without what names a workspace; with an id for the attachment."""
    try:
        data = json.loads(file.read_text("utf-8")) if file.exists() else {}
    except (OSError, ValueError):
        data = None
    if not isinstance(data, dict):
        raise WorkspaceConfigError(f"{file} cannot be read as a JSON object. Remove it, then attach again.")
    kept = {k: v for k, v in data.items() if k not in {"workspace_name", "store", "subscription_id", "resource_group"}}
    return {"Id": str(uuid.uuid4()), **kept}


def _write(file: Path, settings: dict[str, Any]) -> None:
    temporary = file.with_suffix(f".{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(settings, indent=2, ensure_ascii=False) + "\n", "utf-8")
        temporary.replace(file)
    except OSError as error:
        raise WorkspaceConfigError(f"{file} cannot be written ({error.strerror}). Give another --path.") from error


@click.command(cls=Command, short_help="Print what makes a shell complete commands and ids.")
@click.argument("shell", type=click.Choice(cli_complete.SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    r"""Print what makes a SHELL complete commands, options, run ids, experiments and tag keys.

    \b
    bash, in ~/.bashrc:                     eval "$(jupyter runs completion bash)"
    zsh, in ~/.zshrc after compinit:        eval "$(jupyter runs completion zsh)"
    fish, in ~/.config/fish/config.fish:    jupyter runs completion fish | source
    """
    click.echo(cli_complete.script(shell, ctx.find_root().command), nl=False)
