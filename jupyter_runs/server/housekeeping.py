"""Housekeeping for workspaces on other machines: what needs store and files together is done here, where they are."""

from __future__ import annotations

import re
import time
import uuid
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from jupyter_runs import names, transfer
from jupyter_runs.experiment import Experiment
from jupyter_runs.server import requests, rules
from jupyter_runs.server.access import RemoteHandler, allow_unauthenticated
from jupyter_runs.server.base import dumps
from jupyter_runs.server.requests import BadRequest, parse_body

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_runs.server.base import Json
    from jupyter_runs.server.stores import OpenWorkspace
    from jupyter_runs.workspace import Workspace

_EXCHANGE = re.compile(r"exchange/[0-9a-f]{32}\.zip")
#: Files on their way in or out are kept for so long.
_KEPT_S = 3600.0


class _Handler(RemoteHandler):
    async def begin(self, fields: dict[str, requests.Field]) -> Json:
        """The body, of who may write; the token of a run is not enough."""
        await self.admit("write")
        if self.scope is not None:
            raise self.refusal("the whole workspace")
        return parse_body(self.request.body, fields)

    def public(self, opened: OpenWorkspace) -> Workspace:
        return self.stores.public(opened.key, self.user)


class GcHandler(_Handler):
    """`Workspace.gc`."""

    @allow_unauthenticated
    async def post(self) -> None:
        body = await self.begin(requests.GC_FIELDS)

        def work(opened: OpenWorkspace) -> str:
            return dumps(asdict(self.public(opened).gc(**body)))

        self.finish(await self.stores.write(self.workspace, work))


class ExportHandler(_Handler):
    """`Experiment.export`, to be fetched."""

    @allow_unauthenticated
    async def post(self) -> None:
        body = await self.begin(requests.EXPORT_FIELDS)
        if "experiment" not in body:
            raise BadRequest("Field 'experiment' is missing: the name of one.")

        def work(opened: OpenWorkspace) -> str:
            name = _new_name(opened.folder)
            experiment = Experiment(self.public(opened), names.experiment(body["experiment"]))
            experiment.export(opened.folder / name, body.get("ids"))
            return dumps({"path": name})

        self.finish(await self.stores.write(self.workspace, work))


class ImportHandler(_Handler):
    """`Workspace.import_experiment`, of a file that was sent."""

    @allow_unauthenticated
    async def post(self) -> None:
        body = await self.begin(requests.IMPORT_FIELDS)
        path, name = body.get("path", ""), body.get("name")
        if not _EXCHANGE.fullmatch(path):
            raise BadRequest("Field 'path' is missing: exchange/RANDOM.zip, as it was sent.")

        def work(opened: OpenWorkspace) -> str:
            workspace, file = self.public(opened), opened.folder / path
            rule = self.settings["jupyter_runs_rule"]
            if name is not None:
                rules.must_allow(rule, self.user, "edit", rules.of_experiment(opened.store, names.experiment(name)))
            try:
                return dumps({"experiment": transfer.load(workspace, file, name).name})
            finally:
                file.unlink(missing_ok=True)

        self.finish(await self.stores.write(self.workspace, work))


def _new_name(folder: Path) -> str:
    """A name for a file that is on its way out; older ones go."""
    place = folder / "exchange"
    place.mkdir(parents=True, exist_ok=True)
    for old in place.iterdir():
        with suppress(OSError):
            if old.stat().st_mtime < time.time() - _KEPT_S:
                old.unlink()
    return f"exchange/{uuid.uuid4().hex}.zip"


_API = r"/jupyter-runs/api"
HANDLERS: list[tuple[str, type[RemoteHandler]]] = [
    (rf"{_API}/gc", GcHandler),
    (rf"{_API}/export", ExportHandler),
    (rf"{_API}/import", ImportHandler),
]
