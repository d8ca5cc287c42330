"""The part of Run that deals with scripts: wait, logs, source snapshots, the run that a script is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_runs.workspace import Workspace


class RunScript:
    """Waiting for a run, and what a script's run has beside a cell's."""

    _workspace: Workspace
    _id: str
