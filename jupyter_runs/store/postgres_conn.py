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

#: Rows in one message.
_ROWS_AT_ONCE = 2000


class Connection:
    """See `sql.Connection`; in use by one thread at a time."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self.raw = conn
        self.pid = os.getpid()
        #: What is sent before the next statement, in the same message.
        self._before = ""
        #: And before each.
        self._always = ""
        #: Its name in the table `client`, and how many transactions were committed.
        self.token = uuid.uuid4().hex
        self.done = 0

    def begin(self, how: str) -> None:
        """Statements that begin a transaction, of which none is sent before the first that is asked for."""
        self._before, self._always = how, ""

    def outside(self, where: str) -> None:
        """No transaction: each statement has its own, which begins with `where`."""
        self._before, self._always = "", where

    @property
    def began(self) -> bool:
        """Something was sent."""
        return not self._before

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = (), /) -> psycopg.Cursor[Any]:
        """One statement."""
        text, values, _ = translated(sql)
        if values:
            parameters = _marked(parameters, values)
        try:
            return self.send(text, parameters)
        except psycopg.DataError as error:
            if error.sqlstate is not None:
                raise
            # The driver has refused a text before anything was sent.
            return self.send(text, _without_nul(parameters))

    def also(self, sql: str, parameters: Sequence[Any]) -> None:
        """A statement whose answer nobody needs, sent with the next one."""
        cursor: Any = self.raw.cursor()
        self._before += f"{cursor.mogrify(translated(sql).text, parameters)}; "

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> None:
        """The statement for each of `parameters`, in few messages."""
        text, values, rows = translated(sql)
        head, row, tail = rows or ("", text, "")
        between = ", " if rows else "; "
        cursor: Any = self.raw.cursor()
        parts = []
        for one in parameters:
            given = _marked(one, values) if values else one
            try:
                parts.append(cursor.mogrify(row, given))
            except psycopg.DataError:
                parts.append(cursor.mogrify(row, _without_nul(given)))
        for at in range(0, len(parts), _ROWS_AT_ONCE):
            self.send(head.replace("%%", "%") + between.join(parts[at : at + _ROWS_AT_ONCE]) + tail.replace("%%", "%"))

    def take_seqs(self, count: int) -> Sequence[int]:
        sql = "SELECT nextval(pg_get_serial_sequence('point', 'seq')) FROM generate_series(1, ?)"
        return [row[0] for row in self.execute(sql, (count,)).fetchall()]

    def send(self, text: str, parameters: Sequence[Any] | Mapping[str, Any] | None = None) -> psycopg.Cursor[Any]:
        """A statement of PostgreSQL's own; the answer is that to the last of them."""
        before = self._before or self._always
        cursor = self.raw.cursor()
        whole = before + text if parameters is None else before + cursor.mogrify(text, parameters)  # type: ignore[attr-defined]
        self._before = ""
        cursor.execute(whole)
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
    except BaseException:
        conn.send("ROLLBACK TO part; RELEASE part")
        raise
    conn.send("RELEASE part")


def _without_nul(parameters: Any) -> Any:
    """Texts of PostgreSQL hold no NUL: the sign for it stands for it."""
    if isinstance(parameters, dict):
        return {key: _without_nul([value])[0] for key, value in parameters.items()}
    return [value.replace("\0", "\u2400") if isinstance(value, str) else value for value in parameters]
