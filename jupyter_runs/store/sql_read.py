"""Rows -> records: everything that only reads a store in SQL."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from jupyter_runs.errors import InvalidQuery
from jupyter_runs.model import (
    MetricSummary,
    Owner,
    Page,
    Progress,
    RunError,
    RunRecord,
    Status,
    shown_status,
)
from jupyter_runs.store.sql_search import sorted_ids, unknown_page
from jupyter_runs.store.sql_where import UNFINISHED_SEQS, active_below, where_sql
from jupyter_runs.values import from_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_runs.store.base import RunFilter
    from jupyter_runs.store.sql import Connection

_COLUMNS = (
    "r.run_id, r.rev, r.experiment, r.number, r.name, r.description, r.type, r.status, r.parent_id, r.root_id, r.created_at, "
    "r.started_at, r.ended_at, o.heartbeat_at, r.cancel_requested_at, r.cancel_by, r.cancel_via, r.error_code, r.error_message, "
    "r.error_traceback, r.submitted_by, r.progress_done, r.progress_total, r.progress_message, r.log_bytes, r.archived_at, r.deleted_at, "
    "o.host, o.pid_space, o.pid, o.pid_started_at, o.kernel_id"
)
#: Longer numbers do not fit SQLite's integers.
_DIGITS = 18


def as_json(ids: Sequence[str]) -> str:
    """Ids as the one parameter of `IN (SELECT value FROM json_each(?))`."""
    return json.dumps(list(ids))


def records(conn: Connection, run_ids: Sequence[str]) -> list[RunRecord]:
    """The runs of `run_ids` that are there, in that order. Cost: four statements, whatever the number."""
    if not run_ids:
        return []
    ids = as_json(run_ids)
    among = "IN (SELECT value FROM json_each(?))"
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM run r LEFT JOIN owner o USING (owner_id) WHERE r.run_id {among}", (ids,)
    ).fetchall()
    texts: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: {"tag": {}, "property": {}, "param": {}})
    for run_id, kind, key, value in conn.execute(
        f"SELECT run_id, kind, key, value FROM tag WHERE run_id {among} ORDER BY run_id, kind, key", (ids,)
    ).fetchall():
        texts[run_id][kind][key] = value
    metrics: dict[str, dict[str, MetricSummary]] = defaultdict(dict)
    summary = f"SELECT run_id, name, kind, count, last, min, max, updated_at FROM series WHERE run_id {among} ORDER BY series_id"
    for run_id, name, kind, count, last, low, high, at in conn.execute(summary, (ids,)).fetchall():
        shown = None if kind in {"row", "table"} else from_column(last)
        metrics[run_id][name] = MetricSummary(kind, count, shown, low, high, at)
    counts = _child_counts(conn, ids)
    by_id = {row[0]: _record(row, texts[row[0]], metrics.get(row[0], {}), counts.get(row[0], {})) for row in rows}
    return [by_id[run_id] for run_id in run_ids if run_id in by_id]


def _child_counts(conn: Connection, ids: str) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    now = time.time()
    sql = (
        "SELECT r.parent_id, r.status, max(r.cancel_requested_at), max(o.heartbeat_at), count(*) "
        "FROM run r LEFT JOIN owner o USING (owner_id) "
        "WHERE r.parent_id IN (SELECT value FROM json_each(?)) AND r.deleted_at IS NULL "
        "GROUP BY r.parent_id, r.status, r.cancel_requested_at IS NULL, r.owner_id"
    )
    for parent, status, canceled_at, beat, count in conn.execute(sql, (ids,)).fetchall():
        counts[parent][shown_status(Status(status), canceled_at, beat, now)] += count
    return {parent: dict(by_status) for parent, by_status in counts.items()}


def _record(
    row: tuple[Any, ...], texts: dict[str, Any], metrics: dict[str, MetricSummary], counts: dict[str, int]
) -> RunRecord:
    head, tail = row[:25], row[27:]
    (
        run_id,
        rev,
        experiment,
        number,
        name,
        description,
        type_,
        status,
        parent_id,
        root_id,
        created,
        started,
        ended,
        beat,
    ) = head[:14]
    (canceled_at, cancel_by, cancel_via, code, message, traceback, submitted_by, done, total, note, log_bytes) = head[
        14:
    ]
    return RunRecord(
        run_id=run_id,
        rev=rev,
        experiment=experiment,
        number=number,
        name=name,
        description=description,
        type=type_,
        status=Status(status),
        parent_id=parent_id,
        root_id=root_id,
        created_at=created,
        started_at=started,
        ended_at=ended,
        heartbeat_at=beat,
        cancel_requested_at=canceled_at,
        cancel_by=cancel_by,
        cancel_via=cancel_via,
        error=None if code is None else RunError(code, message, traceback),
        submitted_by=submitted_by,
        owner=None if tail[0] is None else Owner(*tail),
        progress=None if done is None else Progress(done, total, note),
        log_bytes=log_bytes,
        tags=texts["tag"],
        properties=texts["property"],
        params=texts["param"],
        metrics=metrics,
        child_counts=counts,
        archived_at=row[25],
        deleted_at=row[26],
    )


def find(conn: Connection, where: RunFilter, limit: int, page: str | None) -> Page:
    """One page; see `Store.find_runs`. The page token is the sort key of the last run shown."""
    condition, params = where_sql(where)
    total = conn.execute(f"SELECT count(*) FROM run r WHERE {condition}", params).fetchone()[0]
    if where.query is not None and where.query.sort is not None:
        ids, next_page = sorted_ids(conn, where.query.sort, (condition, params), limit, page)
        return Page(records(conn, ids), total, next_page)
    # Active ones, then the others: an order by two columns would have to look at all.
    active = active_below("r")
    ranks = {1: f" AND {active}", 0: f" AND NOT {active}"} if where.active_first else {0: ""}
    last_rank, last_seq = (max(ranks), None) if page is None else _page(page)
    rows: list[tuple[str, int, int]] = []
    for rank, only in ranks.items():
        if rank <= last_rank and len(rows) <= limit:
            after, seqs = (" AND r.seq < ?", [last_seq]) if last_seq is not None and rank == last_rank else ("", [])
            sql = (
                f"SELECT r.run_id, r.seq, {rank} FROM run r WHERE {condition}{only}{after} ORDER BY r.seq DESC LIMIT ?"
            )
            rows += conn.execute(sql, [*params, *seqs, limit + 1 - len(rows)]).fetchall()
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(records(conn, [r[0] for r in rows]), total, f"{rows[-1][2]}.{rows[-1][1]}" if more else None)


def _page(token: str) -> tuple[int, int]:
    try:
        rank, seq = token.split(".")
        return integer(rank), integer(seq)
    except ValueError:
        raise unknown_page(token) from None


def place(text: str) -> int:
    """A position in the log of points, from the text that was given out."""
    try:
        return integer(text)
    except ValueError:
        raise unknown_cursor(text) from None


def unknown_cursor(text: str) -> InvalidQuery:
    """The error for a cursor that was not given out."""
    return InvalidQuery(f"Unknown cursor {text!r}: take the cursor from the answer before.")


def integer(text: str) -> int:
    """A whole number that the database takes; ValueError for any other text."""
    if len(text) > _DIGITS:
        raise ValueError(text)
    return int(text)


def last_point_of(conn: Connection, run_id: str) -> int:
    """Where a run stands in the log of points: what it logs from here on comes behind."""
    sql = (
        "SELECT max((SELECT max(p.seq) FROM point p WHERE p.series_id = s.series_id)) FROM series s WHERE s.run_id = ?"
    )
    return int(conn.execute(sql, (run_id,)).fetchone()[0] or 0)


def experiments(conn: Connection, archived: bool | None, name: str | None = None) -> list[tuple[Any, ...]]:
    """(name, created_at, root runs, root runs not ended, creation of the newest, tags, archived_at); the most recently used first.

    Of an archived experiment those runs are counted that were archived with it, of any other those that are not archived.
    """
    if archived is None:
        both = experiments(conn, False, name) + experiments(conn, True, name)
        return sorted(both, key=lambda row: (-row[4], row[0]))
    # Written out for active ones, so that the partial index of listings serves.
    counted = "r.archived_at = e.archived_at" if archived else "r.archived_at IS NULL"
    # One by one, so that each is an index's business and no row of an ended run is read but the newest's.
    roots = f"FROM run r WHERE r.experiment = e.name AND r.parent_id IS NULL AND r.deleted_at IS NULL AND {counted}"
    sql = (
        f"SELECT e.name, e.created_at, (SELECT count(*) {roots}), (SELECT count(*) {roots} AND r.seq IN ({UNFINISHED_SEQS})), "
        f"coalesce((SELECT r.created_at {roots} ORDER BY r.seq DESC LIMIT 1), e.created_at) AS last_at, e.tags, e.archived_at "
        f"FROM experiment e WHERE e.deleted_at IS NULL AND e.archived_at IS {'NOT ' if archived else ''}NULL "
        "AND (? IS NULL OR e.name = ?) ORDER BY last_at DESC, e.name"
    )
    return conn.execute(sql, (name, name)).fetchall()
