"""An experiment in one file, and back: `Experiment.export` and `Workspace.import_experiment`.

The file is a zip (of any size) that other programs can read:

    manifest.json                 format and its version, who wrote it and when, how much is in it
    runs.jsonl                    one JSON value a line; see `store/sql_dump.py`
    files/RUN_ID/NAME             files of the runs
    snapshots/…                   the source snapshots that the runs name, as the workspace keeps them

Registered models do not travel. What is read is checked before anything is written: nothing in a file can lead out of the workspace.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import time
import uuid
import warnings
import zipfile
import zlib
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from jupyter_runs import __version__, artifacts, cleanup, names, paths, provenance, source, source_blobs
from jupyter_runs.errors import InvalidName, SnapshotException, StoreError, shorten, show
from jupyter_runs.experiment import Experiment

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from jupyter_runs.store.base import Loaded
    from jupyter_runs.workspace import Workspace

FORMAT, VERSION = "jupyter_runs.experiment", 1
_MANIFEST, _RUNS = "manifest.json", "runs.jsonl"
_SNAPSHOT = re.compile(r"snapshots/(?:manifests/(?P<id>[0-9a-f]{32})\.json|blobs/(?P<blob>[0-9a-f]{2}/[0-9a-f]{62}))")
#: Beside folders that are named by runs: no id begins so.
_SNAPSHOTS = "-snapshots"
_CHUNK = 1 << 20
#: What reading a damaged, encrypted or foreign zip may raise.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, UnicodeDecodeError)


# -- export --------------------------------------------------------------------------------------------------------------


def export(
    workspace: Workspace, experiment: str, path: str | os.PathLike[str], runs: Iterable[Any] | None = None
) -> Path:
    """See `Experiment.export`. Cost: about 5 µs a value, and the files; they are compressed."""
    if isinstance(runs, str):
        raise InvalidName("runs=… takes a list of runs or ids, e.g. runs=[run].")
    ids = None if runs is None else [str(getattr(run, "id", run)) for run in runs]
    target = Path(path).expanduser()
    if target.is_dir():
        target /= f"{experiment}.zip"
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    try:
        with _written(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            if workspace.store.files.export(experiment, ids, target):
                return target
            with zipfile.ZipFile(temporary, "x", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
                _write(archive, workspace, experiment, ids)
            temporary.replace(target)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return target


@contextmanager
def _written(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{target} cannot be written: {error.strerror or error}. Make room, or give a path that you may write."
        ) from error


def _write(archive: zipfile.ZipFile, workspace: Workspace, experiment: str, ids: list[str] | None) -> None:
    exported_at = time.time()
    runs: list[str] = []
    snapshots: set[str] = set()
    points = 0
    with archive.open(_RUNS, "w", force_zip64=True) as lines, closing(workspace.store.dump(experiment, ids)) as items:
        for item in items:
            lines.write(json.dumps(item, separators=(",", ":"), allow_nan=False).encode() + b"\n")
            points += len(item.get("points", ()))
            if "run" in item:
                runs.append(item["run"]["run_id"])
                snapshots.update(
                    text[2] for text in item["texts"] if text[0] == "property" and text[1] in provenance.SNAPSHOTS
                )
    files = sum(_write_files(archive, workspace.folder, run_id) for run_id in runs)
    kept = sorted(name for name in snapshots if source.exists(workspace.folder, name))
    _write_snapshots(archive, workspace.folder, kept)
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "product": f"jupyter_runs {__version__}",
        "experiment": experiment,
        "exported_at": exported_at,
        "counts": {"runs": len(runs), "points": points, "files": files, "snapshots": len(kept)},
    }
    archive.writestr(_MANIFEST, json.dumps(manifest, indent=2))


def _write_files(archive: zipfile.ZipFile, workspace: Path, run_id: str) -> int:
    count = 0
    for name, file in sorted(artifacts.files(workspace, run_id, working=True).items()):
        try:
            name.encode()
            with file.open("rb") as data:
                _add(archive, f"files/{run_id}/{name}", file, data)
        except (FileNotFoundError, UnicodeEncodeError):
            warnings.warn(
                f"File {show(name)} of run {run_id} is left out: it is gone, or has no name in UTF-8.", stacklevel=5
            )
            continue
        count += 1
    return count


def _add(archive: zipfile.ZipFile, name: str, file: Path, data: IO[bytes]) -> None:
    # By hand and not by `archive.write`: a log may grow while it is read.
    info = zipfile.ZipInfo.from_file(file, name, strict_timestamps=False)
    info.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(info, "w", force_zip64=True) as out:
        shutil.copyfileobj(data, out, _CHUNK)


def _write_snapshots(archive: zipfile.ZipFile, workspace: Path, ids: list[str]) -> None:
    folder = paths.snapshots(workspace)
    files = [source._manifest_file(folder, name) for name in ids]
    digests = {entry.sha256 for name in ids for entry in source.manifest(workspace, name) if entry.sha256}
    for file in [*files, *(source_blobs.blob(folder, digest) for digest in sorted(digests))]:
        try:
            with file.open("rb") as data:
                _add(archive, f"snapshots/{file.relative_to(folder).as_posix()}", file, data)
        except FileNotFoundError as error:
            raise SnapshotException(
                f"{file} is missing, so the source of some runs cannot be exported. Put it back from a backup."
            ) from error


# -- import --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Contents:
    """The checked names of a file."""

    manifest: dict[str, Any]
    #: Run -> name -> member.
    files: dict[str, dict[str, zipfile.ZipInfo]]
    #: By id, and by sha256.
    snapshots: dict[str, zipfile.ZipInfo]
    blobs: dict[str, zipfile.ZipInfo]


def load(workspace: Workspace, path: str | os.PathLike[str], name: str | None = None) -> Experiment:
    """See `Workspace.import_experiment`."""
    file = Path(path).expanduser()
    if name is not None:
        names.experiment(name)
    try:
        if (there := workspace.store.files.import_experiment(file, name)) is not None:
            return Experiment._of(workspace, there)
        with zipfile.ZipFile(file) as archive:
            return _load(workspace, archive, name)
    except _DAMAGE as error:
        why = shorten(" ".join(str(error).split()) or type(error).__name__, 100)
        raise _damaged(file, why) from error
    except _Damage as error:
        raise _damaged(file, str(error)) from error
    except FileNotFoundError as error:
        raise InvalidName(
            f"There is no file {error.filename or file}. Give one that `experiment.export(path)` has written."
        ) from error
    except OSError as error:
        raise StoreError(f"{file} cannot be imported: {error.strerror or error}. Nothing was imported.") from error


class _Damage(Exception):
    """What is wrong with the file."""


def _damaged(file: Path, why: str) -> InvalidName:
    return InvalidName(f"{file} is no whole export of an experiment: {why}. Nothing was imported; export it again.")


def _load(workspace: Workspace, archive: zipfile.ZipFile, name: str | None) -> Experiment:
    contents = _contents(archive)
    _compare_files(workspace, contents)
    passing = cleanup.passing_folder(workspace.folder)
    moved: list[tuple[Path, Path]] = []
    try:
        here = {run.run_id for run in workspace.store.get_runs(contents.files)}
        for run_id in contents.files.keys() - here:
            _extract(archive, contents.files[run_id], passing / run_id)
        _extract_snapshots(archive, contents, passing / _SNAPSHOTS)

        def ready(loaded: Loaded) -> None:
            _check_counts(contents, loaded)
            _bring_snapshots(passing / _SNAPSHOTS, paths.snapshots(workspace.folder))
            for run_id in contents.files.keys() & set(loaded.new):
                _move_in(passing / run_id, paths.run_folder(workspace.folder, run_id), moved)

        with closing(_items(archive)) as items:
            at = contents.manifest["exported_at"]
            loaded = workspace.store.load(items, exported_at=at, name=name, ready=ready)
    except BaseException:
        _move_back(workspace, moved)
        raise
    finally:
        shutil.rmtree(passing, ignore_errors=True)
    return Experiment._of(workspace, loaded.experiment)


def _items(archive: zipfile.ZipFile) -> Generator[dict[str, Any], None, None]:
    with archive.open(_RUNS) as member, io.TextIOWrapper(member, "utf-8", newline="\n") as lines:
        for line in lines:
            yield json.loads(line, parse_constant=_no_constant)


def _no_constant(text: str) -> Any:
    raise ValueError(text)


def _contents(archive: zipfile.ZipFile) -> _Contents:
    members = {info.filename: info for info in archive.infolist()}
    if len(members) != len(archive.infolist()):
        raise _Damage("a name is in it twice")
    if not {_MANIFEST, _RUNS} <= members.keys():
        raise _Damage(f"it has no {_MANIFEST} or no {_RUNS}")
    contents = _Contents(_manifest(archive), {}, {}, {})
    for name, info in members.items():
        snapshot = _SNAPSHOT.fullmatch(name)
        if snapshot and snapshot["id"]:
            contents.snapshots[snapshot["id"]] = info
        elif snapshot:
            contents.blobs[snapshot["blob"].replace("/", "")] = info
        elif name not in {_MANIFEST, _RUNS}:
            run_id, file = _file_name(name)
            contents.files.setdefault(run_id, {})[file] = info
    return contents


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        manifest = dict(json.loads(archive.read(_MANIFEST), parse_constant=_no_constant))
        version = int(manifest["version"]) if manifest["format"] == FORMAT else 0
        if version == VERSION:
            manifest["exported_at"] = float(manifest["exported_at"])
            manifest["counts"] = {key: int(manifest["counts"][key]) for key in ("runs", "points", "files", "snapshots")}
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise _Damage(f"its {_MANIFEST} is not one of ours") from error
    if version > VERSION:
        raise InvalidName(
            f"{archive.filename} has format version {version}, this jupyter_runs knows {VERSION}. Nothing was imported: "
            "`pip install -U jupyter_runs`."
        )
    if version < VERSION:
        raise _Damage(f"its {_MANIFEST} is not one of ours")
    return manifest


def _file_name(name: str) -> tuple[str, str]:
    """Run and name of a member; a name that could lead anywhere else than into the folder of a run is refused."""
    top, _, rest = name.partition("/")
    run_id, _, file = rest.partition("/")
    try:
        if top == "files" and names.run_id(run_id) and "\\" not in file and artifacts.artifact_name(file) == file:
            return run_id, file
    except InvalidName as error:
        raise _Damage(f"the name {show(name)} has no place in a workspace") from error
    raise _Damage(f"the name {show(name)} does not belong there")


def _compare_files(workspace: Workspace, contents: _Contents) -> None:
    """A run that is here already has the same files."""
    for run in workspace.store.get_runs(contents.files):
        here = artifacts.files(workspace.folder, run.run_id, working=False)
        there = contents.files[run.run_id]
        different = set(here) ^ set(there) or {name for name, info in there.items() if _crc(here[name]) != info.CRC}
        if different:
            raise InvalidName(
                f"Run {run.run_id} is in {workspace.folder} already, with another file {shorten(min(different))!r}. Nothing was "
                "imported: import into another workspace, or delete that run and empty the bin first."
            )


def _crc(file: Path) -> int:
    crc = 0
    with file.open("rb") as data:
        while chunk := data.read(_CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc


def _extract(archive: zipfile.ZipFile, files: dict[str, zipfile.ZipInfo], folder: Path) -> None:
    for name, info in files.items():
        target = folder.joinpath(*name.split("/"))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(info) as data, target.open("xb") as out:
                shutil.copyfileobj(data, out, _CHUNK)
        except FileExistsError as error:
            raise _Damage(f"the name {show(name)} collides with another one") from error
        with suppress(ValueError, OverflowError, OSError):
            at = time.mktime((*info.date_time, 0, 0, -1))
            os.utime(target, (at, at))


def _extract_snapshots(archive: zipfile.ZipFile, contents: _Contents, folder: Path) -> None:
    """Contents and lists are just what their names say."""
    for digest, info in contents.blobs.items():
        check = sha256()
        with archive.open(info) as data, source_blobs.made(source_blobs.blob(folder, digest)).open("xb") as out:
            while chunk := data.read(_CHUNK):
                check.update(chunk)
                out.write(chunk)
        if check.hexdigest() != digest:
            raise _Damage(f"{info.filename} has another content than its name says")
    for snapshot_id, info in contents.snapshots.items():
        listed = archive.read(info)
        try:
            entries = source._parse(listed, snapshot_id)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _Damage(f"{info.filename} is not a list of files of ours") from error
        if missing := {entry.sha256 for entry in entries if entry.sha256} - contents.blobs.keys():
            raise _Damage(f"{min(missing)} of snapshot {snapshot_id} is missing")
        source_blobs.made(source._manifest_file(folder, snapshot_id)).write_bytes(listed)


def _bring_snapshots(folder: Path, target: Path) -> None:
    """Contents first, then the lists that name them. What is there already stays; what no run names in the end, `gc` removes."""
    for kind in ("blobs", "manifests"):
        for file in sorted((folder / kind).rglob("*")):
            there = target / file.relative_to(folder)
            if file.is_file() and not source_blobs.keep_young(there, file.stat().st_size):
                file.replace(source_blobs.made(there))


def _check_counts(contents: _Contents, loaded: Loaded) -> None:
    runs = {*loaded.new, *loaded.known}
    found = {
        "runs": len(runs),
        "points": loaded.points,
        "files": sum(map(len, contents.files.values())),
        "snapshots": len(contents.snapshots),
    }
    if found != contents.manifest["counts"]:
        wrong = min(key for key in found if found[key] != contents.manifest["counts"][key])
        raise _Damage(f"it should have {contents.manifest['counts'][wrong]} {wrong} and has {found[wrong]}")
    if strange := contents.files.keys() - runs:
        raise _Damage(f"it has files of run {min(strange)}, which is not in it")


def _move_in(folder: Path, target: Path, moved: list[tuple[Path, Path]]) -> None:
    """Nobody can write to the store meanwhile. What an interrupted import or removal has left there goes with our own folder."""
    if not folder.exists():
        raise _Damage("a run of it was removed here at this moment")
    if target.exists():
        aside = folder.with_name(f".{folder.name}")
        target.rename(aside)
        moved.append((aside, target))
    folder.rename(target)
    moved.append((target, folder))


def _move_back(workspace: Workspace, moved: list[tuple[Path, Path]]) -> None:
    """Undo what `_move_in` did, unless the runs are there all the same: an interrupt may come just after the end."""
    if moved and not workspace.store.get_runs([there.name for there, _ in moved]):
        for there, back in reversed(moved):
            there.rename(back)
