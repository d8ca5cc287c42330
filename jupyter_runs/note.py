"""What a launcher on another machine must know and nobody else may: environment variables, the store's address with its password.

In a file of the run's work folder that only this user can read, where the nodes see that folder: many people see the environment of a
job (Ray shows it to all who see its dashboard, Slurm keeps it). Otherwise there is nothing but that environment. It is never in a command
line, nor in the store.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from jupyter_runs import paths

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


#: In the environment of a job whose node sees no folder of ours.
VARIABLE = "JUPYTER_RUNS_VARIABLES"


class Note(NamedTuple):
    """See the module."""

    #: What the launcher opens (`WorkspaceConfig.spec`).
    workspace: str
    #: Environment variables of the script; None: nobody has left any.
    variables: dict[str, str] | None


def leave(folder: Path, run_id: str, note: Note) -> None:
    """The note is there for the launcher of the run."""
    file = paths.note(folder, run_id)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(0o600)
    file.write_text(json.dumps(note._asdict()), "utf-8")


def read(folder: Path, run_id: str) -> Note | None:
    """The note; None when there is none (any more)."""
    try:
        return Note(**json.loads(paths.note(folder, run_id).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def packed(variables: Mapping[str, str]) -> str:
    """Variables as the value of one: engines expand what looks like `$NAME` in a value."""
    return b64encode(json.dumps(dict(variables)).encode()).decode("ascii")


def take(workspace: str) -> Note:
    """The note of a job whose environment it is in; it is in there no longer."""
    try:
        return Note(workspace, dict(json.loads(b64decode(os.environ.pop(VARIABLE, "") or packed({})))))
    except (ValueError, TypeError):
        return Note(workspace, None)


def drop(folder: Path, run_id: str) -> None:
    """Nobody needs it from here on."""
    with suppress(OSError):
        paths.note(folder, run_id).unlink(missing_ok=True)
