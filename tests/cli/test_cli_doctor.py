"""doctor: every finding names its remedy, and the exit code tells whether something is wrong."""

from __future__ import annotations

import json
import os
import time

import pytest
from terminal import BIN, dead_owner, in_pipe, on_terminal

from jupyter_runs import cli_doctor, paths
from jupyter_runs.model import Owner, Status


@pytest.fixture
def findings(run, monkeypatch):
    """Findings of one check, and the exit code; the Jupyter around the tests is somebody else's business."""
    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(cli_doctor, "_server_extension", lambda: iter(()))
    monkeypatch.setattr(cli_doctor, "_labextension", lambda: iter(()))

    def findings(check):
        code, out, _ = run("doctor")
        found = json.loads(out)
        assert all(item["remedy"] for item in found if item["state"] != "ok")
        return code, [item for item in found if item["check"] == check]

    return findings


def test_a_healthy_store_is_ok(findings, make, folder):
    make(status=Status.RUNNING)
    code, (store,) = findings("store")
    assert (code, store["state"]) == (0, "ok")
    assert str(folder / paths.DATABASE) in store["text"]
    assert findings("runs")[1][-1]["text"] == "1 active"


def test_no_store_is_no_fault_and_none_is_made(findings, folder):
    code, (store,) = findings("store")
    assert (code, store["text"]) == (0, "no runs yet")
    assert not folder.exists()


def test_a_damaged_store_is_found(findings, make, store, folder):
    for i in range(300):
        make(name=f"{i}" * 50)
    store.close()
    file = folder / paths.DATABASE
    data = bytearray(file.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20_000] = b"\xff" * 20_000
    file.write_bytes(data)
    code, found = findings("store")
    assert code == 1
    assert "damaged" in found[-1]["text"]


def test_a_file_that_is_no_store_is_found(findings, folder):
    folder.mkdir()
    (folder / paths.DATABASE).write_bytes(b"no database at all" * 100)
    code, (found,) = findings("store")
    assert code == 1
    assert "not a database" in found["text"]


def test_a_run_whose_process_is_gone_is_ended_and_named(findings, make, store):
    run_id = make(name="dead", owner=dead_owner(), status=Status.RUNNING).run_id
    code, found = findings("runs")
    assert code == 0
    assert "digits/dead was gone: now Failed" in found[0]["text"]
    assert store.get_run(run_id).status is Status.FAILED


def test_a_run_that_is_silent_elsewhere_is_named_and_left_alone(findings, make, store):
    owner = Owner("another-host", "", 1, 1.0)
    run_id = make(name="silent", owner=owner, status=Status.RUNNING).run_id
    with store._db.write() as tx:
        tx.execute("UPDATE owner SET heartbeat_at = ?", (time.time() - 3600,))
    _, found = findings("runs")
    assert "on another-host" in found[0]["text"]
    assert run_id in found[0]["remedy"]
    assert store.get_run(run_id).status is Status.RUNNING


def test_a_package_that_is_missing_or_too_old_is_found(findings, folder, monkeypatch):
    wanted = ["click>=8.1", "rich>=9999", "no-such-package>=2", "only-for-tests; extra == 'test'"]
    monkeypatch.setattr("importlib.metadata.requires", lambda _name: wanted)
    code, (fine, old, missing) = findings("packages")
    assert code == 1
    assert fine["text"].startswith("click ")
    assert (old["state"], old["remedy"]) == ("wrong", "pip install 'rich>=9999'")
    assert missing["text"] == "no-such-package is missing, but must be >=2."


def test_a_missing_program_is_found(findings, folder, monkeypatch, tmp_path):
    findings("PATH")
    monkeypatch.setenv("PATH", str(tmp_path))
    code, (found,) = findings("PATH")
    assert (code, found["state"]) == (1, "wrong")
    assert str(BIN) in found["remedy"]


def test_the_real_jupyter_is_looked_at(folder, tmp_path):
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_PREFER_ENV_PATH": "0",
        "PATH": f"{BIN}{os.pathsep}/usr/bin",
    }
    states = {}
    for enabled in (True, False):
        settings = tmp_path / "config" / "jupyter_server_config.d"
        settings.mkdir(parents=True, exist_ok=True)
        value = {"ServerApp": {"jpserver_extensions": {"jupyter_runs": enabled}}}
        (settings / "zz.json").write_text(json.dumps(value), "utf-8")
        result = in_pipe(BIN / "jruns", "doctor", "-o", "json", env=environment)
        found = {item["check"]: item for item in json.loads(result.stdout)}
        states[enabled] = found["server extension"]["state"]
        assert "cannot" not in found["labextension"]["text"]
        assert "Error" not in found["labextension"]["text"]
    assert states == {True: "ok", False: "wrong"}


def test_findings_are_readable_on_a_terminal(folder):
    _, text = on_terminal("doctor", columns=80)
    assert "FINDING" in text
    assert "no runs yet" in text
