"""The store in one SQLite file: the store in SQL (`sql_store.py`) over `sqlite_db.py`."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from jupyter_runs.store import sqlite_feed as feed
from jupyter_runs.store.sql_points import PointLog
from jupyter_runs.store.sql_store import SqlStore
from jupyter_runs.store.sqlite_db import Database

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jupyter_runs.model import Changes, Point


class SqliteStore(SqlStore):
    """One SQLite file; see `base.Store` for what every method promises."""

    _db: Database

    def __init__(self, path: Path) -> None:
        self.location = str(path)
        self._db = Database(path)
        self._points = _Points(self._db)
        self._stuck = set()

    @property
    def closed(self) -> bool:
        return self._db.closed

    def is_there(self) -> bool:
        return self._db.is_there()

    def cursor(self) -> str:
        with self._db.read() as conn:
            return feed.cursor(conn)

    def changes(self, since: str, limit: int = 500) -> Changes:
        with self._db.read() as conn:
            return feed.changes(conn, since, limit)

    def version(self) -> int:
        with self._db.query() as conn:
            return int(conn.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        self._db.close()


class _Points(PointLog):
    """The hottest path of the product, so the transaction is written out here instead of with `write()`."""

    _db: Database

    def append(self, run_id: str, points: Sequence[Point]) -> None:
        self._db.must_be_there()
        with self._db.conn() as conn:
            try:
                conn.execute("BEGIN IMMEDIATE")
                self._append(conn, run_id, points)
                conn.execute("COMMIT")
            except (sqlite3.Error, UnicodeEncodeError) as error:
                raise self._db.explain(error) from error
            finally:
                if conn.in_transaction:
                    conn.execute("ROLLBACK")
                    self.forget()
