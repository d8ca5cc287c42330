"""Scripts from the command line: submit-script, monitor-logs, download-logs, wait."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from terminal import BIN, Terminal, in_pipe, on_terminal

from jupyter_runs.model import Status
from jupyter_runs.store.sqlite import SqliteStore

TRAIN = """
import sys, time
from jupyter_runs import Run
print("arguments", sys.argv[1:], flush=True)
Run.get_context().log("loss", 0.5)
if "boom" in sys.argv:
    raise SystemExit("went wrong")
if "slow" in sys.argv:
    time.sleep(600)
"""


@pytest.fixture
def project(folder, tmp_path, monkeypatch):
    path = tmp_path / "project"
    path.mkdir()
    (path / "train.py").write_text(TRAIN, "utf-8")
    monkeypatch.chdir(path)
    return path


def jruns(*args):
    return in_pipe(BIN / "jruns", *args)


def submit(*args):
    return jruns("submit-script", "-e", "explore", *args)


@pytest.fixture
def slow(project):
    """A script that runs until it is canceled, as data."""
    submitted = submit("--async", "train.py", "slow")
    assert submitted.returncode == 0, submitted.stderr
    data = json.loads(submitted.stdout)
    yield data
    jruns("cancel", "-r", data["run_id"])


def test_a_script_runs_with_its_arguments_and_gives_data_to_a_pipe(project):
    result = submit("train.py", "--epochs", "3", "-o", "table", "--help")
    assert result.returncode == 0, result.stderr
    data = json.loads(result.stdout)
    assert (data["status"], data["experiment_name"], data["run_type"]) == (
        "Completed",
        "explore",
        "azureml.scriptrun",
    )
    assert data["metrics"]["loss"]["last"] == 0.5
    assert "arguments ['--epochs', '3', '-o', 'table', '--help']" in result.stderr


def test_the_run_is_named_tagged_and_kept_in_a_file(project, tmp_path):
    file = tmp_path / "run.json"
    result = submit("--name", "first", "--tag", "quality=good", "--tag", "plain", "-t", str(file), "train.py")
    assert result.returncode == 0, result.stderr
    data = json.loads(file.read_text("utf-8"))
    assert (data["display_name"], data["tags"]) == ("first", {"quality": "good", "plain": None})
    assert data == json.loads(result.stdout)


def test_a_script_that_fails_is_exit_code_4_with_its_reason(project):
    result = submit("train.py", "boom")
    assert result.returncode == 4
    assert json.loads(result.stdout)["status"] == "Failed"
    assert "went wrong" in result.stderr.splitlines()[-1]


def test_a_script_shows_its_log_on_a_terminal(project):
    code, text = on_terminal("submit-script", "-e", "explore", "train.py", "7")
    assert code == 0
    assert "arguments ['7']" in text
    assert text.rstrip().endswith("Run #1 explore/run-1: Completed.")


def test_ctrl_c_leaves_the_script_running_and_says_how_to_end_it(project, folder):
    terminal = Terminal("submit-script", "-e", "explore", "train.py", "slow", columns=200)
    terminal.read_until("arguments ['slow']")
    terminal.interrupt()
    code, text = terminal.end()
    assert code == 130
    store = SqliteStore(folder / "runs.db")
    (record,) = store.get_runs(store.find_ids(""))
    store.close()
    assert record.status is Status.RUNNING
    assert f"jupyter runs cancel -r {record.run_id}" in text
    assert "Traceback" not in text
    assert jruns("cancel", "-r", "last").returncode == 0


def test_async_returns_while_the_script_runs(slow):
    assert not slow["is_final"]
    assert slow["run_id"].startswith("explore_")


def test_monitor_logs_follows_a_run_to_its_end_and_tells_a_cancel_by_its_exit_code(slow):
    terminal = Terminal("monitor-logs", "-r", slow["run_id"])
    terminal.read_until("arguments ['slow']")
    assert jruns("cancel", "-r", slow["run_id"]).returncode == 0
    code, text = terminal.end()
    assert code == 5
    assert "Canceled" in text


def test_wait_tells_how_the_run_ended(slow):
    result = jruns("wait", "-r", slow["run_id"], "--timeout", "0.1")
    assert result.returncode == 1
    assert "still" in result.stderr
    jruns("cancel", "-r", slow["run_id"])
    result = jruns("wait", "-r", slow["run_id"])
    assert (result.returncode, json.loads(result.stdout)["status"]) == (5, "Canceled")


def test_wait_ends_when_the_run_does(make, store):
    run_id = make(status=Status.RUNNING).run_id
    terminal = Terminal("wait", "-r", run_id, "--verbose")
    terminal.read_until("Workspace")
    store.transition(run_id, Status.COMPLETED)
    code, text = terminal.end()
    assert code == 0
    assert "Completed" in text


def test_logs_are_downloaded(project, tmp_path):
    run_id = json.loads(submit("train.py", "x").stdout)["run_id"]
    result = jruns("download-logs", "-r", run_id, "-d", str(tmp_path / "logs"))
    assert result.returncode == 0, result.stderr
    (file,) = [name for name in json.loads(result.stdout) if name.endswith("std_log.txt")]
    assert "arguments ['x']" in (tmp_path / "logs" / "user_logs" / "std_log.txt").read_text("utf-8")
    assert Path(file) == tmp_path / "logs" / "user_logs" / "std_log.txt"


def test_a_run_without_logs_says_so(run, make, tmp_path):
    make()
    code, out, err = run("download-logs", "-r", "last", "--output-dir", str(tmp_path / "logs"))
    assert (code, json.loads(out)) == (0, [])
    assert "no logs yet" in err


def test_the_source_may_be_elsewhere_and_the_runconfig_here(project, tmp_path, monkeypatch):
    source = tmp_path / "source"
    source.mkdir()
    (source / "other.py").write_text("import os\nprint('variable', os.environ['MINE'])\n", "utf-8")
    (project / ".azureml").mkdir()
    (project / ".azureml" / "mine.runconfig").write_text(
        "script: other.py\nenvironment:\n  environmentVariables:\n    MINE: here\n", "utf-8"
    )
    result = submit("-c", "mine", "--source-directory", str(source), "other.py")
    assert "variable here" in result.stderr
    # Without a script the one of the runconfig runs; --path says where the runconfig is.
    monkeypatch.chdir(tmp_path)
    result = submit("-c", "mine", "--path", str(project), "--source-directory", str(source))
    assert (result.returncode, "variable here" in result.stderr) == (0, True), result.stderr


@pytest.mark.parametrize(
    ("args", "code", "named"),
    [
        (["tran.py"], 1, "train.py"),
        (["-c", "nothing", "train.py"], 1, "nothing"),
        (["--ct", "gpu-cluster", "train.py"], 1, "gpu-cluster"),
        (["-d", "no.yml", "train.py"], 2, "no.yml"),
        (["--tag", "=x", "train.py"], 2, "key"),
        ([], 2, "SCRIPT"),
        (["--source-directory", "nowhere", "train.py"], 1, "nowhere"),
    ],
)
def test_what_cannot_be_submitted_is_one_line_and_leaves_no_run(project, folder, args, code, named):
    result = submit(*args)
    assert (result.returncode, result.stdout) == (code, "")
    assert named in result.stderr
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert json.loads(jruns("list").stdout) == []


def test_a_submit_of_a_thousand_words_of_arguments_arrives_as_it_was(project):
    words = [f"--word={i} 'quoted' $HOME" for i in range(100)]
    result = submit("train.py", *words)
    assert result.returncode == 0
    assert f"arguments {words}" in result.stderr
    assert time.time() > json.loads(result.stdout)["ended_at"]
