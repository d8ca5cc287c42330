"""The feed: what changed in a store since a cursor, told to whoever listens in this process.

One daemon thread per store while somebody listens; none otherwise. It looks at the store 20 times a second (5 µs when nothing was
committed) and calls each listener at most as often as the listener wants.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jupyter_runs.errors import JupyterRunsError
from jupyter_runs.model import RunRecord

if TYPE_CHECKING:
    from jupyter_runs.store.base import Store

_LOOK_S = 0.05
_log = logging.getLogger(__name__)

Listener = Callable[[list[RunRecord]], None]


@dataclass(eq=False)
class Subscription:
    """Somebody listens; `close` it when done."""

    feed: Feed
    listener: Listener
    min_interval_s: float
    pending: dict[str, RunRecord] = field(default_factory=dict)
    told_at: float = 0.0

    def close(self) -> None:
        """The listener is not called any more once this returns, except by a call that is under way. Again is harmless."""
        self.feed.remove(self)


class Feed:
    """The changes of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._subscriptions: list[Subscription] = []
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()

    def subscribe(self, listener: Listener, *, min_interval_s: float = 0.1) -> Subscription:
        """Call `listener` in the feed's thread with the runs that changed, each once, as they are then.

        Changes are collected while less than `min_interval_s` has passed since the last call; none is lost.
        """
        subscription = Subscription(self, listener, min_interval_s)
        with self._lock:
            if self._thread is None:
                self._wake.clear()
                self._thread = threading.Thread(
                    target=self._loop, args=(self._store.cursor(),), name="jupyter-runs-feed", daemon=True
                )
                self._thread.start()
            self._subscriptions.append(subscription)
        return subscription

    def remove(self, subscription: Subscription) -> None:
        """End a subscription; the thread ends with the last one."""
        with self._lock:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)
            thread = self._thread if not self._subscriptions else None
            if thread is not None:
                self._thread = None
                self._wake.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=5)

    def _loop(self, cursor: str) -> None:
        version = -1
        me = threading.current_thread()
        while self._thread is me:
            with suppress(JupyterRunsError):
                seen = self._store.version()
                if seen != version:
                    cursor = self._collect(cursor)
                    version = seen
            self._tell()
            self._wake.wait(_LOOK_S)

    def _collect(self, cursor: str) -> str:
        more = True
        while more:
            changes = self._store.changes(cursor)
            cursor, more = changes.cursor, changes.more
            # Those in the bin still have a record, which says so.
            runs = [*changes.runs, *self._store.get_runs(changes.deleted)]
            for subscription in list(self._subscriptions):
                subscription.pending.update({run.run_id: run for run in runs})
        return cursor

    def _tell(self) -> None:
        now = time.monotonic()
        for subscription in list(self._subscriptions):
            if subscription not in self._subscriptions:
                continue  # closed by a listener before it
            if subscription.pending and now - subscription.told_at >= subscription.min_interval_s:
                runs, subscription.pending = list(subscription.pending.values()), {}
                subscription.told_at = now
                try:
                    subscription.listener(runs)
                except BaseException:  # noqa: BLE001 - one listener's fault (RunCanceled is no Exception) must not silence the others
                    _log.warning("A listener of jupyter_runs failed", exc_info=True)
