"""azureml.core.compute: ComputeTarget; other names exist in Azure only and say what to use instead."""

from __future__ import annotations

from jupyter_runs.azureml import cloud
from jupyter_runs.compute_target import ComputeTarget

__all__ = [
    "AdlaCompute",
    "AksCompute",
    "AmlCompute",
    "BatchCompute",
    "ComputeInstance",
    "ComputeTarget",
    "DataFactoryCompute",
    "DatabricksCompute",
    "DsvmCompute",
    "HDInsightCompute",
    "KubernetesCompute",
    "RemoteCompute",
    "SynapseCompute",
]

__getattr__ = cloud.only(dict.fromkeys((name for name in __all__ if name != ComputeTarget.__name__), cloud.COMPUTE))
