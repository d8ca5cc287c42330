"""Points of a run -> series: all of them, those after a cursor, those of a range of an axis, or an outline of either."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_runs.model import Series
from jupyter_runs.store.sqlite_columns import Columns, from_rows, joined
from jupyter_runs.values import outline

if TYPE_CHECKING:
    import sqlite3

    from jupyter_runs.store.base import Span


def series(
    conn: sqlite3.Connection, run_id: str, name: str | None, after: int, max_points: int | None, span: Span | None
) -> list[Series]:
    """See `Store.series`; `after` is a position in the log of the store."""
    only, params = ("", [run_id]) if name is None else (" AND name = ?", [run_id, name])
    found = []
    for series_id, metric, kind, count in conn.execute(
        f"SELECT series_id, name, kind, count FROM series WHERE run_id = ?{only} ORDER BY series_id", params
    ).fetchall():
        shown = _shown(_rows(conn, series_id, after), max_points, span)
        if shown or not after:
            found.append(
                Series(metric, kind, count, shown.points(), None if len(shown) == count else list(shown.index))
            )
    return found


def _rows(conn: sqlite3.Connection, series_id: int, after: int) -> Columns:
    rows = conn.execute(
        "SELECT seq, step, at, value FROM point WHERE series_id = ? AND seq > ? ORDER BY seq", (series_id, after)
    ).fetchall()
    sql = "SELECT count(*) FROM point WHERE series_id = ? AND seq <= ?"
    start = conn.execute(sql, (series_id, after)).fetchone()[0] if after else 0
    return from_rows(start, rows)


def _shown(columns: Columns, max_points: int | None, span: Span | None) -> Columns:
    before, inside, behind = _within(columns, span)
    edges = len(before) + len(behind)
    if max_points is not None and len(inside) + edges > max_points:
        inside = inside.take(outline(inside.values, max_points - edges))
    if not edges:
        return inside
    whole = joined([before, inside, behind])
    return whole.take(sorted(range(len(whole)), key=lambda i: whole.index[i]))


def _within(columns: Columns, span: Span | None) -> tuple[Columns, Columns, Columns]:
    """The nearest point before the range, those in it, the nearest behind it."""
    nothing = columns.take(range(0))
    if span is None:
        return nothing, columns, nothing
    low = -math.inf if span.low is None else span.low
    high = math.inf if span.high is None else span.high
    where = columns.axis(span.axis)
    inside = [i for i, x in enumerate(where) if low <= x <= high]
    before = max((i for i, x in enumerate(where) if x < low), key=lambda i: (where[i], i), default=None)
    behind = min((i for i, x in enumerate(where) if x > high), key=lambda i: (where[i], i), default=None)
    return _one(columns, before), columns.take(inside), _one(columns, behind)


def _one(columns: Columns, i: int | None) -> Columns:
    return columns.take([] if i is None else [i])
