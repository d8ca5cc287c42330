"""The contract of an engine that people already run, and how one is found: the entry-point group `jupyter_runs.executors`.

An engine only places `python -m jupyter_runs.launch RUN_ID` on a node. That process claims the run, so that nothing runs twice; it owns
cancel, log and end. What the engine itself says counts only for a run that never began, or whose launcher has gone silent.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

from jupyter_runs.errors import WorkspaceConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_runs.targets import Target

GROUP = "jupyter_runs.executors"


class State(str, Enum):
    """What an engine says of a job."""

    #: It has not begun.
    QUEUED = "queued"
    #: Its process is there.
    RUNNING = "running"
    #: Its process is gone, or will never be.
    ENDED = "ended"
    #: The engine does not know the job: it forgot it, or was restarted.
    LOST = "lost"


class Report(NamedTuple):
    """How a job stands, and the engine's words for it (`TIMEOUT`, `Node failed`), empty when there is nothing to say."""

    state: State
    reason: str = ""


@dataclass(frozen=True)
class Job:
    """What an engine is to start, once, on one of its nodes."""

    run_id: str
    #: Program and arguments; the program is an absolute path on the node.
    argv: list[str]
    #: In addition to what the engine gives its jobs. May hold secrets, so it belongs into no command line.
    env: dict[str, str]
    #: A folder that is there on the node; None: any.
    cwd: str | None
    #: A file for what the process prints, where the engine can write one; it is there for trouble only, the script has a log of its own.
    #: None: there is no place that both sides see.
    log: str | None
    cpus: float
    gpus: float
    memory_gb: float | None


class Executor(Protocol):
    """A compute target; made anew whenever it is used, with the name and the options of its table as keywords.

    Errors: `ComputeTargetException`, in one line with the remedy. Any other exception counts as one, with its text.
    """

    def submit(self, job: Job) -> str:
        """The job is in the engine's hands; the text that it is known by there. Within 30 s.

        Called again with the same run, e.g. by hand after a crash, it may start a second job: that one finds the run claimed and ends.
        """

    def poll(self, handles: Sequence[str]) -> dict[str, Report]:
        """How these jobs stand, all of them with one question where the engine has one. Within 10 s.

        A handle that is left out is LOST. With no handles only: the engine answers, or this raises.
        """

    def cancel(self, handle: str) -> None:
        """The job will not start, as far as the engine can do that; one that has ended or is not known is no error. Within 5 s."""

    # Optional: logs(handle: str) -> bytes, what the engine has kept of what the job printed.


def installed() -> dict[str, Any]:
    """Entry points of the installed kinds of engines, by type."""
    return {point.name: point for point in entry_points(group=GROUP)}


def executor(target: Target) -> Executor:
    """The engine of a target. It is not asked anything yet.

    Raises
    ------
    WorkspaceConfigError : no such type is installed, or it does not take these options.
    """
    there = installed()
    if target.type not in there:
        raise WorkspaceConfigError(
            f"{target.where}: there is no type {target.type!r}. Installed are {', '.join(sorted(there)) or 'none'}; "
            f"packages add more by the entry-point group {GROUP}."
        )
    try:
        kind = there[target.type].load()
    except ImportError as error:
        raise WorkspaceConfigError(
            f"{target.where}: type {target.type!r} cannot be loaded ({error}). Install what it needs."
        ) from error
    _check_options(target, kind)
    try:
        return cast("Executor", kind(target.name, **target.options))
    except (TypeError, ValueError) as error:
        raise WorkspaceConfigError(f"{target.where}: {error}") from error


def _check_options(target: Target, kind: Any) -> None:
    takes = dict(list(inspect.signature(kind).parameters.items())[1:])
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in takes.values()):
        return
    ours = ("shared", "server", "python", "cpus", "gpus", "memory_gb")
    if wrong := sorted(target.options.keys() - takes.keys()):
        raise WorkspaceConfigError(
            f"{target.where}: {target.type} takes no {wrong[0]!r}. It takes {', '.join((*takes, *ours))}."
        )
    needed = [name for name, parameter in takes.items() if parameter.default is parameter.empty]
    if missing := [name for name in needed if name not in target.options]:
        raise WorkspaceConfigError(f'{target.where} lacks {missing[0]}. Write {missing[0]} = "…".')
