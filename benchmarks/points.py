"""A metric of a million points: written, read, seen from afar and from near, asked for over HTTP; against bare rows of SQLite."""

from __future__ import annotations

import json
import math
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.core import compare, line
from jupyter_runs import Experiment, Workspace, paths, wire
from jupyter_runs.model import Point
from jupyter_runs.store.base import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COUNT = 1_000_000
#: Points of one call of the store, as a library that logs in portions would do.
_PORTION = 10_000
_SHOWN = 2_000


class BareRows:
    """Rows of a value, step and time, in the order of their series."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "bare.db"
        self.conn = sqlite3.connect(self.path, isolation_level=None)
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=NORMAL",
            "CREATE TABLE point (series INTEGER, idx INTEGER, step REAL, at REAL, value REAL, PRIMARY KEY (series, idx)) WITHOUT ROWID",
        ):
            self.conn.execute(statement).fetchall()
        self.count = 0

    def write(self, points: list[Point]) -> None:
        """One transaction."""
        rows = [(1, self.count + i, p.step, p.at, p.value) for i, p in enumerate(points)]
        self.count += len(rows)
        self.conn.execute("BEGIN IMMEDIATE")
        self.conn.executemany("INSERT INTO point VALUES (?,?,?,?,?)", rows)
        self.conn.execute("COMMIT")

    def everything(self) -> list[tuple[float, float, float]]:
        """All points."""
        return self.conn.execute("SELECT step, at, value FROM point WHERE series = 1 ORDER BY idx").fetchall()

    def overview(self) -> list[tuple[float, ...]]:
        """Smallest and largest of 1,000 stretches."""
        sql = "SELECT idx / 1000, min(value), max(value) FROM point WHERE series = 1 GROUP BY 1"
        return self.conn.execute(sql).fetchall()

    def zoom(self, low: float, high: float) -> list[tuple[float, float, float]]:
        """A range of positions: the key serves, which steps that repeat or go back would not have."""
        sql = "SELECT step, at, value FROM point WHERE series = 1 AND idx BETWEEN ? AND ? ORDER BY idx"
        return self.conn.execute(sql, (low, high)).fetchall()


def _curve() -> Iterator[list[Point]]:
    """A noisy loss, a value every 20 ms, in portions."""
    chance, at = random.Random(1), time.time() - COUNT * 0.02
    for start in range(0, COUNT, _PORTION):
        points = []
        for i in range(start, start + _PORTION):
            at += chance.uniform(0.01, 0.03)
            points.append(Point("loss", "number", math.exp(-i / 2e5) + chance.gauss(0, 0.02), float(i), at))
        yield points


def _bytes(path: Path) -> int:
    with sqlite3.connect(path) as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return path.stat().st_size


def points() -> Iterator[str]:
    """Write, read, overview, zoom, size, REST and export of a million points."""
    with tempfile.TemporaryDirectory() as folder:
        bare = BareRows(Path(folder))
        workspace = Workspace(folder + "/workspace")
        store = workspace.store
        run = Experiment(workspace, "bench").start_logging(outputs=False, snapshot_directory=None)
        empty = _bytes(Path(store.location))
        ours = baseline = 0.0
        for portion in _curve():
            began = time.perf_counter()
            store.append(run.id, portion)
            between = time.perf_counter()
            bare.write(portion)
            ours, baseline = ours + between - began, baseline + time.perf_counter() - between
        yield line(f"write {COUNT:,} points, {_PORTION:,} at a time", ours, baseline, "")
        sizes = _bytes(Path(store.location)) - empty, _bytes(bare.path)
        ratio = sizes[0] / sizes[1]
        yield f"{'bytes a point':<44} {sizes[0] / COUNT:>12.1f} {sizes[1] / COUNT:>12.1f} {ratio:>6.2f}x  <= 0.5"

        def ask(low: float | None = None, high: float | None = None) -> Callable[[], object]:
            span = None if low is None else Span("step", low, high)
            return lambda: store.series(run.id, "loss", None, _SHOWN, span)

        yield line("read all of it", *compare(lambda: store.series(run.id, "loss"), bare.everything, 3), "")
        yield line("overview, 2,000 points", *compare(ask(), bare.overview, 7), "<= 0.1")
        yield line("zoom on 100,000 points", *compare(ask(5e5, 6e5), lambda: bare.zoom(5e5, 6e5), 7), "")
        yield line("zoom on 1,000 points", *compare(ask(5e5, 501e3), lambda: bare.zoom(5e5, 501e3), 7), "")

        def answer() -> str:
            return json.dumps([wire.series_data(one) for one in store.series(run.id, "loss", None, _SHOWN)[1]])

        yield line("overview as JSON", *compare(answer, bare.overview, 7), "")
        run.complete()
        yield from _rest(Path(folder), run.id)
        if sys.platform == "linux":
            yield from _transfer(workspace, run.experiment.name, folder)


def _rest(folder: Path, run_id: str) -> Iterator[str]:
    """Answers of a real server: metrics, and the log of a million lines."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "ui"))
    from labserver import Server

    log = paths.run_log(folder / "workspace", run_id)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        file.writelines(
            f"2026-11-25 12:00:00 INFO step {i} loss={i / 7:.6f} some text beside it\n" for i in range(COUNT)
        )
    routes = {
        "overview": "metrics?name=loss&max_points=2000",
        "zoom on 100,000 points": "metrics?name=loss&from=500000&to=600000",
        "zoom on 1,000 points": "metrics?name=loss&from=500000&to=501000",
        "end of a log of 1,000,000 lines": "log",
        "last traceback of a log without one, 32 MiB": "log/search?find=traceback",
        "a text in 32 MiB of a log": "log/search?q=not%20there",
    }
    os.environ["JUPYTER_RUNS_HOME"] = str(folder / "home")
    with Server(folder) as server:
        for what, route in routes.items():
            url = f"{server.url}/jupyter-runs/api/runs/{run_id}/{route}"
            request = urllib.request.Request(url, headers={"Authorization": f"token {server.token}"})
            times = []
            for _ in range(9):
                began = time.perf_counter()
                with urllib.request.urlopen(request) as answer:
                    size = len(answer.read())
                times.append(time.perf_counter() - began)
            median = statistics.median(times[1:])
            yield f"REST: {what:<38} {median * 1e3:>9.1f} ms {size / 1024:>9.0f} KB          < 500 ms"


def _transfer(workspace: Workspace, experiment: str, folder: str) -> Iterator[str]:
    """Export and import in processes of their own: time, and what they need beyond one that does nothing (MB)."""
    begin = "from jupyter_runs import Experiment, Workspace\n"
    # Not `ru_maxrss`: that of the parent counts there.
    end = "\nprint(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    code = {
        "export": f"Experiment(Workspace({str(workspace.folder)!r}), {experiment!r}).export({folder + '/x.zip'!r})",
        "import": f"Workspace({folder + '/other'!r}).import_experiment({folder + '/x.zip'!r})",
    }
    _, least = _measured(begin + "Workspace(" + repr(folder + "/none") + ").store" + end)
    for what, text in code.items():
        seconds, most = _measured(begin + text + end)
        yield f"{what:<44} {seconds:>10.1f} s {(most - least) / 1024:>9.0f} MB          memory flat"


def _measured(code: str) -> tuple[float, int]:
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return time.perf_counter() - began, int(done.stdout)
