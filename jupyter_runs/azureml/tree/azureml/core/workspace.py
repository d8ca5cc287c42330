"""azureml.core.workspace: from jupyter_runs."""

from __future__ import annotations

from jupyter_runs.workspace import Workspace

__all__ = ["Workspace"]
