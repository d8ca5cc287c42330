"""azureml.automl.core.featurization: exists in Azure only; its names can be imported and say what to use instead."""

from __future__ import annotations

from jupyter_runs.azureml import cloud

__all__ = ["FeaturizationConfig"]

__getattr__ = cloud.only(dict.fromkeys(__all__, cloud.AUTOML))
