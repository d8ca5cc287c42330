"""Root runs by what they have in common: how many there are of each, and the search text that lists them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_runs import search
from jupyter_runs.errors import shorten
from jupyter_runs.search_terms import quote
from jupyter_runs.server.base import RunsHandler
from jupyter_runs.server.requests import BadRequest, parse_choice
from jupyter_runs.store.base import RunFilter

if TYPE_CHECKING:
    from jupyter_runs.model import SectionRecord
    from jupyter_runs.server.base import Json
    from jupyter_runs.server.stores import OpenWorkspace

#: As asked for -> what the store counts by, and the key.
_PLAIN: dict[str, tuple[str, str | None]] = {
    "experiment": ("experiment", None),
    "status": ("status", None),
    "none": ("all", None),
    "notebook": ("property", "jupyter_runs.notebook"),
}
_KEYED = {"tag": "tag", "prop": "property", "param": "param"}
#: Field of a search that says so.
_FIELDS = {"tag": "tag", "property": "prop", "param": "param"}


class GroupsHandler(RunsHandler):
    """Groups of root runs."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        by, key = _parse_by(self.query("by") or "")
        text = (self.query("q") or "").strip()
        archived = parse_choice("archived", self.query("archived"), default=False)
        query = search.parse(text, user=self.user) if text else None
        if query is not None and query.sort is not None:
            raise BadRequest("Query value q: groups have an order of their own, leave `sort:` out.")
        where = RunFilter(query=query, archived=None if archived else False)
        scope = _scope(text, query, archived=archived)

        def work(workspace: OpenWorkspace) -> Json:
            found, total = workspace.store.sections(where, by, key)
            groups = [_group(one, by, key, scope) for one in found]
            return {"groups": groups, "total": total, "server_time": time.time()}

        await self.answer(work)


def _parse_by(text: str) -> tuple[str, str | None]:
    kind, _, key = text.partition(":")
    if text in _PLAIN:
        return _PLAIN[text]
    if kind in _KEYED and key:
        return _KEYED[kind], key
    expected = f"{', '.join(_PLAIN)}, tag:KEY, prop:KEY or param:KEY"
    raise BadRequest(f"Query value by={shorten(text)!r}: expected {expected}.")


def _scope(text: str, query: search.Query | None, *, archived: bool) -> str:
    """What the search text of each group begins with."""
    parts = ["is:root", *(["(is:archived or -is:archived)"] if archived else [])]
    if query is not None:
        # Only a group of its own can hold an `or`.
        parts.append(f"({text})" if any(isinstance(part, search.Group) for part in query.root.parts) else text)
    return " ".join(parts)


def _group(found: SectionRecord, by: str, key: str | None, scope: str) -> Json:
    text = f"{scope} {_condition(found, by, key)}".strip()
    return {
        "value": found.value,
        "has": found.has,
        "total": found.total,
        "active": found.active,
        "last_at": found.last_at,
        # None where a search has no room for a value so long.
        "q": text if len(text) <= search.MAX_TEXT else None,
    }


def _condition(found: SectionRecord, by: str, key: str | None) -> str:
    """The condition of a search that the runs of a group meet."""
    if by == "all":
        return ""
    if by in {"experiment", "status"}:
        return f"{'exp' if by == 'experiment' else by}:{found.value}"
    field = f"{_FIELDS[by]}:{quote(key or '')}"
    if not found.has:
        return f"-{field}"
    # A key without a value is there, and begins with nothing.
    return f'{field} -{field}^=""' if found.value is None else f"{field}={quote(found.value)}"
