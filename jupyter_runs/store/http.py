"""The store of a workspace on another Jupyter server: every call is one request, see `server/remote.py` for the other side.

What a run's writer says (values, tags, its end) goes to the server at once where it answers. Values, and everything else while the server
is away, go through a journal on this machine (`http_journal.py`, sent by `http_ship.py`), in the order in which they were said.
"""

from __future__ import annotations

import atexit
import os
import re
import time
import warnings
import weakref
from typing import TYPE_CHECKING, Any, TypeVar, cast

from jupyter_runs import envvars, paths
from jupyter_runs.errors import InvalidName, RunEnded, RunStateError, StoreAway, StoreError, shorten
from jupyter_runs.model import RunRecord, Status
from jupyter_runs.store import http_codec as codec
from jupyter_runs.store.http_feed import Listener
from jupyter_runs.store.http_files import HttpFiles
from jupyter_runs.store.http_mine import Mine
from jupyter_runs.store.http_server import RETRY_S, Server
from jupyter_runs.store.http_ship import Shipper, error_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jupyter_runs.config import WorkspaceConfig
    from jupyter_runs.model import ModelRecord, NewRun, Owner, Point
    from jupyter_runs.store.base import Store

T = TypeVar("T")
#: What a writer waits for an answer before it goes on without: at a call, and at the end of the process (seconds).
GRACE_S = 3.0
#: To connect, and for the answer, where there is another way.
_SOON_S = (3.05, 5.0)
#: After a value that was not confirmed in time, values are not waited for during so long.
_HURRY_S = 10.0
#: Begins the value of a metric that is a file of the run, see `artifacts.uri`.
_FILE = "aml://artifactId/"
_SNAPSHOT = re.compile(r"[0-9a-f]{32}")
#: These are asked for by threads that look again soon anyway, or say nothing of what was written.
_NO_PATIENCE = frozenset({"heartbeat", "stops_asked"})
#: Only after the end of the run, which is in the journal, may these follow it there: they are no wishes of others then.
_AFTER_THE_END = frozenset({"end_descendants", "request_cancel"})


def open_http(config: WorkspaceConfig) -> Store:
    """The store at `config.url`.

    Raises
    ------
    StoreError : nobody answers there, the token is not taken, or the server has no or another jupyter_runs.
    """
    return cast("Store", HttpStore(config))


class HttpStore:
    """See the module, and `base.Store` for what every method promises. Methods that are not here are added below: they only ask."""

    def __init__(self, config: WorkspaceConfig) -> None:
        assert config.url is not None  # noqa: S101 - `open_store` looks at it
        self._server = Server(config.url)
        self.location = self._server.shown
        self.closed = False
        #: Whom the server takes us for; None where it does not know.
        self.user: str | None = self._server.ask("GET", "hello").json()["user"]
        self._folder = paths.journals(config.key)
        self._listener = Listener(self._server)
        self._local_folder = config.folder
        self._start()
        self._shipper.adopt()
        self.files.adopt()
        _stores.add(self)

    def _start(self) -> None:
        self._shipper = Shipper(self._server, self._folder)
        self._mine = Mine()
        self.files = HttpFiles(self._server, self._local_folder, self._folder, self._mine.is_made_here)
        #: Metrics that the server has taken a value of such a kind for: it will take another.
        self._taken: set[tuple[str, str, str]] = set()
        self._has_warned = False
        self._hurries_until = 0.0

    def is_there(self) -> bool:
        return True

    # -- calls ---------------------------------------------------------------------------------------------------------

    def _ask(self, name: str, arguments: dict[str, Any], patience_s: float | None = None) -> Any:
        """What the server says, once it has all that this process has logged before."""
        if self.closed:
            raise StoreError(f"The store {self.location} was closed. Open the workspace again.")
        if name in _NO_PATIENCE:
            return self._server.call(name, arguments, retry_s=0, timeout_s=_SOON_S)
        self._shipper.tell()
        retry_s = RETRY_S if patience_s is None else patience_s
        if self._server.is_away:
            retry_s = min(retry_s, GRACE_S)
        if not self._shipper.flush(retry_s):
            waiting = len(self._shipper.pending)
            raise StoreAway(
                f"The server {self.location} has not taken all yet: {waiting} journals of this process wait in {self._folder}. "
                "Ask again when it answers."
            )
        how = {} if patience_s is None else {"timeout_s": _SOON_S}
        given = self._server.call(name, arguments, retry_s=retry_s, **how)
        if name in codec.WRITES:
            self._listener.bump()
        return given

    def _write(self, name: str, run_id: str, arguments: dict[str, Any]) -> Any:
        """Say something of a run: to the server, or to the journal while that is away and we have written to the run before."""
        waits = self._shipper.is_pending(run_id)
        if not (self._server.is_away and waits):
            try:
                given = self._ask(name, {"run_id": run_id, **arguments}, GRACE_S if run_id in self._mine else None)
            except StoreAway:
                waits = self._shipper.is_pending(run_id)
                if run_id not in self._mine or (name in _AFTER_THE_END and not waits):
                    raise
            else:
                self._remember(given)
                return given
        self._shipper.write(run_id, name, arguments)
        self._warn_away()
        return self._mine.guess(name, run_id, arguments, self._server.now())

    def _warn_away(self) -> None:
        if not self._has_warned:
            self._has_warned = True
            # A token that has expired, say: then it is not away.
            reason = self._shipper.reason or f"The server {self.location} is away."
            warnings.warn(
                f"{reason} What this process logs is kept in {self._folder} and sent when it is back, "
                "by this process, the next one that opens the workspace, or `jupyter runs sync`.",
                stacklevel=5,
            )

    def _remember(self, given: object) -> None:
        if isinstance(given, RunRecord) and given.run_id in self._mine:
            self._mine.put(given)
            if given.status.is_final:
                self._shipper.release(given.run_id)
                self._taken = {one for one in self._taken if one[0] != given.run_id}

    def _once(self, name: str, arguments: dict[str, Any], done: Callable[[], T | None]) -> T:
        """What the server says to a call that must not be made twice: when an answer is lost, `done` looks whether that was all."""
        until, may_be_done = time.monotonic() + RETRY_S, False
        while True:
            self._shipper.flush(RETRY_S)
            try:
                given: T = self._ask(name, arguments, 0)
            except StoreAway:
                may_be_done = True
                if (found := done()) is not None:
                    return found
                if time.monotonic() > until:
                    raise
            except (InvalidName, RunStateError):
                # The one before was done after all, late.
                if not may_be_done or (found := done()) is None:
                    raise
                return found
            else:
                return given

    # -- runs of this process ------------------------------------------------------------------------------------------

    def create_runs(self, runs: Sequence[NewRun]) -> list[RunRecord]:
        for snapshot in {snapshot for run in runs for snapshot in _snapshots(run.properties)}:
            self.files.send_snapshot(snapshot)
        arguments = codec.method("create_runs").arguments((list(runs),), {})

        def done() -> list[RunRecord] | None:
            # Ids are new, so runs of these ids are ours.
            found: list[RunRecord] = self._ask("get_runs", {"run_ids": [run.run_id for run in runs]})
            return found if len(found) == len(runs) else None

        made = self._once("create_runs", arguments, done)
        for record in made:
            self._mine.put(record)
        return made

    def claim(self, run_id: str, owner: Owner, to: Status = Status.PREPARING) -> RunRecord:
        arguments = codec.method("claim").arguments((run_id, owner, to), {})

        def done() -> RunRecord | None:
            found = self.get_run(run_id)
            return found if found.owner == owner and found.status is to else None

        record = self._once("claim", arguments, done)
        self._mine.put(record)
        for snapshot in _snapshots(record.properties):
            self.files.fetch_snapshot(snapshot)
        return record

    def get_run(self, run_id: str) -> RunRecord:
        mine = self._mine.get(run_id)
        if mine is not None and self._server.is_away and self._shipper.is_pending(run_id):
            return mine
        try:
            record: RunRecord = self._ask("get_run", {"run_id": run_id}, None if mine is None else GRACE_S)
        except StoreAway:
            if mine is None:
                raise
            return mine
        if mine is not None:
            self._remember(record)
        elif run_id == os.environ.get(envvars.RUN_ID):
            self._mine.put(record)
        return record

    def append(self, run_id: str, points: Sequence[Point]) -> None:
        if self.closed:
            raise StoreError(f"The store {self.location} was closed. Open the workspace again.")
        run = self._mine.get(run_id)
        if run is None:
            run = self.get_run(run_id)
            self._mine.put(run)
        if run.status.is_final:
            raise RunEnded(run_id, run.status.value)
        is_new = not all((run_id, point.name, point.kind) in self._taken for point in points)
        if any(isinstance(point.value, str) and point.value.startswith(_FILE) for point in points):
            self._send_files(run_id)
        for point in points:
            _must_be_whole(point.name if is_new else "", point.value)
        journal, end = self._shipper.write(run_id, "append", {"points": codec.encode(points)})
        if is_new and not self._server.is_away and time.monotonic() > self._hurries_until:
            # What only the server can know of a metric, that it holds other values already, is known when its first value returns.
            if self._shipper.wait(journal, end, GRACE_S):
                self._taken.update((run_id, point.name, point.kind) for point in points)
            else:
                self._hurries_until = time.monotonic() + _HURRY_S
        if journal.refused:
            self._must_be_taken(run_id, end)
        if self._server.is_away:
            self._warn_away()

    def _must_be_taken(self, run_id: str, end: int) -> None:
        """Raise what the store has said of the value that was just logged, or of the run."""
        journal = self._shipper.of(run_id)
        refused = journal.refusal(end)
        if refused is not None:
            journal.told += 1
            raise error_of(refused)
        self._shipper.tell()
        if any(one.reason == RunEnded.__name__ for one in journal.refused):
            run = self.get_run(run_id)
            if run.status.is_final:
                raise RunEnded(run_id, run.status.value)

    # -- what the store tells of files is there ------------------------------------------------------------------------

    def update_run(self, run_id: str, **fields: Any) -> None:
        arguments = codec.method("update_run").arguments((run_id,), fields)
        del arguments["run_id"]
        if "log_bytes" in arguments:
            self.files.touched(run_id)
        elif not arguments:
            self._send_files(run_id)
        self._write("update_run", run_id, arguments)

    def transition(self, run_id: str, to: Status, **about: Any) -> RunRecord:
        if to.is_final:
            self._send_files(run_id)
        arguments = codec.method("transition").arguments((run_id, to), about)
        del arguments["run_id"]
        ended: RunRecord = self._write("transition", run_id, arguments)
        return ended

    def add_properties(self, run_id: str, items: Mapping[str, str], **kind: str) -> None:
        for snapshot in _snapshots(items):
            self.files.send_snapshot(snapshot)
        arguments = codec.method("add_properties").arguments((run_id, items), kind)
        del arguments["run_id"]
        self._write("add_properties", run_id, arguments)

    def add_model(self, model: ModelRecord) -> bool:

        def done() -> bool | None:
            there: list[ModelRecord] = self._ask("models", {"name": model.name})
            return True if model in there else None

        is_new = self._once("add_model", {"model": codec.encode(model)}, done)
        if is_new:
            try:
                self.files.send_folder(model.path.rpartition("/")[0])
            except BaseException:
                self._ask("delete_model", {"name": model.name, "version": model.version})
                raise
        return is_new

    def _send_files(self, run_id: str) -> None:
        """Now, or later where the server is away."""
        if self._server.is_away:
            self.files.touched(run_id)
            return
        try:
            self.files.send(run_id)
        except StoreAway:
            self._warn_away()

    # -- the feed ------------------------------------------------------------------------------------------------------

    def version(self) -> int:
        return self._listener.version()

    def settle(self) -> None:
        """The process ends: what was logged is on the server, or stays here with a warning."""
        if not self.closed and [*self.files.settle(GRACE_S), *self._shipper.settle(GRACE_S)]:
            self._warn_away()

    def close(self, seconds: float | None = None) -> None:
        """As in `base.Store`. What was logged is sent first, as long as that goes on or for `seconds` (default: `GRACE_S`)."""
        if self.closed:
            return
        grace_s = GRACE_S if seconds is None else seconds
        self._listener.close()
        self.closed = True
        left = [*self.files.close(grace_s), *self._shipper.close(grace_s)]
        if left:
            self._warn_away()


def _snapshots(properties: Mapping[str, str]) -> list[str]:
    """Of the values those that may name a snapshot."""
    return [value for value in properties.values() if _SNAPSHOT.fullmatch(value)]


def _must_be_whole(*texts: object) -> None:
    try:
        for text in texts:
            if isinstance(text, str):
                text.encode()
    except UnicodeEncodeError as error:
        raise InvalidName(
            f"The text {shorten(str(error.object))!r} holds half a character (a lone surrogate), which cannot be stored. "
            "Remove it, e.g. text.encode('utf-8', 'replace').decode()."
        ) from None


def _add(name: str) -> None:
    """The method `name`, which asks the server and adds nothing."""
    how = codec.method

    def ask(self: HttpStore, *args: Any, **kwargs: Any) -> Any:
        return self._ask(name, how(name).arguments(args, kwargs))

    def write(self: HttpStore, *args: Any, **kwargs: Any) -> Any:
        arguments = how(name).arguments(args, kwargs)
        return self._write(name, arguments.pop("run_id"), arguments)

    method = write if name in codec.JOURNALED else ask
    method.__name__ = name
    setattr(HttpStore, name, method)


def _not_from_here(self: HttpStore, *_args: object, **_kwargs: object) -> None:
    """What takes functions or iterators is done where the store is."""
    raise StoreError(
        f"That is done by the server {self.location} alone. Workspace.gc, Experiment.export and Workspace.import_experiment ask it."
    )


for _name in ("discard", "dump", "load", "ship"):
    setattr(HttpStore, _name, _not_from_here)
for _name in (codec.READS | codec.WRITES) - vars(HttpStore).keys():
    _add(_name)

_stores: weakref.WeakSet[HttpStore] = weakref.WeakSet()


@atexit.register
def _at_exit() -> None:
    # Not closed: runs that are open are ended after this, and say so.
    for store in list(_stores):
        store.settle()


def _after_fork() -> None:
    """A forked child writes journals of its own, and has none of the threads."""
    for store in list(_stores):
        store._listener = Listener(store._server)
        store._start()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
