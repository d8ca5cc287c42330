"""A Jupyter server for the page of its own alone: no JupyterLab, nobody from outside, until it is interrupted."""

from __future__ import annotations

import os
import secrets
import signal
from typing import Any

from jupyter_runs.errors import JupyterRunsError
from jupyter_runs.server.app import RunsServerApp
from jupyter_runs.server.page import ROOT


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
    initialize: Any = _Alone.initialize_server  # without type information
    try:
        server = initialize(arguments)
        server.default_url = f"{server.base_url}{ROOT[1:]}{address}"
        page = f"{server.connection_url}{ROOT[1:]}{address}&token={token}"
        # Ctrl-C ends it: without a question, and also where there is no terminal to ask on.
        signal.signal(signal.SIGINT, lambda *_: server.stop(from_signal=True))
        server.io_loop.add_callback(lambda: print(page, flush=True))  # noqa: T201 - the answer of the command
        server.start()
    except SystemExit as end:
        if end.code:
            raise JupyterRunsError("The server could not be started: see the lines above.") from None
