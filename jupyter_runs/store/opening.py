"""Configuration -> store: the one place that knows which kinds there are. What a kind needs is imported only where it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_runs.errors import StoreError

if TYPE_CHECKING:
    from jupyter_runs.config import WorkspaceConfig
    from jupyter_runs.store.base import Store


def open_store(config: WorkspaceConfig) -> Store:
    """The store of a workspace, made where it is a file that is not there yet.

    Raises
    ------
    StoreError : it cannot be opened; the message names the place and the remedy.
    """
    if config.url is None:
        from jupyter_runs.store.sqlite import SqliteStore

        return SqliteStore(config.database)
    if config.url.startswith("http"):
        from jupyter_runs.store.http import open_http

        return open_http(config)
    if config.url.startswith("postgres"):
        from jupyter_runs.store.postgres import PostgresStore

        return PostgresStore(config.url)
    raise StoreError(f"There is no store for {config.shown}.")
