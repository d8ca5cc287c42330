"""azureml.pipeline.core: exists in Azure only; its names can be imported and say what to use instead."""

from __future__ import annotations

from jupyter_runs.azureml import cloud

__all__ = [
    "InputPortBinding",
    "Module",
    "ModuleVersion",
    "OutputPortBinding",
    "Pipeline",
    "PipelineData",
    "PipelineDataset",
    "PipelineDraft",
    "PipelineEndpoint",
    "PipelineParameter",
    "PipelineRun",
    "PipelineStep",
    "PortDataReference",
    "PublishedPipeline",
    "Schedule",
    "ScheduleRecurrence",
    "StepRun",
    "StepRunOutput",
    "StepSequence",
    "TimeZone",
    "TrainingOutput",
]

__getattr__ = cloud.only(dict.fromkeys(__all__, cloud.PIPELINE))
