"""Sealed points of a store in SQL: the older points of a long series of numbers, 1,024 to a row of `chunk`.

A series keeps its newest points, some hundreds, as rows of `point`, for the feed and for those who follow it; what has texts in it stays
rows altogether. Sealing is a part of the transaction that appends, so a reader sees each point once, in one place or the other.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from jupyter_runs.store.sql import LOCKED, VALUE
from jupyter_runs.store.sql_columns import columns, seal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_runs.store.sql import Connection
    from jupyter_runs.store.sql_columns import Row

#: Points in a chunk, and the least that a batch makes one of.
SIZE, LEAST = 1024, 512
#: Newest points that stay rows.
KEPT = 256
#: So many rows: a chunk is sealed.
FULL = SIZE + KEPT
#: Chunks made of rows in one transaction, for series of stores that had no chunks: some 20 ms.
_AT_ONCE = 8
#: A count of rows that is never full: the series holds what cannot be sealed.
NEVER = -(2**62)

_KINDS = "'number', 'list'"
INSERT_POINT = f"INSERT INTO point (series_id, step, at, value) VALUES (?,?,?,{VALUE})"
_OLDEST = "SELECT seq, step, at, value FROM point WHERE series_id = ? ORDER BY seq LIMIT ?"
_INSERT_CHUNK = (
    "INSERT INTO chunk (series_id, start, count, last_seq, step_from, step_to, at_from, at_to, low_index, low_step, low_at, low, "
    f"high_index, high_step, high_at, high, data) VALUES (?,?,?,?,?,?,?,?,?,?,?,{VALUE},?,?,?,{VALUE},?)"
)


def extend(conn: Connection, series_id: int, rows: Sequence[Row]) -> int:
    """A batch at the end of a series, most of it sealed without ever being rows; how many rows it has now, or `NEVER`."""
    old = conn.execute(_OLDEST, (series_id, FULL)).fetchall()
    if len(old) == FULL:  # what cannot be sealed, or has not been yet; later points have to wait
        conn.also_many(INSERT_POINT, [(series_id, *row) for row in rows])
        return FULL
    sealed = conn.execute("SELECT sealed FROM series WHERE series_id = ?", (series_id,)).fetchone()[0]
    seqs = conn.take_seqs(len(rows))
    points = [*old, *((seq, *row) for seq, row in zip(seqs, rows, strict=True))]
    at, size = 0, min(SIZE, len(points) - KEPT)
    while size >= LEAST and _seal(conn, series_id, sealed + at, points[at : at + size]):
        at += size
        size = min(SIZE, len(points) - KEPT - at)
    if at:
        _forget(conn, series_id, points[at - 1][0], at)
    new = [(seq, series_id, *row) for seq, *row in points[max(at, len(old)) :]]
    conn.also_many(f"INSERT INTO point (seq, series_id, step, at, value) VALUES (?,?,?,?,{VALUE})", new)
    return len(points) - at if size < LEAST else NEVER


def seal_oldest(conn: Connection, series_id: int) -> int:
    """Seal rows that are more than a series should have; how many it has now, or `NEVER`."""
    sql = f"SELECT sealed, count - sealed FROM series WHERE series_id = ? AND kind IN ({_KINDS}) {LOCKED}"
    row = conn.execute(sql, (series_id,)).fetchone()
    if row is None:
        return NEVER
    sealed, left = row
    for _ in range(_AT_ONCE):
        if left < FULL:
            break
        points = conn.execute(_OLDEST, (series_id, SIZE)).fetchall()
        # Fewer than were counted: the series came from a damaged file.
        if len(points) < SIZE or not _seal(conn, series_id, sealed, points):
            return NEVER
        _forget(conn, series_id, points[-1][0], SIZE)
        sealed += SIZE
        left -= SIZE
    return int(left)


def long_tails(conn: Connection) -> list[int]:
    """Series with more rows than they should have: of stores that had no chunks. Cost: one pass over all series."""
    sql = f"SELECT series_id FROM series WHERE kind IN ({_KINDS}) AND count - sealed >= ?"
    return [row[0] for row in conn.execute(sql, (FULL,)).fetchall()]


def _seal(conn: Connection, series_id: int, start: int, rows: Sequence[tuple[Any, ...]]) -> bool:
    """A chunk of these (seq, step, at, value); False where one of them must stay a row."""
    points = columns(range(start, start + len(rows)), [row[1:] for row in rows])
    seqs = array("q", [row[0] for row in rows])
    data = seal(seqs, points)
    if data is None:
        return False
    where, (low, high) = points.axis("step"), points.extremes()
    shown = points.take([low, high]).rows()
    conn.also(
        _INSERT_CHUNK,
        (
            *(series_id, start, len(points), seqs[-1], min(where), max(where), min(points.ats), max(points.ats)),
            *(start + low, *shown[0], start + high, *shown[1]),
            data,
        ),
    )
    return True


def _forget(conn: Connection, series_id: int, last_seq: int, count: int) -> None:
    """Rows that are in chunks now."""
    conn.also("DELETE FROM point WHERE series_id = ? AND seq <= ?", (series_id, last_seq))
    conn.also("UPDATE series SET sealed = sealed + ? WHERE series_id = ?", (count, series_id))
