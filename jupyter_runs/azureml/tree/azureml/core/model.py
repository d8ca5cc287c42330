"""azureml.core.model: the registry of jupyter_runs; deployment exists in Azure only."""

from __future__ import annotations

from jupyter_runs.azureml import cloud
from jupyter_runs.models import Model

__all__ = ["Model"]

__getattr__ = cloud.only(dict.fromkeys(["InferenceConfig", "ModelPackage"], cloud.DEPLOY))
