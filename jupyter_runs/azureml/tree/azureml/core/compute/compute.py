"""azureml.core.compute.compute: ComputeTarget."""

from __future__ import annotations

from jupyter_runs.compute_target import ComputeTarget

__all__ = ["ComputeTarget"]
