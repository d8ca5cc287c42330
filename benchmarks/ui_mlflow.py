"""MLflow's UI on the same runs: its own environment, a store filled in bulk, its server."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import ui_data

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PLACE = Path.home() / ".cache" / "jupyter_runs" / "bench-mlflow"
#: Of the store below it: another one is filled after a change of what is in it.
_FILLED = PLACE / "filled-1"
_PYTHON = PLACE / "bin" / "python"
_ENVIRONMENT = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "GIT_PYTHON_REFRESH": "quiet"}
_EXPERIMENTS = (ui_data.CURVE, ui_data.SWEEP, ui_data.TABLE)
_CURVE_ID = "c" * 32


#: Of its pages: the table, its rows, what is asked for them, a curve.
TABLE = ".ag-root"
ROWS = "document.querySelectorAll('.ag-pinned-left-cols-container .ag-row')"
ROWS_SHOWN = f"return {ROWS}.length > 8"
ROWS_ASKED = "/mlflow/runs/search"
FIRST_ROW = "document.querySelector('.ag-pinned-left-cols-container .ag-row[row-index=\"0\"]')"
BY_NAME = "[data-testid='sort-header-Run Name']"
CURVE_SHOWN = "return document.querySelector('.js-plotly-plot .trace.scatter path') !== null"


class NoMlflowError(Exception):
    """Why there is nothing to compare with."""


@dataclass(frozen=True)
class Mlflow:
    """A server of MLflow that has the runs."""

    url: str
    version: str
    table: str
    curve: str


@contextmanager
def served() -> Iterator[Mlflow]:
    """Install, fill and start it, as far as that is not done yet."""
    with tempfile.TemporaryDirectory() as scratch:
        environment = {**os.environ, **_ENVIRONMENT}
        _install()
        version = _ask(environment, "import mlflow; print(mlflow.__version__)")
        store = _FILLED / "mlflow.db"
        if not store.exists():
            _fill(environment, store)
        ids = _experiment_ids(store)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        command = [
            *(_PYTHON, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
            *("--backend-store-uri", f"sqlite:///{store}", "--artifacts-destination", scratch),
        ]
        log = Path(scratch) / "server.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, env=environment, cwd=scratch, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        try:
            _wait(process, url, log)
            ids = _experiment_ids(store)
            yield Mlflow(
                url,
                version,
                f"{url}/#/experiments/{ids[ui_data.TABLE]}/runs",
                f"{url}/#/experiments/{ids[ui_data.CURVE]}/runs/{_CURVE_ID}",
            )
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _install() -> None:
    if (PLACE / "bin" / "mlflow").exists():
        return
    print("Installing MLflow into", PLACE, file=sys.stderr, flush=True)
    for command in (
        [sys.executable, "-m", "venv", "--without-pip", PLACE],
        [sys.executable, "-m", "pip", "--python", _PYTHON, "install", "--quiet", "mlflow"],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoMlflowError(f"it cannot be installed: {_last_line(done.stderr)}")


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "no reason given")


def _ask(environment: dict[str, str], code: str, *arguments: str) -> str:
    command = [_PYTHON, "-c", code, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoMlflowError(_last_line(done.stderr))
    return done.stdout.strip()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 120
    while True:
        with suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=5):
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise NoMlflowError(f"its server does not start: {_last_line(log.read_text())}")
        time.sleep(0.2)


def _experiment_ids(store: Path) -> dict[str, int]:
    with sqlite3.connect(store) as conn:
        return dict(conn.execute("SELECT name, experiment_id FROM experiments").fetchall())


_MAKE = """
import sys
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
for name in sys.argv[2:]:
    client.create_experiment(name, tags={"mlflow.experimentKind": "custom_model_development"})
"""


def _fill(environment: dict[str, str], store: Path) -> None:
    """Into the tables that it has made itself: by its own functions that would take hours."""
    print("Filling MLflow's store", file=sys.stderr, flush=True)
    shutil.rmtree(_FILLED, ignore_errors=True)
    _FILLED.mkdir(parents=True)
    unfinished = _FILLED / "unfinished.db"
    _ask(environment, _MAKE, f"sqlite:///{unfinished}", *_EXPERIMENTS)
    ids = _experiment_ids(unfinished)
    with sqlite3.connect(unfinished) as conn:
        conn.execute("PRAGMA synchronous=OFF")
        at = int(time.time() * 1000) - 10**7
        _put(conn, ids[ui_data.SWEEP], ui_data.family(), at)
        for portion in ui_data.many():
            at += len(portion)
            _put(conn, ids[ui_data.TABLE], portion, at)
        alone = ui_data.Facts(_CURVE_ID, "long curve", {}, {}, {})
        _put(conn, ids[ui_data.CURVE], [alone], at)
        last = 0.0
        for points in ui_data.curve():
            rows = [("loss", value, at + step * 10, _CURVE_ID, step, 0) for step, value in points]
            conn.executemany(_METRIC, rows)
            last = points[-1][1]
        conn.execute(_LATEST, ("loss", last, at + 10 * ui_data.POINTS, _CURVE_ID, ui_data.POINTS - 1, 0))
    conn.close()
    unfinished.rename(store)


_METRIC = "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?,?,?,?,?,?)"
_LATEST = _METRIC.replace("INTO metrics", "INTO latest_metrics")
_RUN = (
    "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, "
    "source_version, lifecycle_stage, artifact_uri, experiment_id) VALUES (?,?,'LOCAL','train.py','','ada','FINISHED',?,?,'','active',?,?)"
)


def _put(conn: sqlite3.Connection, experiment: int, portion: Iterable[ui_data.Facts], at: int) -> None:
    facts = [(one.run_id.replace("-", ""), (one.parent_id or "").replace("-", ""), one) for one in portion]
    runs = [
        (run, one.name, at + n, at + n + 500, "mlflow-artifacts:/", experiment) for n, (run, _, one) in enumerate(facts)
    ]
    conn.executemany(_RUN, runs)
    tags, params, metrics = [], [], []
    for run, parent, one in facts:
        tags += [(key, value, run) for key, value in one.tags.items()]
        tags += [("mlflow.runName", one.name, run), ("mlflow.user", "ada", run)]
        tags += [("mlflow.parentRunId", parent, run)] if parent else []
        params += [(key, value, run) for key, value in one.params.items()]
        metrics += [(key, value, at, run, 0, 0) for key, value in one.metrics.items()]
    conn.executemany("INSERT INTO tags (key, value, run_uuid) VALUES (?,?,?)", tags)
    conn.executemany("INSERT INTO params (key, value, run_uuid) VALUES (?,?,?)", params)
    conn.executemany(_METRIC, metrics)
    conn.executemany(_LATEST, metrics)
