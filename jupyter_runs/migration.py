"""A whole workspace moves to another store, with its files: from a folder to a server, back, or between two of a kind."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_runs import liveness
from jupyter_runs.errors import StoreError, WorkspaceConfigError
from jupyter_runs.store import sql_copy
from jupyter_runs.store.opening import open_store
from jupyter_runs.store.sql_store import SqlStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_runs.config import WorkspaceConfig

#: Not: where scripts execute, which is no part of their record.
_FOLDERS = ("runs", "models", "snapshots")


@dataclass
class Migrated:
    """What a migration found at its end."""

    #: Of each kind: how many in the source, and how many in the target.
    counts: dict[str, tuple[int, int]]
    #: What was there already.
    known: int
    #: What is not the same on both sides, in words; empty when all is well.
    differences: list[str] = field(default_factory=list)


def migrate(
    source: WorkspaceConfig,
    target: WorkspaceConfig,
    *,
    unfinished: bool = False,
    tell: Callable[[str, int, int], None] = lambda *_: None,
) -> Migrated:
    """Copy all runs, experiments and models of `source`, and their files, into `target`; the source stays as it is.

    An interrupted call is finished by the next one. Numbers, ids and times are kept, also of what is archived or in the bin.

    Parameters
    ----------
    unfinished : take runs that have not ended as they are now.
    tell : called with "runs" or "files", how many are done, and of how many.

    Raises
    ------
    WorkspaceConfigError : both are the same, or one is neither a folder nor a PostgreSQL server.
    RunStateError : runs have not ended; StoreError: the target holds other runs, or a store or file cannot be used.
    """
    if source.key == target.key:
        raise WorkspaceConfigError(f"{source.shown} is both source and target. Give two workspaces.")
    with ExitStack() as stack:
        stores = []
        for config in (source, target):
            store = stack.enter_context(closing(open_store(config)))
            if not isinstance(store, SqlStore):
                raise WorkspaceConfigError(
                    f"{config.shown} is neither a folder nor a PostgreSQL server. Migrate on the machine where its store is."
                )
            stores.append(store)
        here, there = stores
        liveness.reap(here)  # a run whose process has crashed is not one that goes on
        ids = sql_copy.check(here, there, unfinished=unfinished)
        copied = sql_copy.copy(here, there, ids, lambda done: tell("runs", done, len(ids)))
        _copy_files(source.folder, target.folder, tell)
        before, after = sql_copy.counts(here), sql_copy.counts(there)
    files = [path for path, _ in _files(source.folder)]
    found = sum(_is_same(source.folder / path, target.folder / path) for path in files)
    counts = {name: (before[name], after[name]) for name in before} | {"files": (len(files), found)}
    differences = [f"{name}: {a} in the source, {b} in the target" for name, (a, b) in counts.items() if a != b]
    return Migrated(counts, copied.known, [*differences, *(f"{what} differs" for what in copied.different)])


def _copy_files(source: Path, target: Path, tell: Callable[[str, int, int], None]) -> None:
    if source.exists() and target.exists() and source.samefile(target):
        return
    files = list(_files(source))
    for done, (path, is_link) in enumerate(files, start=1):
        there = target / path
        try:
            if not _is_same(source / path, there):
                there.parent.mkdir(parents=True, exist_ok=True)
                # Under another name first: what has its name is whole.
                part = there.with_name(f".{there.name[:200]}.{os.getpid()}.part")
                part.unlink(missing_ok=True)
                shutil.copy2(source / path, part, follow_symlinks=not is_link)
                part.replace(there)
        except OSError as error:
            raise StoreError(
                f"{source / path} cannot be copied to {there} ({error.strerror}). Mend that, and migrate again: it goes on from here."
            ) from error
        tell("files", done, len(files))


def _files(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Files to copy, relative to the folder, and whether one is a link."""
    for name in _FOLDERS:
        for here, folders, files in os.walk(folder / name):
            links = [one for one in folders if (Path(here) / one).is_symlink()]
            for one in sorted([*files, *links]):
                path = Path(here) / one
                if not one.endswith(".part"):
                    yield path.relative_to(folder), path.is_symlink()


def _is_same(one: Path, other: Path) -> bool:
    """As far as size and time tell."""
    try:
        a, b = one.lstat(), other.lstat()
    except OSError:
        return False
    return a.st_size == b.st_size and abs(a.st_mtime - b.st_mtime) < 2
