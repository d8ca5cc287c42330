"""The points of a store in SQL: the hottest path of the product, two statements and three pages a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_runs.errors import InvalidName, RunEnded, RunNotFound, shorten
from jupyter_runs.model import FINAL
from jupyter_runs.store.sql import LOCKED, VALUE
from jupyter_runs.store.sql_chunks import FULL, INSERT_POINT, KEPT, LEAST, extend, seal_oldest
from jupyter_runs.store.sql_where import UNFINISHED
from jupyter_runs.values import to_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_runs.model import Point
    from jupyter_runs.store.sql import Connection, Database

_SCALAR_KINDS = frozenset({"number", "text", "list"})
_INF = float("inf")
#: Metrics asked for at once.
_NAMES = 100
_FINAL_NAMES = frozenset(s.value for s in FINAL)
_STRUCTURED = frozenset({"row", "table"})
_BUMP = (
    f"UPDATE series SET count = count + ?, last = {VALUE}, min = CASE WHEN ? IS NULL OR min < ? THEN min ELSE ? END, "
    "max = CASE WHEN ? IS NULL OR max > ? THEN max ELSE ? END, updated_at = ? WHERE series_id = ?"
)
#: The same where the kind is the series' own and the run has not ended: the check costs no statement of its own.
_BUMP_KNOWN = (
    f"{_BUMP} AND kind = ? AND run_id = ? AND EXISTS (SELECT 1 FROM run WHERE run_id = series.run_id AND {UNFINISHED})"
)


class PointLog:
    """Appends values to runs; see `Store.append`."""

    def __init__(self, database: Database) -> None:
        self._db = database
        #: (run_id, metric) -> [series_id, how many rows it has as far as we know]; a series never changes its id.
        self._known: dict[tuple[str, str], list[int]] = {}

    def append(self, run_id: str, points: Sequence[Point]) -> None:
        try:
            with self._db.write(alone=False) as tx:
                self._append(tx, run_id, points)
        except BaseException:
            self.forget()
            raise

    def append_within(self, run_id: str, points: Sequence[Point], said_at: float) -> None:
        """As `append`, as a part of the transaction that this thread is in; `forget` must follow when that one is undone.

        A run that has ended takes them too, where it ended after they were logged.
        """
        with self._db.write() as tx:
            try:
                self._append_many(tx, run_id, points, said_at)
            except BaseException:
                self.forget()
                raise

    def forget(self) -> None:
        """A transaction was undone, and may have made a series."""
        self._known.clear()

    def _append(self, conn: Connection, run_id: str, points: Sequence[Point]) -> None:
        if len(points) != 1 or not self._append_known(conn, run_id, points[0]):
            self._append_many(conn, run_id, points)

    def _append_known(self, conn: Connection, run_id: str, point: Point) -> bool:
        """Append to a series that this process knows, in two statements; False where a closer look is needed."""
        known = self._known.get((run_id, point.name))
        if known is None:
            return False
        series_id = known[0]
        value = to_column(point.value)
        last = None if point.kind in _STRUCTURED else value
        number = value if isinstance(value, (int, float)) and abs(value) != _INF else None
        bump = (1, last, number, number, number, number, number, number, point.at, series_id, point.kind, run_id)
        if conn.execute(_BUMP_KNOWN, bump).rowcount == 0:
            return False
        conn.also(INSERT_POINT, (series_id, point.step, point.at, value))
        known[1] += 1
        if known[1] >= FULL:
            known[1] = seal_oldest(conn, series_id)
        return True

    @staticmethod
    def _there(conn: Connection, run_id: str, names: list[str]) -> dict[str, tuple[int, str, int]]:
        """(series_id, kind, rows) of those metrics that the run has."""
        there: dict[str, tuple[int, str, int]] = {}
        for at in range(0, len(names), _NAMES):
            some = names[at : at + _NAMES]
            sql = (
                "SELECT name, series_id, kind, count - sealed FROM series "
                f"WHERE run_id = ? AND name IN ({','.join('?' * len(some))})"
            )
            there.update((row[0], tuple(row[1:])) for row in conn.execute(sql, (run_id, *some)).fetchall())
        return there

    def _series(self, conn: Connection, run_id: str, point: Point, there: dict[str, tuple[int, str, int]]) -> list[int]:
        """The series of `point` as in `_known`, made if need be; refuses to mix rows, tables and plain values under one name."""
        found, kind, rows = there.get(point.name), point.kind, 0
        if found is None:
            made = conn.execute(
                "INSERT INTO series (run_id, name, kind, count, updated_at) VALUES (?, ?, ?, 0, ?) RETURNING series_id",
                (run_id, point.name, point.kind, point.at),
            )
            series_id = int(made.fetchone()[0])
        else:
            series_id, kind, rows = found
            if not _fits(kind, point.kind):
                raise InvalidName(
                    f"Metric {shorten(point.name)!r} holds {kind} values, and {point.kind} values do not fit. Use another name."
                )
            if point.kind == "list" or (kind == "number" and point.kind == "text"):
                kind = point.kind
                conn.also("UPDATE series SET kind = ? WHERE series_id = ?", (kind, series_id))
        there[point.name] = series_id, kind, rows
        known = self._known.get((run_id, point.name))
        if known is None or known[0] != series_id:
            known = self._known[run_id, point.name] = [series_id, rows]
        elif known[1] >= 0:  # otherwise nothing more of it can be sealed
            known[1] = rows
        return known

    def must_take_values(self, conn: Connection, run_id: str, said_at: float = _INF) -> None:
        sql = f"SELECT status, ended_at FROM run WHERE run_id = ? {LOCKED}"
        row = conn.execute(sql, (run_id,)).fetchone()
        if row is None:
            raise RunNotFound(run_id, self._db.location)
        if row[0] in _FINAL_NAMES and said_at > row[1]:
            raise RunEnded(run_id, row[0])

    def _append_many(self, conn: Connection, run_id: str, points: Sequence[Point], said_at: float = _INF) -> None:
        self.must_take_values(conn, run_id, said_at)
        there = self._there(conn, run_id, list({point.name: None for point in points}))
        by_name: dict[tuple[str, str], list[Point]] = {}
        by_series: dict[int, tuple[list[int], list[Point]]] = {}
        for point in points:
            named = by_name.get((point.name, point.kind))
            if named is None:
                known = self._series(conn, run_id, point, there)
                named = by_name[point.name, point.kind] = by_series.setdefault(known[0], (known, []))[1]
            named.append(point)
        single: list[tuple[Any, ...]] = []
        for series_id, (known, group) in by_series.items():
            rows = [(point.step, point.at, to_column(point.value)) for point in group]
            numbers = [v for _, _, v in rows if isinstance(v, (int, float)) and abs(v) != _INF]
            low, high = (min(numbers), max(numbers)) if numbers else (None, None)
            last = None if group[-1].kind in _STRUCTURED else rows[-1][2]
            conn.also(_BUMP, (len(group), last, low, low, low, high, high, high, group[-1].at, series_id))
            if 0 <= known[1] < FULL and len(rows) >= KEPT and known[1] + len(rows) >= LEAST + KEPT:
                known[1] = extend(conn, series_id, rows)
                continue
            single += [(series_id, *row) for row in rows]
            known[1] += len(rows)
        # Of all metrics in one statement.
        conn.also_many(INSERT_POINT, single)
        for series_id, (known, _) in by_series.items():
            if known[1] >= FULL:
                known[1] = seal_oldest(conn, series_id)


def _fits(series_kind: str, point_kind: str) -> bool:
    return series_kind == point_kind or (series_kind in _SCALAR_KINDS and point_kind in _SCALAR_KINDS)
