"""Snapshots of a source folder: what a run was made of, kept once per content.

A snapshot is a list of names (`manifests/ID.json`); the contents are files named by their sha256 (`blobs/ab/cdef…`). The id is
a hash of the list, so that the same content has the same id and is there once. Nothing refers to the folder any more: editing
it later changes no snapshot.

What is left out: names that `.amlignore` in the root of the folder lists, or `.gitignore` where there is no `.amlignore` (only
one is read, as in Azure ML SDK v1); `.git`, `__pycache__`, `.ipynb_checkpoints`, `node_modules`, virtual environments, the
workspace itself, sockets, pipes, devices, and what cannot be read. A link to a place inside the folder is kept as a relative
link, one to a place outside as an absolute link: it is not followed, so what it leads to is not part of the snapshot.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
import uuid
import warnings
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_runs import paths
from jupyter_runs.errors import SnapshotException, shorten
from jupyter_runs.source_blobs import (
    CHUNK,
    SHA256,
    YOUNG_S,
    Entry,
    Keeper,
    Unreadable,
    blob,
    files,
    keep_young,
    made,
    remove_leftovers,
    remove_old,
    there,
    writing,
)
from jupyter_runs.source_walk import DIRECTORY, EXECUTABLE, FILE, LINK, Found, TooLarge, walk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["LARGE_BYTES", "LARGE_FILES", "Entry", "Snapshot", "exists", "manifest", "pack", "restore", "sweep", "take"]

#: Above either, `take` warns once per folder, as the limits of Azure ML SDK v1 would have refused it.
LARGE_FILES, LARGE_BYTES = 2000, 300_000_000
_ID = re.compile(r"[0-9a-f]{32}")
#: Folders that were warned about.
_warned: set[str] = set()


@dataclass(frozen=True)
class Snapshot:
    """What `take` has kept."""

    snapshot_id: str
    #: Files and links.
    files: int
    bytes: int
    #: Names that could not be read.
    skipped: tuple[str, ...]


def take(
    workspace: Path, source: Path, *, max_files: int | None = None, max_bytes: int | None = None
) -> Snapshot | None:
    """Keep what is in the folder `source` now; a source that is one file is a snapshot of that file.

    Without limits a large folder is kept all the same, with a warning once per folder and process.

    Parameters
    ----------
    workspace : folder of the workspace that keeps it.
    max_files, max_bytes : above either nothing is kept and the answer is None.

    Returns
    -------
    Snapshot, complete on disk; or None.

    Raises
    ------
    SnapshotException : there is no such folder, or the workspace cannot be written (full, read-only).

    Cost: walks the folder (10 to 20 µs a file). Reads the files that are new or changed since the last take, at the speed of
    the disk; with a limit that is exceeded, none.
    """
    root = Path(os.path.realpath(source))
    try:
        found, skipped = walk(root, Path(os.path.realpath(workspace)), max_files, max_bytes)
    except TooLarge:
        return None
    except OSError as error:
        raise SnapshotException(
            f"{source} cannot be kept as source: {error.strerror}. Give an existing folder or file that you may read."
        ) from error
    if max_files is None and max_bytes is None:
        _warn_if_large(root, found)
    keeper = Keeper(paths.snapshots(workspace), root)
    try:
        entries = [entry for item in found if (entry := keeper.keep(item)) is not None]
        keeper.write_cache()
        snapshot_id = _write_manifest(keeper.folder, entries)
    except Unreadable as error:  # the one file that was asked for
        raise SnapshotException(f"{source} cannot be read: {error}.") from error
    except OSError as error:
        raise SnapshotException(
            f"The source cannot be kept in {keeper.folder}: {error.strerror or error}. Make room there, or set "
            "JUPYTER_RUNS_WORKSPACE to a folder that can be written."
        ) from error
    size = sum(entry.size for entry in entries if entry.mode != LINK)
    count = sum(entry.mode != DIRECTORY for entry in entries)
    return Snapshot(snapshot_id, count, size, tuple(sorted([*skipped, *keeper.unreadable])))


def _warn_if_large(root: Path, found: list[Found]) -> None:
    count, size = len(found), sum(item.size for item in found)
    if (count > LARGE_FILES or size > LARGE_BYTES) and str(root) not in _warned:
        _warned.add(str(root))
        warnings.warn(
            f"The snapshot of {root} takes {count:,} files, {size / 1e6:,.0f} MB. List what is not source (data, outputs) in "
            f"{root / '.amlignore'}, one pattern a line as in .gitignore.",
            UserWarning,
            stacklevel=3,
        )


def _manifest_file(folder: Path, snapshot_id: str) -> Path:
    return folder / "manifests" / f"{snapshot_id}.json"


def _write_manifest(folder: Path, entries: list[Entry]) -> str:
    """Write the list and return its id. What `sweep` may have taken away meanwhile is known by then: `keep_young` has kept it young."""
    entries = sorted(entries, key=lambda entry: entry.path)
    data = json.dumps({"schema": 1, "entries": [vars(entry) for entry in entries]}, separators=(",", ":")).encode(
        "ascii"
    )
    snapshot_id = _id_of(data)
    file = _manifest_file(folder, snapshot_id)
    if not keep_young(file, len(data)):
        with writing(folder, file) as write:
            write(data)
    return snapshot_id


def _id_of(data: bytes) -> str:
    return sha256(data).hexdigest()[:32]


def exists(workspace: Path, snapshot_id: str) -> bool:
    """Whether the workspace has that snapshot."""
    folder = paths.snapshots(workspace)
    return _ID.fullmatch(snapshot_id) is not None and there(folder, _manifest_file(folder, snapshot_id))


def manifest(workspace: Path, snapshot_id: str) -> list[Entry]:
    """What is in a snapshot, in the order of names.

    Raises
    ------
    SnapshotException : there is no such snapshot, its list is damaged, or a name in it would lead out of a folder.

    Cost: reads one file of about 130 bytes a name.
    """
    if not exists(workspace, snapshot_id):
        raise SnapshotException(
            f"There is no snapshot {shorten(str(snapshot_id))!r} in {workspace}. `run.get_snapshot_id()` gives the id of a run's own."
        )
    try:
        return _parse(_manifest_file(paths.snapshots(workspace), snapshot_id).read_bytes(), snapshot_id)
    except OSError as error:
        raise SnapshotException(f"Snapshot {snapshot_id} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SnapshotException(
            f"The list of files of snapshot {snapshot_id} is damaged. Nothing was restored; submit the source again."
        ) from error


def _parse(data: bytes, snapshot_id: str) -> list[Entry]:
    """ValueError and its kin for a list that `take` has not written: names that lead out of the folder, files below files."""
    if _id_of(data) != snapshot_id:
        raise ValueError(snapshot_id)
    entries = [Entry(**item) for item in json.loads(data)["entries"]]
    leaves = {entry.path for entry in entries}
    if len(leaves) != len(entries):
        raise ValueError(snapshot_id)
    for entry in entries:
        parts = entry.path.split("/")
        below_a_file = any("/".join(parts[:n]) in leaves for n in range(1, len(parts)))
        if below_a_file or not _safe(parts) or entry.mode not in {FILE, EXECUTABLE, LINK, DIRECTORY}:
            raise ValueError(entry.path)
        if entry.mode != DIRECTORY and not SHA256.fullmatch(entry.sha256):
            raise ValueError(entry.path)
    return entries


def _safe(parts: list[str]) -> bool:
    """Whether the path stays in its folder, on this system."""
    if any(part in {"", ".", ".."} or "\0" in part for part in parts):
        return False
    return os.name != "nt" or not any(re.search(r'[\\:*?"<>|]', part) for part in parts)


def _content(workspace: Path, snapshot_id: str, entry: Entry) -> Iterator[bytes]:
    """The content of an entry in pieces; SnapshotException when it is missing or, after the last piece, damaged."""
    digest, folder = sha256(), paths.snapshots(workspace)
    content = blob(folder, entry.sha256)
    if not there(folder, content):
        raise _lost(snapshot_id, entry, "is missing")
    try:
        with content.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                yield chunk
    except OSError as error:
        raise _lost(snapshot_id, entry, f"cannot be read ({error.strerror})") from error
    if digest.hexdigest() != entry.sha256:
        raise _lost(snapshot_id, entry, "is damaged")


def _lost(snapshot_id: str, entry: Entry, what: str) -> SnapshotException:
    return SnapshotException(
        f"{entry.path!r} of snapshot {snapshot_id} {what}. Nothing was restored; submit the source again, or put the "
        "workspace's snapshots folder back from a backup."
    )


def restore(workspace: Path, snapshot_id: str, target: Path) -> None:
    """Make the folder `target` with what is in the snapshot: contents, executable bits, links, empty folders.

    Parameters
    ----------
    target : a folder that is not there yet, or is empty.

    Raises
    ------
    SnapshotException : no such snapshot; a file of it is missing or damaged; the target has files or cannot be written. Then the target is
        as it was.

    Cost: reads and writes every byte.
    """
    entries = manifest(workspace, snapshot_id)
    target = Path(os.path.realpath(target))
    staging = target.with_name(f".{target.name[:100]}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        if target.exists() and next(target.iterdir(), None) is not None:
            raise SnapshotException(
                f"{target} is not empty. Restore the snapshot into a new folder, so that no file of yours is overwritten."
            )
        staging.mkdir(parents=True)
        # Links last: nothing is ever written through one.
        for entry in sorted(entries, key=lambda entry: entry.mode == LINK):
            _restore_one(workspace, snapshot_id, entry, staging)
        if target.exists():
            target.rmdir()
        staging.rename(target)
    except OSError as error:
        raise SnapshotException(
            f"Snapshot {snapshot_id} cannot be restored to {target}: {error.strerror or error}. Choose another folder or make room."
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _restore_one(workspace: Path, snapshot_id: str, entry: Entry, folder: Path) -> None:
    file = folder / entry.path
    if entry.mode == DIRECTORY:
        file.mkdir(parents=True, exist_ok=True)
        return
    pieces = _content(workspace, snapshot_id, entry)
    if entry.mode == LINK:
        to = os.fsdecode(b"".join(pieces))
        made(file).symlink_to(to, target_is_directory=(file.parent / to).is_dir())
        return
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    fd = os.open(made(file), flags, 0o777 if entry.mode == EXECUTABLE else 0o666)
    with open(fd, "wb") as out:  # noqa: PTH123 - by descriptor
        out.writelines(pieces)


def pack(workspace: Path, snapshot_id: str, folder: Path) -> Path:
    """Write the snapshot to `folder/SNAPSHOT_ID.zip`, with modes and links; the folder is made when it is not there.

    Returns
    -------
    The absolute path of the file. An older one of that name is replaced, by a whole one or not at all.

    Raises
    ------
    SnapshotException : as `restore`.

    Cost: reads and compresses every byte. Source: azureml.core.Run.restore_snapshot.
    """
    entries = manifest(workspace, snapshot_id)
    file = Path(os.path.abspath(folder)) / f"{snapshot_id}.zip"  # noqa: PTH100 - absolute, without following links
    temporary = file.with_name(f".{snapshot_id}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        with zipfile.ZipFile(made(temporary), "x", zipfile.ZIP_DEFLATED) as archive:
            for entry in entries:
                _pack_one(workspace, snapshot_id, entry, archive)
        temporary.replace(file)
    except OSError as error:
        raise SnapshotException(
            f"Snapshot {snapshot_id} cannot be written to {file}: {error.strerror or error}. Choose another folder or make room."
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return file


def _pack_one(workspace: Path, snapshot_id: str, entry: Entry, archive: zipfile.ZipFile) -> None:
    # A name that is no UTF-8 (Linux allows any bytes) is shown with question marks: zip has no other way.
    name = entry.path.encode("utf-8", "replace").decode("utf-8")
    info = zipfile.ZipInfo(name + "/" if entry.mode == DIRECTORY else name)
    info.create_system = 3  # Unix: the upper half of external_attr is the mode
    info.compress_type = zipfile.ZIP_STORED if entry.mode == DIRECTORY else zipfile.ZIP_DEFLATED
    info.file_size = entry.size
    permissions = {LINK: 0o777, DIRECTORY: 0o755}.get(entry.mode, 0)
    info.external_attr = (entry.mode | permissions) << 16 | (0x10 if entry.mode == DIRECTORY else 0)
    with archive.open(info, "w") as out:
        if entry.mode != DIRECTORY:
            for piece in _content(workspace, snapshot_id, entry):
                out.write(piece)


def sweep(workspace: Path, keep: Collection[str]) -> int:
    """Remove the snapshots that are not in `keep`, and the contents that no snapshot names; what is younger than an hour stays.

    Returns
    -------
    Bytes freed.

    Cost: reads the list of every snapshot that stays, and looks at every content file once.
    """
    folder, freed, now = paths.snapshots(workspace), 0, time.time()
    freed += remove_leftovers(folder, now)
    for file in files(folder / "manifests"):
        if file.stem not in keep:
            freed += remove_old(folder, file, now - YOUNG_S)
    named: set[str] = set()
    for file in files(folder / "manifests"):
        try:
            named.update(entry.sha256 for entry in manifest(workspace, file.stem))
        except SnapshotException as error:
            # Whose contents these are cannot be told any more: none is removed.
            warnings.warn(f"{error.message} No content was removed: delete {file} first.", UserWarning, stacklevel=2)
            return freed
    for part in files(folder / "blobs"):
        for file in files(part):
            if part.name + file.name not in named:
                freed += remove_old(folder, file, now - YOUNG_S)
    return freed
