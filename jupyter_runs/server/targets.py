"""Where scripts can run: what the submit dialog offers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_runs import engines
from jupyter_runs.server.base import RunsHandler, dumps
from jupyter_runs.server.requests import parse_flag

if TYPE_CHECKING:
    from jupyter_runs.server.base import Json


class TargetsHandler(RunsHandler):
    """Compute targets, this machine first; with `check=1` each engine is asked whether it answers."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        is_checked = parse_flag("check", self.query("check"))
        workspace = await self.stores.read(self.workspace, lambda opened: opened.config)
        root = Path(self.stores.root_dir)

        def work() -> Json:
            return {"targets": engines.overview(workspace, root, ask=is_checked)}

        self.finish(dumps(await asyncio.wrap_future(self.stores.ask_engines(work))))
