"""A real Jupyter server, in a home of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator


def wait_until(holds: Callable[[], Any], what: str, timeout: float = 10.0) -> Any:
    """Ask until the answer is true, and return it."""
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while not (answer := holds()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"After {timeout} s still not so: {what}")
        pause.wait(0.05)
    return answer


class Server:
    """`jupyter lab` on a free port, in a home of its own, with a workspace of its own.

    Parameters
    ----------
    base
        An empty directory that it may fill: home, settings, notebooks (`root`) and the runs (`workspace`).
    extra
        More arguments for the server.
    store
        The address of a workspace elsewhere, instead of one of its own.
    """

    def __init__(self, base: Path, *extra: str, store: str | None = None) -> None:
        self.token = "a-token-for-tests"
        self.root = base / "notebooks"
        self.workspace = base / "workspace"
        self.log = base / "server.log"
        home = base / "home"
        places = {
            "HOME": home,
            "IPYTHONDIR": home / "ipython",
            "JUPYTER_CONFIG_DIR": home / "config",
            "JUPYTER_DATA_DIR": home / "data",
            "JUPYTER_RUNTIME_DIR": home / "runtime",
            "JUPYTERLAB_SETTINGS_DIR": home / "settings",
            "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
            "JUPYTER_RUNS_WORKSPACE": self.workspace,
        }
        for place in (self.root, *places.values()):
            place.mkdir(parents=True, exist_ok=True)
        self._settings = home / "settings"
        # No popup that asks whether to fetch news.
        self.setting("@jupyterlab/apputils-extension", "notification", {"fetchNews": "false", "checkForUpdates": False})
        # At each page JupyterLab asks whether it should be built again, which takes Node a second of a processor.
        self._page = home / "config" / "labconfig" / "page_config.json"
        self.page_config(buildCheck=False)

        self.environment = {**os.environ, **{name: str(place) for name, place in places.items()}}
        if store is not None:
            self.environment["JUPYTER_RUNS_WORKSPACE"] = store
        #: Of the environment whose JupyterLab is tested.
        self.interpreter = os.environ.get("UI_LAB", sys.executable)
        self.environment["PATH"] = f"{Path(self.interpreter).parent}{os.pathsep}{os.environ['PATH']}"
        for name in ("JUPYTER_PATH", "JUPYTER_TOKEN", "JUPYTER_CONFIG_PATH"):
            self.environment.pop(name, None)
        if python := os.environ.get("UI_KERNEL"):
            self.environment["JUPYTER_PATH"] = str(_kernelspec(home / "kernels", python))
        self._extra = extra
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()
        return self

    def start(self) -> None:
        """Start it, or start it again after `kill`."""
        command = [
            *(self.interpreter, "-m", "jupyterlab", "--no-browser", "--allow-root"),
            *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0"),
            *(f"--IdentityProvider.token={self.token}", f"--ServerApp.root_dir={self.root}"),
            # So that a page can be asked whether its kernel is connected: keys sent before that are lost.
            *("--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True"),
            *self._extra,
        ]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                cwd=self.root,
                start_new_session=True,
            )
        try:
            wait_until(self._answers, "the server answers", timeout=60)
        except TimeoutError:
            self.__exit__()
            raise

    def kill(self) -> None:
        """End it as a crash would."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def __exit__(self, *_: object) -> None:
        process = self._process
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(f"The server ended:\n{self.log.read_text()}")
        with suppress(OSError):
            self.api("/api/status")
            return True
        return False

    def api(self, path: str, method: str = "GET", body: object = None) -> Any:
        """Ask the server's REST API; returns what it answers."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def python(self, code: str) -> Any:
        """Run Python code that uses the runs of this server; returns the JSON that it printed."""
        done = subprocess.run(self._command(code), env=self.environment, check=True, capture_output=True, timeout=60)
        return json.loads(done.stdout or "null")

    @contextmanager
    def program(self, code: str) -> Iterator[subprocess.Popen[bytes]]:
        """Python code that uses the runs of this server and goes on meanwhile; ended with the block."""
        with subprocess.Popen(self._command(code), env=self.environment, stdin=subprocess.DEVNULL) as running:
            try:
                yield running
            finally:
                running.kill()

    def _command(self, code: str) -> list[str]:
        return [self.interpreter, "-c", textwrap.dedent(code)]

    def setting(self, extension: str, plugin: str, value: dict[str, Any]) -> None:
        """Write a user setting, as the settings editor would; pages opened later have it."""
        place = self._settings / extension / f"{plugin}.jupyterlab-settings"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(value))

    def page_config(self, **values: Any) -> None:
        """Add to what every page of JupyterLab is told."""
        self._page.parent.mkdir(exist_ok=True)
        kept = json.loads(self._page.read_text()) if self._page.exists() else {}
        self._page.write_text(json.dumps({**kept, **values}))

    def write_notebook(self, name: str, *cells: str) -> None:
        """Write a notebook of code cells."""
        content = {
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"cell-{number}",
                    "metadata": {},
                    "execution_count": None,
                    "outputs": [],
                    "source": source,
                }
                for number, source in enumerate(cells)
            ],
            "metadata": {
                "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
                "language_info": {"name": "python"},
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (self.root / name).write_text(json.dumps(content))

    def read_notebook(self, name: str) -> dict[str, Any]:
        """Read what the last save of a notebook wrote."""
        content: dict[str, Any] = json.loads((self.root / name).read_text())
        return content

    def shutdown_kernels(self, notebooks: Collection[str]) -> None:
        """Shut down the kernels of some notebooks."""
        for session in self.api("/api/sessions"):
            if session["path"] in notebooks:
                self.api(f"/api/sessions/{session['id']}", "DELETE")


def _kernelspec(place: Path, python: str) -> Path:
    """Make "Python 3" another interpreter, with another ipykernel; returns a place to look for it."""
    spec = place / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": "Python 3 (ipykernel)", "language": "python"}))
    return place


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
