"""azureml.core.environment: from jupyter_runs; images exist in Azure only."""

from __future__ import annotations

from jupyter_runs.azureml import cloud
from jupyter_runs.script import CondaDependencies, DockerSection, Environment, PythonSection

DEFAULT_CPU_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
DEFAULT_GPU_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-cuda11.8-cudnn8-ubuntu22.04"

__all__ = [
    "DEFAULT_CPU_IMAGE",
    "DEFAULT_GPU_IMAGE",
    "CondaDependencies",
    "DockerSection",
    "Environment",
    "PythonSection",
]

__getattr__ = cloud.only(
    dict.fromkeys(["DockerBuildContext", "DockerImageDetails", "RSection", "SparkSection"], cloud.IMAGE)
)
