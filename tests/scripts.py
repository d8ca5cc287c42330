"""Scripts to submit, and what is left of their processes: for every test that starts a real one."""

from __future__ import annotations

import contextlib
import os
import shutil
import textwrap
import time
from typing import TYPE_CHECKING

import psutil

from jupyter_runs.script import ScriptRunConfig

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: For a condition that is sure to come (seconds).
PATIENCE_S = 40.0
#: Before the command of a daemon: it ends with the tests, also when they are killed.
WITH_US = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []


def until(condition: Callable[[], object], what: str) -> object:
    end = time.monotonic() + PATIENCE_S
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"timed out: {what}"
        time.sleep(0.03)


def config(folder: Path, text: str, *arguments: object, name: str = "train.py", **more: object) -> ScriptRunConfig:
    """A script with this text in `folder`, as a configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(textwrap.dedent(text), "utf-8")
    return ScriptRunConfig(str(folder), name, arguments=list(arguments), **more)


def marked(marker: str) -> list[psutil.Process]:
    """Living processes with this text in their command line or environment."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            if any(marker in word for word in process.cmdline()) or process.environ().get("MARKER") == marker:
                found.append(process)
    return found
