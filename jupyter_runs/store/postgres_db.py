"""Connections to one schema of a PostgreSQL server: a few that threads share, safe over fork, and nothing in them that a pooler would lose.

What this file does not know: runs. It connects, begins, commits, and turns the driver's errors into ours. Each transaction says itself
where its tables are and what it locks, so that it may run on whichever session a pooler in transaction mode has at hand.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
import uuid
import weakref
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import sql as quoting
from psycopg.conninfo import conninfo_to_dict

from jupyter_runs.config import without_secrets
from jupyter_runs.errors import JupyterRunsError, StoreError, StoreReadOnly, StoreVersion
from jupyter_runs.store.postgres_conn import Connection, part
from jupyter_runs.store.postgres_errors import TryAgain, away, explain, one_line
from jupyter_runs.store.postgres_listen import Heard
from jupyter_runs.store.postgres_values import FloatDumper, Value, ValueDumper, ValueLoader

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Numbered migrations, in order; the table `version` counts those applied.
MIGRATIONS = ("postgres_001.sql",)
#: The oldest server that counts transactions in 64 bits.
_OLDEST = 130000
#: A transaction waits so long for another one (seconds), and so long for whoever began it.
LOCK_TIMEOUT_S = 30
_IDLE_TIMEOUT_S = 600
#: Connections kept for the next call, and how often it is looked whether the schema is still there (seconds).
_KEPT = 4
LOOK_S = 2.0
#: What a connection is made with where the address says nothing else: a server that is away is noticed within a minute.
_DEFAULTS = {
    "connect_timeout": "10",
    "application_name": "jupyter_runs",
    "keepalives_idle": "20",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}
_SCHEMA = "jupyter_runs"
#: The first of the two numbers of our advisory locks.
_LOCKS = 0x6A72


#: What a connection has committed, noted as a part of the same transaction.
_NOTE = (
    "INSERT INTO client (token, done, at) VALUES ('{token}', {done}, extract(epoch FROM now())) "
    "ON CONFLICT (token) DO UPDATE SET at = excluded.at, {also}"
)
_DAY_S = 86_400.0


class Database:
    """One schema of a server."""

    driver = psycopg

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        given = parse_qsl(parts.query, keep_blank_values=True)
        schema = next((value for key, value in given if key == "schema"), "") or _SCHEMA
        url = urlunsplit(parts._replace(query=urlencode([pair for pair in given if pair[0] != "schema"])))
        self.location = without_secrets(url if schema == _SCHEMA else _with_schema(url, schema))
        self.schema = schema
        try:
            self._info: dict[str, Any] = {**_DEFAULTS, **conninfo_to_dict(url)}
        except psycopg.Error as error:
            raise StoreError(f"{self.location} is no address of a PostgreSQL server ({one_line(error)}).") from error
        #: Tells own notifications from those of others, and one schema from another.
        self.token = uuid.uuid4().hex[:12]
        self.channel = f"jupyter_runs_{hashlib.sha256(schema.encode()).hexdigest()[:12]}"
        name = quoting.Identifier(schema).as_string(None)
        self._where = f"SET LOCAL search_path = {name}, pg_catalog; "
        lock = f"{_LOCKS}, {int.from_bytes(hashlib.sha256(schema.encode()).digest()[:4], 'big', signed=True)}"
        waits = f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'; SET LOCAL idle_in_transaction_session_timeout = '{_IDLE_TIMEOUT_S}s'; "
        self._begin_write = f"BEGIN; {self._where}{waits}"
        self._alone = f"SELECT pg_advisory_xact_lock({lock}); "
        self._begin_read = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {self._where}"
        self._commit = f"NOTIFY {self.channel}, '{self.token}'; COMMIT"
        self._lock = threading.Lock()
        self._local = threading.local()
        self._idle: list[Connection] = []
        self.closed = False
        self.heard = Heard(self)
        #: Which table `version` was there when the store was opened: another one is another store.
        self._oid: int | None = None
        self._looked_at = 0.0
        self._was_there = True
        # Also at the end of the process, of which each connection would complain.
        weakref.finalize(self, _close, self._idle)
        self._open()
        _databases.add(self)

    # -- connections ---------------------------------------------------------------------------------------------------

    def connect(self) -> psycopg.Connection[Any]:
        """A new connection; psycopg's errors."""
        conn: psycopg.Connection[Any] = psycopg.connect(
            **self._info, autocommit=True, prepare_threshold=None, cursor_factory=psycopg.ClientCursor
        )
        conn.adapters.register_dumper(float, FloatDumper)
        conn.adapters.register_dumper(Value, ValueDumper)
        conn.adapters.register_loader("json", ValueLoader)
        return conn

    def _take(self) -> Connection:
        with self._lock:
            if self.closed:
                raise StoreError(f"The store {self.location} was closed. Open the workspace again.")
            while self._idle:
                conn = self._idle.pop()
                if conn.pid == os.getpid() and not conn.raw.closed:
                    return conn
        with self.translated():
            return Connection(self.connect())

    def _give(self, conn: Connection) -> None:
        """Back for the next call; what is broken or in the middle of something is thrown away."""
        is_idle = conn.raw.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        with self._lock:
            if is_idle and not conn.raw.closed and not self.closed and len(self._idle) < _KEPT:
                self._idle.append(conn)
                return
        with suppress(psycopg.Error):
            conn.raw.close()

    def close(self) -> None:
        """No connection stays open, but those that other threads are using: these are closed when they are done."""
        with self._lock:
            self.closed = True
        self.heard.stop()
        with self._lock:
            _close(self._idle)

    @property
    def within(self) -> Connection | None:
        """The write transaction that this thread is in."""
        conn: Connection | None = getattr(self._local, "conn", None)
        return conn if conn is not None and conn.pid == os.getpid() else None

    # -- transactions --------------------------------------------------------------------------------------------------

    @contextmanager
    def write(self, *, durable: bool = False, alone: bool = True) -> Iterator[Connection]:
        """See `sql.Database.write`. `durable` waits for the disk also where the server or role is set up not to."""
        if (around := self.within) is not None:
            with self.translated(), part(around):
                yield around
            return
        with self._borrowed() as conn:
            self._local.conn = conn
            try:
                sync = "SET LOCAL synchronous_commit = on; " if durable else ""
                conn.begin(f"{self._begin_write}{sync}{self._alone if alone else ''}")
                yield conn
                if conn.began:
                    self._end(conn)
                    self.heard.own_commit()
            finally:
                self._local.conn = None

    def _end(self, conn: Connection) -> None:
        """Commit. Where the connection breaks just then, the server is asked what became of the transaction."""
        done = conn.done + 1
        try:
            conn.send(f"{_NOTE.format(token=conn.token, done=done, also='done = excluded.done')}; {self._commit}")
        except psycopg.OperationalError as error:
            if not conn.raw.broken:
                raise
            if self._committed(conn.token) < done:
                raise TryAgain(away(error, self.location)) from error
        conn.done = done

    def _committed(self, token: str) -> int:
        """How many transactions a connection that is gone has committed; it commits no more. Waits for one that is at it."""
        until = time.monotonic() + LOCK_TIMEOUT_S
        sql = f"{_NOTE.format(token=token, done=0, also='fenced = client.done')} RETURNING done"
        while True:
            try:
                with self.connect() as other:
                    return int(Connection(other).send(f"{self._where}{sql}").fetchone()[0])  # type: ignore[index]
            except psycopg.OperationalError as error:
                if time.monotonic() > until:
                    raise StoreError(
                        f"The connection to {self.location} broke while something was written, and it is not known whether it was: "
                        f"{one_line(error)}. Look at the run when the server is back."
                    ) from error
            time.sleep(0.1)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """See `sql.Database.read`."""
        with self._borrowed() as conn:
            conn.begin(self._begin_read)
            yield conn

    @contextmanager
    def query(self) -> Iterator[Connection]:
        """See `sql.Database.query`: one message."""
        if (around := self.within) is not None:
            with self.translated():
                yield around
            return
        with self._borrowed() as conn:
            conn.outside(self._where)
            yield conn

    @contextmanager
    def _borrowed(self) -> Iterator[Connection]:
        """A connection that is not in a transaction, before and after."""
        conn = self._take()
        try:
            with self.translated():
                yield conn
        finally:
            self._rollback(conn)
            self._give(conn)

    @staticmethod
    def _rollback(conn: Connection) -> None:
        status = conn.raw.info.transaction_status
        if status in {psycopg.pq.TransactionStatus.INTRANS, psycopg.pq.TransactionStatus.INERROR}:
            with suppress(psycopg.Error):
                conn.raw.execute("ROLLBACK")

    def give_back(self) -> None:
        """The server's own vacuum does it; only what connections of yesterday have left is ours to remove."""
        with self.write(alone=False) as tx:
            tx.execute("DELETE FROM client WHERE at < ?", (time.time() - _DAY_S,))

    # -- errors --------------------------------------------------------------------------------------------------------

    @contextmanager
    def translated(self) -> Iterator[None]:
        """The driver's errors as ours, with the place and the remedy."""
        try:
            yield
        except (psycopg.Error, UnicodeEncodeError) as error:
            raise explain(error, self.location) from error

    # -- the schema ----------------------------------------------------------------------------------------------------

    def is_there(self) -> bool:
        """False when the schema was dropped, or made anew; looked at every other second at most. A server that is away is there."""
        if (now := time.monotonic()) - self._looked_at < LOOK_S:
            return self._was_there
        self._looked_at = now
        with suppress(JupyterRunsError), self.query() as conn:
            self._was_there = self._version_oid(conn) == self._oid
        return self._was_there

    @staticmethod
    def _version_oid(conn: Connection) -> int | None:
        # Only ours: `to_regclass` would look further.
        row = conn.send(
            "SELECT c.oid FROM pg_class c WHERE c.relname = 'version' AND c.relnamespace = "
            "(SELECT oid FROM pg_namespace WHERE nspname = (current_schemas(false))[1])"
        ).fetchone()
        return None if row is None else int(row[0])

    def _open(self) -> None:
        try:
            with self.query() as conn:
                self._must_serve(conn.raw)
                self._oid = self._version_oid(conn)
                found = 0 if self._oid is None else self._found(conn)
            if found < len(MIGRATIONS):
                self._migrate()
        except JupyterRunsError:
            self.close()
            raise
        self._looked_at = time.monotonic()

    def _must_serve(self, conn: psycopg.Connection[Any]) -> None:
        if conn.info.server_version < _OLDEST:
            version = conn.info.server_version // 10000
            raise StoreError(
                f"{self.location} is PostgreSQL {version}; jupyter_runs needs 13 or newer. Use a newer server."
            )
        if (encoding := conn.info.parameter_status("server_encoding")) != "UTF8":
            raise StoreError(
                f"The database of {self.location} has the encoding {encoding}; jupyter_runs needs UTF8. Create one: "
                "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0."
            )

    def _found(self, conn: Connection) -> int:
        found = int(conn.send("SELECT number FROM version").fetchone()[0])  # type: ignore[index]
        if found > len(MIGRATIONS):
            raise StoreVersion(self.location, found, len(MIGRATIONS))
        return found

    def _migrate(self) -> None:
        # Not at the top: a store that is up to date needs none of it.
        from importlib import resources

        name = quoting.Identifier(self.schema).as_string(None)
        with self.write(durable=True) as tx:
            # Under the lock: another process may have been first.
            there = tx.send("SELECT 1 FROM pg_namespace WHERE nspname = %s", (self.schema,)).fetchone()
            if there is None:
                try:
                    tx.send(f"CREATE SCHEMA {name}; {self._where}")
                except psycopg.errors.InsufficientPrivilege as error:
                    raise StoreReadOnly(
                        f"{self.location} has no schema {self.schema} yet, and this role may not create it. Ask the owner of the database: "
                        f"CREATE SCHEMA {name} AUTHORIZATION {self._info.get('user') or 'your_role'}."
                    ) from error
            self._oid = self._version_oid(tx)
            found = 0 if self._oid is None else self._found(tx)
            if self._oid is None:
                tx.send("CREATE TABLE version (number INTEGER NOT NULL); INSERT INTO version VALUES (0)")
                self._oid = self._version_oid(tx)
            for file in MIGRATIONS[found:]:
                tx.send(resources.files(__package__).joinpath(file).read_text("utf-8"))
            tx.send(f"UPDATE version SET number = {len(MIGRATIONS)}")


def _close(connections: list[Connection]) -> None:
    while connections:
        conn = connections.pop()
        if conn.pid == os.getpid():
            conn.raw.close()


def _with_schema(url: str, schema: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), ("schema", schema)])))


_databases: weakref.WeakSet[Database] = weakref.WeakSet()
#: Connections of a parent process, kept so that the garbage collector of a forked child does not touch them.
_INHERITED: list[Connection] = []


def _after_fork_in_child() -> None:
    for database in list(_databases):
        database._lock = threading.Lock()
        _INHERITED.extend(database._idle)
        database._idle.clear()
        database.heard = Heard(database)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
