"""What a table of runs needs beside its rows: the columns there are, and figures of groups."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_runs import search
from jupyter_runs.errors import InvalidQuery, shorten
from jupyter_runs.server.base import RunsHandler
from jupyter_runs.server.requests import BadRequest, parse_choice
from jupyter_runs.store.base import RunFilter

if TYPE_CHECKING:
    from jupyter_runs.search_tree import Sort
    from jupyter_runs.server.base import Json
    from jupyter_runs.server.stores import OpenWorkspace

#: What runs can be grouped by, as the store calls it and as people write it.
GROUPED = {
    "param": "param:KEY",
    "tag": "tag:KEY",
    "property": "prop:KEY",
    "status": "status",
    "submitted_by": "by",
    "experiment": "exp",
    "name": "name",
}
_MOST_VALUES = 50
_MOST_GROUPS = 500


class TableHandler(RunsHandler):
    """Routes about all runs that `/runs` would list, page after page."""

    def where(self) -> RunFilter:
        """The runs that are asked for, in the words of `/runs`."""
        text = (self.query("q") or "").strip()
        children = parse_choice("include_children", self.query("include_children"), default=bool(text))
        query = search.parse(text, user=self.user) if text else None
        return RunFilter(experiment=self.query("experiment"), include_children=children, query=query)


class ColumnsHandler(TableHandler):
    """Columns that a table of some runs can have."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        where = self.where()

        def work(workspace: OpenWorkspace) -> Json:
            found = workspace.store.columns(where)
            texts = {"params": found.params, "tags": found.tags, "properties": found.properties}
            keyed = {
                group: [{"key": c.key, "count": c.count, "distinct": c.distinct} for c in columns]
                for group, columns in texts.items()
            }
            metrics = [{"name": c.key, "kind": c.kind, "count": c.count} for c in found.metrics]
            return {"total": found.total, **keyed, "metrics": metrics}

        await self.answer(work)


class AggregateHandler(TableHandler):
    """Figures of groups of runs."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        where = self.where()
        by = parse_order("by", self.query("by") or "")
        if by.field not in GROUPED:
            raise _not("by", self.query("by") or "", f"one of {', '.join(GROUPED.values())}")
        texts = self.get_query_arguments("value", strip=False)
        if len(texts) > _MOST_VALUES:
            raise BadRequest(f"Query value value is there {len(texts)} times: expected at most {_MOST_VALUES}.")
        values = [parse_order("value", text) for text in texts]
        limit = self.integer("limit", _MOST_GROUPS, 1, _MOST_GROUPS)

        def work(workspace: OpenWorkspace) -> Json:
            found = workspace.store.aggregate(where, by, values, limit)
            return {"runs": found.runs, "total": found.total, "groups": [asdict(group) for group in found.groups]}

        await self.answer(work)


def parse_order(name: str, text: str) -> Sort:
    """What `sort:` in a search takes, without direction: `param:lr`, `metric.min:loss`, `duration`."""
    try:
        query = search.parse(f"sort:{text}")
    except InvalidQuery:
        query = None
    if query is None or query.sort is None or query.root.parts or query.sort.descending:
        raise _not(name, text, "what sort: takes in a search, e.g. param:lr, metric:acc, metric.min:loss or duration")
    return query.sort


def _not(name: str, text: str, expected: str) -> BadRequest:
    return BadRequest(f"Query value {name}={shorten(text)!r}: expected {expected}.")
