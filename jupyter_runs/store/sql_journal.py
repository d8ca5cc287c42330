"""Journals of writers on other machines: what they say is done together with how far they are read. The promise is in `base.Store.ship`."""

from __future__ import annotations

import json
from dataclasses import astuple
from itertools import groupby
from typing import TYPE_CHECKING, Any

from jupyter_runs.errors import InvalidName, JournalGap, PropertyConflict, RunNotFound, RunStateError
from jupyter_runs.model import PROCESS_ENDED, Status
from jupyter_runs.store.base import JournalLine, Refused, Shipped
from jupyter_runs.store.sql_tx import must_exist

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jupyter_runs.store.sql import Database
    from jupyter_runs.store.sql_points import PointLog

#: What the store says about a line itself. Any other error (locked, full) is about all of them: nothing is done, and they come again.
_REFUSALS = (RunStateError, InvalidName, PropertyConflict, RunNotFound)
#: Entries of what was refused.
_MANY = 200
#: A process that was found dead may have said before how its run ended.
_NOT_DEAD = (
    "UPDATE run SET status = 'Running', ended_at = NULL, error_code = NULL, error_message = NULL, error_traceback = NULL "
    f"WHERE run_id = ? AND status = 'Failed' AND error_code = '{PROCESS_ENDED}' AND ended_at >= ?"
)
#: When the writer said it; never before the run had begun, nor in the future.
_ENDED_AT = "UPDATE run SET ended_at = max(coalesce(started_at, created_at), min(ended_at, ?)) WHERE run_id = ? AND ended_at IS NOT NULL"


class Journals:
    """The part of `SqlStore` that takes journals."""

    location: str
    _db: Database
    _points: PointLog
    transition: Callable[..., object]

    def ship(self, run_id: str, writer: str, start: int, lines: Sequence[JournalLine]) -> Shipped:
        try:
            with self._db.write(durable=any(_ends(line) for line in lines)) as tx:
                must_exist(tx, run_id, self.location)
                sql = "SELECT shipped, refused FROM journal WHERE run_id = ? AND writer = ?"
                there, text = tx.execute(sql, (run_id, writer)).fetchone() or (0, "[]")
                if start > there:
                    raise JournalGap(there)  # noqa: TRY301 - undone like any other error
                refused = [Refused(*one) for one in json.loads(text)]
                new = [line for line in lines if line.end > there]
                for method, group in groupby(new, key=lambda line: line.method):
                    for one in self._apply(run_id, method, list(group)):
                        _note(refused, one, is_next=False)
                end = new[-1].end if new else there
                tx.execute(
                    "INSERT INTO journal (run_id, writer, shipped, refused) VALUES (?, ?, ?, ?) ON CONFLICT (run_id, writer) "
                    "DO UPDATE SET shipped = excluded.shipped, refused = excluded.refused",
                    (run_id, writer, end, json.dumps([astuple(one) for one in refused])),
                )
                return Shipped(end, refused)
        except BaseException:
            self._points.forget()
            raise

    def _apply(self, run_id: str, method: str, lines: list[JournalLine]) -> list[Refused]:
        """Do what the lines say; what was refused of it."""
        if method == "append" and len(lines) > 1:
            try:
                points = [point for line in lines for point in line.arguments["points"]]
                self._points.append_within(run_id, points, max(line.at for line in lines))
            except _REFUSALS:
                pass  # one of them is to blame: each for itself
            else:
                return []
        refused: list[Refused] = []
        is_next = False
        for line in lines:
            try:
                self._apply_one(run_id, line)
            except _REFUSALS as error:
                one = Refused(line.end, line.end, 1, type(error).__name__, str(error))
                _note(refused, one, is_next=is_next)
                is_next = True
            else:
                is_next = False
        return refused

    def _apply_one(self, run_id: str, line: JournalLine) -> None:
        if line.method == "append":
            self._points.append_within(run_id, line.arguments["points"], line.at)
        elif _ends(line):
            with self._db.write() as tx:
                tx.execute(_NOT_DEAD, (run_id, line.at))
                self.transition(run_id, **line.arguments)
                tx.execute(_ENDED_AT, (line.at, run_id))
        else:
            getattr(self, line.method)(run_id, **line.arguments)


def _ends(line: JournalLine) -> bool:
    to: Any = line.arguments.get("to")
    return line.method == "transition" and isinstance(to, Status) and to.is_final


def _note(refused: list[Refused], one: Refused, *, is_next: bool) -> None:
    """Neighbours that were refused for one reason are one entry; where there are very many, others too."""
    last = refused[-1] if refused else None
    is_same = last is not None and (last.reason, last.message) == (one.reason, one.message)
    if last is not None and is_same and (is_next or len(refused) >= _MANY):
        refused[-1] = Refused(last.first, one.last, last.count + one.count, one.reason, one.message)
    else:
        refused.append(one)
