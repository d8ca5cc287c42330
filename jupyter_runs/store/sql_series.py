"""Points of a run -> series: all of them, those after a cursor, those of a range of an axis, or an outline of either.

A series is read as parts, chunks and rows. Of a chunk only what is known of it is read, unless its points are wanted.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_runs.model import Series
from jupyter_runs.store.sql_chunks import SIZE
from jupyter_runs.store.sql_columns import Columns, columns, joined, unseal
from jupyter_runs.values import outline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jupyter_runs.store.base import Span
    from jupyter_runs.store.sql import Connection
    from jupyter_runs.store.sql_columns import Row

#: (position in the series, step, at, value), the last three as the table has them.
Placed = tuple[int, "float | None", float, Any]


class Chunk:
    """Sealed points."""

    __slots__ = ("_chunk_id", "_conn", "_data", "_row", "count", "start")

    def __init__(self, conn: Connection, row: tuple[Any, ...]) -> None:
        self._conn = conn
        self._row = row
        self._data: bytes | None = None
        self._chunk_id, self.start, self.count = row[:3]

    def reach(self, axis: str) -> tuple[float, float]:
        """Least and greatest place on an axis."""
        row = self._row
        return (row[3], row[4]) if axis == "step" else (row[5], row[6])

    @property
    def ends(self) -> tuple[Placed, Placed]:
        """The smallest and the largest."""
        return self._row[7:11], self._row[11:]

    @staticmethod
    def fetch(chunks: Sequence[Chunk]) -> None:
        """Read these chunks of one series with one question: on a server each costs as much as a thousand points."""
        if len(chunks) > 1:
            sql = (
                "SELECT chunk_id, data FROM chunk WHERE start >= ? AND start <= ? AND series_id = "
                "(SELECT series_id FROM chunk WHERE chunk_id = ?)"
            )
            first, last = chunks[0], chunks[-1]
            data = dict(first._conn.execute(sql, (first.start, last.start, first._chunk_id)).fetchall())
            for chunk in chunks:
                chunk._data = data[chunk._chunk_id]

    def points(self, after: int = 0) -> Columns:
        """Those behind a position in the log of the store; read each time, or as `fetch` has them."""
        data = self._data
        if data is None:
            data = self._conn.execute("SELECT data FROM chunk WHERE chunk_id = ?", (self._chunk_id,)).fetchone()[0]
        seqs, points = unseal(self.start, self.count, data)
        return points.take(range(bisect_right(seqs, after), self.count)) if after else points


@dataclass(frozen=True)
class Loaded:
    """Points at hand; not none."""

    found: Columns

    @property
    def start(self) -> int:
        return self.found.index[0]

    @property
    def count(self) -> int:
        return len(self.found)

    def reach(self, axis: str) -> tuple[float, float]:
        """Least and greatest place on an axis."""
        where = self.found.axis(axis)
        return min(where), max(where)

    @property
    def ends(self) -> tuple[Placed, Placed]:
        """The smallest and the largest."""
        low, high = self.found.take(self.found.extremes()).placed()
        return low, high

    def points(self) -> Columns:
        """All of it."""
        return self.found


Part = Chunk | Loaded
_CHUNK = (
    "SELECT chunk_id, start, count, step_from, step_to, at_from, at_to, low_index, low_step, low_at, low, "
    "high_index, high_step, high_at, high FROM chunk WHERE series_id = ?"
)


def series(
    conn: Connection, run_id: str, name: str | None, after: int, max_points: int | None, span: Span | None
) -> list[Series]:
    """See `Store.series`; `after` is a position in the log of the store."""
    only, params = ("", [run_id]) if name is None else (" AND name = ?", [run_id, name])
    found = []
    for series_id, metric, kind, count, sealed in conn.execute(
        f"SELECT series_id, name, kind, count, sealed FROM series WHERE run_id = ?{only} ORDER BY series_id", params
    ).fetchall():
        parts = [*(_chunks(conn, series_id, after, span) if sealed else ()), *_rows(conn, series_id, sealed, after)]
        if parts or not after:
            points = _shown(parts, max_points, span)
            index = None if len(points) == count else list(points.index)
            found.append(Series(metric, kind, count, points.points(), index))
    return found


def every_row(conn: Connection, series_id: int) -> Iterator[list[Row]]:
    """All points of a series as rows, in portions. Memory: one of them."""
    sealed = conn.execute("SELECT sealed FROM series WHERE series_id = ?", (series_id,)).fetchone()[0]
    for part in _chunks(conn, series_id, 0) if sealed else ():
        yield part.points().rows()
    for rest in _rows(conn, series_id, sealed, 0):
        yield rest.points().rows()


def _chunks(conn: Connection, series_id: int, after: int, span: Span | None = None) -> Iterator[Part]:
    """Chunks with points behind a position in the log of the store, of those that a range needs. Cost: 5 µs each, 1 µs for one left out."""
    params: list[float | int]
    if span is None or after:
        sql, params = f"{_CHUNK} AND last_seq > ? ORDER BY start", [series_id, after]
    else:
        low, high = span.bounds()
        least, greatest = ("at_from", "at_to") if span.axis == "time" else ("step_from", "step_to")
        sql = (
            f"{_CHUNK} AND {greatest} >= ? AND {least} <= ? "
            f"UNION ALL SELECT * FROM ({_CHUNK} AND {greatest} < ? ORDER BY {greatest} DESC, start DESC LIMIT 1) AS before "
            f"UNION ALL SELECT * FROM ({_CHUNK} AND {least} > ? ORDER BY {least}, start LIMIT 1) AS behind ORDER BY start"
        )
        params = [series_id, low, high, series_id, low, series_id, high]
    for n, row in enumerate(conn.execute(sql, params).fetchall()):
        chunk = Chunk(conn, row)
        # The first may have begun before.
        yield Loaded(chunk.points(after)) if after and not n else chunk


def _rows(conn: Connection, series_id: int, sealed: int, after: int) -> Iterator[Loaded]:
    """Rows behind a position in the log of the store, as many at once as make a chunk."""
    start = sealed if after == 0 else None
    sql = "SELECT step, at, value FROM point WHERE series_id = ? AND seq > ? ORDER BY seq"
    cursor = conn.execute(sql, (series_id, after))
    while rows := cursor.fetchmany(SIZE):
        if start is None:
            sql = "SELECT count(*) FROM point WHERE series_id = ? AND seq <= ?"
            start = sealed + int(conn.execute(sql, (series_id, after)).fetchone()[0])
        yield Loaded(columns(range(start, start + len(rows)), rows))
        start += len(rows)


def _shown(parts: Sequence[Part], max_points: int | None, span: Span | None) -> Columns:
    inside, edges = (parts, []) if span is None else _within(parts, span)
    count = sum(part.count for part in inside)
    most = math.inf if max_points is None else max(0, max_points - len(edges))
    # A part is worth two points of an outline. Where that makes less than half of what may be shown, all are looked at.
    rough = count > most and 4 * len(inside) >= most
    if not rough:
        Chunk.fetch([part for part in inside if isinstance(part, Chunk)])
    points = _rough(inside) if rough else joined([part.points() for part in inside])
    if len(points) > most:
        points = points.take(outline(points.values, int(most)))
    if edges:
        points = joined([*edges, points])
        points = points.take(sorted(range(len(points)), key=points.index.__getitem__))
    return points


def _rough(parts: Sequence[Part]) -> Columns:
    """First, last, and the extremes of each part."""
    first = parts[0].points().take([0]).placed()
    last = parts[-1].points()
    ends = [place for part in parts for place in part.ends]
    placed = {place[0]: place for place in (*first, *ends, *last.take([len(last) - 1]).placed())}
    index = sorted(placed)
    return columns(index, [placed[i][1:] for i in index])


def _within(parts: Sequence[Part], span: Span) -> tuple[list[Part], list[Columns]]:
    """What is in a range of an axis, and the nearest point on either side."""
    low, high = span.bounds()
    reached = [(part, *part.reach(span.axis)) for part in parts]
    inside: list[Part] = []
    for part, least, greatest in reached:
        if low <= least and greatest <= high:
            inside.append(part)
        elif least <= high and greatest >= low:
            points = part.points()
            chosen = [i for i, place in enumerate(points.axis(span.axis)) if low <= place <= high]
            if chosen:
                inside.append(Loaded(points.take(chosen)))
    below = _nearest(span.axis, [(greatest, part) for part, least, greatest in reached if least < low], low, 1)
    above = _nearest(span.axis, [(-least, part) for part, least, greatest in reached if greatest > high], -high, -1)
    return inside, [*below, *above]


def _nearest(axis: str, parts: Iterable[tuple[float, Part]], bound: float, sign: int) -> list[Columns]:
    """The point that is nearest below a bound; of several there the last. With `sign` -1 the axis runs the other way, and the log as well.

    `parts` are those that have points below it, each with its greatest place.
    """
    best = (-math.inf, -math.inf)
    found: tuple[Columns, int] | None = None
    # Nearest first, so that one or two have to be looked at where steps do not go back and forth.
    for greatest, part in sorted(parts, key=lambda one: min(one[0], bound), reverse=True):
        if min(greatest, bound) < best[0]:
            break
        points = part.points()
        for i, place in enumerate(points.axis(axis)):
            if sign * place < bound and (sign * place, sign * points.index[i]) > best:
                best = sign * place, sign * points.index[i]
                found = points, i
    return [] if found is None else [found[0].take([found[1]])]
