"""All of one store in SQL into another one, on whichever databases they are: what `jupyter runs migrate` moves, but the files.

Runs go in portions, each in one transaction of its target, in the order in which they were made. What is there already is not written
again, so that whoever was interrupted goes on where they were.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_runs.errors import RunStateError, StoreError
from jupyter_runs.store.sql_dump import dump, heads
from jupyter_runs.store.sql_read import as_json
from jupyter_runs.store.sql_transfer import Digest, Taking
from jupyter_runs.store.sql_where import UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jupyter_runs.store.sql import Connection
    from jupyter_runs.store.sql_store import SqlStore

#: Runs in one transaction.
_PORTION = 100
_AMONG = "IN (SELECT value FROM json_each(?))"
_EXPERIMENT = ("name", "created_at", "last_number", "archived_at", "tags", "deleted_at")
_MODEL = (
    *("name", "version", "run_id", "created_at", "created_by", "description", "framework", "framework_version"),
    *("tags", "properties", "path"),
)
_JOURNAL = ("run_id", "writer", "shipped", "refused")
_OF_RUN = "run_id IN (SELECT run_id FROM run)"
#: What a store holds, as numbers. Series that `gc` has not swept away yet do not count.
_COUNTS = {
    "experiments": "SELECT count(*) FROM experiment",
    "runs": "SELECT count(*) FROM run",
    "tags": "SELECT count(*) FROM tag",
    "events": "SELECT count(*) FROM event",
    "series": f"SELECT count(*) FROM series WHERE {_OF_RUN}",
    "points": (
        f"SELECT (SELECT count(*) FROM point JOIN series USING (series_id) WHERE {_OF_RUN}) "
        f"+ (SELECT CAST(coalesce(sum(chunk.count), 0) AS BIGINT) FROM chunk JOIN series USING (series_id) WHERE {_OF_RUN})"
    ),
    "models": "SELECT count(*) FROM model",
}


@dataclass
class Copied:
    """What was done."""

    #: Runs that were written, and those that were there already, just the same.
    new: int = 0
    known: int = 0
    #: Runs and models that are there with another content; they were left as they are.
    different: list[str] = field(default_factory=list)


def counts(store: SqlStore) -> dict[str, int]:
    """Rows of each kind. Cost: one pass over the tables."""
    with store._db.read() as conn:
        return {name: int(conn.execute(sql).fetchone()[0]) for name, sql in _COUNTS.items()}


def check(source: SqlStore, target: SqlStore, *, unfinished: bool) -> list[str]:
    """Ids of the runs of `source` in the order in which they were made.

    Raises
    ------
    RunStateError : some have not ended, and `unfinished` is not said.
    StoreError : the target holds runs that the source does not.
    """
    with source._db.read() as conn:
        ids = [row[0] for row in conn.execute("SELECT run_id FROM run ORDER BY seq").fetchall()]
        busy = [row[0] for row in conn.execute(f"SELECT run_id FROM run WHERE {UNFINISHED} ORDER BY seq").fetchall()]
    if busy and not unfinished:
        raise RunStateError(
            f"Runs of {source.location} have not ended ({len(busy)}, e.g. {busy[0]}): what they log from now on would stay there. Wait for "
            "them or cancel them, or move them as they are: --force."
        )
    with target._db.read() as conn:
        others = {row[0] for row in conn.execute("SELECT run_id FROM run").fetchall()} - set(ids)
    if others:
        raise StoreError(
            f"{target.location} holds runs that {source.location} does not ({len(others)}, e.g. {min(others)}). Give an empty workspace; "
            "single experiments go anywhere by `jupyter runs export` and `import`."
        )
    return ids


def copy(source: SqlStore, target: SqlStore, ids: Sequence[str], tell: Callable[[int], None]) -> Copied:
    """Copy the runs `ids`, all experiments and all models; `tell` is called with how many runs are done.

    Numbers, times and ids stay; runs, points and events keep their order. Memory: some hundred runs, ten thousand points.
    """
    copied = Copied()
    _copy_table(source, target, "experiment", _EXPERIMENT, key=("name",))
    for at in range(0, len(ids), _PORTION):
        portion = ids[at : at + _PORTION]
        with source._db.read() as conn, target._db.write() as tx:
            _copy_runs(conn, tx, portion, copied, target.location)
        tell(min(at + _PORTION, len(ids)))
    _copy_table(source, target, "model", _MODEL, key=("name", "version"))
    copied.different += _different_models(source, target)
    return copied


def _copy_runs(conn: Connection, tx: Connection, ids: Sequence[str], copied: Copied, location: str) -> None:
    there = {row[0] for row in tx.execute(f"SELECT run_id FROM run WHERE run_id {_AMONG}", (as_json(ids),)).fetchall()}
    known = [run_id for run_id in ids if run_id in there]
    here, other = _digests(conn, known), _digests(tx, known)
    different = [f"run {run_id}" for run_id in known if here.get(run_id) != other.get(run_id)]
    copied.different += different
    copied.known += len(known) - len(different)
    new = [run_id for run_id in ids if run_id not in there]
    if not new:
        return
    moving = _Moving(tx, 0.0, None, location)
    deleted_at = dict(
        conn.execute(f"SELECT run_id, deleted_at FROM run WHERE run_id {_AMONG}", (as_json(new),)).fetchall()
    )
    for item in dump(conn, new):
        if "run" in item:
            item["run"]["deleted_at"] = deleted_at[item["run"]["run_id"]]
        moving.take(item)
    columns, places = ", ".join(_JOURNAL), ",".join("?" * len(_JOURNAL))
    rows = conn.execute(f"SELECT {columns} FROM journal WHERE run_id {_AMONG}", (as_json(new),)).fetchall()
    tx.executemany(f"INSERT INTO journal ({columns}) VALUES ({places})", rows)
    copied.new += len(new)


class _Moving(Taking):
    """Takes runs as they are: also those in the bin, and those that have not ended."""

    def _take_run(self, item: dict[str, Any]) -> None:
        self._run, self._series = item["run"]["run_id"], {}
        self._add_run(item["run"], item["owner"])
        self._add_rows(item["run"]["run_id"], item)


def _digests(conn: Connection, ids: Sequence[str]) -> dict[str, str]:
    """What tells whether a run is the same: all but its points, of which the number and what is known of a series say enough."""
    if not ids:
        return {}
    deleted_at = dict(
        conn.execute(f"SELECT run_id, deleted_at FROM run WHERE run_id {_AMONG}", (as_json(ids),)).fetchall()
    )
    found = {}
    for item, _ in heads(conn, as_json(ids)):
        run_id = item["run"]["run_id"]
        item["run"]["deleted_at"] = deleted_at[run_id]
        found[run_id] = Digest(item).value()
    return found


def _copy_table(source: SqlStore, target: SqlStore, table: str, columns: Sequence[str], key: Sequence[str]) -> None:
    """Rows that are not there; an experiment also as it is now."""
    listed = ", ".join(columns)
    with source._db.query() as conn:
        rows = conn.execute(f"SELECT {listed} FROM {table} ORDER BY {', '.join(key)}").fetchall()
    update = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in key)
    also = f"({', '.join(key)}) DO UPDATE SET {update}" if table == "experiment" else "DO NOTHING"
    with target._db.write() as tx:
        tx.executemany(
            f"INSERT INTO {table} ({listed}) VALUES ({','.join('?' * len(columns))}) ON CONFLICT {also}", rows
        )


def _different_models(source: SqlStore, target: SqlStore) -> list[str]:
    here, there = (
        {(model.name, model.version): json.dumps(model.__dict__, sort_keys=True) for model in store.models()}
        for store in (source, target)
    )
    return [f"model {name}:{version}" for (name, version), text in here.items() if there.get((name, version)) != text]
