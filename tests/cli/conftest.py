"""Fixtures of the command line: a store, runs in it, and commands called in this process."""

from __future__ import annotations

import inspect
import json
import threading

import pytest
from click.testing import CliRunner

from jupyter_runs import liveness, paths
from jupyter_runs import workspace as workspaces
from jupyter_runs.cli import cli
from jupyter_runs.model import NewRun, Status
from jupyter_runs.store.sqlite import SqliteStore

#: click 8.1 has to be told that stderr is no part of stdout.
SEPARATE = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(tmp_path / "shared"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    return tmp_path / "shared"


@pytest.fixture
def store(folder):
    opened = SqliteStore(folder / paths.DATABASE)
    yield opened
    opened.close()


@pytest.fixture
def make(store):
    numbers = iter(range(1, 10_000))

    def make(run_id=None, experiment="digits", **fields):
        new = NewRun(run_id or f"{next(numbers):x}run", experiment, "ada", **fields)
        return store.create_runs([new])[0]

    return make


@pytest.fixture
def ended(make, store):
    """A run that is Completed."""

    def ended(*args, **fields):
        run = make(*args, status=Status.RUNNING, **fields)
        return store.transition(run.run_id, Status.COMPLETED)

    return ended


@pytest.fixture
def run(folder):
    """Run a command: exit code, stdout, stderr."""

    def run(*args):
        result = CliRunner(**SEPARATE).invoke(cli, args)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.stdout, result.stderr

    yield run
    workspaces._opened.clear()


@pytest.fixture
def given(run):
    """The data that a command gives."""

    def given(*args):
        code, out, err = run(*args)
        assert code == 0, err
        return json.loads(out)

    return given


@pytest.fixture
def listed(given):
    """Names that `list` gives."""
    return lambda *args: [item["name"] for item in given("list", *args)]


@pytest.fixture
def obedient(store):
    """An owner that ends its runs when asked, as a kernel does."""
    owner = liveness.this_process()
    stop = threading.Event()

    def obey():
        while not stop.wait(0.02):
            for asked in store.stops_asked(owner):
                store.transition(asked.run_id, Status.CANCELED)

    thread = threading.Thread(target=obey)
    thread.start()
    yield owner
    stop.set()
    thread.join()
