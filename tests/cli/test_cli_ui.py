"""ui: the page on a server that runs already, or on one of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import urllib.request
from urllib.parse import parse_qs, urlparse

import pytest
from terminal import BIN

from jupyter_runs import config, paths

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def environment(folder, tmp_path):
    return os.environ | {
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
    }


@pytest.fixture
def serving(environment, tmp_path):
    """`jupyter runs ui` on a server of its own; the process and the address that it tells."""
    command = [BIN / "jruns", "ui", "--no-browser"]
    with subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        yield process, process.stdout.readline().strip()
        process.kill()


def _page(address):
    with urllib.request.urlopen(address, timeout=30) as answer:
        return answer.read().decode()


def test_ui_serves_the_page_until_ctrl_c_and_the_next_call_finds_it(serving, environment, tmp_path, ended):
    run = ended(experiment="digits", name="seven")
    process, address = serving
    at = urlparse(address)
    assert (at.hostname, at.path) == ("127.0.0.1", "/jupyter-runs")
    assert parse_qs(at.query)["workspace"] == [config.resolve().key]
    assert "jupyter-config-data" in _page(address)

    def again(*args):
        command = [BIN / "jruns", "ui", "--no-browser", *args]
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
        )

    assert again().stdout.strip() == address
    assert urlparse(again("seven").stdout).path == f"/jupyter-runs/run/{run.run_id}"
    found = urlparse(again("digits").stdout)
    assert found.path == "/jupyter-runs/experiment/digits"
    assert found.port == at.port
    refused = again("--port", str(at.port))
    assert refused.returncode == 1
    assert "port" in refused.stderr

    mark = paths.server_mark(process.pid)
    assert mark.exists()
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert not mark.exists()


def test_what_is_no_run_and_no_experiment_starts_nothing(run, ended):
    ended(experiment="digits", name="seven")
    code, out, err = run("ui", "--no-browser", "eight")
    assert (code, out) == (3, "")
    assert "eight" in err
