"""The article "Start, monitor, and cancel training runs in Python" of SDK v1, example by example and in its order.

In a real kernel with one line added (`%load_ext jupyter_runs.azureml`), and on the command line with `az ml` replaced by `jruns`.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from kernel import Kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = {
    "hello_with_delay.py": """
        import time
        print("Hello, going to sleep")
        time.sleep(600)
    """,
    "hello_with_children.py": """
        from azureml.core import Run
        run = Run.get_context()
        for c in range(5):
            with run.child_run() as child:
                child.log(name="Hello from child run ", value=c)
    """,
    "parent_script.py": """
        from azureml.core import Run, ScriptRunConfig
        ## In parent run script
        parent_run = Run.get_context()
        child_run_config = ScriptRunConfig(source_directory='.', script='child_script.py')
        parent_run.submit_child(child_run_config).wait_for_completion(show_output=True)
    """,
    "child_script.py": """
        from azureml.core import Run
        ## In child run script
        child_run = Run.get_context()
        print("my parent is", child_run.parent.id)
    """,
    "train.py": """
        from azureml.core import Run
        run = Run.get_context()
        run.log("accuracy", 0.9)
        print("trained")
    """,
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("article") / "project"
    folder.mkdir()
    for name, text in PROJECT.items():
        (folder / name).write_text(textwrap.dedent(text))
    return folder


@pytest.fixture(scope="module")
def environment(project: Path) -> dict[str, str]:
    """A user of one's own, and no workspace named: the project's config file says which."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER_RUNS_")}
    return {**ours, "JUPYTER_RUNS_HOME": str(project.parent / "home")}


class Cli:
    """`jruns …` in the project's folder."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment

    def run(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("jruns")), *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == code, f"{words}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words).stdout)


@pytest.fixture(scope="module")
def cli(project: Path, environment: dict[str, str]) -> Cli:
    cli = Cli(project, environment)
    cli.run("folder", "attach", "-w", "myworkspace", "-g", "myresourcegroup")
    return cli


@pytest.fixture(scope="module")
def kernel(project: Path, cli: Cli, environment: dict[str, str]) -> Iterator[Kernel]:
    # A variable that is set to nothing is as good as one that is not set.
    # MORE: some versions of `more` wait for a key at the end of a file.
    kernel = Kernel(JUPYTER_RUNS_HOME=environment["JUPYTER_RUNS_HOME"], JUPYTER_RUNS_WORKSPACE="", MORE="-e")
    kernel.run(f"%cd -q {project}")
    assert kernel.run("%load_ext jupyter_runs.azureml").ok
    yield kernel
    kernel.close()


@pytest.fixture(scope="module")
def cell(kernel: Kernel) -> Any:
    def run(code: str) -> str:
        result = kernel.run(textwrap.dedent(code), timeout=100)
        assert result.ok, result.traceback
        return result.stdout

    return run


def test_by_the_sdk(cell: Any, cli: Cli) -> None:
    # Prerequisites
    cell("import azureml.core")
    assert cell("print(azureml.core.VERSION)").strip()

    # Start a run and its logging process
    cell("""
        import azureml.core
        from azureml.core import Workspace, Experiment, Run
        from azureml.core import ScriptRunConfig

        ws = Workspace.from_config()
        exp = Experiment(workspace=ws, name="explore-runs")
    """)
    assert cell("print(ws.name, ws.resource_group, type(ws.location).__name__)") == "myworkspace myresourcegroup str\n"
    cell("""
        notebook_run = exp.start_logging()
        notebook_run.log(name="message", value="Hello from run!")
    """)

    # Monitor the status of a run
    assert cell("print(notebook_run.get_status())") == "Running\n"
    details = ast.literal_eval(cell("print(notebook_run.get_details())"))
    assert {"runId", "target", "status", "startTimeUtc", "properties", "logFiles"} <= details.keys()
    assert cell("notebook_run.complete()\nprint(notebook_run.get_status())") == "Completed\n"
    assert (
        cell("""
        with exp.start_logging() as notebook_run:
            notebook_run.log(name="message", value="Hello from run!")
            print(notebook_run.get_status())

        print(notebook_run.get_status())
    """)
        == "Running\nCompleted\n"
    )

    # Cancel or fail runs
    cell("""
        run_config = ScriptRunConfig(source_directory='.', script='hello_with_delay.py')
        local_script_run = exp.submit(run_config)
    """)
    assert cell("print(local_script_run.get_status())").strip() in {"Queued", "Preparing", "Running"}
    assert cell("local_script_run.cancel()\nprint(local_script_run.get_status())").strip() in {
        "CancelRequested",
        "Canceled",
    }
    assert cell("local_script_run.wait_for_completion()\nprint(local_script_run.get_status())") == "Canceled\n"
    assert (
        cell("""
        local_script_run = exp.submit(run_config)
        local_script_run.fail()
        print(local_script_run.get_status())
    """)
        == "Failed\n"
    )

    # Create child runs
    shown = cell("""
        !more hello_with_children.py
        run_config = ScriptRunConfig(source_directory='.', script='hello_with_children.py')

        local_script_run = exp.submit(run_config)
        local_script_run.wait_for_completion(show_output=True)
        print(local_script_run.get_status())
    """)
    assert "from azureml.core import Run" in shown
    assert shown.endswith("Completed\n")
    assert cell("print(len(list(local_script_run.get_children())))") == "5\n"
    cell("""
        with exp.start_logging() as parent_run:
            for c,count in enumerate(range(5)):
                with parent_run.child_run() as child:
                    child.log(name="Hello from child run", value=c)
    """)
    assert (
        cell("print(sorted(c.get_metrics()['Hello from child run'] for c in parent_run.get_children()))")
        == "[0, 1, 2, 3, 4]\n"
    )

    # Submit child runs
    cell("""
        submitting = exp.submit(ScriptRunConfig(source_directory='.', script='parent_script.py'))
        submitting.wait_for_completion()
        (submitted,) = submitting.get_children()
    """)
    assert cell("print(submitted.get_details_with_logs()['logFiles']['user_logs/std_log.txt'])").strip() == (
        "my parent is " + cell("print(submitting.id)").strip()
    )

    # Query child runs
    assert cell("print(parent_run.get_children())").count("Run(") == 5
    assert cell("print(len(list(parent_run.get_children(recursive = True))))") == "5\n"

    # Tag and find runs
    properties = cell("""
        local_script_run.add_properties({"author":"azureml-user"})
        print(local_script_run.get_properties())
    """)
    assert ast.literal_eval(properties)["author"] == "azureml-user"
    refused = cell("""
        try:
            local_script_run.add_properties({"author":"different-user"})
        except Exception as e:
            print(e)
    """)
    assert "author" in refused
    assert refused.count("\n") == 1
    assert (
        cell("""
        local_script_run.tag("quality", "great run")
        print(local_script_run.get_tags())

        local_script_run.tag("quality", "fantastic run")
        print(local_script_run.get_tags())
    """)
        == "{'quality': 'great run'}\n{'quality': 'fantastic run'}\n"
    )
    tags = cell('local_script_run.tag("worth another look")\nprint(local_script_run.get_tags())')
    assert ast.literal_eval(tags) == {"quality": "fantastic run", "worth another look": None}
    cell("""
        first = list(exp.get_runs(properties={"author":"azureml-user"},tags={"quality":"fantastic run"}))
        second = list(exp.get_runs(properties={"author":"azureml-user"},tags="worth another look"))
    """)
    assert cell("print(first == second == [local_script_run])") == "True\n"
    # The queries of the command line, in the words of the article, over what the SDK has just recorded.
    run_id = cell("print(local_script_run.id)").strip()
    for query in (
        "[?properties.author=='azureml-user']",
        "[?tags.keys(@)[?starts_with(@, 'worth another look')]]",
        "[?properties.author=='azureml-user' && tags.quality=='fantastic run']",
    ):
        for words in ((query,), ("--query", query)):
            found = cli.json("list", "--experiment-name", "explore-runs", *words)
            assert [run["run_id"] for run in found] == [run_id], (query, found)


def test_by_the_command_line(cli: Cli, project: Path) -> None:
    # folder attach has left what the article says it does.
    attached = {file.name for file in (project / ".azureml").iterdir()}
    assert {"config.json", "sklearn.runconfig", "conda_dependencies.yml"} <= attached
    submitted = cli.run("run", "submit-script", "-c", "sklearn", "-e", "testexperiment", "train.py")
    run = json.loads(submitted.stdout)
    assert (run["status"], run["experiment"], run["metrics"]["accuracy"]["last"]) == (
        "Completed",
        "testexperiment",
        0.9,
    )
    assert "trained" in submitted.stderr

    (listed,) = cli.json("run", "list", "--experiment-name", "testexperiment")
    assert listed["run_id"] == run["run_id"]
    assert cli.json("run", "show", "-r", run["run_id"])["status"] == "Completed"

    asynchronous = cli.json(
        "run", "submit-script", "-c", "sklearn", "-e", "testexperiment", "--async", "hello_with_delay.py"
    )
    runid = asynchronous["run_id"]
    cli.run("run", "cancel", "-r", runid, "-w", "myworkspace", "-e", "testexperiment")
    assert cli.json("run", "show", "-r", runid)["status"] == "Canceled"

    cli.run("run", "update", "-r", runid, "--add-tag", "quality=fantastic run")
    assert cli.json("run", "show", "-r", runid)["tags"] == {"quality": "fantastic run"}
    assert [e["name"] for e in cli.json("experiment", "list")][:1] == ["testexperiment"]
