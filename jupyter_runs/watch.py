"""The owner's side: one thread per process and store that hears cancel requests, beats, and notes how long the logs are.

It lives while this process owns unfinished runs, and a little longer, so that short runs do not each start a thread.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_runs import gate
from jupyter_runs.errors import JupyterRunsError
from jupyter_runs.model import HEARTBEAT_S, Owner

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_runs.store.base import StopRequest, Store

#: How often requests are looked for (seconds); one look costs 5 µs when nothing was committed.
_LOOK_S = 0.05
#: While a stop is being delivered.
_DELIVER_S = 0.02
_LOG_S = 0.4
_LINGER_S = 2.0


@dataclass(eq=False)
class Owned:
    """An unfinished run of this process, as far as its watch needs to know it."""

    run_id: str
    parent_id: str | None
    #: Ends the run at once: there is no body that could be unwound.
    end: Callable[[StopRequest], None]
    #: Writes the end of the run again, after the store refused it.
    retry: Callable[[], object] | None = None
    #: The body has ended and its status is being written: a request that comes now is too late.
    ending: bool = False
    #: Bytes written to the run's log so far.
    log_bytes: int = 0
    #: What the store was told.
    log_noted: int = 0


class Watch:
    """See the module. All methods may be called from any thread."""

    def __init__(self, store: Store, owner: Owner) -> None:
        self._store = store
        self._owner = owner
        self._lock = threading.Lock()
        self._owned: dict[str, Owned] = {}
        self._thread: threading.Thread | None = None
        self._poke = threading.Event()
        self._look = False

    def adopt(self, runs: list[Owned]) -> None:
        """Watch these runs until they are released."""
        with self._lock:
            self._owned.update({run.run_id: run for run in runs})
            # A request may have been written before we watched: look once even if nothing is committed from here on.
            self._look = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="jupyter-runs-watch", daemon=True)
                self._thread.start()

    def release(self, run_id: str) -> None:
        """The run has ended."""
        with self._lock:
            owned = self._owned.pop(run_id, None)
        if owned is not None:
            self._note_log(owned)

    def owned(self, run_id: str) -> Owned | None:
        """The run, if this process owns it and it has not ended."""
        return self._owned.get(run_id)

    def unfinished(self) -> list[Owned]:
        """All of them, the oldest first."""
        return list(self._owned.values())

    def poke(self) -> None:
        """Look now."""
        self._poke.set()

    def _loop(self) -> None:
        version, beat_at, log_at, idle_since = -1, time.monotonic() + HEARTBEAT_S, 0.0, None
        delivering = False
        while True:
            self._poke.wait(_DELIVER_S if delivering else _LOOK_S)
            self._poke.clear()
            delivering = gate.send()
            now = time.monotonic()
            if not self._owned:
                idle_since = idle_since or now
                if now - idle_since > _LINGER_S and self._stop_if_idle():
                    return
                continue
            idle_since = None
            # A store that is busy or away for a while must not end the watch: what was missed is seen next time.
            with suppress(JupyterRunsError):
                seen = self._store.version()
                if seen != version or self._look:
                    self._look = False
                    self._hear()
                    delivering = gate.send() or delivering
                    version = seen
                if now >= beat_at:
                    beat_at = now + HEARTBEAT_S
                    self._store.heartbeat(self._owner)
                    for owned in self.unfinished():
                        if owned.retry is not None:
                            owned.retry()
                if now >= log_at:
                    log_at = now + _LOG_S
                    for owned in self.unfinished():
                        self._note_log(owned)

    def _stop_if_idle(self) -> bool:
        with self._lock:
            if self._owned:
                return False
            self._thread = None
            return True

    def _hear(self) -> None:
        requests = {request.run_id: request for request in self._store.stops_asked(self._owner)}
        for run_id, request in requests.items():
            owned = self._owned.get(run_id)
            if owned is None:
                continue
            if (armed := gate.armed(run_id)) is not None:
                armed.ask(request.by, request.via)
            elif not owned.ending and not self._ends_with_ancestor(owned):
                owned.end(request)

    def _ends_with_ancestor(self, owned: Owned) -> bool:
        """True when a body around the run is being ended: the run ends with it."""
        parent = owned.parent_id
        while parent is not None:
            armed = gate.armed(parent)
            if armed is not None and armed.asked:
                return True
            above = self._owned.get(parent)
            parent = above.parent_id if above is not None else None
        return False

    def _note_log(self, owned: Owned) -> None:
        if owned.log_bytes != owned.log_noted:
            noted = owned.log_bytes
            with suppress(JupyterRunsError):
                self._store.update_run(owned.run_id, log_bytes=noted)
                owned.log_noted = noted
