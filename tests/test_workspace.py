"""Workspace: shared within a process, safe over fork, and true when the folder changes under it."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from jupyter_runs import Experiment, Workspace, paths

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
