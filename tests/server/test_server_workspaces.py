"""Which workspaces are served, and what is said of a store that cannot be used."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from jupyter_runs import config, paths
from jupyter_runs.model import NewRun, Status
from jupyter_runs.store.sqlite import SqliteStore
from jupyter_runs.store.sqlite_db import MIGRATIONS


async def test_another_workspace_that_the_user_has_opened_can_be_asked_for(ask, tmp_path, make):
    make(name="here")
    other = config.WorkspaceConfig(tmp_path / "other", "other")
    store = SqliteStore(other.database)
    store.create_runs([NewRun("there", "digits", "ada", name="there")])
    config.remember(other)
    _, page = await ask("runs", workspace=other.key)
    assert [(run["name"], run["workspace"]) for run in page["runs"]] == [("there", other.key)]
    _, status = await ask("status")
    assert other.key in {w["key"] for w in status["workspaces"]}
    code, _ = await ask("runs/there/cancel", "POST", {}, workspace=other.key)
    assert code == 202
    assert store.get_run("there").status is Status.CANCELED
    store.close()


async def test_a_known_workspace_whose_files_are_gone_answers_404(ask, tmp_path):
    config.remember(gone := config.WorkspaceConfig(tmp_path / "gone", "gone"))
    code, data = await ask("runs", workspace=gone.key)
    assert (code, data["reason"]) == (404, "UnknownWorkspace")
    assert not gone.folder.exists()


async def test_a_store_that_was_replaced_is_opened_anew(ask, make, store, folder):
    make(name="old")
    assert (await ask("runs"))[1]["total"] == 1
    store.close()
    for file in folder.glob("runs.db*"):
        file.unlink()
    assert (await ask("runs"))[1]["total"] == 0


class TestWithABrokenStore:
    """The server starts whatever the store is like, and says what is wrong."""

    @pytest.fixture
    def jp_server_config(self, folder):
        SqliteStore(folder / paths.DATABASE).close()
        with sqlite3.connect(folder / paths.DATABASE) as conn:
            conn.execute("PRAGMA user_version=99")
        conn.close()
        return {"ServerApp": {"jpserver_extensions": {"jupyter_runs": True}}}

    async def test_a_newer_store_is_told_and_works_once_it_is_mended(self, ask, folder):
        for _ in range(2):
            code, data = await ask("runs")
            assert (code, data["reason"]) == (503, "StoreVersion")
            assert "pip install -U" in data["message"]
        with sqlite3.connect(folder / paths.DATABASE) as conn:
            conn.execute(f"PRAGMA user_version={len(MIGRATIONS)}")
        conn.close()
        code, page = await ask("runs")
        assert (code, page["total"]) == (200, 0)


class TestWithABrokenConfiguration:
    @pytest.fixture
    def jp_server_config(self, folder, monkeypatch, jp_root_dir):
        monkeypatch.delenv("JUPYTER_RUNS_WORKSPACE")
        (jp_root_dir / ".azureml").mkdir()
        (jp_root_dir / ".azureml" / "config.json").write_text("{")
        return {"ServerApp": {"jpserver_extensions": {"jupyter_runs": True}}}

    async def test_it_is_told_and_read_again(self, ask, jp_root_dir):
        code, data = await ask("status")
        assert (code, data["reason"]) == (400, "WorkspaceConfigError")
        (jp_root_dir / ".azureml" / "config.json").write_text('{"workspace_name": "mended"}')
        code, status = await ask("status")
        assert code == 200
        assert [w["name"] for w in status["workspaces"]] == ["mended"]


async def test_a_locked_store_still_answers_reads(ask, make, store):
    run = make()
    await ask("status")
    conn = sqlite3.connect(store.location, isolation_level=None)
    conn.execute("BEGIN IMMEDIATE")
    writes = [asyncio.ensure_future(ask(f"runs/{run.run_id}", "PATCH", {"name": f"n{i}"})) for i in range(6)]
    for _ in range(5):
        code, _ = await ask("runs")
        assert code == 200
    assert not any(write.done() for write in writes)
    conn.execute("COMMIT")
    conn.close()
    assert {code for code, _ in await asyncio.gather(*writes)} == {200}
