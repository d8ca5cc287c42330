"""Store and Python API against bare SQLite and a bare interpreter."""

from __future__ import annotations

import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_runs import Experiment, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUNDS = 15


def line(what: str, ours: float, baseline: float, goal: str) -> str:
    """One row of the table; times in seconds."""
    return f"{what:<44} {_time(ours):>12} {_time(baseline):>12} {ours / baseline:>6.2f}x  {goal}"


def _time(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} us" if seconds < 1e-3 else f"{seconds * 1e3:.1f} ms"


def compare(ours: Callable[[], object], baseline: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """Medians of both, taken in turns so that a busy moment of the machine meets both."""
    ours(), baseline()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for call, into in zip((ours, baseline), times, strict=True):
            began = time.perf_counter()
            call()
            into.append(time.perf_counter() - began)
    return statistics.median(times[0]), statistics.median(times[1])


class Bare:
    """One table with an index, WAL, synchronous=NORMAL: the least that a durable record costs."""

    def __init__(self, folder: Path) -> None:
        self.conn = sqlite3.connect(folder / "bare.db", isolation_level=None)
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=NORMAL",
            "CREATE TABLE point (seq INTEGER PRIMARY KEY, run TEXT, name TEXT, step INTEGER, at REAL, value REAL)",
            "CREATE INDEX point_run ON point (run, name)",
        ):
            self.conn.execute(statement).fetchall()

    def insert(self, count: int) -> None:
        """`count` transactions of one row."""
        for i in range(count):
            self.conn.execute("BEGIN IMMEDIATE")
            self.conn.execute(
                "INSERT INTO point (run, name, step, at, value) VALUES (?,?,?,?,?)",
                ("r", "loss", i, time.time(), 0.1 * i),
            )
            self.conn.execute("COMMIT")

    def insert_many(self, count: int) -> None:
        """One transaction of `count` rows."""
        self.conn.execute("BEGIN IMMEDIATE")
        rows = [(f"run-{i}", "loss", i, time.time(), 0.1) for i in range(count)]
        self.conn.executemany("INSERT INTO point (run, name, step, at, value) VALUES (?,?,?,?,?)", rows)
        self.conn.execute("COMMIT")

    def insert_runs(self, count: int) -> None:
        """The facts of `count` children, a run and a tag each, in two tables with nothing but primary keys; one transaction."""
        self.conn.execute(
            "CREATE TABLE IF NOT EXISTS run (id TEXT PRIMARY KEY, parent TEXT, name TEXT, status TEXT, at REAL)"
        )
        self.conn.execute("CREATE TABLE IF NOT EXISTS tag (run TEXT, key TEXT, value TEXT, PRIMARY KEY (run, key))")
        self.conn.execute("BEGIN IMMEDIATE")
        ids = [str(uuid.uuid4()) for _ in range(count)]
        now = time.time()
        self.conn.executemany(
            "INSERT INTO run VALUES (?,?,?,?,?)", [(i, "parent", "child", "Running", now) for i in ids]
        )
        self.conn.executemany("INSERT INTO tag VALUES (?,?,?)", [(i, "n", str(n)) for n, i in enumerate(ids)])
        self.conn.execute("COMMIT")


def log() -> Iterator[str]:
    """run.log against one bare transaction."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Bare(Path(folder))
        with Experiment(Workspace(folder + "/ws"), "bench").start_logging() as run:
            ours, baseline = compare(lambda: [run.log("loss", 0.1 * i) for i in range(1000)], lambda: bare.insert(1000))
            yield line("log(): one value, durable", ours / 1000, baseline / 1000, "<= 2.5")
            ours, baseline = compare(lambda: run.log_list("many", range(1000)), lambda: bare.insert_many(1000))
            yield line("log_list(): 1,000 values", ours, baseline, "")


def children() -> Iterator[str]:
    """create_children(1000) against bare inserts of the same facts in one transaction."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Bare(Path(folder))
        with Experiment(Workspace(folder + "/ws"), "bench").start_logging() as run:
            ours, baseline = compare(lambda: run.create_children(1000), lambda: bare.insert_runs(1000), rounds=7)
            yield line("create_children(1000)", ours, baseline, "<= 10")


def _python(code: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, "-c", code], check=True)


def imports() -> Iterator[str]:
    """Fresh processes."""
    baseline = _python("import sqlite3")
    ours, base = compare(_python("import jupyter_runs"), baseline)
    yield line("import jupyter_runs (vs import sqlite3)", ours, base, "< 100 ms more")
    ours, base = compare(_python("from jupyter_runs import Workspace, Experiment, Run"), baseline)
    yield line("import Workspace, Experiment, Run", ours, base, "")


def start() -> Iterator[str]:
    """A whole short run in an existing store, against three bare transactions."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Bare(Path(folder))
        experiment = Experiment(Workspace(folder + "/ws"), "bench")

        def one_run() -> None:
            with experiment.start_logging() as run:
                run.log("loss", 1)

        ours, baseline = compare(lambda: [one_run() for _ in range(50)], lambda: bare.insert(150), rounds=7)
        yield line("start, log, complete", ours / 50, baseline / 50, "")


def listing() -> Iterator[str]:
    """The first page of 10,000 runs against reading 50 bare rows."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Bare(Path(folder))
        bare.insert_many(10_000)
        workspace = Workspace(folder + "/ws")
        experiment = Experiment(workspace, "bench")
        workspace.store.create_runs([experiment.new_run(tags={"n": i % 100}) for i in range(10_000)])
        rows = "SELECT * FROM point ORDER BY seq DESC LIMIT 50"
        ours, baseline = compare(lambda: workspace.search("")[:50], lambda: bare.conn.execute(rows).fetchall())
        yield line("latest 50 of 10,000 runs", ours, baseline, "")
        ours, baseline = compare(lambda: workspace.search("tag:n=42")[:50], lambda: bare.conn.execute(rows).fetchall())
        yield line("tag == value of 10,000 runs", ours, baseline, "")
