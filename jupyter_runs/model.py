"""The domain on one page: states and their order, and the records that the store gives back.

Stdlib only and no I/O. `ALLOWED` is the state table; every store enforces it with one compare-and-set statement.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Status(str, Enum):
    """What is stored about where a run stands (names as in Azure ML SDK v1)."""

    #: Created; nobody has started it.
    NOT_STARTED = "NotStarted"
    #: Handed to an executor that has not begun.
    QUEUED = "Queued"
    #: The owner is setting up: snapshot, folder, environment.
    PREPARING = "Preparing"
    #: The user's code runs.
    RUNNING = "Running"
    #: The user's code has ended; outputs are being collected.
    FINALIZING = "Finalizing"
    #: Ended well.
    COMPLETED = "Completed"
    #: Ended by an error, or its owner died.
    FAILED = "Failed"
    #: Ended because somebody asked.
    CANCELED = "Canceled"

    def __str__(self) -> str:
        return self.value

    @property
    def is_final(self) -> bool:
        """True when nothing can follow."""
        return not ALLOWED[self]


ALLOWED: dict[Status, frozenset[Status]] = {
    Status.NOT_STARTED: frozenset({Status.QUEUED, Status.PREPARING, Status.RUNNING, Status.FAILED, Status.CANCELED}),
    Status.QUEUED: frozenset({Status.PREPARING, Status.RUNNING, Status.FAILED, Status.CANCELED}),
    Status.PREPARING: frozenset({Status.RUNNING, Status.FAILED, Status.CANCELED}),
    Status.RUNNING: frozenset({Status.FINALIZING, Status.COMPLETED, Status.FAILED, Status.CANCELED}),
    Status.FINALIZING: frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELED}),
    Status.COMPLETED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELED: frozenset(),
}
FINAL = frozenset(s for s in Status if s.is_final)

#: Type of a submitted script's run, as in SDK v1; runs of cells have none.
SCRIPT_TYPE = "azureml.scriptrun"

#: Code of the error of a run whose process ended without saying how the run did.
PROCESS_ENDED = "ProcessEnded"

#: Shown, never stored: not final and a cancel was asked for.
CANCEL_REQUESTED = "CancelRequested"
#: Shown, never stored: no proof that the owner is dead, but it has been silent for `SILENT_AFTER_S`.
NOT_RESPONDING = "NotResponding"

#: Seconds between two heartbeats of an owner.
HEARTBEAT_S = 5.0
#: An owner that was silent for longer is shown as not responding.
SILENT_AFTER_S = 3 * HEARTBEAT_S


@dataclass(frozen=True)
class Owner:
    """The process that may end a run: the kernel that runs the cell, or the launcher of a script."""

    host: str
    #: Process-id namespace (Linux containers share host names, not pids); "" where there is none.
    pid_space: str
    pid: int
    #: Start of the process, seconds since the epoch: tells a pid from its reuse.
    pid_started_at: float
    kernel_id: str | None = None


@dataclass(frozen=True)
class RunError:
    """Why a run failed."""

    code: str
    message: str
    traceback: str | None = None


@dataclass(frozen=True)
class Progress:
    """How far a run says it is; `total` None when unknown."""

    done: float
    total: float | None = None
    message: str | None = None


@dataclass(frozen=True)
class MetricSummary:
    """What is kept beside the points of one metric, so that no list needs to read points."""

    #: number | text | list | row | table
    kind: str
    count: int
    #: Last value; None for rows and tables.
    last: Any
    #: Smallest and largest finite number so far; None when there was none.
    min: float | None
    max: float | None
    updated_at: float


@dataclass(frozen=True)
class NewRun:
    """What a caller says about a run to be created."""

    run_id: str
    experiment: str
    submitted_by: str
    status: Status = Status.NOT_STARTED
    name: str | None = None
    description: str | None = None
    type: str | None = None
    parent_id: str | None = None
    owner: Owner | None = None
    #: What the launcher of a script needs to know (`launch.Job`); JSON values only.
    job: dict[str, Any] | None = None
    tags: dict[str, str | None] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RunRecord:
    """All that the store knows about a run at one instant. Instants are seconds since the epoch (UTC)."""

    run_id: str
    rev: int
    experiment: str
    number: int
    name: str
    description: str | None
    type: str | None
    status: Status
    parent_id: str | None
    root_id: str
    created_at: float
    started_at: float | None
    ended_at: float | None
    heartbeat_at: float | None
    cancel_requested_at: float | None
    cancel_by: str | None
    cancel_via: str | None
    error: RunError | None
    submitted_by: str
    owner: Owner | None
    progress: Progress | None
    log_bytes: int
    tags: dict[str, str | None]
    properties: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, MetricSummary]
    #: Direct children by shown status.
    child_counts: dict[str, int]
    #: Out of the way of listings since.
    archived_at: float | None = None
    #: In the bin since.
    deleted_at: float | None = None

    def shown_status(self, now: float) -> str:
        """The status to show at `now`: the stored one, CancelRequested or NotResponding."""
        return shown_status(self.status, self.cancel_requested_at, self.heartbeat_at, now)


def shown_status(status: Status, cancel_requested_at: float | None, heartbeat_at: float | None, now: float) -> str:
    """Derive what is shown from what is stored; the one place that knows the rule."""
    if status.is_final:
        return status.value
    if heartbeat_at is not None and now - heartbeat_at > SILENT_AFTER_S:
        return NOT_RESPONDING
    return CANCEL_REQUESTED if cancel_requested_at is not None else status.value


@dataclass(frozen=True)
class Point:
    """One value of a metric, as it was logged."""

    name: str
    kind: str
    value: Any
    step: float | None
    at: float


@dataclass(frozen=True)
class Series:
    """Points of one metric in the order of logging; `count` counts all that were logged."""

    name: str
    kind: str
    count: int
    #: (step, at, value)
    points: list[tuple[float | None, float, Any]]
    #: The position of each point in the series, from 0; None when `points` are all of it.
    index: list[int] | None = None


@dataclass(frozen=True)
class Event:
    """One line of a run's human timeline."""

    at: float
    kind: str
    by: str | None
    body: dict[str, Any]


@dataclass(frozen=True)
class ModelRecord:
    """One version of a registered model."""

    name: str
    #: Counts up within the name, from 1; a deleted version is not given out again.
    version: int
    run_id: str | None
    created_at: float
    created_by: str
    description: str | None
    framework: str | None
    framework_version: str | None
    #: File or folder, relative to the workspace, with `/`.
    path: str
    tags: dict[str, str | None]
    properties: dict[str, str]


@dataclass(frozen=True)
class ExperimentRecord:
    """An experiment and how many root runs it has."""

    name: str
    created_at: float
    total: int
    active: int
    last_at: float
    tags: dict[str, str | None] = field(default_factory=dict)
    #: Out of the way of listings since.
    archived_at: float | None = None


@dataclass(frozen=True)
class SectionRecord:
    """Runs that have something in common, as a listing shows them under one heading."""

    #: What they have in common; None: a tag without a value, or nothing.
    value: str | None
    #: Whether they have it at all.
    has: bool
    total: int
    #: Of those, the ones that have not ended or have a descendant that has not.
    active: int
    #: When the newest was created.
    last_at: float


@dataclass(frozen=True)
class Page:
    """A page of runs; `next_page` is opaque and None on the last one."""

    runs: list[RunRecord]
    total: int
    next_page: str | None


@dataclass(frozen=True)
class ColumnRecord:
    """A param, tag, property or metric that some runs have."""

    key: str
    #: Kind of a metric (see `MetricSummary`); text for all else.
    kind: str
    #: Runs that have it.
    count: int
    #: Different values among them, a tag without value being one; None for a metric.
    distinct: int | None


@dataclass(frozen=True)
class Columns:
    """What could be the columns of a table of some runs."""

    #: How many runs they are.
    total: int
    params: list[ColumnRecord]
    #: In the order of first logging; all others by key.
    metrics: list[ColumnRecord]
    tags: list[ColumnRecord]
    properties: list[ColumnRecord]


@dataclass(frozen=True)
class ValueStats:
    """Figures of the finite numbers among some values: None where there is none, or where it is too large to tell."""

    n: int
    mean: float | None
    #: Of a sample (n - 1); None for a single value.
    sd: float | None
    median: float | None
    min: float | None
    max: float | None


@dataclass(frozen=True)
class GroupFigures:
    """Runs that have a value in common; None: that have none."""

    value: str | None
    count: int
    #: One for each value that was asked for, in that order.
    stats: list[ValueStats]


@dataclass(frozen=True)
class Aggregate:
    """Groups of runs, numbers first, those without a value last."""

    #: How many runs and how many groups there are; `groups` may be fewer.
    runs: int
    total: int
    groups: list[GroupFigures]


@dataclass(frozen=True)
class Changes:
    """What changed since a cursor: each run once, as it is now."""

    cursor: str
    runs: list[RunRecord]
    deleted: list[str]
    more: bool
