"""Runs whose job is gone are found; those that are only late, or that another engine has, are left alone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from jupyter_runs import engines, lookout, targets
from jupyter_runs.model import SCRIPT_TYPE, NewRun, Owner, Status
from scripts import until

ELSEWHERE = Owner("a-node", "", 4242, 1.0)


@pytest.fixture(autouse=True)
def _engine(tmp_path, monkeypatch):
    """The engine `here` is installed; looks may follow each other at once."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "cluster"))
    import here

    monkeypatch.syspath_prepend(str(here.installed(tmp_path / "site")))
    monkeypatch.setattr(lookout, "LOOK_S", 0.0)


@pytest.fixture
def project(tmp_path):
    """A project with a target "gpu", whose engine knows the jobs that are given."""

    def project(name, *pids):
        engine = tmp_path / name / "engine"
        engine.mkdir(parents=True)
        for pid in pids:
            (engine / f"job-{pid}").write_text(str(pid))
        file = tmp_path / name / "compute.toml"
        file.write_text(f'[compute.gpu]\ntype = "here"\nfolder = "{engine}"\nshared = true\n')
        return file

    return project


@pytest.fixture
def make(ws):
    def make(file, pid=None, **more):
        facts = {targets.PROPERTY: "gpu"} | ({} if pid is None else {engines.HANDLE: f"job-{pid}"})
        new = NewRun(
            **{
                "run_id": f"run-{time.time_ns()}",
                "experiment": "e",
                "submitted_by": "me",
                "status": Status.QUEUED,
                "type": SCRIPT_TYPE,
                "properties": facts,
                "job": {"target": "gpu", "target_file": str(file)},
                **more,
            }
        )
        return ws.store.create_runs([new])[0].run_id

    return make


def gone():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def status(ws, run_id):
    return ws.store.get_run(run_id).status


def test_two_projects_may_call_different_engines_by_one_name(ws, project, make, monkeypatch):
    monkeypatch.setattr(lookout, "SILENT_S", 0.0)
    one, two = project("one", os.getpid()), project("two", os.getppid())
    runs = [make(one, os.getpid()), make(two, os.getppid())]
    look = lookout.Lookout(ws._config)
    for _ in range(3):
        assert look.look(ws.store) == []
    assert {status(ws, run) for run in runs} == {Status.QUEUED}


def test_a_launcher_that_is_silent_is_given_up_only_when_its_job_is_gone_too(ws, project, make, monkeypatch):
    pid = gone()
    file = project("one", os.getpid(), pid)
    alive, dead = make(file, os.getpid()), make(file, pid)
    for run in (alive, dead):
        ws.store.claim(run, ELSEWHERE if run == alive else Owner("a-node", "", 4243, 1.0), Status.RUNNING)
    inside = ws.store.create_runs(
        [NewRun(f"{dead}-child", "e", "me", Status.RUNNING, parent_id=dead, owner=Owner("a-node", "", 4244, 1.0))]
    )[0].run_id
    look = lookout.Lookout(ws._config)
    for _ in range(3):  # it was heard of a moment ago
        assert look.look(ws.store) == []
    monkeypatch.setattr(lookout, "SILENT_S", 0.0)
    assert sorted(look.look(ws.store)) == [dead, inside]
    assert status(ws, alive) is Status.RUNNING
    error = ws.store.get_run(dead).error
    assert (error.code, "its launcher is not heard of" in error.message) == ("ProcessEnded", True)
    assert status(ws, inside) is Status.FAILED


def test_one_that_was_asked_to_end_is_canceled_then(ws, project, make, monkeypatch):
    monkeypatch.setattr(lookout, "SILENT_S", 0.0)
    pid = gone()
    run = make(project("one", pid), pid)
    ws.store.claim(run, ELSEWHERE, Status.RUNNING)
    ws.store.request_cancel(run, by="me", via="python")
    look = lookout.Lookout(ws._config)
    assert look.look(ws.store) == []
    assert look.look(ws.store) == [run]
    assert status(ws, run) is Status.CANCELED


def test_a_run_that_no_engine_was_given_is_failed_after_a_while(ws, project, make, monkeypatch):
    run = make(project("one"))
    look = lookout.Lookout(ws._config)
    assert look.look(ws.store) == []
    monkeypatch.setattr(lookout, "GIVEN_S", 0.0)
    assert look.look(ws.store) == [run]
    assert "before an engine had the job" in ws.store.get_run(run).error.message


def test_a_target_that_is_not_configured_any_more_ends_no_run(ws, project, make, monkeypatch):
    monkeypatch.setattr(lookout, "SILENT_S", 0.0)
    file = project("one", os.getpid())
    run = make(file, os.getpid())
    file.write_text("")
    look = lookout.Lookout(ws._config)
    for _ in range(3):
        assert look.look(ws.store) == []
    assert status(ws, run) is Status.QUEUED


def test_the_thread_ends_with_the_last_run_and_comes_again(ws, project, make, monkeypatch, no_new_threads):
    monkeypatch.setattr(lookout, "LOOK_S", 0.02)
    pid = gone()
    file = project("one", pid)
    look = lookout.Lookout(ws._config)
    for _ in range(2):
        run = make(file, pid)
        look.attend(ws.store)
        until(lambda run=run: status(ws, run) is Status.FAILED, "it is found out")
        until(
            lambda: "jupyter-runs-engines" not in {t.name for t in threading.enumerate()},
            "nobody is left to look after",
        )
