"""`Workspace.gc`: what was in the bin for long enough is gone for good, and so is what nobody needs.

Rows first, in short transactions; then files. A run is never half there: without its row nothing leads to its files, and an interrupted
call leaves only what the next one removes.
"""

from __future__ import annotations

import math
import os
import shutil
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_runs import leftovers, paths, provenance
from jupyter_runs.errors import InvalidName, show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from jupyter_runs.store.base import Store
    from jupyter_runs.workspace import Workspace

_DAY_S = 86_400.0
#: A launcher that is just ending still has its hands in the work folder.
_WORK_GRACE_S = 3600.0
#: A follower of the feed that was away for longer may not hear of every removal.
_TOMBSTONES_S = 7 * _DAY_S
#: Runs removed in one transaction, about.
_BATCH = 500
#: Begins the names of folders that are being removed or filled; no run id begins so.
_PASSING = ".passing-"


@dataclass(frozen=True)
class GcSummary:
    """What was removed, or would be. `bytes` and `files` of run and work folders; `bytes` of snapshots too, but in a dry run."""

    runs: int = 0
    files: int = 0
    bytes: int = 0
    snapshots: int = 0


def gc(workspace: Workspace, older_than_days: object = 30, *, dry_run: bool = False) -> GcSummary:
    """See `Workspace.gc`."""
    if not isinstance(older_than_days, (int, float)) or not older_than_days >= 0:  # NaN too
        raise InvalidName(f"older_than_days is a number of days from 0 on, not {show(older_than_days)}.")
    store, folder, now = workspace.store, workspace.folder, time.time()
    if (done := store.files.gc(older_than_days, dry_run=dry_run)) is not None:
        return GcSummary(**done)
    before = now - older_than_days * _DAY_S if older_than_days else math.inf
    trees = store.binned(before)
    runs = [run_id for tree in trees for run_id in tree]
    named = _named(store)
    snapshots = len(named - _named(store, without=runs))
    if dry_run:
        files, size = _measure([*_folders(folder, runs), *_leftovers(workspace, set(runs))])
        return GcSummary(len(runs), files, size, snapshots)
    erased = [run_id for batch in _batches(trees) for run_id in store.erase(batch)]
    passing = _move_away(workspace)
    files, size = _measure(passing)
    for gone in [*passing, *_abandoned(folder, now)]:
        shutil.rmtree(gone, ignore_errors=True)
    left = [run_id for run_id in _ids(folder) if any(path.exists() for path in _folders(folder, [run_id]))]
    store.sweep(before, now - _TOMBSTONES_S, keep=left)
    size += _sweep_snapshots(workspace)
    return GcSummary(len(erased), files, size, snapshots)


def _batches(trees: list[list[str]]) -> Iterator[list[str]]:
    """Some hundred runs each; a tree is never cut, as what is left of it could be restored."""
    batch: list[str] = []
    for tree in trees:
        batch += tree
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _folders(workspace: Path, runs: Sequence[str]) -> list[Path]:
    both = [place(workspace, run_id) for run_id in runs for place in (paths.run_folder, paths.work_folder)]
    return [path for path in both if path.is_dir()]


def _ids(workspace: Path, *, only_work: bool = False) -> list[str]:
    """Ids of runs that have a folder."""
    places = [paths.work_folder(workspace, "x").parent, paths.run_folder(workspace, "x").parent][
        : 1 if only_work else 2
    ]
    found: set[str] = set()
    for place in places:
        with suppress(OSError):
            found.update(entry.name for entry in os.scandir(place) if not entry.name.startswith("."))
    return sorted(found)


def _leftovers(workspace: Workspace, without: set[str]) -> list[Path]:
    """Work folders of runs that ended a while ago."""
    ids = [run_id for run_id in _ids(workspace.folder, only_work=True) if run_id not in without]
    ended = workspace.store.ended_before(ids, time.time() - _WORK_GRACE_S)
    return [paths.work_folder(workspace.folder, run_id) for run_id in ended]


def _move_away(workspace: Workspace) -> list[Path]:
    """Folders of erased runs and leftovers, under new names: from here on no run has them. Removing them may take its time."""
    moved: list[Path] = []

    def move(path: Path) -> None:
        # In use on Windows: the next call finds it.
        with suppress(OSError):
            moved.append(path.rename(path.with_name(f"{_PASSING}{uuid.uuid4().hex}")))

    def move_both(run_id: str) -> None:
        for path in _folders(workspace.folder, [run_id]):
            move(path)

    workspace.store.discard(_ids(workspace.folder), move_both)
    left = _leftovers(workspace, set())
    for run in workspace.store.get_runs([path.name for path in left]):
        # A launcher that was killed has not collected what its script had written.
        leftovers.collect(workspace.folder, run.run_id, run.properties.get(provenance.SNAPSHOT))
    for path in left:
        if path.exists():
            move(path)
    return moved


def _abandoned(workspace: Path, now: float) -> list[Path]:
    """What an interrupted removal or import has left, a day ago or earlier."""
    found: list[Path] = []
    for place in (paths.run_folder(workspace, "x").parent, paths.work_folder(workspace, "x").parent):
        with suppress(OSError):
            passing = [path for path in place.iterdir() if path.name.startswith(_PASSING)]
            found += [path for path in passing if path.stat().st_mtime < now - _DAY_S]
    return found


def passing_folder(workspace: Path) -> Path:
    """A new folder beside those of the runs, for what is to be moved there; `gc` removes it if nobody does."""
    folder = paths.run_folder(workspace, f"{_PASSING}{uuid.uuid4().hex}")
    folder.mkdir(parents=True)
    return folder


def _measure(folders: Sequence[Path]) -> tuple[int, int]:
    files = size = 0
    for folder in folders:
        for where, _, found in os.walk(folder):
            for name in found:
                with suppress(OSError):
                    size += os.lstat(os.path.join(where, name)).st_size  # noqa: PTH118 - a Path a file is too slow for 10⁶ files
                    files += 1
    return files, size


def _sweep_snapshots(workspace: Workspace) -> int:
    if not paths.snapshots(workspace.folder).is_dir():
        return 0
    from jupyter_runs import source

    return source.sweep(workspace.folder, keep=_named(workspace.store))


def _named(store: Store, without: Sequence[str] = ()) -> set[str]:
    """Snapshots that a run names."""
    return {snapshot for key in provenance.SNAPSHOTS for snapshot in store.property_values(key, without)}
