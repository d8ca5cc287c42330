"""What all routes share: who asks, which workspace, how answers and errors are written."""

from __future__ import annotations

import getpass
import http.client
import json
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import APIHandler
from tornado import web

from jupyter_runs.errors import InvalidQuery, JupyterRunsError
from jupyter_runs.server import rules
from jupyter_runs.server.requests import parse_int

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_runs.model import RunRecord
    from jupyter_runs.server.stores import OpenWorkspace, Stores

Json = dict[str, Any]
_HINTS = {
    403: "Not allowed: log in to this Jupyter server, or send its token.",
    405: "This route does not take that method. `openapi.yaml` lists those that it takes.",
    500: "Unexpected error. The server's log has the details.",
}


class RunsHandler(APIHandler):
    """What all routes share: who asks, which workspace, how answers and errors are written."""

    auth_resource = "jupyter_runs"

    @property
    def stores(self) -> Stores:
        stores: Stores = self.settings["jupyter_runs_stores"]
        return stores

    def must_allow(self, workspace: OpenWorkspace, action: str, *run_ids: str) -> None:
        """Refuse what the rule of the server does not allow this user to do to these runs. Blocks."""
        rule = self.settings["jupyter_runs_rule"]
        if rule is not rules.everybody:
            rules.must_allow(rule, self.user, action, workspace.store.get_runs(run_ids))

    @property
    def workspace(self) -> str | None:
        """Key of the workspace that is asked for; None for the server's own."""
        return self.query("workspace")

    @property
    def user(self) -> str:
        """Who asks: the user's name, or the account of the server where everybody is "Anonymous Io"."""
        user = self.current_user
        name = str(getattr(user, "username", user))
        is_anonymous = str(getattr(user, "name", "")).startswith("Anonymous ")
        return _account() or name if is_anonymous else name

    def query(self, name: str) -> str | None:
        """A query value; None when it is not there or empty."""
        return self.get_query_argument(name, None, strip=False) or None

    def integer(self, name: str, default: int, low: int | None = None, high: int | None = None) -> int:
        """A query value that is a whole number."""
        return parse_int(name, self.query(name), default, low, high)

    async def answer(self, work: Callable[[OpenWorkspace], Json]) -> None:
        """Finish with what `work` has read. It is turned into JSON off the loop, too."""
        self.finish(await self.stores.read(self.workspace, lambda workspace: dumps(work(workspace))))

    async def answer_change(self, work: Callable[[OpenWorkspace], RunRecord], status: int = 200) -> None:
        """Finish with the run that `work` has changed."""
        text = await self.stores.write(self.workspace, lambda workspace: dumps(workspace.run(work(workspace))))
        self.set_status(status)
        self.finish(text)

    def update_api_activity(self) -> None:
        """Open pages read by themselves: that alone must not keep an idle server alive."""
        if self.request.method != "GET":
            super().update_api_activity()

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Answer with the status that an error of ours stands for."""
        error = kwargs.get("exc_info", (None, None))[1]
        super().send_error(error.http_status if isinstance(error, JupyterRunsError) else status_code, **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Errors are one line and the class of the error."""
        error = kwargs.get("exc_info", (None, None))[1]
        message = _HINTS.get(status_code) or http.client.responses.get(status_code, "Unknown error")
        if isinstance(error, JupyterRunsError):
            message = str(error)
        elif isinstance(error, web.HTTPError) and error.log_message:
            message = error.log_message % error.args if error.args else error.log_message
        body: Json = {"message": " ".join(message.split()), "reason": type(error).__name__}
        if isinstance(error, InvalidQuery):
            where = {"token": error.token, "position": error.position}
            body |= {**where, "expected": error.expected, "instead": error.instead}
        self.finish(dumps(body))

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        """Our errors say it in one line; only the unexpected get a traceback."""
        if isinstance(value, JupyterRunsError):
            self.log.warning("%s: %s", typ.__name__, value) if value.http_status >= 500 else self.log.debug("%s", value)
        else:
            super().log_exception(typ, value, tb)


def dumps(data: Json) -> str:
    """JSON as every browser reads it."""
    # NaN is no JSON: better one answer that fails here than one that no browser can read.
    return json.dumps(data, allow_nan=False)


def _account() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None
