"""A node and a server on different hosts: two network namespaces with a cable between them, which is pulled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
import time
from contextlib import closing, suppress

import pytest
from teamserver import TOKEN, TeamServer

from jupyter_runs import paths
from jupyter_runs.model import Status
from jupyter_runs.store.sqlite import SqliteStore

_NODE, _HOST = "10.213.77.2", "10.213.77.1"
_CODE = """
import sys, time
from jupyter_runs import Experiment, Workspace
run = Experiment(Workspace(), "e").start_logging(snapshot_directory=None)
with run:
    print(run.id, flush=True)
    i = 0
    slowest = 0.0
    until = time.monotonic() + float(sys.argv[1])
    while time.monotonic() < until:
        began = time.monotonic()
        run.log("loss", i)
        slowest = max(slowest, time.monotonic() - began)
        i += 1
        time.sleep(0.002)
print(i, slowest, flush=True)
"""


def ip(*words):
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def cable():
    """Two hosts: this one has the address `_HOST`, the namespace that the fixture names has `_NODE`."""
    if sys.platform != "linux" or not shutil.which("ip") or os.geteuid() != 0:
        pytest.skip("needs Linux, root and the program ip")
    name = f"jruns{os.getpid()}"
    here, there = f"jra{os.getpid()}", f"jrb{os.getpid()}"
    try:
        ip("netns", "add", name)
        ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name)
    except subprocess.CalledProcessError as error:
        with suppress(subprocess.CalledProcessError):
            ip("netns", "del", name)
        pytest.skip(f"no network namespace can be made here: {error.stderr.strip()}")
    try:
        ip("addr", "add", f"{_HOST}/30", "dev", here)
        ip("link", "set", here, "up")
        ip("-n", name, "addr", "add", f"{_NODE}/30", "dev", there)
        ip("-n", name, "link", "set", there, "up")
        ip("-n", name, "link", "set", "lo", "up")
        yield name, here
    finally:
        ip("netns", "del", name)


@pytest.mark.parametrize("cut_s", [4, pytest.param(60, marks=pytest.mark.slow)])
def test_a_run_on_another_host_loses_nothing_when_the_cable_is_pulled(cable, tmp_path, cut_s):
    namespace, link = cable
    server = TeamServer(tmp_path / "server", host=_HOST)
    server.start()
    try:
        node = subprocess.Popen(
            ["ip", "netns", "exec", namespace, sys.executable, "-c", textwrap.dedent(_CODE), str(cut_s + 5)],
            env=os.environ
            | {
                "JUPYTER_RUNS_WORKSPACE": server.url,
                "JUPYTER_RUNS_TOKEN": TOKEN,
                "JUPYTER_RUNS_HOME": str(tmp_path / "node"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        run_id = node.stdout.readline().strip()
        with closing(SqliteStore(server.folder / "ws" / paths.DATABASE)) as store:
            time.sleep(1)
            ip("link", "set", link, "down")
            time.sleep(cut_s)
            during = store.get_run(run_id)
            ip("link", "set", link, "up")
            out, err = node.communicate(timeout=120)
            assert node.returncode == 0, err
            count, slowest = int(out.split()[0]), float(out.split()[1])
            # It ended while the answers of before were still waited for, or with all said: the next process sees to the rest.
            sync = subprocess.run(
                ["jruns", "sync", "-w", server.address],
                env=os.environ | {"JUPYTER_RUNS_HOME": str(tmp_path / "node")},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert sync.returncode == 0, sync.stderr
            assert during.status is Status.RUNNING
            assert during.metrics["loss"].count < count, "values were logged while the cable was pulled"
            assert store.get_run(run_id).status is Status.COMPLETED
            (series,) = store.series(run_id, "loss")[1]
        assert [value for _, _, value in series.points] == list(range(count))
        assert count > 100 * cut_s, "logging went on meanwhile"
        assert slowest < 10
    finally:
        server.stop()
