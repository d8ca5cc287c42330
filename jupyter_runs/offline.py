"""The run of code that is in no run: `Run.get_context()` in a plain script.

Everything works as on any run; it is kept in a temporary workspace that goes with the process.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
import uuid
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from jupyter_runs.config import WorkspaceConfig
from jupyter_runs.model import NewRun, Status
from jupyter_runs.run import Run
from jupyter_runs.workspace import Workspace

if TYPE_CHECKING:
    from types import TracebackType


class OfflineRun(Run):
    """A full run that no workspace keeps: `parent` is None, metrics, tags, files and children work."""

    def __exit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> Literal[False]:
        """The block has ended: Completed, or Failed with its exception, which goes on."""
        if not self._record().status.is_final:
            if error is None or (isinstance(error, SystemExit) and not error.code):
                self.complete()
            else:
                self.fail(error)
        return False


# The idiom of v1 scripts is `type(run) == _OfflineRun`, and its name is what they print.
OfflineRun.__name__ = OfflineRun.__qualname__ = "_OfflineRun"


_making = threading.Lock()
#: The one that is open, by process.
_open: dict[int, OfflineRun] = {}


def offline_run() -> OfflineRun:
    """The one of this process: what several modules log meets in it. After its end there is a new one: cells are run again."""
    with _making:
        run = _open.get(os.getpid())
        if run is None or run._record().status.is_final:
            run = _open[os.getpid()] = _new_run(_workspace(os.getpid()))
        return run


@lru_cache(maxsize=1)
def _workspace(pid: int) -> Workspace:
    folder = Path(tempfile.mkdtemp(prefix="jupyter-runs-offline-"))
    workspace = Workspace.__new__(Workspace)
    workspace._open(WorkspaceConfig(folder, "offline"), remember=False)
    workspace._opened.is_offline = True

    def remove() -> None:
        if os.getpid() != pid:  # a forked child ends; the run goes on
            return
        for session in list(workspace.sessions.values()):
            session.at_exit()
        workspace.store.close()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return workspace


def _new_run(workspace: Workspace) -> OfflineRun:
    new = NewRun(f"OfflineRun_{uuid.uuid4()}", "offline", workspace.user, status=Status.RUNNING, name="offline")
    run = OfflineRun.__new__(OfflineRun)
    run._workspace, run._id = workspace, workspace.store.create_runs([new])[0].run_id
    return run
