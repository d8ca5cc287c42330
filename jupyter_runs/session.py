"""What this process holds for a run that it owns: the gate around its body, the tee into its log, and how it ends.

A session begins when the run is created here and ends with its final status. Runs opened by hand in a notebook (`start_logging`) are armed
in every cell while they are open; runs of a `with` block or of a magic are armed once.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
import traceback
import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_runs import cells, gate, paths
from jupyter_runs.errors import JupyterRunsError, RunCanceled, RunNotFound, RunStateError, StoreError
from jupyter_runs.model import PROCESS_ENDED, RunError, RunRecord, Status
from jupyter_runs.tee import Tee
from jupyter_runs.watch import Owned

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jupyter_runs.store.base import StopRequest
    from jupyter_runs.workspace import Workspace


@dataclass(frozen=True)
class Outcome:
    """How a body ended."""

    status: Status
    error: RunError | None = None
    by: str | None = None
    via: str | None = None


def outcome(error: BaseException | None, armed: gate.Gate | None, user: str) -> Outcome:
    """What the end of a body means for its run."""
    if armed is not None and armed.delivered:
        return Outcome(Status.CANCELED, by=armed.by, via=armed.via)
    if error is None or (isinstance(error, SystemExit) and not error.code):
        return Outcome(Status.COMPLETED)
    if isinstance(error, RunCanceled):
        return Outcome(Status.CANCELED, by=error.by, via=error.via)
    if isinstance(error, (KeyboardInterrupt, asyncio.CancelledError)):
        return Outcome(Status.CANCELED, by=user, via="interrupt")
    return Outcome(Status.FAILED, error_of(error))


def error_of(error: BaseException) -> RunError:
    """An exception as the store keeps it."""
    try:
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    except Exception:  # noqa: BLE001 - a user's exception may fail to print itself
        text = None
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - a user's exception may fail to print itself
        message = "(the exception cannot be printed)"
    return RunError(type(error).__name__, message, text)


class Session:
    """See the module. Armed and disarmed by the main thread; `finish` may come from any thread."""

    def __init__(self, workspace: Workspace, run: RunRecord, *, by_hand: bool) -> None:
        self.workspace = workspace
        self.run_id = run.run_id
        self.by_hand = by_hand
        self.owned = Owned(run.run_id, run.parent_id, self._end_now)
        self.gate: gate.Gate | None = None
        self.ended = False
        #: Code is its body: a block, a cell, or all that follows `start_logging`. Of children made in a batch none is.
        self.is_entered = False
        self._tee = Tee(lambda: paths.run_log(workspace.folder, run.run_id), self._log_grew)
        self._pid = os.getpid()
        self._outputs: Path | None = None
        self._outputs_before: dict[str, tuple[int, int, int]] = {}

    def collect_from(self, outputs: Path | None) -> None:
        """Files that are new or changed in this folder when the run ends are files of the run; the folder is made now."""
        if outputs is None:
            return
        from jupyter_runs import artifacts

        try:
            outputs.mkdir(parents=True, exist_ok=True)
            self._outputs_before = artifacts.listing(outputs)
        except OSError as error:
            warnings.warn(f"Files in {outputs} are not collected: {error.strerror}.", stacklevel=4)
            return
        self._outputs = outputs

    def _collect(self) -> None:
        if self._outputs is None or not self._outputs.is_dir():
            return
        from jupyter_runs import artifacts

        folder = paths.run_folder(self.workspace.folder, self.run_id) / paths.OUTPUTS
        with suppress(OSError):
            artifacts.collect(self._outputs, folder, self._outputs_before, move=False)

    # -- around the body -------------------------------------------------------------------------------------------------

    def arm(self) -> None:
        """From here on a cancel unwinds the code that is calling us."""
        self.is_entered = True
        if self.gate is not None or self.ended:
            return
        gate.install()
        self.gate = cells.new_gate(self.run_id)
        self._tee.open()
        if self.gate is not None:
            gate.arm(self.gate)
            if self.by_hand and (cell := cells.current()) is not None:
                cell.at_end.append(self._cell_ended)

    def disarm(self) -> gate.Gate | None:
        """No signal is sent for this run any more. Returns the gate, which knows whether a cancel was delivered."""
        armed, self.gate = self.gate, None
        if armed is not None:
            gate.disarm(armed)
        self._tee.close()
        return armed

    def leave(self) -> gate.Gate | None:
        """The body has ended: as `disarm`, and a request that is heard from now on is too late. `finish` must follow."""
        self.owned.ending = True
        return self.disarm()

    def arm_in_every_cell(self) -> None:
        """A run opened by hand stays open over several cells."""
        if cells.hook() is not None:
            cells.at_start.append(self._cell_began)

    def _cell_began(self, _cell: cells.Cell) -> None:
        self.arm()

    def _cell_ended(self, _result: Any) -> None:
        armed = self.disarm()
        if armed is not None and armed.asked and not self.ended:
            self.finish(Outcome(Status.CANCELED, by=armed.by, via=armed.via))

    # -- the end ---------------------------------------------------------------------------------------------------------

    def finish(self, end: Outcome) -> RunRecord | None:
        """The run has ended so, and its unfinished children of this process with it. None when it had ended otherwise before."""
        self.ended = True  # first: a cell that begins just now must not arm it again
        self.leave()
        self._collect()
        if self._cell_began in cells.at_start:
            cells.at_start.remove(self._cell_began)
        try:
            record = self._write(end)
        except StoreError:
            # Full disk, locked store: the run is kept, and the watch writes its end when that is possible again.
            self.owned.retry = lambda: self.finish(end)
            raise
        self.workspace.forget(self.run_id)
        if not self.workspace.watch.unfinished() and cells.current() is None:
            gate.uninstall()
        return record

    def _write(self, end: Outcome) -> RunRecord | None:
        store = self.workspace.store
        try:
            ended = store.transition(self.run_id, end.status, error=end.error, by=end.by, via=end.via)
        except (RunStateError, RunNotFound):
            return None
        if end.status is Status.CANCELED:
            # Descendants that other processes own are asked; ours end here.
            store.request_cancel(self.run_id, by=end.by or self.workspace.user, via=end.via or "python")
        for child in store.end_descendants(self.run_id, end.status, self.workspace.owner, by=end.by, via="parent"):
            self.workspace.forget(child)
        return ended

    def _end_now(self, request: StopRequest) -> None:
        """Called by the watch when there is no body to unwind: between cells, in another thread, a child opened by hand."""
        self.finish(Outcome(Status.CANCELED, by=request.by, via=request.via))

    def _log_grew(self, count: int) -> None:
        self.owned.log_bytes += count

    def at_exit(self) -> None:
        """The process ends with the run open: say so at once instead of leaving it to be found. A store that refuses is left alone."""
        if self._pid != os.getpid():
            return
        with suppress(JupyterRunsError):
            if self.owned.retry is not None:
                self.owned.retry()
            elif not self.ended:
                self.finish(self._end_of_process())

    def _end_of_process(self) -> Outcome:
        uncaught = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
        if uncaught is not None and cells.shell() is None:
            return outcome(uncaught, self.gate, self.workspace.user)
        message = "The process ended before the run did: call run.complete(), or use `with run:`."
        return Outcome(Status.FAILED, RunError(PROCESS_ENDED, message))


def begin(
    workspace: Workspace, runs: Sequence[RunRecord], *, by_hand: bool = False, armed: bool = False
) -> list[Session]:
    """Sessions for runs that this process has just created. `armed`: the caller's code is their body."""
    sessions = [Session(workspace, run, by_hand=by_hand) for run in runs]
    for session in sessions:
        if armed:
            session.arm()
        if by_hand:
            session.arm_in_every_cell()
        workspace.sessions[session.run_id] = session
    workspace.watch.adopt([session.owned for session in sessions])
    return sessions


def _at_exit() -> None:
    from jupyter_runs.workspace import opened

    for workspace in opened():
        for session in list(workspace.sessions.values()):
            session.at_exit()


atexit.register(_at_exit)
