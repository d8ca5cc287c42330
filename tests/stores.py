"""Every kind of store that there is, for tests of what all of them promise."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import postgres_server

from jupyter_runs import config
from jupyter_runs.store.opening import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_runs.store.base import Store

KINDS = ("sqlite", "postgresql")
#: Begins the code of another process: `opened(address)` is a store there.
PRELUDE = """
import sys, os, time
from jupyter_runs import config
from jupyter_runs.model import *
from jupyter_runs.store.opening import open_store
def opened(address): return open_store(config.resolve(address))
"""


def place(kind: str, folder: Path) -> str:
    """Where a new store of that kind may be made."""
    return str(folder) if kind == "sqlite" else postgres_server.server().new()


def workspace(kind: str, folder: Path) -> str:
    """The same, with the folder of its files."""
    there = place(kind, folder)
    return there if kind == "sqlite" else f"{there}&{urlencode({'files': str(folder)})}"


def opened(address: str) -> Store:
    """One more handle of the store there, as another process would have it."""
    return open_store(config.resolve(address))


def connected(store: Any) -> Any:
    """A plain connection to the tables of a store, in a `with`: what is done goes past the store, and is committed."""
    if config.is_address(store.location):
        return closing(_Plain(store._db))
    return closing(sqlite3.connect(store.location, isolation_level=None))


class _Plain:
    """Takes SQLite's text."""

    def __init__(self, database: Any) -> None:
        from jupyter_runs.store.postgres_conn import Connection

        self._conn = Connection(database.connect())
        self._conn.outside(database._where)
        self.execute, self.executemany = self._conn.execute, self._conn.executemany

    def close(self) -> None:
        self._conn.raw.close()
