"""azureml.core.compute_target: the error of targets; other names exist in Azure only and say what to use instead."""

from __future__ import annotations

from jupyter_runs.azureml import cloud
from jupyter_runs.errors import ComputeTargetException

__all__ = ["ComputeTargetException"]

__getattr__ = cloud.only(
    dict.fromkeys(
        ["AbstractComputeTarget", "BatchAiComputeTarget", "LocalTarget", "PrepareComputeTargetError"], cloud.COMPUTE
    )
)
