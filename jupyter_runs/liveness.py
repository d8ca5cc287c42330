"""Who owns a run, and whether that process is still there. "Running" for ever ends here.

A reader on the same host that finds an owner's process gone ends the owner's runs. On other hosts nothing is proved: those runs
are shown as not responding when the heartbeat is old (`model.shown_status`).
"""

from __future__ import annotations

import os
import socket
import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from jupyter_runs.model import HEARTBEAT_S, PROCESS_ENDED, SILENT_AFTER_S, Owner, RunError

if TYPE_CHECKING:
    from jupyter_runs.store.base import OwnerState, Store

#: Two clocks' readings of one process start may differ by this much (seconds).
_START_TOLERANCE_S = 2.0
#: What a killed launcher has left behind gets this long to end by itself (seconds).
_LEFT_BEHIND_GRACE_S = 1.0


def this_process(kernel_id: str | None = None) -> Owner:
    """The calling process as an owner."""
    return _owner(os.getpid(), kernel_id)


def process_of(pid: int) -> Owner:
    """Another process of this machine as an owner. One that has ended already is an owner that is gone."""
    try:
        started = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        started = time.time()
    return Owner(socket.gethostname(), _pid_space(), pid, started)


@lru_cache(maxsize=4)
def _owner(pid: int, kernel_id: str | None) -> Owner:
    return Owner(socket.gethostname(), _pid_space(), pid, psutil.Process(pid).create_time(), kernel_id)


def _pid_space() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def is_here(owner: Owner) -> bool:
    """True when this process can see whether the owner is alive."""
    return owner.host == socket.gethostname() and owner.pid_space == _pid_space()


def is_gone(state: OwnerState) -> bool:
    """True when it is proved that the owner's process has ended.

    A zombie counts as ended. A pid whose start differs is another process, if the owner has been silent: and if that silence is not as
    long as the difference, for then the clock was set forward a moment ago, and the owner is about to be heard of.
    """
    owner = state.owner
    if not is_here(owner):
        return False
    try:
        process = psutil.Process(owner.pid)
        if process.status() in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}:
            return True
        difference = process.create_time() - owner.pid_started_at
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
    silence = time.time() - state.heartbeat_at
    is_set_clock = abs(silence - difference) <= HEARTBEAT_S + _START_TOLERANCE_S
    return abs(difference) > _START_TOLERANCE_S and silence > SILENT_AFTER_S and not is_set_clock


def reap(store: Store) -> list[str]:
    """End the runs whose owner's process is gone: Failed with the reason, or Canceled where that was asked for.

    Processes that a script has left behind, because its launcher was killed, are ended with it.

    Returns
    -------
    The ids of the runs that were ended by this call.
    """
    ended: list[str] = []
    for state in store.unfinished_owners():
        if is_gone(state):
            ended += store.end_owned(state.owner, _reason(state))
    if scripts := {run.run_id for run in store.get_runs(ended) if run.type is not None}:
        from jupyter_runs import proctree

        proctree.end_all(lambda: proctree.of_run(scripts), grace_s=_LEFT_BEHIND_GRACE_S)
    return ended


def _reason(state: OwnerState) -> RunError:
    what = "kernel process" if state.owner.kernel_id else "process"
    heard = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(state.heartbeat_at))
    message = (
        f"The {what} (pid {state.owner.pid}) ended without reporting: it was killed, crashed or ran out of memory. "
        f"Last heard of at {heard}."
    )
    return RunError(PROCESS_ENDED, message)
