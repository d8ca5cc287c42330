"""azureml.core.run: from jupyter_runs. `type(run) == _OfflineRun` tells scripts that they run on their own."""

from __future__ import annotations

from jupyter_runs.offline import OfflineRun as _OfflineRun
from jupyter_runs.run import Run, get_run

__all__ = ["Run", "_OfflineRun", "get_run"]
