"""azureml.train.hyperdrive: exists in Azure only; its names can be imported and say what to use instead."""

from __future__ import annotations

from jupyter_runs.azureml import cloud

__all__ = [
    "BanditPolicy",
    "BayesianParameterSampling",
    "ChildRunMetricSort",
    "EarlyTerminationPolicy",
    "GridParameterSampling",
    "HyperDriveConfig",
    "HyperDriveRun",
    "HyperDriveRunConfig",
    "HyperParameterSampling",
    "MedianStoppingPolicy",
    "NoTerminationPolicy",
    "PrimaryMetricGoal",
    "RandomParameterSampling",
    "TruncationSelectionPolicy",
    "choice",
    "lognormal",
    "loguniform",
    "normal",
    "qlognormal",
    "qloguniform",
    "qnormal",
    "quniform",
    "randint",
    "uniform",
]

__getattr__ = cloud.only(dict.fromkeys(__all__, cloud.HYPERDRIVE))
