"""One connection to a PostgreSQL server: takes SQLite's text, and sends what can wait together with what cannot."""

from __future__ import annotations

import os
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from jupyter_runs.store.postgres_sql import translated
from jupyter_runs.store.postgres_values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: Rows in one statement, and the longest text that waits for another one.
_ROWS_AT_ONCE, _LONGEST = 2000, 2**20


class Connection:
    """See `sql.Connection`; in use by one thread at a time."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self.raw = conn
        self.pid = os.getpid()
        #: What is sent before the next statement, in the same message.
        self._before = ""
        #: And before each.
        self._always = ""
        #: Something was sent, or is among what is to be sent.
        self.began = False
        #: Its name in the table `client`, and how many transactions were committed.
        self.token = uuid.uuid4().hex
        self.done = 0

    def begin(self, how: str) -> None:
        """Statements that begin a transaction, of which none is sent before the first that is asked for."""
        self._before, self._always, self.began = how, "", False

    def outside(self, where: str) -> None:
        """No transaction: each statement has its own, which begins with `where`."""
        self._before, self._always = "", where

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = (), /) -> psycopg.Cursor[Any]:
        """One statement."""
        text, values, _ = translated(sql)
        return self.send(self._filled(text, values, parameters))

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> None:
        """The statement for each of `parameters`, in few messages."""
        for text in self._many(sql, parameters):
            self.send(text)

    def also(self, sql: str, parameters: Sequence[Any], /) -> None:
        text, values, _ = translated(sql)
        self._queue(self._filled(text, values, parameters))

    def also_many(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> None:
        for text in self._many(sql, parameters):
            self._queue(text)

    def drop(self) -> None:
        """What was queued is not sent."""
        self._before = ""

    def _queue(self, text: str) -> None:
        """To be sent with the next statement, or now when it is much."""
        self.began = True
        self._before += f"{text}; "
        if len(self._before) > _LONGEST:
            self.send("SELECT 1")

    def _many(self, sql: str, parameters: Iterable[Sequence[Any]]) -> Iterator[str]:
        """One statement for many rows, where it is an INSERT of one; else many in one text."""
        text, values, rows = translated(sql)
        head, row, tail = rows or ("", text, "")
        between = ", " if rows else "; "
        parts = [self._filled(row, values, one) for one in parameters]
        for at in range(0, len(parts), _ROWS_AT_ONCE):
            yield head.replace("%%", "%") + between.join(parts[at : at + _ROWS_AT_ONCE]) + tail.replace("%%", "%")

    def _filled(self, text: str, values: tuple[int, ...], parameters: Any) -> str:
        """A statement with its parameters in it."""
        cursor: Any = self.raw.cursor()
        given = _marked(parameters, values) if values else parameters
        try:
            return str(cursor.mogrify(text, given))
        except psycopg.DataError:
            return str(cursor.mogrify(text, _without_nul(given)))

    def take_seqs(self, count: int) -> Sequence[int]:
        sql = "SELECT nextval(pg_get_serial_sequence('point', 'seq')) FROM generate_series(1, ?)"
        return [row[0] for row in self.execute(sql, (count,)).fetchall()]

    def send(self, text: str, parameters: Sequence[Any] | Mapping[str, Any] | None = None) -> psycopg.Cursor[Any]:
        """A statement of PostgreSQL's own; the answer is that to the last of them."""
        cursor = self.raw.cursor()
        filled = text if parameters is None else self._filled(text, (), parameters)
        before, self._before = self._before or self._always, ""
        self.began = True
        cursor.execute(before + filled)
        while cursor.nextset():
            pass
        return cursor


def _marked(parameters: Any, values: tuple[int, ...]) -> list[Any]:
    marked = list(parameters)
    for i in values:
        marked[i] = Value(marked[i])
    return marked


@contextmanager
def part(conn: Connection) -> Iterator[None]:
    """A part of a transaction that is undone alone."""
    conn.send("SAVEPOINT part")
    try:
        yield
        conn.send("RELEASE part")
    except BaseException:
        conn.drop()
        conn.send("ROLLBACK TO part; RELEASE part")
        raise


def _without_nul(parameters: Any) -> Any:
    """Texts of PostgreSQL hold no NUL: the sign for it stands for it."""
    if isinstance(parameters, dict):
        return {key: _without_nul([value])[0] for key, value in parameters.items()}
    return [value.replace("\0", "\u2400") if isinstance(value, str) else value for value in parameters]
