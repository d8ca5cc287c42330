"""Where a run comes from, as properties: source control, Python and its packages, machine, person, notebook and cell.

Environment variables are left out: they hold secrets. Keys that Azure ML SDK v1 sets keep their names.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
import re
import subprocess
import sys
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

#: Of keys that are ours; panels fold them away.
PREFIX = "jupyter_runs."
SNAPSHOT = "ContentSnapshotId"
#: Of one that was taken by hand when the run had its own already.
TAKEN = f"{PREFIX}snapshot"
#: Every property that names a snapshot.
SNAPSHOTS = (SNAPSHOT, TAKEN)
_GIT_S = 3.0


class GitLook:
    """A look at the source control of a folder, begun now and read later: the two programs run beside our own work.

    Cost: 5 to 20 ms of other processes; a repository that does not answer in 3 s is left out.
    """

    def __init__(self, folder: Path) -> None:
        self._status = self._remote = None
        if any((above / ".git").exists() for above in (folder, *folder.parents)):
            self._status = _git(folder, "status", "--porcelain=v2", "--branch", "--untracked-files=no")
            self._remote = _git(folder, "remote", "get-url", "origin")

    def properties(self) -> dict[str, str]:
        """Commit, branch, remote and whether tracked files were changed; {} outside of a repository."""
        status, remote = _answer(self._status), _answer(self._remote)
        found = dict(re.findall(r"^# branch\.(oid|head) (.+)$", status or "", re.MULTILINE))
        if not re.fullmatch(r"[0-9a-f]{40,64}", found.get("oid", "")):
            return {}
        is_dirty = any(not line.startswith("#") for line in (status or "").splitlines())
        git = {"commit": found["oid"], "branch": found.get("head", "")}
        url = _without_password((remote or "").strip())
        properties = {f"azureml.git.{key}": value for key, value in git.items() if value}
        properties |= {f"mlflow.source.git.{key}": value for key, value in git.items() if value}
        properties["azureml.git.dirty"] = str(is_dirty)
        if url:
            properties |= {"azureml.git.repository_uri": url, "mlflow.source.git.repoURL": url}
        return properties


def _git(folder: Path, *arguments: str) -> subprocess.Popen[str] | None:
    try:
        return subprocess.Popen(
            ["git", "--no-optional-locks", "-C", str(folder), *arguments],  # noqa: S607 - the user's own git
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
        )
    except OSError:  # no git on this machine
        return None


def _answer(process: subprocess.Popen[str] | None) -> str | None:
    if process is None:
        return None
    try:
        text = process.communicate(timeout=_GIT_S)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None
    return text if process.returncode == 0 else None


def _without_password(url: str) -> str:
    return re.sub(r"(?<=://)[^/@]+@", "", url)


def of_here() -> dict[str, str]:
    """Of a run whose code is in this process: the current folder's source control, and `of_process`."""
    try:
        git = GitLook(Path.cwd())
    except OSError:  # the folder was removed
        return of_process()
    return {**of_process(), **git.properties()}


def of_process() -> dict[str, str]:
    """This Python, this machine, this person; in a notebook the notebook and the cell."""
    properties = {
        "python": platform.python_version(),
        "packages": packages_digest(),
        "host": platform.node(),
        "user": _user(),
        **_notebook(),
    }
    return {f"{PREFIX}{key}": value for key, value in properties.items() if value}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""


def _notebook() -> dict[str, str]:
    """Path of the notebook, and id of the cell that is running (its number where the front end sends no id)."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None and hasattr(module, "get_ipython") else None
    path = os.environ.get("JPY_SESSION_NAME", "")
    if shell is None or not hasattr(shell, "get_parent"):
        return {}
    with suppress(Exception):  # what a front end sends may have any form
        cell = shell.get_parent().get("metadata", {}).get("cellId")
        return {"notebook": path, "cell": str(cell) if cell else f"In [{shell.execution_count}]"}
    return {"notebook": path}


@lru_cache(maxsize=1)
def packages() -> tuple[str, ...]:
    """What is installed here, as `name==version`, in order. Cost: a listing of the folders of sys.path, once per process.

    From the names of the folders that installers leave (`numpy-2.1.0.dist-info`): reading the files in them takes twenty times as long.
    """
    found = set()
    for folder in sys.path:
        with suppress(OSError):
            for entry in os.scandir(folder or "."):
                stem, _, kind = entry.name.rpartition(".")
                name, _, version = stem.partition("-")
                if kind in {"dist-info", "egg-info"} and version:
                    found.add(f"{name}=={version.partition('-')[0]}")
    return tuple(sorted(found, key=str.lower))


def packages_digest() -> str:
    """The packages in one word, to see whether two runs had the same; the list itself is in `Run.get_details`."""
    text = "\n".join(packages())
    return f"{hashlib.sha256(text.encode()).hexdigest()[:12]} ({len(packages())} packages)"


def job_of_cell(source: str | None) -> dict[str, Any]:
    """What a run of a cell keeps besides its properties."""
    return {"cell": source, "packages": list(packages())}
