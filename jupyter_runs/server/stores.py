"""The workspaces that the server can show, and their stores: opened on first use, asked in threads of their own.

Store calls block: up to 30 s when another process holds the lock. They never run on the server's loop, and calls that
write never take the threads of those that read, so a locked store still answers.
"""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_runs import config, engines, wire
from jupyter_runs.errors import StoreAway
from jupyter_runs.server.requests import UnknownWorkspace
from jupyter_runs.store.opening import open_store
from jupyter_runs.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from jupyter_runs.config import WorkspaceConfig
    from jupyter_runs.model import RunRecord
    from jupyter_runs.store.base import Store

T = TypeVar("T")
_STOPPING = "The server is stopping. Ask again when it is back."


@dataclass(frozen=True)
class OpenWorkspace:
    """A workspace and its open store."""

    key: str
    config: WorkspaceConfig
    store: Store

    @property
    def folder(self) -> Path:
        """Where the files of the runs are."""
        return self.config.folder

    def run(self, record: RunRecord, now: float | None = None) -> dict[str, Any]:
        """A run of this workspace in its wire form."""
        return wire.run_data(record, self.key, now)


class Stores:
    """Every workspace in use, by key."""

    def __init__(self, root_dir: str, only: WorkspaceConfig | None = None) -> None:
        """`only`: the server's own workspace, and the only one that it shows."""
        #: The folder that the server serves.
        self.root_dir = os.path.expanduser(root_dir)  # noqa: PTH111 - text
        self._own = self._only = only
        self._open: dict[str, OpenWorkspace] = {}
        self._public: dict[str, Workspace] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._readers = ThreadPoolExecutor(3, thread_name_prefix="jupyter-runs-server-read")
        self._writers = ThreadPoolExecutor(2, thread_name_prefix="jupyter-runs-server-write")
        # An engine may take ten seconds to say that it does not answer.
        self._engines = ThreadPoolExecutor(2, thread_name_prefix="jupyter-runs-server-engines")

    async def read(self, key: str | None, work: Callable[[OpenWorkspace], T]) -> T:
        """The result of `work`, which must not write, with the workspace `key` (None: the server's own)."""
        return await self._in(self._readers, lambda: work(self.open(key)))

    async def write(self, key: str | None, work: Callable[[OpenWorkspace], T]) -> T:
        """The result of `work`, which may write and wait for the lock."""
        return await self._in(self._writers, lambda: work(self.open(key)))

    async def blocking(self, work: Callable[[], T]) -> T:
        """The result of `work`, which needs no store but may wait for a disk."""
        return await self._in(self._readers, work)

    async def _in(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        if self._closed:
            raise StoreAway(_STOPPING)
        try:
            return await asyncio.wrap_future(pool.submit(work))
        except asyncio.CancelledError:
            if self._closed:
                raise StoreAway(_STOPPING) from None
            raise

    def submit_write(self, work: Callable[[], T]) -> Future[T]:
        """Have `work` done among the writes."""
        return self._writers.submit(work)

    def ask_engines(self, work: Callable[[], T]) -> Future[T]:
        """Have `work` done where nobody waits for it who waits for a store."""
        return self._engines.submit(work)

    def withdraw(self, key: str | None, run_ids: Sequence[str]) -> None:
        """Take the jobs of canceled runs back, by and by."""

        def work() -> None:
            workspace = self.open(key)
            engines.withdraw(workspace.config, workspace.store, run_ids)

        self.ask_engines(work)

    def own(self) -> WorkspaceConfig:
        """The server's own workspace, as configured for its root folder. A wrong configuration is read again."""
        if self._own is None:
            self._own = config.resolve(start=self.root_dir)
        return self._own

    def known(self) -> dict[str, WorkspaceConfig]:
        """The server's own workspace, then all that this user has opened."""
        own = self.own()
        return {own.key: own} if self._only else {own.key: own, **config.known()}

    def in_use(self) -> list[OpenWorkspace]:
        """Workspaces that were asked for."""
        return list(self._open.values())

    def open(self, key: str | None) -> OpenWorkspace:
        """A workspace with its store, opened now if it was not. Blocks; after an error the next call tries again."""
        where = self._find(key)
        there = self._open.get(where.key)
        if there is not None and there.store.is_there():
            return there
        with self._lock:
            there = self._open.get(where.key)
            if there is not None and there.store.is_there():
                return there
            if self._closed:
                raise StoreAway(_STOPPING)
            if there is not None:
                # The user removed or replaced the folder while the server was running.
                there.store.close()
                del self._open[where.key]
            opened = OpenWorkspace(where.key, where, open_store(where))
            self._open[where.key] = opened
            return opened

    def public(self, key: str, user: str) -> Workspace:
        """A workspace as Python code has it, for what needs more than its store; `user` is who acts. Blocks."""
        workspace = Workspace._at(self._find(key))
        workspace.user = user
        with self._lock:
            self._public[key] = workspace
        return workspace

    def _find(self, key: str | None) -> WorkspaceConfig:
        own = self.own()
        if key is None or key == own.key:
            return own
        found = self.known().get(key)
        if found is None:
            raise UnknownWorkspace(key)
        return found

    def close(self) -> None:
        """Wait for calls that have begun, drop the others, close every store. No thread is left."""
        self._closed = True
        for pool in (self._readers, self._writers, self._engines):
            pool.shutdown(wait=True, cancel_futures=True)
        for workspace in self.in_use():
            workspace.store.close()
        self._open.clear()
        for public in self._public.values():
            public.store.close()
        self._public.clear()
