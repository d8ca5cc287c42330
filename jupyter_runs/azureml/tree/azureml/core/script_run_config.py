"""azureml.core.script_run_config: from jupyter_runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_runs.script import ScriptRunConfig

if TYPE_CHECKING:
    from jupyter_runs.script import RunConfiguration

__all__ = ["ScriptRunConfig", "get_run_config_from_script_run"]


def get_run_config_from_script_run(script_run_config: ScriptRunConfig) -> RunConfiguration:
    """Its RunConfiguration. Source: azureml.core.script_run_config.get_run_config_from_script_run."""
    return script_run_config.run_config
