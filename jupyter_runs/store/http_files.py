"""Files of a workspace on a server: its folder on this machine is a mirror of the server's.

What this process writes there is sent, the log while it grows and by offset, other files in pieces that go on where they were cut; what
others have written is fetched when somebody reads it. What was sent or fetched is noted beside the files, so that each is moved once, and
files that a killed process has left are sent by the next one.
"""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jupyter_runs import paths
from jupyter_runs.errors import JournalGap, JupyterRunsError, RunNotFound, StoreAway, StoreError
from jupyter_runs.store.base import Files
from jupyter_runs.store.http_journal import FILES_SUFFIX, left_behind, new_writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jupyter_runs.store.http_server import Server

#: Bytes of a file in one request.
PIECE = 4 << 20
#: To connect, and for work that takes its time.
_LONG_S = (3.05, 3600.0)
_GATHER_S, _LONGEST_PAUSE_S, _LINGER_S = 0.3, 5.0, 2.0


class HttpFiles(Files):
    """See the module. All methods may be called from any thread."""

    def __init__(self, server: Server, folder: Path, marks: Path, is_own: Callable[[str], bool]) -> None:
        self._server, self._folder, self._marks, self._is_own = server, folder, marks, is_own
        self._moving = threading.Lock()
        self._lock = threading.Lock()
        #: Runs whose files are to be looked at; the mark of each on disk.
        self._dirty: dict[str, Path] = {}
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False

    # -- sending -------------------------------------------------------------------------------------------------------

    def touched(self, run_id: str) -> None:
        """There may be something new in the folder of the run: it is sent soon."""
        with self._lock:
            if run_id not in self._dirty:
                mark = self._marks / f"{run_id}.{new_writer()}{FILES_SUFFIX}"
                with suppress(OSError):
                    mark.parent.mkdir(parents=True, exist_ok=True)
                    mark.touch()
                self._dirty[run_id] = mark
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="jupyter-runs-files", daemon=True)
                self._thread.start()

    def send(self, run_id: str) -> None:
        """All that is new in the folder of the run is on the server. Raises `StoreAway`; it is tried again then."""
        self.touched(run_id)
        with self._lock:
            # What is touched from here on is looked at again. The mark on disk stays until all is sent: we may be killed.
            mark = self._dirty.pop(run_id, None)
        try:
            with self._moving:
                self._send(run_id)
        except RunNotFound:
            pass  # it was erased: nobody wants them
        except BaseException:
            with self._lock:
                if mark is not None and self._dirty.setdefault(run_id, mark) is not mark:
                    mark.unlink(missing_ok=True)  # there is a newer one
            raise
        if mark is not None:
            mark.unlink(missing_ok=True)

    def adopt(self) -> None:
        """Send what processes that have gone have left."""
        for mark, run_id, _ in left_behind(self._marks, FILES_SUFFIX):
            self.touched(run_id)  # first: a mark of ours stands for it from here on
            mark.unlink(missing_ok=True)

    def settle(self, seconds: float) -> list[str]:
        """Send what can be sent, while it goes on or for so long; runs that have more."""
        until = time.monotonic() + seconds
        while dirty := list(self._dirty):
            is_well = [self._try(run_id) for run_id in dirty]
            if not all(is_well):
                if time.monotonic() >= until:
                    return list(self._dirty)
                time.sleep(_GATHER_S)
        return []

    def close(self, seconds: float) -> list[str]:
        """As `settle`; nothing is sent from then on."""
        left = self.settle(seconds)
        self._closed = True
        self._wake.set()
        return left

    def _loop(self) -> None:
        pause, idle_since = _GATHER_S, time.monotonic()
        while not self._closed:
            self._wake.wait(pause)
            dirty = list(self._dirty)
            if dirty:
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > _LINGER_S and self._stop_if_idle():
                return
            is_well = [self._try(run_id) for run_id in dirty]
            pause = _GATHER_S if all(is_well) else min(2 * pause, _LONGEST_PAUSE_S)

    def _try(self, run_id: str) -> bool:
        """Whether the files of the run were sent."""
        try:
            self.send(run_id)
        except JupyterRunsError:
            return False
        return True

    def _stop_if_idle(self) -> bool:
        with self._lock:
            if self._dirty:
                return False
            self._thread = None
            return True

    def _send(self, run_id: str) -> None:
        folder = paths.run_folder(self._folder, run_id)
        known = self._known(run_id)
        before = json.dumps(known)
        try:
            for name, path in _files(folder):
                about = path.stat()
                mark = [about.st_mtime_ns, about.st_size]
                there = known.get(name)
                if there is not None and there["mark"] == mark:
                    continue
                if name == paths.STD_LOG:
                    self._send_log(run_id, path)
                    tag = ""
                else:
                    tag = self._upload(f"runs/{run_id}/{name}", path, mark)
                known[name] = {"mark": mark, "tag": tag}
        except FileNotFoundError:  # gone meanwhile
            pass
        except OSError as error:
            raise StoreError(f"{error.filename} cannot be read ({error.strerror}). It was not sent.") from error
        finally:
            if json.dumps(known) != before:
                self._note(run_id, known)

    def _send_log(self, run_id: str, path: Path) -> None:
        """Append what is new; the server tells how much it has."""
        name, at, data = f"runs/{run_id}/{paths.STD_LOG}", 0, b""
        with path.open("rb") as file:
            while True:
                # At first nothing: that only asks.
                at = self._put(name, data, {"X-Offset": str(at)})["end"]
                file.seek(at)
                data = file.read(PIECE)
                if not data:
                    return

    def _upload(self, name: str, path: Path, mark: list[int]) -> str:
        """The file is on the server; the tag that it has there."""
        upload = sha256(f"{name}\0{mark}\0{path}".encode("utf-8", "surrogateescape")).hexdigest()[:32]
        at = 0
        with path.open("rb") as file:
            while True:
                file.seek(at)
                headers = {"X-Offset": str(at), "X-Size": str(mark[1]), "X-Upload": upload}
                try:
                    answer = self._put(name, file.read(min(PIECE, mark[1] - at)), headers)
                except JournalGap as gap:
                    at = gap.end
                    continue
                if (tag := answer.get("tag")) is not None:
                    return str(tag)
                if answer["end"] <= at:
                    raise StoreError(f"{path} became shorter while it was sent. It is sent again when it is complete.")
                at = answer["end"]

    def _put(self, name: str, data: bytes, headers: dict[str, str]) -> dict[str, Any]:
        headers = {"Content-Type": "application/octet-stream", **headers}
        answer: dict[str, Any] = self._server.ask("PUT", _route(name), data=data, headers=headers, retry_s=0).json()
        return answer

    # -- fetching ------------------------------------------------------------------------------------------------------

    def names(self, run_id: str) -> list[str]:
        """Names of the files that the server has of the run."""
        return [one["name"] for one in self._list(f"runs/{run_id}")]

    def fetch(self, run_id: str, name: str = "") -> None:
        """The files of the run are here as they are on the server: the one of that name, those below it, or all."""
        if self._is_own(run_id):
            return
        with self._moving:
            known = self._known(run_id)
            there = self._list(f"runs/{run_id}")
            # Also where there are none: what is not in it is nowhere.
            paths.run_folder(self._folder, run_id).mkdir(parents=True, exist_ok=True)
            for one in there:
                if not name or one["name"] == name or one["name"].startswith(f"{name}/"):
                    self._fetch_one(run_id, one, known)

    def _fetch_one(self, run_id: str, one: dict[str, Any], known: dict[str, Any]) -> None:
        name = one["name"]
        target = paths.run_folder(self._folder, run_id).joinpath(*name.split("/"))
        here, there = _mark(target), known.get(name)
        if name == paths.STD_LOG:
            if here is None or here[1] < one["size"]:
                self._append(f"runs/{run_id}/{name}", target)
            return
        is_ours = here is not None and (there is None or there["mark"] != here)
        if is_ours or (there is not None and here is not None and there["tag"] == one["tag"]):
            return  # not sent yet, or just the same
        tag = self._download(f"runs/{run_id}/{name}", target)
        known[name] = {"mark": _mark(target), "tag": tag}
        self._note(run_id, known)

    def log_tail(self, run_id: str, limit: int) -> bytes | None:
        """The last bytes of a log that others write; None where it is this process."""
        if self._is_own(run_id):
            return None
        answer = self._server.ask("GET", _route(f"runs/{run_id}/{paths.STD_LOG}"), params={"tail": str(limit)})
        return answer.content

    def fetch_folder(self, folder: str) -> None:
        """All of a folder of the workspace (`models/NAME/VERSION`) is here."""
        with self._moving:
            for one in self._list(folder):
                target = self._folder.joinpath(*folder.split("/"), *one["name"].split("/"))
                if (here := _mark(target)) is None or here[1] != one["size"]:
                    self._download(f"{folder}/{one['name']}", target)

    def send_folder(self, folder: str) -> None:
        """All of a folder of the workspace is on the server."""
        for name, path in _files(self._folder.joinpath(*folder.split("/"))):
            about = path.stat()
            self._upload(f"{folder}/{name}", path, [about.st_mtime_ns, about.st_size])

    def remove_folder(self, folder: str) -> None:
        """The folder is gone from the server."""
        self._server.ask("DELETE", _route(folder))

    def _append(self, name: str, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("ab") as out:
            at = out.seek(0, os.SEEK_END)
            while data := self._server.ask("GET", _route(name), params={"from": str(at), "limit": str(PIECE)}).content:
                at += out.write(data)

    def _download(self, name: str, target: Path, digest: str | None = None) -> str:
        """The file, whole or not at all; the tag that it has on the server."""
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f"{paths.INCOMING}{uuid.uuid4().hex}")
        check, at, tag = sha256(), 0, ""
        try:
            with temporary.open("xb") as out:
                while True:
                    answer = self._server.ask("GET", _route(name), params={"from": str(at), "limit": str(PIECE)})
                    if at and answer.headers["ETag"] != tag:
                        # It was replaced meanwhile.
                        out.truncate(0)
                        out.seek(0)
                        check, at, tag = sha256(), 0, ""
                        continue
                    tag = answer.headers["ETag"]
                    at += out.write(answer.content)
                    check.update(answer.content)
                    if at >= int(answer.headers["X-Size"]):
                        break
            if digest is not None and check.hexdigest() != digest:
                raise StoreError(f"{name} came damaged from {self._server.shown}. Try again.")
            temporary.replace(target)
        except OSError as error:
            raise StoreError(
                f"{target} cannot be written ({error.strerror or error}). Make room, and try again."
            ) from error
        finally:
            temporary.unlink(missing_ok=True)
        return tag

    def _list(self, folder: str) -> list[dict[str, Any]]:
        return list(self._server.ask("GET", _route(folder), params={"list": "1"}).json()["files"])

    # -- housekeeping, which is done where the files are ---------------------------------------------------------------------

    def gc(self, older_than_days: float, *, dry_run: bool) -> dict[str, int] | None:
        body = {"older_than_days": older_than_days, "dry_run": dry_run}
        return dict(self._server.ask("POST", "gc", json=body, timeout_s=_LONG_S).json())

    def export(self, experiment: str, run_ids: Sequence[str] | None, target: Path) -> bool:
        body = {"experiment": experiment} | ({} if run_ids is None else {"ids": list(run_ids)})
        made = self._server.ask("POST", "export", json=body, timeout_s=_LONG_S).json()["path"]
        self._download(made, target)
        return True

    def import_experiment(self, path: Path, name: str | None) -> str | None:
        about = path.stat()
        sent = f"exchange/{uuid.uuid4().hex}.zip"
        self._upload(sent, path, [about.st_mtime_ns, about.st_size])
        body = {"path": sent} | ({} if name is None else {"name": name})
        return str(self._server.ask("POST", "import", json=body, timeout_s=_LONG_S).json()["experiment"])

    # -- snapshots -----------------------------------------------------------------------------------------------------

    def send_snapshot(self, snapshot_id: str) -> None:
        """The snapshot is on the server. One that is not here is left to whoever has it."""
        folder = paths.snapshots(self._folder)
        listed = folder / "manifests" / f"{snapshot_id}.json"
        if not listed.exists():
            return
        names = [f"snapshots/blobs/{one[:2]}/{one[2:]}" for one in _digests(listed.read_bytes())]
        wanted = [*names, f"snapshots/manifests/{listed.name}"]
        answer = self._server.ask("POST", "tree", json={"paths": wanted}).json()
        # Contents first: a list is only taken with all that it names.
        for name in answer["missing"]:
            path = self._folder.joinpath(*name.split("/"))
            about = path.stat()
            self._upload(name, path, [about.st_mtime_ns, about.st_size])

    def fetch_snapshot(self, snapshot_id: str) -> None:
        """The snapshot is here, if the server has it."""
        folder = paths.snapshots(self._folder)
        listed = folder / "manifests" / f"{snapshot_id}.json"
        if listed.exists():
            return
        try:
            data = self._server.ask("GET", _route(f"snapshots/manifests/{listed.name}")).content
        except StoreAway:
            raise
        except JupyterRunsError:
            return  # whoever asked says what is missing
        for digest in _digests(data):
            target = folder / "blobs" / digest[:2] / digest[2:]
            if not target.exists():
                self._download(f"snapshots/blobs/{digest[:2]}/{digest[2:]}", target, digest)
        listed.parent.mkdir(parents=True, exist_ok=True)
        temporary = listed.with_name(f"{paths.INCOMING}{uuid.uuid4().hex}")
        temporary.write_bytes(data)
        temporary.replace(listed)

    # -- what was moved ------------------------------------------------------------------------------------------------

    def _known(self, run_id: str) -> dict[str, Any]:
        """By name: modification time and size of the file here, and its tag on the server, when both were the same."""
        try:
            data = json.loads(paths.mirrored(self._folder, run_id).read_bytes())
            return data if isinstance(data, dict) else {}
        except (OSError, ValueError):
            return {}

    def _note(self, run_id: str, known: dict[str, Any]) -> None:
        """Failing to costs time only."""
        file = paths.mirrored(self._folder, run_id)
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            temporary = file.with_name(f"{file.name}.{os.getpid()}.tmp")
            temporary.write_text(json.dumps(known), "utf-8")
            temporary.replace(file)


def _route(name: str) -> str:
    return f"tree/{quote(name.encode('utf-8', 'surrogateescape'), safe='/')}"


def _mark(path: Path) -> list[int] | None:
    try:
        about = path.stat()
    except OSError:
        return None
    return [about.st_mtime_ns, about.st_size]


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files below it by name, but those that are being written."""
    for where, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(where, name)
            if not name.startswith(paths.INCOMING) and path.is_file():
                yield path.relative_to(folder).as_posix(), path


def _digests(manifest: bytes) -> list[str]:
    return sorted({entry["sha256"] for entry in json.loads(manifest)["entries"] if entry["sha256"]})
