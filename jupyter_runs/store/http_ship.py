"""Sends the journals of a workspace to its server by offset: one thread posts what is not there; the server tells how far it is.

What is left when this process has gone is sent by the next one that opens the workspace.
"""

from __future__ import annotations

import gzip
import threading
import time
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_runs.errors import JournalGap, JupyterRunsError, RunNotFound, StoreAway, StoreError
from jupyter_runs.store import http_codec as codec
from jupyter_runs.store.base import Refused, Shipped
from jupyter_runs.store.http_journal import SUFFIX, Journal, JournalRemoved, left_behind, new_writer
from jupyter_runs.store.http_server import run_path

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_runs.store.http_server import Server

#: Lines are gathered for so long before they are sent, unless somebody waits for them.
_GATHER_S = 0.1
#: Between two tries while the server is away.
_LONGEST_PAUSE_S = 2.0
_LINGER_S = 2.0


class Shipper:
    """The journals of one workspace, and the thread that sends them."""

    def __init__(self, server: Server, folder: Path) -> None:
        self._server, self._folder = server, folder
        self._journals: dict[str, Journal] = {}
        #: Of processes that have gone, and those that nobody will ever take.
        self._left: list[Journal] = []
        self._given_up: list[Journal] = []
        self._lock = threading.Lock()
        self._moved = threading.Condition(self._lock)
        self._kick = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False

    # -- writing -------------------------------------------------------------------------------------------------------

    def write(self, run_id: str, method: str, arguments: dict[str, Any]) -> tuple[Journal, int]:
        """The call is in the journal of the run, which is sent soon; its journal and where it ends."""
        line = codec.dumps([method, self._server.now(), arguments])
        journal = self.of(run_id)
        try:
            end = journal.write(line)
        except JournalRemoved:
            with self._lock:
                if self._journals.get(run_id) is journal:
                    del self._journals[run_id]
            return self.write(run_id, method, arguments)
        if self._thread is None:
            self._start()
        return journal, end

    def _new(self, run_id: str) -> Journal:
        with self._lock:
            if (found := self._journals.get(run_id)) is not None:
                return found
            # New for each file: the server goes by it, and takes no byte of a writer twice.
            writer = new_writer()
            path = self._folder / f"{run_id}.{writer}{SUFFIX}"
            journal = self._journals[run_id] = Journal(path, run_id, writer, is_own=True)
            return journal

    def adopt(self) -> int:
        """Take over what processes that have gone left behind; how many files that is."""
        known = {journal.path for journal in self._left}
        for path, run_id, writer in left_behind(self._folder, SUFFIX):
            if path not in known:
                self._left.append(Journal(path, run_id, writer, is_own=False))
        if self._left:
            self._start()
        return len(self._left)

    # -- waiting -------------------------------------------------------------------------------------------------------

    @property
    def pending(self) -> list[Journal]:
        """Journals that the server has not got to their end."""
        return [journal for journal in self._all() if journal.is_pending]

    def of(self, run_id: str) -> Journal:
        """The journal that this process writes for the run."""
        return self._journals.get(run_id) or self._new(run_id)

    @property
    def reason(self) -> str:
        """Why something cannot be sent at all; empty when that is not so."""
        return next((str(journal.error) for journal in self.pending if journal.error is not None), "")

    def is_pending(self, run_id: str) -> bool:
        """There is something of the run that the server has not got."""
        journal = self._journals.get(run_id)
        return journal is not None and journal.is_pending

    def wait(self, journal: Journal, end: int, seconds: float) -> bool:
        """Whether the server has the journal up to there; False when it has taken nothing for so long. Raises why it never will."""
        seen, until = journal.sent, time.monotonic() + seconds
        self._kick.set()
        with self._moved:
            # One that others have left is not done before its file is gone.
            while journal.sent < end or not journal.is_known or journal in self._left:
                if journal.error is not None:
                    raise journal.error
                if journal.sent > seen:
                    seen, until = journal.sent, time.monotonic() + seconds
                if (left := until - time.monotonic()) <= 0:
                    return False
                self._moved.wait(left)
        return True

    def flush(self, seconds: float, *, also_left: bool = False) -> bool:
        """Whether the server has all of this process (and what others have left); False when it has taken nothing for so long."""
        for journal in [*list(self._journals.values()), *(list(self._left) if also_left else [])]:
            with suppress(JupyterRunsError):
                if (journal.is_pending or not journal.is_own) and not self.wait(journal, journal.end, seconds):
                    return False
        return True

    def release(self, run_id: str) -> None:
        """The run has ended and the server has all of it: the file goes."""
        with self._lock:
            journal = self._journals.get(run_id)
            if journal is not None and journal.remove():
                del self._journals[run_id]

    def tell(self) -> None:
        """Warn, in the thread of the caller, of what was refused since the last time."""
        for journal in [*self._all(), *self._given_up]:
            count = sum(one.count for one in journal.refused)
            if count > journal.told:
                last = journal.refused[-1]
                new, journal.told = count - journal.told, count
                warnings.warn(
                    f"{new} of what run {journal.run_id} has logged was not taken: {last.message} It is kept in "
                    f"{journal.path.with_suffix('.refused')}.",
                    stacklevel=4,
                )

    # -- sending -------------------------------------------------------------------------------------------------------

    def _all(self) -> list[Journal]:
        return [*list(self._journals.values()), *self._left]

    def _start(self) -> None:
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._loop, name="jupyter-runs-ship", daemon=True)
                self._thread.start()

    def _loop(self) -> None:
        pause, idle_since = _GATHER_S, time.monotonic()
        while not self._closed:
            self._kick.wait(pause)
            self._kick.clear()
            waiting = self.pending
            if waiting:
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > _LINGER_S and self._stop_if_idle():
                return
            is_well = [self._ship(journal) for journal in waiting]
            if all(is_well):
                pause = _GATHER_S
            else:
                # A waiter may kick us on: that must not become a storm.
                time.sleep(_GATHER_S / 2)
                pause = min(2 * pause, _LONGEST_PAUSE_S)
        with self._moved:
            self._moved.notify_all()

    def _stop_if_idle(self) -> bool:
        with self._lock:
            if self.pending:
                return False
            self._thread = None
            return True

    def _ship(self, journal: Journal) -> bool:
        """Send what is there; whether that went well."""
        try:
            while journal.is_pending and not self._closed:
                self._post(journal, journal.read(journal.sent) if journal.is_known else b"")
        except RunNotFound as error:
            self._give_up(journal, error)
        except JournalGap as error:
            self._give_up(
                journal, StoreError(f"{journal.path} is shorter than what the server has of it ({error.end}).")
            )
        except StoreAway:
            return False
        except JupyterRunsError as error:
            journal.error = error
            self._notify()
            return False
        except OSError as error:  # the file was taken away
            self._give_up(journal, StoreError(f"{journal.path} cannot be read ({error.strerror})."))
        else:
            journal.error = None
            if not journal.is_own:
                journal.remove()
                with self._moved:
                    self._left.remove(journal)
                    self._moved.notify_all()
        return True

    def _post(self, journal: Journal, data: bytes) -> None:
        try:
            answer = self._server.ask(
                "POST",
                run_path(journal.run_id, f"journal/{journal.writer}"),
                data=gzip.compress(data, 1),
                headers={"X-Offset": str(journal.sent), "Content-Encoding": "gzip"},
                retry_s=0,
            ).json()
        except JournalGap as gap:
            if gap.end > journal.end or gap.end == journal.sent:
                raise
            journal.sent = gap.end
            return
        shipped: Shipped = codec.decode(Shipped, answer)
        with self._moved:
            journal.refused = shipped.refused
            journal.sent = min(shipped.end, journal.end) if data or not journal.is_known else journal.sent
            journal.is_known = True
            self._moved.notify_all()

    def _give_up(self, journal: Journal, error: JupyterRunsError) -> None:
        """Nobody will ever take it: it is kept under another name."""
        with self._moved:
            journal.error = error
            journal.sent, journal.is_known = journal.end, True
            journal.refused.append(Refused(0, journal.end, 1, type(error).__name__, str(error)))
            self._journals.pop(journal.run_id, None) if journal.is_own else self._left.remove(journal)
            self._given_up.append(journal)
            self._moved.notify_all()
        journal.remove()

    def _notify(self) -> None:
        with self._moved:
            self._moved.notify_all()

    def settle(self, seconds: float) -> list[Journal]:
        """Send what can be sent in that time, and remove it here; the journals that stay on this machine."""
        self.flush(seconds, also_left=True)
        for run_id in list(self._journals):
            self.release(run_id)
        return self.pending

    def close(self, seconds: float) -> list[Journal]:
        """As `settle`; nothing is sent from then on."""
        left = self.settle(seconds)
        with self._lock:
            self._closed = True
        self._kick.set()
        for journal in left:
            journal.close()
        return left


def error_of(refused: Refused) -> Exception:
    """The error that a line was refused with, to be raised here."""
    return codec.decode_error({"reason": refused.reason, "message": refused.message}) or StoreError(refused.message)
