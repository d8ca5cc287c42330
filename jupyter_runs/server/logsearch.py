"""Where a text stands in a run's log, however long the log: bounded work for each call, in bytes that ranges understand."""

from __future__ import annotations

import os
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, BinaryIO

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_runs import paths
from jupyter_runs.server.base import RunsHandler
from jupyter_runs.server.requests import BadRequest, parse_flag, parse_word

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_runs.server.base import Json
    from jupyter_runs.server.stores import OpenWorkspace

#: Python and IPython begin a traceback with it, alone or behind the name of the error.
_TRACEBACK = "Traceback (most recent call last)"
_MAX_TEXT = 500
#: Bytes read at once, and in one call: some 50 ms.
_BLOCK, _BUDGET = 2**20, 32 * 2**20
#: Bytes of a line that are shown before and from a match.
_BEFORE, _FROM = 100, 300


@dataclass(frozen=True)
class Match:
    """A place, and its line (cut when it is long)."""

    offset: int
    length: int
    line: str


@dataclass(frozen=True)
class Found:
    """Matches in the order of looking; where to go on, None when all was looked at; the length of the log."""

    matches: list[Match]
    next: int | None
    size: int


class LogSearchHandler(RunsHandler):
    """Places in the log of a run."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        text, find = self.query("q"), self.query("find")
        if find is not None:
            parse_word("find", find, ("traceback",))
            text = _TRACEBACK
        if text is None or len(text) > _MAX_TEXT:
            raise BadRequest(f"Query value q: expected text of 1 to {_MAX_TEXT} characters, or find=traceback.")
        pattern = _pattern(text, exact=parse_flag("case", self.query("case")) or find is not None)
        back = parse_flag("back", self.query("back")) or find is not None
        begin = self.integer("from", -1)
        limit = self.integer("limit", 1 if find is not None else 100, 1, 1000)

        def work(workspace: OpenWorkspace) -> Json:
            # Only the id of a run that is there becomes a path.
            run = workspace.store.get_run(run_id)
            workspace.store.files.fetch(run.run_id, paths.STD_LOG)
            path = paths.run_log(workspace.folder, run.run_id)
            return asdict(search_log(path, pattern, None if begin < 0 else begin, limit, back=back))

        await self.answer(work)


@dataclass(frozen=True)
class _Pattern:
    regex: re.Pattern[bytes]
    exact: bool
    #: Bytes of the longest match.
    longest: int


def _pattern(text: str, *, exact: bool) -> _Pattern:
    """`text` as UTF-8. Without `exact`, upper and lower case are the same, in every alphabet that has them."""
    if exact:
        plain = text.encode()
        return _Pattern(re.compile(re.escape(plain)), exact, len(plain))
    pieces, longest = [], 0
    for char in text:
        # Bytes are put in lower case before the search, which does ASCII; ß has no upper case of one letter, and stays.
        forms = {one.encode() for one in {char, char.lower(), char.upper()} if len(one) == 1}
        forms = {min(form.lower() for form in forms)} if char.isascii() else forms
        pieces.append(b"(?:%s)" % b"|".join(re.escape(form) for form in sorted(forms)))
        longest += max(map(len, forms))
    return _Pattern(re.compile(b"".join(pieces)), exact, longest)


def search_log(path: Path, pattern: _Pattern, begin: int | None, limit: int, *, back: bool) -> Found:
    """At most `limit` matches that begin at `begin` or behind it; with `back` those before it, the last first.

    A file that is not there is empty.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            look = _backwards if back else _onwards
            return look(file, pattern, size if begin is None and back else min(begin or 0, size), limit, size)
    except (FileNotFoundError, NotADirectoryError):
        return Found([], None, 0)


def _onwards(file: BinaryIO, pattern: _Pattern, begin: int, limit: int, size: int) -> Found:
    matches: list[Match] = []
    at = begin
    while at < size and at - begin < _BUDGET:
        stop = min(at + _BLOCK, size)
        for match in _block(file, pattern, at, stop, size):
            matches.append(match)
            at = match.offset + 1
            if len(matches) == limit:
                return Found(matches, at if at < size else None, size)
        at = max(at, stop)
    return Found(matches, at if at < size else None, size)


def _backwards(file: BinaryIO, pattern: _Pattern, begin: int, limit: int, size: int) -> Found:
    matches: list[Match] = []
    at = begin
    while at > 0 and begin - at < _BUDGET:
        start = max(0, at - _BLOCK)
        for match in reversed(list(_block(file, pattern, start, at, size))):
            matches.append(match)
            if len(matches) == limit:
                return Found(matches, match.offset or None, size)
        at = start
    return Found(matches, at or None, size)


def _block(file: BinaryIO, pattern: _Pattern, start: int, stop: int, size: int) -> Iterator[Match]:
    """Matches that begin from `start` to `stop`; what was written since is left for the next call."""
    lead = min(_BEFORE, start)
    file.seek(start - lead)
    data = file.read(min(stop + max(pattern.longest, _FROM), size) - start + lead)
    folded, at = data if pattern.exact else data.lower(), lead
    # Those that overlap as well: it must not matter from where one begins to look.
    while (found := pattern.regex.search(folded, at)) is not None and start - lead + found.start() < stop:
        yield Match(start - lead + found.start(), found.end() - found.start(), _line(data, found.start()))
        at = found.start() + 1


def _line(data: bytes, at: int) -> str:
    """The line around a position. A character that is cut at an end is left out."""
    begin = max(data.rfind(b"\n", 0, at) + 1, at - _BEFORE)
    end = data.find(b"\n", at)
    whole = data[begin : min(len(data) if end < 0 else end, at + _FROM)]
    return whole.decode("utf-8", "ignore").rstrip("\r")
