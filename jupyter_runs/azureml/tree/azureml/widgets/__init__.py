"""azureml.widgets: the panel of jupyter_runs."""

from __future__ import annotations

from jupyter_runs.widget import RunDetails

__all__ = ["RunDetails"]
