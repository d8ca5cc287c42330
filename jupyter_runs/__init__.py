"""Track notebook cells and scripts as runs: started, logged, watched live, canceled, tagged and found again.

Public names are loaded when they are first used, so that `import jupyter_runs` in a script costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_runs.compute_target import ComputeTarget
    from jupyter_runs.errors import JupyterRunsError, RunCanceled
    from jupyter_runs.experiment import Experiment
    from jupyter_runs.models import Model
    from jupyter_runs.run import Run, ScriptRun
    from jupyter_runs.script import CondaDependencies, Environment, RunConfiguration, ScriptRunConfig
    from jupyter_runs.widget import RunDetails, RunPanel
    from jupyter_runs.workspace import Workspace

__version__ = "0.1.0"

_PUBLIC = {
    "ComputeTarget": "jupyter_runs.compute_target",
    "CondaDependencies": "jupyter_runs.script",
    "Environment": "jupyter_runs.script",
    "Experiment": "jupyter_runs.experiment",
    "JupyterRunsError": "jupyter_runs.errors",
    "Model": "jupyter_runs.models",
    "Run": "jupyter_runs.run",
    "RunCanceled": "jupyter_runs.errors",
    "RunConfiguration": "jupyter_runs.script",
    "RunDetails": "jupyter_runs.widget",
    "RunPanel": "jupyter_runs.widget",
    "ScriptRun": "jupyter_runs.run",
    "ScriptRunConfig": "jupyter_runs.script",
    "Workspace": "jupyter_runs.workspace",
}

__all__ = [
    "ComputeTarget",
    "CondaDependencies",
    "Environment",
    "Experiment",
    "JupyterRunsError",
    "Model",
    "Run",
    "RunCanceled",
    "RunConfiguration",
    "RunDetails",
    "RunPanel",
    "ScriptRun",
    "ScriptRunConfig",
    "Workspace",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *_PUBLIC]


def load_ipython_extension(ip: Any) -> None:
    """`%load_ext jupyter_runs`: the magics are there."""
    import_module("jupyter_runs.magics").load(ip)


def unload_ipython_extension(ip: Any) -> None:
    """`%unload_ext jupyter_runs`: the magics are gone."""
    import_module("jupyter_runs.magics").unload(ip)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyter-runs"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "jupyter_runs.server.app", "app": import_module("jupyter_runs.server.app").RunsServerApp}]
