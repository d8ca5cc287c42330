"""What tables of runs are made of: which columns some runs have, and figures of groups of them. Only reads."""

from __future__ import annotations

import math
import statistics
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from jupyter_runs.model import Aggregate, ColumnRecord, Columns, GroupFigures, Status, ValueStats, shown_status
from jupyter_runs.store.sql_search import number_sql
from jupyter_runs.store.sql_where import KINDS, Sql, where_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_runs.search_tree import Sort
    from jupyter_runs.store.base import RunFilter
    from jupyter_runs.store.sql import Database

#: Columns of `run` that runs can be grouped by.
_COLUMNS = ("experiment", "name", "submitted_by")
#: More digits than this and the sum of squares is no number any more.
_LARGEST = 1e150


class Tables:
    """The part of `SqlStore` that tables are made of."""

    _db: Database

    def columns(self, where: RunFilter) -> Columns:
        condition, params = where_sql(where)
        found = f"WITH found AS MATERIALIZED (SELECT r.run_id AS run_id FROM run r WHERE {condition})"
        texts: dict[str, list[ColumnRecord]] = {kind: [] for kind in KINDS}
        with self._db.read() as conn:
            total = conn.execute(f"{found} SELECT count(*) FROM found", params).fetchone()[0]
            sql = (
                f"{found} SELECT t.kind, t.key, count(*), count(DISTINCT coalesce(t.value, '')) "
                "FROM found f JOIN tag t ON t.run_id = f.run_id GROUP BY t.kind, t.key ORDER BY t.kind, t.key"
            )
            for kind, key, count, distinct in conn.execute(sql, params).fetchall():
                texts[kind].append(ColumnRecord(key, "text", count, distinct))
            # In the order of first logging; a name that holds numbers anywhere is a column of numbers.
            sql = (
                f"{found} SELECT s.name, "
                "CASE WHEN count(*) FILTER (WHERE s.kind = 'number') > 0 THEN 'number' ELSE min(s.kind) END, count(*) "
                "FROM found f JOIN series s ON s.run_id = f.run_id GROUP BY s.name ORDER BY min(s.series_id)"
            )
            metrics = [ColumnRecord(name, kind, n, None) for name, kind, n in conn.execute(sql, params).fetchall()]
        return Columns(total, texts["param"], metrics, texts["tag"], texts["property"])

    def aggregate(self, where: RunFilter, by: Sort, values: Sequence[Sort], limit: int = 500) -> Aggregate:
        condition, params = where_sql(where)
        now = time.time()
        group, group_params = _group(by)
        columns = [number_sql(value, now) for value in values]
        given = [p for _, ps in columns for p in ps]
        sql = (
            f"SELECT {', '.join([group, *(column for column, _ in columns)])} "
            f"FROM run r LEFT JOIN owner o USING (owner_id) WHERE {condition}"
        )
        with self._db.read() as conn:
            rows = conn.execute(sql, [*group_params, *given, *params]).fetchall()
        by_value: dict[str | None, list[tuple[Any, ...]]] = defaultdict(list)
        for row in rows:
            by_value[_status(row[0], now) if by.field == "status" else row[0]].append(row[1:])
        ordered = sorted(by_value, key=_rank)
        found = [
            GroupFigures(
                value, len(by_value[value]), [_stats([row[at] for row in by_value[value]]) for at in range(len(values))]
            )
            for value in ordered[:limit]
        ]
        return Aggregate(len(rows), len(ordered), found)


def _group(by: Sort) -> Sql:
    """What the runs of a group have in common: NULL for those without; a tag without value counts as an empty one."""
    if by.field in KINDS:
        of_run = f"t.run_id = r.run_id AND t.kind = '{by.field}' AND t.key = ?"
        return f"(SELECT coalesce(t.value, '') FROM tag t WHERE {of_run})", [by.key]
    if by.field == "status":
        # The status that is shown is derived from these three, in one place.
        return (
            "r.status || '|' || CASE WHEN r.cancel_requested_at IS NULL THEN 0 ELSE 1 END || '|' || "
            "coalesce(CAST(o.heartbeat_at AS TEXT), '')"
        ), []
    if by.field in _COLUMNS:
        return f"r.{by.field}", []
    raise ValueError(by.field)


def _status(text: str, now: float) -> str:
    status, canceled, beat = text.split("|")
    return shown_status(Status(status), 0.0 if canceled == "1" else None, float(beat) if beat else None, now)


def _rank(value: str | None) -> tuple[int, float, str]:
    """Numbers by their value, then text, then the runs that have none."""
    if value is None:
        return 2, 0.0, ""
    try:
        number = float(value)
    except ValueError:
        return 1, 0.0, value.lower()
    return (0, number, value) if math.isfinite(number) else (1, 0.0, value.lower())


def _stats(values: list[Any]) -> ValueStats:
    numbers = [float(v) for v in values if isinstance(v, (int, float)) and math.isfinite(v)]
    if not numbers:
        return ValueStats(0, None, None, None, None, None)
    low, high = min(numbers), max(numbers)
    if max(-low, high) > _LARGEST:
        return ValueStats(len(numbers), None, None, None, low, high)
    mean = math.fsum(numbers) / len(numbers)
    spread = math.fsum((n - mean) ** 2 for n in numbers)
    sd = math.sqrt(spread / (len(numbers) - 1)) if len(numbers) > 1 else None
    return ValueStats(len(numbers), mean, sd, statistics.median(numbers), low, high)
