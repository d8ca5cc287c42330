"""A real Ray: a head that only manages, and one node that runs the jobs. Ray is installed elsewhere (CLUSTER_RAY names its `bin`)."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import psutil
import requests
from daemons import Daemons
from ports import free_ports

if TYPE_CHECKING:
    from pathlib import Path

TOKEN_ENV = "TEST_RAY_TOKEN"
_TOKEN = "the-token-of-this-test-is-not-a-secret-of-anybody"
#: Jobs of the tests take one each.
SLOTS = 6


class Ray(Daemons):
    """Started by `start`, ended by `stop`. It wants a token."""

    def __init__(self, folder: Path, programs: Path) -> None:
        super().__init__(folder)
        self._programs = programs
        self.environ = {TOKEN_ENV: _TOKEN}
        ports = free_ports(4)
        self._gcs, self._dashboard, self._agents = ports[0], ports[1], ports[2:]
        self.address = f"http://127.0.0.1:{self._dashboard}"

    def start(self) -> None:
        self._ray(
            "head",
            "--head",
            f"--port={self._gcs}",
            f"--dashboard-port={self._dashboard}",
            "--include-dashboard=true",
            "--num-cpus=0",
            f"--temp-dir={self.folder}",
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
        node = self.processes.pop("node")
        for process in psutil.Process(node.pid).children(recursive=True):
            if process.name() == "raylet":
                process.kill()
        node.wait(60)

    def stop(self) -> None:
        for name in ("node", "head"):
            if (node := self.processes.pop(name, None)) is not None:
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
        self.spawn(name, [str(self._programs / "ray"), "start", *arguments, "--block"], environ)
