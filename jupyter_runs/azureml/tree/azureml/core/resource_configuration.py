"""azureml.core.resource_configuration: accepted, without effect."""

from __future__ import annotations

from jupyter_runs.azureml.accepted import ResourceConfiguration

__all__ = ["ResourceConfiguration"]
