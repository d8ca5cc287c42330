"""An engine as a package may bring one: it starts jobs as processes of this machine, and keeps them as files of a folder."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil

from jupyter_runs.errors import ComputeTargetException
from jupyter_runs.executors.base import Report, State


def installed(folder: Path, **more: str) -> Path:
    """A folder of packages in which this engine is installed, and `more` of them."""
    facts = folder / "here_executor-1.0.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: here-executor\nVersion: 1.0\n")
    kinds = "\n".join(f"{kind} = {where}" for kind, where in {"here": "here:HereExecutor", **more}.items())
    (facts / "entry_points.txt").write_text(f"[jupyter_runs.executors]\n{kinds}\n")
    return folder


class HereExecutor:
    """A file `full` in the folder makes jobs wait; the next `poll` without it starts them. Without the folder nothing answers."""

    def __init__(self, name: str, *, folder: str) -> None:
        self._folder = Path(folder)

    def submit(self, job) -> str:
        self._must_answer()
        handle = f"{job.run_id}.{len(list(self._folder.iterdir()))}"
        (self._folder / handle).touch()
        if (self._folder / "full").exists():
            self._waiting[handle] = job
        else:
            self._start(handle, job)
        return handle

    #: By handle; of this process.
    _waiting: dict = {}  # noqa: RUF012 - an executor is made anew each time

    def _start(self, handle: str, job) -> None:
        with Path(job.log or self._folder / "log").open("ab") as log:
            process = subprocess.Popen(
                ["/bin/sh", "-c", 'exec "$@"', "sh", *job.argv],
                cwd=job.cwd,
                env={k: v for k, v in os.environ.items() if k != "JUPYTER_RUNS_WORKSPACE"} | job.env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        process.returncode = 0  # it outlives us, without a warning
        (self._folder / handle).write_text(str(process.pid))

    def poll(self, handles) -> dict:
        self._must_answer()
        if not (self._folder / "full").exists():
            for handle, job in list(self._waiting.items()):
                del self._waiting[handle]
                self._start(handle, job)
        return {handle: self._report(handle) for handle in handles if (self._folder / handle).exists()}

    def _report(self, handle: str) -> Report:
        pid = (self._folder / handle).read_text()
        if not pid:
            return Report(State.QUEUED)
        with suppress(psutil.Error):
            if psutil.Process(int(pid)).status() != psutil.STATUS_ZOMBIE:
                return Report(State.RUNNING)
        return Report(State.ENDED, "gone")

    def cancel(self, handle: str) -> None:
        self._must_answer()
        self._waiting.pop(handle, None)
        if pid := (self._folder / handle).read_text():
            with suppress(OSError):
                os.kill(int(pid), signal.SIGTERM)

    def _must_answer(self) -> None:
        if not self._folder.is_dir():
            raise ComputeTargetException(f"{self._folder} is not there.")
