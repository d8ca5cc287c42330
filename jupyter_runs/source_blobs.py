"""Contents of source files, each kept once under its sha256, and what of a folder has been read already.

Everything here may be done by several processes at once: a file appears whole, under its final name, or not at all.
"""

from __future__ import annotations

import json
import os
import re
import stat
import time
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from jupyter_runs import paths
from jupyter_runs.source_walk import DIRECTORY, LINK, Found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

#: What is younger may belong to a snapshot that is being taken right now: `sweep` leaves it.
YOUNG_S = 3600.0
#: A file changed less than this before it was read may change again without a new time of change (2 s: FAT's clock).
_RACY_NS = 2_000_000_000
_OLD_CACHE_S, _OLD_TEMPORARY_S = 30 * 86_400.0, 86_400.0
_ASIDE = "aside-"
CHUNK = 1 << 20
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Entry:
    """One name of a snapshot; modes are those of Git."""

    #: With `/`, relative to the folder.
    path: str
    size: int
    #: Of the content; of the target's name for a link; empty for an empty folder.
    sha256: str
    #: 0o100644, 0o100755, 0o120000 (a link), 0o040000 (an empty folder).
    mode: int


class Unreadable(Exception):
    """A file of the source cannot be read; the message is the system's."""


class Keeper:
    """Puts the files of one folder into the store of contents, reading only those that may have changed since the last time."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.unreadable: list[str] = []
        self._cache_file = folder / "cache" / f"{paths.workspace_key(root)}.json"
        self._before = _read_cache(self._cache_file)
        self._now: dict[str, list[Any]] = {}

    def keep(self, item: Found) -> Entry | None:
        """The entry of `item`, whose content is in the store; None when it is gone or cannot be read."""
        if item.mode == DIRECTORY:
            return Entry(item.path, 0, "", DIRECTORY)
        if item.mode == LINK:
            return self._link(item)
        state = [item.size, item.mtime_ns, item.ctime_ns, item.inode]
        known = self._before.get(item.path)
        if known is not None and known[:4] == state and keep_young(blob(self.folder, known[4]), item.size):
            self._now[item.path] = known
            return Entry(item.path, item.size, known[4], item.mode)
        try:
            return self._read(item)
        except _Gone:
            return None
        except Unreadable:
            if item.asked_for:
                raise
            self.unreadable.append(item.path)
            return None

    def _link(self, item: Found) -> Entry:
        target = os.fsencode(item.target)
        digest = sha256(target).hexdigest()
        file = blob(self.folder, digest)
        if not keep_young(file, len(target)):
            with writing(self.folder, file) as write:
                write(target)
        return Entry(item.path, len(target), digest, LINK)

    def _read(self, item: Found) -> Entry:
        """Copy the file into the store, again when it changes meanwhile; the third copy is taken as it is."""
        tries = 0
        while True:
            began, tries = time.time_ns(), tries + 1
            digest, size, before, after = _copy_in(self.folder, item.file)
            if before == after and max(after[1], after[2]) < began - _RACY_NS:
                self._now[item.path] = [*after, digest]
            if before == after or tries == 3:
                return Entry(item.path, size, digest, item.mode)

    def write_cache(self) -> None:
        """Remember what was read, for the next take of this folder. Failing to costs time only."""
        if self._now == self._before:
            return
        with suppress(OSError), writing(self.folder, self._cache_file) as write:
            write(json.dumps({"schema": 1, "files": self._now}).encode("ascii"))


class _Gone(Exception):
    """The file was deleted after the walk had seen it."""


def _read_cache(file: Path) -> dict[str, list[Any]]:
    """What the last take of the folder has read: size, times, inode and sha256 by path; nothing when it cannot be used."""
    try:
        data = json.loads(file.read_bytes())
        return {path: row for path, row in data["files"].items() if len(row) == 5 and SHA256.fullmatch(row[4])}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _copy_in(folder: Path, file: str) -> tuple[str, int, list[int], list[int]]:
    """Copy a file into the store: its sha256, its size, and its state before and after."""
    flags = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"))
    try:
        fd = os.open(file, flags)
    except FileNotFoundError as error:
        raise _Gone from error
    except OSError as error:
        raise Unreadable(error.strerror) from error
    digest, done = sha256(), 0
    temporary = folder / "tmp" / uuid.uuid4().hex
    try:
        before = _state(fd)
        with made(temporary).open("xb") as out:
            # A file that grows for ever has an end: the one it had when it was opened.
            while chunk := _read_chunk(fd, min(CHUNK, before[0] - done) if before[0] else CHUNK):
                digest.update(chunk)
                done += out.write(chunk)
        after = _state(fd)
        kept = blob(folder, digest.hexdigest())
        if not keep_young(kept, done):
            _put(temporary, kept)
    finally:
        os.close(fd)
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return digest.hexdigest(), done, before, after


def _read_chunk(fd: int, size: int) -> bytes:
    try:
        return os.read(fd, size)
    except OSError as error:
        raise Unreadable(error.strerror) from error


def _state(fd: int) -> list[int]:
    facts = os.fstat(fd)
    if not stat.S_ISREG(facts.st_mode):
        raise Unreadable("it is no regular file")
    return [facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino]


def blob(folder: Path, digest: str) -> Path:
    """Where the content of that sha256 is."""
    return folder / "blobs" / digest[:2] / digest[2:]


def keep_young(file: Path, size: int) -> bool:
    """Whether the file is there, whole, and from now on young enough to be left alone by `sweep`."""
    try:
        facts = file.stat()
        if facts.st_size != size:
            return False
        if time.time() - facts.st_mtime > YOUNG_S / 2:
            with suppress(PermissionError):  # written by another user of a shared workspace
                os.utime(file)
    except FileNotFoundError:
        return False
    return True


def made(file: Path) -> Path:
    """`file`, in a folder that exists."""
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


def _put(temporary: Path, file: Path) -> None:
    try:
        temporary.replace(made(file))
    except PermissionError:  # Windows, while somebody reads the one that another process has just put there
        if not file.exists():
            raise


@contextmanager
def writing(folder: Path, file: Path) -> Iterator[Callable[[bytes], object]]:
    """A file that appears whole or not at all, whoever else writes it at the same moment."""
    temporary = made(folder / "tmp" / uuid.uuid4().hex)
    try:
        with temporary.open("xb") as out:
            yield out.write
        _put(temporary, file)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def files(folder: Path) -> list[Path]:
    """What is in the folder; nothing when it is not there."""
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _aside(folder: Path, file: Path) -> Path:
    """Where `file` is while `remove_old` decides; the name says where it came from."""
    return folder / "tmp" / f"{_ASIDE}{file.parent.name}-{file.name}"


def there(folder: Path, file: Path) -> bool:
    """Whether the file is there; one that is put aside just now comes back."""
    if not file.exists():
        with suppress(OSError):
            _aside(folder, file).rename(file)
    return file.exists()


def remove_old(folder: Path, file: Path, before: float) -> int:
    """Remove a content file or a manifest that was last used before that time: its size, or 0.

    It is put aside first: a `take` that finds it either has made it young by then, which shows and brings it back, or no
    longer finds it and writes it anew.
    """
    aside = _aside(folder, file)
    try:
        if file.stat().st_mtime >= before:
            return 0
        file.rename(made(aside))
        facts = aside.stat()
        if facts.st_mtime >= before:
            aside.replace(file)
            return 0
        aside.unlink()
    except OSError:  # somebody else removes it too, or it is in use (Windows)
        return 0
    return facts.st_size


def remove_leftovers(folder: Path, now: float) -> int:
    """Bring back what a sweep that was killed had put aside; remove what a killed `take` left and old caches. Returns bytes freed."""
    freed = 0
    for file in (*files(folder / "tmp"), *files(folder / "cache")):
        with suppress(OSError):
            if file.name.startswith(_ASIDE):
                part, name = file.name.removeprefix(_ASIDE).split("-", 1)
                home = folder / "manifests" if part == "manifests" else folder / "blobs" / part
                file.replace(made(home / name))
            elif (facts := file.stat()).st_mtime < now - (_OLD_CACHE_S if file.suffix else _OLD_TEMPORARY_S):
                file.unlink()
                freed += facts.st_size
    return freed
