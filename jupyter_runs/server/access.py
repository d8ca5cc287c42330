"""Who may ask the routes for other machines: a user of this server, or the token of a run, which is good for that run and those below it.

A run's token is no token of Jupyter: no other handler of the server knows it, and it never makes a user. XSRF is no concern where there
is no cookie.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import allow_unauthenticated
from tornado import web

from jupyter_runs import tokens
from jupyter_runs.errors import NotAllowed, RunNotFound
from jupyter_runs.model import FINAL, Status
from jupyter_runs.server import rules
from jupyter_runs.server.base import RunsHandler, dumps
from jupyter_runs.server.requests import BadRequest, OtherVersion
from jupyter_runs.store import http_codec as codec
from jupyter_runs.store.base import RunFilter
from jupyter_runs.store.http_server import PROTOCOL, PROTOCOL_HEADER, TIME_HEADER, USER_HEADER
from jupyter_runs.store.pages import every_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_runs.model import RunRecord
    from jupyter_runs.server.stores import OpenWorkspace
    from jupyter_runs.store.base import Store

__all__ = ["RemoteHandler", "allow_unauthenticated", "is_below", "runs_below"]


class RemoteHandler(RunsHandler):
    """What the routes for other machines share. Each begins with `admit`, and checks the runs that it is about with `must_cover`."""

    #: The run whose token was sent; None: a user of this server asks.
    scope: str | None = None

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header(PROTOCOL_HEADER, PROTOCOL)

    async def prepare(self) -> None:  # type: ignore[override]
        """Log in by the token of a run, or as everywhere."""
        token = self._token()
        if not token.startswith(tokens.PREFIX):
            await super().prepare()
        elif not self.check_host():
            raise web.HTTPError(403)
        else:
            self.current_user = self._jupyter_current_user = None
            self.scope = await self.stores.read(
                self.workspace, lambda workspace: tokens.check(tokens.secret(workspace.folder), token)
            )
        spoken = self.request.headers.get(PROTOCOL_HEADER)
        if spoken not in {None, PROTOCOL}:
            raise OtherVersion(spoken, PROTOCOL)

    def finish(self, *args: Any, **kwargs: Any) -> Any:
        """With the time of the answer: the client learns what our clock is ahead of its own by."""
        self.set_header(TIME_HEADER, f"{time.time():.6f}")
        return super().finish(*args, **kwargs)

    def _token(self) -> str:
        kind, _, token = self.request.headers.get("Authorization", "").partition(" ")
        return token.strip() if kind.lower() in {"token", "bearer"} else ""

    async def admit(self, action: str) -> None:
        """Refuse who may not `read` or `write` here; the token of a run may both, of what it covers."""
        if self.scope is not None:
            return
        if not self.current_user:
            raise web.HTTPError(403)
        is_allowed = self.authorizer.is_authorized(self, self.current_user, action, self.auth_resource)
        if not await ensure_async(is_allowed):
            raise web.HTTPError(403, f"User is not authorized to {action} on resource: {self.auth_resource}.")

    def must_cover(self, workspace: OpenWorkspace, *run_ids: str) -> None:
        """Refuse runs that the token is not good for. Blocks."""
        if self.scope is not None:
            for run_id in run_ids:
                if not is_below(workspace.store, run_id, self.scope):
                    raise self.refusal(f"run {run_id}")

    def refusal(self, what: str) -> NotAllowed:
        """The error for what the token is not good for."""
        return NotAllowed(
            f"The token of run {self.scope} is not good for {what}: only for that run and those below it."
        )

    def offset(self) -> int:
        """Where the bytes of the body belong."""
        text = self.request.headers.get("X-Offset", "")
        if not (text.isascii() and text.isdecimal() and len(text) < 19):
            raise BadRequest("The header X-Offset is missing: the number of bytes that come before these.")
        return int(text)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """With all that makes the error again on the other side."""
        error = kwargs.get("exc_info", (None, None))[1]
        if error is not None and type(error).__name__ in codec.ERRORS:
            if isinstance(error, ValueError) and type(error) is ValueError:
                self.set_status(400)
            self.finish(dumps(codec.encode_error(error)))
        else:
            super().write_error(status_code, **kwargs)

    @property
    def user(self) -> str:
        """Who asks: where the server does not know, as the client says."""
        said = self.request.headers.get(USER_HEADER, "")
        return self.known_user or said or super().user

    @property
    def known_user(self) -> str | None:
        """Who asks, where the server really knows: a name that everybody with the token has says nothing."""
        user = self.current_user
        if user is None or str(getattr(user, "name", "")).startswith("Anonymous "):
            return None
        return str(getattr(user, "username", user))

    def name_user(self, method: str, arguments: dict[str, Any]) -> None:
        """In a call of the store: who submits and who does it is who is logged in."""
        if (user := self.known_user) is None:
            return
        if method in _SAYS_BY:
            arguments["by"] = user
        elif method == "create_runs":
            arguments["runs"] = [replace(run, submitted_by=user) for run in arguments["runs"]]

    def must_allow_call(self, workspace: OpenWorkspace, method: str, arguments: dict[str, Any]) -> None:
        """Refuse what the rule of the server does not allow. Blocks."""
        if self.scope is None:
            rules.must_allow_call(self.settings["jupyter_runs_rule"], self.user, workspace.store, method, arguments)


#: Methods of a store that note who did it.
_SAYS_BY = frozenset(["request_cancel", "edit_tags", "set_archived", "delete_run", "restore_run", "delete_experiment"])


def is_below(store: Store, run_id: str, root: str) -> bool:
    """The run is `root` or below it. One that is not there is not."""
    at: str | None = run_id
    try:
        while at is not None and at != root:
            at = store.get_run(at).parent_id
    except RunNotFound:
        return False
    return at is not None


def runs_below(store: Store, root: str) -> Iterator[RunRecord]:
    """A run, and those below it that have not ended."""
    yield store.get_run(root)
    unfinished = frozenset(status.value for status in Status if status not in FINAL)
    yield from every_run(store, RunFilter(below=root, statuses=unfinished, archived=None))
