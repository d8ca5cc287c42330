"""Events over the real socket, dead owners, and an end without traces."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
import threading
import time
from contextlib import closing

import psutil
import pytest
import stores
from serving import dead_owner, until

from jupyter_runs import config, paths
from jupyter_runs import workspace as workspaces
from jupyter_runs.model import NewRun, Point, Status
from jupyter_runs.server import hub
from jupyter_runs.store import sql_points
from jupyter_runs.store.sqlite import SqliteStore
from jupyter_runs.workspace import Workspace


async def _events(socket, key):
    """Events of ours until one comes."""
    while True:
        event = json.loads(await asyncio.wait_for(socket.read_message(), 10))
        if event["schema_id"] == hub.SCHEMA_ID:
            assert set(event) >= {"workspace", "cursor"}
            if event["workspace"] == key:
                return event


@pytest.mark.parametrize("kind", stores.KINDS)
async def test_a_commit_of_another_process_becomes_an_event(jp_ws_fetch, ask, make, place, kind):
    key = config.resolve(place).key
    run = make()
    _, start = await ask("changes")
    socket = await jp_ws_fetch("api", "events", "subscribe")
    code = f"{stores.PRELUDE}\nopened(sys.argv[1]).edit_tags(sys.argv[2], {{'seen': None}})"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, place, run.run_id)
    assert await process.wait() == 0
    # The first look at a store is an event, too.
    while (event := await _events(socket, key))["cursor"] == start["cursor"]:
        pass
    _, changes = await ask("changes", since=start["cursor"])
    assert changes["runs"][0]["tags"] == {"seen": None}
    if kind == "sqlite":  # on a server others move it, too
        assert event["cursor"] == changes["cursor"]
    socket.close()


async def test_a_change_made_through_the_server_becomes_an_event(jp_ws_fetch, ask, make, folder):
    run = make()
    await ask("status")
    socket = await jp_ws_fetch("api", "events", "subscribe")
    _, data = await ask(f"runs/{run.run_id}", "PATCH", {"name": "new"})
    while True:
        event = await _events(socket, paths.workspace_key(folder))
        if int(event["cursor"].split(".")[0]) >= data["rev"]:
            break
    socket.close()


async def test_many_commits_become_at_most_ten_events_a_second(jp_ws_fetch, ask, make, store, folder):
    run = make()
    await ask("status")
    socket = await jp_ws_fetch("api", "events", "subscribe")
    stop = threading.Event()

    def write():
        while not stop.is_set():
            store.append(run.run_id, [Point("loss", "number", 1, None, 1.0)])

    writer = threading.Thread(target=write)
    writer.start()
    started, count = time.monotonic(), 0
    while count < 8:
        await _events(socket, paths.workspace_key(folder))
        count += 1
    elapsed = time.monotonic() - started
    stop.set()
    writer.join()
    socket.close()
    assert elapsed >= 0.5


async def test_a_workspace_is_watched_once_it_was_asked_for(jp_ws_fetch, ask, tmp_path, folder):
    other = config.WorkspaceConfig(tmp_path / "other", "other")
    store = SqliteStore(other.database)
    config.remember(other)
    socket = await jp_ws_fetch("api", "events", "subscribe")
    _, before = await ask("changes", workspace=other.key)
    store.create_runs([NewRun("there", "digits", "ada")])
    event = await _events(socket, other.key)
    while event["cursor"] == before["cursor"]:
        event = await _events(socket, other.key)
    socket.close()
    store.close()


async def test_a_run_whose_process_was_killed_becomes_failed_by_itself(ask, make, store):
    run = make(owner=dead_owner(), status=Status.RUNNING)
    await until(lambda: store.get_run(run.run_id).status is Status.FAILED)
    _, data = await ask(f"runs/{run.run_id}")
    assert data["error"]["code"] == "ProcessEnded"
    assert "ended without reporting" in data["error"]["message"]


async def test_points_of_an_older_version_are_moved_on_while_the_server_runs(ask, tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "older")  # which the server has not opened yet
    with closing(workspace.store) as store:
        store.create_runs([NewRun("a", "e", "me", status=Status.RUNNING)])
        with monkeypatch.context() as patch:
            patch.setattr(sql_points, "FULL", 2**40)
            patch.setattr(sql_points, "LEAST", 2**40)
            store.append("a", [Point("loss", "number", float(i), i, 1.0) for i in range(3000)])
        before = store.series("a")
        with closing(sqlite3.connect(store.location)) as conn:
            assert conn.execute("SELECT count(*) FROM point").fetchone()[0] == 3000
            await ask("runs", workspace=workspace.key)
            await until(lambda: conn.execute("SELECT count(*) FROM point").fetchone()[0] < 1280)
        assert store.series("a") == before
        assert store.compact(0.0) is False
    workspaces._opened.clear()


async def test_stopping_the_server_leaves_no_thread_and_no_connection(jp_serverapp, ask, make, store, folder):
    make()
    await ask("runs")
    await until(lambda: any(t.name == "jupyter-runs-server-watch" for t in threading.enumerate()))
    store.close()
    await jp_serverapp.extension_manager.stop_all_extensions()
    assert [t.name for t in threading.enumerate() if t.name.startswith("jupyter-runs-server")] == []
    database = str(folder / paths.DATABASE)
    assert [f.path for f in psutil.Process(os.getpid()).open_files() if f.path.startswith(database)] == []
