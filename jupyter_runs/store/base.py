"""The contract of a store, in prose; `tests/test_store.py` holds every implementation to it.

A store is the only meeting point of kernels, scripts, the server and the command line. Whatever a method says is true when
it returns is committed: a `kill -9` of the process afterwards loses nothing. Every method may be called from any thread.
A store never decides what a run *should* do: it keeps facts, refuses forbidden transitions, and tells what changed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_runs.model import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
    from pathlib import Path

    from jupyter_runs.model import (
        Aggregate,
        Changes,
        Columns,
        Event,
        ExperimentRecord,
        ModelRecord,
        NewRun,
        Owner,
        Page,
        Point,
        Progress,
        RunError,
        RunRecord,
        SectionRecord,
        Series,
    )
    from jupyter_runs.search import Query
    from jupyter_runs.search_tree import Sort


@dataclass(frozen=True)
class RunFilter:
    """Which runs; all conditions hold together. The default is every root run."""

    experiment: str | None = None
    #: The number within its experiment, as in `#12`.
    number: int | None = None
    #: Direct children of this run.
    parent_id: str | None = None
    #: All descendants of this run (itself excluded).
    below: str | None = None
    #: Children too, not only roots; ignored with `parent_id` and `below`.
    include_children: bool = False
    type: str | None = None
    #: Shown statuses, any of them.
    statuses: frozenset[str] = frozenset()
    #: Key -> value that must be equal; a value of `ANY` asks only that the key exists.
    tags: Mapping[str, object] = field(default_factory=dict)
    properties: Mapping[str, object] = field(default_factory=dict)
    #: Not ended, or with a descendant that has not ended.
    active: bool = False
    query: Query | None = None
    #: False: only runs that are not archived, unless `query` says `is:archived`; True: only archived ones; None: both.
    archived: bool | None = False
    #: False: only runs that are not in the bin, unless `query` says `is:deleted`; True: only those in the bin.
    deleted: bool = False
    #: Active runs first, then newest first; otherwise newest first. A `sort:` in `query` wins over both.
    active_first: bool = False


@dataclass(frozen=True)
class Span:
    """A range of an axis, both ends included; None is open."""

    #: step: where a point has none, its position in the series counts. time: seconds since the epoch.
    axis: str
    low: float | None = None
    high: float | None = None

    def bounds(self) -> tuple[float, float]:
        """Both ends, infinite where open."""
        return -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high


#: In `RunFilter.tags` and `.properties`: the key exists, whatever its value.
ANY = object()


@dataclass(frozen=True)
class StopRequest:
    """Somebody asks the owner to end a run."""

    run_id: str
    by: str | None
    via: str | None
    at: float


@dataclass(frozen=True)
class OwnerState:
    """An owner that has unfinished runs, and when it was last heard of."""

    owner: Owner
    heartbeat_at: float


@dataclass(frozen=True)
class Loaded:
    """What `Store.load` has taken in."""

    experiment: str
    #: Runs that were not there before, and those that were, just the same.
    new: list[str]
    known: list[str]
    points: int


@dataclass(frozen=True)
class JournalLine:
    """One call of a run's writer, from its journal: `append`, `update_run`, `edit_tags`, `transition` and their like."""

    #: Bytes of the journal up to the end of this line.
    end: int
    method: str
    #: By name; the run is that of the journal.
    arguments: dict[str, Any]
    #: When the writer made it.
    at: float


@dataclass(frozen=True)
class Refused:
    """Lines of a journal, one after another, that were not taken, for one reason."""

    #: `JournalLine.end` of the first and of the last.
    first: int
    last: int
    count: int
    #: Class and text of the error.
    reason: str
    message: str


@dataclass(frozen=True)
class Shipped:
    """How far a store has a journal."""

    end: int
    #: All that was ever refused of it, so that an answer that was lost is given again.
    refused: list[Refused]


class Files:
    """How files get from a workspace's folder on this machine to where everybody finds them, and back.

    Here they are there already: the folder is on this machine, or on a disk that all machines share. `http_files.HttpFiles` is for a
    server; an object store beside PostgreSQL would be the third. A store sends the files that it is told of by itself (a run that ends, a
    snapshot that a run names, a model); whoever reads fetches first.
    """

    def names(self, run_id: str) -> list[str]:
        """Files of the run that are elsewhere."""
        del run_id
        return []

    def fetch(self, run_id: str, name: str = "") -> None:
        """The files of the run are here: the one of that name, those below it, or all."""

    def fetch_snapshot(self, snapshot_id: str) -> None:
        """The snapshot is here, if it is anywhere."""

    def fetch_folder(self, folder: str) -> None:
        """A folder of the workspace is here."""

    def remove_folder(self, folder: str) -> None:
        """A folder of the workspace is gone from wherever else it is."""

    def gc(self, older_than_days: float, *, dry_run: bool) -> dict[str, int] | None:
        """What `Workspace.gc` has removed, where the files are; None: that is here."""
        del older_than_days, dry_run
        return None

    def export(self, experiment: str, run_ids: Sequence[str] | None, target: Path) -> bool:
        """Whether the experiment was written to `target`, by where its files are; False: that is here."""
        del experiment, run_ids, target
        return False

    def import_experiment(self, path: Path, name: str | None) -> str | None:
        """The experiment that the file was taken into, where the files are; None: that is here."""
        del path, name
        return None

    def log_tail(self, run_id: str, limit: int) -> bytes | None:
        """The last `limit` bytes of a log that is elsewhere; None where the file here is the log."""
        del run_id, limit
        return None


class Store(Protocol):
    """Where runs live. Ids that are not there raise `RunNotFound`; a store that is locked for 30 s raises `StoreBusy`."""

    #: Where it is, for messages.
    location: str
    files: Files
    #: Whom it takes this process for; None where it does not know.
    user: str | None

    @property
    def closed(self) -> bool:
        """True after `close`."""

    def is_there(self) -> bool:
        """False when it was removed or replaced under us: what is written to it from here on is lost. A server that is away is there."""

    def create_runs(self, runs: Sequence[NewRun]) -> list[RunRecord]:
        """All of `runs` are there, numbered within their experiment in the order given, or none.

        The experiment is created on first use. A run created with an owner has been heard of now. Parents must exist.
        Cost: one transaction, whatever the number of runs.
        """

    def get_run(self, run_id: str) -> RunRecord:
        """A copy of what is true now."""

    def get_runs(self, run_ids: Iterable[str]) -> list[RunRecord]:
        """Those of `run_ids` that are there, in the order given."""

    def find_runs(self, where: RunFilter, limit: int = 50, page: str | None = None) -> Page:
        """One page of the runs that match. Paging is stable while runs are added."""

    def find_ids(self, prefix: str, limit: int = 10) -> list[str]:
        """Ids that start with `prefix`; when there is none, those that end with it (4 characters or more)."""

    def suggest(self, kind: str, text: str, key: str | None = None, limit: int = 20) -> list[tuple[str, int]]:
        """What contains `text`, with how many runs have it; what begins so first, then by that number.

        `kind`: tag, property, param (their keys, or the values of `key`), metric, experiment, submitted_by; status (all that are
        shown, whatever `text`). Runs that are archived or in the bin do not count. Cost: about 0.5 µs a key of a run: 70 ms for 150,000.
        """

    def sections(
        self, where: RunFilter, by: str, key: str | None = None, limit: int = 500
    ) -> tuple[list[SectionRecord], int]:
        """The runs that match, by what they have in common; those with the newest run first, those that have nothing of it last.

        `by`: experiment, status (as shown), tag, property or param (with `key`), all (one section); anything else is a ValueError.
        The number is that of all sections, of which at most `limit` are given. Cost: about 2 µs a run that matches.
        """

    def columns(self, where: RunFilter) -> Columns:
        """The params, metrics, tags and properties of the runs that match, with how many have them. Cost: 1 µs a value of a run."""

    def aggregate(self, where: RunFilter, by: Sort, values: Sequence[Sort], limit: int = 500) -> Aggregate:
        """The runs that match, all of them, by what they have in common; and figures of `values` for each group.

        `by` and `values` name what a search can sort by (its direction does not matter here); `by`: tag, property, param, experiment,
        name, submitted_by, status (as shown), anything else is a ValueError. What is no finite number does not count among `values`.
        """

    def ensure_experiment(self, name: str) -> None:
        """The experiment exists; one that was deleted is there again, empty."""

    def experiments(self, archived: bool | None = False) -> list[ExperimentRecord]:
        """Experiments, the most recently used first: False those that are not archived, True the archived ones, None both.

        Runs in the bin are not counted, nor are those archived by hand.
        """

    def experiment(self, name: str) -> ExperimentRecord:
        """One experiment, archived or not; `InvalidName` when there is none."""

    def transition(
        self, run_id: str, to: Status, *, error: RunError | None = None, by: str | None = None, via: str | None = None
    ) -> RunRecord:
        """The run has the status `to`, or had it already.

        Compare-and-set against `model.ALLOWED`; anything else raises `IllegalTransition` and changes nothing.
        A final status sets `ended_at`; the first Running sets `started_at`.
        """

    def end_descendants(
        self, run_id: str, to: Status, owner: Owner, *, by: str | None = None, via: str | None = None
    ) -> list[str]:
        """Unfinished descendants of `run_id` that belong to `owner` (or to nobody) have the final status `to`; their ids.

        Those that cannot go there (a run that has not begun cannot be Completed) are left as they are.
        """

    def request_cancel(self, run_id: str, *, by: str, via: str) -> RunRecord:
        """The run and all its unfinished descendants carry the request; those that nobody has begun are Canceled at once.

        The first request stays: asking again changes nothing. A run that has ended is left as it is.
        """

    def stops_asked(self, owner: Owner) -> list[StopRequest]:
        """Requests for unfinished runs of `owner`; read only, cheap enough for 20 calls a second."""

    def job(self, run_id: str) -> dict[str, Any] | None:
        """What the launcher of a script was told at submit; None for other runs."""

    def hand_over(self, run_id: str, owner: Owner) -> None:
        """A run that is still Queued belongs to `owner`, so that its death before the claim is noticed; any other is left alone."""

    def claim(self, run_id: str, owner: Owner, to: Status = Status.PREPARING) -> RunRecord:
        """The run had not begun; it has the status `to` (Preparing or Running) and this owner now. The first caller wins.

        Everybody else gets `IllegalTransition`.
        """

    def note_error(self, run_id: str, error: RunError) -> None:
        """An unfinished run carries `error` without a change of status; one that has ended is left as it is."""

    def append(self, run_id: str, points: Sequence[Point]) -> None:
        """All of the points are there, in order, or none. `RunEnded` when the run has ended; `InvalidName` when a metric's kind differs."""

    def ship(self, run_id: str, writer: str, start: int, lines: Sequence[JournalLine]) -> Shipped:
        """What a journal of the run says is done, line by line in their order, and noted as done: all in one transaction.

        `start` is where `lines` begin, in bytes. Those that end at or before what is there already are left out, so that they may be
        sent again; bytes that are missing before `start` raise `JournalGap`, which says where to go on. A line that the store refuses
        (the run has ended, a metric of another kind) changes nothing, is noted, and does not stop those after it. What was logged
        before the run ended is taken after it, too; a run that ends so ended when its writer said it, also where its process was taken
        for dead since. Each writer has its own journal; two that ship the same one do no harm.
        """

    def update_run(
        self,
        run_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        progress: Progress | None = None,
        log_bytes: int | None = None,
    ) -> None:
        """The given fields have the given values; None leaves a field alone, an empty description clears it."""

    def edit_tags(
        self, run_id: str, set_: Mapping[str, str | None], remove: Iterable[str] = (), *, by: str | None = None
    ) -> RunRecord:
        """Tags are merged, then `remove` is removed; keys that are not there are no error."""

    def add_properties(self, run_id: str, items: Mapping[str, str], *, kind: str = "property") -> None:
        """All of `items` (kind: property or param) are there, or none.

        The same value again is no change; another raises `PropertyConflict`.
        """

    def series(
        self,
        run_id: str,
        name: str | None = None,
        after: str | None = None,
        max_points: int | None = None,
        span: Span | None = None,
    ) -> tuple[str, list[Series]]:
        """Points logged after the cursor `after` (all of them without), by metric in order of first logging; and the next cursor.

        With `span` only those within it, and the nearest one on either side, so that a line runs to both edges. With `max_points`
        never more than so many of a series: longer ones come as an outline, which is first, last, and the extremes of equal stretches.
        """

    def events(self, run_id: str) -> list[Event]:
        """The human timeline of a run, oldest first."""

    # -- housekeeping --------------------------------------------------------------------------------------------------

    def set_archived(self, run_id: str, archived: bool, *, by: str | None = None) -> RunRecord:
        """The run is out of the way of listings, or back in them. Its children are left as they are."""

    def delete_run(self, run_id: str, *, by: str | None = None) -> list[str]:
        """The run and all its descendants are in the bin; ids of those that were not there before.

        What is in the bin keeps everything, is found by `get_run` and `RunFilter.deleted`, and is in no other listing or count.
        `RunStateError` when one of them has not ended: nothing changes.
        """

    def restore_run(self, run_id: str, *, by: str | None = None) -> list[str]:
        """The run is out of the bin, with those descendants that went into it together with the run; their ids.

        Its experiment is there again if it was deleted. `RunStateError` while its parent is in the bin. Harmless on any other run.
        """

    def binned(self, before: float) -> list[list[str]]:
        """Runs that went into the bin at `before` or earlier, those with the same root together."""

    def erase(self, run_ids: Sequence[str]) -> list[str]:
        """Those of `run_ids` that are in the bin are gone for good, in one short transaction; their ids.

        `changes` goes on telling them as deleted to cursors older than their way into the bin. Their points are gone after `sweep`.
        """

    def discard(self, run_ids: Sequence[str], move: Callable[[str], None]) -> None:
        """`move` was called for each of `run_ids` that was erased and is not there again, while nobody else could write."""

    def sweep(self, binned_before: float, forget_before: float, keep: Iterable[str] = ()) -> None:
        """Points of erased runs, deleted experiments that hold no run and old tombstones (all but `keep`) are gone; space is given back.

        Cost: many short transactions; others write in between. Whoever is interrupted calls it again.
        """

    def compact(self, seconds: float) -> bool:
        """Points that an older version has left in a form that is slow to read are moved on, in short transactions for about so long.

        False when none is left, as in every store that an older version has not written to; `sweep` does all of it.
        """

    def property_values(self, key: str, without: Sequence[str] = ()) -> set[str]:
        """Values of a property, over all runs (in the bin too) but `without`."""

    def ended_before(self, run_ids: Sequence[str], before: float) -> list[str]:
        """Those of `run_ids` that ended before."""

    def dump(self, experiment: str, run_ids: Sequence[str] | None = None) -> Generator[dict[str, Any], None, None]:
        """The experiment and its runs (those of `run_ids` with their whole trees) as plain JSON values, all of one instant.

        The bin is left out. `RunNotFound` for a run that is not in the experiment. While the iterator is open the calling thread must
        not use the store. Memory: some hundred runs, ten thousand points.
        """

    def load(
        self,
        items: Iterable[dict[str, Any]],
        *,
        exported_at: float,
        name: str | None = None,
        ready: Callable[[Loaded], None] = ...,
    ) -> Loaded:
        """What `dump` gave, in another store or here, is there; all or nothing, in one transaction.

        Runs keep everything but their number where it is taken. Those that are there already and the same are left alone; `InvalidName`
        when one differs or `items` are damaged, `RunStateError` when one is in the bin. An unfinished run is Failed at `exported_at`.
        `name` is the experiment to put them into. `ready` is called when all is written, just before it is true; an error of it undoes all.
        """

    def edit_experiment_tags(self, name: str, set_: Mapping[str, str | None], remove: Iterable[str] = ()) -> None:
        """Tags of the experiment are merged, then `remove` is removed."""

    def archive_experiment(self, name: str) -> None:
        """The experiment and its runs are out of listings."""

    def reactivate_experiment(self, name: str, new_name: str | None = None) -> None:
        """The experiment and exactly the runs that were archived with it are back; renamed if asked, `InvalidName` if that name is taken.

        A new run in an archived experiment does the same.
        """

    def delete_experiment(self, name: str, *, by: str | None = None) -> list[str]:
        """All its runs are in the bin, and the experiment in no listing; ids of the runs. `RunStateError` when a run has not ended."""

    def heartbeat(self, owner: Owner) -> None:
        """`owner` was heard of now."""

    def unfinished_owners(self) -> list[OwnerState]:
        """Owners that have runs which have not ended."""

    def end_owned(self, owner: Owner, error: RunError) -> list[str]:
        """Unfinished runs of `owner` are Failed with `error`, or Canceled where that was asked for; their ids."""

    def add_model(self, model: ModelRecord) -> bool:
        """The model is there: True. False, and nothing has changed, when that version of the name was taken already."""

    def models(self, name: str | None = None, run_id: str | None = None) -> list[ModelRecord]:
        """Models, all or of that name or run, the newest first."""

    def edit_model(
        self,
        name: str,
        version: int,
        *,
        tags: Mapping[str, str | None] | None = None,
        remove: Iterable[str] = (),
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
    ) -> ModelRecord:
        """Tags of `remove` are gone, `tags` and `properties` are merged, the description is as given (None leaves it, "" clears it).

        `PropertyConflict` when a property has another value, `ModelNotFound` when there is no such version; nothing has changed then.
        """

    def delete_model(self, name: str, version: int) -> None:
        """The version is gone, or was not there: `ModelNotFound`. Its files are the caller's business."""

    def cursor(self) -> str:
        """The cursor of now, for `changes`."""

    def changes(self, since: str, limit: int = 500) -> Changes:
        """Every run that changed after `since`, each once; points logged count as a change. Nothing is ever skipped.

        A run that went into the bin, or is gone for good, is in `deleted`; one that came out of it is a changed run.
        """

    def version(self) -> int:
        """A number that differs when another connection has committed; cheap (5 µs), per calling thread."""

    def close(self) -> None:
        """No connection of this store is left open in this process."""
