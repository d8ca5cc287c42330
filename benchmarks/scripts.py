"""Submitted scripts and the command line against a bare start of Python."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.core import compare, line
from jupyter_runs import Experiment, ScriptRunConfig, Workspace
from jupyter_runs.model import NewRun, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_LINE = "import time; print(time.time(), flush=True)"
RUNS = 10_000


def submit() -> Iterator[str]:
    """From the call of submit to the first line of the script, and how long the call itself takes."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "src"
        source.mkdir()
        (source / "first.py").write_text(FIRST_LINE)
        experiment = Experiment(Workspace(Path(folder) / "ws"), "bench")
        config = ScriptRunConfig(str(source), "first.py")
        ours, calls, bare = [], [], []
        for _ in range(12):
            began = time.time()
            run = experiment.submit(config)
            calls.append(time.time() - began)
            run.wait_for_completion()
            ours.append(float(run.get_log()) - began)
            began = time.time()
            out = subprocess.run([sys.executable, "-c", FIRST_LINE], capture_output=True, text=True, check=True).stdout
            bare.append(float(out) - began)
        baseline = statistics.median(bare[2:])
        yield line("submit -> first line of the script", statistics.median(ours[2:]), baseline, "2x python -c")
        yield line("the call of submit()", statistics.median(calls[2:]), baseline, "")


def listing() -> Iterator[str]:
    """`jruns list -o json` with 10,000 runs in the store."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "ws")
        new = [
            NewRun(str(uuid.uuid4()), "bench", "me", status=Status.NOT_STARTED, tags={"n": str(i), "kind": "bench"})
            for i in range(RUNS)
        ]
        workspace.store.create_runs(new)
        environment = {**os.environ, "JUPYTER_RUNS_WORKSPACE": str(workspace.folder)}

        def ours(*more: str) -> None:
            command = [str(Path(sys.executable).with_name("jruns")), "list", "-o", "json", *more]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)

        def bare() -> None:
            subprocess.run([sys.executable, "-c", "pass"], check=True)

        yield line("jruns list, 10,000 runs there", *compare(ours, bare, 10), "bare python start")
        yield line("jruns list QUERY, 10,000 runs there", *compare(lambda: ours("tag:n=77"), bare, 10), "")
