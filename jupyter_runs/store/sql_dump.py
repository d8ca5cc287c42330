"""Runs of a store in SQL as plain JSON values: what an export holds. The way back is in `sql_transfer.py`.

One dict first: {"experiment": {…}}. Then for each run, parents before children, {"run": {column: value}, "owner": […] | None,
"texts": [[kind, key, value]], "events": [[at, kind, by, body]], "series": [[name, kind, count, last, min, max, updated_at]]} and after it
{"points": [[step, at, value]], "of": [run_id, name]} as often as needed. Values are as the columns have them; infinities are the texts
`inf` and `-inf`, which no column has: a text there is JSON.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from jupyter_runs.errors import InvalidName, RunNotFound, shorten
from jupyter_runs.store.sql_series import every_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_runs.store.sql import Connection

_TEXT, _MAYBE_TEXT, _TIME, _MAYBE_TIME = (str,), (str, type(None)), (int, float), (int, float, type(None))
#: Columns of a run that travel, and what each may hold. Not: seq, rev (the store's own), owner_id (see "owner"), deleted_at.
COLUMNS: dict[str, tuple[type, ...]] = {
    "run_id": _TEXT,
    "experiment": _TEXT,
    "number": (int,),
    "name": _TEXT,
    "description": _MAYBE_TEXT,
    "type": _MAYBE_TEXT,
    "status": _TEXT,
    "parent_id": _MAYBE_TEXT,
    "root_id": _TEXT,
    "created_at": _TIME,
    "started_at": _MAYBE_TIME,
    "ended_at": _MAYBE_TIME,
    "cancel_requested_at": _MAYBE_TIME,
    "cancel_by": _MAYBE_TEXT,
    "cancel_via": _MAYBE_TEXT,
    "error_code": _MAYBE_TEXT,
    "error_message": _MAYBE_TEXT,
    "error_traceback": _MAYBE_TEXT,
    "submitted_by": _TEXT,
    "progress_done": _MAYBE_TIME,
    "progress_total": _MAYBE_TIME,
    "progress_message": _MAYBE_TEXT,
    "log_bytes": (int,),
    "job": _MAYBE_TEXT,
    "archived_at": _MAYBE_TIME,
}
_AMONG = "IN (SELECT value FROM json_each(?))"
#: Runs read at once, and points in one value (some more, at most).
_RUNS, _POINTS = 200, 10_000
_INF = {math.inf: "inf", -math.inf: "-inf"}
_FROM_INF = {text: value for value, text in _INF.items()}


def dump_experiment(conn: Connection, name: str, location: str) -> dict[str, Any]:
    """The first value."""
    sql = (
        "SELECT name, created_at, last_number, archived_at, tags FROM experiment WHERE name = ? AND deleted_at IS NULL"
    )
    row = conn.execute(sql, (name,)).fetchone()
    if row is None:
        raise InvalidName(
            f"No experiment {shorten(name)!r} in {location}. `ws.experiments` shows those that are there."
        )
    facts = dict(zip(("name", "created_at", "last_number", "archived_at", "tags"), row, strict=True))
    return {"experiment": {**facts, "tags": json.loads(facts["tags"])}}


def trees(conn: Connection, experiment: str, run_ids: Sequence[str] | None) -> list[str]:
    """Ids of the runs to give away: whole trees, without the bin."""
    which, params = "", [experiment]
    if run_ids is not None:
        asked = json.dumps(list(run_ids))
        sql = f"SELECT run_id FROM run WHERE run_id {_AMONG} AND experiment = ? AND deleted_at IS NULL"
        found = {row[0] for row in conn.execute(sql, (asked, experiment)).fetchall()}
        for missing in [run_id for run_id in run_ids if run_id not in found]:
            raise RunNotFound(missing, f"experiment {experiment!r} (its bin left out)")
        which = f" AND root_id IN (SELECT root_id FROM run WHERE run_id {_AMONG})"
        params.append(asked)
    sql = f"SELECT run_id FROM run WHERE experiment = ? AND deleted_at IS NULL{which} ORDER BY seq"
    return [row[0] for row in conn.execute(sql, params).fetchall()]


def dump(conn: Connection, ids: list[str]) -> Iterator[dict[str, Any]]:
    """The values of these runs; parents come before children where `ids` has them so."""
    for at in range(0, len(ids), _RUNS):
        yield from _dump_some(conn, json.dumps(ids[at : at + _RUNS]))


def _dump_some(conn: Connection, ids: str) -> Iterator[dict[str, Any]]:
    for item, series_ids in heads(conn, ids):
        yield item
        for series_id, (name, *_) in zip(series_ids, item["series"], strict=True):
            for points in _points(conn, series_id):
                yield {"points": points, "of": [item["run"]["run_id"], name]}


def heads(conn: Connection, ids: str) -> Iterator[tuple[dict[str, Any], list[int]]]:
    """The value of each run (`ids`: a JSON list) without those of its points, and which series it has."""
    columns = ", ".join(f"r.{column}" for column in COLUMNS)
    rows = conn.execute(
        f"SELECT {columns}, o.host, o.pid_space, o.pid, o.pid_started_at, o.kernel_id, o.heartbeat_at FROM run r "
        f"LEFT JOIN owner o USING (owner_id) WHERE r.run_id {_AMONG} ORDER BY r.seq",
        (ids,),
    ).fetchall()
    texts = _grouped(conn, "SELECT run_id, kind, key, value FROM tag", "kind, key", ids)
    events = _grouped(conn, "SELECT run_id, at, kind, by, body FROM event", "seq", ids)
    series = _grouped(
        conn, "SELECT run_id, series_id, name, kind, count, last, min, max, updated_at FROM series", "series_id", ids
    )
    for row in rows:
        run_id, owner, mine = row[0], row[len(COLUMNS) :], series.get(row[0], [])
        item = {
            "run": dict(zip(COLUMNS, row, strict=False)),
            "owner": None if owner[0] is None else list(owner),
            "texts": texts.get(run_id, []),
            "events": events.get(run_id, []),
            "series": [[*one[1:4], _to_json(one[4]), *one[5:]] for one in mine],
        }
        yield item, [one[0] for one in mine]


def _grouped(conn: Connection, select: str, order: str, ids: str) -> dict[str, list[list[Any]]]:
    """Rows by the run that they belong to."""
    groups: dict[str, list[list[Any]]] = {}
    for run_id, *rest in conn.execute(f"{select} WHERE run_id {_AMONG} ORDER BY {order}", (ids,)).fetchall():
        groups.setdefault(run_id, []).append(rest)
    return groups


def _points(conn: Connection, series_id: int) -> Iterator[list[list[Any]]]:
    points: list[list[Any]] = []
    for rows in every_row(conn, series_id):
        points += [[step, at, _INF.get(value, value)] for step, at, value in rows]
        if len(points) >= _POINTS:
            yield points
            points = []
    if points:
        yield points


def _to_json(value: Any) -> Any:
    return _INF.get(value, value) if isinstance(value, float) else value


def from_json(value: Any) -> Any:
    """A value as its column has it. ValueError or TypeError for what no column has."""
    if isinstance(value, str):
        if value in _FROM_INF:
            return _FROM_INF[value]
        json.loads(value)
    elif value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise TypeError(f"a value that is a {type(value).__name__}")
    return value
