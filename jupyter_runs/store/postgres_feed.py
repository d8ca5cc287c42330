"""The change feed of a store on PostgreSQL: exact, whatever runs side by side, and never held up by a long transaction.

Numbers from a sequence become visible in another order than they were given out, so "all above N" would miss rows. Each row carries the
transaction that wrote it last instead, and a cursor is a snapshot: the transactions whose work its holder has seen. It says
`end:open,open`: all transactions before number `end`, but those that were still open. What it has not seen has changed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from jupyter_runs.model import Changes
from jupyter_runs.store import sql_read as read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_runs.store.postgres_conn import Connection

_CURSOR = re.compile(r"(\d{1,18}):((?:\d{1,18}(?:,\d{1,18})*)?)")
_TABLES = ("run", "series", "tombstone")


class Seen(NamedTuple):
    """The transactions before `end` but `open`."""

    end: int
    open: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.end}:{','.join(map(str, self.open))}"

    @property
    def start(self) -> int:
        """The first that may not have been seen."""
        return min(self.open, default=self.end)


def now(conn: Connection) -> Seen:
    """What this connection's snapshot shows."""
    text = conn.send("SELECT CAST(pg_current_snapshot() AS TEXT)").fetchone()[0]  # type: ignore[index]
    _, end, open_ = text.split(":")
    return Seen(int(end), tuple(int(xid) for xid in open_.split(",") if xid))


def parsed(text: str) -> Seen:
    """A cursor from its text."""
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise read.unknown_cursor(text)
    return Seen(int(found[1]), tuple(sorted(int(xid) for xid in found[2].split(",") if xid)))


def changes(conn: Connection, since: str, limit: int) -> Changes:
    """See `Store.changes`. What is in the bin is told as deleted, what comes out of it as changed."""
    seen, present = parsed(since), now(conn)
    if seen.end > present.end:
        # Of another server, from which this one was restored: all may be news.
        seen = Seen(0, ())
    rows = _written(conn, seen, present, limit + 1)
    if not rows:
        # The old cursor tells as much, and stays what the caller has.
        return Changes(since if seen.end else str(present), [], [], False)
    after = present
    if more := len(rows) > limit:
        cut = rows[limit][0]
        # Never within a transaction.
        rows = [row for row in rows if row[0] < cut] or _written_by(conn, cut)
        after = _behind(seen, present, rows[-1][0])
    ids = list(dict.fromkeys(run_id for _, run_id in rows))
    runs = read.records(conn, ids)
    there = {run.run_id for run in runs}
    # A run made anew under the id of one that is gone is there.
    sql = "SELECT run_id FROM tombstone WHERE run_id IN (SELECT value FROM json_each(?))"
    gone = [row[0] for row in conn.execute(sql, (read.as_json(ids),)).fetchall() if row[0] not in there]
    gone += [run.run_id for run in runs if run.deleted_at is not None]
    return Changes(str(after), [run for run in runs if run.deleted_at is None], gone, more)


def _written(conn: Connection, seen: Seen, present: Seen, limit: int) -> list[tuple[int, str]]:
    """(transaction, run) of what was not seen, the first transactions first; of each table so many that none is missed before the last."""
    new = _new(seen, present)
    parts = [
        f"(SELECT DISTINCT xid, run_id FROM {table} WHERE {new} ORDER BY xid, run_id LIMIT {limit})"
        for table in _TABLES
    ]
    return conn.send(f"{' UNION '.join(parts)} ORDER BY xid, run_id LIMIT {limit}").fetchall()


def is_news(conn: Connection, seen: Seen, present: Seen) -> bool:
    """Something of ours was written; a snapshot moves on with whatever else the server does."""
    exist = [f"EXISTS (SELECT 1 FROM {table} WHERE {_new(seen, present)})" for table in _TABLES]
    return bool(conn.send(f"SELECT {' OR '.join(exist)}").fetchone()[0])  # type: ignore[index]


def _new(seen: Seen, present: Seen) -> str:
    # Numbers beyond the present are of another server. `start` is for the index.
    return f"xid >= {seen.start} AND xid < {present.end} AND (xid >= {seen.end} OR xid IN ({_list(seen.open)}))"


def _written_by(conn: Connection, xid: int) -> list[tuple[int, str]]:
    parts = [f"SELECT xid, run_id FROM {table} WHERE xid = {xid}" for table in _TABLES]
    return conn.send(f"{' UNION '.join(parts)} ORDER BY run_id").fetchall()


def _behind(seen: Seen, present: Seen, last: int) -> Seen:
    """`seen`, and of `present` all up to the transaction `last`."""
    still = set(present.open)
    if last < seen.end:
        return Seen(seen.end, tuple(xid for xid in seen.open if xid > last or xid in still))
    return Seen(last + 1, tuple(xid for xid in present.open if xid <= last))


def _list(xids: Sequence[int]) -> str:
    return ", ".join(map(str, xids)) or "NULL"
