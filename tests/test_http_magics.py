"""The magics in a real kernel whose workspace is on another server."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest
from kernel import Kernel, until
from teamserver import TOKEN, TeamServer

from jupyter_runs import paths
from jupyter_runs.model import Status
from jupyter_runs.store.sqlite import SqliteStore

RUN = "application/vnd.jupyter-runs.run+json"


@pytest.fixture
def server(tmp_path):
    server = TeamServer(tmp_path / "server", base_url="/user/ada/")
    yield server.start()
    server.stop()


@pytest.fixture
def kernel(server):
    kernel = Kernel(JUPYTER_RUNS_WORKSPACE=server.url, JUPYTER_RUNS_TOKEN=TOKEN)
    assert kernel.run("%load_ext jupyter_runs").ok
    yield kernel
    kernel.close()


def newest(server):
    from jupyter_runs.store.base import RunFilter

    with closing(SqliteStore(server.folder / "ws" / paths.DATABASE)) as store:
        found = store.find_runs(RunFilter(), limit=1).runs
        return found[0] if found else None


def test_a_cell_is_a_run_on_the_server_and_shown_here(kernel, server):
    result = kernel.run("%%run_experiment digits --tag quality=good\nprint('hello')\nrun.log('loss', 0.5)")
    assert result.ok, result.traceback
    shown = result.displays[-1]["data"][RUN]
    assert (shown["run"]["status"], shown["run"]["metrics"]["loss"]["last"]) == ("Completed", 0.5)
    record = newest(server)
    assert (record.status, record.experiment, record.tags) == (Status.COMPLETED, "digits", {"quality": "good"})
    assert kernel.run("print(run.get_log())").stdout.strip() == "hello"
    assert kernel.run("%runs tag:quality=good").ok


def test_a_busy_cell_is_canceled_by_another_one(kernel, server):
    cell = kernel.start("%%run_experiment digits\nimport time\nrun.log('loss', 1)\ntime.sleep(60)")
    until(lambda: (found := newest(server)) is not None and found.metrics)
    with closing(SqliteStore(server.folder / "ws" / paths.DATABASE)) as store:
        store.request_cancel(newest(server).run_id, by="bob", via="rest")
    result = kernel.finish(cell)
    assert "RunCanceled" in result.traceback
    until(lambda: newest(server).status is Status.CANCELED)
    assert kernel.run("print('next')").stdout == "next\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_cell_whose_server_dies_ends_well_and_is_complete_when_it_is_back(kernel, server):
    os.mkfifo("pipe")
    cell = kernel.start("%%run_experiment digits\nrun.log('loss', 1)\nopen('pipe').read()\nrun.log('loss', 2)")
    until(lambda: (found := newest(server)) is not None and found.metrics)
    server.kill()
    Path("pipe").write_text("go", "utf-8")
    result = kernel.finish(cell, timeout=90)
    assert result.ok, result.traceback
    assert result.stderr.count("is away") == 1
    server.start()
    until(lambda: newest(server).status is Status.COMPLETED, timeout=30)
    assert newest(server).metrics["loss"].count == 2
    assert kernel.run("print(run.status)").stdout == "Completed\n"
