"""A real Dask: a scheduler and one worker, in processes of their own; and the engine of docs/targets.md as a package."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from scripts import WITH_US

if TYPE_CHECKING:
    from pathlib import Path

_START_S = 40.0
THREADS = 6


def example(page: Path) -> str:
    """The module that the page shows."""
    return next(
        block
        for block in re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
        if "Dask" in block
    )


class Dask:
    """Started by `start`, ended by `stop`."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._file = folder, folder / "scheduler.json"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.address = ""

    def start(self) -> None:
        self._spawn("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", self._file)
        self._until(self._has_scheduler, "the scheduler is there")
        self.start_node()

    def start_node(self) -> None:
        self._spawn("worker", self.address, "--nthreads", THREADS, "--local-directory", self._folder, "--no-dashboard")
        self._until(self._has_worker, "a worker is there")

    def _has_scheduler(self) -> bool:
        with suppress(OSError, ValueError):  # not there yet, or half written
            self.address = json.loads(self._file.read_text())["address"]
        return bool(self.address)

    def _has_worker(self) -> bool:
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            return bool(client.ncores())

    def kill_node(self) -> None:
        worker = self._processes.pop("worker")
        # The nanny and the worker; not what runs in it.
        for process in [*psutil.Process(worker.pid).children(), psutil.Process(worker.pid)]:
            process.kill()
        worker.wait()

    def stop(self) -> None:
        for name in ("worker", "scheduler"):
            if (process := self._processes.pop(name, None)) is not None:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def _spawn(self, name: str, *arguments: object) -> None:
        with (self._folder / f"{name}.out").open("ab") as out:
            self._processes[name] = subprocess.Popen(
                [*WITH_US, sys.executable, "-m", "dask", name, *map(str, arguments)],
                env={k: v for k, v in os.environ.items() if not k.startswith("JUPYTER_RUNS_")},
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                cwd=self._folder,
            )

    def _until(self, condition, what: str) -> None:
        end = time.monotonic() + _START_S
        while not condition():
            logs = "\n".join(file.read_text(errors="replace")[-3000:] for file in self._folder.glob("*.out"))
            assert all(one.poll() is None for one in self._processes.values()), f"Dask ended; {what}:\n{logs}"
            assert time.monotonic() < end, f"timed out: {what}\n{logs}"
            time.sleep(0.05)
