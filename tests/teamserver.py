"""A real Jupyter server in a process of its own, which may be killed and started again on the same port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress

from ports import free_port

TOKEN = "fulltoken"


def until(condition, seconds=60.0):
    """Ask until the answer is true, and return it."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "this never came true"
        time.sleep(0.02)
    return value


class TeamServer:
    """`start`, `kill` (-9), `stop`, as often as wanted."""

    def __init__(self, folder, base_url="/", host="127.0.0.1", prefix=(), **environment):
        self.folder, self.base_url, self.host, self.prefix = folder, base_url, host, list(prefix)
        self.port = free_port()
        self.environment = environment
        self.process = None

    @property
    def url(self):
        return f"http://{self.host}:{self.port}{self.base_url}"

    @property
    def address(self):
        return f"{self.url}?token={TOKEN}"

    def command(self):
        return [
            *(sys.executable, "-m", "jupyter_server", f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0"),
            *(
                f"--ServerApp.ip={self.host}",
                f"--ServerApp.base_url={self.base_url}",
                f"--IdentityProvider.token={TOKEN}",
            ),
            *("--ServerApp.jpserver_extensions={'jupyter_runs': True}", "--ServerApp.allow_remote_access=True"),
            *("--ServerApp.open_browser=False", "--allow-root", "--ServerApp.log_level=WARN"),
        ]

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {
            "JUPYTER_RUNS_WORKSPACE": str(self.folder / "ws"),
            "JUPYTER_RUNS_HOME": str(self.folder / "home"),
            "JUPYTER_RUNTIME_DIR": str(self.folder / "runtime"),
            "JUPYTER_CONFIG_DIR": str(self.folder / "config"),
            **self.environment,
        }
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, *self.command()], env=environment, cwd=self.folder, stdout=log, stderr=log
            )
        self.wait()
        return self

    def wait(self):
        until = time.monotonic() + 60
        while not self.answers():
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < until, self.log()
            time.sleep(0.05)

    def answers(self):
        with suppress(OSError), socket.create_connection((self.host, self.port), 1):
            request = urllib.request.Request(
                f"{self.url}jupyter-runs/api/hello", headers={"Authorization": f"token {TOKEN}"}
            )
            with urllib.request.urlopen(request, timeout=5):
                return True
        return False

    def log(self):
        return (self.folder / "log").read_text("utf-8", "replace")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
