"""What the one body of SQL of a store runs on: a database, and connections that take SQLite's text whatever they lead to.

Where two databases do not agree on a text, it is SQLite's with a mark or a phrase that `postgres_sql.py` knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

#: The place of a parameter that is a value as `values.to_column` makes it: its column takes numbers as they are, NULL, and text.
VALUE = "/* value */ ?"
#: Ends a SELECT of one row: nobody else may change it until the transaction ends. In SQLite nobody could anyway.
LOCKED = "/* locked */"


class Cursor(Protocol):
    """The answer to a statement."""

    @property
    def rowcount(self) -> int:
        """Rows that were written."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchmany(self, size: int = 1, /) -> list[Any]:
        """The next rows."""

    def fetchall(self) -> list[Any]:
        """All rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection, within `read`, `write` or `query` of its database."""

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ..., /) -> Cursor:
        """One statement."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> object:
        """The same statement for each of `parameters`, in their order."""

    def also(self, sql: str, parameters: Sequence[Any], /) -> object:
        """A write whose answer nobody needs: it may be done, and fail, with a later statement of the transaction."""

    def also_many(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> object:
        """The same for each of `parameters`."""

    def take_seqs(self, count: int) -> Sequence[int]:
        """Places in the log of points, ascending, that nobody else gets."""


class Database(Protocol):
    """Where the tables are."""

    #: For messages.
    location: str

    @property
    def driver(self) -> Any:
        """The module of the driver (PEP 249), for its errors."""

    def write(self, *, durable: bool = False, alone: bool = True) -> AbstractContextManager[Connection]:
        """A write transaction: all or nothing. `durable` also survives a power cut.

        Inside of another one of this thread it is a part of that one, which is undone alone when it fails.

        `alone`: nobody else writes what is `alone` meanwhile. Without it only rows are locked, of one run or owner.
        """

    def read(self) -> AbstractContextManager[Connection]:
        """Several reads that see one instant."""

    def query(self) -> AbstractContextManager[Connection]:
        """One read of its own."""

    def give_back(self) -> None:
        """Space of what was removed goes back to the file system, as far as that disturbs nobody."""
