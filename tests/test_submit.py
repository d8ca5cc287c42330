"""Submitted scripts: from submit to the end, with real processes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from jupyter_runs import paths
from jupyter_runs.errors import (
    ActivityFailedException,
    ExperimentExecutionException,
    InvalidName,
    RunConfigurationException,
    RunEnvironmentException,
    SnapshotException,
)
from jupyter_runs.experiment import Experiment
from jupyter_runs.model import Status
from jupyter_runs.run import Run, ScriptRun
from jupyter_runs.script import RunConfiguration, ScriptRunConfig
from jupyter_runs.submit import resubmit
from scripts import config, marked, until

if TYPE_CHECKING:
    from jupyter_runs.workspace import Workspace


@pytest.fixture
def exp(ws: Workspace) -> Experiment:
    return Experiment(ws, "scripts")


def log_of(run: Run) -> str:
    return run.get_log()


def is_running(run: Run) -> bool:
    return run.get_status() == "Running"


# -- the straight road ---------------------------------------------------------------------------------------------------


def test_a_submitted_script_runs_logs_and_completes(exp, tmp_path):
    script = """
        import sys
        from jupyter_runs import Run
        run = Run.get_context()
        run.log("loss", 0.5)
        run.tag("from", "inside")
        print("out", sys.argv[1:])
        print("err", file=sys.stderr)
        print(run.get_status(), run.experiment.name)
    """
    run = exp.submit(config(tmp_path / "src", script, "--lr", 0.1, "--fast"), tags={"quality": "first"})
    assert isinstance(run, ScriptRun)
    assert run.type == "azureml.scriptrun"
    assert re.fullmatch(r"scripts_\d{10}_[0-9a-f]{8}", run.id)
    details = run.wait_for_completion()
    assert details["status"] == "Completed"
    assert details["endTimeUtc"] >= details["startTimeUtc"]
    assert run.get_metrics() == {"loss": 0.5}
    assert run.get_tags() == {"quality": "first", "from": "inside"}
    assert run.params == {"lr": "0.1", "fast": "True"}
    assert log_of(run) == "out ['--lr', '0.1', '--fast']\nerr\nRunning scripts\n"
    assert run._record().log_bytes == len(log_of(run).encode())


def test_submit_returns_before_the_script_has_begun(exp, tmp_path):
    gate = tmp_path / "go"
    script = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.02)"
    run = exp.submit(config(tmp_path / "src", script))
    assert run.get_status() in {"Queued", "Preparing", "Running"}
    gate.touch()
    assert run.wait_for_completion()["status"] == "Completed"


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ("raise ValueError('no data')", "ValueError", "no data"),
        ("import sys; sys.exit(3)", "ScriptFailed", "exit code 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "ScriptKilled", "SIGKILL"),
        ("import sys; sys.exit('wrong input')", "ScriptFailed", "wrong input"),
        ("def f(:", "SyntaxError", "invalid syntax"),
    ],
)
def test_a_script_that_fails_says_why(exp, tmp_path, body, code, message):
    run = exp.submit(config(tmp_path / "src", f"print('so far so good')\n{body}" if "def" not in body else body))
    with pytest.raises(ActivityFailedException) as failed:
        run.wait_for_completion()
    error = run._record().error
    assert run.get_status() == "Failed"
    assert error.code == code
    assert message in error.message
    assert message in str(failed.value)
    assert run.wait_for_completion(raise_on_error=False)["error"]["error"]["code"] == code


def test_exit_code_zero_by_sys_exit_is_completed(exp, tmp_path):
    run = exp.submit(config(tmp_path / "src", "import sys; sys.exit(0)"))
    assert run.wait_for_completion()["status"] == "Completed"


def test_the_same_configuration_is_submitted_again_and_later_edits_change_nothing(exp, tmp_path):
    gate = tmp_path / "go"
    wait = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.02)\n"
    settings = config(tmp_path / "src", wait + "import other; print(other.VALUE)")
    (tmp_path / "src" / "other.py").write_text("VALUE = 'as submitted'")
    first = exp.submit(settings)
    (tmp_path / "src" / "other.py").write_text("VALUE = 'edited'")
    second = exp.submit(settings)
    gate.touch()
    first.wait_for_completion()
    second.wait_for_completion()
    assert (log_of(first), log_of(second)) == ("as submitted\n", "edited\n")
    assert first.get_snapshot_id() != second.get_snapshot_id()


def test_a_shell_command_runs_instead_of_a_script(exp, tmp_path):
    (tmp_path / "src").mkdir()
    run = exp.submit(ScriptRunConfig(str(tmp_path / "src"), command="echo one && echo two"))
    run.wait_for_completion()
    assert log_of(run).split() == ["one", "two"]


def test_environment_variables_reach_the_script_and_are_recorded_nowhere(exp, ws, tmp_path):
    settings = config(tmp_path / "src", "import os; print(len(os.environ['TOKEN']), os.environ['AZUREML_RUN_ID'])")
    settings.run_config.environment_variables = {"TOKEN": "s3cr3t-v4lue"}
    run = exp.submit(settings)
    run.wait_for_completion()
    assert log_of(run) == f"12 {run.id}\n"
    everything = b"".join(file.read_bytes() for file in ws.folder.rglob("*") if file.is_file())
    assert b"s3cr3t-v4lue" not in everything


def test_the_script_sees_no_kernel_around_it(exp, tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setenv("JPY_SESSION_NAME", "/a/notebook.ipynb")
    script = "import os; print([k for k in os.environ if k.startswith('JPY_') or k == 'MPLBACKEND'])"
    run = exp.submit(config(tmp_path / "src", script))
    run.wait_for_completion()
    assert log_of(run) == "[]\n"


# -- what is refused -----------------------------------------------------------------------------------------------------


def test_a_refused_submit_leaves_no_run_behind(exp, tmp_path):
    good = config(tmp_path / "src", "pass")
    missing = ScriptRunConfig(str(tmp_path / "src"), "trian.py")
    elsewhere = config(tmp_path / "src", "pass", compute_target="gpu-cluster")
    for settings, more, error in [
        (missing, {}, RunConfigurationException),
        (elsewhere, {}, RunConfigurationException),
        (good, {"tags": {"": "x"}}, InvalidName),
        (good, {"run_id": "no good"}, InvalidName),
        (good, {"bogus": 1}, TypeError),
    ]:
        with pytest.raises(error) as refused:
            exp.submit(settings, **more)
        assert "\n" not in str(refused.value)
    assert list(exp.get_runs()) == []


# -- cancel, fail, limits ------------------------------------------------------------------------------------------------

TREE = """
    import multiprocessing, os, signal, subprocess, sys, time
    os.environ["MARKER"] = sys.argv[1]
    deaf = "for n in (signal.SIGTERM, signal.SIGINT): signal.signal(n, signal.SIG_IGN)"
    sleep = f"import signal, time\\n{deaf}\\ntime.sleep(600)"
    def worker():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        time.sleep(600)
    if __name__ == "__main__":
        subprocess.Popen([sys.executable, "-c", sleep, sys.argv[1]])                               # ignores TERM and INT
        subprocess.Popen([sys.executable, "-c", sleep, sys.argv[1]], start_new_session=True)      # has left the session
        if os.fork() == 0:                                                                         # daemonised
            os.setsid()
            if os.fork() == 0:
                os.execv(sys.executable, [sys.executable, "-c", sleep, sys.argv[1]])
            os._exit(0)
        context = multiprocessing.get_context("spawn")
        for _ in range(2):
            context.Process(target=worker, daemon=True).start()
        shell = subprocess.Popen(["sh", "-c", f"{sys.executable} -c 'import time; time.sleep(600)' {sys.argv[1]} & wait"])
        print("ready", flush=True)
        if "leave" in sys.argv:
            os._exit(0)
        time.sleep(600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_cancel_ends_the_whole_tree(exp, tmp_path):
    marker = f"marker-{time.time_ns()}"
    run = exp.submit(config(tmp_path / "src", TREE, marker))
    until(lambda: "ready" in log_of(run), "the tree is there")
    until(lambda: len(marked(marker)) >= 6, "all processes are there")
    run.cancel()
    assert run.get_status() in {"CancelRequested", "Canceled"}
    details = run.wait_for_completion()
    assert details["status"] == "Canceled"
    # True when it says so: nothing was left at that moment.
    assert [p.cmdline() for p in marked(marker)] == []
    assert "KeyboardInterrupt" in log_of(run)


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_what_a_script_leaves_running_ends_with_it(exp, tmp_path):
    marker = f"marker-{time.time_ns()}"
    run = exp.submit(config(tmp_path / "src", TREE, marker, "leave"))
    assert run.wait_for_completion()["status"] == "Completed"
    assert marked(marker) == []


def test_cancel_at_once_after_submit_leaves_nothing_and_never_flips(exp, tmp_path):
    marker = f"marker-{time.time_ns()}"
    settings = config(tmp_path / "src", f"import time; print({marker!r}); time.sleep(600)", marker)
    runs = [exp.submit(settings) for _ in range(4)]
    for run in runs:
        run.cancel()
        assert run.get_status() in {"CancelRequested", "Canceled"}
    for run in runs:
        assert run.wait_for_completion()["status"] == "Canceled"
    until(lambda: not marked(marker) and not any(marked(run.id) for run in runs), "no process is left")
    assert {run.get_status() for run in runs} == {"Canceled"}


@pytest.mark.parametrize("when", ["at once", "later"])
def test_fail_from_outside_is_failed_at_once_and_stays_so(exp, tmp_path, when):
    marker = f"marker-{time.time_ns()}"
    run = exp.submit(config(tmp_path / "src", "import time; print('up', flush=True); time.sleep(600)", marker))
    if when == "later":
        until(lambda: "up" in log_of(run), "the script runs")
    run.fail("not what I wanted")
    assert run.get_status() == "Failed"
    until(lambda: not marked(marker) and not marked(run.id), "no process is left")
    assert run.get_status() == "Failed"
    assert run._record().error.message == "not what I wanted"


def test_the_time_limit_ends_the_script_as_failed_with_that_reason(exp, tmp_path):
    marker = f"marker-{time.time_ns()}"
    settings = config(tmp_path / "src", "import time; time.sleep(600)", marker, max_run_duration_seconds=1)
    run = exp.submit(settings)
    details = run.wait_for_completion(raise_on_error=False)
    assert details["status"] == "Failed"
    assert details["error"]["error"]["code"] == "TimeLimit"
    assert "1 s" in details["error"]["error"]["message"]
    assert marked(marker) == []


def test_complete_from_outside_does_not_touch_a_script_that_runs(exp, tmp_path):
    gate = tmp_path / "go"
    script = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.02)"
    run = exp.submit(config(tmp_path / "src", script))
    with pytest.warns(UserWarning, match="when its script ends"):
        run.complete()
    assert run.get_status() != "Completed"
    gate.touch()
    assert run.wait_for_completion()["status"] == "Completed"


def test_a_killed_launcher_takes_its_script_with_it(exp, tmp_path):
    marker = f"marker-{time.time_ns()}"
    run = exp.submit(config(tmp_path / "src", "import time; print('up', flush=True); time.sleep(600)", marker))
    until(lambda: "up" in log_of(run), "the script runs")
    os.kill(run._record().owner.pid, signal.SIGKILL)
    until(lambda: run.get_status() == "Failed", "the run is found dead")
    until(lambda: not marked(marker), "no process is left")
    assert run._record().error.code == "ProcessEnded"


def test_a_run_whose_launcher_never_claims_it_is_not_queued_for_ever(exp, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(shutil.which("false")))
    settings = config(tmp_path / "src", "pass")
    settings.run_config.environment.python.interpreter_path = psutil.Process().exe()
    run = exp.submit(settings)
    until(lambda: run.get_status() == "Failed", "the run is found dead")


# -- files ---------------------------------------------------------------------------------------------------------------


def test_outputs_and_logs_are_collected(exp, tmp_path):
    script = """
        import os
        open("outputs/model.txt", "w").write("weights")
        os.makedirs("outputs/deep/er"); open("outputs/deep/er/x", "w").write("x")
        open("logs/own.log", "w").write("line")
        open("beside.txt", "w").write("not collected")
    """
    settings = config(tmp_path / "src", script)
    run = exp.submit(settings)
    run.wait_for_completion()
    assert set(run.get_file_names()) == {
        "outputs/model.txt",
        "outputs/deep/er/x",
        "logs/own.log",
        "user_logs/std_log.txt",
    }
    run.download_file("outputs/model.txt", str(tmp_path / "got.txt"))
    assert (tmp_path / "got.txt").read_text() == "weights"
    assert not (tmp_path / "src" / "outputs").exists()
    # What the script wrote beside is not lost; the copy of the source is gone.
    left = [f.name for f in paths.code_folder(exp.workspace.folder, run.id).rglob("*") if f.is_file()]
    assert left == ["beside.txt"]
    assert run.clean() != []
    assert not paths.work_folder(exp.workspace.folder, run.id).exists()


def test_the_log_is_complete_to_the_last_byte_of_a_killed_script(exp, tmp_path):
    script = """
        import os, signal, sys
        for i in range(20000):
            print("line", i)
        sys.stdout.write("no newline at the end \\u00e9")
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    """
    run = exp.submit(config(tmp_path / "src", script))
    run.wait_for_completion(raise_on_error=False)
    text = log_of(run)
    assert text.endswith("line 19999\nno newline at the end \u00e9")
    assert run._record().log_bytes == len(text.encode())


# -- waiting -------------------------------------------------------------------------------------------------------------


def test_show_output_streams_bars_as_they_are(exp, tmp_path, capsys):
    script = """
        import sys
        for i in range(3):
            sys.stdout.write(f"\\r{i * 50}%"); sys.stdout.flush()
        print(); print("done \\u2713")
    """
    run = exp.submit(config(tmp_path / "src", script))
    run.wait_for_completion(show_output=True)
    shown = capsys.readouterr().out
    assert "\r0%\r50%\r100%\ndone \u2713\n" in shown
    assert shown.startswith(f"RunId: {run.id}\n")
    assert "Execution Summary" in shown


def test_interrupt_while_waiting_detaches_and_says_so(exp, tmp_path):
    settings = config(tmp_path / "src", "import time; print('up', flush=True); time.sleep(600)")
    run = exp.submit(settings)
    until(lambda: is_running(run), "it runs")
    code = f"""
        import os, signal, threading
        from jupyter_runs import Workspace
        from jupyter_runs.errors import ExperimentExecutionException
        run = Workspace.from_config().get_run({run.id!r})
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            run.wait_for_completion(show_output=True)
        except ExperimentExecutionException as error:
            print("detached:", error)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert "detached:" in done.stdout
    assert "goes on" in done.stdout
    assert run.get_status() == "Running"
    run.cancel()
    assert run.wait_for_completion()["status"] == "Canceled"


def test_waiting_for_a_run_of_this_very_process_is_refused(exp):
    run = exp.start_logging()
    with pytest.raises(ExperimentExecutionException, match="never end"):
        run.wait_for_completion()
    run.complete()
    assert run.wait_for_completion()["status"] == "Completed"


def test_logs_with_details_and_as_copies(exp, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = exp.submit(config(tmp_path / "src", "print('hello'); open('logs/own.log', 'w').write('own')"))
    run.wait_for_completion()
    details = run.get_details_with_logs()
    assert details["logFiles"] == {"user_logs/std_log.txt": "hello\n", "logs/own.log": "own"}
    copies = run.get_all_logs()
    assert [os.path.relpath(c, f"assets/{run.id}") for c in copies] == ["user_logs/std_log.txt", "logs/own.log"]
    assert run.get_detailed_status() == {"status": "Completed", "details": None}


# -- inside the script ---------------------------------------------------------------------------------------------------


def test_a_script_has_children_and_submits_children(exp, tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "child_script.py").write_text(
        "from jupyter_runs import Run\nrun = Run.get_context()\nrun.log('parent', run.parent.id)\nrun.parent.log('from_child', 7)"
    )
    script = """
        from jupyter_runs import Run, ScriptRunConfig
        run = Run.get_context()
        with run.child_run("inline") as child:
            child.log("x", 1)
        for child in run.create_children(count=2):
            child.complete()
        config = ScriptRunConfig(source_directory=".", script="child_script.py")
        submitted = run.submit_child(config, tags="submitted")
        submitted.wait_for_completion(show_output=True)
        print("child is", submitted.get_status())
    """
    run = exp.submit(config(tmp_path / "src", script))
    assert run.wait_for_completion()["status"] == "Completed", log_of(run)
    children = list(run.get_children())
    assert len(children) == 4
    assert {c.get_status() for c in children} == {"Completed"}
    (submitted,) = run.get_children(tags="submitted")
    assert submitted.get_metrics() == {"parent": run.id}
    assert submitted.parent == run
    assert re.fullmatch(r"scripts_\d{10}_[0-9a-f]{8}", submitted.id)
    assert run.get_metrics() == {"from_child": 7}


def test_a_child_outlives_its_parent_and_a_cancel_of_the_parent_reaches_it(exp, tmp_path):
    marker = f"marker-{time.time_ns()}"
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "child.py").write_text("import time; print('up', flush=True); time.sleep(600)")
    script = f"""
        from jupyter_runs import Run, ScriptRunConfig
        Run.get_context().submit_child(ScriptRunConfig(".", "child.py", arguments=[{marker!r}]))
    """
    run = exp.submit(config(tmp_path / "src", script))
    assert run.wait_for_completion()["status"] == "Completed"
    (child,) = run.get_children()
    until(lambda: "up" in log_of(child), "the child runs on")
    assert marked(marker)
    child.cancel()
    assert child.wait_for_completion()["status"] == "Canceled"
    assert marked(marker) == []


def test_cancel_of_a_parent_that_runs_reaches_submitted_children(exp, tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "child.py").write_text("import time; time.sleep(600)")
    script = """
        import time
        from jupyter_runs import Run, ScriptRunConfig
        Run.get_context().submit_child(ScriptRunConfig(".", "child.py"))
        time.sleep(600)
    """
    run = exp.submit(config(tmp_path / "src", script))
    until(lambda: any(is_running(c) for c in run.get_children()), "the child runs")
    run.cancel()
    assert run.wait_for_completion()["status"] == "Canceled"
    (child,) = run.get_children()
    assert child.wait_for_completion()["status"] == "Canceled"


def test_complete_and_cancel_inside_a_script_leave_the_end_to_the_exit_code(exp, tmp_path):
    script = """
        from jupyter_runs import Run
        with Run.get_context() as run:
            run.complete()
            run.log("after", 1)
            print(run.get_status())
    """
    run = exp.submit(config(tmp_path / "src", script))
    assert run.wait_for_completion()["status"] == "Completed"
    assert log_of(run) == "Running\n"


def test_fail_inside_a_script_is_its_end_whatever_the_exit_code(exp, tmp_path):
    run = exp.submit(
        config(tmp_path / "src", "from jupyter_runs import Run\nRun.get_context().fail('bad data')\nprint('on')")
    )
    details = run.wait_for_completion(raise_on_error=False)
    assert (details["status"], details["error"]["error"]["message"]) == ("Failed", "bad data")
    assert log_of(run) == "on\n"


# -- outside of any run --------------------------------------------------------------------------------------------------


def test_a_plain_script_gets_a_full_run_in_memory(tmp_path):
    code = """
        import io
        from jupyter_runs import Run
        run = Run.get_context()
        print(type(run).__name__, run.id.startswith("OfflineRun_"), run.parent)
        run.log("a", 1, step=3); run.log("a", 2)
        run.tag("k", "v")
        run.upload_file("outputs/x.txt", io.BytesIO(b"x"))
        with run.child_run("c") as child:
            child.log("b", 1)
        print(run.get_metrics(), run.get_tags(), run.get_file_names(), [c.get_status() for c in run.get_children()], child.parent == run)
        print(Run.get_context() == run, run.get_status())
        run.complete()
        print(run.get_status())
        try:
            Run.get_context(allow_offline=False)
        except Exception as error:
            print(type(error).__name__)
    """
    environment = {k: v for k, v in os.environ.items() if k != "JUPYTER_RUNS_RUN_ID"}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.splitlines() == [
        "_OfflineRun True None",
        "{'a': [1, 2]} {'k': 'v'} ['outputs/x.txt'] ['Completed'] True",
        "True Running",
        "Completed",
        "RunEnvironmentException",
    ]
    assert not (tmp_path / "ws" / "runs.db").exists()


def test_the_context_in_a_process_with_an_open_run_is_that_run(exp):
    with exp.start_logging() as run:
        assert Run.get_context() == run
        with run.child_run() as child:
            assert Run.get_context() == child
    with pytest.raises(RunEnvironmentException):
        Run.get_context(allow_offline=False)


# -- survival ------------------------------------------------------------------------------------------------------------


def test_a_script_survives_the_death_of_the_process_that_submitted_it(ws, tmp_path):
    gate = tmp_path / "go"
    config(
        tmp_path / "src", f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.02)\nprint('end')"
    )
    code = f"""
        import os, signal
        from jupyter_runs import Workspace, Experiment, ScriptRunConfig
        run = Experiment(Workspace({str(ws.folder)!r}), "s").submit(ScriptRunConfig({str(tmp_path / "src")!r}, "train.py"))
        print(run.id, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    assert done.returncode == -9
    run = ws.get_run(done.stdout.strip())
    until(lambda: is_running(run), "it runs without its submitter")
    gate.touch()
    assert run.wait_for_completion()["status"] == "Completed"
    assert log_of(run) == "end\n"


# -- where it comes from -------------------------------------------------------------------------------------------------


def test_provenance_is_recorded_as_properties(exp, tmp_path, monkeypatch):
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@x", "-C", str(tmp_path / "src")]
    settings = config(tmp_path / "src", "pass", "--lr", "0.1")
    for command in (["init", "-qb", "trunk"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    subprocess.run([*git, "remote", "add", "origin", "https://me:secret@example.org/a/b.git"], check=True)
    run = exp.submit(settings)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    found = run.get_properties()
    assert found["azureml.git.commit"] == found["mlflow.source.git.commit"] == commit
    assert found["azureml.git.branch"] == "trunk"
    assert found["azureml.git.dirty"] == "False"
    assert found["azureml.git.repository_uri"] == "https://example.org/a/b.git"
    assert found["jupyter_runs.python"].startswith("3.")
    assert "packages)" in found["jupyter_runs.packages"]
    assert found["jupyter_runs.host"]
    assert found["jupyter_runs.user"]
    assert found["jupyter_runs.script"] == "train.py"
    assert found["jupyter_runs.arguments"] == "--lr 0.1"
    assert found["ContentSnapshotId"] == run.get_snapshot_id()
    assert any(package.startswith("pytest==") for package in run.get_details()["runDefinition"]["packages"])
    (tmp_path / "src" / "train.py").write_text("print('changed')")
    assert exp.submit(settings).get_properties()["azureml.git.dirty"] == "True"
    for one in exp.get_runs():
        one.wait_for_completion()


def test_a_second_launcher_of_a_run_does_nothing(exp, ws, tmp_path):
    run = exp.submit(config(tmp_path / "src", "pass"))
    run.wait_for_completion()
    record = run._record()
    assert record.owner.pid != os.getpid()
    second = subprocess.run(
        [sys.executable, "-m", "jupyter_runs.launch", run.id, str(ws.folder)],
        input=b"",
        capture_output=True,
        check=True,
    )
    assert second.stderr == b""
    assert run._record() == record
    assert record.status is Status.COMPLETED


def test_a_runconfig_file_names_the_interpreter_and_the_limit(exp, tmp_path):
    config(tmp_path / "src", "import sys; print(sys.executable)")
    made = RunConfiguration()
    made.environment.python.user_managed_dependencies = True
    made.environment.python.interpreter_path = sys.executable
    made.environment.environment_variables = {"A": "1"}
    made.max_run_duration_seconds = 50
    made.save(str(tmp_path / "src"), "mine")
    loaded = RunConfiguration.load(str(tmp_path / "src"), "mine")
    run = exp.submit(ScriptRunConfig(str(tmp_path / "src"), "train.py", run_config=loaded))
    run.wait_for_completion()
    assert log_of(run).strip() == sys.executable
    assert json.loads(json.dumps(run.get_details()["runDefinition"]))["max_seconds"] == 50


def test_files_of_the_source_are_no_outputs_and_those_of_earlier_runs_are_not_copied(exp, tmp_path):
    settings = config(
        tmp_path / "src",
        "import os; print(os.listdir('outputs'), os.listdir('logs')); open('outputs/new', 'w').close()",
    )
    for name in ("outputs/model.bin", "logs/of_mine.txt"):
        (tmp_path / "src" / name).parent.mkdir()
        (tmp_path / "src" / name).write_text("earlier")
    run = exp.submit(settings)
    run.wait_for_completion()
    assert run.get_log() == "[] ['of_mine.txt']\n"
    assert set(run.get_file_names()) == {"outputs/new", "user_logs/std_log.txt"}


def test_a_shell_command_finds_the_python_that_was_chosen(exp, tmp_path):
    (tmp_path / "src").mkdir()
    run = exp.submit(ScriptRunConfig(str(tmp_path / "src"), command="python -c 'import sys; print(sys.prefix)'"))
    run.wait_for_completion()
    assert run.get_log().strip() == sys.prefix


def test_a_script_is_found_by_the_end_of_its_id(exp, ws, tmp_path):
    run = exp.submit(config(tmp_path / "src", "pass"))
    assert ws.find_run(run.id[-6:]) == ws.find_run(run.id[:-3]) == ws.find_run(f"#{run.number}") == run
    assert ws.last_submitted == run
    run.wait_for_completion()


# -- interrupted, killed, disturbed ------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["create_runs", "claim"])
def test_an_interrupt_while_submitting_leaves_no_run_and_no_process_behind(exp, tmp_path, monkeypatch, step):
    real = getattr(exp.workspace.store, step)

    def interrupted(*arguments):
        os.kill(os.getpid(), signal.SIGINT)
        return real(*arguments)

    monkeypatch.setattr(exp.workspace.store, step, interrupted)
    with pytest.raises(KeyboardInterrupt):
        exp.submit(config(tmp_path / "src", "import time; time.sleep(600)"))
    monkeypatch.undo()
    (run,) = exp.workspace.search("exp:scripts")
    assert run.wait_for_completion()["status"] == "Canceled"
    until(lambda: not marked(run.id), "no process is left")


def test_an_interrupt_while_the_source_is_read_makes_no_run(exp, tmp_path, monkeypatch):
    def interrupted(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("jupyter_runs.source.take", interrupted)
    with pytest.raises(KeyboardInterrupt):
        exp.submit(config(tmp_path / "src", "pass"))
    assert list(exp.get_runs()) == []
    assert list((exp.workspace.folder / "work").iterdir()) == []


def test_a_launcher_that_cannot_be_told_leaves_no_run_that_waits(exp, tmp_path, monkeypatch):
    def interrupted(*_arguments, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr("jupyter_runs.executors.local.Launcher.tell", interrupted)
    with pytest.raises(KeyboardInterrupt):
        exp.submit(config(tmp_path / "src", "pass"))
    (run,) = exp.workspace.search("exp:scripts")
    until(lambda: run.get_status() == "Canceled", "the run has ended")


def test_what_a_script_had_written_when_its_launcher_was_killed_is_kept(exp, tmp_path, monkeypatch):
    script = "import time; open('outputs/model.txt', 'w').write('m'); print('up', flush=True); time.sleep(600)"
    run = exp.submit(config(tmp_path / "src", script))
    until(lambda: "up" in run.get_log(), "it runs")
    os.kill(run._record().owner.pid, signal.SIGKILL)
    until(lambda: run.get_status() == "Failed", "it is found dead")
    assert "outputs/model.txt" in run.get_file_names()
    monkeypatch.setattr("jupyter_runs.cleanup._WORK_GRACE_S", -1.0)
    exp.workspace.gc()
    assert not paths.work_folder(exp.workspace.folder, run.id).exists()
    run.download_file("outputs/model.txt", str(tmp_path / "got"))
    assert (tmp_path / "got").read_text() == "m"


@pytest.mark.skipif(sys.platform == "win32", reason="links")
@pytest.mark.parametrize(
    "script",
    [
        "import os; os.rmdir('outputs'); os.symlink({there!r}, 'outputs'); open('outputs/new', 'w').close()",
        "import os, shutil; c = os.getcwd(); shutil.rmtree(c); os.symlink({there!r}, c); open(c + '/new', 'w').close()",
        "import os; os.rmdir('logs'); os.symlink({there!r}, 'logs'); open('logs/new', 'w').close()",
    ],
)
def test_files_behind_a_link_of_the_script_are_never_touched(exp, tmp_path, script):
    there = tmp_path / "there"
    (there / "deep").mkdir(parents=True)
    (there / "old").write_text("old")
    (there / "deep" / "old").write_text("old")
    run = exp.submit(config(tmp_path / "src", script.format(there=str(there))))
    run.wait_for_completion()
    assert sorted(p.relative_to(there).as_posix() for p in there.rglob("*")) == ["deep", "deep/old", "new", "old"]


@pytest.mark.skipif(sys.platform == "win32", reason="links")
def test_a_link_named_logs_in_the_source_is_a_folder_of_the_run(exp, tmp_path):
    settings = config(tmp_path / "src", "open('logs/mine', 'w').close()")
    (tmp_path / "there").mkdir()
    (tmp_path / "src" / "logs").symlink_to(tmp_path / "there")
    run = exp.submit(settings)
    run.wait_for_completion()
    assert list((tmp_path / "there").iterdir()) == []
    assert "logs/mine" in run.get_file_names()


def test_a_folder_of_the_source_that_the_script_moves_into_outputs_is_kept(exp, tmp_path):
    settings = config(tmp_path / "src", "import os; os.rename('data', 'outputs/data')")
    (tmp_path / "src" / "data").mkdir()
    (tmp_path / "src" / "data" / "x").write_text("x")
    run = exp.submit(settings)
    run.wait_for_completion()
    assert "outputs/data/x" in run.get_file_names()


def test_a_module_beside_the_notebook_does_not_reach_the_launcher(exp, tmp_path, monkeypatch):
    (tmp_path / "nb").mkdir()
    for name in ("socket", "platform", "sqlite3", "psutil", "dataclasses"):
        (tmp_path / "nb" / f"{name}.py").write_text("raise RuntimeError('not this one')")
    monkeypatch.syspath_prepend(str(tmp_path / "nb"))
    monkeypatch.chdir(tmp_path / "nb")
    run = exp.submit(config(tmp_path / "src", "print('fine')"))
    assert run.wait_for_completion()["status"] == "Completed"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_signals_that_the_submitting_process_ignores_or_blocks_do_not_hide_the_end(ws, tmp_path):
    config(tmp_path / "src", "import signal, sys; print(signal.pthread_sigmask(signal.SIG_BLOCK, [])); sys.exit(3)")
    code = f"""
        import signal
        from jupyter_runs import Workspace, Experiment, ScriptRunConfig
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT])
        run = Experiment(Workspace({str(ws.folder)!r}), "s").submit(ScriptRunConfig({str(tmp_path / "src")!r}, "train.py"))
        run.wait_for_completion(raise_on_error=False)
        print(run.get_status(), run.get_log())
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "Failed set()"


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_a_process_that_is_forked_meanwhile_does_not_delay_the_script(exp, tmp_path, monkeypatch):
    from jupyter_runs.executors import local

    forked = []
    tell = local.Launcher.tell

    def fork_then_tell(self, **what):
        pid = os.fork()
        if pid == 0:
            time.sleep(600)
            os._exit(0)
        forked.append(pid)
        tell(self, **what)

    monkeypatch.setattr(local.Launcher, "tell", fork_then_tell)
    run = exp.submit(config(tmp_path / "src", "print('begun')"))
    try:
        assert run.wait_for_completion()["status"] == "Completed"
    finally:
        os.kill(forked[0], signal.SIGKILL)
        os.waitpid(forked[0], 0)


def test_a_script_ends_when_its_workspace_is_removed(exp, tmp_path):
    marker = f"marker-{time.time_ns()}"
    run = exp.submit(config(tmp_path / "src", "import time; print('up', flush=True); time.sleep(600)", marker))
    until(lambda: "up" in run.get_log(), "it runs")
    shutil.rmtree(exp.workspace.folder, ignore_errors=True)
    until(lambda: not marked(marker), "the script has ended")


def test_a_long_experiment_name_and_a_script_that_looks_like_an_option(ws, tmp_path):
    run = Experiment(ws, "a" * 255).submit(config(tmp_path / "src", "print('fine')", name="-c.py"))
    run.wait_for_completion()
    assert run.get_log() == "fine\n"


def test_a_file_where_outputs_belong_is_refused_by_name(exp, tmp_path):
    settings = config(tmp_path / "src", "pass")
    (tmp_path / "src" / "outputs").write_text("a file")
    with pytest.raises(SnapshotException, match="'outputs' in the source is a file"):
        exp.submit(settings)
    (run,) = exp.get_runs()
    assert run.get_status() == "Failed"


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_the_offline_run_survives_the_end_of_a_forked_child_and_is_one_for_all_threads():
    code = """
        import os, sys, threading
        from jupyter_runs import Run
        found = set()
        threads = [threading.Thread(target=lambda: found.add(Run.get_context().id)) for _ in range(8)]
        [t.start() for t in threads]; [t.join() for t in threads]
        run = Run.get_context()
        run.log("a", 1)
        pid = os.fork()
        if pid == 0:
            sys.exit()
        os.waitpid(pid, 0)
        run.log("a", 2)
        print(len(found), run.get_metrics())
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert done.stdout == "1 {'a': [1, 2]}\n"


# -- again ---------------------------------------------------------------------------------------------------------------


def test_a_script_is_submitted_again_with_its_source_as_it_was(exp, tmp_path):
    script = """
        import os, sys
        from jupyter_runs import Run
        Run.get_context().log("lr", float(sys.argv[2]))
        print("first", os.environ.get("SECRET"))
    """
    settings = config(tmp_path / "src", script, "--lr", 0.25)
    settings.run_config.environment_variables = {"SECRET": "s3cret"}
    first = exp.submit(settings, tags={"quality": "bad"}, name="baseline")
    first.wait_for_completion()
    shutil.rmtree(tmp_path / "src")
    again = resubmit(first)
    again.wait_for_completion()
    assert again.id != first.id
    assert (again.get_metrics(), again.params, again.name) == ({"lr": 0.25}, {"lr": "0.25"}, "baseline")
    assert (log_of(first), log_of(again)) == ("first s3cret\n", "first None\n")
    assert again.get_tags() == {}
    assert again.get_snapshot_id() == first.get_snapshot_id()
    assert again.get_properties()["jupyter_runs.resubmitted_from"] == first.id
    assert resubmit(again).wait_for_completion()["status"] == "Completed"


def test_what_cannot_be_submitted_again_says_why_and_makes_no_run(exp, ws, tmp_path):
    with exp.start_logging(snapshot_directory=None) as cell:
        pass
    with pytest.raises(RunConfigurationException, match="no submitted script"):
        resubmit(cell)
    run = exp.submit(config(tmp_path / "src", "pass"))
    run.wait_for_completion()
    shutil.rmtree(paths.snapshots(ws.folder))
    with pytest.raises(RunConfigurationException, match="not in the workspace any more"):
        resubmit(run)
    assert len(exp.get_runs()) == 2


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="elsewhere a process that clears its environment is not found"
)
def test_a_process_that_clears_its_environment_and_leaves_at_once_ends_too(exp, tmp_path):
    marker = f"marker-{time.time_ns()}"
    (tmp_path / "src").mkdir()
    sleep = f"{sys.executable} -c 'import time; time.sleep(600)' {marker}"
    run = exp.submit(ScriptRunConfig(str(tmp_path / "src"), command=f"(setsid env -i {sleep} &) ; sleep 0.2"))
    assert run.wait_for_completion()["status"] == "Completed"
    assert marked(marker) == []


def test_the_offline_run_can_be_had_again_after_its_end_and_its_children_are_no_context():
    code = """
        from jupyter_runs import Run
        for _ in range(2):
            run = Run.get_context()
            run.log("a", 1)
            run.create_children(2)
            assert Run.get_context() == run and type(Run.get_context()).__name__ == "_OfflineRun"
            with run.child_run():
                try:
                    Run.get_context(allow_offline=False)
                except Exception as error:
                    print(type(error).__name__)
            run.complete()
        with Run.get_context() as run:
            run.log("b", 1)
        with Run.get_context() as run:
            print(run.get_metrics())
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert done.stdout == "RunEnvironmentException\nRunEnvironmentException\n{}\n"


def test_children_made_in_a_batch_are_no_context(exp):
    parent = exp.start_logging()
    children = parent.create_children(2)
    assert Run.get_context() == parent
    with children[0]:
        assert Run.get_context() == children[0]
    assert Run.get_context() == parent


def test_an_interpreter_without_this_package_is_said_with_the_remedy(exp, tmp_path):
    settings = config(tmp_path / "src", "raise ModuleNotFoundError(\"No module named 'jupyter_runs'\")")
    run = exp.submit(settings)
    run.wait_for_completion(raise_on_error=False)
    assert "install it there" in run._record().error.message


# -- a large source, which the launcher restores -----------------------------------------------------------------------


@pytest.fixture
def large(monkeypatch):
    """Every source is too large to be restored by the submitting process."""
    monkeypatch.setattr("jupyter_runs.submit._SMALL_FILES", -1)


def test_a_large_source_is_restored_by_the_launcher(exp, tmp_path, large):
    settings = config(tmp_path / "src", "import os; print(os.environ['A']); open('outputs/x', 'w').close()")
    settings.run_config.environment_variables = {"A": "1"}
    run = exp.submit(settings)
    assert run.wait_for_completion()["status"] == "Completed"
    assert log_of(run) == "1\n"
    assert "outputs/x" in run.get_file_names()
    assert not paths.work_folder(exp.workspace.folder, run.id).exists()


def test_a_large_source_that_cannot_be_restored_is_failed_with_the_reason(exp, tmp_path, large):
    settings = config(tmp_path / "src", "pass")
    (tmp_path / "src" / "logs").write_text("a file")
    run = exp.submit(settings)
    details = run.wait_for_completion(raise_on_error=False)
    assert details["status"] == "Failed"
    assert "'logs' in the source is a file" in details["error"]["error"]["message"]


def test_cancel_at_once_of_a_large_source_leaves_nothing(exp, tmp_path, large):
    run = exp.submit(config(tmp_path / "src", "import time; time.sleep(600)"))
    run.cancel()
    assert run.wait_for_completion()["status"] == "Canceled"
    until(lambda: not marked(run.id), "no process is left")
    assert run.get_status() == "Canceled"
