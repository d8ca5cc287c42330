"""One journal: what a process has to say of a run, on this machine before it is on the server. An append-only file of JSON lines.

A line is in the file when `Journal.write` returns, so that `kill -9` loses nothing. `http_ship.py` sends them.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_runs.errors import StoreError

if TYPE_CHECKING:
    from jupyter_runs.errors import JupyterRunsError
    from jupyter_runs.store.base import Refused

#: Bytes of a journal in one request, about.
PIECE = 1 << 20
_FOREIGN_S = 86_400.0
#: Ends the names of journals, and of marks for runs whose files are to be sent.
SUFFIX, FILES_SUFFIX = ".jsonl", ".files"


class JournalRemoved(Exception):
    """The journal has gone."""


class Journal:
    """One file. Written by one process; read by whoever ships it."""

    def __init__(self, path: Path, run_id: str, writer: str, *, is_own: bool) -> None:
        self.path, self.run_id, self.writer, self.is_own = path, run_id, writer, is_own
        self._fd: int | None = None
        self._lock = threading.Lock()
        #: Bytes in it, and those of them that the server has.
        self.end = path.stat().st_size if path.exists() else 0
        self.sent = 0
        self.is_removed = False
        #: The server was asked how far it is.
        self.is_known = is_own
        self.refused: list[Refused] = []
        #: How many lines of `refused` somebody was told of.
        self.told = 0
        #: Why it cannot be sent at all.
        self.error: JupyterRunsError | None = None

    @property
    def is_pending(self) -> bool:
        """There is something that the server has not got and could take."""
        return self.sent < self.end or not self.is_known

    def write(self, line: bytes) -> int:
        """Append a line; where it ends.

        Raises
        ------
        StoreError : the disk is full; nothing of it is there then.
        JournalRemoved : all of it was sent, and it has gone; the line belongs into a new one.
        """
        data = line + b"\n"
        with self._lock:
            if self._is_gone():
                raise JournalRemoved
            try:
                if self._fd is None:
                    self.path.parent.mkdir(parents=True, exist_ok=True)
                    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
                    self._fd = os.open(self.path, flags, 0o600)
                done = os.write(self._fd, data)
                if done < len(data):
                    os.ftruncate(self._fd, self.end)
                    raise OSError("no space left")  # noqa: TRY301 - as the system says it when nothing fits
            except OSError as error:
                raise StoreError(
                    f"{self.path} cannot be written ({error.strerror or error}). Free some space and try again: nothing was written."
                ) from error
            self.end += done
            return self.end

    def read(self, start: int, limit: int = PIECE) -> bytes:
        """Whole lines from there on: about `limit` bytes, one line at least."""
        with self.path.open("rb") as file:
            file.seek(start)
            data = file.read(limit)
            cut = data.rfind(b"\n") + 1
            return data[:cut] if cut else data + file.readline()

    def refusal(self, end: int) -> Refused | None:
        """Why the line that ends there was not taken."""
        return next((one for one in self.refused if one.first <= end <= one.last), None)

    def close(self) -> None:
        with self._lock:
            if self._fd is not None:
                fd, self._fd = self._fd, None
                os.close(fd)

    def _is_gone(self) -> bool:
        """Removed by us, or, with all of it sent, by another process that took us for dead."""
        return self.is_removed or (self._fd is not None and os.name != "nt" and os.fstat(self._fd).st_nlink == 0)

    def remove(self) -> bool:
        """Whether all of it is on the server, and it is gone here. Lines that were refused stay, under another name."""
        with self._lock:
            if self.is_pending:
                return False
            self.is_removed = True
            if self._fd is not None:
                fd, self._fd = self._fd, None
                os.close(fd)
            with suppress(OSError):
                if self.refused:
                    self.path.replace(self.path.with_suffix(".refused"))
                else:
                    self.path.unlink()
            return True


def left_behind(folder: Path, suffix: str) -> list[tuple[Path, str, str]]:
    """Files of processes that have gone, `RUN_ID.` + `new_writer()` + suffix: path, run and writer.

    Of another machine, with which this user shares the folder, nobody knows which processes are there: what nobody has touched for a day.
    """
    import psutil

    found = []
    for path in sorted(folder.glob(f"*{suffix}")):
        run_id, _, writer = path.name.removesuffix(suffix).rpartition(".")
        machine, _, rest = writer.partition("-")
        pid = rest.partition("-")[0]
        with suppress(OSError):
            is_left = (
                pid.isdecimal() and not psutil.pid_exists(int(pid))
                if machine == _machine()
                else path.stat().st_mtime < time.time() - _FOREIGN_S
            )
            if is_left:
                found.append((path, run_id, writer))
    return found


def new_writer() -> str:
    """A name that tells the process which writes: machine, pid, and something random."""
    return f"{_machine()}-{os.getpid()}-{uuid.uuid4().hex[:12]}"


@lru_cache(maxsize=1)
def _machine() -> str:
    """Where pids mean what they mean here: containers share host names, not pids."""
    try:
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        space = ""
    return sha256(f"{socket.gethostname()} {space}".encode()).hexdigest()[:8]
