"""Scripts that are submitted by request: real processes, and nothing from outside of the server's folder."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace

import pytest
from serving import living_owner, until

from jupyter_runs.model import Status


@pytest.fixture
def script(jp_root_dir):
    """Write a script into a folder that the server serves."""

    def script(text, folder="work", name="train.py"):
        (jp_root_dir / folder).mkdir(exist_ok=True)
        (jp_root_dir / folder / name).write_text(text, "utf-8")

    return script


@pytest.fixture
def ended(store):
    """Wait for the end of a run."""

    async def ended(run_id):
        await until(lambda: store.get_run(run_id).status.is_final, timeout_s=40)
        return store.get_run(run_id)

    return ended


BODY = {"source_directory": "work", "script": "train.py", "experiment": "digits"}


async def test_a_script_is_submitted_runs_and_logs(ask, script, ended):
    script("import os, sys\nprint(sys.argv[1:], os.environ['MODE'])")
    more = {"arguments": ["--lr", 0.5, "-n", 3], "tags": {"quality": "first", "plain": None}, "name": "sweep"}
    rest = {"max_run_duration_seconds": 60, "environment_variables": {"MODE": "fast"}}
    code, data = await ask("submit", "POST", {**BODY, **more, **rest})
    assert code == 201
    assert (data["experiment"], data["name"], data["type"]) == ("digits", "sweep", "azureml.scriptrun")
    assert data["tags"] == {"quality": "first", "plain": None}
    assert data["params"] == {"lr": "0.5", "n": "3"}
    run = await ended(data["run_id"])
    _, log = await ask(f"runs/{run.run_id}/log")
    assert (run.status.value, log.body) == ("Completed", b"['--lr', '0.5', '-n', '3'] fast\n")
    _, answer = await ask(f"runs/{run.run_id}/job")
    assert (answer["job"]["script"], answer["job"]["max_seconds"]) == ("train.py", 60)
    _, source = await ask(f"runs/{run.run_id}/source/train.py")
    assert source.body.startswith(b"import os")


async def test_arguments_as_text_are_split_as_a_shell_does(ask, script, ended):
    script("import sys\nprint(sys.argv[1:])")
    _, status = await ask("status")
    assert status["targets"] == ["local"]
    more = {"arguments": "--name 'two words' -n 3", "compute_target": "local"}
    code, data = await ask("submit", "POST", {**BODY, **more})
    assert code == 201
    assert data["params"] == {"name": "two words", "n": "3"}
    run = await ended(data["run_id"])
    assert (await ask(f"runs/{run.run_id}/log"))[1].body == b"['--name', 'two words', '-n', '3']\n"


async def test_a_script_is_submitted_again_without_its_folder(ask, script, ended, jp_root_dir):
    script("import os\nprint('mode', os.environ.get('MODE'))")
    _, first = await ask("submit", "POST", {**BODY, "environment_variables": {"MODE": "fast"}})
    await ended(first["run_id"])
    shutil.rmtree(jp_root_dir / "work")
    code, again = await ask(f"runs/{first['run_id']}/resubmit", "POST", {})
    assert code == 201
    assert "Environment variables" in again.pop("note")
    assert again["run_id"] != first["run_id"]
    assert set(again) == set(first)
    run = await ended(again["run_id"])
    assert run.status.value == "Completed"
    assert (await ask(f"runs/{run.run_id}/log"))[1].body == b"mode None\n"


async def test_only_scripts_are_submitted_again(ask, make):
    code, data = await ask("runs/nope/resubmit", "POST", {})
    assert (code, data["reason"]) == (404, "RunNotFound")
    code, data = await ask(f"runs/{make().run_id}/resubmit", "POST", {})
    assert (code, data["reason"]) == (400, "RunConfigurationException")
    assert (await ask("runs"))[1]["total"] == 1


@pytest.mark.parametrize(
    "change",
    [
        {"source_directory": "../secret"},
        {"source_directory": "work/../../secret"},
        {"source_directory": "{outside}"},
        {"source_directory": "/"},
        {"source_directory": "linked"},
        {"script": "../../secret/train.py"},
        {"script": "{outside}/train.py"},
        {"script": "linked.py"},
    ],
)
async def test_nothing_outside_of_the_servers_folder_is_run(ask, script, jp_root_dir, store, change):
    script("print(1)")
    outside = jp_root_dir.parent / "secret"
    outside.mkdir()
    (outside / "train.py").write_text("print('secret')")
    (jp_root_dir / "linked").symlink_to(outside, target_is_directory=True)
    (jp_root_dir / "work" / "linked.py").symlink_to(outside / "train.py")
    body = BODY | {key: value.format(outside=outside) for key, value in change.items()}
    code, data = await ask("submit", "POST", body)
    assert (code, data["reason"]) == (403, "OutsideRoot"), data
    assert store.experiments() == []


@pytest.mark.parametrize(
    ("change", "reason", "named"),
    [
        ({"script": "nope.py"}, "RunConfigurationException", "nope.py"),
        ({"source_directory": "nope"}, "RunConfigurationException", "nope"),
        ({"source_directory": "a\0b"}, "BadRequest", "NUL"),
        ({"experiment": "a b"}, "InvalidName", "a-b"),
        ({"experiment": 3}, "BadRequest", "experiment"),
        ({"arguments": 5}, "BadRequest", "arguments"),
        ({"arguments": "'open"}, "RunConfigurationException", "arguments"),
        ({"compute_target": 5}, "BadRequest", "compute_target"),
        ({"compute_target": "cloud"}, "RunConfigurationException", "cloud"),
        ({"arguments": [["x"]]}, "BadRequest", "arguments"),
        ({"arguments": ["a\0b"]}, "RunConfigurationException", "arguments"),
        ({"tags": {"a": 1}}, "BadRequest", "tags"),
        ({"name": "x" * 257}, "InvalidName", "257"),
        ({"max_run_duration_seconds": "1h"}, "BadRequest", "seconds"),
        ({"max_run_duration_seconds": -1}, "RunConfigurationException", "seconds"),
        ({"environment_variables": {"A": 1}}, "BadRequest", "environment_variables"),
        ({"environment_variables": {"A=B": "1"}}, "RunConfigurationException", "A=B"),
        ({"interpreter": "/bin/sh"}, "BadRequest", "interpreter"),
    ],
)
async def test_a_wrong_submit_leaves_nothing_and_names_the_fault(ask, script, store, change, reason, named):
    script("print(1)")
    code, data = await ask("submit", "POST", {**BODY, **change})
    assert (code, data["reason"]) == (400, reason), data
    assert named in data["message"]
    assert (await ask("runs"))[1]["total"] == 0
    assert store.experiments() == []


@pytest.mark.parametrize("field", list(BODY))
async def test_a_submit_without_what_it_needs_names_it(ask, field):
    code, data = await ask("submit", "POST", {key: value for key, value in BODY.items() if key != field})
    assert (code, data["reason"]) == (400, "BadRequest")
    assert repr(field) in data["message"]


async def test_a_script_that_does_not_obey_is_killed_when_it_was_canceled_before(ask, script, ended, make, store):
    script(
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('deaf', flush=True)\ntime.sleep(60)"
    )
    _, data = await ask("submit", "POST", BODY)
    run_id = data["run_id"]
    await until(lambda: store.get_run(run_id).log_bytes > 0, timeout_s=40)
    code, data = await ask(f"runs/{run_id}/force-stop", "POST")
    assert (code, data["reason"]) == (409, "CannotForce")
    assert "Cancel it first" in data["message"]
    await ask(f"runs/{run_id}/cancel", "POST")
    before = time.monotonic()
    code, _ = await ask(f"runs/{run_id}/force-stop", "POST")
    run = await ended(run_id)
    assert (code, run.status.value) == (200, "Canceled")
    assert time.monotonic() - before < 8, "it did not wait for the patience of a cancel"
    assert (await ask(f"runs/{run_id}/force-stop", "POST"))[0] == 200


async def test_a_cell_and_a_run_of_another_machine_are_not_killed(ask, make, store):
    far = replace(living_owner(), host="elsewhere")
    for owner, named in ((living_owner("kernel-7"), "kernel kernel-7"), (far, "on elsewhere")):
        run = make(owner=owner, status=Status.QUEUED)
        store.transition(run.run_id, Status.RUNNING)
        store.request_cancel(run.run_id, by="ada", via="rest")
        code, data = await ask(f"runs/{run.run_id}/force-stop", "POST")
        assert (code, data["reason"]) == (409, "CannotForce")
        assert named in data["message"]
