"""Scripts that are submitted from a notebook: what happens to the kernel does not happen to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kernel import Kernel

from scripts import config, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_runs.run import Run
    from jupyter_runs.workspace import Workspace


@pytest.fixture
def kernel(tmp_path: Path, ws: Workspace) -> Iterator[Kernel]:
    """A kernel in a folder with a script that runs until the file `go` is there."""
    config(
        tmp_path / "src",
        f"""
        import os, time
        print("up", flush=True)
        while not os.path.exists({str(tmp_path / "go")!r}):
            time.sleep(0.02)
        print("end")
        """,
    )
    kernel = Kernel(JUPYTER_RUNS_WORKSPACE=str(ws.folder), JUPYTER_RUNS_HOME=str(tmp_path / "home"))
    setup = kernel.run(
        f"%cd -q {tmp_path / 'src'}\nfrom jupyter_runs import *\nexp = Experiment(Workspace.from_config(), 'k')\n"
        "config = ScriptRunConfig('.', 'train.py')"
    )
    assert setup.ok, setup.traceback
    yield kernel
    kernel.close()


def submitted(kernel: Kernel, ws: Workspace) -> Run:
    run = ws.get_run(kernel.run("run = exp.submit(config)\nprint(run.id)").stdout.strip())
    until(lambda: "up" in run.get_log(), "the script runs")
    return run


def test_interrupt_of_a_cell_that_waits_leaves_the_script_alone(kernel: Kernel, ws: Workspace, tmp_path: Path) -> None:
    run = submitted(kernel, ws)
    message = kernel.start("run.wait_for_completion(show_output=True)")
    shown = ""
    while "up" not in shown:
        reply = kernel.client.get_iopub_msg(timeout=30)
        shown += reply["content"].get("text", "") if reply["msg_type"] == "stream" else ""
    kernel.manager.interrupt_kernel()
    result = kernel.finish(message)
    assert result.errors[0]["ename"] == "ExperimentExecutionException"
    assert "goes on" in result.traceback
    assert run.get_status() == "Running"
    (tmp_path / "go").touch()
    assert run.wait_for_completion()["status"] == "Completed"


def test_a_killed_kernel_leaves_the_script_alone(kernel: Kernel, ws: Workspace, tmp_path: Path) -> None:
    run = submitted(kernel, ws)
    kernel.kill()
    (tmp_path / "go").touch()
    assert run.wait_for_completion()["status"] == "Completed"
    assert run.get_log() == "up\nend\n"


def test_a_cell_that_is_a_run_submits_a_child_and_its_cancel_reaches_it(
    kernel: Kernel, ws: Workspace, tmp_path: Path
) -> None:
    assert kernel.run("%load_ext jupyter_runs").ok
    message = kernel.start(
        "%%run_experiment k\nchild = run.submit_child(config)\nchild.wait_for_completion(show_output=True)"
    )
    until(lambda: list(ws.search("is:script status:running")), "the child runs")
    (child,) = ws.search("is:script")
    until(lambda: "up" in child.get_log(), "the script runs")
    child.parent.cancel()
    result = kernel.finish(message, timeout=60)
    assert result.errors[0]["ename"] == "RunCanceled", result.traceback
    until(lambda: child.get_status() == "Canceled", "the child is canceled")
    assert child.parent.get_status() == "Canceled"
    record = child.get_properties()
    assert record["jupyter_runs.script"] == "train.py"


def test_the_cell_of_a_run_is_kept(kernel: Kernel, ws: Workspace) -> None:
    code = "hand = exp.start_logging()\nprint(hand.id)"
    run = ws.get_run(kernel.run(code).stdout.strip())
    assert run.get_details()["runDefinition"]["cell"] == code
    assert run.get_properties()["jupyter_runs.cell"].startswith("In [")
    kernel.run("hand.complete()")
