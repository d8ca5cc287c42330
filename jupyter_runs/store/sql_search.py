"""Answers of a search in another order than newest first, page by page: `sort:-metric:acc`."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

from jupyter_runs.errors import InvalidQuery, shorten
from jupyter_runs.model import Status
from jupyter_runs.store.sql_where import KINDS, LARGEST, METRIC_COLUMNS, Sql

if TYPE_CHECKING:
    from jupyter_runs.search_tree import Sort
    from jupyter_runs.store.sql import Connection

_INT64 = 2**63
_MAX_TOKEN = 100_000
_COLUMNS = {
    "created_at": "r.created_at",
    "started_at": "r.started_at",
    "ended_at": "r.ended_at",
    "duration": "coalesce(r.ended_at, ?) - r.started_at",
    "name": "lower(r.name)",
    "experiment": "lower(r.experiment)",
    "number": "r.number",
    "submitted_by": "lower(r.submitted_by)",
    # In the order of a run's life.
    "status": "CASE r.status " + " ".join(f"WHEN '{s.value}' THEN {at}" for at, s in enumerate(Status)) + " END",
}
_NUMBER = f"CASE WHEN t.value <= {LARGEST} THEN CAST(t.value AS NUMERIC) END"
#: Numbers as numbers and before text.
_NUMBER_OR_TEXT = f"CASE WHEN t.value <= {LARGEST} THEN CAST(t.value AS NUMERIC) ELSE lower(t.value) END"


def sorted_ids(
    conn: Connection, sort: Sort, condition: Sql, limit: int, page: str | None
) -> tuple[list[str], str | None]:
    """Ids of one page, and the token of the next one: the value and seq of the last run, so that runs that are added change nothing.

    Cost: every run that matches is looked at once; the value of each by one look in an index.
    """
    # What is still running grows older between two pages: all pages count from when the first was read.
    value, seq, now = (None, None, time.time()) if page is None else _read(page, sort)
    expression, given = value_sql(sort, now)
    where, params = condition
    after, after_params = ("TRUE", []) if seq is None else _after(value, seq, descending=sort.descending)
    sql = (
        f"WITH found AS MATERIALIZED (SELECT r.run_id AS run_id, r.seq AS seq, {expression} AS value FROM run r WHERE {where}) "
        f"SELECT run_id, seq, value FROM found WHERE {after} "
        f"ORDER BY value IS NULL, value {'DESC' if sort.descending else 'ASC'}, seq DESC LIMIT ?"
    )
    rows = conn.execute(sql, [*given, *params, *after_params, limit + 1]).fetchall()
    more = len(rows) > limit
    rows = rows[:limit]
    return [row[0] for row in rows], _token(sort, rows[-1][2], rows[-1][1], now) if more and rows else None


def unknown_page(token: str) -> InvalidQuery:
    """The error for a page token that was not given out, or for another order."""
    return InvalidQuery(
        f"Unknown page {shorten(token)!r}: take `next_page` from the answer before, with the same search.",
        token=token,
        expected="next_page of the answer before",
    )


def value_sql(sort: Sort, now: float, texts: str = _NUMBER_OR_TEXT) -> Sql:
    """What an order compares, of `run r`; `texts` is what it takes of a tag's value."""
    if sort.field in METRIC_COLUMNS:
        column = METRIC_COLUMNS[sort.field]
        number = f"CASE WHEN s.{column} <= {LARGEST} THEN CAST(s.{column} AS NUMERIC) END"
        return f"(SELECT {number} FROM series s WHERE s.run_id = r.run_id AND s.name = ?)", [sort.key]
    if sort.field in KINDS:
        of_run = f"t.run_id = r.run_id AND t.kind = '{sort.field}' AND t.key = ?"
        return f"(SELECT {texts} FROM tag t WHERE {of_run})", [sort.key]
    return _COLUMNS[sort.field], [now] if sort.field == "duration" else []


def number_sql(sort: Sort, now: float) -> Sql:
    """The numbers that figures are made of; what is none is NULL, or a text of the run itself."""
    return value_sql(sort, now, _NUMBER)


def _after(value: object, seq: int, *, descending: bool) -> Sql:
    if value is None:
        return "value IS NULL AND seq < ?", [seq]
    further = "<" if descending else ">"
    return f"(value {further} ? OR (value = ? AND seq < ?) OR value IS NULL)", [value, value, seq]


def _token(sort: Sort, value: object, seq: int, now: float) -> str:
    text = json.dumps([_name(sort), value, seq, now])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _name(sort: Sort) -> list[Any]:
    return [sort.field, sort.key, sort.descending]


def _read(token: str, sort: Sort) -> tuple[Any, int, float]:
    """Value, seq and instant of a token; whatever was not made by `_token` for this order is refused."""
    try:
        if len(token) > _MAX_TOKEN:
            raise unknown_page(token)
        name, value, seq, now = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if isinstance(value, str):
            value.encode()
    except (ValueError, TypeError, RecursionError):
        raise unknown_page(token) from None
    is_ours = name == _name(sort) and _is_bindable(value) and type(seq) is int and type(now) is float
    if not is_ours or not _is_bindable(seq):
        raise unknown_page(token)
    return value, seq, now


def _is_bindable(value: object) -> bool:
    """SQLite takes it as a parameter."""
    if type(value) is int:
        return -_INT64 <= value < _INT64
    return value is None or type(value) in {float, str}
