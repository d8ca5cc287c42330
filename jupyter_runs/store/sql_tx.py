"""The few statements that every write to a store in SQL is made of."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from jupyter_runs.errors import RunNotFound

if TYPE_CHECKING:
    from jupyter_runs.store.sql import Connection

#: Begins a statement about a run and all its descendants: `… WHERE run_id IN (SELECT id FROM tree)`.
TREE = (
    "WITH RECURSIVE tree(id) AS (SELECT run_id FROM run WHERE run_id = ? "
    "UNION ALL SELECT c.run_id FROM run c JOIN tree ON c.parent_id = tree.id) "
)


def next_rev(tx: Connection) -> int:
    return int(tx.execute("UPDATE clock SET rev = rev + 1 RETURNING rev").fetchone()[0])


def must_exist(conn: Connection, run_id: str, location: str) -> None:
    if conn.execute("SELECT 1 FROM run WHERE run_id = ?", (run_id,)).fetchone() is None:
        raise RunNotFound(run_id, location)


def touch(tx: Connection, run_id: str) -> None:
    tx.execute("UPDATE run SET rev = ? WHERE run_id = ?", (next_rev(tx), run_id))


def add_event(tx: Connection, run_id: str, kind: str, by: str | None, body: dict[str, Any]) -> None:
    tx.execute(
        "INSERT INTO event (run_id, at, kind, by, body) VALUES (?,?,?,?,?)",
        (run_id, time.time(), kind, by, json.dumps(body)),
    )
