"""What the execution of a script leaves in its own folder: brought into the run, or removed."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from jupyter_runs import artifacts, paths, source
from jupyter_runs.errors import JupyterRunsError


def collect(workspace: Path, run_id: str, snapshot: str | None) -> None:
    """What the script wrote into `outputs` and `logs` are files of the run; the copy of its source goes.

    What it wrote or changed elsewhere stays until `gc`. A script may have put links in place of its folders: behind a link nothing is
    taken, and nothing is removed. Again is harmless.
    """
    code, mark = paths.code_folder(workspace, run_id), paths.restored_mark(workspace, run_id)
    try:
        restored_at = mark.stat().st_ctime_ns
    except OSError:  # it never got that far, or all of it is done
        return
    if _is_itself(code):
        _bring(code, paths.run_folder(workspace, run_id), restored_at, _source(workspace, snapshot))
    log = paths.launch_log(workspace, run_id)
    with suppress(OSError):
        mark.unlink()
        if not log.stat().st_size:
            log.unlink()
    for at, _, _ in os.walk(paths.work_folder(workspace, run_id), topdown=False):
        with suppress(OSError):  # not empty
            Path(at).rmdir()


def _bring(code: Path, target: Path, restored_at: int, of_source: set[str]) -> None:
    for name in (paths.OUTPUTS, paths.LOGS):
        folder = code / name
        if not _is_itself(folder):
            continue
        old = artifacts.unchanged_since(folder, restored_at)
        kept = {file: facts for file, facts in old.items() if f"{name}/{file}" in of_source}
        artifacts.collect(folder, target / name, kept, move=True)
    for file in artifacts.unchanged_since(code, restored_at):
        # A folder that was moved keeps the times of its files: only what lies where the source had it is the source.
        if file in of_source:
            with suppress(OSError):
                (code / file).unlink()


def _is_itself(folder: Path) -> bool:
    """A real folder, and not a link to one of the user's."""
    return folder.is_dir() and not folder.is_symlink() and Path(os.path.realpath(folder)) == _real(folder)


def _real(folder: Path) -> Path:
    return Path(os.path.realpath(folder.parent)) / folder.name


def _source(workspace: Path, snapshot: str | None) -> set[str]:
    """Names in the snapshot; nothing when it cannot be read: then nothing is taken for a copy."""
    if snapshot is None:
        return set()
    try:
        return {entry.path for entry in source.manifest(workspace, snapshot)}
    except JupyterRunsError:
        return set()
