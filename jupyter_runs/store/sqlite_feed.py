"""The change feed of a SQLite file: writers come one after another, so one counter and the order of points tell all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_runs.model import Changes
from jupyter_runs.store.sql_read import integer, records, unknown_cursor

if TYPE_CHECKING:
    from jupyter_runs.store.sql import Connection

#: Points looked at for one answer of `changes`; more are for the next one.
_POINT_WINDOW = 50_000


def cursor(conn: Connection) -> str:
    """Where the store stands: revision of rows, position in the log of points."""
    return f"{conn.execute('SELECT rev FROM clock').fetchone()[0]}.{last_point(conn)}"


def last_point(conn: Connection) -> int:
    return int(conn.execute("SELECT max(seq) FROM point").fetchone()[0] or 0)


def parse_cursor(text: str) -> tuple[int, int]:
    """(rev, point) of a cursor."""
    try:
        rev, point = text.split(".")
        return integer(rev), integer(point)
    except ValueError:
        raise unknown_cursor(text) from None


def changes(conn: Connection, since: str, limit: int) -> Changes:
    """See `Store.changes`. What is in the bin is told as deleted, what comes out of it as changed."""
    rev, seen = parse_cursor(since)
    now_rev, now_point = parse_cursor(cursor(conn))
    rows = conn.execute("SELECT run_id, rev FROM run WHERE rev > ? ORDER BY rev LIMIT ?", (rev, limit + 1)).fetchall()
    # One transaction gives many rows one rev: never cut between them.
    if more := len(rows) > limit:
        cut = rows[limit][1]
        whole = [r for r in rows if r[1] < cut]
        rows = whole or conn.execute("SELECT run_id, rev FROM run WHERE rev = ?", (cut,)).fetchall()
        now_rev = rows[-1][1]
    # A run made anew under the id of one that is gone is there.
    sql = "SELECT run_id FROM tombstone WHERE rev > ? AND rev <= ? AND run_id NOT IN (SELECT run_id FROM run)"
    deleted = [row[0] for row in conn.execute(sql, (rev, now_rev)).fetchall()]
    ids = dict.fromkeys(r[0] for r in rows)
    # Of a series that has points in chunks the newest are rows all the same: it is not missed.
    cut_at = conn.execute("SELECT seq FROM point WHERE seq > ? ORDER BY seq LIMIT 1 OFFSET ?", (seen, _POINT_WINDOW))
    if (row := cut_at.fetchone()) is not None and row[0] < now_point:
        now_point, more = row[0], True
    logged = conn.execute(
        "SELECT DISTINCT s.run_id FROM (SELECT DISTINCT series_id FROM point WHERE seq > ? AND seq <= ?) JOIN series s USING (series_id)",
        (seen, now_point),
    ).fetchall()
    ids.update(dict.fromkeys(r[0] for r in logged))
    runs = records(conn, list(ids))
    deleted += [run.run_id for run in runs if run.deleted_at is not None]
    return Changes(f"{now_rev}.{now_point}", [run for run in runs if run.deleted_at is None], deleted, more)
