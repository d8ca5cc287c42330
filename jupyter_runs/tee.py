"""stdout and stderr of this process, kept in the logs of runs as well as shown.

The stream's own `write` is wrapped, once, instead of replacing sys.stdout: loggers that hold the stream, output of C code and
of `!commands` (which Jupyter routes through the same object), and nested captures all stay right. Bytes go to the file at
once: `kill -9` loses none.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from jupyter_runs import gate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Held while a file is written, opened or closed: other threads print, too. Reentrant, because a signal handler may print.
_lock = threading.RLock()
#: Tees that are open, outermost run first; every one gets everything.
_open: list[Tee] = []
#: Streams whose `write` is ours, with that function and the one that it was put over (None: the class's own).
_wrapped: list[tuple[Any, Any, Any]] = []


class Tee:
    """While open, what is written to stdout and stderr is appended to the file `path()` too."""

    def __init__(self, path: Callable[[], Path], on_bytes: Callable[[int], None]) -> None:
        self._path = path
        self._on_bytes = on_bytes
        self._fd: int | None = None

    def open(self) -> None:
        """Begin; again is harmless."""
        with _lock:
            if self not in _open:
                _open.append(self)
        for stream in (sys.stdout, sys.stderr):
            _wrap(stream)

    def append(self, data: bytes) -> None:
        """Write to the file. A full disk must not break the user's print."""
        with _lock:
            if self in _open and self._write(data):
                self._on_bytes(len(data))

    def _write(self, data: bytes) -> bool:
        try:
            if self._fd is None:
                file = self._path()
                file.parent.mkdir(parents=True, exist_ok=True)
                flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
                self._fd = os.open(file, flags, 0o666)
            os.write(self._fd, data)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """End; with the last one the streams are as they were."""
        with _lock:
            if self in _open:
                _open.remove(self)
            if self._fd is not None:
                fd, self._fd = self._fd, None
                os.close(fd)
        if not _open:
            _unwrap()


def reset() -> None:
    """In a forked child the lock may be held by a thread that is not there; what the child prints still goes to the log."""
    global _lock  # noqa: PLW0603
    _lock = threading.RLock()


def _wrap(stream: Any) -> None:
    if stream is None or any(known is stream for known, _, _ in _wrapped):
        return
    inner = stream.write
    before = getattr(stream, "__dict__", {}).get("write")

    def write(text: Any) -> Any:
        written = inner(text)
        if _open:
            data = text if isinstance(text, bytes) else str(text).encode("utf-8", "backslashreplace")
            for tee in tuple(_open):
                tee.append(data)
            gate.checkpoint()
        return written

    try:
        stream.write = write
    except AttributeError:  # a stream that takes no attributes keeps its output to itself
        return
    _wrapped.append((stream, write, before))


def _unwrap() -> None:
    """Take our `write` away where it is on top; where somebody has wrapped it again it stays, and is used again."""
    for stream, ours, before in tuple(_wrapped):
        if getattr(stream, "__dict__", {}).get("write") is ours:
            if before is None:
                del stream.write
            else:
                stream.write = before
            _wrapped.remove((stream, ours, before))
