"""azureml.core.compute_target: exists in Azure only; its names can be imported and say what to use instead."""

from __future__ import annotations

from jupyter_runs.azureml import cloud
from jupyter_runs.errors import CloudOnly as ComputeTargetException

__all__ = ["ComputeTargetException"]

__getattr__ = cloud.only(
    dict.fromkeys(
        ["AbstractComputeTarget", "BatchAiComputeTarget", "LocalTarget", "PrepareComputeTargetError"], cloud.COMPUTE
    )
)
