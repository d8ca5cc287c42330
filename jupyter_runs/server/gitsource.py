"""A file of a run's source as the repository has it at the commit that was recorded, where that repository is on this machine.

git itself reads the object: two fixed commands, no shell, no filters or drivers of the repository, nothing fetched and nothing written.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_runs import provenance
from jupyter_runs.errors import show
from jupyter_runs.server.requests import NoSource, TooLong

if TYPE_CHECKING:
    from jupyter_runs.model import RunRecord
    from jupyter_runs.server.base import Json

#: Up to this size (bytes) a file is read; notebooks keep their outputs in it.
MAX_BYTES = 8 << 20
_COMMIT = "azureml.git.commit"
_NOTEBOOK = f"{provenance.PREFIX}notebook"
_GIT_S = 10.0


def text_at_commit(run: RunRecord, job: Json | None, path: str) -> str:
    """The text of the file `path` of the source of the run, or beside its notebook, at the recorded commit.

    Raises
    ------
    NoSource : no commit was recorded, or its repository, the commit or the file is not here; the message says which.
    TooLong : above 8 MiB.
    """
    commit = run.properties.get(_COMMIT, "")
    if not re.fullmatch(r"[0-9a-f]{40,64}", commit):
        raise NoSource(f"Run {run.run_id} was not started in a git repository: no commit was recorded.")
    folder = _folder(run, job)
    if not folder.is_dir():
        raise NoSource(f"The folder {show(str(folder))} of run {run.run_id} is not on this machine.")
    if path.startswith("/") or "\0" in path or ".." in path.split("/"):
        raise NoSource(f"{show(path)} is not a file below {show(str(folder))}.")
    name = f"{commit}:./{path}"
    size = _git(folder, "cat-file", "-s", name)
    if size is None:
        raise NoSource(_reason(folder, commit, path))
    if int(size) > MAX_BYTES:
        raise TooLong(f"{show(path)} has {int(size):,} bytes at commit {commit[:8]}; up to {MAX_BYTES:,} are shown.")
    data = _git(folder, "cat-file", "blob", name)
    if data is None:
        raise NoSource(f"{show(path)} is not a file at commit {commit[:8]}.")
    return data.decode("utf-8", "replace")


def _folder(run: RunRecord, job: Json | None) -> Path:
    """What paths are relative to: the folder that was submitted, else that of the notebook."""
    submitted = (job or {}).get("source")
    if submitted:
        return Path(submitted)
    notebook = Path(run.properties.get(_NOTEBOOK, ""))
    if not notebook.is_absolute():
        raise NoSource(f"Run {run.run_id} has no folder of source and no notebook: there is nothing to look up in git.")
    return notebook.parent


def _reason(folder: Path, commit: str, path: str) -> str:
    """What is missing: the repository, the commit, or the file in it."""
    if _git(folder, "rev-parse", "--show-toplevel") is None:
        return f"{show(str(folder))} is not in a git repository that git on this machine can read."
    if _git(folder, "cat-file", "-e", f"{commit}^{{commit}}") is None:
        return f"The repository of {show(str(folder))} has no commit {commit[:8]} any more: fetch it."
    return f"There is no file {show(path)} at commit {commit[:8]}."


def _git(folder: Path, *arguments: str) -> bytes | None:
    """What git says; None when it refuses, is not there or takes too long."""
    # Not those of the server, which would lead to another repository.
    variables = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    variables |= {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(folder), *arguments],  # noqa: S607 - the user's own git
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=variables,
            timeout=_GIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
