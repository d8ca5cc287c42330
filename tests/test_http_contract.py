"""THE CONTRACT of `test_store.py`, for a store behind a real server with the real handlers."""

from __future__ import annotations

import inspect
import time
from types import SimpleNamespace

import pytest
import test_store
from teamserver import TeamServer
from test_store import *  # noqa: F403

from jupyter_runs import config, paths
from jupyter_runs.store.opening import open_store as open_at
from jupyter_runs.store.sqlite import SqliteStore

# What is about the file itself is no matter of this store.
for _name, _test in inspect.getmembers(test_store, inspect.isfunction):
    if (
        _name.startswith("test_")
        and {"tmp_path", "monkeypatch", "place", "sqlite_store", "every_state", "searched"}
        & inspect.signature(_test).parameters.keys()
    ):
        del globals()[_name]
del globals()["test_properties_cannot_be_changed_behind_the_stores_back_either"]
del globals()["test_own_commits_do_not_change_the_version_but_others_do"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = TeamServer(tmp_path_factory.mktemp("server"))
    yield server.start()
    server.stop()


@pytest.fixture
def open_store(server, tmp_path, monkeypatch):
    """A function that opens one more handle of the test's workspace on the server, as another process would."""
    here = config.WorkspaceConfig(tmp_path / "store", "store")
    SqliteStore(here.database).close()
    with monkeypatch.context() as patch:
        patch.setenv("JUPYTER_RUNS_HOME", str(server.folder / "home"))
        config.remember(here)
    address = f"{server.url}?workspace={paths.workspace_key(here.folder)}&token=fulltoken"
    handles = []

    def opened():
        handles.append(open_at(config.address(address)))
        return handles[-1]

    yield opened
    for handle in handles:
        handle.close()


@pytest.fixture(autouse=True)
def _silent(monkeypatch, tmp_path):
    """Tests that write to the file itself find it."""
    silent, place = test_store.silent, SimpleNamespace(location=tmp_path / "store" / paths.DATABASE)
    monkeypatch.setattr(test_store, "silent", lambda _store, owner: silent(place, owner))


def test_what_another_one_has_written_changes_the_version_within_a_second(store, open_store):
    version = store.version()
    make(open_store())  # noqa: F405
    until = time.monotonic() + 10
    while store.version() == version:
        assert time.monotonic() < until
        time.sleep(0.01)
