"""What a launcher on another machine must know and nobody else may: environment variables, the store's address with its password, a token.

In a file of the run's work folder that only this user can read. Many people see the environment of a job (Ray shows it to all, Slurm
keeps it), and its command line; the store is no place for secrets either.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from jupyter_runs import paths

if TYPE_CHECKING:
    from pathlib import Path


class Note(NamedTuple):
    """See the module."""

    #: What the launcher opens (`WorkspaceConfig.spec`).
    workspace: str
    #: Environment variables of the script; None: nobody has left any.
    variables: dict[str, str] | None
    #: For a store on a server.
    token: str | None = None


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


def drop(folder: Path, run_id: str) -> None:
    """Nobody needs it from here on."""
    with suppress(OSError):
        paths.note(folder, run_id).unlink(missing_ok=True)
