"""Runs of a store in SQL by what they have in common, counted: what a listing shows as its headings. Only reads."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from jupyter_runs.model import SectionRecord, Status, shown_status
from jupyter_runs.store.sql_where import KINDS, active_below, where_sql

if TYPE_CHECKING:
    from jupyter_runs.store.base import RunFilter
    from jupyter_runs.store.sql import Connection, Database

_COUNTS = f"count(*), count(*) FILTER (WHERE {active_below('r')}), max(r.created_at) AS last_at"
#: Status as kept, whether a cancel was asked for, last heartbeat of the owner: what the shown status is made of.
_STATUS = (
    "r.status, r.cancel_requested_at IS NOT NULL, (SELECT o.heartbeat_at FROM owner o WHERE o.owner_id = r.owner_id)"
)


class Sections:
    """The part of `SqlStore` that counts runs under headings."""

    _db: Database

    def sections(
        self, where: RunFilter, by: str, key: str | None = None, limit: int = 500
    ) -> tuple[list[SectionRecord], int]:
        with self._db.read() as conn:
            if by == "status":
                found = _statuses(conn, where)
            else:
                found = [SectionRecord(row[0], bool(row[1]), *row[2:]) for row in _rows(conn, where, by, key)]
        return found[:limit], len(found)


def _rows(conn: Connection, where: RunFilter, by: str, key: str | None) -> list[tuple[Any, ...]]:
    condition, params = where_sql(where)
    if by == "all":
        rows = conn.execute(f"SELECT NULL, 1, {_COUNTS} FROM run r WHERE {condition}", params).fetchall()
        return [row for row in rows if row[2] > 0]
    if by == "experiment":
        source, given, value, has = "run r", [], "r.experiment", "1"
    elif by in KINDS and key is not None:
        source = "run r LEFT JOIN tag t ON t.run_id = r.run_id AND t.kind = ? AND t.key = ?"
        given, value, has = [by, key], "t.value", "t.key IS NOT NULL"
    else:
        raise ValueError(by)
    sql = (
        f"SELECT {value} AS value, {has} AS has, {_COUNTS} FROM {source} WHERE {condition} "
        "GROUP BY has, value ORDER BY has DESC, last_at DESC, value"
    )
    return conn.execute(sql, [*given, *params]).fetchall()


def _statuses(conn: Connection, where: RunFilter) -> list[SectionRecord]:
    condition, params = where_sql(where)
    sql = f"SELECT {_STATUS}, {_COUNTS} FROM run r WHERE {condition} GROUP BY 1, 2, 3"
    now = time.time()
    sums: dict[str, tuple[int, int, float]] = defaultdict(lambda: (0, 0, 0.0))
    for status, is_canceled, beat, total, active, last_at in conn.execute(sql, params).fetchall():
        shown = shown_status(Status(status), now if is_canceled else None, beat, now)
        before = sums[shown]
        sums[shown] = (before[0] + total, before[1] + active, max(before[2], last_at))
    found = [SectionRecord(value, True, *counts) for value, counts in sums.items()]
    return sorted(found, key=lambda one: (-one.last_at, one.value))
