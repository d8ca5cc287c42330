"""azureml.core: the classes of Azure ML SDK v1 that runs need, from jupyter_runs; other names say what to use instead."""

from __future__ import annotations

from jupyter_runs import __version__ as _version
from jupyter_runs.azureml import cloud
from jupyter_runs.compute_target import ComputeTarget

from . import compute, conda_dependencies
from .container_registry import ContainerRegistry
from .environment import Environment
from .experiment import Experiment
from .model import Model
from .run import Run, get_run
from .runconfig import RunConfiguration
from .script_run import ScriptRun
from .script_run_config import ScriptRunConfig
from .workspace import Workspace

#: The version of the SDK whose calls are followed, and whose they are here; sorts as the SDK's own.
VERSION = __version__ = f"1.61.0+jupyter.runs.{_version}"

__all__ = [
    "VERSION",
    "ComputeTarget",
    "ContainerRegistry",
    "Environment",
    "Experiment",
    "Model",
    "Run",
    "RunConfiguration",
    "ScriptRun",
    "ScriptRunConfig",
    "Workspace",
    "compute",
    "conda_dependencies",
    "get_run",
]

__getattr__ = cloud.only(
    {
        "Dataset": cloud.DATA,
        "Datastore": cloud.DATA,
        "Image": cloud.DEPLOY,
        "Keyvault": cloud.SECRETS,
        "LinkedService": cloud.DATA,
        "SynapseWorkspaceLinkedServiceConfiguration": cloud.COMPUTE,
        "Webservice": cloud.DEPLOY,
    }
)
