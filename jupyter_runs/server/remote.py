"""The routes behind `store/http.py`: a workspace of this server as a store for other machines.

One route calls any method of the store; one takes journals by offset; one waits until something has changed. What the token of a run may
call is listed in `scoped.py`.
"""

from __future__ import annotations

import json
import time
import zlib
from typing import TYPE_CHECKING, Any

from jupyter_runs import __version__, names, tokens
from jupyter_runs.server import scoped
from jupyter_runs.server.access import RemoteHandler, allow_unauthenticated
from jupyter_runs.server.base import dumps
from jupyter_runs.server.housekeeping import HANDLERS as HOUSEKEEPING
from jupyter_runs.server.requests import TOKEN_FIELDS, BadRequest, TooLong, UnknownRoute, parse_body, parse_number
from jupyter_runs.server.tree import HANDLERS as TREE
from jupyter_runs.store import http_codec as codec
from jupyter_runs.store.base import JournalLine

if TYPE_CHECKING:
    from jupyter_runs.server.hub import Hub
    from jupyter_runs.server.stores import OpenWorkspace

#: A piece of a journal may be so long when it is unpacked (bytes).
_MAX_PIECE = 1 << 26
_LONGEST_WAIT_S = 30.0


class HelloHandler(RemoteHandler):
    """Whom a client has reached, and as whom."""

    @allow_unauthenticated
    async def get(self) -> None:
        await self.admit("read")
        user, scope = self.known_user, self.scope
        await self.answer(
            lambda workspace: {"version": __version__, "workspace": workspace.key, "user": user, "run_id": scope}
        )


class StoreHandler(RemoteHandler):
    """A method of the store."""

    @allow_unauthenticated
    async def post(self, method: str) -> None:
        is_read = method in codec.READS
        await self.admit("read" if is_read else "write")
        if not is_read and method not in codec.WRITES:
            raise UnknownRoute
        body = self.request.body

        def work(workspace: OpenWorkspace) -> str:
            arguments = codec.method(method).decode_arguments(_json(body))
            self.name_user(method, arguments)
            self.must_allow_call(workspace, method, arguments)
            if self.scope is not None:
                given = scoped.call(self, workspace, method, arguments)
            else:
                given = getattr(workspace.store, method)(**arguments)
            return codec.dumps(codec.encode(given)).decode("ascii")

        ask = self.stores.read if is_read else self.stores.write
        self.finish(await ask(self.workspace, work))


class JournalHandler(RemoteHandler):
    """What a writer has to say of a run, from an offset on."""

    @allow_unauthenticated
    async def post(self, run_id: str, writer: str) -> None:
        await self.admit("write")
        start, body = self.offset(), self.request.body
        is_packed = self.request.headers.get("Content-Encoding") == "gzip"

        def work(workspace: OpenWorkspace) -> str:
            self.must_cover(workspace, run_id)
            lines = self._lines(start, _unpacked(body) if is_packed else body)
            for line in lines:
                self.must_allow_call(workspace, line.method, {**line.arguments, "run_id": run_id})
            shipped = workspace.store.ship(run_id, names.run_id(writer), start, lines)
            return dumps(codec.encode(shipped))

        self.finish(await self.stores.write(self.workspace, work))

    def _lines(self, start: int, data: bytes) -> list[JournalLine]:
        """Whole lines; half a one at the end comes again."""
        lines = []
        for line in data.splitlines(keepends=True):
            start += len(line)
            if line.endswith(b"\n"):
                lines.append(self._line(start, line))
        return lines

    def _line(self, end: int, line: bytes) -> JournalLine:
        said = _json(line)
        if not (
            isinstance(said, list) and len(said) == 3 and said[0] in codec.JOURNALED and isinstance(said[1], float)
        ):
            raise BadRequest(f"The line of the journal that ends at {end} is none: [method, time, arguments].")
        method, at, arguments = said
        decoded = codec.method(method).decode_some(arguments)
        self.name_user(method, decoded)
        return JournalLine(end, method, decoded, at)


class TokenHandler(RemoteHandler):
    """A token that is good for one run and those below it."""

    @allow_unauthenticated
    async def post(self, run_id: str) -> None:
        await self.admit("write")
        if self.scope is not None:
            raise self.refusal("a new token")
        seconds = parse_body(self.request.body, TOKEN_FIELDS, required=False).get("seconds", tokens.DEFAULT_S)
        expires_at = int(time.time() + seconds)

        def work(workspace: OpenWorkspace) -> str:
            run = workspace.store.get_run(run_id)
            token = tokens.mint(tokens.secret(workspace.folder), run.run_id, expires_at)
            return dumps({"token": token, "expires_at": expires_at})

        self.set_status(201)
        self.finish(await self.stores.write(self.workspace, work))


class WaitHandler(RemoteHandler):
    """Until something has changed."""

    @allow_unauthenticated
    async def get(self) -> None:
        await self.admit("read")
        since = self.query("since")
        seconds = min(parse_number("wait", self.query("wait")) or 0.0, _LONGEST_WAIT_S)
        hub: Hub = self.settings["jupyter_runs_hub"]
        workspace = await self.stores.read(self.workspace, lambda workspace: workspace)
        # First in line, then a look: a change between the two is not missed.
        with hub.waiting(workspace.key) as changed:
            self._changed = changed
            cursor = await self._cursor()
            if cursor == since and await hub.wait(changed, seconds):
                cursor = await self._cursor()
        self.finish(dumps({"cursor": cursor}))

    async def _cursor(self) -> str:
        return await self.stores.read(self.workspace, lambda workspace: workspace.store.cursor())

    def on_connection_close(self) -> None:
        """Nobody waits any more."""
        if (changed := getattr(self, "_changed", None)) is not None and not changed.done():
            changed.set_result(False)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise BadRequest(f"The body is not JSON: {error}.") from None


def _unpacked(body: bytes) -> bytes:
    unpack = zlib.decompressobj(wbits=31)
    try:
        data = unpack.decompress(body, _MAX_PIECE)
    except zlib.error as error:
        raise BadRequest(f"The body is not gzip: {error}.") from None
    if not unpack.eof:
        raise TooLong(f"A piece of a journal has at most {_MAX_PIECE:,} bytes. Send less at once.")
    return data


_API = r"/jupyter-runs/api"
HANDLERS: list[tuple[str, type[RemoteHandler]]] = [
    (rf"{_API}/hello", HelloHandler),
    (rf"{_API}/wait", WaitHandler),
    (rf"{_API}/store/(?P<method>[^/]+)", StoreHandler),
    *TREE,
    *HOUSEKEEPING,
    (rf"{_API}/runs/(?P<run_id>[^/]+)/token", TokenHandler),
    (rf"{_API}/runs/(?P<run_id>[^/]+)/journal/(?P<writer>[^/]+)", JournalHandler),
]
