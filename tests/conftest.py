"""Fixtures for all tests: a workspace of their own, and nothing left behind."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import postgres_server
import pytest
from teamserver import TeamServer

from jupyter_runs import workspace as workspaces
from jupyter_runs.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


# Started in the background by a shell we ignore Ctrl-C, and so would every process that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_sessionfinish() -> None:
    """The server that some tests share is started by the first of them."""
    postgres_server.stop()


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches the user's runs."""
    monkeypatch.setenv("JUPYTER_RUNS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(tmp_path / "ws"))
    # Interactive runs make ./outputs and keep a copy of the folder that they work in.
    monkeypatch.chdir(tmp_path_factory.mktemp("cwd"))


@pytest.fixture
def ws_place(tmp_path: Path) -> str:
    """Where `ws` is. Files of tests about what all stores promise say it again, for each kind."""
    return str(tmp_path / "ws")


@pytest.fixture
def ws(ws_place: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """An empty workspace; afterwards no run of it is open in this process."""
    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", ws_place)
    workspace = Workspace(ws_place)
    yield workspace
    for session in list(workspace.sessions.values()):
        session.at_exit()
    workspace.store.close()
    workspaces._opened.clear()


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[TeamServer]:
    """A Jupyter server of the test's own, that may be killed and started again."""
    server = TeamServer(tmp_path / "server")
    yield server.start()
    server.stop()


@pytest.fixture
def no_new_threads() -> Iterator[None]:
    """The test leaves no thread of ours behind, but the watch, which lingers for two seconds."""
    before = set(threading.enumerate())
    yield
    left = [
        t.name
        for t in set(threading.enumerate()) - before
        if t.name.startswith("jupyter-runs") and t.name != "jupyter-runs-watch"
    ]
    assert not left
