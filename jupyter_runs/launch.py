"""`python -m jupyter_runs.launch RUN_ID WORKSPACE`: the owner of a script's run, from its claim to its end.

It claims the run (the first wins, so nothing runs twice), restores the source, runs the script with stdout and stderr in one file, hears
cancel requests, ends the whole process tree, collects what the script has left, and writes how it ended. Environment variables for the
script come as JSON on stdin.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from jupyter_runs import liveness, paths, proctree, script_log
from jupyter_runs.errors import JupyterRunsError, RunNotFound, RunStateError, StoreError
from jupyter_runs.model import HEARTBEAT_S, RunError, Status
from jupyter_runs.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_runs.model import RunRecord

_LOOK_S = 0.05
_LOG_S = 0.3
#: After Ctrl-C's signal, before the tree is told to end.
INTERRUPT_GRACE_S = 10.0
#: After that, before it is killed.
TERMINATE_GRACE_S = 5.0
#: For what a script leaves running when it has ended by itself.
LEFTOVER_GRACE_S = 2.0
_END_TRIES_S = 120.0


@dataclass(frozen=True)
class Ending:
    """How a script has ended, or why it is being ended before its time."""

    #: None: the run has ended already, by somebody else's word.
    status: Status | None
    error: RunError | None = None
    by: str | None = None
    via: str | None = None


class Launch:
    """One run of a script."""

    def __init__(self, store: SqliteStore, workspace: Path, run_id: str, variables: Mapping[str, str]) -> None:
        self._store, self._workspace, self._run_id = store, workspace, run_id
        self._variables = dict(variables)
        self._owner = liveness.this_process()
        self._signal: int | None = None
        self._log = paths.run_log(workspace, run_id)
        self._code = paths.code_folder(workspace, run_id)
        self._noted = 0
        self._restored: dict[str, tuple[int, int, int]] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Claim the run and see it through."""
        try:
            record = self._store.claim(self._run_id, self._owner)
        except (RunStateError, RunNotFound):
            return  # canceled before it began, or claimed by another launcher
        proctree.adopt_orphans()
        for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM), signal.SIGINT):
            signal.signal(number, self._on_signal)
        job = self._store.job(self._run_id) or {}
        try:
            ending = self._asked(record) or self._execute(record, job)
        except (JupyterRunsError, OSError) as error:
            ending = Ending(Status.FAILED, RunError(type(error).__name__, f"The script could not be started: {error}"))
        self._end(ending)

    def _on_signal(self, number: int, _frame: object) -> None:
        self._signal = number

    # -- the script ------------------------------------------------------------------------------------------------------

    def _execute(self, record: RunRecord, job: Mapping[str, Any]) -> Ending:
        from jupyter_runs import artifacts, source
        from jupyter_runs.script import Submission

        submission = Submission.of_job(dict(job), self._variables)
        self._code.mkdir(parents=True, exist_ok=True)
        if snapshot := record.properties.get("ContentSnapshotId"):
            source.restore(self._workspace, snapshot, self._code)
        for folder in (paths.OUTPUTS, paths.LOGS):
            (self._code / folder).mkdir(exist_ok=True)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        argv = submission.argv()
        if (ending := self._asked(self._store.get_run(self._run_id))) is not None:
            return ending
        self._store.transition(self._run_id, Status.RUNNING)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                argv,
                shell=isinstance(argv, str),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._code,
                env=self._environment(record),
                **_own_group(),  # type: ignore[call-overload]
            )
            # Now, while the interpreter starts: what is here is the copy of the source.
            self._restored = artifacts.listing(self._code)
        ending = self._watch(self._process, submission.max_seconds)
        self._end_tree(ending is not None)
        return ending or self._outcome(self._process.wait())

    def _environment(self, record: RunRecord) -> dict[str, str]:
        """The script's environment: ours, without what makes a process take itself for a kernel, and the ids of the run."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("JPY_")}
        if "inline" in inherited.get("MPLBACKEND", ""):
            del inherited["MPLBACKEND"]
        inherited.setdefault("PYTHONIOENCODING", "utf-8")
        return {
            **inherited,
            # Lines are in the log when they are printed, also if the process is killed.
            "PYTHONUNBUFFERED": "1",
            **self._variables,
            proctree.RUN_ID: self._run_id,
            "JUPYTER_RUNS_WORKSPACE": str(self._workspace),
            "AZUREML_RUN_ID": self._run_id,
            "AZUREML_ARM_PROJECT_NAME": record.experiment,
            "AZUREML_ARM_WORKSPACE_NAME": self._workspace.name,
            "AZUREML_OUTPUT_DIRECTORY": f"./{paths.OUTPUTS}",
        }

    def _watch(self, process: subprocess.Popen[bytes], max_seconds: float | None) -> Ending | None:
        """Until the script has ended (None) or has to be."""
        began = time.monotonic()
        version, look_at, beat_at, log_at = -1, 0.0, began + HEARTBEAT_S, 0.0
        while True:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK_S)
                return None
            now = time.monotonic()
            if self._signal is not None:
                name = signal.Signals(self._signal).name
                return Ending(
                    Status.FAILED, RunError("ProcessEnded", f"The launcher of the script was told to end by {name}.")
                )
            if max_seconds is not None and now - began > max_seconds:
                return Ending(Status.FAILED, _too_long(max_seconds))
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
                    proctree.reap_children({process.pid})
                if now >= log_at:
                    log_at = now + _LOG_S
                    self._note_log()

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

    def _end_tree(self, is_asked: bool) -> None:
        """No process of the run is left."""
        process = self._process
        assert process is not None  # noqa: S101 - only called when it was started
        spare = {process.pid}
        if is_asked:
            proctree.interrupt(process.pid)
            self._wait_for(process, INTERRUPT_GRACE_S)
        grace = TERMINATE_GRACE_S if is_asked else LEFTOVER_GRACE_S
        if not proctree.end_all(self._tree, grace, spare):
            print(f"Could not kill {[p.pid for p in self._tree()]}.", file=sys.stderr)  # noqa: T201 - into the launcher's log

    def _wait_for(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        """The script may take its time to unwind; meanwhile what it prints is shown."""
        until = time.monotonic() + seconds
        beat_at = time.monotonic() + HEARTBEAT_S
        while time.monotonic() < until and process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK_S)
            with suppress(StoreError):
                self._note_log()
                if time.monotonic() >= beat_at:
                    beat_at = time.monotonic() + HEARTBEAT_S
                    self._store.heartbeat(self._owner)

    def _tree(self) -> list[Any]:
        """Living processes of the run."""
        tree = proctree.below(os.getpid())
        if not sys.platform.startswith("linux"):
            known = {p.pid for p in tree}
            tree += [p for p in proctree.of_run({self._run_id}) if p.pid not in known]
        return tree

    def _outcome(self, code: int) -> Ending:
        """What the exit code means. A script that called `fail()` has failed, whatever its exit code."""
        if code == 0:
            said = self._store.get_run(self._run_id).error
            return Ending(Status.COMPLETED if said is None else Status.FAILED)
        return Ending(Status.FAILED, script_log.error_of(self._log, code))

    def _end(self, ending: Ending) -> None:
        """Keep what the script has left, then say how it ended. The store may be away for a while."""
        self._collect()
        until = time.monotonic() + _END_TRIES_S
        while True:
            try:
                self._write(ending)
            except StoreError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)
            else:
                return

    def _write(self, ending: Ending) -> None:
        self._note_log()
        if ending.status is not None:
            with suppress(RunStateError):  # ended by somebody else meanwhile: theirs stays
                self._store.transition(self._run_id, ending.status, error=ending.error, by=ending.by, via=ending.via)
        # Runs that the script had open went with it.
        liveness.reap(self._store)

    def _collect(self) -> None:
        from jupyter_runs import artifacts

        target = paths.run_folder(self._workspace, self._run_id)
        for folder in (paths.OUTPUTS, paths.LOGS):
            if (self._code / folder).is_dir():
                artifacts.collect(self._code / folder, target / folder, None, move=True)
        self._tidy()

    def _tidy(self) -> None:
        """The copy of the source goes; what the script wrote or changed beside it stays until `gc`."""
        from jupyter_runs import artifacts

        now = artifacts.listing(self._code)
        for name in [name for name, facts in self._restored.items() if now.get(name) == facts]:
            with suppress(OSError):
                (self._code / name).unlink()
        for folder, _, _ in os.walk(paths.work_folder(self._workspace, self._run_id), topdown=False):
            with suppress(OSError):  # not empty
                Path(folder).rmdir()


def _too_long(seconds: float) -> RunError:
    return RunError(
        "TimeLimit",
        f"The script ran longer than its limit of {seconds:g} s (max_run_duration_seconds) and was ended.",
    )


def _own_group() -> dict[str, object]:
    """The script leads a process group, so that an interrupt reaches it and not us."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _variables(stream: IO[bytes]) -> dict[str, str]:
    try:
        given = json.loads(stream.read() or b"{}")
    except ValueError:  # the submitting process died while it wrote
        return {}
    return {str(k): str(v) for k, v in given.items()}


def main(argv: list[str]) -> int:
    """Run the launcher; its exit code is 0 when the run has got its end."""
    run_id, workspace = argv
    store = SqliteStore(Path(workspace) / paths.DATABASE)
    try:
        Launch(store, Path(workspace), run_id, _variables(sys.stdin.buffer)).run()
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
