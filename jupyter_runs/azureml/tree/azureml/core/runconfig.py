"""azureml.core.runconfig: from jupyter_runs; what is about clusters, data sets and images exists in Azure only."""

from __future__ import annotations

from jupyter_runs.azureml import cloud
from jupyter_runs.script import (
    CondaDependencies,
    DockerConfiguration,
    DockerSection,
    Environment,
    HistoryConfiguration,
    MpiConfiguration,
    PythonSection,
    PyTorchConfiguration,
    RunConfiguration,
    TensorflowConfiguration,
)
from jupyter_runs.script import DockerSection as DockerEnvironment
from jupyter_runs.script import Environment as EnvironmentDefinition
from jupyter_runs.script import PythonSection as PythonEnvironment

from .environment import DEFAULT_CPU_IMAGE, DEFAULT_GPU_IMAGE

__all__ = [
    "DEFAULT_CPU_IMAGE",
    "DEFAULT_GPU_IMAGE",
    "CondaDependencies",
    "DockerConfiguration",
    "DockerEnvironment",
    "DockerSection",
    "Environment",
    "EnvironmentDefinition",
    "HistoryConfiguration",
    "MpiConfiguration",
    "PyTorchConfiguration",
    "PythonEnvironment",
    "PythonSection",
    "RunConfiguration",
    "TensorflowConfiguration",
]

__getattr__ = cloud.only(
    {
        "AmlComputeConfiguration": cloud.COMPUTE,
        "ContainerInstanceConfiguration": cloud.COMPUTE,
        "Data": cloud.DATA,
        "DataPath": cloud.DATA,
        "DataReferenceConfiguration": cloud.DATA,
        "Dataset": cloud.DATA,
        "HdiConfiguration": cloud.COMPUTE,
        "OutputData": cloud.DATA,
        "ParallelTaskConfiguration": cloud.DISTRIBUTED,
        "SparkConfiguration": cloud.COMPUTE,
        "SparkEnvironment": cloud.IMAGE,
        "SparkSection": cloud.IMAGE,
        "SynapseComputeConfiguration": cloud.COMPUTE,
    }
)
