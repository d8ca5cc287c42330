"""What a launcher on another machine must know and nobody else may: environment variables, and the store's address with its password.

In a file of the run's work folder that only this user can read. Many people see the environment of a job (Ray shows it to all, Slurm
keeps it), and its command line; the store is no place for secrets either.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_runs import paths

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def leave(folder: Path, run_id: str, workspace: str, variables: Mapping[str, str]) -> None:
    """The note is there for the launcher of the run. `workspace`: what it opens (`WorkspaceConfig.spec`)."""
    file = paths.note(folder, run_id)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(0o600)
    file.write_text(json.dumps({"workspace": workspace, "variables": dict(variables)}), "utf-8")


def read(folder: Path, run_id: str) -> dict[str, Any] | None:
    """`{"workspace": …, "variables": …}`; None when there is no note (any more)."""
    try:
        note: dict[str, Any] = json.loads(paths.note(folder, run_id).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return note


def drop(folder: Path, run_id: str) -> None:
    """Nobody needs it from here on."""
    with suppress(OSError):
        paths.note(folder, run_id).unlink(missing_ok=True)
