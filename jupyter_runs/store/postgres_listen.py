"""Whether somebody has committed: a thread that listens on a connection of its own, or polls where notifications do not get through.

One daemon thread per store from the first question on. What is told is a number; see `Store.version`.
"""

from __future__ import annotations

import select
import socket
import threading
import time
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_runs.store.postgres_db import Database

#: Between two looks where notifications do not get through, and where they do, in case one was lost with its sender (seconds).
_POLL_S, _SAFETY_S = 0.25, 2.0
#: A notification that was not heard within this does not get through.
_TEST_S = 2.0
_SNAPSHOT = "SELECT CAST(pg_current_snapshot() AS TEXT)"


class Heard:
    """Counts commits to one schema: those of other processes as they are heard of, own ones at once."""

    def __init__(self, database: Database) -> None:
        self._database = weakref.ref(database)
        self._lock = threading.Lock()
        self._others = 0
        self._own = 0
        self._mine = threading.local()
        self._thread: threading.Thread | None = None
        self._wake: socket.socket | None = None
        #: Notifications get through.
        self.listens = False

    def own_commit(self) -> None:
        """This thread has committed."""
        with self._lock:
            self._own += 1
        self._mine.count = getattr(self._mine, "count", 0) + 1

    def number(self) -> int:
        """Differs when another thread or process has committed."""
        if self._thread is None:
            self._start()
        return self._others + self._own - getattr(self._mine, "count", 0)

    def stop(self) -> None:
        """The thread ends."""
        with self._lock:
            wake, self._wake = self._wake, None
            thread = self._thread
        if wake is not None:
            wake.close()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=5)

    def _start(self) -> None:
        database = self._database()
        with self._lock:
            if self._thread is not None or database is None or database.closed:
                return
            self._wake, stopped = socket.socketpair()
            name = "jupyter-runs-listen"
            self._thread = threading.Thread(target=self._loop, args=(stopped,), name=name, daemon=True)
            self._thread.start()
        # A store that nobody closes takes its thread along.
        weakref.finalize(database, self._wake.close)

    def _loop(self, stopped: socket.socket) -> None:
        with stopped:
            pause = 0.1
            while not _is_readable(stopped, 0.0):
                try:
                    self._follow(stopped)
                    pause = 0.1
                except (psycopg.Error, OSError):
                    # The server is away; those who ask the store are told.
                    self.listens = False
                    if _is_readable(stopped, pause):
                        return
                    pause = min(2 * pause, 2.0)

    def _follow(self, stopped: socket.socket) -> None:
        """Until the connection breaks or the store is closed."""
        database = self._database()
        if database is None:
            return
        channel, token = database.channel, database.token
        with database.connect() as conn:
            said: list[str] = []
            # Some arrive with the answer to a statement.
            conn.add_notify_handler(lambda notification: said.append(notification.payload))
            conn.execute(f"LISTEN {channel}")
            test = f"{token} test"
            with database.connect() as other:
                other.execute(f"NOTIFY {channel}, '{test}'")
            del database
            until, self.listens = time.monotonic() + _TEST_S, False
            # Whatever was committed before we listened.
            self._others += 1
            seen = self._snapshot(conn)
            while True:
                interval = _SAFETY_S if self.listens else min(_POLL_S, max(until - time.monotonic(), 0.05))
                ready, _, _ = select.select([conn.fileno(), stopped.fileno()], [], [], interval)
                if stopped.fileno() in ready:
                    return
                told = {*said, *self._arrived(conn)} - {token}
                said.clear()
                self.listens = self.listens or test in told
                if told - {test}:
                    self._others += 1
                elif not ready:
                    before, seen = seen, self._snapshot(conn)
                    self._others += before != seen

    @staticmethod
    def _arrived(conn: psycopg.Connection[Any]) -> Iterator[str]:
        conn.pgconn.consume_input()
        while (notification := conn.pgconn.notifies()) is not None:
            yield notification.extra.decode()

    @staticmethod
    def _snapshot(conn: psycopg.Connection[Any]) -> str:
        row = conn.execute(_SNAPSHOT).fetchone()
        return str(row and row[0])


def _is_readable(what: socket.socket, seconds: float) -> bool:
    with suppress(OSError):
        return bool(select.select([what], [], [], seconds)[0])
    return True
