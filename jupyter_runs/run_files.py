"""The part of Run that deals with files: upload, download, images and other metrics that are files, models."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_runs.workspace import Workspace


class RunFiles:
    """Files of a run."""

    _workspace: Workspace
    _id: str
