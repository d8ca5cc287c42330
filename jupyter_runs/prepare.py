"""What a script needs to start: a copy of its source, its environment, its command."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TypedDict

from jupyter_runs import envvars, paths, source, targets
from jupyter_runs.errors import SnapshotException

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_runs.config import WorkspaceConfig
    from jupyter_runs.script import Submission


class Start(TypedDict):
    """A script that only has to be executed. Texts only: it goes through a pipe."""

    argv: list[str]
    cwd: str
    log: str
    env: dict[str, str]


def prepare(
    config: WorkspaceConfig, run_id: str, experiment: str, submission: Submission, snapshot: str | None
) -> Start:
    """Restore the source into the run's own folder, with `outputs` and `logs` in it.

    Raises
    ------
    SnapshotException : a file of the snapshot is missing or damaged, or `outputs` or `logs` is a file.
    OSError : the workspace cannot be written.

    Cost: a copy of the source.
    """
    workspace = config.folder
    folder = paths.code_folder(workspace, run_id)
    if snapshot is not None:
        source.restore(workspace, snapshot, folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in (paths.OUTPUTS, paths.LOGS):
        _make_folder(folder / name)
    # Whatever in there is newer than this is the script's.
    paths.restored_mark(workspace, run_id).touch()
    log = paths.run_log(workspace, run_id)
    log.parent.mkdir(parents=True, exist_ok=True)
    argv = submission.argv()
    return Start(
        argv=_shell(argv) if isinstance(argv, str) else argv,
        cwd=str(folder),
        log=str(log),
        env=_environment(config, run_id, experiment, submission),
    )


def _make_folder(folder: Path) -> None:
    """A real folder: what a script writes through a link of the source would not be the run's."""
    if folder.is_symlink():
        folder.unlink()
    try:
        folder.mkdir(exist_ok=True)
    except FileExistsError as error:
        raise SnapshotException(
            f"{folder.name!r} in the source is a file; a run keeps its files in a folder of that name. Rename it."
        ) from error


def _shell(text: str) -> list[str]:
    return ["cmd", "/d", "/s", "/c", text] if sys.platform == "win32" else ["/bin/sh", "-c", text]


def _environment(workspace: WorkspaceConfig, run_id: str, experiment: str, submission: Submission) -> dict[str, str]:
    """Ours, without what makes a process take itself for a kernel; the configured variables; the ids of the run."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("JPY_")}
    if "inline" in inherited.get("MPLBACKEND", ""):
        del inherited["MPLBACKEND"]
    inherited.setdefault("PYTHONIOENCODING", "utf-8")
    if workspace.url is not None and "token=" in workspace.url:
        # The one in the address may be of this run alone: no other one goes with it.
        inherited.pop(envvars.TOKEN, None)
    variables = submission.environment_variables
    if (compute := targets.file_above(submission.source)) is not None:
        inherited.setdefault(envvars.COMPUTE, str(compute))
    drop_in, known = str(paths.DROP_IN), variables.get("PYTHONPATH") or inherited.get("PYTHONPATH", "")
    return {
        **inherited,
        # Lines are in the log when they are printed, also if the process is killed.
        "PYTHONUNBUFFERED": "1",
        # In a shell command `python` is the one that was chosen.
        "PATH": os.pathsep.join([os.path.dirname(submission.interpreter), inherited.get("PATH", os.defpath)]),  # noqa: PTH120 - text
        **variables,
        # `from azureml.core import Run` works in every script. It is found last, so a real azureml-core wins.
        "PYTHONPATH": os.pathsep.join([*(p for p in known.split(os.pathsep) if p not in {"", drop_in}), drop_in]),
        envvars.RUN_ID: run_id,
        envvars.WORKSPACE: workspace.spec,
        # What scripts for Azure ML read. Not its token and address: a real azureml-core would call them.
        "AZUREML_RUN_ID": run_id,
        "AZUREML_ARM_PROJECT_NAME": experiment,
        "AZUREML_ARM_WORKSPACE_NAME": workspace.folder.name if workspace.url is None else workspace.name,
        "AZUREML_OUTPUT_DIRECTORY": f"./{paths.OUTPUTS}",
    }
