"""Routes -> store calls. `openapi.yaml` is the contract; errors become JSON in one place, `RunsHandler.write_error`."""

from __future__ import annotations

import asyncio
import platform
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_runs import __version__, engines, names, paths
from jupyter_runs.errors import InvalidName
from jupyter_runs.model import Changes, Page, RunRecord
from jupyter_runs.server import requests, rules
from jupyter_runs.server.actions import (
    ArchiveHandler,
    DeleteHandler,
    ForceStopHandler,
    ReactivateHandler,
    RestoreHandler,
    bulk,
    cancel,
)
from jupyter_runs.server.base import RunsHandler, dumps
from jupyter_runs.server.columns import AggregateHandler, ColumnsHandler, TableHandler
from jupyter_runs.server.corrections import CorrectionsHandler
from jupyter_runs.server.export import SeriesCsvHandler
from jupyter_runs.server.files import FileHandler, FilesHandler, SourceFileHandler, SourceHandler
from jupyter_runs.server.groups import GroupsHandler
from jupyter_runs.server.logfile import LogRange, read_range
from jupyter_runs.server.logsearch import LogSearchHandler
from jupyter_runs.server.remote import HANDLERS as REMOTE
from jupyter_runs.server.requests import (
    UnknownExperiment,
    UnknownRoute,
    parse_body,
    parse_choice,
    parse_flag,
    parse_ids,
)
from jupyter_runs.server.scripts import ResubmitHandler, SubmitHandler
from jupyter_runs.server.series import MetricsHandler, SeriesHandler
from jupyter_runs.server.suggest import SuggestHandler
from jupyter_runs.server.targets import TargetsHandler
from jupyter_runs.store.base import RunFilter

if TYPE_CHECKING:
    from jupyter_runs.model import ExperimentRecord
    from jupyter_runs.server.base import Json
    from jupyter_runs.server.stores import OpenWorkspace

#: The answer to a cancel waits this long for the end of the run, and looks this often (seconds).
_CANCEL_WAIT_S = 0.5
_CANCEL_LOOK_S = 0.01
_LOG_BYTES = 65_536
_LOG_MAX = 1_048_576
#: Runs that may be asked for by id at once.
_MANY = 200


class StatusHandler(RunsHandler):
    """What is here."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        def work(workspace: OpenWorkspace) -> Json:
            known = self.stores.known()
            return {
                "version": __version__,
                "workspace": workspace.key,
                "workspaces": [{"key": key, "name": w.name, "path": str(w.folder)} for key, w in known.items()],
                "cursor": workspace.store.cursor(),
                "server_time": time.time(),
                "host": platform.node(),
                "targets": engines.names(workspace.config, Path(self.stores.root_dir)),
            }

        await self.answer(work)


class ExperimentsHandler(RunsHandler):
    """Experiments, the most recently used first."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        archived = parse_choice("archived", self.query("archived"), default=False)
        await self.answer(
            lambda workspace: {"experiments": [_experiment(one) for one in workspace.store.experiments(archived)]}
        )


class ExperimentHandler(RunsHandler):
    """One experiment."""

    @web.authenticated
    @authorized
    async def patch(self, name: str) -> None:
        body = parse_body(self.request.body, requests.EXPERIMENT_FIELDS)
        tags, gone, user = names.tags(body.get("tags", {})), body.get("remove", []), self.user

        def work(workspace: OpenWorkspace) -> str:
            store = workspace.store
            try:
                store.experiment(name)
            except InvalidName:
                raise UnknownExperiment(name) from None
            rule = self.settings["jupyter_runs_rule"]
            if tags or gone:
                rules.must_allow_call(rule, user, store, "edit_experiment_tags", {"name": name})
                store.edit_experiment_tags(name, tags, gone)
            if (archived := body.get("archived")) is not None:
                rules.must_allow_call(rule, user, store, "archive_experiment", {"name": name})
                (store.archive_experiment if archived else store.reactivate_experiment)(name)
            return dumps(_experiment(store.experiment(name)))

        self.finish(await self.stores.write(self.workspace, work))


class RunsListHandler(TableHandler):
    """Pages of runs."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        if (ids := self.query("ids")) is not None:
            await self._those(parse_ids("ids", ids, _MANY))
            return
        where = replace(self.where(), active=parse_flag("active", self.query("active")))
        limit, page = self.integer("limit", 50, 1, 500), self.query("page")
        await self.answer(lambda workspace: _page(workspace, workspace.store.find_runs(where, limit, page)))

    async def _those(self, ids: list[str]) -> None:
        def work(workspace: OpenWorkspace) -> Json:
            found = workspace.store.get_runs(ids)
            return _page(workspace, Page(found, len(found), None))

        await self.answer(work)


class ChangesHandler(RunsHandler):
    """The feed: what changed since a cursor."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        since, limit = self.query("since"), self.integer("limit", 500, 1, 1000)

        def work(workspace: OpenWorkspace) -> Json:
            now = time.time()
            if since is None:  # noqa: SIM108 - one line would be too long
                changes = Changes(workspace.store.cursor(), [], [], more=False)
            else:
                changes = workspace.store.changes(since, limit)
            runs = [workspace.run(record, now) for record in changes.runs]
            rest = {"deleted": changes.deleted, "more": changes.more, "server_time": now}
            return {"cursor": changes.cursor, "runs": runs, **rest}

        await self.answer(work)


class RunHandler(RunsHandler):
    """One run."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        await self.answer(lambda workspace: workspace.run(workspace.store.get_run(run_id)))

    @web.authenticated
    @authorized
    async def patch(self, run_id: str) -> None:
        body = parse_body(self.request.body, requests.RUN_FIELDS)
        change = {field: getattr(names, check)(body[field]) for field, check in _RUN_CHECKS.items() if field in body}

        def work(workspace: OpenWorkspace) -> RunRecord:
            if change:
                self.must_allow(workspace, "edit", run_id)
                workspace.store.update_run(run_id, **change)
            return workspace.store.get_run(run_id)

        await self.answer_change(work)


class BulkHandler(RunHandler):
    """Many runs at once. A run of that name can be read and changed as any other."""

    async def prepare(self) -> None:  # type: ignore[override]
        """The path names the run that the inherited methods are about."""
        self.path_kwargs["run_id"] = "bulk"
        await super().prepare()

    @web.authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        del run_id
        await bulk(self)


class CancelHandler(RunsHandler):
    """A wish that the owner of the run obeys."""

    @web.authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        via = parse_body(self.request.body, requests.CANCEL_FIELDS, required=False).get("via", "rest")
        user = self.user

        def ask(workspace: OpenWorkspace) -> RunRecord:
            self.must_allow(workspace, "cancel", run_id)
            return cancel(workspace.store, run_id, user, via)

        run = await self.stores.write(self.workspace, ask)
        self.stores.withdraw(self.workspace, [run_id])
        # Most owners obey within 100 ms: an answer that says so spares the client one turn of the feed.
        until = time.monotonic() + _CANCEL_WAIT_S
        while not run.status.is_final and time.monotonic() < until:
            await asyncio.sleep(_CANCEL_LOOK_S)
            run = await self.stores.read(self.workspace, lambda workspace: workspace.store.get_run(run_id))
        self.set_status(202)
        await self.answer(lambda workspace: workspace.run(run))


class TagsHandler(RunsHandler):
    """Tags of a run."""

    @web.authenticated
    @authorized
    async def patch(self, run_id: str) -> None:
        body = parse_body(self.request.body, requests.TAGS_FIELDS)
        tags, gone, user = names.tags(body.get("set", {})), body.get("remove", []), self.user

        def work(workspace: OpenWorkspace) -> RunRecord:
            if not tags and not gone:
                return workspace.store.get_run(run_id)
            self.must_allow(workspace, "edit", run_id)
            return workspace.store.edit_tags(run_id, tags, gone, by=user)

        await self.answer_change(work)


class ChildrenHandler(RunsHandler):
    """Pages of a run's direct children."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        limit, page = self.integer("limit", 100, 1, 500), self.query("page")

        def work(workspace: OpenWorkspace) -> Json:
            workspace.store.get_run(run_id)
            where = RunFilter(parent_id=run_id, active_first=True)
            return _page(workspace, workspace.store.find_runs(where, limit, page))

        await self.answer(work)


class LogHandler(RunsHandler):
    """Ranges of a run's log."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        offset, limit = self.integer("offset", -_LOG_BYTES), self.integer("limit", _LOG_BYTES, 1, _LOG_MAX)

        def work(workspace: OpenWorkspace) -> LogRange:
            # Only the id of a run that is there becomes a path.
            run = workspace.store.get_run(run_id)
            workspace.store.files.fetch(run.run_id, paths.STD_LOG)
            path = paths.run_log(workspace.folder, run.run_id)
            return read_range(path, offset, limit, is_complete=run.status.is_final)

        found = await self.stores.read(self.workspace, work)
        for header, value in (("Offset", found.offset), ("Next", found.next), ("Size", found.size)):
            self.set_header(f"X-Log-{header}", str(value))
        self.finish(found.text, set_content_type="text/plain; charset=utf-8")


class JobHandler(RunsHandler):
    """What was recorded of the code of a run."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        await self.answer(lambda workspace: {"job": workspace.store.job(run_id)})


class EventsHandler(RunsHandler):
    """The timeline of a run."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        await self.answer(lambda workspace: {"events": [vars(event) for event in workspace.store.events(run_id)]})


class UnknownRouteHandler(RunsHandler):
    """Routes that are not there answer in JSON, like those that are."""

    async def _refuse(self) -> None:
        raise UnknownRoute

    # One wrapper each: `authorized` keeps the action of the first method that it saw.
    get = web.authenticated(authorized(_refuse))
    post = web.authenticated(authorized(_refuse))
    put = web.authenticated(authorized(_refuse))
    patch = web.authenticated(authorized(_refuse))
    delete = web.authenticated(authorized(_refuse))


def _experiment(found: ExperimentRecord) -> Json:
    fields = ("name", "total", "active", "last_at", "tags", "archived_at")
    return {field: getattr(found, field) for field in fields}


def _page(workspace: OpenWorkspace, page: Page) -> Json:
    now = time.time()
    runs = [workspace.run(record, now) for record in page.runs]
    return {"runs": runs, "total": page.total, "next_page": page.next_page, "server_time": now}


#: Fields of a run that may be changed -> their check in `names`.
_RUN_CHECKS = {"name": "display_name", "description": "description"}
_API = r"/jupyter-runs/api"
_RUN = rf"{_API}/runs/(?P<run_id>[^/]+)"
HANDLERS: list[tuple[str, type[RunsHandler]]] = [
    (rf"{_API}/status", StatusHandler),
    (rf"{_API}/experiments", ExperimentsHandler),
    (rf"{_API}/experiments/(?P<name>[^/]+)", ExperimentHandler),
    (rf"{_API}/groups", GroupsHandler),
    (rf"{_API}/runs", RunsListHandler),
    (rf"{_API}/columns", ColumnsHandler),
    (rf"{_API}/aggregate", AggregateHandler),
    (rf"{_API}/changes", ChangesHandler),
    (rf"{_API}/suggest", SuggestHandler),
    (rf"{_API}/corrections", CorrectionsHandler),
    (rf"{_API}/series", SeriesHandler),
    (rf"{_API}/series/csv", SeriesCsvHandler),
    (rf"{_API}/submit", SubmitHandler),
    (rf"{_API}/targets", TargetsHandler),
    (rf"{_API}/runs/bulk", BulkHandler),
    (_RUN, RunHandler),
    (rf"{_RUN}/cancel", CancelHandler),
    (rf"{_RUN}/force-stop", ForceStopHandler),
    (rf"{_RUN}/archive", ArchiveHandler),
    (rf"{_RUN}/reactivate", ReactivateHandler),
    (rf"{_RUN}/delete", DeleteHandler),
    (rf"{_RUN}/restore", RestoreHandler),
    (rf"{_RUN}/resubmit", ResubmitHandler),
    (rf"{_RUN}/tags", TagsHandler),
    (rf"{_RUN}/children", ChildrenHandler),
    (rf"{_RUN}/metrics", MetricsHandler),
    (rf"{_RUN}/log", LogHandler),
    (rf"{_RUN}/log/search", LogSearchHandler),
    (rf"{_RUN}/files", FilesHandler),
    (rf"{_RUN}/files/(?P<name>.+)", FileHandler),
    (rf"{_RUN}/job", JobHandler),
    (rf"{_RUN}/source", SourceHandler),
    (rf"{_RUN}/source/(?P<path>.+)", SourceFileHandler),
    (rf"{_RUN}/events", EventsHandler),
    *REMOTE,
    (rf"{_API}(?:/.*)?", UnknownRouteHandler),
]
