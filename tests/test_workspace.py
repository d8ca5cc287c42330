"""Workspace: shared within a process, safe over fork, and true when the folder changes under it."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from kernel import until

from jupyter_runs import Experiment, Workspace, paths
from jupyter_runs.errors import StoreError
from jupyter_runs.wire import MIME

if TYPE_CHECKING:
    from pathlib import Path


def test_two_objects_of_one_folder_share_the_store(ws: Workspace) -> None:
    again = Workspace(ws.folder)
    assert again.store is ws.store
    assert again.watch is ws.watch


def test_a_folder_that_was_removed_is_opened_anew(ws: Workspace) -> None:
    Experiment(ws, "old").start_logging().complete()
    shutil.rmtree(ws.folder)
    again = Workspace(ws.folder)
    assert list(again.search()) == []
    Experiment(again, "new").start_logging().complete()
    assert [run.experiment.name for run in Workspace(ws.folder).search()] == ["new"]
    again.store.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_a_forked_child_owns_its_own_runs_and_leaves_its_parents_alone(ws: Workspace) -> None:
    run = Experiment(ws, "parent").start_logging()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            with run.child_run("in-the-fork") as child:
                child.log("x", 1)
            code = 0 if ws.sessions == {} else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    (child,) = run.get_children()
    assert (child.status, child.get_metrics(), run.status) == ("Completed", {"x": 1}, "Running")
    assert ws.store.get_run(child.id).owner != ws.store.get_run(run.id).owner
    run.complete()


def test_importing_the_package_loads_neither_jupyter_nor_psutil() -> None:
    import subprocess

    code = "import sys, jupyter_runs; print([m for m in ('IPython', 'psutil', 'anywidget', 'tornado', 'sqlite3') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_workspace_on_a_network_file_system_is_noticed(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"/dev/vda / ext4 rw 0 0\nserver:/home {tmp_path} nfs4 rw 0 0\n/dev/vdb {tmp_path}/local ext4 rw 0 0\n"
    )
    assert paths.network_file_system(tmp_path / "ws", mounts) == "nfs4"
    assert paths.network_file_system(tmp_path / "local" / "ws", mounts) is None
    assert paths.network_file_system(tmp_path / "ws", tmp_path / "no-such-file") is None


def test_writing_to_a_store_that_was_removed_is_refused(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jupyter_runs.store.sqlite_db.LOOK_S", 0.0)
    run = Experiment(ws, "e").start_logging()
    # Our own thread may open the file while the folder is being removed.
    while ws.folder.exists():
        shutil.rmtree(ws.folder, ignore_errors=True)
    with pytest.raises(StoreError, match="was removed or replaced while in use"):
        run.log("x", 1)


def test_the_end_of_a_run_that_the_store_refused_is_written_later(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_runs.watch.HEARTBEAT_S", 0.1)
    run = Experiment(ws, "e").start_logging()
    transition = ws.store.transition

    def no_space(*_args: object, **_kwargs: object) -> None:
        raise StoreError("No space is left.")

    monkeypatch.setattr(ws.store, "transition", no_space)
    with pytest.raises(StoreError):
        run.complete()
    assert run.status == "Running"
    monkeypatch.setattr(ws.store, "transition", transition)
    until(lambda: run.status == "Completed")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_forked_workers_that_use_the_run_never_hang(ws: Workspace) -> None:
    run = Experiment(ws, "e").start_logging()
    for number in range(20):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                run.log("w", number)
                code = 0
            finally:
                os._exit(code)
        assert until(lambda pid=pid: os.waitpid(pid, os.WNOHANG)[0] == pid)
    assert len(run.get_metrics()["w"]) == 20
    run.complete()


def test_a_run_can_be_sent_to_another_process(ws: Workspace) -> None:
    run = Experiment(ws, "e").start_logging()
    assert pickle.loads(pickle.dumps(run)) == run
    run.complete()


def test_a_saved_snapshot_stays_small_whatever_was_logged(ws: Workspace) -> None:
    with Experiment(ws, "e").start_logging() as run:
        run.log("text", "x" * 1_000_000)
        for i in range(200):
            run.log(f"m{i}", i)
        run.set_tags({f"t{i}": "y" * 4000 for i in range(60)})
    assert len(json.dumps(run._repr_mimebundle_()[MIME])) < 40_000
