"""The owner of a script's run, from its claim to its end; `launch.py` is how it gets started.

It claims the run (the first wins, so nothing runs twice), has the script executed with stdout and stderr in one file, hears cancel
requests, ends the whole process tree, collects what the script has left, and writes how it ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from jupyter_runs import config, leftovers, liveness, note, paths, proctree, script_log
from jupyter_runs.errors import JupyterRunsError, RunNotFound, RunStateError, StoreError
from jupyter_runs.model import HEARTBEAT_S, RunError, Status
from jupyter_runs.provenance import SNAPSHOT
from jupyter_runs.store.opening import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jupyter_runs.config import WorkspaceConfig
    from jupyter_runs.model import RunRecord
    from jupyter_runs.prepare import Start
    from jupyter_runs.store.base import Store

_LOOK_S = 0.05
_LOG_S = 0.3
#: After Ctrl-C's signal, before the tree is told to end.
INTERRUPT_GRACE_S = 10.0
#: After that, before it is killed.
TERMINATE_GRACE_S = 5.0
#: For what a script leaves running when it has ended by itself.
LEFTOVER_GRACE_S = 2.0
_END_TRIES_S = 120.0
#: Of a process that somebody else has waited for.
UNKNOWN_CODE = 255
#: A workspace that was removed is not coming back after this time.
_GONE_S = 10.0


@dataclass(frozen=True)
class Ending:
    """How a script has ended, or why it is being ended before its time."""

    #: None: the run has ended already, by somebody else's word.
    status: Status | None
    error: RunError | None = None
    by: str | None = None
    via: str | None = None
    #: Who wants the end kills everything in a few seconds.
    is_hurried: bool = False


class Child:
    """The script's process, which the bootstrap or we have started."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.code: int | None = None
        self._process = psutil.Process(pid)

    def wait(self, seconds: float) -> int | None:
        """Its exit code (negative: the signal that ended it) as soon as it has one, or None after `seconds`."""
        if self.code is None:
            with suppress(psutil.TimeoutExpired):
                # psutil waits for the process itself, not for its pipes, and wakes when it ends.
                code: int | None = self._process.wait(seconds)  # None: somebody else has waited for it
                self.code = UNKNOWN_CODE if code is None else code
        return self.code


class Launch:
    """One run of a script.

    `told` is given where an engine has placed us; looked at 20 times a second, it says why we have to end before our time, or None.
    """

    def __init__(
        self, store: Store, config: WorkspaceConfig, run_id: str, told: Callable[[], str | None] | None = None
    ) -> None:
        self._store, self._config, self._run_id = store, config, run_id
        self._workspace = workspace = config.folder
        self._owner = liveness.this_process()
        self._signal: int | None = None
        self._log = paths.run_log(workspace, run_id)
        self._code = paths.code_folder(workspace, run_id)
        self._noted = 0
        self._told = told
        #: Of the script: its exit code, 128 + the signal that ended it; 1 when it did not start.
        self.exit_code = 0

    def run(self, variables: Mapping[str, str] | None) -> None:
        """Claim the run, start its script and see it through."""
        try:
            record = self._store.claim(self._run_id, self._owner)
        except (RunStateError, RunNotFound):
            return  # canceled before it began, or claimed by another launcher
        finally:
            note.drop(self._workspace, self._run_id)
        self._end(self._asked(record) or self._begin(record, variables))

    def _begin(self, record: RunRecord, variables: Mapping[str, str] | None) -> Ending:
        if variables is None:
            return _not_started("the process that submitted it ended before it had handed over")
        from jupyter_runs.prepare import prepare
        from jupyter_runs.script import Submission

        self._hear_signals()
        snapshot = record.properties.get(SNAPSHOT)
        try:
            job = self._store.job(self._run_id) or {}
            start = prepare(
                self._config, self._run_id, record.experiment, Submission.of_job(job, dict(variables)), snapshot
            )
            if (ending := self._asked(self._store.get_run(self._run_id))) is not None:
                return ending
            if (why := self._told_to_end()) is not None:
                return self._ended_by_others(why)
            self._store.transition(self._run_id, Status.RUNNING)
        except (JupyterRunsError, OSError) as error:
            return _not_started(str(error))
        return self._follow(_spawn(start))

    def go_on(self, started: int | OSError) -> None:
        """The run was claimed for this process, and the bootstrap has started the script."""
        self._hear_signals()
        self._end(self._follow(started))

    def _hear_signals(self) -> None:
        proctree.adopt_orphans()
        for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM), signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: object) -> None:
        self._signal = number

    # -- the script ------------------------------------------------------------------------------------------------------

    def _follow(self, started: int | OSError) -> Ending:
        """From its start to the end of its last process."""
        if isinstance(started, OSError):
            return _not_started(f"{started.strerror}: {started.filename}" if started.filename else str(started))
        job = self._store.job(self._run_id) or {}
        script = Child(started)
        ending = self._watch(script, job.get("max_seconds"))
        self._end_tree(script, ending)
        code = script.wait(0) or 0
        self.exit_code = 128 - code if code < 0 else code
        return ending or self._outcome(code)

    def _watch(self, script: Child, max_seconds: float | None) -> Ending | None:
        """Until the script has ended (None) or has to be."""
        began = time.monotonic()
        version, look_at, beat_at, log_at = -1, 0.0, began + HEARTBEAT_S, 0.0
        gone_since: float | None = None
        while True:
            if script.wait(_LOOK_S) is not None:
                return None
            now = time.monotonic()
            if (why := self._told_to_end()) is not None:
                return self._ended_by_others(why)
            if max_seconds is not None and now - began > max_seconds:
                return Ending(Status.FAILED, _too_long(max_seconds))
            gone_since = None if self._store.is_there() else (gone_since or now)
            if gone_since is not None and now - gone_since > _GONE_S:
                return Ending(None)  # nobody can see or cancel it any more
            # A store that is busy or away for a while must not end the script: what was missed is seen next time.
            with suppress(StoreError):
                seen = self._store.version()
                if seen != version or now >= look_at:
                    version, look_at = seen, now + 1.0
                    if (ending := self._asked(self._store.get_run(self._run_id))) is not None:
                        return ending
                if now >= beat_at:
                    beat_at = now + HEARTBEAT_S
                    self._store.heartbeat(self._owner)
                    proctree.reap_children({script.pid})
                if now >= log_at:
                    log_at = now + _LOG_S
                    self._note_log()

    def _told_to_end(self) -> str | None:
        """Why it must end that the store does not know of."""
        if self._signal is not None:
            return f"The launcher of the script was told to end by {signal.Signals(self._signal).name}."
        return None if self._told is None else self._told()

    def _ended_by_others(self, why: str) -> Ending:
        ending = Ending(Status.FAILED, RunError("ProcessEnded", why))
        with suppress(StoreError):  # whoever cancels may tell the engine as well
            ending = self._asked(self._store.get_run(self._run_id)) or ending
        return replace(ending, is_hurried=self._told is not None)

    def _asked(self, record: RunRecord) -> Ending | None:
        """What others want of the run."""
        if record.status.is_final or (record.deleted_at is not None):
            return Ending(None)
        if record.cancel_requested_at is not None:
            return Ending(Status.CANCELED, by=record.cancel_by, via=record.cancel_via)
        return None

    def _note_log(self) -> None:
        size = self._log.stat().st_size if self._log.exists() else 0
        if size != self._noted:
            self._store.update_run(self._run_id, log_bytes=size)
            self._noted = size

    # -- the end ---------------------------------------------------------------------------------------------------------

    def _end_tree(self, script: Child, ending: Ending | None) -> None:
        """No process of the run is left. None: the script has ended by itself."""
        grace = LEFTOVER_GRACE_S
        if ending is not None and not ending.is_hurried:
            proctree.interrupt(script.pid)
            self._wait_for(script, INTERRUPT_GRACE_S)
            grace = TERMINATE_GRACE_S
        if not proctree.end_all(partial(proctree.all_of, self._run_id), grace, {script.pid}):
            left = [p.pid for p in proctree.all_of(self._run_id)]
            print(f"Could not kill {left}.", file=sys.stderr)  # noqa: T201 - into the launcher's log

    def _wait_for(self, script: Child, seconds: float) -> None:
        """The script may take its time to unwind; meanwhile what it prints is shown."""
        until = time.monotonic() + seconds
        beat_at = time.monotonic() + HEARTBEAT_S
        while time.monotonic() < until and script.wait(_LOOK_S) is None:
            if self._told is not None and self._told_to_end() is not None:
                return
            with suppress(StoreError):
                self._note_log()
                if time.monotonic() >= beat_at:
                    beat_at = time.monotonic() + HEARTBEAT_S
                    self._store.heartbeat(self._owner)

    def _outcome(self, code: int) -> Ending:
        """What the exit code means. A script that called `fail()` has failed, whatever its exit code."""
        if code == 0:
            said = self._store.get_run(self._run_id).error
            return Ending(Status.COMPLETED if said is None else Status.FAILED)
        error = script_log.error_of(self._log, code)
        if error.message == "No module named 'jupyter_runs'":
            remedy = (
                "The Python of the script has no jupyter_runs: install it there, or leave interpreter_path as it is."
            )
            error = RunError(error.code, f"{error.message}. {remedy}", error.traceback)
        return Ending(Status.FAILED, error)

    def _end(self, ending: Ending) -> None:
        """Keep what the script has left, then say how it ended. The store may be away for a while."""
        if ending.error is not None and self.exit_code == 0:
            self.exit_code = 1
        leftovers.collect(self._workspace, self._run_id, self._snapshot())
        until = time.monotonic() + _END_TRIES_S
        while True:
            try:
                self._write(ending)
            except StoreError:
                if time.monotonic() > until or not self._store.is_there():
                    raise
                time.sleep(0.5)
            else:
                return

    def _snapshot(self) -> str | None:
        with suppress(JupyterRunsError):
            return self._store.get_run(self._run_id).properties.get(SNAPSHOT)
        return None

    def _write(self, ending: Ending) -> None:
        self._note_log()
        if ending.status is not None:
            with suppress(RunStateError):  # ended by somebody else meanwhile: theirs stays
                self._store.transition(self._run_id, ending.status, error=ending.error, by=ending.by, via=ending.via)
        # Runs that the script had open went with it.
        liveness.reap(self._store)


def _too_long(seconds: float) -> RunError:
    return RunError(
        "TimeLimit",
        f"The script ran longer than its limit of {seconds:g} s (max_run_duration_seconds) and was ended.",
    )


def _not_started(why: str) -> Ending:
    return Ending(Status.FAILED, RunError("LaunchError", f"The script could not be started: {why}."))


def _spawn(start: Start) -> int | OSError:
    """Execute a prepared script."""
    if os.name != "nt":  # not sys.platform: mypy would not look at what follows
        from jupyter_runs.launch import spawn

        return spawn(dict(start))
    try:
        with Path(start["log"]).open("ab") as log:
            return subprocess.Popen(
                start["argv"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=start["cwd"],
                env=start["env"],
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            ).pid
    except OSError as error:
        return error


def launch(run_id: str, workspace: str, variables: Mapping[str, str] | None, started: int | OSError | None) -> int:
    """See a run through; 0 when it has got its end. `started`: what the bootstrap has started already."""
    found = config.resolve(workspace)
    if not found.is_made:  # removed since submit: opening it would make a new one, which nobody looks at
        proctree.end_all(lambda: proctree.of_run({run_id}), TERMINATE_GRACE_S)
        return 1
    store = open_store(found)
    try:
        one = Launch(store, found, run_id)
        if started is None:
            one.run(variables)
        else:
            one.go_on(started)
    finally:
        store.close()
    return 0


def keep(run_id: str, workspace: str, variables: Mapping[str, str] | None, told: Callable[[], str | None]) -> int:
    """See a run through that an engine has placed here; the exit code of its script, 0 when there was nothing to do.

    Raises `RunNotFound`, and `StoreError` when the store cannot be opened.
    """
    found = config.resolve(workspace)
    if found.url is None and not found.database.exists():
        raise StoreError(f"{found.database} is not there. Is the folder of the workspace the same on this node?")
    with closing(open_store(found)) as store:
        store.get_run(run_id)
        one = Launch(store, found, run_id, told)
        one.run(variables)
    # Runs of the same node that the script has submitted: an engine ends all that is left when we go.
    while there := proctree.launchers_below(os.getpid()):
        if told() is not None:
            proctree.end(there, TERMINATE_GRACE_S)
        psutil.wait_procs(there, timeout=_LOOK_S * 4)
        proctree.reap_children()
    return one.exit_code
