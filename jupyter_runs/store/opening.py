"""Configuration -> store: the one place that knows which kinds there are. What a kind needs is imported only where it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_runs.config import is_http
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
    if is_http(config.url):
        from jupyter_runs.store.http import open_http

        return open_http(config)
    try:
        import psycopg  # noqa: F401 - also where libpq is missing this is where it shows
    except ImportError as error:
        raise StoreError(
            f"A store on PostgreSQL needs psycopg ({error}). Install it: pip install 'jupyter_runs[postgres]'"
        ) from error
    from jupyter_runs.store.postgres import PostgresStore

    return PostgresStore(config.url)


def run_token(config: WorkspaceConfig, run_id: str, seconds: float | None = None) -> str:
    """A token that is good for a run and those below it, on the server that serves the workspace: all that a machine gets for its work.

    Parameters
    ----------
    seconds : how long, at most 90 days; default: 7 days.

    Raises
    ------
    StoreError : the server does not answer, or the folder of the workspace cannot be written.
    """
    import time

    from jupyter_runs import tokens

    good_for = tokens.DEFAULT_S if seconds is None else seconds
    if config.url is not None and is_http(config.url):
        from jupyter_runs.store.http_server import Server, run_path

        answer = Server(config.url).ask("POST", run_path(run_id, "token"), json={"seconds": good_for})
        return str(answer.json()["token"])
    try:
        return tokens.mint(tokens.secret(config.folder), run_id, time.time() + good_for)
    except OSError as error:
        raise StoreError(
            f"The secret of {config.folder} cannot be read or made ({error.strerror}). Make the folder writable."
        ) from error
