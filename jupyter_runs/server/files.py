"""Files of a run, and the source that it was made of: lists, and contents that no browser takes for a page.

What a run has written may be anything, also a page that is meant to do harm with the reader's rights. So only pictures made of dots and
plain text are shown; all else is a download, and whatever is opened after all has no scripts and no origin.
"""

from __future__ import annotations

import os
import re
from email.utils import formatdate, parsedate_to_datetime
from hashlib import sha256
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote

from jupyter_server.auth.decorator import authorized
from tornado import web
from tornado.iostream import StreamClosedError

from jupyter_runs import artifacts, paths, provenance, source, source_blobs
from jupyter_runs.errors import ArtifactNotFound, InvalidName, show
from jupyter_runs.server.base import RunsHandler
from jupyter_runs.server.gitsource import text_at_commit
from jupyter_runs.server.requests import BadRequest, NoSource, RangeMissed, TooLong, parse_flag
from jupyter_runs.source_walk import DIRECTORY

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_runs.server.base import Json
    from jupyter_runs.server.stores import OpenWorkspace
    from jupyter_runs.source_blobs import Entry

MAX_FILES = 5000
#: A source file is shown up to this size (bytes).
MAX_SOURCE = 1 << 20
#: Files are read and sent in pieces of this size (bytes).
PIECE = 1 << 18
#: No script, no form, no origin, nothing from elsewhere.
POLICY = "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'"
_TEXT = "text/plain; charset=utf-8"
_PICTURES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}
#: Shown as text.
_TEXTS = ("txt", "csv", "tsv", "json", "jsonl", "log", "md", "py", "yaml", "yml", "toml", "ini", "cfg")
#: Text that a browser would run: never shown, and never called what it is.
_PAGES = ("html", "htm", "xhtml", "svg", "xml", "js", "mjs", "css")
#: Of the first or last bytes, e.g. `bytes=0-99`, `bytes=100-`, `bytes=-100`. Several ranges are answered with the whole.
_RANGE = re.compile(r"bytes\s*=\s*([0-9]{1,18})?\s*-\s*([0-9]{1,18})?\s*", re.ASCII)


class FilesHandler(RunsHandler):
    """The files of a run."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        def work(workspace: OpenWorkspace) -> Json:
            run = workspace.store.get_run(run_id)
            workspace.store.files.fetch(run.run_id)
            there = artifacts.files(workspace.folder, run.run_id, working=True)
            return {"files": _listed(there), "total": len(there)}

        await self.answer(work)


class FileHandler(RunsHandler):
    """One file of a run, in pieces."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str, name: str) -> None:
        is_inline = parse_flag("inline", self.query("inline"))

        def work(workspace: OpenWorkspace) -> tuple[IO[bytes], os.stat_result]:
            run = workspace.store.get_run(run_id)
            workspace.store.files.fetch(run.run_id, name)
            return _open(workspace.folder, run.run_id, name, working=True)

        file, about = await self.stores.read(self.workspace, work)
        with file:
            await self._send(file, about, name, is_inline=is_inline)

    async def _send(self, file: IO[bytes], about: os.stat_result, name: str, *, is_inline: bool) -> None:
        kind, may_show = content_type(name)
        tag = f'"{about.st_mtime_ns:x}-{about.st_size:x}"'
        self.set_header("ETag", tag)
        self.set_header("Last-Modified", formatdate(about.st_mtime, usegmt=True))
        self.set_header("Accept-Ranges", "bytes")
        self.set_header("Cache-Control", "private, no-cache")
        if self._is_known(tag, about.st_mtime):
            self.set_status(304)
            self.finish()
            return
        part = self._part(tag, about.st_size)
        start, end = part or (0, about.st_size)
        if part is not None:
            self.set_status(206)
            self.set_header("Content-Range", f"bytes {start}-{end - 1}/{about.st_size}")
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Disposition", disposition(name, inline=is_inline and may_show))
        self.set_header("Content-Type", kind)
        self.set_header("Content-Length", str(end - start))
        file.seek(start)
        left = end - start
        try:
            while left:
                piece = await self.stores.blocking(lambda: file.read(min(PIECE, left)))  # noqa: B023 - called at once
                if not piece:
                    # It was cut meanwhile. The only way left to say so: the connection ends before the promised length.
                    self.detach().close()
                    return
                left -= len(piece)
                self.write(piece)
                # Waits until the client has taken it: a large file is never in memory.
                await self.flush()
        except StreamClosedError:  # the reader has gone away
            return
        self.finish(set_content_type=kind)

    def _is_known(self, tag: str, modified_at: float) -> bool:
        """Whether the client has this very file already."""
        headers = self.request.headers
        if (tags := headers.get("If-None-Match")) is not None:
            return tags.strip() == "*" or tag in re.findall(r'"[^"]*"', tags)
        since = _instant(headers.get("If-Modified-Since"))
        return since is not None and int(modified_at) <= since

    def _part(self, tag: str, size: int) -> tuple[int, int] | None:
        """First byte, and the one after the last, of the range that is asked for; None for the whole."""
        headers = self.request.headers
        match = _RANGE.fullmatch(headers.get("Range", "").strip())
        if match is None or not any(match.groups()) or headers.get("If-Range", tag).strip() != tag:
            return None
        first, last = match.groups()
        if first is None:
            start, end = max(0, size - int(last)), size
        else:
            start, end = int(first), size if last is None else min(size, int(last) + 1)
        if first is not None and last is not None and int(last) < int(first):
            return None  # no range at all
        if start >= end:
            raise RangeMissed(size)
        return start, end

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A range that is not there comes with the size that is."""
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, RangeMissed):
            self.set_header("Content-Range", f"bytes */{error.size}")
        super().write_error(status_code, **kwargs)


class SourceHandler(RunsHandler):
    """What is in the snapshot of a run's source."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        def work(workspace: OpenWorkspace) -> Json:
            snapshot_id = _snapshot_of(workspace, run_id)
            entries = [] if snapshot_id is None else _entries(workspace, snapshot_id)
            return {"snapshot_id": snapshot_id, "files": [{"path": e.path, "size": e.size} for e in entries]}

        await self.answer(work)


class SourceFileHandler(RunsHandler):
    """One file of the source, as text."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str, path: str) -> None:
        at = self.query("at")
        if at not in {None, "git"}:
            raise BadRequest(f"Query value at={show(at or '')}: expected git, or leave it out.")
        text = await (self._in_git(run_id, path) if at else self._kept(run_id, path))
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(text, set_content_type=_TEXT)

    async def _in_git(self, run_id: str, path: str) -> str:
        """As the repository has it at the recorded commit."""
        run, job = await self.stores.read(
            self.workspace, lambda workspace: (workspace.store.get_run(run_id), workspace.store.job(run_id))
        )
        return await self.stores.blocking(lambda: text_at_commit(run, job, path))

    async def _kept(self, run_id: str, path: str) -> str:
        """As it was when the run began."""

        def work(workspace: OpenWorkspace) -> str:
            snapshot_id = _snapshot_of(workspace, run_id)
            if snapshot_id is None:
                raise NoSource(f"Run {run_id} has no snapshot of its source. `run.take_snapshot(folder)` makes one.")
            entry = next((e for e in _entries(workspace, snapshot_id) if e.path == path), None)
            if entry is None:
                raise NoSource(
                    f"There is no file {show(path)} in the source of run {run_id}. `/runs/{run_id}/source` lists those that are."
                )
            return _content(workspace, run_id, entry)

        return await self.stores.read(self.workspace, work)


def content_type(name: str) -> tuple[str, bool]:
    """What to call a file, and whether it may be shown and not only downloaded."""
    ending = name.rpartition("/")[2].rpartition(".")[2].lower()
    if ending in _PICTURES:
        return _PICTURES[ending], True
    if ending in _TEXTS:
        return _TEXT, True
    return (_TEXT if ending in _PAGES else "application/octet-stream"), False


def disposition(name: str, *, inline: bool) -> str:
    """The header that names a file, whatever is in its name."""
    last = name.rpartition("/")[2]
    plain = re.sub(r'[^\x20-\x7e]|["\\%]', "_", last)
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(last, safe='')}"


def _listed(there: dict[str, Path]) -> list[Json]:
    found: list[Json] = []
    for name, path in there.items():
        if len(found) == MAX_FILES:
            break
        try:
            about = path.stat()
        except OSError:  # gone meanwhile
            continue
        # A name that is no UTF-8 (Linux allows any bytes) is shown with U+FFFD: JSON has no other way.
        shown = os.fsencode(name).decode("utf-8", "replace")
        found.append({"name": shown, "size": about.st_size, "modified_at": about.st_mtime})
    return found


def _open(folder: Path, run_id: str, name: str, *, working: bool) -> tuple[IO[bytes], os.stat_result]:
    """The file, open, and what it is; a name that leads out of the run is one that is not there."""
    try:
        found = artifacts.find(folder, run_id, name, working=working)
        file = found.path.open("rb")
    except InvalidName as error:
        raise ArtifactNotFound(str(error)) from None
    except OSError as error:
        raise ArtifactNotFound(f"The file {show(name)} of run {run_id} cannot be read ({error.strerror}).") from None
    return file, os.fstat(file.fileno())


def _instant(text: str | None) -> float | None:
    try:
        return None if text is None else parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


def _snapshot_of(workspace: OpenWorkspace, run_id: str) -> str | None:
    properties = workspace.store.get_run(run_id).properties
    return properties.get(provenance.TAKEN) or properties.get(provenance.SNAPSHOT)


def _entries(workspace: OpenWorkspace, snapshot_id: str) -> list[Entry]:
    """Files and links of a snapshot."""
    workspace.store.files.fetch_snapshot(snapshot_id)
    if not source.exists(workspace.folder, snapshot_id):
        raise NoSource(f"The snapshot {show(snapshot_id)} is not in the workspace {workspace.folder}: it was removed.")
    return [entry for entry in source.manifest(workspace.folder, snapshot_id) if entry.mode != DIRECTORY]


def _content(workspace: OpenWorkspace, run_id: str, entry: Entry) -> str:
    """The content that was kept; of a link, where it leads."""
    if entry.size > MAX_SOURCE:
        raise TooLong(
            f"{show(entry.path)} has {entry.size:,} bytes; up to {MAX_SOURCE:,} are shown. "
            f"`jupyter_runs`: get_run({run_id!r}).restore_snapshot() writes the whole source."
        )
    folder = paths.snapshots(workspace.folder)
    kept = source_blobs.blob(folder, entry.sha256)
    data = kept.read_bytes() if source_blobs.there(folder, kept) else b""
    if sha256(data).hexdigest() != entry.sha256:
        raise NoSource(
            f"The content of {show(entry.path)} is missing or damaged in {folder}. Put it back from a backup."
        )
    return data.decode("utf-8", "replace")
