"""Values of metrics: of one run, or one metric of several runs; all of a series, or a range of its axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_runs import wire
from jupyter_runs.errors import RunNotFound
from jupyter_runs.server.base import RunsHandler
from jupyter_runs.server.requests import BadRequest, parse_ids, parse_number, parse_word
from jupyter_runs.store.base import Span

if TYPE_CHECKING:
    from jupyter_runs.server.base import Json
    from jupyter_runs.server.stores import OpenWorkspace
    from jupyter_runs.store.base import Store

AXES = ("step", "time")
#: Runs that may be laid over each other.
_MANY = 50


class MetricsHandler(RunsHandler):
    """Metrics of a run."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        name, after, most, span = self.query("name"), self.query("after"), _most(self), _span(self)

        def work(workspace: OpenWorkspace) -> Json:
            cursor, found = workspace.store.series(run_id, name, after, most, span)
            return {"cursor": cursor, "series": [wire.series_data(series) for series in found]}

        await self.answer(work)


class SeriesHandler(RunsHandler):
    """One metric of several runs."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        ids, name, most, span = (
            parse_ids("ids", self.query("ids") or "", _MANY),
            self.query("name"),
            _most(self),
            _span(self),
        )
        if name is None:
            raise BadRequest("Query value name: expected the name of a metric.")

        def work(workspace: OpenWorkspace) -> Json:
            return {"series": {run_id: _series(workspace.store, run_id, name, most, span) for run_id in ids}}

        await self.answer(work)


def _series(store: Store, run_id: str, name: str, most: int, span: Span | None) -> Json | None:
    """None for a run without the metric, or one that is gone: the others are still worth a picture."""
    try:
        _, found = store.series(run_id, name, None, most, span)
    except RunNotFound:
        return None
    return wire.series_data(found[0]) if found else None


def _most(handler: RunsHandler) -> int:
    return handler.integer("max_points", 2000, 10, 10_000)


def _span(handler: RunsHandler) -> Span | None:
    axis = parse_word("axis", handler.query("axis"), AXES)
    low, high = (parse_number(name, handler.query(name)) for name in ("from", "to"))
    if low is not None and high is not None and low > high:
        raise BadRequest(f"Query value from={low:g} is above to={high:g}: expected a range.")
    return None if low is None and high is None else Span(axis, low, high)
