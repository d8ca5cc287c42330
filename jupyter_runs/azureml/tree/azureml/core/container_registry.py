"""azureml.core.container_registry: accepted, without effect."""

from __future__ import annotations

from jupyter_runs.environment import ContainerRegistry

__all__ = ["ContainerRegistry"]
