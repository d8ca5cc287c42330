"""What the engines of the tests have in common: processes that print into files of a folder, and end with the tests."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

from scripts import WITH_US

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_START_S = 90.0


class Daemons:
    """The processes of one engine, by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def spawn(self, name: str, command: Sequence[str], environ: Mapping[str, str]) -> None:
        with (self.folder / f"{name}.out").open("ab") as out:
            self.processes[name] = subprocess.Popen(
                [*WITH_US, *command], env=environ, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=self.folder
            )

    def until(self, condition: Callable[[], object], what: str) -> None:
        end = time.monotonic() + _START_S
        while not condition():
            ended = [name for name, process in self.processes.items() if process.poll() is not None]
            logs = "\n".join(file.read_text(errors="replace")[-3000:] for file in self.folder.glob("*.out"))
            assert not ended, f"{ended} ended while waiting until {what}:\n{logs}"
            assert time.monotonic() < end, f"timed out: {what}\n{logs}"
            time.sleep(0.05)

    def end(self, name: str) -> None:
        """Politely, then not."""
        if (process := self.processes.pop(name, None)) is not None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def stop(self) -> None:
        """All of them, the last one first."""
        for name in reversed(list(self.processes)):
            self.end(name)
