"""azureml.core.script_run: from jupyter_runs."""

from __future__ import annotations

from jupyter_runs.run import ScriptRun

__all__ = ["ScriptRun"]
