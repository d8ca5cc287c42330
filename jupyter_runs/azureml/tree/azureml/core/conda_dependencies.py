"""azureml.core.conda_dependencies: from jupyter_runs."""

from __future__ import annotations

from jupyter_runs.script import CondaDependencies

__all__ = ["CondaDependencies"]
