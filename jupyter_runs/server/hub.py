"""Notices that a store has changed and says so on the server's event bus; looks after runs whose owner has died.

The event says only where a workspace stands: clients ask `/changes` with their own cursor, so an event that is lost or
comes twice does no harm. One thread looks at every workspace in use. It only reads: `PRAGMA data_version` does not
change for commits on its own connection, so whatever writes (the reaper, too) does so on other threads.
"""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_runs import liveness, lookout
from jupyter_runs.errors import JupyterRunsError

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from jupyter_runs.server.stores import OpenWorkspace, Stores
    from jupyter_runs.store.base import Store

T = TypeVar("T")

SCHEMA_ID = "https://schema.jupyter.org/jupyter_runs/changed/v1"
SCHEMA: dict[str, Any] = {
    "$id": SCHEMA_ID,
    "version": "1",
    "title": "Runs have changed",
    "description": "Runs of a workspace have changed; `/jupyter-runs/api/changes` tells which.",
    "personal-data": False,
    "type": "object",
    "additionalProperties": False,
    "required": ["workspace", "cursor"],
    "properties": {
        "workspace": {"type": "string", "description": "Key of the workspace."},
        "cursor": {"type": "string", "description": "Where its store stands now."},
    },
}
#: Seconds between two looks: an event is at most so late, and there are at most ten a second.
WATCH_S = 0.1
#: Seconds between two looks for dead owners.
REAP_S = 5.0
#: Seconds after that for points of an older version: a million of them in a few minutes, and nobody waits.
COMPACT_S = 0.25


class Hub:
    """The thread that watches, from `start` to `stop`."""

    def __init__(self, stores: Stores, emit: Callable[[dict[str, str]], object], log: logging.Logger) -> None:
        self._stores = stores
        self._emit = emit
        #: Requests that wait for a change, by workspace. Only touched in the loop.
        self._waiting: dict[str, set[asyncio.Future[bool]]] = {}
        self._log = log
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="jupyter-runs-server-watch", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        #: Store and last seen version by workspace; a store that was opened anew starts anew.
        self._seen: dict[str, tuple[Store, int]] = {}
        self._reaping: dict[str, Future[None]] = {}
        self._asking: dict[str, Future[None]] = {}
        #: Stores without points of an older version, by workspace.
        self._compact: dict[str, Store] = {}
        #: What gave an error, so that it is logged once and not ten times a second.
        self._troubled: set[str] = set()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Watch; `emit` is called in `loop`."""
        self._loop = loop
        self._thread.start()

    @contextmanager
    def waiting(self, key: str) -> Iterator[asyncio.Future[bool]]:
        """Done, with True, at the next change of the workspace `key`; only in the loop."""
        changed: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, set()).add(changed)
        try:
            yield changed
        finally:
            self._waiting[key].discard(changed)

    @staticmethod
    async def wait(changed: asyncio.Future[bool], seconds: float) -> bool:
        """Whether it was done in that time."""
        done, _ = await asyncio.wait([changed], timeout=seconds)
        return bool(done) and changed.result()

    def let_go(self) -> None:
        """Nobody waits any more; only in the loop."""
        self._tell_waiting(*self._waiting)

    def _tell(self, data: dict[str, str]) -> None:
        self._emit(data)
        self._tell_waiting(data["workspace"])

    def _tell_waiting(self, *keys: str) -> None:
        for key in keys:
            for changed in self._waiting.get(key, ()):
                if not changed.done():
                    changed.set_result(True)

    def stop(self) -> None:
        """Nothing is emitted any more and the thread is gone. Blocks for as long as one look takes."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        reap_at = 0.0
        while not self._stopping.wait(WATCH_S):
            workspaces = self._stores.in_use()
            for workspace in workspaces:
                self._guarded(f"watch {workspace.key}", partial(self._look, workspace))
            if time.monotonic() >= reap_at and workspaces:
                reap_at = time.monotonic() + REAP_S
                for workspace in workspaces:
                    self._reap_soon(workspace)

    def _look(self, workspace: OpenWorkspace) -> None:
        now = workspace.store, workspace.store.version()
        if self._seen.get(workspace.key) == now:
            return
        # The first look emits as well: something may have changed between the request that opened the store and now.
        self._seen[workspace.key] = now
        data = {"workspace": workspace.key, "cursor": workspace.store.cursor()}
        if self._loop is not None and not self._loop.is_closed() and not self._stopping.is_set():
            self._loop.call_soon_threadsafe(self._tell, data)

    def _reap_soon(self, workspace: OpenWorkspace) -> None:
        pending = self._reaping.get(workspace.key)
        if pending is None or pending.done():
            self._reaping[workspace.key] = self._stores.submit_write(partial(self._reap, workspace))
        asking = self._asking.get(workspace.key)
        if asking is None or asking.done():
            self._asking[workspace.key] = self._stores.ask_engines(partial(self._ask_engines, workspace))

    def _reap(self, workspace: OpenWorkspace) -> None:
        ended = self._guarded(f"reap {workspace.key}", partial(liveness.reap, workspace.store))
        if ended:
            self._log.info("jupyter_runs: the process of %s has ended without reporting", ", ".join(ended))
        if self._compact.get(workspace.key) is not workspace.store:
            more = self._guarded(f"compact {workspace.key}", partial(workspace.store.compact, COMPACT_S))
            if more is False:
                self._compact[workspace.key] = workspace.store

    def _ask_engines(self, workspace: OpenWorkspace) -> None:
        look = partial(lookout.of(workspace.config).look, workspace.store)
        if ended := self._guarded(f"engines {workspace.key}", look):
            self._log.info("jupyter_runs: the engine has no job any more of %s", ", ".join(ended))

    def _guarded(self, task: str, work: Callable[[], T]) -> T | None:
        """The result of `work`, or None: no trouble with a store may end the watch."""
        try:
            result = work()
        except JupyterRunsError as error:
            if task not in self._troubled and not self._stopping.is_set():
                self._troubled.add(task)
                self._log.warning("jupyter_runs: %s", error)
            return None
        self._troubled.discard(task)
        return result
