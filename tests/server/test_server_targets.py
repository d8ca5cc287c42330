"""Compute targets in the server: listed, and their runs looked after and taken back without holding up anybody."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from serving import until

from jupyter_runs import engines, targets
from jupyter_runs.model import SCRIPT_TYPE, Status


@pytest.fixture
def engine(folder, tmp_path, monkeypatch):
    """The folder of an engine that is installed, and is the target "there"."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent / "cluster"))
    import here

    monkeypatch.syspath_prepend(str(here.installed(tmp_path / "site")))
    place = tmp_path / "engine"
    place.mkdir()
    folder.mkdir(exist_ok=True)
    (folder / "compute.toml").write_text(f'[compute.there]\ntype = "here"\nfolder = "{place}"\nshared = true\n')
    return place


@pytest.fixture
def given(make, engine):
    """A Queued run whose job is a process of that pid."""

    def given(pid):
        facts = {targets.PROPERTY: "there", engines.HANDLE: f"job-{pid}"}
        (engine / f"job-{pid}").write_text(str(pid))
        return make(status=Status.QUEUED, type=SCRIPT_TYPE, properties=facts, job={"target": "there"})

    return given


def ended_process():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def sleeper():
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


async def test_targets_are_listed_and_asked_only_if_wanted(ask, engine):
    code, data = await ask("targets")
    assert code == 200
    assert [(one["name"], one["is_usable"]) for one in data["targets"]] == [("local", True), ("there", None)]
    _, data = await ask("targets", check="1")
    assert data["targets"][1]["is_usable"] is True
    engine.rmdir()
    _, data = await ask("targets", check="1")
    assert data["targets"][1]["is_usable"] is False
    assert "is not there" in data["targets"][1]["problem"]
    assert (await ask("status"))[1]["targets"] == ["local", "there"]


async def test_a_wrong_file_of_targets_is_said_and_leaves_this_machine(ask, folder):
    folder.mkdir(exist_ok=True)
    (folder / "compute.toml").write_text("[compute")
    code, data = await ask("targets")
    assert (code, data["reason"]) == (400, "WorkspaceConfigError")
    assert (await ask("status"))[1]["targets"] == ["local"]


async def test_a_run_whose_job_ended_before_it_began_is_failed_by_the_server(ask, given, store):
    await ask("status")
    run = given(ended_process())
    await until(lambda: store.get_run(run.run_id).status.is_final, timeout_s=30)
    error = store.get_run(run.run_id).error
    assert error.code == "LaunchError"
    assert "'there' (here) ended the job (gone) before the script began" in error.message


@pytest.mark.parametrize("road", ["one", "many"])
async def test_a_canceled_run_that_had_not_begun_is_taken_back_from_its_engine(ask, given, sleeper, store, road):
    run = given(sleeper.pid)
    if road == "one":
        _, data = await ask(f"runs/{run.run_id}/cancel", "POST", {})
        assert data["status"] == "Canceled"
    else:
        await ask("runs/bulk", "POST", {"action": "cancel", "ids": [run.run_id]})
    await until(lambda: sleeper.poll() is not None, timeout_s=30)
    assert store.get_run(run.run_id).status is Status.CANCELED
