"""azureml.pipeline.steps: exists in Azure only; its names can be imported and say what to use instead."""

from __future__ import annotations

from jupyter_runs.azureml import cloud

__all__ = [
    "AdlaStep",
    "AutoMLStep",
    "AutoMLStepRun",
    "AzureBatchStep",
    "CommandStep",
    "DataTransferStep",
    "DatabricksStep",
    "EstimatorStep",
    "HyperDriveStep",
    "HyperDriveStepRun",
    "KustoStep",
    "ModuleStep",
    "MpiStep",
    "ParallelRunConfig",
    "ParallelRunStep",
    "PythonScriptStep",
    "RScriptStep",
    "SynapseSparkStep",
]

__getattr__ = cloud.only(dict.fromkeys(__all__, cloud.PIPELINE))
