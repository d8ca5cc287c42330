"""A real Dask: a scheduler and one worker, in processes of their own; and the engine of docs/targets.md as a package."""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil
from daemons import Daemons

if TYPE_CHECKING:
    from pathlib import Path

THREADS = 6


def example(page: Path) -> str:
    """The module that the page shows."""
    return next(
        block
        for block in re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
        if "Dask" in block
    )


class Dask(Daemons):
    """Started by `start`, ended by `stop`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._file = folder / "scheduler.json"
        self.address = ""

    def start(self) -> None:
        self._spawn("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", self._file)
        self.until(self._has_scheduler, "the scheduler is there")
        self.start_node()

    def start_node(self) -> None:
        self._spawn("worker", self.address, "--nthreads", THREADS, "--local-directory", self.folder, "--no-dashboard")
        self.until(self._has_worker, "a worker is there")

    def _has_scheduler(self) -> bool:
        with suppress(OSError, ValueError):  # not there yet, or half written
            self.address = json.loads(self._file.read_text())["address"]
        return bool(self.address)

    def _has_worker(self) -> bool:
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            return bool(client.ncores())

    def kill_node(self) -> None:
        worker = self.processes.pop("worker")
        # The nanny and the worker; not what runs in it.
        for process in [*psutil.Process(worker.pid).children(), psutil.Process(worker.pid)]:
            process.kill()
        worker.wait()

    def _spawn(self, name: str, *arguments: object) -> None:
        environ = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER_RUNS_")}
        self.spawn(name, [sys.executable, "-m", "dask", name, *map(str, arguments)], environ)
