"""Housekeeping of a store in SQL: archive, bin, removal for good, tags of experiments. The promises are in `base.py`.

The bin: a run in it keeps every row and is only marked; what went in together carries one instant, so that it comes out together.
Removal for good takes two steps, so that no lock is held for long and a crash leaves nothing half there: one short transaction takes the
runs away and sets their series adrift (an id that no run can have); then adrift points go in small portions.
"""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING, Any

from jupyter_runs.errors import InvalidName, RunNotFound, RunStateError, shorten
from jupyter_runs.model import ExperimentRecord
from jupyter_runs.store import sql_read as read
from jupyter_runs.store.sql_chunks import FULL, SIZE, long_tails, seal_oldest
from jupyter_runs.store.sql_tx import TREE, add_event, must_exist, next_rev, touch
from jupyter_runs.store.sql_where import UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from jupyter_runs.model import RunRecord
    from jupyter_runs.store.sql import Connection, Database

_AMONG = "IN (SELECT value FROM json_each(?))"
#: `-` and their own id, in place of the run's: ids of runs begin with a letter or digit.
_ADRIFT = "run_id >= '-' AND run_id < '.'"
#: Points removed in one go: some hundredths of a second.
_PORTION = 20_000


class Keeping:
    """The part of `SqlStore` that keeps house."""

    location: str
    _db: Database
    #: Series that `compact` is done with, though they may have rows that cannot be sealed.
    _stuck: set[int]

    # -- archive -------------------------------------------------------------------------------------------------------

    def set_archived(self, run_id: str, archived: bool, *, by: str | None = None) -> RunRecord:
        with self._db.write() as tx:
            must_exist(tx, run_id, self.location)
            at = time.time() if archived else None
            sql = "UPDATE run SET archived_at = ? WHERE run_id = ? AND (archived_at IS NULL) = ?"
            if tx.execute(sql, (at, run_id, archived)).rowcount:
                touch(tx, run_id)
                add_event(tx, run_id, "archived" if archived else "reactivated", by, {})
            return read.records(tx, [run_id])[0]

    # -- the bin -------------------------------------------------------------------------------------------------------

    def delete_run(self, run_id: str, *, by: str | None = None) -> list[str]:
        with self._db.write() as tx:
            must_exist(tx, run_id, self.location)
            _must_have_ended(tx, f"{TREE}SELECT run_id FROM run WHERE run_id IN (SELECT id FROM tree)", run_id)
            gone = _bin(tx, f"{TREE}UPDATE run SET {{}} WHERE run_id IN (SELECT id FROM tree)", run_id)
            if gone:
                add_event(tx, run_id, "deleted", by, {"runs": len(gone)})
                _tell_parent(tx, run_id)
            return gone

    def restore_run(self, run_id: str, *, by: str | None = None) -> list[str]:
        with self._db.write() as tx:
            sql = (
                "SELECT r.experiment, r.deleted_at, p.run_id FROM run r "
                "LEFT JOIN run p ON p.run_id = r.parent_id AND p.deleted_at IS NOT NULL WHERE r.run_id = ?"
            )
            row = tx.execute(sql, (run_id,)).fetchone()
            if row is None:
                raise RunNotFound(run_id, self.location)
            experiment, deleted_at, parent = row
            if deleted_at is None:
                return []
            if parent is not None:
                raise RunStateError(f"Run {run_id} is in the bin with its parent. Restore run {parent} instead.")
            back = tx.execute(
                f"{TREE}UPDATE run SET deleted_at = NULL, rev = ? "
                "WHERE run_id IN (SELECT id FROM tree) AND deleted_at = ? RETURNING run_id",
                (run_id, next_rev(tx), deleted_at),
            ).fetchall()
            tx.execute("UPDATE experiment SET deleted_at = NULL WHERE name = ?", (experiment,))
            add_event(tx, run_id, "restored", by, {"runs": len(back)})
            _tell_parent(tx, run_id)
            return [row[0] for row in back]

    def binned(self, before: float) -> list[list[str]]:
        sql = "SELECT root_id, run_id FROM run WHERE deleted_at IS NOT NULL AND deleted_at <= ? ORDER BY seq"
        with self._db.query() as conn:
            rows = conn.execute(sql, (before,)).fetchall()
        trees: dict[str, list[str]] = {}
        for root_id, run_id in rows:
            trees.setdefault(root_id, []).append(run_id)
        return list(trees.values())

    # -- gone for good -------------------------------------------------------------------------------------------------

    def erase(self, run_ids: Sequence[str]) -> list[str]:
        ids = json.dumps(list(run_ids))
        with self._db.write() as tx:
            # With the revision of the row: who has heard that it went into the bin need not hear it again.
            tx.execute(
                "INSERT INTO tombstone (rev, run_id, at) "
                f"SELECT rev, run_id, ? FROM run WHERE run_id {_AMONG} AND deleted_at IS NOT NULL "
                "ON CONFLICT (run_id) DO UPDATE SET rev = excluded.rev, at = excluded.at",
                (time.time(), ids),
            )
            sql = f"SELECT run_id FROM run WHERE run_id {_AMONG} AND deleted_at IS NOT NULL"
            gone = [row[0] for row in tx.execute(sql, (ids,)).fetchall()]
            ids = json.dumps(gone)
            for table in ("tag", "event", "journal", "run"):
                tx.execute(f"DELETE FROM {table} WHERE run_id {_AMONG}", (ids,))
            tx.execute(f"UPDATE series SET run_id = '-' || series_id WHERE run_id {_AMONG}", (ids,))
            return gone

    def discard(self, run_ids: Sequence[str], move: Callable[[str], None]) -> None:
        sql = f"SELECT run_id FROM tombstone WHERE run_id {_AMONG} AND run_id NOT IN (SELECT run_id FROM run)"
        with self._db.write() as tx:
            for (run_id,) in tx.execute(sql, (json.dumps(list(run_ids)),)).fetchall():
                move(run_id)

    def sweep(self, binned_before: float, forget_before: float, keep: Iterable[str] = ()) -> None:
        while self._sweep_points() or self.compact(1.0):
            pass
        with self._db.write() as tx:
            tx.execute(
                "DELETE FROM experiment WHERE deleted_at <= ? AND name NOT IN (SELECT experiment FROM run)",
                (binned_before,),
            )
            tx.execute(
                f"DELETE FROM tombstone WHERE at < ? AND run_id NOT {_AMONG}", (forget_before, json.dumps(list(keep)))
            )
        self._db.give_back()

    def compact(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        with self._db.query() as conn:
            left = [series_id for series_id in long_tails(conn) if series_id not in self._stuck]
        while left:
            with self._db.write() as tx:
                rows = seal_oldest(tx, left[-1])
            if rows < FULL:
                self._stuck.add(left.pop())
            if time.monotonic() > until:
                break
        return bool(left)

    def _sweep_points(self) -> bool:
        """Remove one portion of adrift points; False when none is left.

        The newest point stays whatever it belonged to (series 0 is nobody's), and so does the newest series: a position in the log is never
        given out twice, and an id that another process remembers never means another series.
        """
        with self._db.write() as tx:
            last = tx.execute("SELECT max(seq) FROM point").fetchone()[0]
            sql = f"UPDATE point SET series_id = 0 WHERE seq = ? AND series_id IN (SELECT series_id FROM series WHERE {_ADRIFT})"
            tx.execute(sql, (last,))
            tx.execute("DELETE FROM point WHERE series_id = 0 AND seq < ?", (last,))
            left = _PORTION
            adrift = tx.execute(f"SELECT series_id FROM series WHERE {_ADRIFT} LIMIT 1001").fetchall()
            for (series_id,) in adrift[:1000]:
                sql = "DELETE FROM chunk WHERE chunk_id IN (SELECT chunk_id FROM chunk WHERE series_id = ? LIMIT ?)"
                left -= SIZE * tx.execute(sql, (series_id, left // SIZE + 1)).rowcount
                if left <= 0:
                    return True
                sql = "DELETE FROM point WHERE seq IN (SELECT seq FROM point WHERE series_id = ? LIMIT ?)"
                left -= tx.execute(sql, (series_id, left)).rowcount
                if left <= 0:
                    return True
                sql = "DELETE FROM series WHERE series_id = ? AND series_id < (SELECT max(series_id) FROM series)"
                tx.execute(sql, (series_id,))
            return len(adrift) > 1000

    def property_values(self, key: str, without: Sequence[str] = ()) -> set[str]:
        sql = f"SELECT DISTINCT value FROM tag WHERE kind = 'property' AND key = ? AND value IS NOT NULL AND run_id NOT {_AMONG}"
        with self._db.query() as conn:
            return {row[0] for row in conn.execute(sql, (key, json.dumps(list(without)))).fetchall()}

    def ended_before(self, run_ids: Sequence[str], before: float) -> list[str]:
        sql = f"SELECT run_id FROM run WHERE run_id {_AMONG} AND ended_at < ?"
        with self._db.query() as conn:
            return [row[0] for row in conn.execute(sql, (json.dumps(list(run_ids)), before)).fetchall()]

    # -- experiments ---------------------------------------------------------------------------------------------------

    def experiments(self, archived: bool | None = False) -> list[ExperimentRecord]:
        with self._db.read() as conn:
            return [_experiment(row) for row in read.experiments(conn, archived)]

    def experiment(self, name: str) -> ExperimentRecord:
        with self._db.read() as conn:
            rows = read.experiments(conn, None, name)
        if not rows:
            raise _no_experiment(name, self.location)
        return _experiment(rows[0])

    def edit_experiment_tags(self, name: str, set_: Mapping[str, str | None], remove: Iterable[str] = ()) -> None:
        with self._db.write() as tx:
            row = tx.execute("SELECT tags FROM experiment WHERE name = ?", (name,)).fetchone()
            if row is None:
                raise _no_experiment(name, self.location)
            gone = set(remove)
            tags = {k: v for k, v in {**json.loads(row[0]), **set_}.items() if k not in gone}
            tx.execute("UPDATE experiment SET tags = ? WHERE name = ?", (json.dumps(tags), name))
            next_rev(tx)

    def archive_experiment(self, name: str) -> None:
        with self._db.write() as tx:
            if _must_know(tx, name, self.location)[0] is not None:
                return
            # No run carries this instant already, so it tells the runs archived now from those archived by hand.
            newest = tx.execute("SELECT max(archived_at) FROM run WHERE experiment = ?", (name,)).fetchone()[0]
            at = _after(newest)
            tx.execute("UPDATE experiment SET archived_at = ? WHERE name = ?", (at, name))
            tx.execute(
                "UPDATE run SET archived_at = ?, rev = ? WHERE experiment = ? AND parent_id IS NULL AND archived_at IS NULL",
                (at, next_rev(tx), name),
            )

    def reactivate_experiment(self, name: str, new_name: str | None = None) -> None:
        with self._db.write() as tx:
            _must_know(tx, name, self.location)
            reactivate(tx, name)
            if new_name is not None and new_name != name:
                _rename(tx, name, new_name)

    def delete_experiment(self, name: str, *, by: str | None = None) -> list[str]:
        with self._db.write() as tx:
            _must_know(tx, name, self.location)
            mine = "SELECT run_id FROM run WHERE root_id IN (SELECT run_id FROM run WHERE experiment = ?)"
            _must_have_ended(tx, mine, name)
            gone = _bin(tx, f"UPDATE run SET {{}} WHERE run_id IN ({mine})", name)
            now = time.time()
            tx.executemany(
                "INSERT INTO event (run_id, at, kind, by, body) VALUES (?, ?, 'deleted', ?, '{\"runs\": 1}')",
                [(run_id, now, by) for run_id in gone],
            )
            tx.execute("UPDATE experiment SET deleted_at = coalesce(deleted_at, ?) WHERE name = ?", (now, name))
            next_rev(tx)
            return gone


def reactivate(tx: Connection, name: str) -> None:
    """The experiment is neither archived nor deleted, and the runs that were archived with it are back."""
    tx.execute(
        "UPDATE run SET archived_at = NULL, rev = ? WHERE experiment = ? AND parent_id IS NULL "
        "AND archived_at = (SELECT archived_at FROM experiment WHERE name = ?)",
        (next_rev(tx), name, name),
    )
    tx.execute("UPDATE experiment SET archived_at = NULL, deleted_at = NULL WHERE name = ?", (name,))


def _rename(tx: Connection, name: str, new_name: str) -> None:
    if tx.execute("SELECT 1 FROM experiment WHERE name = ?", (new_name,)).fetchone():
        raise InvalidName(f"There is an experiment {shorten(new_name)!r} already. Choose another name.")
    tx.execute("UPDATE experiment SET name = ? WHERE name = ?", (new_name, name))
    tx.execute("UPDATE run SET experiment = ?, rev = ? WHERE experiment = ?", (new_name, next_rev(tx), name))


def _bin(tx: Connection, update: str, param: str) -> list[str]:
    """Into the bin, at an instant that no other run in it has."""
    at = _after(tx.execute("SELECT max(deleted_at) FROM run WHERE deleted_at IS NOT NULL").fetchone()[0])
    sql = update.format("deleted_at = ?, rev = ?") + " AND deleted_at IS NULL RETURNING run_id"
    params = (param, at, next_rev(tx)) if update.startswith("WITH") else (at, next_rev(tx), param)
    return [row[0] for row in tx.execute(sql, params).fetchall()]


def _after(other: float | None) -> float:
    """Now, or just after `other`: clocks tick in milliseconds on some systems, and are set back."""
    now = time.time()
    if other is None or other < now:
        return now
    return math.nextafter(other, math.inf)


def _must_have_ended(tx: Connection, runs: str, param: str) -> None:
    row = tx.execute(
        f"SELECT run_id, status FROM ({runs}) AS these JOIN run USING (run_id) WHERE {UNFINISHED}", (param,)
    ).fetchone()
    if row is None:
        return
    run_id, status = row
    below = "" if run_id == param else " and belongs to what is to be deleted"
    raise RunStateError(f"Run {run_id} is {status}{below}. Cancel it first (`run.cancel()`), then delete.")


def _must_know(tx: Connection, name: str, location: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = tx.execute(
        "SELECT archived_at, deleted_at FROM experiment WHERE name = ?", (name,)
    ).fetchone()
    if row is None:
        raise _no_experiment(name, location)
    return row


def _no_experiment(name: str, location: str) -> InvalidName:
    return InvalidName(f"No experiment {shorten(name)!r} in {location}. `ws.experiments` shows those that are there.")


def _tell_parent(tx: Connection, run_id: str) -> None:
    """The parent counts its children: it has changed too."""
    tx.execute(
        "UPDATE run SET rev = ? WHERE run_id = (SELECT parent_id FROM run WHERE run_id = ?)", (next_rev(tx), run_id)
    )


def _experiment(row: tuple[Any, ...]) -> ExperimentRecord:
    name, created_at, total, active, last_at, tags, archived_at = row
    return ExperimentRecord(name, created_at, total, active, last_at, json.loads(tags), archived_at)
