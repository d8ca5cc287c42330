"""Files of a run on disk: names that never lead out of a folder, writes that replace at once, and what changed in a folder meanwhile.

What this file does not know: runs and their states. `run_files.py` has the public calls.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import time
import uuid
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from jupyter_runs import names, paths
from jupyter_runs.errors import ArtifactNotFound, InvalidName, JupyterRunsError, shorten, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: Modification time (ns), size (bytes) and inode: together they tell a file from what it was before.
Mark = tuple[int, int, int]

#: How metrics that are files are written, as Azure ML SDK v1 does.
URI = "aml://artifactId/ExperimentRun/dcid."
MAX_NAME, MAX_PART = 1024, 255
#: Steps of the clock that file systems take: two writes within one look alike (ns).
_TICK_NS = 20_000_000
_CHUNK = 1 << 20
_NAMED = 20
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_NOT_ON_WINDOWS = re.compile(
    r'[<>:"|?*\x00-\x1f]|[ .]$|^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)', re.IGNORECASE
)


# -- names -----------------------------------------------------------------------------------------------------------------


def artifact_name(name: object, *, windows: bool = os.name == "nt") -> str:
    """The name of a file within a folder as a relative path with `/`; `./` and doubled `/` are dropped.

    Raises
    ------
    InvalidName : it is empty, absolute, leads upwards, is too long, or cannot name a file on this system.
    """
    text = os.fspath(name) if isinstance(name, os.PathLike) else name
    if not isinstance(text, str):
        raise InvalidName(f"A file name is text such as 'outputs/model.pkl', not {show(name)}.")
    posix = text.replace("\\", "/") if windows else text
    if posix.startswith("/") or _DRIVE.match(posix):
        raise InvalidName(f"{show(text)} is an absolute path. Give a name within the run, e.g. 'outputs/model.pkl'.")
    parts = [part for part in posix.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise InvalidName(f"{show(text)} leads out of the run's folder. Give a name without '..'.")
    if not parts or "\0" in posix:
        raise InvalidName(f"{show(text)} cannot name a file. Give a name such as 'outputs/model.pkl'.")
    clean = "/".join(parts)
    if len(clean) > MAX_NAME or max(len(os.fsencode(_whole(part))) for part in parts) > MAX_PART:
        raise InvalidName(
            f"The file name {shorten(clean)!r} is too long. Use at most {MAX_PART} bytes for each part and {MAX_NAME} characters in all."
        )
    if parts[-1].startswith(paths.INCOMING):
        raise InvalidName(f"{show(text)} is a name that we use while a file is being written. Choose another one.")
    if windows and (wrong := next((part for part in parts if _NOT_ON_WINDOWS.search(part)), None)) is not None:
        raise InvalidName(f"{shorten(wrong)!r} cannot name a file on Windows. Choose another name.")
    return clean


def _whole(part: str) -> str:
    """`part`, refused when it holds half a character."""
    try:
        part.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise InvalidName(f"{show(part)} holds half a character (a lone surrogate). Choose another name.") from None
    return part


def place(folder: Path, name: object) -> Path:
    """Where the file of that name is, or would be, in `folder`; refuses names and links that lead out of it."""
    path = folder.joinpath(*artifact_name(name).split("/"))
    if not _is_inside(folder, path.parent):
        raise InvalidName(f"{show(name)} leads out of the run's folder through a link. Choose another name.")
    return path


def _is_inside(folder: Path, path: Path) -> bool:
    """True when `path`, with links followed, is `folder` or below it."""
    root, real = os.path.realpath(folder), os.path.realpath(path)
    return real == root or real.startswith(root.rstrip(os.sep) + os.sep)


# -- writing ---------------------------------------------------------------------------------------------------------------


@contextmanager
def writing(target: Path) -> Iterator[Path]:
    """A temporary path beside `target`, which takes its place when the block ends well; otherwise `target` stays as it was."""
    temporary = target.parent / f"{paths.INCOMING}{uuid.uuid4().hex}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _replace(temporary, target)
    finally:
        with suppress(OSError):
            temporary.unlink()


def _replace(source: Path, target: Path) -> None:
    """As os.replace; Windows refuses while somebody has the target open, so ask again for a second there."""
    until = time.monotonic() + (1.0 if os.name == "nt" else 0.0)
    while True:
        try:
            source.replace(target)
        except PermissionError:
            if target.is_dir() or time.monotonic() >= until:
                raise
            time.sleep(0.02)
        else:
            return


def copy(source: Path, target: Path) -> None:
    """Copy content, times and permissions; links are followed. A copy can always be replaced by its owner."""
    about = source.stat()
    shutil.copyfile(source, target)
    target.chmod(stat.S_IMODE(about.st_mode) & 0o777 | 0o600)
    os.utime(target, ns=(about.st_atime_ns, about.st_mtime_ns))


def copy_stream(stream: IO[Any], target: Path) -> None:
    """Write what `stream` has from its position on; text as UTF-8."""
    with target.open("wb") as file:
        while chunk := stream.read(_CHUNK):
            try:
                file.write(chunk.encode("utf-8") if isinstance(chunk, str) else chunk)
            except UnicodeEncodeError:
                raise InvalidName(
                    "The text of the stream holds half a character (a lone surrogate), which UTF-8 cannot write. Remove it."
                ) from None


def readable(source: object) -> Path | IO[Any]:
    """A path of a file that is there, or a stream."""
    if callable(getattr(source, "read", None)):
        stream: IO[Any] = source  # type: ignore[assignment]
        return stream
    if not isinstance(source, (str, os.PathLike)):
        raise InvalidName(f"A file to upload is a path or an open stream, not a {type(source).__name__}.")
    return file_at(source)


def file_at(source: str | os.PathLike[str]) -> Path:
    """The path of a file that is there; raises `InvalidName` for anything else."""
    path = Path(source)
    try:
        if path.is_file():
            return path
        if path.is_dir():
            raise InvalidName(f"{show(str(path))} is a folder. Use upload_folder for it.")
        what = "is not a regular file" if path.exists() else "is not there"
    except (OSError, ValueError) as error:
        what = f"cannot be read ({getattr(error, 'strerror', None) or error})"
    raise InvalidName(f"The file {show(str(path))} {what}. Check the path; it is taken from {show(str(Path.cwd()))}.")


def fill(target: Path, source: Path | IO[Any]) -> None:
    if not isinstance(source, Path):
        with writing(target) as temporary:
            copy_stream(source, temporary)
    elif not (target.exists() and target.samefile(source)):
        with writing(target) as temporary:
            copy(source, temporary)


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Errors of the system in one line: `what` could not be done, why, and the remedy."""
    try:
        yield
    except OSError as error:
        remedy = {
            errno.ENOSPC: "Free some space and try again.",
            errno.ENOTDIR: "A file is where a folder is needed: choose another name.",
            errno.EEXIST: "A file is where a folder is needed: choose another name.",
            errno.EISDIR: "A folder has that name: choose another one.",
            errno.ENAMETOOLONG: "Choose a shorter name.",
            errno.ENOENT: "Check the path.",
        }.get(error.errno or 0, "Check the permissions of the file and its folder.")
        raise JupyterRunsError(f"{what} ({error.strerror or error}). {remedy}") from error


# -- looking into folders ----------------------------------------------------------------------------------------------------


def walk(folder: Path, unreadable: list[str] | None = None) -> Iterator[tuple[str, Path, os.stat_result]]:
    """Files below `folder`, and links to files, by name within it; sockets, pipes, and folders behind links are left out.

    Folders and files that cannot be looked at are noted in `unreadable`.
    """
    pending = [("", folder)]
    while pending:
        prefix, at = pending.pop()
        try:
            with os.scandir(at) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except FileNotFoundError:
            continue
        except OSError as error:
            _note(unreadable, prefix or str(folder), error)
            continue
        for entry in found:
            name = prefix + entry.name
            try:
                if entry.is_dir(follow_symlinks=False):
                    pending.append((f"{name}/", Path(entry.path)))
                    continue
                # Not entry.stat(): on Windows it knows no inode.
                about = Path(entry.path).stat()
            except FileNotFoundError:  # gone meanwhile, or a link to nothing
                continue
            except OSError as error:
                _note(unreadable, name, error)
                continue
            if stat.S_ISREG(about.st_mode) and not entry.name.startswith(paths.INCOMING):
                yield name, Path(entry.path), about


def _note(unreadable: list[str] | None, name: str, error: OSError) -> None:
    if unreadable is not None:
        unreadable.append(f"{name} ({error.strerror or error})")


def _mark(about: os.stat_result) -> Mark:
    return about.st_mtime_ns, about.st_size, about.st_ino


def listing(folder: Path) -> dict[str, Mark]:
    """How the files below `folder` stand now, for `collect`; {} when there is no such folder.

    Waits up to 20 ms where a file was written just now: another write within the same tick of the clock would look like no change.
    """
    found = {name: _mark(about) for name, _, about in walk(folder)}
    newest = max((mtime for mtime, _, _ in found.values()), default=0)
    if 0 <= (age := time.time_ns() - newest) < _TICK_NS:
        time.sleep((_TICK_NS - age) / 1e9)
    return found


def unchanged_since(folder: Path, instant_ns: int) -> dict[str, Mark]:
    """As `listing`, of the files that were neither written nor put there after an instant (ns since the epoch)."""
    return {
        name: _mark(about) for name, _, about in walk(folder) if max(about.st_mtime_ns, about.st_ctime_ns) <= instant_ns
    }


def collect(
    source: Path, target: Path, before: Mapping[str, Mark] | None, *, move: bool, left: list[str] | None = None
) -> list[str]:
    """Bring the files below `source` that are new, or differ from `before`, into `target`; their names.

    Each file appears in `target` whole or not at all, and keeps its time. One that cannot be brought over is left where it is and does not
    stop the others.

    Parameters
    ----------
    source, target : folders; `source` may be missing, `target` is made when there is something for it.
    before : a `listing` of `source`; None takes everything.
    move : the files are gone from `source` afterwards (links too, their content is copied); otherwise they are copied.
    left : takes "name (reason)" of those left behind; without it they are told in one warning.

    Cost: one look at every file below `source`, a rename or a copy of each that changed.
    """
    missed: list[str] = [] if left is None else left
    collected = []
    for name, path, about in list(walk(source, missed)):
        if before is not None and before.get(name) == _mark(about):
            continue
        try:
            _bring(path, target, target.joinpath(*name.split("/")), move=move)
        except FileNotFoundError:
            if path.exists():
                missed.append(f"{name} (the target is not there)")
        except OSError as error:
            missed.append(f"{name} ({error.strerror or error})")
        else:
            collected.append(name)
    if left is None and missed:
        warnings.warn(f"Files of {source} were left behind: {listed(missed)}.", stacklevel=2)
    return collected


def _bring(path: Path, folder: Path, target: Path, *, move: bool) -> None:
    if not _is_inside(folder, target.parent):
        raise OSError(errno.EPERM, "a link leads out of the target")
    if move and not path.is_symlink():
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            _replace(path, target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
        else:
            return
    with writing(target) as temporary:
        copy(path, temporary)
    if move:
        path.unlink()


# -- the files of a run --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Artifact:
    """A file of a run."""

    run_id: str
    #: Within the run, with `/`.
    name: str
    #: Where it is now.
    path: Path

    @property
    def uri(self) -> str:
        """What `Run.get_metrics` gives for a metric that is a file."""
        return uri(self.run_id, self.name)

    @property
    def size(self) -> int:
        """Bytes."""
        return self.path.stat().st_size

    def read_bytes(self) -> bytes:
        """Its content."""
        return self.path.read_bytes()

    def __repr__(self) -> str:
        return f"Artifact(run={self.run_id!r}, name={self.name!r})"


def uri(run_id: str, name: str) -> str:
    """The value of a metric that is a file."""
    return f"{URI}{run_id}/{name}"


def files(workspace: Path, run_id: str, *, working: bool) -> dict[str, Path]:
    """All files of a run by name, in order of names.

    `working`: also what its script has in `outputs/` and `logs/` of its own folder and nobody has collected: it runs, or its launcher
    was killed. Links that lead out of the run's folder are left out.
    """
    found: dict[str, Path] = {}
    if working:
        code = paths.code_folder(workspace, run_id)
        for part in (paths.OUTPUTS, paths.LOGS):
            found |= {f"{part}/{name}": path for name, path in _inside(code, code / part)}
    folder = paths.run_folder(workspace, run_id)
    found |= dict(_inside(folder, folder))
    return dict(sorted(found.items()))


def _inside(root: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    is_ours = folder == root or _is_inside(root, folder)
    for name, path, _ in walk(folder):
        if is_ours and (not path.is_symlink() or _is_inside(root, path)):
            yield name, path


def find(workspace: Path, run_id: str, name: object, *, working: bool) -> Artifact:
    """The file of that name.

    Raises
    ------
    InvalidName : nothing in a run can have that name.
    ArtifactNotFound : it is not there; the message names those that are.
    """
    clean = artifact_name(name)
    folders = [paths.run_folder(workspace, run_id)]
    if working and clean.startswith((f"{paths.OUTPUTS}/", f"{paths.LOGS}/")):
        folders.append(paths.code_folder(workspace, run_id))
    for folder in folders:
        path = folder.joinpath(*clean.split("/"))
        if path.is_file() and _is_inside(folder, path):
            return Artifact(run_id, clean, path)
    raise missing(workspace, run_id, clean, files(workspace, run_id, working=working))


def missing(workspace: Path, run_id: str, name: str, there: Iterable[str]) -> ArtifactNotFound:
    """The error for a file that a run does not have."""
    available = list(there)
    below = [one for one in available if one.startswith(f"{name}/")]
    if below:
        return ArtifactNotFound(
            f"{shorten(name)!r} is a folder of run {run_id}. Use download_files(prefix={shorten(name)!r}) for all of it."
        )
    what = f"available files include: {listed(available)}" if available else "the run has no files yet"
    if not available and is_elsewhere(workspace, run_id):
        what = elsewhere(workspace)
    return ArtifactNotFound(f"File with path {shorten(name)!r} was not found in run {run_id}; {what}.")


def is_elsewhere(workspace: Path, run_id: str) -> bool:
    """The store is on a server, and of the run there is nothing in this folder: somebody with another one has its files, if anybody."""
    return not (workspace / paths.DATABASE).exists() and not paths.run_folder(workspace, run_id).exists()


def elsewhere(workspace: Path) -> str:
    """Where the files of such a run are not, and the remedy."""
    return f"its files are not in {workspace}. Share one folder with whoever ran it: add ?files=/that/folder to the store's address"


def listed(items: list[str]) -> str:
    """The first items for a message, and how many more there are."""
    more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return ", ".join(shorten(item, 120) for item in items[:_NAMED]) + more


def named_in(value: Any) -> set[tuple[str, str]]:
    """Runs and names of the files that a metric value names."""
    texts = value if isinstance(value, list) else [value]
    parts = [text[len(URI) :].partition("/") for text in texts if isinstance(text, str) and text.startswith(URI)]
    return {(run_id, name) for run_id, _, name in parts if name}


def populated(workspace: Path, value: Any) -> Any:
    """A metric value with `Artifact` objects in place of the texts that name files; all else as it is."""
    if isinstance(value, list):
        return [populated(workspace, one) for one in value]
    if not (isinstance(value, str) and value.startswith(URI)):
        return value
    run_id, _, name = value[len(URI) :].partition("/")
    try:
        return find(workspace, names.run_id(run_id), name, working=True)
    except (InvalidName, ArtifactNotFound):
        return value
