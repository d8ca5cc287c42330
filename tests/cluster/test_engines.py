"""Scripts on an engine, from submit to the end: the same on each, with real jobs and real processes."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest
from stores import workspace
from teamserver import TeamServer

from jupyter_runs import engines, lookout, paths, targets
from jupyter_runs.errors import ComputeTargetException
from jupyter_runs.executors.base import State, executor
from jupyter_runs.experiment import Experiment
from jupyter_runs.model import NewRun, Status
from jupyter_runs.run import Run
from jupyter_runs.script import check
from jupyter_runs.workspace import Workspace
from scripts import config, marked, until

#: Prints, then stays until it is ended; with it a child that ignores to be told, one in a session of its own, and a daemon.
STUBBORN = """
    import os, signal, subprocess, sys, time
    ignore = "from signal import *; import time; signal(SIGTERM, SIG_IGN); signal(SIGINT, SIG_IGN); time.sleep(600)"
    subprocess.Popen([sys.executable, "-c", ignore, sys.argv[1]])
    subprocess.Popen([sys.executable, "-c", ignore, sys.argv[1]], start_new_session=True)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv(sys.executable, [sys.executable, "-c", ignore, sys.argv[1]])
        os._exit(0)
    os.wait()
    print("up", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def marker():
    """A word in the command line of every process of a script; in the end none of them is left."""
    word = f"marker-{time.time_ns()}"
    yield word
    left = marked(word)
    for process in left:
        process.kill()
    assert not left


def there(folder, text, *arguments, **more):
    return config(folder, text, *arguments, compute_target="there", **more)


def is_running(run):
    return run.get_status() == "Running"


def is_final(run):
    return run._record().status.is_final


def launchers(run):
    """The two processes of a run's launcher, the outer one first."""
    found = []
    for process in marked(run.id):
        with suppress(psutil.Error):
            # Not the shell that may have been there before.
            if process.cmdline()[1:3] == ["-m", "jupyter_runs.launch"]:
                found.append((process.create_time(), process))
    return [process for _, process in sorted(found, key=lambda one: one[0])]


def stubborn(exp, folder, marker):
    run = exp.submit(there(folder, STUBBORN, marker))
    until(lambda: "up" in run.get_log(), "the script has started all that it starts")
    assert len(marked(marker)) == 4
    return run


# -- the straight road -------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
def test_a_script_runs_there_and_its_log_is_seen_while_it_does(exp, tmp_path):
    script = """
        import os, sys, time
        from jupyter_runs import Run
        print("first line", flush=True)
        Run.get_context().log("loss", 0.5)
        while not os.path.exists(sys.argv[1]):
            time.sleep(0.05)
        open("outputs/kept.txt", "w").write("kept")
        print("last line")
    """
    run = exp.submit(there(tmp_path / "src", script, tmp_path / "go"))
    until(lambda: "first line" in run.get_log(), "the first line is seen")
    until(lambda: run._record().log_bytes > 0, "the record says so")
    assert run.get_status() == "Running"
    assert "last line" not in run.get_log()
    (tmp_path / "go").touch()
    details = run.wait_for_completion()
    assert details["status"] == "Completed"
    assert details["target"] == "there"
    assert run.get_log().endswith("last line\n")
    assert run.get_metrics() == {"loss": 0.5}
    assert "outputs/kept.txt" in run.get_file_names()
    assert run.get_properties()[engines.HANDLE]
    assert run._record().owner.pid != os.getpid()


@pytest.mark.everywhere
@pytest.mark.parametrize(("code", "status"), [(0, "Completed"), (3, "Failed")])
def test_the_exit_code_of_the_script_is_how_the_run_ends(exp, tmp_path, code, status):
    run = exp.submit(there(tmp_path / "src", "import sys; sys.exit(int(sys.argv[1]))", code))
    details = run.wait_for_completion(raise_on_error=False)
    assert details["status"] == status
    if code:
        assert "exit code 3" in details["error"]["error"]["message"]


def test_environment_variables_reach_the_script_and_are_left_nowhere(exp, ws, tmp_path):
    settings = there(tmp_path / "src", "import os; print(len(os.environ['TOKEN']))")
    settings.run_config.environment_variables = {"TOKEN": "hush-" + "x" * 10}
    run = exp.submit(settings)
    run.wait_for_completion()
    assert run.get_log() == "15\n"
    holders = [file for file in tmp_path.rglob("*") if file.is_file() and b"hush-xxx" in file.read_bytes()]
    assert holders == []


def test_nobody_else_can_read_what_waits_for_the_launcher(exp, cluster, ws, tmp_path):
    with cluster.full():
        run = exp.submit(there(tmp_path / "src", "pass"))
        assert paths.note(ws.folder, run.id).stat().st_mode & 0o077 == 0
    run.wait_for_completion()
    assert not paths.note(ws.folder, run.id).exists()


@pytest.mark.everywhere
def test_a_second_job_of_the_same_run_does_nothing(exp, ws, tmp_path):
    settings = there(
        tmp_path / "src", "import sys, time; open(sys.argv[1], 'a').write('ran '); time.sleep(1)", tmp_path / "ran"
    )
    run = exp.submit(settings)
    submission = check(settings)
    engine = engines.engine(ws._config, submission)
    try:
        handle = engine.executor.submit(job(ws, run))
    except ComputeTargetException:
        pytest.fail("a run may be given to its engine twice")
    run.wait_for_completion()
    gone = {State.ENDED, State.LOST}
    until(lambda: engine.executor.poll([handle]).get(handle, (State.LOST,))[0] in gone, "the second job has ended")
    assert (tmp_path / "ran").read_text() == "ran "
    assert run.get_status() == "Completed"


def job(ws, run):
    """What the engine was given for a run."""
    seen = []

    class Engine:
        def submit(self, job):
            seen.append(job)
            return run.get_properties()[engines.HANDLE]

    there = targets.known(ws._config)["there"]
    submission = check(config(ws.folder / "any", "pass"))
    engine = engines.Engine(there, Engine(), engines.node_workspace(ws._config, there))
    engines.give(ws._config, ws.store, run.id, submission, engine)
    return seen[0]


# -- cancel ------------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
def test_cancel_ends_every_process_of_the_script(exp, tmp_path, marker):
    run = stubborn(exp, tmp_path / "src", marker)
    run.cancel()
    run.wait_for_completion()
    assert run.get_status() == "Canceled"
    assert marked(marker) == []
    until(lambda: not launchers(run), "the launcher has gone")


@pytest.mark.everywhere
def test_a_run_that_waits_is_canceled_at_once_and_never_begins(exp, cluster, tmp_path):
    with cluster.full():
        run = exp.submit(there(tmp_path / "src", "import sys; open(sys.argv[1], 'w')", tmp_path / "ran"))
        assert run.get_status() == "Queued"
        run.cancel()
        assert run.get_status() == "Canceled"
    after = exp.submit(there(tmp_path / "src", "pass"))
    after.wait_for_completion()
    assert run.get_status() == "Canceled"
    assert not (tmp_path / "ran").exists()


def test_cancel_needs_no_engine_that_answers(exp, cluster, tmp_path, marker):
    run = stubborn(exp, tmp_path / "src", marker)
    with cluster.full():
        waiting = exp.submit(there(tmp_path / "src", "pass"))
        cluster.cut()
        began = time.monotonic()
        waiting.cancel()
        run.cancel()
        assert time.monotonic() - began < 12
    assert waiting.get_status() == "Canceled"
    until(lambda: is_final(run), "the run has ended")
    assert run.get_status() == "Canceled"
    assert marked(marker) == []


def test_a_script_submits_children_here_and_there_and_a_cancel_of_it_reaches_them(exp, ws, tmp_path, marker):
    child = """
        import sys, time
        print("up", flush=True)
        time.sleep(600)
    """
    config(tmp_path / "src" / "child", child)
    parent = """
        import sys, time
        from jupyter_runs import Run, ScriptRunConfig
        run = Run.get_context()
        for name in ("local", "there"):
            run.submit_child(ScriptRunConfig("child", "train.py", arguments=sys.argv[1:], compute_target=name))
        print("submitted", flush=True)
        time.sleep(600)
    """
    run = exp.submit(there(tmp_path / "src", parent, marker))
    until(lambda: "submitted" in run.get_log(), "the children are submitted")
    children = list(run.get_children())
    assert sorted(one.get_details()["target"] for one in children) == ["local", "there"]
    assert {one._record().parent_id for one in children} == {run.id}
    until(lambda: all("up" in one.get_log() for one in children), "all run")
    run.cancel()
    until(lambda: all(map(is_final, (run, *children))), "all have ended")
    assert {one.get_status() for one in (run, *children)} == {"Canceled"}


def test_a_local_child_of_a_script_there_outlives_it(exp, tmp_path):
    config(tmp_path / "src" / "child", "import time; time.sleep(3); print('done')")
    parent = """
        from jupyter_runs import Run, ScriptRunConfig
        Run.get_context().submit_child(ScriptRunConfig("child", "train.py"))
    """
    run = exp.submit(there(tmp_path / "src", parent))
    run.wait_for_completion()
    (child,) = run.get_children()
    child.wait_for_completion()
    assert child.get_log() == "done\n"


# -- what dies ---------------------------------------------------------------------------------------------------------


def test_when_the_outer_process_is_killed_the_script_ends_with_all_it_started(exp, tmp_path, marker):
    run = stubborn(exp, tmp_path / "src", marker)
    launchers(run)[0].send_signal(signal.SIGKILL)
    until(lambda: is_final(run), "the run has ended")
    assert run.get_status() == "Failed"
    assert run._record().error.code == "ProcessEnded"
    assert "killed on its node" in run._record().error.message
    until(lambda: not marked(marker), "nothing is left")


def test_when_the_keeper_is_killed_the_script_ends_with_all_it_started(exp, tmp_path, marker):
    run = stubborn(exp, tmp_path / "src", marker)
    keeper = launchers(run)[1]
    assert run._record().owner.pid == keeper.pid
    keeper.send_signal(signal.SIGKILL)
    until(lambda: run.get_status() == "Failed", "the run has ended")
    assert run._record().error.code == "ProcessEnded"
    until(lambda: not marked(marker), "nothing is left")


def test_when_the_engine_tells_the_job_to_end_the_run_says_so(exp, tmp_path, marker):
    run = stubborn(exp, tmp_path / "src", marker)
    launchers(run)[0].terminate()
    until(lambda: is_final(run), "the run has ended")
    assert run.get_status() == "Failed"
    assert "told the job to end (SIGTERM)" in run._record().error.message
    until(lambda: not marked(marker), "nothing is left")


def test_a_job_that_is_ended_with_the_tools_of_the_engine_leaves_no_process(exp, cluster, tmp_path, marker):
    if cluster.kind == "dask":
        pytest.skip("Dask ends no task that runs")
    run = stubborn(exp, tmp_path / "src", marker)
    there = targets.known(exp.workspace._config)["there"]
    executor(there).cancel(run.get_properties()[engines.HANDLE])
    until(lambda: is_final(run), "the run has ended")
    assert run.get_status() == "Failed"
    until(lambda: not marked(marker), "nothing is left")


def test_when_the_engine_dies_on_the_node_no_run_goes_on_unseen(exp, cluster, tmp_path, marker):
    if cluster.kill_node is None:
        pytest.skip("this engine has no process on the node")
    run = stubborn(exp, tmp_path / "src", marker)
    cluster.kill_node()
    # The job may go on without it: then a cancel still ends it.
    run.cancel()
    until(lambda: is_final(run), "the run has ended")
    until(lambda: not marked(marker), "nothing is left")


@pytest.mark.parametrize("python", ["/bin/false", "/nowhere/python"])
def test_a_job_that_ends_before_the_script_began_is_failed_with_the_reason(
    exp, cluster, target, tmp_path, monkeypatch, python
):
    # Dask forgets what has ended.
    monkeypatch.setattr(lookout, "SILENT_S", 1.0)
    target(f'python = "{python}"')
    settings = there(tmp_path / "src", "pass")
    run = exp.submit(settings)
    until(lambda: is_final(run), "it is found out")
    error = run._record().error
    assert error.code == "LaunchError"
    assert ("does not know the job" if cluster.kind == "dask" else "ended the job") in error.message
    if python == "/nowhere/python":
        assert "/nowhere/python" in error.message


def test_a_node_with_another_series_of_the_package_refuses_with_the_remedy(exp, tmp_path, monkeypatch):
    monkeypatch.setattr(lookout, "SILENT_S", 1.0)
    monkeypatch.setattr("jupyter_runs.__version__", "99.1.0")
    run = exp.submit(there(tmp_path / "src", "pass"))
    until(lambda: is_final(run), "it is found out")
    assert "pip install 'jupyter_runs==99.1.0'" in run._record().error.message


def test_a_job_that_the_engine_has_forgotten_is_given_up_when_nothing_is_heard(exp, ws, monkeypatch):
    gone = Run._of(ws, ws.store.create_runs([queued(exp)])[0])
    look = lookout.Lookout(ws._config)
    monkeypatch.setattr(lookout, "LOOK_S", 0.0)
    assert look.look(ws.store) == []
    assert look.look(ws.store) == []  # it may only be late
    monkeypatch.setattr(lookout, "SILENT_S", 0.0)
    assert look.look(ws.store) == [gone.id]
    assert "does not know the job any more" in gone._record().error.message


def queued(exp, **properties):
    known = {engines.HANDLE: "987654321", targets.PROPERTY: "there", **properties}
    return NewRun(
        run_id=f"lost-{time.time_ns()}",
        experiment=exp.name,
        submitted_by="me",
        status=Status.QUEUED,
        type="azureml.scriptrun",
        properties=known,
        job={"target": "there"},
    )


def test_an_engine_that_does_not_answer_ends_no_run(exp, cluster, ws, monkeypatch):
    run = Run._of(ws, ws.store.create_runs([queued(exp)])[0])
    cluster.cut()
    for name, value in {"LOOK_S": 0.0, "SILENT_S": 0.0, "_PAUSE_S": 0.0}.items():
        monkeypatch.setattr(lookout, name, value)
    look = lookout.Lookout(ws._config)
    for _ in range(4):
        assert look.look(ws.store) == []
    assert run.get_status() == "Queued"


def test_submit_to_an_engine_that_does_not_answer_says_so_and_the_run_is_failed(exp, cluster, tmp_path):
    settings = there(tmp_path / "src", "pass")
    cluster.cut()
    with pytest.raises(ComputeTargetException):
        exp.submit(settings)
    (run,) = exp.get_runs()
    assert run.get_status() == "Failed"
    assert not Path(paths.note(exp.workspace.folder, run.id)).exists()


# -- with a server between the nodes and the runs -----------------------------------------------------------------------


@pytest.fixture
def team(tmp_path):
    """A Jupyter server that shows the workspace."""
    server = TeamServer(tmp_path / "server", JUPYTER_RUNS_WORKSPACE=str(tmp_path / "ws")).start()
    yield server
    server.stop()


REPORTS = """
    import os, time
    from jupyter_runs import Run, ScriptRunConfig
    run = Run.get_context()
    run.log("loss", 0.25)
    run.submit_child(ScriptRunConfig("child", "train.py", compute_target="there"))
    open("outputs/kept.txt", "w").write("kept")
    print(os.environ["JUPYTER_RUNS_WORKSPACE"].partition("?")[0], os.environ["JUPYTER_RUNS_TOKEN"][:5], os.environ["WORD"])
    assert "fulltoken" not in str(os.environ)
"""


def test_nodes_that_see_no_folder_of_ours_report_to_a_server(exp, target, team, tmp_path):
    target(f'server = "{team.url}"', shared="false")
    config(tmp_path / "src" / "child", "from jupyter_runs import Run; Run.get_context().log('of_child', 1)")
    settings = there(tmp_path / "src", REPORTS)
    settings.run_config.environment_variables = {"WORD": "costs $HOME"}
    run = exp.submit(settings)
    run.wait_for_completion()
    assert run.get_log() == f"{team.url} jrun. costs $HOME\n"
    assert run.get_metrics() == {"loss": 0.25}
    assert "outputs/kept.txt" in run.get_file_names()
    (child,) = run.get_children()
    child.wait_for_completion()
    assert child.get_metrics() == {"of_child": 1}


def test_a_cancel_reaches_nodes_that_see_no_folder_of_ours(exp, target, team, tmp_path, marker):
    target(f'server = "{team.url}"', shared="false")
    run = stubborn(exp, tmp_path / "src", marker)
    run.cancel()
    until(lambda: is_final(run), "the run has ended")
    assert run.get_status() == "Canceled"
    assert marked(marker) == []


def test_a_workspace_on_a_server_sends_scripts_to_an_engine_without_its_own_token(
    exp, target, team, tmp_path, monkeypatch
):
    far = Workspace(f"{team.address}&{urlencode({'files': str(tmp_path / 'files')})}")
    (tmp_path / "files").mkdir(exist_ok=True)
    (tmp_path / "files" / "compute.toml").write_text((tmp_path / "ws" / "compute.toml").read_text())
    config(tmp_path / "src" / "child", "from jupyter_runs import Run; Run.get_context().log('of_child', 1)")
    settings = there(tmp_path / "src", REPORTS)
    settings.run_config.environment_variables = {"WORD": "any"}
    run = Experiment(far, "far").submit(settings)
    run.wait_for_completion()
    assert run.get_log() == f"{team.url} jrun. any\n"
    assert "outputs/kept.txt" in run.get_file_names()
    (child,) = run.get_children()
    child.wait_for_completion()
    assert child.get_metrics() == {"of_child": 1}
    far.store.close()


def test_runs_in_postgresql_are_reported_there_and_its_password_is_in_no_description_of_a_job(
    exp, target, cluster, tmp_path
):
    files = tmp_path / "files"
    files.mkdir()
    (files / "compute.toml").write_text((tmp_path / "ws" / "compute.toml").read_text())
    far = Workspace(workspace("postgresql", files))
    text = "import sys; from jupyter_runs import Run; Run.get_context().log('loss', 0.25); sys.exit(3)"
    with cluster.full():
        run = Experiment(far, "far").submit(there(tmp_path / "src", text))
        holders = [file for file in tmp_path.rglob("*") if file.is_file() and b"secret-word" in file.read_bytes()]
        assert {(file.name, file.stat().st_mode & 0o077) for file in holders if "home" not in file.parts} == {
            ("note.json", 0)
        }
    details = run.wait_for_completion(raise_on_error=False)
    assert "exit code 3" in details["error"]["error"]["message"]
    assert run.get_metrics() == {"loss": 0.25}
    far.store.close()
