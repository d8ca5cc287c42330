"""Runs of a store in SQL go away as plain JSON values and come back. The values are in `sql_dump.py`, the promises in `base.py`."""

from __future__ import annotations

import json
import math
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from jupyter_runs import names
from jupyter_runs.errors import InvalidName, RunStateError, shorten
from jupyter_runs.model import FINAL, Status
from jupyter_runs.store.base import Loaded
from jupyter_runs.store.sql import VALUE
from jupyter_runs.store.sql_chunks import extend
from jupyter_runs.store.sql_dump import COLUMNS, dump, dump_experiment, from_json, trees
from jupyter_runs.store.sql_keep import reactivate
from jupyter_runs.store.sql_tx import next_rev

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from jupyter_runs.store.sql import Connection, Database


#: The number that a run had where it comes from, when it was taken here.
IMPORTED_NUMBER = "jupyter_runs.imported_number"
#: Not bool: JSON's true is no value of a column.
_PLAIN = {int, float}
#: What a damaged or hostile line does on its way into the tables.
_MISFITS = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError)


class Transfer:
    """The part of `SqlStore` that gives runs away and takes them in."""

    location: str
    _db: Database

    def dump(self, experiment: str, run_ids: Sequence[str] | None = None) -> Generator[dict[str, Any], None, None]:
        with self._db.read() as conn:
            facts = dump_experiment(conn, experiment, self.location)
            ids = trees(conn, experiment, run_ids)
            yield facts
            yield from dump(conn, ids)

    def load(
        self,
        items: Iterable[dict[str, Any]],
        *,
        exported_at: float,
        name: str | None = None,
        ready: Callable[[Loaded], None] = lambda _: None,
    ) -> Loaded:
        with self._db.write(durable=True) as tx:
            taking = Taking(tx, exported_at, name, self.location)
            try:
                for item in items:
                    taking.take(item)
                loaded = taking.finish()
            except _misfits(self._db.driver) as error:
                if isinstance(error, InvalidName):
                    raise
                why = shorten(" ".join(str(error).split()), 100)
                raise InvalidName(
                    f"The runs in the file are damaged ({type(error).__name__}: {why}). Export them again."
                ) from error
            ready(loaded)
            return loaded


def _misfits(driver: Any) -> tuple[type[Exception], ...]:
    return *_MISFITS, driver.IntegrityError, driver.InterfaceError, driver.ProgrammingError, driver.DataError


class Taking:
    """Takes in one experiment, line by line, within one transaction."""

    def __init__(self, tx: Connection, exported_at: float, name: str | None, location: str) -> None:
        self._tx = tx
        self._exported_at = exported_at
        self._name = name
        self._location = location
        self._rev = next_rev(tx)
        #: Where runs come from and go to.
        self._from = self._to = ""
        self._archived: tuple[float | None, float | None] = (None, None)
        self._free = 0
        self._seen: set[str] = set()
        self._new: list[str] = []
        self._known: list[str] = []
        self._series: dict[str, int] = {}
        self._run: str | None = None
        self._points = 0
        #: Of the run at hand, when it is here already: of what comes.
        self._digest: Digest | None = None

    def take(self, item: dict[str, Any]) -> None:
        if "points" in item:
            run_id, name = item["of"]
            self._take_points(run_id, name, item["points"])
        elif "run" in item:
            self._end_run()
            self._take_run(item)
        else:
            self._take_experiment(item["experiment"])

    def finish(self) -> Loaded:
        self._end_run()
        if not self._to:
            raise ValueError("no experiment")
        if self._new:
            sql = "UPDATE experiment SET last_number = max(last_number, (SELECT max(number) FROM run WHERE experiment = ?)) WHERE name = ?"
            self._tx.execute(sql, (self._to, self._to))
        return Loaded(self._to, self._new, self._known, self._points)

    def _take_experiment(self, facts: dict[str, Any]) -> None:
        if self._to:
            raise ValueError("two experiments")
        self._from = names.experiment(facts["name"])
        self._to = names.experiment(self._name or self._from)
        sql = "SELECT last_number, archived_at, deleted_at FROM experiment WHERE name = ?"
        last, archived_at = int(facts["last_number"]), facts["archived_at"]
        there = self._tx.execute(sql, (self._to,)).fetchone()
        if there is None:
            self._tx.execute(
                "INSERT INTO experiment (name, created_at, last_number, archived_at, tags) VALUES (?,?,?,?,?)",
                (self._to, float(facts["created_at"]), last, archived_at, json.dumps(names.tags(facts["tags"]))),
            )
        elif there[2] is not None:
            reactivate(self._tx, self._to)
        # What was archived with its experiment is now as the experiment here is.
        self._archived = archived_at, archived_at if there is None else (None if there[2] is not None else there[1])
        self._free = max(last, 0 if there is None else there[0])

    def _take_run(self, item: dict[str, Any]) -> None:
        run = self._checked(item["run"])
        run_id = run["run_id"]
        if not self._to or run_id in self._seen:
            raise ValueError(f"run {run_id} comes twice, or before its experiment")
        self._seen.add(run_id)
        self._settle(run, item)
        self._run, self._series = run_id, {}
        row = self._tx.execute("SELECT deleted_at, experiment FROM run WHERE run_id = ?", (run_id,)).fetchone()
        if row is not None:
            if row[0] is not None:
                raise RunStateError(
                    f"Run {run_id} is in the bin of this workspace. Restore it, or empty the bin, and import again."
                )
            if row[1] != self._to:
                raise InvalidName(
                    f"Run {run_id} is in experiment {row[1]!r} here already. Nothing was imported: use another workspace."
                )
            self._digest = Digest({**item, "run": run})
            self._known.append(run_id)
            return
        self._add_parents(run)
        self._number(run, item["texts"])
        self._add_run(run, item["owner"])
        self._add_rows(run_id, item)
        self._new.append(run_id)

    def _add_run(self, run: dict[str, Any], owner: list[Any] | None) -> None:
        columns = [*run, "rev", "owner_id"]
        self._tx.execute(
            f"INSERT INTO run ({', '.join(columns)}) VALUES ({','.join('?' * len(columns))})",
            [*run.values(), self._rev, self._owner(owner)],
        )
        self._tx.execute("DELETE FROM tombstone WHERE run_id = ?", (run["run_id"],))

    def _checked(self, run: dict[str, Any]) -> dict[str, Any]:
        """The columns that we know, each of its kind; ids are names of folders, so nothing else may be one."""
        if unknown := run.keys() - COLUMNS.keys():
            raise ValueError(f"unknown fields {sorted(unknown)}")
        for column, kinds in COLUMNS.items():
            value = run[column]
            if (
                not isinstance(value, kinds)
                or isinstance(value, bool)
                or (isinstance(value, float) and not math.isfinite(value))
            ):
                raise TypeError(f"{column} is {shorten(repr(value))}")
        names.run_id(run["run_id"])
        if run["number"] < 1 or (run["job"] is not None and not isinstance(json.loads(run["job"]), dict)):
            raise ValueError(f"run {run['run_id']}")
        return {column: run[column] for column in COLUMNS}

    def _settle(self, run: dict[str, Any], item: dict[str, Any]) -> None:
        """As the run is to be here: in its new experiment, archived as that is, and ended."""
        if run["experiment"] != self._from:
            raise ValueError(f"run {run['run_id']} is of another experiment")
        run["experiment"] = self._to
        if run["parent_id"] is None and run["archived_at"] == self._archived[0]:
            run["archived_at"] = self._archived[1]
        if Status(run["status"]) in FINAL:
            return
        message = f"The run was {run['status'].lower()} when exported: how it ended is not known here."
        body = {"status": Status.FAILED.value, "via": "import", "error": message}
        item["events"] = [*item["events"], [self._exported_at, "status", None, json.dumps(body)]]
        run |= {
            "status": Status.FAILED.value,
            "ended_at": self._exported_at,
            "error_code": "NotEnded",
            "error_message": message,
        }

    def _add_parents(self, run: dict[str, Any]) -> None:
        """A tree hangs together, and a parent comes before its children."""
        if run["parent_id"] is None:
            root = run["run_id"]
        else:
            row = self._tx.execute("SELECT root_id FROM run WHERE run_id = ?", (run["parent_id"],)).fetchone()
            if row is None or run["parent_id"] not in self._seen:
                raise ValueError(f"the parent of run {run['run_id']} is missing")
            root = row[0]
            self._tx.execute("UPDATE run SET rev = ? WHERE run_id = ?", (self._rev, run["parent_id"]))
        if root != run["root_id"]:
            raise ValueError(f"run {run['run_id']} is not below {run['root_id']}")

    def _number(self, run: dict[str, Any], texts: list[list[Any]]) -> None:
        """The number stays where it is free."""
        sql = "SELECT 1 FROM run WHERE experiment = ? AND number = ?"
        if self._tx.execute(sql, (self._to, run["number"])).fetchone() is None:
            return
        if not any(kind == "property" and key == IMPORTED_NUMBER for kind, key, _ in texts):
            texts.append(["property", IMPORTED_NUMBER, str(run["number"])])
        self._free += 1
        run["number"] = self._free

    def _owner(self, owner: list[Any] | None) -> int | None:
        if owner is None:
            return None
        host, pid_space, pid, started_at, kernel_id, heard_at = owner
        sql = (
            "INSERT INTO owner (host, pid_space, pid, pid_started_at, kernel_id, heartbeat_at) VALUES (?,?,?,?,?,?) "
            "ON CONFLICT DO NOTHING"
        )
        self._tx.execute(sql, (str(host), str(pid_space), int(pid), float(started_at), kernel_id, float(heard_at)))
        sql = "SELECT owner_id FROM owner WHERE host = ? AND pid_space = ? AND pid = ? AND pid_started_at = ?"
        return int(self._tx.execute(sql, (host, pid_space, pid, started_at)).fetchone()[0])

    def _add_rows(self, run_id: str, item: dict[str, Any]) -> None:
        tx = self._tx
        texts = [(run_id, kind, str(key), None if value is None else str(value)) for kind, key, value in item["texts"]]
        tx.executemany("INSERT INTO tag (run_id, kind, key, value) VALUES (?,?,?,?)", texts)
        events = [(run_id, float(at), str(kind), by, _object(body)) for at, kind, by, body in item["events"]]
        tx.executemany("INSERT INTO event (run_id, at, kind, by, body) VALUES (?,?,?,?,?)", events)
        for name, kind, count, last, low, high, at in item["series"]:
            made = tx.execute(
                f"INSERT INTO series (run_id, name, kind, count, last, min, max, updated_at) VALUES (?,?,?,?,{VALUE},?,?,?) "
                "RETURNING series_id",
                (run_id, str(name), kind, int(count), from_json(last), _number(low), _number(high), float(at)),
            )
            self._series[name] = int(made.fetchone()[0])

    def _take_points(self, run_id: str, name: str, points: list[list[Any]]) -> None:
        if run_id != self._run:
            raise ValueError(f"points of run {shorten(str(run_id))} come apart from it")
        self._points += len(points)
        if self._digest is not None:
            self._digest.add(name, points)
            return
        series_id, rows = self._series[name], []
        for step, at, value in points:
            if not math.isfinite(at) or (step is not None and not math.isfinite(step)):
                raise ValueError(f"a point at {at}, step {step}")
            rows.append((step, at, value if value.__class__ in _PLAIN else from_json(value)))
        extend(self._tx, series_id, rows)

    def _end_run(self) -> None:
        """A run that is here already must be just the same."""
        if self._digest is None or self._run is None:
            return
        here: Digest | None = None
        for item in dump(self._tx, [self._run]):
            if here is None:
                here = Digest(item)
            else:
                here.add(item["of"][1], item["points"])
        if here is None or here.value() != self._digest.value():
            raise InvalidName(
                f"Run {self._run} is in {self._location} already, with another content. Nothing was imported: import into another "
                "workspace, or delete that run and empty the bin first."
            )
        self._digest = None


class Digest:
    """Tells whether two runs are the same in all but what an import may change: the number, and what says so."""

    def __init__(self, item: dict[str, Any]) -> None:
        run, texts = dict(item["run"]), []
        for kind, key, value in item["texts"]:
            if (kind, key) == ("property", IMPORTED_NUMBER):
                run["number"] = int(value)
            else:
                texts.append([kind, key, value])
        owner = item["owner"] and item["owner"][:5]  # the owner goes on after the run
        same = [run, owner, sorted(texts, key=str), item["events"], item["series"]]
        self._hash = sha256(json.dumps(same, sort_keys=True).encode())
        self._name: str | None = None

    def add(self, name: str, points: list[list[Any]]) -> None:
        if name != self._name:
            self._hash.update(json.dumps([name]).encode())
            self._name = name
        # Without brackets: it does not matter how the points were portioned.
        self._hash.update(json.dumps(points)[1:-1].encode() + b", ")

    def value(self) -> str:
        return self._hash.hexdigest()


def _object(text: str) -> str:
    if not isinstance(json.loads(text), dict):
        raise TypeError(f"no object: {shorten(text)}")
    return text


def _number(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value)
    if isinstance(value, (bool, str)) or not math.isfinite(number):
        raise TypeError(f"a number that is {shorten(repr(value))}")
    return number
