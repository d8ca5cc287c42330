"""The names of SDK v1 for the errors of jupyter_runs.

All have one base. UserErrorException is that base: whatever the user can mend, and the rest, is caught by it.
"""

from __future__ import annotations

from jupyter_runs.azureml.accepted import AuthenticationException, TrainingException
from jupyter_runs.errors import (
    ActivityFailedException,
    ComputeTargetException,
    ExperimentExecutionException,
    RunConfigurationException,
    RunEnvironmentException,
    SnapshotException,
)
from jupyter_runs.errors import ArtifactNotFound as ModelPathNotFoundException
from jupyter_runs.errors import CloudOnly as WebserviceException
from jupyter_runs.errors import JupyterRunsError as AzureMLException
from jupyter_runs.errors import JupyterRunsError as UserErrorException
from jupyter_runs.errors import ModelNotFound as ModelNotFoundException
from jupyter_runs.errors import StoreError as ServiceException
from jupyter_runs.errors import WorkspaceConfigError as ProjectSystemException
from jupyter_runs.errors import WorkspaceConfigError as WorkspaceException

__all__ = [
    "ActivityFailedException",
    "AuthenticationException",
    "AzureMLException",
    "ComputeTargetException",
    "ExperimentExecutionException",
    "ModelNotFoundException",
    "ModelPathNotFoundException",
    "ProjectSystemException",
    "RunConfigurationException",
    "RunEnvironmentException",
    "ServiceException",
    "SnapshotException",
    "TrainingException",
    "UserErrorException",
    "WebserviceException",
    "WorkspaceException",
]
