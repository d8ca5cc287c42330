"""A range of a run's log as text, without ever cutting a character in two."""

from __future__ import annotations

import codecs
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: UTF-8 needs at most so many bytes for a character; a range is never shorter.
_LONGEST = 4


@dataclass(frozen=True)
class LogRange:
    """Text, where it lies in the file, and where to go on (bytes)."""

    text: str
    offset: int
    next: int
    size: int


def read_range(path: Path, offset: int, limit: int, *, is_complete: bool) -> LogRange:
    """At most `limit` bytes from `offset` (negative: from the end) as text; broken sequences become U+FFFD.

    A character whose last bytes are not read, or not written yet, is left for the next call, unless the file
    `is_complete` and ends there. A file that is not there is empty.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            start = min(offset, size) if offset >= 0 else max(0, size + offset)
            file.seek(start)
            data = file.read(max(limit, _LONGEST))
    except (FileNotFoundError, NotADirectoryError):
        return LogRange("", 0, 0, 0)
    if offset < 0 < start:
        skipped = _continuation_bytes(data)
        data, start = data[skipped:], start + skipped
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    at_end = start + len(data) >= size
    text = decoder.decode(data, final=is_complete and at_end)
    pending = len(decoder.getstate()[0])
    end = start + len(data) - pending
    return LogRange(text, start, end, max(size, end))


def _continuation_bytes(data: bytes) -> int:
    """How many bytes at the beginning belong to a character that began before."""
    count = 0
    while count < min(len(data), _LONGEST - 1) and data[count] & 0b1100_0000 == 0b1000_0000:
        count += 1
    return count
