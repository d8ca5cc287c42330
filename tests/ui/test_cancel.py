"""Cancel reaches a cell while it is busy, from everywhere, and hits nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest
from lab import PROMPTLY, SECOND

SET_UP = """\
%load_ext jupyter_runs
import asyncio, socket, subprocess, sys, threading, time
import numpy as np
kept = 42
"""

# What a cell may be busy with. Each says "busy" first and would go on for a minute or for ever.
BUSY = {
    "python-loop": """
        i = 0
        while True:
            i += 1
    """,
    "sleep": """
        time.sleep(60)
    """,
    "subprocess": """
        subprocess.run([sys.executable, "-c", "import time; time.sleep(60)"])
    """,
    "lock": """
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()
    """,
    "socket": """
        here, there = socket.socketpair()
        here.recv(1)
    """,
    "await": """
        await asyncio.sleep(60)
    """,
    "sync-in-async-cell": """
        await asyncio.sleep(0)
        time.sleep(60)
    """,
    "except-exception-loop": """
        while True:
            try:
                time.sleep(0.01)
            except Exception:
                pass
    """,
    "numpy-chain": """
        a = np.random.default_rng(0).random((400, 400))
        while True:
            a = a @ a
            a /= np.abs(a).max()
    """,
    "shell": """
        !sleep 60
    """,
}


def _cell(experiment: str, name: str, body: str) -> str:
    lines = [line[8:] for line in body.strip("\n").splitlines()]
    return "\n".join([f"%%run_experiment {experiment} --name {name}", 'print("bu" + "sy", flush=True)', *lines])


@pytest.fixture(scope="module")
def busy_notebook(shared_lab):
    """One notebook with all busy cells, each followed by an innocent one; cell 0 sets up."""
    cells = [SET_UP]
    for name, body in BUSY.items():
        cells += [_cell("cancel", name, body), f'print("next after {name}:", kept + 1)']
    notebook = shared_lab.notebook("busy.ipynb", *cells)
    notebook.run_to_end(0)
    return notebook


@pytest.fixture
def alive(busy_notebook):
    """The notebook with an idle kernel that has been set up, whatever the test before left behind."""
    if not busy_notebook.is_idle():
        busy_notebook.restart_kernel()
        busy_notebook.run_to_end(0)
    return busy_notebook


@pytest.mark.parametrize("name", BUSY)
def test_cancel_in_the_panel_ends_a_busy_cell_and_nothing_else(alive, find_run, name):
    number = 1 + 2 * list(BUSY).index(name)
    cell = alive.run(number).shows("busy")
    cell.panel.reads("Running").cancel()
    cell.panel.reads("Canceled")
    cell.finished(PROMPTLY)
    alive.run_to_end(number + 1).shows(f"next after {name}: 43")

    run = find_run("cancel", name)
    assert run.get_status() == "Canceled"
    cell.panel.reads("Canceled")


@pytest.fixture
def two_notebooks(lab):
    """A notebook that is busy with the run of its cell 1, and another one with a kernel of its own."""
    busy = lab.notebook(
        "busy-elsewhere.ipynb",
        SET_UP,
        *[_cell("routes", route, BUSY["sleep"]) for route in ("sidebar", "python", "magic", "cli")],
        "print('alive', kept)",
    )
    busy.run_to_end(0)
    other = lab.notebook("other.ipynb", "%load_ext jupyter_runs", "", "")
    other.run_to_end(0)
    return busy, other


def test_cancel_from_sidebar_other_kernel_magic_and_command_line(two_notebooks, find_run, server):
    busy, other = two_notebooks

    def from_sidebar(_run_id: str) -> None:
        busy.sidebar().cancel("sidebar")

    def from_another_kernel(run_id: str) -> None:
        other.write(
            1, f"from jupyter_runs import Run, Workspace\nRun.get(Workspace.from_config(), '{run_id}').cancel()"
        )
        other.run_to_end(1)

    def from_a_magic(run_id: str) -> None:
        other.write(2, f"%run_cancel {run_id}")
        other.run_to_end(2)

    def from_the_command_line(run_id: str) -> None:
        command = [sys.executable, "-m", "jupyter", "runs", "cancel", "-r", run_id]
        subprocess.run(command, env=server.environment, check=True, timeout=30, stdin=subprocess.DEVNULL)

    routes = [
        ("sidebar", from_sidebar, "sidebar"),
        ("python", from_another_kernel, "python"),
        ("magic", from_a_magic, "magic"),
        ("cli", from_the_command_line, "cli"),
    ]
    for number, (name, cancel, via) in enumerate(routes, start=1):
        busy.page.bring_to_front()
        cell = busy.run(number).shows("busy")
        cell.panel.reads("Running")
        run = find_run("routes", name)
        cancel(run.id)
        busy.page.bring_to_front()
        cell.panel.reads("Canceled", timeout=PROMPTLY)
        cell.finished(PROMPTLY)
        assert find_run("routes", name).get_status() == "Canceled"
        assert canceled_via(server, run.id) == via
    busy.run_to_end(5).shows("alive 42")


def canceled_via(server, run_id: str) -> str:
    """From where a cancel came, as the REST API tells."""
    return server.api(f"/jupyter-runs/api/runs/{run_id}")["cancel_via"]


CHILDREN = """\
%%run_experiment family --name parent
with run.child_run("grown-up") as grown_up:
    grown_up.complete()
working = run.child_run("working")
grandchild = working.child_run("grandchild")
waiting = run.create_children(count=3)
print("bu" + "sy", flush=True)
time.sleep(60)
"""


def test_cancel_ends_the_unfinished_children_and_leaves_finished_ones(lab, find_run):
    notebook = lab.notebook("family.ipynb", SET_UP, CHILDREN)
    notebook.run_to_end(0)
    cell = notebook.run(1).shows("busy")
    cell.panel.reads("Running").cancel()
    cell.panel.reads("Canceled")
    cell.finished(PROMPTLY)

    parent = find_run("family", "parent")
    statuses = {child.display_name: child.get_status() for child in parent.get_children(recursive=True)}
    assert len(statuses) == 6
    assert statuses.pop("grown-up") == "Completed"
    assert set(statuses.values()) == {"Canceled"}


COMPOSED = """\
from ipywidgets import VBox
from jupyter_runs import Experiment, RunPanel, Workspace
experiment = Experiment(Workspace.from_config(), "composed")
left, right = experiment.start_logging(), experiment.start_logging()
left.display_name, right.display_name = "left", "right"
VBox([RunPanel(left), RunPanel(right)])
"""


def test_panels_compose_in_a_box_and_cancel_works_while_the_cell_is_busy(lab):
    notebook = lab.notebook(
        "composed.ipynb",
        SET_UP,
        COMPOSED,
        "print('bu' + 'sy', flush=True)\ntime.sleep(60)",
        "print(right.get_status())",
    )
    notebook.run_to_end(0)
    box = notebook.run_to_end(1)
    left, right = box.panel_of("left"), box.panel_of("right")
    left.reads("Running")
    right.reads("Running")

    waiting = notebook.run(2).shows("busy")
    left.cancel()
    left.reads("Canceled")
    waiting.finished(PROMPTLY)
    right.reads("Running")
    notebook.run_to_end(3).shows("Running")


def test_a_cell_inside_one_c_call_says_canceling_and_then_offers_to_interrupt_or_restart(lab):
    c_call = "%%run_experiment c-call --name c-call\nimport hashlib\nprint('bu' + 'sy', flush=True)\n"
    c_call += "hashlib.pbkdf2_hmac('sha256', b'x', b'y', 200_000_000)"
    notebook = lab.notebook("c-call.ipynb", SET_UP, c_call)
    notebook.run_to_end(0)
    cell = notebook.run(1).shows("busy")
    cell.panel.reads("Running").cancel()
    cell.panel.reads("Canceling…")
    cell.panel.place.get_by_role("button", name="Force stop").click(timeout=15 * SECOND)
    cell.panel.place.get_by_role("button", name="Interrupt kernel").wait_for()
    cell.panel.place.get_by_role("button", name="Restart kernel").click()
    cell.panel.place.get_by_text("All its variables are lost").wait_for()
    cell.panel.place.get_by_role("button", name="Restart kernel").click()
    cell.panel.reads("Canceled", timeout=15 * SECOND)
