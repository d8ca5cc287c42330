"""azureml.telemetry: nothing is ever sent anywhere."""

from __future__ import annotations

from jupyter_runs.azureml.accepted import set_diagnostics_collection

__all__ = ["set_diagnostics_collection"]
