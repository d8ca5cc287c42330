"""stdout and stderr of this process, kept in a run's log as well as shown.

The stream's own `write` is wrapped instead of replacing sys.stdout: loggers that hold the stream, output of C code and of `!commands`
(which Jupyter routes through the same object), and nested captures all stay right. Bytes go to the file at once: `kill -9` loses none.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from jupyter_runs import gate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Tee:
    """While open, what is written to stdout and stderr is appended to `path` too."""

    def __init__(self, path: Path, on_bytes: Callable[[int], None]) -> None:
        self._path = path
        self._on_bytes = on_bytes
        self._fd: int | None = None
        self._wrapped: list[tuple[Any, Any]] = []

    def open(self) -> None:
        """Begin; again is harmless."""
        if self._wrapped:
            return
        for stream in {id(s): s for s in (sys.stdout, sys.stderr) if s is not None}.values():
            self._wrap(stream)

    def _wrap(self, stream: Any) -> None:
        inner = stream.write

        def write(text: Any) -> Any:
            written = inner(text)
            self._append(text)
            gate.checkpoint()
            return written

        try:
            stream.write = write
        except AttributeError:  # a stream that takes no attributes keeps its output to itself
            return
        self._wrapped.append((stream, write))

    def _append(self, text: Any) -> None:
        if not self._wrapped:
            return  # a later wrapper still calls us, but this run has ended
        data = text if isinstance(text, bytes) else str(text).encode("utf-8", "backslashreplace")
        try:
            if self._fd is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._fd = os.open(
                    self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666
                )
            os.write(self._fd, data)
        except OSError:
            return  # a full disk must not break the user's print
        self._on_bytes(len(data))

    def close(self) -> None:
        """End; the file is closed and the streams are as they were, unless somebody has wrapped them again."""
        for stream, ours in self._wrapped:
            if stream.__dict__.get("write") is ours:
                del stream.write
        self._wrapped = []
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
