"""The extension as Jupyter Server loads it: handlers, the event schema, one hub; all gone when the server stops.

It starts whatever state the store is in: a store that cannot be opened is tried again by every request, which answers
with its message.
"""

from __future__ import annotations

import asyncio
import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psutil
from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool, Callable, Unicode, Union

from jupyter_runs import config, paths
from jupyter_runs.errors import JupyterRunsError
from jupyter_runs.server import page
from jupyter_runs.server.handlers import HANDLERS
from jupyter_runs.server.hub import SCHEMA, SCHEMA_ID, Hub
from jupyter_runs.server.rules import load
from jupyter_runs.server.stores import Stores

#: Under which the handlers find the stores, what notices changes, and who may do what.
SETTING, HUB_SETTING, RULE_SETTING = "jupyter_runs_stores", "jupyter_runs_hub", "jupyter_runs_rule"


class RunsServerApp(ExtensionApp):
    """REST and live events for the runs of this user."""

    name = "jupyter_runs"
    rule = Union(
        [Unicode(), Callable()],
        default_value="",
        help="Who may cancel, delete, archive or edit whose runs: `everybody`, `own`, an entry point of `jupyter_runs.authorizer`, "
        "or a function (user, action, run) -> bool. Default: JUPYTER_RUNS_RULE, else everybody.",
    ).tag(config=True)
    only_workspace = Unicode(
        "",
        help="Folder or address of the only workspace that is shown. Default: that of the server's folder, and all that its user knows.",
    ).tag(config=True)
    runs_scripts = Bool(
        True, help="Whether scripts and notebooks of the server's folder may be run by POST /submit."
    ).tag(config=True)
    description = "Runs of notebook cells and scripts: list, watch, tag, cancel."
    load_other_extensions = True
    extension_url = page.ROOT
    static_paths = [str(paths.PACKAGE / "static")]  # noqa: RUF012 - the base class has a trait there

    def initialize_settings(self) -> None:
        """Make the stores and the hub; neither touches a file before the server's loop runs."""
        serverapp = self.serverapp
        assert serverapp is not None  # noqa: S101 - the extension manager links it before it initializes
        events = serverapp.event_logger
        assert events is not None  # noqa: S101 - the server makes it before it loads extensions
        events.register_event_schema(SCHEMA)
        self._stores = Stores(serverapp.root_dir, config.resolve(self.only_workspace) if self.only_workspace else None)
        self.settings["jupyter_runs_no_scripts"] = not self.runs_scripts
        self._hub = Hub(self._stores, lambda data: events.emit(schema_id=SCHEMA_ID, data=data), self.log)
        self.settings[RULE_SETTING] = load(self.rule)
        self.settings[SETTING] = self._stores
        self.settings[HUB_SETTING] = self._hub
        serverapp.io_loop.add_callback(self._start)

    def initialize_handlers(self) -> None:
        """Add the routes."""
        self.handlers.extend((*HANDLERS, *page.HANDLERS))

    async def _start(self) -> None:
        self._mark()
        self._hub.start(asyncio.get_running_loop())
        try:
            await self._stores.write(None, lambda workspace: workspace.key)
        except JupyterRunsError as error:
            self.log.warning("jupyter_runs: %s", error)

    def _mark(self) -> None:
        """Tell the kernels of this server that its pages can show runs; failing to is no error, they then send a widget too."""
        mark = paths.server_mark(os.getpid())
        with suppress(OSError):
            mark.parent.mkdir(parents=True, exist_ok=True)
            for old in mark.parent.glob("*.json"):
                if not (old.stem.isdecimal() and psutil.pid_exists(int(old.stem))):
                    old.unlink(missing_ok=True)
            url = self.serverapp.connection_url if self.serverapp is not None else None
            mark.write_text(json.dumps({"url": url}), "utf-8")

    async def stop_extension(self) -> None:
        """Close everything; a call that waits for a lock is waited for, without holding up the server's loop."""
        with suppress(OSError):
            paths.server_mark(os.getpid()).unlink(missing_ok=True)

        self._hub.let_go()

        def stop() -> None:
            self._hub.stop()
            self._stores.close()

        with ThreadPoolExecutor(1, thread_name_prefix="jupyter-runs-server-stop") as closer:
            await asyncio.wrap_future(closer.submit(stop))
