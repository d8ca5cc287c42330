"""Which names in a source folder belong to a snapshot: the walk, the ignore rules, links."""

from __future__ import annotations

import os
import stat
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_runs import paths
from jupyter_runs.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Modes of a snapshot's entries; those of Git.
FILE, EXECUTABLE, LINK, DIRECTORY = 0o100644, 0o100755, 0o120000, 0o040000
#: The one that is there is read; the first wins.
IGNORE_FILES = (".amlignore", ".gitignore")
_NEVER = {".git", "__pycache__", ".ipynb_checkpoints", "node_modules"}
#: What marks the root of a virtual environment: venv's and conda's.
_ENVIRONMENT_MARKS = {"pyvenv.cfg", "conda-meta"}
#: A workspace's own names, for a workspace that is itself the source folder.
_OWN = {paths.DATABASE, f"{paths.DATABASE}-wal", f"{paths.DATABASE}-shm", "runs", "work", "models", "snapshots"}
#: A walk with a limit ends after so many names a file, whatever is ignored.
_NAMES_PER_FILE = 20


class TooLarge(Exception):
    """The folder has more than the limit that was given."""


@dataclass(frozen=True)
class Found:
    """One name that belongs to the snapshot."""

    #: With `/`, relative to the folder.
    path: str
    #: Where it is.
    file: str
    mode: int
    size: int = 0
    mtime_ns: int = 0
    ctime_ns: int = 0
    inode: int = 0
    #: Of a link: what it will say.
    target: str = ""
    #: It is the source itself, not a file in a folder.
    asked_for: bool = False


def walk(root: Path, workspace: Path, max_files: int | None, max_bytes: int | None) -> tuple[list[Found], list[str]]:
    """The names below `root` (a real path) that belong to a snapshot, and those that cannot be read.

    Raises
    ------
    TooLarge : there are more files or bytes than that.
    OSError : `root` cannot be read, or is neither file nor folder.

    Cost: one directory read per folder and one stat per file; ends at the limit.
    """
    facts = root.stat()
    if stat.S_ISREG(facts.st_mode):
        walker = _Walker(root.parent, workspace, max_files, max_bytes, lambda _: False)
        walker.add(_file(root.name, str(root), facts, asked_for=True))
    else:
        walker = _Walker(root, workspace, max_files, max_bytes, ignored_in(root))
        walker.folder("", root_is_an_error=True)
        while walker.todo:
            walker.folder(walker.todo.pop())
    return walker.found, walker.skipped


class _Walker:
    """The state of one walk."""

    def __init__(
        self,
        root: Path,
        workspace: Path,
        max_files: int | None,
        max_bytes: int | None,
        ignored: Callable[[str], bool],
    ) -> None:
        self.found: list[Found] = []
        self.skipped: list[str] = []
        #: Folders still to be read.
        self.todo: list[str] = []
        self._root, self._workspace, self._ignored = str(root), str(workspace), ignored
        self._max_files, self._max_bytes = max_files, max_bytes
        self._bytes = self._seen = 0

    def add(self, item: Found) -> None:
        self.found.append(item)
        self._bytes += item.size
        if self._max_files is not None and len(self.found) > self._max_files:
            raise TooLarge
        if self._max_bytes is not None and self._bytes > self._max_bytes:
            raise TooLarge

    def folder(self, below: str, *, root_is_an_error: bool = False) -> None:
        """Read one folder; `below` is its path with a trailing `/`, or empty."""
        try:
            with os.scandir(os.path.join(self._root, below)) as names:  # noqa: PTH118 - in the inner loop
                items = list(names)
        except FileNotFoundError:
            if root_is_an_error:
                raise
            return
        except OSError:
            if root_is_an_error:
                raise
            self.skipped.append(below)
            return
        if below and not _ENVIRONMENT_MARKS.isdisjoint(item.name for item in items):
            return
        if below and not items:
            self.add(Found(below[:-1], "", DIRECTORY))
        self._seen += len(items)
        if self._max_files is not None and self._seen > _NAMES_PER_FILE * (self._max_files + 50):
            raise TooLarge
        for item in items:
            self._one(below + item.name, item)

    def _is_never_kept(self, path: str, item: os.DirEntry[str]) -> bool:
        if item.name in _NEVER or path == paths.OUTPUTS:  # what earlier runs made is no source
            return item.name == ".git" or item.is_dir()
        return self._root == self._workspace and path in _OWN

    def _one(self, path: str, item: os.DirEntry[str]) -> None:
        if self._is_never_kept(path, item):
            return
        try:
            if item.is_symlink() or (os.name == "nt" and os.path.lexists(item.path) and _is_junction(item.path)):
                if not self._ignored(path):
                    self.add(Found(path, item.path, LINK, target=_target(self._root, item.path)))
            elif item.is_dir(follow_symlinks=False):
                if os.path.normpath(item.path) != self._workspace and not self._ignored(path + "/"):
                    self.todo.append(path + "/")
            elif item.is_file(follow_symlinks=False) and not self._ignored(path):
                # On Windows a DirEntry does not know the inode and may be out of date.
                facts = item.stat(follow_symlinks=False) if os.name != "nt" else os.lstat(item.path)
                self.add(_file(path, item.path, facts))
        except FileNotFoundError:
            return
        except OSError:
            self.skipped.append(path)


def _is_junction(path: str) -> bool:
    """Whether it is a folder that leads elsewhere without being a symbolic link (Windows)."""
    return getattr(os.lstat(path), "st_reparse_tag", 0) == getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", 1)


def _file(path: str, file: str, facts: os.stat_result, *, asked_for: bool = False) -> Found:
    mode = EXECUTABLE if facts.st_mode & stat.S_IXUSR else FILE
    return Found(
        path, file, mode, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino, asked_for=asked_for
    )


def _target(root: str, link: str) -> str:
    """What a link in the snapshot says: relative when it leads to a place inside the folder, else absolute."""
    folder = os.path.dirname(link)  # noqa: PTH120 - text all the way, as os.readlink gives it
    plain = os.path.normpath(os.path.join(folder, os.readlink(link).removeprefix("\\\\?\\")))  # noqa: PTH115, PTH118
    real = os.path.realpath(link)
    # Where the text and the system disagree (`..` behind another link) the system is right.
    to = plain if os.path.realpath(plain) == real else real
    if not _inside(real, root):
        return to
    return os.path.relpath(to if _inside(to, root) else real, folder)


def _inside(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def ignored_in(root: Path) -> Callable[[str], bool]:
    """Whether a path below `root` is left out by the ignore file there; a folder's path ends in `/`."""
    file = next((root / name for name in IGNORE_FILES if (root / name).is_file()), None)
    if file is None:
        return lambda _: False
    from pathspec import GitIgnoreSpec

    lines = file.read_text("utf-8-sig", "surrogateescape").split("\n")
    try:
        spec = GitIgnoreSpec.from_lines(lines)
    except ValueError:
        spec = GitIgnoreSpec.from_lines([line for line in lines if _is_pattern(file, line)])
    # No pattern has a newline, and regular expressions treat one in a name as an end.
    return lambda path: spec.match_file(path.replace("\n", "\ufffd"))


def _is_pattern(file: Path, line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        warnings.warn(
            f"{file}: {shorten(line)!r} is no pattern and is not used; see `git help ignore`.",
            UserWarning,
            stacklevel=2,
        )
        return False
    return True


def left_out_by(root: Path, path: str) -> str | None:
    """What leaves the file `path` (with `/`) below `root` out of a snapshot: an ignore file or a name; None when it is kept.

    Cost: reads the ignore file.
    """
    parts, ignored = path.split("/"), ignored_in(root)
    for n in range(1, len(parts) + 1):
        name = "/".join(parts[:n])
        place = root / name
        link = place.is_symlink()
        folder = n < len(parts) and not link
        if parts[n - 1] == ".git" or (parts[n - 1] in _NEVER and place.is_dir()):
            return f"the rule that {parts[n - 1]} is never kept"
        if name == paths.OUTPUTS and place.is_dir():
            return f"the rule that {paths.OUTPUTS}/ holds what runs made, and is never kept"
        if folder and any((place / mark).exists() for mark in _ENVIRONMENT_MARKS):
            return f"the rule that a Python environment ({name}) is never kept"
        if ignored(name + "/" if folder else name):
            return next(ignore for ignore in IGNORE_FILES if (root / ignore).is_file())
        if link:  # what is behind it is not part of the snapshot, the link is
            return None
    return None
