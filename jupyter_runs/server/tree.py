"""The files of a workspace for other machines: those of runs, registered models, snapshots. Behind `store/http_files.py`.

    runs/RUN_ID/NAME              a file of a run; its log is only ever appended to
    models/NAME/VERSION/…         files of a registered model
    snapshots/blobs/ab/cdef…      a content by its sha256: what is put there is what its name says
    exchange/RANDOM.zip           an experiment on its way in or out; gone an hour later
    snapshots/manifests/ID.json   what is in a snapshot; taken when all that it names is there

A file is sent in pieces, each with its offset, and appears when it is whole. The token of a run is good for the files of the runs that it
covers, and for snapshots, whose names nobody can guess.
"""

from __future__ import annotations

import re
import shutil
import threading
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from jupyter_runs import artifacts, names, paths, source, source_blobs
from jupyter_runs.errors import ArtifactNotFound, InvalidName, JournalGap, SnapshotException, StoreError, show
from jupyter_runs.server.access import RemoteHandler, allow_unauthenticated
from jupyter_runs.server.base import dumps
from jupyter_runs.server.files import MAX_FILES
from jupyter_runs.server.requests import TREE_FIELDS, BadRequest, parse_body, parse_flag

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_runs.server.base import Json
    from jupyter_runs.server.stores import OpenWorkspace

_MOST = 8 << 20
_UPLOAD = re.compile(r"[0-9a-f]{32}")
_BLOB = re.compile(r"snapshots/blobs/([0-9a-f]{2})/([0-9a-f]{62})")
_MANIFEST = re.compile(r"snapshots/manifests/([0-9a-f]{32})\.json")
_EXCHANGE = re.compile(r"exchange/[0-9a-f]{32}\.zip")
_MODEL = re.compile(r"models/([A-Za-z0-9][A-Za-z0-9_.-]{0,254})/([1-9][0-9]{0,17})(?:/(.+))?")
#: Pieces of one file may come twice at once, when an answer was lost.
_writing = threading.Lock()


class TreesHandler(RemoteHandler):
    """What is missing of many files."""

    @allow_unauthenticated
    async def post(self) -> None:
        await self.admit("write")
        wanted = parse_body(self.request.body, TREE_FIELDS).get("paths", [])
        for name in wanted:
            if not (_BLOB.fullmatch(name) or _MANIFEST.fullmatch(name)):
                raise BadRequest(f"{show(name)} is no file of a snapshot. Only those are told.")

        def work(workspace: OpenWorkspace) -> str:
            folder = paths.snapshots(workspace.folder)
            missing = [
                name for name in wanted if not source_blobs.there(folder, workspace.folder.joinpath(*name.split("/")))
            ]
            return dumps({"missing": missing})

        self.finish(await self.stores.write(self.workspace, work))


class TreeHandler(RemoteHandler):
    """One file, or the names of those in a folder."""

    @allow_unauthenticated
    async def get(self, path: str) -> None:
        await self.admit("read")
        if parse_flag("list", self.query("list")):
            await self.answer(lambda workspace: {"files": list(self._listed(workspace, path))})
            return
        start, tail = self.integer("from", 0, 0, 2**62), self.integer("tail", 0, 0, _MOST)
        limit = self.integer("limit", _MOST, 1, _MOST)

        def work(workspace: OpenWorkspace) -> tuple[bytes, os.stat_result]:
            file = self._find(workspace, path)
            try:
                with file.open("rb") as data:
                    about = file.stat()
                    data.seek(max(0, about.st_size - tail) if tail else start)
                    return data.read(min(limit, tail) if tail else limit), about
            except OSError as error:
                raise ArtifactNotFound(f"{show(path)} cannot be read ({error.strerror}).") from None

        data, about = await self.stores.read(self.workspace, work)
        self.set_header("ETag", _tag(about))
        self.set_header("X-Size", str(about.st_size))
        self.finish(data, set_content_type="application/octet-stream")

    @allow_unauthenticated
    async def put(self, path: str) -> None:
        await self.admit("write")
        start, data = self.offset(), self.request.body
        is_log = re.fullmatch(rf"runs/[^/]+/{re.escape(paths.STD_LOG)}", path) is not None
        upload, size = self.request.headers.get("X-Upload", ""), self.request.headers.get("X-Size", "")
        if not is_log and not (_UPLOAD.fullmatch(upload) and size.isascii() and size.isdecimal() and len(size) < 19):
            raise BadRequest("The headers X-Upload (32 hexadecimal digits) and X-Size (bytes) are missing.")

        def work(workspace: OpenWorkspace) -> str:
            target = self._place(workspace, path)
            try:
                with _writing:
                    if is_log:
                        return dumps({"end": _append(target, start, data)})
                    return dumps(
                        _receive(
                            workspace, path, target, target.with_name(paths.INCOMING + upload), start, int(size), data
                        )
                    )
            except OSError as error:
                raise StoreError(
                    f"{show(path)} cannot be written ({error.strerror or error}). Make room on the server."
                ) from error

        self.finish(await self.stores.write(self.workspace, work))

    @allow_unauthenticated
    async def delete(self, path: str) -> None:
        await self.admit("write")

        def work(workspace: OpenWorkspace) -> str:
            model = _MODEL.fullmatch(path)
            if self.scope is not None:
                raise self.refusal(show(path))
            if model is None or model[3] is not None:
                raise BadRequest(f"{show(path)} cannot be removed: only models/NAME/VERSION.")
            from jupyter_runs import model_registry

            folder = workspace.folder / path
            if folder.is_dir():
                # The folder stays, so that its number is not given out again.
                (folder / model_registry.DELETED).touch()
                for one in folder.iterdir():
                    if one.is_dir():
                        shutil.rmtree(one, ignore_errors=True)
                    elif one.name != model_registry.DELETED:
                        one.unlink(missing_ok=True)
            return dumps({})

        self.finish(await self.stores.write(self.workspace, work))

    # -- names -----------------------------------------------------------------------------------------------------------

    def _run(self, workspace: OpenWorkspace, path: str) -> tuple[str, str] | None:
        """Run and name of a file of a run that is there, and that the client may see."""
        top, _, rest = path.partition("/")
        if top != "runs":
            return None
        run_id, _, name = rest.partition("/")
        self.must_cover(workspace, run_id)
        return workspace.store.get_run(names.run_id(run_id)).run_id, name

    def _find(self, workspace: OpenWorkspace, path: str) -> Path:
        """A file that is there; raises `ArtifactNotFound`."""
        try:
            if (found := self._run(workspace, path)) is not None:
                workspace.store.files.fetch(found[0], found[1])
                return artifacts.find(workspace.folder, found[0], found[1], working=True).path
            file = self._other(workspace, path)
        except InvalidName as error:
            raise ArtifactNotFound(str(error)) from None
        if path.startswith("snapshots/"):
            source_blobs.there(paths.snapshots(workspace.folder), file)
        if not file.is_file():
            raise ArtifactNotFound(f"There is no file {show(path)} in this workspace.")
        return file

    def _place(self, workspace: OpenWorkspace, path: str) -> Path:
        """Where a file is to be; raises `InvalidName` for what has no place in a workspace."""
        if (found := self._run(workspace, path)) is not None:
            return artifacts.place(paths.run_folder(workspace.folder, found[0]), found[1])
        return self._other(workspace, path)

    def _other(self, workspace: OpenWorkspace, path: str) -> Path:
        model = _MODEL.fullmatch(path)
        if model is not None and self.scope is not None:
            raise self.refusal("models")
        if model is not None and model[3] is not None:
            return artifacts.place(workspace.folder / "models" / model[1] / model[2], model[3])
        if _EXCHANGE.fullmatch(path) and self.scope is not None:
            raise self.refusal("whole experiments")
        if _BLOB.fullmatch(path) or _MANIFEST.fullmatch(path) or _EXCHANGE.fullmatch(path):
            return workspace.folder.joinpath(*path.split("/"))
        raise InvalidName(f"{show(path)} has no place in a workspace: runs/…, models/…, snapshots/….")

    def _listed(self, workspace: OpenWorkspace, path: str) -> Iterator[Json]:
        if (found := self._run(workspace, path)) is not None:
            workspace.store.files.fetch(found[0])
            there = artifacts.files(workspace.folder, found[0], working=True)
        elif (model := _MODEL.fullmatch(path)) is not None and model[3] is None and self.scope is None:
            there = {name: file for name, file, _ in artifacts.walk(workspace.folder / path)}
        else:
            raise BadRequest(f"{show(path)} cannot be listed: only runs/RUN_ID and models/NAME/VERSION.")
        for name, file in list(there.items())[:MAX_FILES]:
            with suppress(OSError, UnicodeEncodeError):
                about = file.stat()
                name.encode()  # a name that is no UTF-8 cannot be told
                yield {"name": name, "size": about.st_size, "tag": _tag(about)}


def _tag(about: os.stat_result) -> str:
    return f'"{about.st_mtime_ns:x}-{about.st_size:x}"'


def _append(target: Path, start: int, data: bytes) -> int:
    """Bytes of the log from `start` on; those that are there already are left out. How many are there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("ab") as out:
        there = out.seek(0, 2)
        if start > there:
            raise JournalGap(there)
        out.write(data[there - start :])
        return max(there, start + len(data))


def _receive(
    workspace: OpenWorkspace, path: str, target: Path, temporary: Path, start: int, size: int, data: bytes
) -> dict[str, Any]:
    """A piece of a file: how much of it is there, and once it is whole its tag."""
    end = _append(temporary, start, data)
    if end < size:
        return {"end": end}
    try:
        if end > size:
            raise BadRequest(f"{show(path)} has more bytes than it was said to have. Send it again.")
        _check(workspace, path, temporary)
        artifacts._replace(temporary, target)
    finally:
        with suppress(OSError):
            temporary.unlink()
    return {"end": end, "tag": _tag(target.stat())}


def _check(workspace: OpenWorkspace, path: str, temporary: Path) -> None:
    """What is named by its content has that content."""
    if (blob := _BLOB.fullmatch(path)) is not None:
        digest = sha256()
        with temporary.open("rb") as data:
            while piece := data.read(1 << 20):
                digest.update(piece)
        if digest.hexdigest() != blob[1] + blob[2]:
            raise BadRequest(f"{show(path)} came damaged. Send it again.")
    elif (manifest := _MANIFEST.fullmatch(path)) is not None:
        try:
            entries = source._parse(temporary.read_bytes(), manifest[1])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadRequest(f"{show(path)} is not the list of a snapshot.") from error
        folder = paths.snapshots(workspace.folder)
        if missing := [
            e for e in entries if e.sha256 and not source_blobs.there(folder, source_blobs.blob(folder, e.sha256))
        ]:
            raise SnapshotException(f"The content of {show(missing[0].path)} is missing on the server. Send it first.")


_API = r"/jupyter-runs/api"
HANDLERS: list[tuple[str, type[RemoteHandler]]] = [
    (rf"{_API}/tree", TreesHandler),
    (rf"{_API}/tree/(?P<path>.+)", TreeHandler),
]
