"""Looks after runs that an engine has, while nobody has claimed them and when their launcher is silent.

The store says how a run stands, and its launcher on the node writes that. An engine is believed in two cases: its job has ended and the
run was never claimed; or it has ended, or is not known there any more, and nothing was heard of the launcher for a minute.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from jupyter_runs import engines, liveness, note, paths, script_log, targets
from jupyter_runs.errors import JupyterRunsError
from jupyter_runs.executors.base import Report, State
from jupyter_runs.model import RunError, Status
from jupyter_runs.store.base import ANY, RunFilter
from jupyter_runs.store.pages import every_run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_runs.config import WorkspaceConfig
    from jupyter_runs.model import RunRecord
    from jupyter_runs.store.base import Store

#: Seconds between two looks.
LOOK_S = 5.0
#: A launcher that is silent for so long (seconds), and whose job is gone, is gone.
SILENT_S = 60.0
#: A run that no engine was given by then (seconds) never will be: whoever submitted it died meanwhile.
GIVEN_S = 120.0
#: For an engine that does not answer (seconds).
_PAUSE_S = 30.0
#: Looks at which a job must be missing.
_MISSES = 2
_TAIL_LINES = 10


@dataclass(eq=False)
class Lookout:
    """Finds runs whose job is gone, one workspace of this process."""

    config: WorkspaceConfig
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _starting: threading.Lock = field(default_factory=threading.Lock)
    #: By id of a run: the file that its target was found in. Two projects may use one name for different engines.
    _files: dict[str, str] = field(default_factory=dict)
    _misses: dict[str, int] = field(default_factory=dict)
    #: When an engine is asked next, by name and file of the target.
    _ask_at: dict[tuple[str, str], float] = field(default_factory=dict)
    _looked_at: float = 0.0
    _thread: threading.Thread | None = None

    def look(self, store: Store) -> list[str]:
        """End runs whose job is gone; their ids. Within five seconds of the last look, or during one, nothing is done.

        Cost: one question to each target that has unfinished runs here, which may take ten seconds.
        """
        if time.monotonic() - self._looked_at < LOOK_S or not self._lock.acquire(blocking=False):
            return []
        try:
            self._looked_at = time.monotonic()
            return self._look(store, unfinished(store))
        finally:
            self._lock.release()

    def attend(self, store: Store) -> None:
        """Look from a thread of its own, as long as a run is unfinished that an engine has."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._attend, args=(store,), name="jupyter-runs-engines", daemon=True
                )
                self._thread.start()

    def _attend(self, store: Store) -> None:
        while not store.closed:
            with suppress(JupyterRunsError):
                with self._starting:  # whoever has made a run meanwhile finds no thread
                    if not unfinished(store):
                        self._thread = None
                        return
                self.look(store)
            time.sleep(LOOK_S)

    def _look(self, store: Store, records: list[RunRecord]) -> list[str]:
        self._misses = {record.run_id: self._misses.get(record.run_id, 0) for record in records}
        self._files = {
            record.run_id: self._files.get(record.run_id) or engines.file_of(store, record.run_id) for record in records
        }
        by_target: dict[tuple[str, str], list[RunRecord]] = {}
        ended: list[str] = []
        now = time.time()
        for record in records:
            if engines.HANDLE in record.properties:
                key = record.properties[targets.PROPERTY], self._files[record.run_id]
                by_target.setdefault(key, []).append(record)
            elif not _has_begun(record) and now - record.created_at > GIVEN_S:
                ended += self._end(
                    store, record, None, "The process that submitted it ended before an engine had the job."
                )
        for key, theirs in by_target.items():
            if time.monotonic() >= self._ask_at.get(key, 0.0):
                try:
                    ended += self._ask(store, *key, theirs)
                except JupyterRunsError:
                    self._ask_at[key] = time.monotonic() + _PAUSE_S
        return ended

    def _ask(self, store: Store, name: str, file: str, records: list[RunRecord]) -> list[str]:
        there = engines.named(self.config, name, file)
        handles = [record.properties[engines.HANDLE] for record in records]
        reports: Mapping[str, Report] = engines.asked(name, partial(there.executor.poll, handles))
        ended: list[str] = []
        for record in records:
            state, reason = reports.get(record.properties[engines.HANDLE], Report(State.LOST))
            if state in {State.QUEUED, State.RUNNING}:
                self._misses[record.run_id] = 0
                continue
            self._misses[record.run_id] += 1
            if self._is_over(record, state):
                how = f"ended the job ({reason})" if reason else "ended the job"
                if state is State.LOST:
                    how = "does not know the job any more"
                ended += self._end(store, record, there, f"{name!r} ({there.target.type}) {how}")
        return ended

    def _is_over(self, record: RunRecord, state: State) -> bool:
        if state is State.ENDED and not _has_begun(record):
            return True
        heard_at = record.heartbeat_at or record.created_at
        return self._misses[record.run_id] >= _MISSES and time.time() - heard_at > SILENT_S

    def _end(self, store: Store, record: RunRecord, there: engines.Engine | None, why: str) -> list[str]:
        try:
            if record.owner is not None:
                return _end_silent(store, record, RunError("ProcessEnded", f"{why}, and its launcher is not heard of."))
            text = "" if there is None else self._engine_log(record, there)
            message = f"{why} before the script began.{_remedy(text)}" if there is not None else why
            # Whoever claims a run first has it: from here on no launcher does.
            store.claim(record.run_id, liveness.this_process())
            note.drop(self.config.folder, record.run_id)
            store.transition(record.run_id, Status.FAILED, error=RunError("LaunchError", message, text or None))
        except JupyterRunsError:  # it has begun, or ended, meanwhile
            return []
        return [record.run_id]

    def _engine_log(self, record: RunRecord, there: engines.Engine) -> str:
        """The end of what the job has printed."""
        logs = getattr(there.executor, "logs", None)
        if logs is not None:
            with suppress(JupyterRunsError):
                kept: bytes = engines.asked(there.target.name, partial(logs, record.properties[engines.HANDLE]))
                if lines := kept.decode("utf-8", "replace").rstrip().splitlines():
                    return "\n".join(lines[-_TAIL_LINES:])
        return script_log.tail(paths.launch_log(self.config.folder, record.run_id), _TAIL_LINES)


def _has_begun(record: RunRecord) -> bool:
    return record.status not in {Status.NOT_STARTED, Status.QUEUED}


def _end_silent(store: Store, record: RunRecord, error: RunError) -> list[str]:
    """The run of a launcher that is gone, and the runs that its script had open: they went with it."""
    below = every_run(store, RunFilter(below=record.run_id, active=True, archived=None))
    went = [child for child in below if child.type is None and time.time() - (child.heartbeat_at or 0.0) > SILENT_S]
    owners = dict.fromkeys(run.owner for run in (record, *went) if run.owner is not None)
    return [run_id for owner in owners for run_id in store.end_owned(owner, error)]


def _remedy(log: str) -> str:
    if not log:
        return ""
    last = log.rstrip().splitlines()[-1]
    if "No module named" in last and "jupyter_runs" in last:
        return f" {last.rpartition(': ')[2]}: install jupyter_runs for the Python of the nodes, or set `python` of the target."
    return f" Its log ends: {last[:500]}"


def unfinished(store: Store) -> list[RunRecord]:
    """Runs that an engine has, or is about to get."""
    where = RunFilter(active=True, include_children=True, properties={targets.PROPERTY: ANY}, archived=None)
    return [
        run
        for run in every_run(store, where)
        if not run.status.is_final and run.properties[targets.PROPERTY] != targets.LOCAL
    ]


_lookouts: dict[str, Lookout] = {}


def of(config: WorkspaceConfig) -> Lookout:
    """The one of this process for a workspace."""
    return _lookouts.setdefault(config.spec, Lookout(config))
