"""This machine: the launcher is a process of its own session, which outlives the kernel that submits."""

from __future__ import annotations

import atexit
import marshal
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_runs import paths

if TYPE_CHECKING:
    from jupyter_runs.config import WorkspaceConfig
    from jupyter_runs.model import Owner


class Launcher:
    """A launcher that has been started and waits to be told what to do."""

    def __init__(self, workspace: WorkspaceConfig, run_id: str) -> None:
        from jupyter_runs import liveness

        self._config, self._workspace, self._run_id = workspace, workspace.folder, run_id
        self._log = log = paths.launch_log(self._workspace, run_id)
        #: It was said what to do, and has begun.
        self.is_told = False
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            # Isolated and without site: the paths of this process come through the pipe.
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(paths.LAUNCH), run_id, workspace.shown],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                cwd=log.parent,
                **_detached(),
            )
        forget_ended()
        _started.append(self._process)
        #: The process as the owner of the run.
        self.owner: Owner = liveness.process_of(self._process.pid)

    def drop(self) -> None:
        """There is nothing for it to do."""
        self._process.kill()
        self._process.communicate()
        _started[:] = [process for process in _started if process is not self._process]
        shutil.rmtree(paths.code_folder(self._workspace, self._run_id), ignore_errors=True)
        with suppress(OSError):
            paths.restored_mark(self._workspace, self._run_id).unlink(missing_ok=True)
        with suppress(OSError):  # another run of that id may have something there
            if not self._log.stat().st_size:
                self._log.unlink()
            self._log.parent.rmdir()

    def tell(self, **what: Any) -> None:
        """Say what to do (see `launch.py`). Environment variables go this way and are written nowhere: they may be secrets."""
        pipe = self._process.stdin
        assert pipe is not None  # noqa: S101 - opened above
        if self._config.url is not None:
            what["workspace"] = self._config.spec
        with suppress(OSError):  # it is gone already: whoever looks at the run next says so
            pipe.write(marshal.dumps({"path": _paths(), **what}))
        with suppress(OSError):
            pipe.close()
        self.is_told = True


#: Launchers that this process has started and that had not ended at the last look.
_started: list[subprocess.Popen[bytes]] = []


def forget_ended() -> None:
    """Nobody waits for a launcher: one that has ended stays a zombie until this is called."""
    _started[:] = [process for process in _started if process.poll() is None]


def _paths() -> list[str]:
    """Where the launcher finds this package and its dependencies: installed ones first, whatever lies beside the user's notebook last."""
    everything = [str(Path(p).absolute()) for p in sys.path]
    installed = [p for p in everything if Path(p).name in {"site-packages", "dist-packages"}]
    return list(dict.fromkeys([*installed, str(paths.PACKAGE.parent), *everything]))


@atexit.register
def _leave() -> None:
    """They outlive this process on purpose: no warning that they still run."""
    for process in _started:
        if process.poll() is None:
            process.returncode = 0


def _detached() -> dict[str, Any]:
    """A process that no Interrupt, hang-up or end of ours reaches."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}
