"""A real Ray: a head that only manages, and one node that runs the jobs. Ray is installed elsewhere (CLUSTER_RAY names its `bin`)."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any

import psutil
import requests

from scripts import WITH_US

if TYPE_CHECKING:
    from pathlib import Path

TOKEN_ENV = "TEST_RAY_TOKEN"
_TOKEN = "the-token-of-this-test-is-not-a-secret-of-anybody"
_START_S = 90.0
#: Jobs of the tests take one each.
SLOTS = 6


class Ray:
    """Started by `start`, ended by `stop`. It wants a token."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder, self._programs = folder, programs
        self.environ = {TOKEN_ENV: _TOKEN}
        ports = _free_ports(4)
        self._gcs, self._dashboard, self._agents = ports[0], ports[1], ports[2:]
        self._nodes: dict[str, subprocess.Popen[bytes]] = {}
        self.address = f"http://127.0.0.1:{self._dashboard}"

    def start(self) -> None:
        self._ray(
            "head",
            "--head",
            f"--port={self._gcs}",
            f"--dashboard-port={self._dashboard}",
            "--include-dashboard=true",
            "--num-cpus=0",
            f"--temp-dir={self._folder}",
            f"--dashboard-agent-listen-port={self._agents[0]}",
        )
        self.until(lambda: self.ask("GET", "/api/version") is not None, "the dashboard answers")
        self.start_node()

    def start_node(self) -> None:
        self._ray(
            "node",
            f"--address=127.0.0.1:{self._gcs}",
            f"--num-cpus={SLOTS}",
            "--resources=" + json.dumps({"slot": SLOTS}),
            f"--dashboard-agent-listen-port={self._agents[1]}",
        )
        probes: list[str] = []

        def runs() -> bool:
            status = probes and self.ask("GET", f"/api/jobs/{probes[-1]}")["status"]
            if not probes or status == "FAILED":  # it was sent to a node that has just died
                probes.append(f"probe-{time.time_ns()}")
                self.submit(probes[-1], "true")
            return status == "SUCCEEDED"

        self.until(runs, "the node runs a job")

    def submit(self, job: str, entrypoint: str) -> None:
        self.ask("POST", "/api/jobs/", entrypoint=entrypoint, submission_id=job, entrypoint_resources={"slot": 1})

    def kill_node(self) -> None:
        """Its raylet, which all else on a node depends on."""
        node = self._nodes.pop("node")
        for process in psutil.Process(node.pid).children(recursive=True):
            if process.name() == "raylet":
                process.kill()
        node.wait(60)

    def stop(self) -> None:
        for name in ("node", "head"):
            if (node := self._nodes.pop(name, None)) is not None:
                children = psutil.Process(node.pid).children(recursive=True)
                node.send_signal(signal.SIGTERM)
                _, left = psutil.wait_procs(children, timeout=20)
                for process in left:
                    process.kill()
                node.wait(20)

    def ask(self, verb: str, path: str, **body: Any) -> Any:
        try:
            answer = requests.request(
                verb, self.address + path, json=body, timeout=10, headers={"Authorization": f"Bearer {_TOKEN}"}
            )
            return answer.json() if answer.ok else None
        except (requests.RequestException, ValueError):
            return None

    def _ray(self, name: str, *arguments: str) -> None:
        environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("JUPYTER_RUNS_")},
            **self.environ,
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": _TOKEN,
        }
        with (self._folder / f"{name}.out").open("ab") as out:
            self._nodes[name] = subprocess.Popen(
                [*WITH_US, str(self._programs / "ray"), "start", *arguments, "--block"],
                env=environ,
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                cwd=self._folder,
            )

    def until(self, condition, what: str) -> None:
        end = time.monotonic() + _START_S
        while not condition():
            logs = "\n".join(file.read_text(errors="replace")[-3000:] for file in self._folder.glob("*.out"))
            assert all(node.poll() is None for node in self._nodes.values()), f"Ray ended; {what}:\n{logs}"
            assert time.monotonic() < end, f"timed out: {what}\n{logs}"
            time.sleep(0.1)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
