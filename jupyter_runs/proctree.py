"""All processes of a script: its children, theirs, and those that tried to leave; found, told to end, and waited for.

On Linux the launcher is a subreaper: a process that daemonised becomes its child, so that the tree stays a tree. Elsewhere, and after a
launcher was killed, the environment tells whose a process is (`envvars.RUN_ID`).
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from jupyter_runs import envvars

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

#: In the command line of a launcher (as a module, as a file): the tree of a child run is not the parent's to end.
_LAUNCHERS = ("jupyter_runs.launch", "jupyter_runs/launch.py")
_PR_SET_CHILD_SUBREAPER = 36
_KILL_S = 10.0


def adopt_orphans() -> None:
    """From now on processes below this one whose parent ends become our children (Linux; elsewhere nothing)."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def below(pid: int) -> list[psutil.Process]:
    """Living processes below `pid`, without the trees of other runs' launchers."""
    try:
        root = psutil.Process(pid)
        everything = root.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    foreign = {p.pid for p in everything if _is_launcher(p)}
    parents = {p.pid: _parent(p) for p in everything}
    return [p for p in everything if not _is_zombie(p) and not _is_under(p.pid, foreign, parents)]


def of_run(run_ids: Collection[str]) -> list[psutil.Process]:
    """Living processes of this user whose environment says that they belong to one of these runs; never this one or one above it."""
    spared = {os.getpid(), *(p.pid for p in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if (
                process.pid not in spared
                and process.environ().get(envvars.RUN_ID) in run_ids
                and not _is_launcher(process)
            ):
                found.append(process)
    for process in tuple(found):  # those that have cleared their environment
        found += [p for p in below(process.pid) if p not in found]
    return [p for p in found if not _is_zombie(p)]


def all_of(run_id: str) -> list[psutil.Process]:
    """Living processes of the run: below this one, and those that left before it adopted orphans or where none can be adopted."""
    tree = below(os.getpid())
    known = {p.pid for p in tree}
    return [*tree, *(p for p in of_run({run_id}) if p.pid not in known)]


def launchers_below(pid: int) -> list[psutil.Process]:
    """Launchers of other runs that were started below `pid`, and live."""
    try:
        everything = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [p for p in everything if _is_launcher(p) and not _is_zombie(p)]


def end(processes: Iterable[psutil.Process], grace_s: float, spare: Collection[int] = ()) -> None:
    """They are told to end, and killed when they have not after `grace_s` seconds; `spare` as in `reap_children`."""
    there = list(processes)
    for process in there:
        with suppress(psutil.Error):
            process.terminate()
    until = time.monotonic() + grace_s
    while time.monotonic() < until:
        reap_children(spare)
        there = [p for p in there if p.is_running() and not _is_zombie(p)]
        if not there:
            return
        time.sleep(0.02)
    for process in there:
        with suppress(psutil.Error):
            process.kill()


def end_all(find: Callable[[], list[psutil.Process]], grace_s: float, spare: Collection[int] = ()) -> bool:
    """Nothing is left of what `find` finds: told to end, then killed until none is there, however often they fork.

    Returns
    -------
    False when something cannot be killed (a process in the kernel's hands) after ten seconds.
    """
    end(find(), grace_s, spare)
    until = time.monotonic() + _KILL_S
    while time.monotonic() < until:
        reap_children(spare)
        tree = find()
        if not tree:
            return True
        for process in tree:
            with suppress(psutil.Error):
                process.kill()
        time.sleep(0.02)
    return False


def reap_children(spare: Collection[int] = ()) -> None:
    """Adopted processes that have ended are no zombies any more; those in `spare` are waited for by somebody else."""
    if sys.platform == "win32":
        return
    for child in psutil.Process().children():
        if child.pid not in spare and _is_zombie(child):
            with suppress(OSError):
                os.waitpid(child.pid, os.WNOHANG)


def interrupt(group: int) -> None:
    """What Ctrl-C does: SIGINT to the process group that `group` leads."""
    with suppress(OSError):
        if sys.platform == "win32":
            os.kill(group, signal.CTRL_BREAK_EVENT)
        else:
            os.killpg(group, signal.SIGINT)


def _is_launcher(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return any(Path(word).as_posix().endswith(_LAUNCHERS) for word in process.cmdline()[:6])
    return False


def _is_zombie(process: psutil.Process) -> bool:
    try:
        return bool(process.status() in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD})
    except psutil.NoSuchProcess:
        return True


def _parent(process: psutil.Process) -> int:
    try:
        return int(process.ppid())
    except psutil.NoSuchProcess:
        return 0


def _is_under(pid: int, roots: set[int], parents: dict[int, int]) -> bool:
    at: int | None = pid
    seen = 0
    while at is not None and seen < 10_000:
        if at in roots:
            return True
        at, seen = parents.get(at), seen + 1
    return False
