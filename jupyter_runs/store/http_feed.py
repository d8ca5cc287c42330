"""Whether anything has changed on a server: a thread that asks, and is answered when something has."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from jupyter_runs.errors import JupyterRunsError

if TYPE_CHECKING:
    from jupyter_runs.store.http_server import Server

#: The server answers at the latest after this time (seconds).
WAIT_S = 20.0
#: The thread ends when nobody has looked for so long.
_LINGER_S = 5.0
_PAUSE_S = 0.5


class Listener:
    """Counts the changes of one workspace, while somebody looks."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._number = 0
        self._looked_at = 0.0
        self._thread: threading.Thread | None = None
        self._closed = False

    def version(self) -> int:
        """A number that differs, soon, when something was changed. Costs nothing, and never fails."""
        self._looked_at = time.monotonic()
        if self._thread is None and not self._closed:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._listen, name="jupyter-runs-listen", daemon=True)
                    self._thread.start()
        return self._number

    def bump(self) -> None:
        """This process itself has changed something."""
        self._number += 1

    def close(self) -> None:
        """The thread ends with the answer that it waits for."""
        self._closed = True

    def _listen(self) -> None:
        cursor: str | None = None
        while not self._closed:
            if time.monotonic() - self._looked_at > _LINGER_S and self._stop_if_idle():
                return
            try:
                params = {"wait": f"{WAIT_S:g}"} | ({} if cursor is None else {"since": cursor})
                answer = self._server.ask("GET", "wait", params=params, retry_s=0)
            except JupyterRunsError:
                time.sleep(_PAUSE_S)
                continue
            if (now := str(answer.json()["cursor"])) != cursor:
                cursor = now
                self._number += 1

    def _stop_if_idle(self) -> bool:
        with self._lock:
            if time.monotonic() - self._looked_at <= _LINGER_S:
                return False
            self._thread = None
            return True
