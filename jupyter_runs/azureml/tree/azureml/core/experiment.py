"""azureml.core.experiment: from jupyter_runs."""

from __future__ import annotations

from jupyter_runs.experiment import Experiment
from jupyter_runs.experiment_keep import ViewType

__all__ = ["Experiment", "ViewType"]
