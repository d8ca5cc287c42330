"""Runs that this process writes, as it last heard of them: the answers while the server is away."""

from __future__ import annotations

import os
import socket
import threading
from collections import OrderedDict
from dataclasses import replace
from typing import Any

from jupyter_runs.model import RunError, RunRecord, Status
from jupyter_runs.store import http_codec as codec

#: More are forgotten, the oldest first.
_REMEMBERED = 2000


class Mine:
    """See the module. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._runs: OrderedDict[str, RunRecord] = OrderedDict()
        self._lock = threading.Lock()

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._runs

    def get(self, run_id: str) -> RunRecord | None:
        """The run, if this process writes it."""
        return self._runs.get(run_id)

    def put(self, record: RunRecord) -> None:
        """This process writes the run, which stands so."""
        with self._lock:
            self._runs[record.run_id] = record
            while len(self._runs) > _REMEMBERED:
                self._runs.popitem(last=False)

    def is_made_here(self, run_id: str) -> bool:
        """The log and the files of the run are made by this process."""
        run = self._runs.get(run_id)
        owner = None if run is None else run.owner
        return owner is not None and owner.pid == os.getpid() and owner.host == socket.gethostname()

    def guess(self, name: str, run_id: str, arguments: dict[str, Any], now: float) -> Any:
        """What the server would answer to a call of the store, as far as this process knows; from here on that holds."""
        if name == "end_descendants":
            return []
        run = self._runs[run_id]
        if name == "transition":
            to, error = Status(arguments["to"]), arguments.get("error")
            run = replace(
                run,
                status=to,
                ended_at=now if to.is_final else None,
                error=run.error if error is None else codec.decode(RunError, error),
            )
        elif name == "edit_tags":
            tags = run.tags | arguments["set_"]
            run = replace(run, tags={k: v for k, v in tags.items() if k not in arguments.get("remove", ())})
        self.put(run)
        return run
