"""What could stand in a search text: keys, values and names that runs have, with how many runs have them. Only reads.

Counted are runs that a search finds: neither archived nor in the bin.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from jupyter_runs.model import Status, shown_status
from jupyter_runs.store.sql_where import FINAL_SQL, KINDS, UNFINISHED

if TYPE_CHECKING:
    from jupyter_runs.store.sql import Connection, Database


#: Runs that a search finds.
_SEEN = "run_id IN (SELECT run_id FROM run WHERE archived_at IS NULL AND deleted_at IS NULL)"
#: Columns of `run` that values are offered of.
_COLUMNS = ("experiment", "submitted_by")
_LIKE = "LIKE ? ESCAPE '\\'"
#: Longer values are no help to a person who types.
_MAX_VALUE = 200


class Suggesting:
    """The part of `SqlStore` that completes searches."""

    _db: Database

    def suggest(self, kind: str, text: str, key: str | None = None, limit: int = 20) -> list[tuple[str, int]]:
        with self._db.read() as conn:
            if kind == "status":
                return _statuses(conn)
            return _rows(conn, kind, text, key, limit)


def _rows(conn: Connection, kind: str, text: str, key: str | None, limit: int) -> list[tuple[str, int]]:
    params: list[str | int] = []
    if kind in _COLUMNS:
        source, column = "run WHERE archived_at IS NULL AND deleted_at IS NULL", kind
    elif kind == "metric":
        source, column = f"series WHERE {_SEEN}", "name"
    elif kind in KINDS and key is None:
        source, column, params = f"tag WHERE kind = ? AND {_SEEN}", "key", [kind]
    elif kind in KINDS and key is not None:
        source = f"tag WHERE kind = ? AND key = ? AND length(value) BETWEEN 1 AND {_MAX_VALUE} AND {_SEEN}"
        column, params = "value", [kind, key]
    else:
        raise ValueError(kind)
    part = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    sql = (
        f"SELECT {column}, count(*) AS runs FROM {source} AND {column} {_LIKE} "
        f"GROUP BY {column} ORDER BY {column} {_LIKE} DESC, runs DESC, {column} LIMIT ?"
    )
    return conn.execute(sql, [*params, f"%{part}%", f"{part}%", limit]).fetchall()


def _statuses(conn: Connection) -> list[tuple[str, int]]:
    seen = "r.archived_at IS NULL AND r.deleted_at IS NULL"
    sql = f"SELECT r.status, count(*) FROM run r WHERE {seen} AND r.status IN ({FINAL_SQL}) GROUP BY r.status"
    found: Counter[str] = Counter(dict(conn.execute(sql).fetchall()))
    now = time.time()
    # Few runs are unfinished, however many there are.
    sql = (
        "SELECT r.status, r.cancel_requested_at, o.heartbeat_at FROM run r LEFT JOIN owner o USING (owner_id) "
        f"WHERE {seen} AND r.{UNFINISHED}"
    )
    for status, canceled_at, beat in conn.execute(sql).fetchall():
        found[shown_status(Status(status), canceled_at, beat, now)] += 1
    return found.most_common()
