"""No run is "running" for ever: a dead owner is found out by whoever looks, a living one is never ended."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import psutil
import pytest
from kernel import until

from jupyter_runs import Experiment, liveness
from jupyter_runs.model import SILENT_AFTER_S, NewRun, Owner, Status
from jupyter_runs.store.base import OwnerState
from jupyter_runs.store.sqlite import SqliteStore


def state(owner, silent_s=0.0):
    return OwnerState(owner, time.time() - silent_s)


def me(**changes):
    owner = liveness.this_process()
    fields = {k: getattr(owner, k) for k in ("host", "pid_space", "pid", "pid_started_at", "kernel_id")}
    return Owner(**{**fields, **changes})


@pytest.fixture
def ended_pid():
    """The pid of a process that is gone, and when it had started."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = psutil.Process(process.pid).create_time()
    process.communicate()
    return process.pid, started


def test_this_process_is_alive():
    assert liveness.is_here(me())
    assert not liveness.is_gone(state(liveness.this_process()))


def test_a_living_process_is_not_gone_however_long_it_was_silent():
    assert not liveness.is_gone(state(me(), silent_s=10 * SILENT_AFTER_S))


def test_a_process_that_has_ended_is_gone(ended_pid):
    pid, started = ended_pid
    assert liveness.is_gone(state(me(pid=pid, pid_started_at=started)))


def test_a_zombie_is_gone():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = me(pid=process.pid, pid_started_at=psutil.Process(process.pid).create_time())
    assert not liveness.is_gone(state(owner))
    process.kill()
    until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
    assert liveness.is_gone(state(owner))
    process.communicate()


def test_a_pid_that_was_given_out_again_is_another_process():
    assert liveness.is_gone(state(me(pid_started_at=me().pid_started_at - 1000), silent_s=SILENT_AFTER_S + 1))


def test_a_clock_that_was_set_forward_is_not_taken_for_a_death():
    # Start and last heartbeat are of before, both an hour ago by the new clock.
    owner = me(pid_started_at=me().pid_started_at - 3600)
    assert not liveness.is_gone(state(owner, silent_s=3602))
    assert liveness.is_gone(state(owner, silent_s=7200))


def test_a_start_that_differs_only_because_the_clock_was_set_is_not_taken_for_a_death():
    assert not liveness.is_gone(state(me(pid_started_at=me().pid_started_at - 1000), silent_s=1))


@pytest.mark.parametrize("elsewhere", [{"host": "elsewhere"}, {"pid_space": "pid:[1]"}])
def test_of_another_host_or_container_nothing_is_proved(ended_pid, elsewhere):
    owner = me(pid=ended_pid[0], pid_started_at=ended_pid[1], **elsewhere)
    assert not liveness.is_here(owner)
    assert not liveness.is_gone(state(owner, silent_s=1000 * SILENT_AFTER_S))


def test_reaping_ends_the_runs_of_the_dead_and_of_nobody_else(ws, ended_pid):
    dead = me(pid=ended_pid[0], pid_started_at=ended_pid[1], kernel_id="k")
    far = Owner("elsewhere", "", 1, 1.0)
    runs = {"mine": liveness.this_process(), "dead": dead, "asked": dead, "far": far, "nobody": None}
    ws.store.create_runs([NewRun(i, "e", "me", status=Status.RUNNING, owner=o) for i, o in runs.items()])
    ws.store.request_cancel("asked", by="ada", via="panel")
    assert set(liveness.reap(ws.store)) == {"dead", "asked"}
    assert liveness.reap(ws.store) == []
    statuses = {i: ws.store.get_run(i).status.value for i in runs}
    assert statuses == {"mine": "Running", "dead": "Failed", "asked": "Canceled", "far": "Running", "nobody": "Running"}
    error = ws.store.get_run("dead").error
    assert error.code == "ProcessEnded"
    assert re.fullmatch(
        rf"The kernel process \(pid {dead.pid}\) ended without reporting: it was killed, crashed or ran out of memory\. "
        r"Last heard of at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.",
        error.message,
    )


SCRIPT = """
import sys, time
from jupyter_runs import Experiment, Workspace
run = Experiment(Workspace(), "e").start_logging()
run.create_children(2)
print(run.id, flush=True)
time.sleep(60)
"""


@pytest.fixture
def victim(ws):
    """The id of a run with two children, and the process that owns it."""
    env = {**os.environ, "JUPYTER_RUNS_WORKSPACE": str(ws.folder)}
    process = subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True, env=env)
    yield process.stdout.readline().strip(), process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("look", ["status", "get_status", "get_details", "repr", "cancel", "RunPanel"])
def test_whoever_looks_at_a_run_finds_out_that_its_process_was_killed(ws, victim, look):
    run_id, process = victim
    run = ws.get_run(run_id)
    assert run.status == "Running"
    process.send_signal(signal.SIGKILL)
    process.wait()
    if look == "cancel":
        run.cancel()
        assert run._record().status is Status.CANCELED
    elif look == "RunPanel":
        from jupyter_runs import RunPanel

        panel = RunPanel(run)
        assert panel.status == "Failed"
        panel.close()
    else:
        seen = {
            "status": lambda: run.status,
            "get_status": run.get_status,
            "get_details": lambda: run.get_details()["status"],
            "repr": lambda: re.search(r"status='(\w+)'", repr(run))[1],
        }[look]()
        assert seen == "Failed"
        assert "ended without reporting" in run.get_details()["error"]["error"]["message"]
    assert {child.status for child in run.get_children()} == {run.status}


def test_a_stopped_process_is_not_responding_and_then_running_again(ws, victim):
    run_id, process = victim
    owner = ws.store.get_run(run_id).owner
    os.kill(process.pid, signal.SIGSTOP)
    with closing(sqlite3.connect(ws.store.location)) as conn:
        conn.execute("UPDATE owner SET heartbeat_at = heartbeat_at - 100")
        conn.commit()
    run = ws.get_run(run_id)
    assert run.status == "NotResponding"
    os.kill(process.pid, signal.SIGCONT)
    ws.store.heartbeat(owner)
    assert run.status == "Running"


def test_an_owner_beats_and_its_heart_is_one_for_all_its_runs(ws, monkeypatch):
    from jupyter_runs import watch

    monkeypatch.setattr(watch, "HEARTBEAT_S", 0.05)
    run = Experiment(ws, "e").start_logging()
    children = run.create_children(3)
    first = ws.store.get_run(run.id).heartbeat_at
    until(lambda: ws.store.get_run(children[0].id).heartbeat_at > first)
    until(lambda: len({r.heartbeat_at for r in ws.store.get_runs([run.id, *(c.id for c in children)])}) == 1)
    with closing(SqliteStore(ws.folder / "runs.db")) as other:
        assert len(other.unfinished_owners()) == 1
    run.complete()
