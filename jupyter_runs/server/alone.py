"""A Jupyter server for the page of its own alone: no JupyterLab, nobody from outside, until it is interrupted."""

from __future__ import annotations

import os
import secrets
import signal
from typing import TYPE_CHECKING, Any

from jupyter_runs.errors import JupyterRunsError
from jupyter_runs.server.app import RunsServerApp
from jupyter_runs.server.page import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable


class _Alone(RunsServerApp):
    """The extension, without those of others."""

    load_other_extensions = False


def serve(address: str, folder: str, port: int | None, *, opens_browser: bool) -> None:
    """Serve `folder`, and show the page at `address`, which has a query; returns when it is interrupted.

    Raises
    ------
    JupyterRunsError : the server cannot be started; it has said why.
    """
    token = secrets.token_hex(24)
    arguments = [
        # A token that it makes itself it would show by itself.
        f"--IdentityProvider.token={token}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.open_browser={opens_browser}",
        "--ServerApp.log_level=ERROR",
        *(() if port is None else (f"--ServerApp.port={port}", "--ServerApp.port_retries=0")),
        *(("--allow-root",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()),
    ]
    page = f"{ROOT[1:]}{address}"
    until_interrupted(_Alone, arguments, page, lambda server: f"{server.connection_url}{page}&token={token}")


def until_interrupted(
    extension: type[RunsServerApp], arguments: list[str], page: str, hello: Callable[[Any], str]
) -> None:
    """Serve what the extension has, with `page` below the server's address to begin with; returns when it is interrupted.

    Parameters
    ----------
    hello : what is printed once it serves, given the server.

    Raises
    ------
    JupyterRunsError : the server cannot be started; it has said why.
    """
    initialize: Any = extension.initialize_server  # without type information
    try:
        server = initialize(arguments)
        server.default_url = f"{server.base_url}{page}"
        # Ctrl-C ends it: without a question, and also where there is no terminal to ask on.
        signal.signal(signal.SIGINT, lambda *_: server.stop(from_signal=True))
        server.io_loop.add_callback(lambda: print(hello(server), flush=True))  # noqa: T201 - the answer of the command
        server.start()
    except SystemExit as end:
        if end.code:
            raise JupyterRunsError("The server could not be started: see the lines above.") from None
