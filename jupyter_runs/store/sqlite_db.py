"""Connections to one SQLite file: one per thread, safe over fork, WAL, every write in BEGIN IMMEDIATE.

What this file does not know: runs. It opens, migrates, begins, commits, rolls back, and turns the driver's errors into ours.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING

from jupyter_runs.errors import (
    InvalidName,
    JupyterRunsError,
    StoreBusy,
    StoreError,
    StoreReadOnly,
    StoreVersion,
    shorten,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

#: Numbered migrations, in order; PRAGMA user_version counts those applied.
MIGRATIONS = ("001_start.sql", "002_scripts.sql", "003_chunks.sql", "004_journal.sql")
BUSY_TIMEOUT_S = 30.0
#: Pages given back to the file system in one go: some hundredths of a second.
_PAGES = 2_000
#: Stores made before pages could be given back are rewritten once, if that takes less than a second or so (bytes).
_REWRITE = 64 * 2**20
#: How often a writer looks whether the file is still the one that it opened (seconds).
LOOK_S = 0.5


class Connection(sqlite3.Connection):
    """See `sql.Connection`."""

    also = sqlite3.Connection.execute
    also_many = sqlite3.Connection.executemany

    def take_seqs(self, count: int) -> Sequence[int]:
        first = int(self.execute("SELECT max(seq) FROM point").fetchone()[0] or 0) + 1
        return range(first, first + count)


class _Holder:
    """A thread's connection: in use inside a `with`, closed when the thread ends, and never closed while in use.

    SQLite's Python module crashes the process when one thread closes a connection in which another one is working.
    """

    def __init__(self, path: Path, conn: Connection) -> None:
        self.path = path
        self.conn = conn
        self.pid = os.getpid()
        self._in_use = threading.RLock()
        self._closing = False

    def __enter__(self) -> Connection:
        self._in_use.acquire()
        if self._closing:
            self._in_use.release()
            raise StoreError(f"The store {self.path} was closed. Open the workspace again.")
        return self.conn

    def __exit__(self, *_error: object) -> None:
        if self._closing:
            self.conn.close()
        self._in_use.release()

    def close(self) -> None:
        """The connection is closed, or will be when its thread is done with what it is doing."""
        if self.pid != os.getpid():
            return
        self._closing = True
        if self._in_use.acquire(timeout=1.0):
            self.conn.close()
            self._in_use.release()

    def __del__(self, _getpid: Callable[[], int] = os.getpid) -> None:
        # Closing a connection inherited over fork would drop the parent's file locks: leave it alone.
        # The default keeps the function alive: at the interpreter's end `os` may be gone before us.
        if self.pid == _getpid():
            self.conn.close()


class Database:
    """One SQLite file."""

    driver = sqlite3

    def __init__(self, path: Path) -> None:
        self.path = path
        self.location = str(path)
        self._local = threading.local()
        self._holders: weakref.WeakSet[_Holder] = weakref.WeakSet()
        self._opening = threading.Lock()
        self.closed = False
        #: Device and inode of the file, none until it is there.
        self._file: tuple[int, int] | None = None
        self._looked_at = 0.0
        with self.translated():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreReadOnly(self._read_only(str(error))) from error
            try:
                self._migrate()
            except BaseException:
                self.close()
                raise
        stat = path.stat()
        self._file = stat.st_dev, stat.st_ino
        self._looked_at = time.monotonic()
        _databases.add(self)

    def conn(self) -> AbstractContextManager[Connection]:
        """This thread's connection, opened on first use: `with db.conn() as conn`."""
        holder: _Holder | None = getattr(self._local, "holder", None)
        if holder is not None and holder.pid == os.getpid():
            return holder
        return self._connect()

    def _connect(self) -> _Holder:
        if (inherited := getattr(self._local, "holder", None)) is not None:
            _INHERITED.append(inherited)
        # Under the lock, so that no fork happens while SQLite holds locks of its own.
        with self.translated(), self._opening:
            conn = sqlite3.connect(
                self.path,
                timeout=BUSY_TIMEOUT_S,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=256,
                factory=Connection,
            )
            holder = _Holder(self.path, conn)
            try:
                conn.execute("PRAGMA synchronous=NORMAL")
            except BaseException:
                holder.close()
                raise
            self._holders.add(holder)
        self._local.holder = holder
        if self.closed:
            holder.close()
        return holder

    def must_be_there(self) -> None:
        """Refuse to go on with a file that was removed or replaced under us: what is written there is lost. Looks twice a second."""
        if (now := time.monotonic()) - self._looked_at < LOOK_S:
            return
        if not self.is_there():
            raise StoreError(
                f"{self.path} was removed or replaced while in use: what was written since is lost. "
                "Open the workspace again to go on in a new store."
            )
        self._looked_at = now

    def is_there(self) -> bool:
        """False when the file was removed or replaced."""
        try:
            stat = self.path.stat()
        except OSError:
            return False
        return (stat.st_dev, stat.st_ino) == self._file

    def _migrate(self) -> None:
        with self.conn() as conn:
            found = conn.execute("PRAGMA user_version").fetchone()[0]
            if found > len(MIGRATIONS):
                raise StoreVersion(str(self.path), found, len(MIGRATIONS))
            if found == len(MIGRATIONS):
                return
            # Only a new file takes it: pages that `gc` frees can then be given back a few at a time.
            conn.execute("PRAGMA auto_vacuum=INCREMENTAL")
            self._use_wal(conn)
        # Not at the top: a store that is up to date needs none of it.
        from importlib import resources

        with self.write() as tx:
            # Read again under the lock: another process may have been first.
            found = tx.execute("PRAGMA user_version").fetchone()[0]
            for number, name in enumerate(MIGRATIONS[found:], start=found + 1):
                for statement in _statements(resources.files(__package__).joinpath(name).read_text("utf-8")):
                    tx.execute(statement)
                tx.execute(f"PRAGMA user_version={number}")

    @staticmethod
    def _use_wal(conn: sqlite3.Connection) -> None:
        """Switch to WAL; SQLite does not wait for the lock here when two processes create the file at once."""
        until = time.monotonic() + BUSY_TIMEOUT_S
        while True:
            try:
                conn.execute("PRAGMA journal_mode=WAL").fetchall()
            except sqlite3.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)
            else:
                return

    @contextmanager
    def write(self, *, durable: bool = False, alone: bool = True) -> Iterator[Connection]:  # noqa: ARG002
        """A write transaction: all or nothing. `durable` also survives a power cut (one fsync). SQLite's writers are alone, always.

        BEGIN IMMEDIATE always: a transaction that reads first and writes later fails at once when another one wrote in between.
        Inside of another one of this thread it is a part of that one, which is undone alone when it fails.
        """
        if self._file:
            self.must_be_there()
        with (
            self.translated(),
            self.conn() as conn,
            _part(conn) if conn.in_transaction else _whole(conn, durable=durable),
        ):
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Several reads that see one instant."""
        with self.translated(), self.conn() as conn:
            try:
                conn.execute("BEGIN")
                yield conn
            finally:
                if conn.in_transaction:
                    conn.execute("ROLLBACK")

    @contextmanager
    def query(self) -> Iterator[Connection]:
        """One read of its own."""
        try:
            with self.conn() as conn:
                yield conn
        except (sqlite3.Error, UnicodeEncodeError) as error:
            raise self.explain(error) from error

    @contextmanager
    def translated(self) -> Iterator[None]:
        """The driver's errors as ours, with the path and the remedy."""
        try:
            yield
        except (sqlite3.Error, UnicodeEncodeError) as error:
            raise self.explain(error) from error

    def explain(self, error: sqlite3.Error | UnicodeEncodeError) -> JupyterRunsError:
        """Our error for one of the driver's."""
        if isinstance(error, UnicodeEncodeError):
            return InvalidName(
                f"The text {shorten(str(error.object))!r} holds half a character (a lone surrogate), which cannot be stored. "
                "Remove it, e.g. text.encode('utf-8', 'replace').decode()."
            )
        text = str(error)
        if "locked" in text or "busy" in text:
            return StoreBusy(
                f"{self.path} stayed locked for {BUSY_TIMEOUT_S:.0f} s. Try again; if it stays so, find the process that has it open."
            )
        if "readonly" in text or "unable to open" in text:
            return StoreReadOnly(self._read_only(text))
        if "full" in text:
            return StoreError(f"No space is left for {self.path}. Free some space and try again: nothing was written.")
        if "not a database" in text or "malformed" in text:
            return StoreError(
                f"{self.path} is not a readable SQLite file ({text}). Move it away and restore a copy, or start an empty workspace."
            )
        return StoreError(f"{self.path}: {text}")

    def _read_only(self, reason: str) -> str:
        return (
            f"{self.path} cannot be written ({reason}). Make the file and its folder writable, "
            "or set JUPYTER_RUNS_WORKSPACE to a folder that is."
        )

    def give_back(self) -> None:
        """Free pages go back to the file system, a few at a time; others may write in between."""
        with self.query() as conn:
            if conn.execute("PRAGMA auto_vacuum").fetchone()[0] != 2:
                size = conn.execute("PRAGMA page_count").fetchone()[0] * conn.execute("PRAGMA page_size").fetchone()[0]
                free = conn.execute("PRAGMA freelist_count").fetchone()[0]
                if free and size <= _REWRITE:
                    conn.execute("PRAGMA auto_vacuum=INCREMENTAL")
                    with suppress(sqlite3.OperationalError):  # somebody writes just now: next time
                        conn.execute("VACUUM")
            free = conn.execute("PRAGMA freelist_count").fetchone()[0]
            while free and conn.execute("PRAGMA auto_vacuum").fetchone()[0] == 2:
                conn.execute(f"PRAGMA incremental_vacuum({_PAGES})").fetchall()
                before, free = free, conn.execute("PRAGMA freelist_count").fetchone()[0]
                if free >= before:
                    break
            conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def close(self) -> None:
        """Close every thread's connection; the object cannot be used again."""
        self.closed = True
        with self._opening:
            holders = list(self._holders)
        for holder in holders:
            holder.close()


_databases: weakref.WeakSet[Database] = weakref.WeakSet()


def _before_fork() -> None:
    """Wait until no thread is inside SQLite: a child would inherit its locks, held by threads that it does not have."""
    for database in list(_databases):
        database._opening.acquire()
        for holder in list(database._holders):
            holder._in_use.acquire()


def _after_fork_in_parent() -> None:
    for database in list(_databases):
        for holder in list(database._holders):
            with suppress(RuntimeError):  # made while we were forking
                holder._in_use.release()
        with suppress(RuntimeError):
            database._opening.release()


def _after_fork_in_child() -> None:
    for database in list(_databases):
        database._opening = threading.Lock()
        for holder in list(database._holders):
            holder._in_use = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)


@contextmanager
def _whole(conn: Connection, *, durable: bool) -> Iterator[None]:
    if durable:
        conn.execute("PRAGMA synchronous=FULL")
    try:
        conn.execute("BEGIN IMMEDIATE")
        yield
        conn.execute("COMMIT")
    finally:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        if durable:
            conn.execute("PRAGMA synchronous=NORMAL")


@contextmanager
def _part(conn: Connection) -> Iterator[None]:
    """A part of a transaction that is undone alone."""
    conn.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        conn.execute("ROLLBACK TO part")
        raise
    finally:
        conn.execute("RELEASE part")


#: Connections of a parent process, kept so that the garbage collector of a forked child does not close them.
_INHERITED: list[_Holder] = []


def _statements(script: str) -> Iterator[str]:
    """The statements of a script; `executescript` would commit the open transaction."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
