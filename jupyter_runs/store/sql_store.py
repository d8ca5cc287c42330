"""A store in SQL: the writes. Reads are in `sql_read.py`, databases in `sqlite_db.py` and `postgres_db.py`, promises in `base.py`."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from jupyter_runs.errors import IllegalTransition, InvalidName, PropertyConflict, RunNotFound, RunStateError
from jupyter_runs.model import (
    ALLOWED,
    Event,
    NewRun,
    Owner,
    Page,
    Point,
    Progress,
    RunError,
    RunRecord,
    Series,
    Status,
)
from jupyter_runs.store import sql_read as read
from jupyter_runs.store.base import Files, OwnerState, RunFilter, Span, StopRequest
from jupyter_runs.store.sql_journal import Journals
from jupyter_runs.store.sql_keep import Keeping, reactivate
from jupyter_runs.store.sql_models import Models
from jupyter_runs.store.sql_sections import Sections
from jupyter_runs.store.sql_series import series
from jupyter_runs.store.sql_suggest import Suggesting
from jupyter_runs.store.sql_table import Tables
from jupyter_runs.store.sql_transfer import Transfer
from jupyter_runs.store.sql_tx import TREE, add_event, must_exist, next_rev, touch
from jupyter_runs.store.sql_where import UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jupyter_runs.store.sql import Connection, Database
    from jupyter_runs.store.sql_points import PointLog

_OWNER = "SELECT owner_id FROM owner WHERE host = ? AND pid_space = ? AND pid = ? AND pid_started_at = ?"


#: So much of the end of an id names a run: ids of scripts begin with their experiment, and are shown by their end.
_SHORT_ID = 4


class SqlStore(Keeping, Transfer, Suggesting, Sections, Tables, Models, Journals):
    """All of a store but what its database alone knows: where it stands, and what has changed."""

    #: The folder of the workspace is where its files are.
    files = Files()
    user: str | None = None
    _db: Database
    _points: PointLog

    # -- creating ------------------------------------------------------------------------------------------------------

    def create_runs(self, runs: Sequence[NewRun]) -> list[RunRecord]:
        now = time.time()
        with self._db.write() as tx:
            rev = next_rev(tx)
            rows, texts, made = [], [], []
            owners: dict[Owner | None, int | None] = {None: None}
            for run in runs:
                if run.owner not in owners and run.owner is not None:
                    owners[run.owner] = _owner_id(tx, run.owner, now)
            numbers = self._take_numbers(tx, runs, now)
            roots = _roots(tx, {run.parent_id for run in runs if run.parent_id is not None})
            for run, number in zip(runs, numbers, strict=True):
                root = run.run_id if run.parent_id is None else roots[run.parent_id]
                roots[run.run_id] = root
                started = now if run.status is Status.RUNNING else None
                name = run.name or f"run-{number}"
                rows.append(
                    (
                        *(run.run_id, rev, run.experiment, number, name, run.description, run.type, run.status.value),
                        *(run.parent_id, root, now, started, run.submitted_by, owners[run.owner]),
                        None if run.job is None else json.dumps(run.job),
                    )
                )
                for kind, items in (("tag", run.tags), ("property", run.properties), ("param", run.params)):
                    texts += [(run.run_id, kind, key, value) for key, value in items.items()]
                made.append(_made(run, rev=rev, number=number, name=name, root=root, now=now, started=started))
            try:
                tx.executemany(
                    "INSERT INTO run (run_id, rev, experiment, number, name, description, type, status, parent_id, root_id, created_at, "
                    "started_at, submitted_by, owner_id, job) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                    rows,
                )
            except self._db.driver.IntegrityError as error:
                raise InvalidName(
                    "A run of that id exists already. Leave run_id out, or choose another one."
                ) from error
            tx.executemany("INSERT INTO tag (run_id, kind, key, value) VALUES (?,?,?,?)", texts)
            parents = {run.parent_id for run in runs if run.parent_id is not None}
            tx.executemany("UPDATE run SET rev = ? WHERE run_id = ?", [(rev, parent) for parent in parents])
            return made

    def _take_numbers(self, tx: Connection, runs: Sequence[NewRun], now: float) -> list[int]:
        last: dict[str, int] = {}
        numbers = []
        for run in runs:
            if run.experiment not in last:
                tx.execute(
                    "INSERT INTO experiment (name, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
                    (run.experiment, now),
                )
                sql = "SELECT last_number, archived_at IS NOT NULL OR deleted_at IS NOT NULL FROM experiment WHERE name = ?"
                last[run.experiment], is_away = tx.execute(sql, (run.experiment,)).fetchone()
                if is_away:
                    reactivate(tx, run.experiment)
            last[run.experiment] += 1
            numbers.append(last[run.experiment])
        tx.executemany("UPDATE experiment SET last_number = ? WHERE name = ?", [(n, e) for e, n in last.items()])
        return numbers

    def ensure_experiment(self, name: str) -> None:
        with self._db.query() as conn:
            sql = "SELECT 1 FROM experiment WHERE name = ? AND deleted_at IS NULL"
            known = conn.execute(sql, (name,)).fetchone()
        if known is None:
            with self._db.write() as tx:
                tx.execute(
                    "INSERT INTO experiment (name, created_at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET deleted_at = NULL",
                    (name, time.time()),
                )
                next_rev(tx)

    # -- reading -------------------------------------------------------------------------------------------------------

    def get_run(self, run_id: str) -> RunRecord:
        found = self.get_runs([run_id])
        if not found:
            raise RunNotFound(run_id, self.location)
        return found[0]

    def get_runs(self, run_ids: Iterable[str]) -> list[RunRecord]:
        with self._db.read() as conn:
            return read.records(conn, list(run_ids))

    def find_runs(self, where: RunFilter, limit: int = 50, page: str | None = None) -> Page:
        with self._db.read() as conn:
            return read.find(conn, where, limit, page)

    def find_ids(self, prefix: str, limit: int = 10) -> list[str]:
        with self._db.read() as conn:
            sql = "SELECT run_id FROM run WHERE run_id >= ? AND run_id < ? LIMIT ?"
            rows = conn.execute(sql, (prefix, prefix + "\U0010ffff", limit)).fetchall()
            if not rows and len(prefix) >= _SHORT_ID:
                sql = "SELECT run_id FROM run WHERE substr(run_id, length(run_id) - ? + 1) = ? LIMIT ?"
                rows = conn.execute(sql, (len(prefix), prefix, limit)).fetchall()
            return [row[0] for row in rows]

    def series(
        self,
        run_id: str,
        name: str | None = None,
        after: str | None = None,
        max_points: int | None = None,
        span: Span | None = None,
    ) -> tuple[str, list[Series]]:
        with self._db.read() as conn:
            must_exist(conn, run_id, self.location)
            start = 0 if after is None else read.place(after)
            return str(read.last_point_of(conn, run_id)), series(conn, run_id, name, start, max_points, span)

    def events(self, run_id: str) -> list[Event]:
        with self._db.read() as conn:
            run = conn.execute("SELECT created_at, submitted_by FROM run WHERE run_id = ?", (run_id,)).fetchone()
            if run is None:
                raise RunNotFound(run_id, self.location)
            rows = conn.execute(
                "SELECT at, kind, by, body FROM event WHERE run_id = ? ORDER BY seq", (run_id,)
            ).fetchall()
            created = Event(run[0], "created", run[1], {})
            return [created, *(Event(at, kind, by, json.loads(body)) for at, kind, by, body in rows)]

    # -- states --------------------------------------------------------------------------------------------------------

    def transition(
        self, run_id: str, to: Status, *, error: RunError | None = None, by: str | None = None, via: str | None = None
    ) -> RunRecord:
        # An fsync for the end of a root run: what a person waited for survives a power cut.
        with self._db.write(durable=to.is_final) as tx:
            _transition(tx, run_id, to, error=error, by=by, via=via, location=self.location)
            return read.records(tx, [run_id])[0]

    def end_descendants(
        self, run_id: str, to: Status, owner: Owner, *, by: str | None = None, via: str | None = None
    ) -> list[str]:
        with self._db.write() as tx:
            mine = (
                f"SELECT run_id FROM run WHERE run_id IN (SELECT id FROM tree) AND run_id <> ? "
                f"AND status IN (SELECT value FROM json_each(?)) AND (owner_id IS NULL OR owner_id = ({_OWNER}))"
            )
            reaching = json.dumps([s.value for s in Status if to in ALLOWED[s]])
            rows = tx.execute(f"{TREE}{mine}", (run_id, run_id, reaching, *_key(owner))).fetchall()
            for (child,) in rows:
                _transition(tx, child, to, error=None, by=by, via=via, location=self.location)
            return [row[0] for row in rows]

    def request_cancel(self, run_id: str, *, by: str, via: str) -> RunRecord:
        now = time.time()
        with self._db.write() as tx:
            must_exist(tx, run_id, self.location)
            asked = tx.execute(
                f"{TREE}UPDATE run SET cancel_requested_at = ?, cancel_by = ?, rev = ?, "
                "cancel_via = CASE run_id WHEN ? THEN ? ELSE 'parent' END "
                f"WHERE run_id IN (SELECT id FROM tree) AND {UNFINISHED} AND cancel_requested_at IS NULL "
                "RETURNING run_id, owner_id, status",
                (run_id, now, by, next_rev(tx), run_id, via),
            ).fetchall()
            tx.executemany(
                "INSERT INTO event (run_id, at, kind, by, body) VALUES (?, ?, 'cancel_requested', ?, ?)",
                [(asked_id, now, by, json.dumps({"via": via})) for asked_id, _, _ in asked],
            )
            for asked_id, owner_id, status in asked:
                if owner_id is None or status == Status.QUEUED.value:
                    _transition(tx, asked_id, Status.CANCELED, error=None, by=by, via=via, location=self.location)
            return read.records(tx, [run_id])[0]

    def stops_asked(self, owner: Owner) -> list[StopRequest]:
        sql = (
            "SELECT run_id, cancel_by, cancel_via, cancel_requested_at FROM run "
            f"WHERE owner_id = ({_OWNER}) AND {UNFINISHED} AND cancel_requested_at IS NOT NULL ORDER BY seq"
        )
        with self._db.query() as conn:
            return [StopRequest(*row) for row in conn.execute(sql, _key(owner)).fetchall()]

    # -- scripts -------------------------------------------------------------------------------------------------------

    def job(self, run_id: str) -> dict[str, Any] | None:
        with self._db.query() as conn:
            row = conn.execute("SELECT job FROM run WHERE run_id = ?", (run_id,)).fetchone()
        if row is None:
            raise RunNotFound(run_id, self.location)
        return None if row[0] is None else dict(json.loads(row[0]))

    def hand_over(self, run_id: str, owner: Owner) -> None:
        with self._db.write() as tx:
            tx.execute(
                "UPDATE run SET owner_id = ?, rev = ? WHERE run_id = ? AND status = 'Queued'",
                (_owner_id(tx, owner, time.time()), next_rev(tx), run_id),
            )

    def claim(self, run_id: str, owner: Owner, to: Status = Status.PREPARING) -> RunRecord:
        with self._db.write() as tx:
            _transition(tx, run_id, to, error=None, by=None, via=None, location=self.location, first=True)
            tx.execute("UPDATE run SET owner_id = ? WHERE run_id = ?", (_owner_id(tx, owner, time.time()), run_id))
            return read.records(tx, [run_id])[0]

    def note_error(self, run_id: str, error: RunError) -> None:
        with self._db.write() as tx:
            sql = f"UPDATE run SET error_code = ?, error_message = ?, error_traceback = ?, rev = ? WHERE run_id = ? AND {UNFINISHED}"
            done = tx.execute(sql, (error.code, error.message, error.traceback, next_rev(tx), run_id))
            if done.rowcount == 0:
                must_exist(tx, run_id, self.location)

    # -- values --------------------------------------------------------------------------------------------------------

    def append(self, run_id: str, points: Sequence[Point]) -> None:
        self._points.append(run_id, points)

    # -- fields, tags, properties ----------------------------------------------------------------------------------------

    def update_run(
        self,
        run_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        progress: Progress | None = None,
        log_bytes: int | None = None,
    ) -> None:
        sets: dict[str, Any] = {}
        if name is not None:
            sets["name"] = name
        if description is not None:
            sets["description"] = description or None
        if progress is not None:
            sets |= {
                "progress_done": progress.done,
                "progress_total": progress.total,
                "progress_message": progress.message,
            }
        if log_bytes is not None:
            sets["log_bytes"] = log_bytes
        # Of one run, and often: it need not wait for those who change many.
        with self._db.write(alone=False) as tx:
            if progress is not None:
                self._points.must_take_values(tx, run_id)
            # A log only grows; two threads may tell its length in the wrong order.
            assignments = "".join(f", {c} = max({c}, ?)" if c == "log_bytes" else f", {c} = ?" for c in sets)
            done = tx.execute(
                f"UPDATE run SET rev = ?{assignments} WHERE run_id = ?", (next_rev(tx), *sets.values(), run_id)
            )
            if done.rowcount == 0:
                raise RunNotFound(run_id, self.location)

    def edit_tags(
        self, run_id: str, set_: Mapping[str, str | None], remove: Iterable[str] = (), *, by: str | None = None
    ) -> RunRecord:
        gone = list(remove)
        with self._db.write() as tx:
            must_exist(tx, run_id, self.location)
            tx.executemany(
                "INSERT INTO tag (run_id, kind, key, value) VALUES (?, 'tag', ?, ?) "
                "ON CONFLICT (run_id, kind, key) DO UPDATE SET value = excluded.value",
                [(run_id, k, v) for k, v in set_.items()],
            )
            tx.executemany("DELETE FROM tag WHERE run_id = ? AND kind = 'tag' AND key = ?", [(run_id, k) for k in gone])
            touch(tx, run_id)
            add_event(tx, run_id, "tags", by, {"set": dict(set_), "removed": gone})
            return read.records(tx, [run_id])[0]

    def add_properties(self, run_id: str, items: Mapping[str, str], *, kind: str = "property") -> None:
        with self._db.write() as tx:
            must_exist(tx, run_id, self.location)
            there = dict(
                tx.execute("SELECT key, value FROM tag WHERE run_id = ? AND kind = ?", (run_id, kind)).fetchall()
            )
            for key, value in items.items():
                if there.get(key, value) != value:
                    raise PropertyConflict(kind, key, there[key])
            new = [(run_id, kind, key, value) for key, value in items.items() if key not in there]
            if new:
                tx.executemany("INSERT INTO tag (run_id, kind, key, value) VALUES (?,?,?,?)", new)
                touch(tx, run_id)

    # -- owners --------------------------------------------------------------------------------------------------------

    def heartbeat(self, owner: Owner) -> None:
        with self._db.write(alone=False) as tx:
            tx.execute(f"UPDATE owner SET heartbeat_at = ? WHERE owner_id = ({_OWNER})", (time.time(), *_key(owner)))

    def unfinished_owners(self) -> list[OwnerState]:
        sql = (
            "SELECT host, pid_space, pid, pid_started_at, kernel_id, heartbeat_at FROM owner WHERE owner_id IN "
            f"(SELECT owner_id FROM run WHERE {UNFINISHED} AND owner_id IS NOT NULL)"
        )
        with self._db.query() as conn:
            return [OwnerState(Owner(*row[:5]), row[5]) for row in conn.execute(sql).fetchall()]

    def end_owned(self, owner: Owner, error: RunError) -> list[str]:
        with self._db.write(durable=True) as tx:
            sql = f"SELECT run_id, cancel_requested_at, cancel_by, cancel_via FROM run WHERE owner_id = ({_OWNER}) AND {UNFINISHED}"
            rows = tx.execute(sql, _key(owner)).fetchall()
            for run_id, canceled_at, by, via in rows:
                if canceled_at is None:
                    _transition(tx, run_id, Status.FAILED, error=error, by=None, via=None, location=self.location)
                else:
                    _transition(tx, run_id, Status.CANCELED, error=None, by=by, via=via, location=self.location)
            return [row[0] for row in rows]


_TRANSITION = """
UPDATE run SET status = :to, rev = :rev,
  ended_at = CASE WHEN :final THEN :now ELSE ended_at END,
  started_at = CASE WHEN :to = 'Running' THEN coalesce(started_at, :now) ELSE started_at END,
  error_code = coalesce(:code, error_code),
  error_message = coalesce(:message, error_message),
  error_traceback = coalesce(:traceback, error_traceback),
  cancel_requested_at = CASE WHEN :to = 'Canceled' THEN coalesce(cancel_requested_at, :now) ELSE cancel_requested_at END,
  cancel_by = CASE WHEN :to = 'Canceled' THEN coalesce(cancel_by, :by) ELSE cancel_by END,
  cancel_via = CASE WHEN :to = 'Canceled' THEN coalesce(cancel_via, :via) ELSE cancel_via END
WHERE run_id = :run_id AND status IN (SELECT value FROM json_each(:allowed)) RETURNING parent_id
"""


def _key(owner: Owner) -> tuple[str, str, int, float]:
    return owner.host, owner.pid_space, owner.pid, owner.pid_started_at


def _owner_id(tx: Connection, owner: Owner, now: float) -> int:
    tx.execute(
        "INSERT INTO owner (host, pid_space, pid, pid_started_at, kernel_id, heartbeat_at) VALUES (?,?,?,?,?,?) "
        "ON CONFLICT (host, pid_space, pid, pid_started_at) "
        "DO UPDATE SET heartbeat_at = excluded.heartbeat_at, kernel_id = excluded.kernel_id",
        (*_key(owner), owner.kernel_id, now),
    )
    return int(tx.execute(_OWNER, _key(owner)).fetchone()[0])


def _roots(tx: Connection, parents: set[str]) -> dict[str, str]:
    rows = tx.execute(
        "SELECT run_id, root_id, deleted_at FROM run WHERE run_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(parents)),),
    ).fetchall()
    roots = {run_id: root_id for run_id, root_id, _ in rows}
    for binned in [run_id for run_id, _, deleted_at in rows if deleted_at is not None]:
        raise RunStateError(f"Run {binned} is in the bin and takes no children. Restore it first (`run.restore()`).")
    for parent in parents - roots.keys():
        raise RunNotFound(parent)
    return roots


def _made(run: NewRun, *, rev: int, number: int, name: str, root: str, now: float, started: float | None) -> RunRecord:
    """A run that was just created, without reading it back: a thousand children are made in one call."""
    return RunRecord(
        run_id=run.run_id,
        rev=rev,
        experiment=run.experiment,
        number=number,
        name=name,
        description=run.description,
        type=run.type,
        status=run.status,
        parent_id=run.parent_id,
        root_id=root,
        created_at=now,
        started_at=started,
        ended_at=None,
        heartbeat_at=None if run.owner is None else now,
        cancel_requested_at=None,
        cancel_by=None,
        cancel_via=None,
        error=None,
        submitted_by=run.submitted_by,
        owner=run.owner,
        progress=None,
        log_bytes=0,
        tags=dict(run.tags),
        properties=dict(run.properties),
        params=dict(run.params),
        metrics={},
        child_counts={},
    )


def _transition(
    tx: Connection,
    run_id: str,
    to: Status,
    *,
    error: RunError | None,
    by: str | None,
    via: str | None,
    location: str,
    first: bool = False,
) -> None:
    """The compare-and-set behind every change of status. `first`: that it has the status already is no success."""
    values = {
        "to": to.value,
        "rev": next_rev(tx),
        "final": to.is_final,
        "now": time.time(),
        "code": error.code if error else None,
        "message": error.message if error else None,
        "traceback": error.traceback if error else None,
        "by": by,
        "via": via,
        "run_id": run_id,
        "allowed": json.dumps([s.value for s in Status if to in ALLOWED[s]]),
    }
    changed = tx.execute(_TRANSITION, values).fetchone()
    if changed is None:
        row = tx.execute("SELECT status FROM run WHERE run_id = ?", (run_id,)).fetchone()
        if row is None:
            raise RunNotFound(run_id, location)
        if first or row[0] != to.value:
            raise IllegalTransition(run_id, row[0], to.value)
        return
    add_event(tx, run_id, "status", by, {"status": to.value, "via": via, "error": values["message"]})
    if changed[0] is not None:
        tx.execute("UPDATE run SET rev = ? WHERE run_id = ?", (values["rev"], changed[0]))
