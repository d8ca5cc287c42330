"""The store on a PostgreSQL server: the store in SQL (`sql_store.py`) over `postgres_db.py`, tried again where a connection was lost."""

from __future__ import annotations

import functools
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jupyter_runs.store import postgres_feed as feed
from jupyter_runs.store.postgres_db import Database
from jupyter_runs.store.postgres_errors import TryAgain
from jupyter_runs.store.sql import LOCKED
from jupyter_runs.store.sql_points import PointLog
from jupyter_runs.store.sql_store import SqlStore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jupyter_runs.model import Changes, Point

#: So long a call is tried again while the server is away (seconds).
PATIENCE_S = 10.0


class PostgresStore(SqlStore):
    """One schema of a PostgreSQL server; see `base.Store` for what every method promises.

    Parameters
    ----------
    url : `postgresql://user@host/database`; `?schema=` names another schema than `jupyter_runs`. It is made when it is not there.

    Raises
    ------
    StoreError : the server cannot be reached, is too old, or does not let us in; the message names the remedy, never the password.
    """

    _db: Database

    def __init__(self, url: str) -> None:
        self._db = Database(url)
        self.location = self._db.location
        self._points = _Points(self._db)
        self._stuck = set()
        self._stood: feed.Seen | None = None

    @property
    def closed(self) -> bool:
        return self._db.closed

    def is_there(self) -> bool:
        return self._db.is_there()

    def cursor(self) -> str:
        with self._db.read() as conn:
            present, before = feed.now(conn), self._stood
            # The same text as long as it means the same: some wait until it changes.
            if before is None or feed.is_news(conn, before, present):
                self._stood = before = present
            return str(before)

    def changes(self, since: str, limit: int = 500) -> Changes:
        with self._db.read() as conn:
            return feed.changes(conn, since, limit)

    def version(self) -> int:
        return self._db.heard.number()

    def close(self) -> None:
        self._db.close()


class _Points(PointLog):
    """Locks the run first: its points commit in the order in which they get their places, and none after its end."""

    _db: Database

    def _append(self, conn: Any, run_id: str, points: Sequence[Point]) -> None:
        if any("\0" in point.name for point in points):
            points = [replace(point, name=point.name.replace("\0", "\u2400")) for point in points]
        if len(points) == 1:
            conn.also(f"SELECT 1 FROM run WHERE run_id = ? {LOCKED}", (run_id,))
        super()._append(conn, run_id, points)


def _patient(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method, tried again while nothing of it was done: each is one transaction, or may be done twice."""

    @functools.wraps(method)
    def called(*args: Any, **options: Any) -> Any:
        if args[0]._db.within is not None:
            return method(*args, **options)  # all of it has to be done again, by whoever began
        until, pause = time.monotonic() + PATIENCE_S, 0.05
        while True:
            try:
                return method(*args, **options)
            except TryAgain:
                if time.monotonic() + pause > until:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, 1.0)

    return called


#: Not among them: what goes through an iterator of the caller's, and what asks nothing of the server.
_ONCE = {"dump", "load", "close", "version", "is_there", "closed"}
for _name in dir(PostgresStore):
    _method = getattr(PostgresStore, _name)
    if not _name.startswith("_") and callable(_method) and _name not in _ONCE:
        setattr(PostgresStore, _name, _patient(_method))
