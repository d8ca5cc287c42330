"""The stop gate: whatever instant a cancel arrives at, it ends that run's body and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from kernel import Kernel, until

from jupyter_runs import Experiment, Run, RunCanceled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_runs import Workspace


def _one_run(experiment: Experiment) -> tuple[Run, bool]:
    """One short run; whether its body was unwound. Its own function: the frame that catches is not the frame that runs."""
    run = None
    try:
        with experiment.start_logging() as run:
            deadline = time.perf_counter() + random.uniform(0, 0.003)
            while time.perf_counter() < deadline:
                pass
            run.log("x", 1)
    except RunCanceled:
        assert run is not None
        return run, True
    return run, False


def test_stress_no_cancel_escapes_its_run_and_every_state_is_right(ws: Workspace) -> None:
    """Thousands of short runs, canceled at random instants by another thread."""
    experiment = Experiment(ws, "stress")
    newest: list[str] = []
    done = threading.Event()

    def cancel_at_random() -> None:
        while not done.is_set():
            time.sleep(random.uniform(0, 0.006))
            session = next(iter(ws.sessions.values()), None)
            if session is not None:
                gate = session.gate
                newest.append(session.run_id)
                if gate is not None:
                    gate.ask("stress", "rest")
                    ws.watch.poke()

    before = signal.getsignal(signal.SIGINT)
    canceler = threading.Thread(target=cancel_at_random)
    canceler.start()
    outcomes = []
    try:
        for _ in range(2000):
            outcomes.append(_one_run(experiment))
            sum(range(50))  # the code between two runs: a signal that lands here would end the test
    finally:
        done.set()
        canceler.join()
    assert signal.getsignal(signal.SIGINT) is before
    wrong = [
        (run.id, unwound, run.status)
        for run, unwound in outcomes
        if run.status != ("Canceled" if unwound else "Completed")
    ]
    assert wrong == []
    assert sum(unwound for _, unwound in outcomes) > 20, "the stress did not cancel anything"


def _busy() -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with contextlib.suppress(Exception):
            sum(range(100))


BODIES: dict[str, Callable[[], object]] = {
    "sleep": lambda: time.sleep(30),
    "lock": lambda: (lock := threading.Lock()).acquire() and lock.acquire(),
    "event": lambda: threading.Event().wait(30),
    "subprocess": lambda: subprocess.run(["sleep", "30"], check=False),
    "loop": _busy,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_cancel_from_another_process_unwinds_the_body(ws: Workspace, body: Callable[[], object]) -> None:
    run = None
    with pytest.raises(RunCanceled):  # noqa: PT012
        with Experiment(ws, "e").start_logging() as run:
            _cancel_elsewhere(run)
            body()
    assert run is not None
    record = ws.store.get_run(run.id)
    assert (record.status.value, record.cancel_via) == ("Canceled", "python")


def _cancel_elsewhere(run: Run) -> None:
    code = f"from jupyter_runs import Run, Workspace; Run.get(Workspace.from_config(), {run.id!r}).cancel()"
    threading.Thread(target=subprocess.run, args=([sys.executable, "-c", code],)).start()


def test_a_cancel_of_a_child_alone_ends_its_block_and_the_parent_goes_on(ws: Workspace) -> None:
    with Experiment(ws, "e").start_logging() as run:
        with run.child_run("trial") as child:
            ws.store.request_cancel(child.id, by="me", via="panel")
            time.sleep(30)
        run.log("after", 1)
    assert (child.status, run.status, run.get_metrics()) == ("Canceled", "Completed", {"after": 1})


def test_a_cancel_of_the_parent_ends_the_childs_block_too(ws: Workspace) -> None:
    with pytest.raises(RunCanceled):  # noqa: PT012
        with Experiment(ws, "e").start_logging() as run, run.child_run("trial") as child:
            others = run.create_children(3)
            ws.store.request_cancel(run.id, by="me", via="panel")
            time.sleep(30)
    assert {r.status for r in (run, child, *others)} == {"Canceled"}


def test_clean_up_of_a_canceled_body_may_finish(ws: Workspace) -> None:
    cleaned = []
    with pytest.raises(RunCanceled):  # noqa: PT012
        with Experiment(ws, "e").start_logging() as run:
            try:
                ws.store.request_cancel(run.id, by="me", via="panel")
                time.sleep(30)
            finally:
                time.sleep(0.6)
                cleaned.append(True)
    assert cleaned == [True]


def test_a_body_that_swallows_the_cancel_is_told_again(ws: Workspace) -> None:
    swallowed = 0
    with pytest.raises(RunCanceled):  # noqa: PT012
        with Experiment(ws, "e").start_logging() as run:
            ws.store.request_cancel(run.id, by="me", via="panel")
            while swallowed < 3:
                try:
                    time.sleep(30)
                except KeyboardInterrupt:
                    swallowed += 1
            time.sleep(30)
    assert run.status == "Canceled"


def test_a_persons_own_interrupt_is_canceled_by_interrupt(ws: Workspace) -> None:
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012
        with Experiment(ws, "e").start_logging() as run:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            time.sleep(30)
    record = ws.store.get_run(run.id)
    assert (record.status.value, record.cancel_via) == ("Canceled", "interrupt")


def test_code_in_another_thread_ends_at_its_next_log(ws: Workspace) -> None:
    raised = []

    def work() -> None:
        try:
            with Experiment(ws, "e").start_logging() as run:
                ws.store.request_cancel(run.id, by="me", via="panel")
                while True:
                    run.log("x", 1)
                    time.sleep(0.01)
        except RunCanceled as error:
            raised.append(error.run_id)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(15)
    assert len(raised) == 1
    assert ws.get_run(raised[0]).status == "Canceled"


def test_an_async_body_in_a_script_is_canceled(ws: Workspace) -> None:
    async def main() -> Run:
        with Experiment(ws, "e").start_logging() as run:
            ws.store.request_cancel(run.id, by="me", via="panel")
            await asyncio.sleep(30)
        return run

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert next(Experiment(ws, "e").get_runs()).status == "Canceled"


# -- in a real kernel ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    kernel = Kernel(
        JUPYTER_RUNS_WORKSPACE=str(tmp_path_factory.mktemp("k") / "ws"),
        JUPYTER_RUNS_HOME=str(tmp_path_factory.mktemp("h")),
    )
    kernel.run("%load_ext jupyter_runs")
    yield kernel
    kernel.close()


@pytest.fixture
def kernel_ws(kernel: Kernel) -> Workspace:
    from jupyter_runs import Workspace

    return Workspace(kernel.run("import os; print(os.environ['JUPYTER_RUNS_WORKSPACE'])").stdout.strip())


CELLS = {
    "sleep": "import time; time.sleep(60)",
    "await": "import asyncio; await asyncio.sleep(60)",
    "sync code in an async cell": "import asyncio, time\nawait asyncio.sleep(0.01)\ntime.sleep(60)",
    "sync code in a sub-task": "import asyncio, time\nasync def f():\n    time.sleep(60)\nawait asyncio.gather(f(), asyncio.sleep(60))",
    "except Exception": "while True:\n    try: sum(range(100))\n    except Exception: pass",
    "subprocess": "import subprocess; subprocess.run(['sleep', '60'])",
    "shell command": "!sleep 60",
    "lock": "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "socket": "import socket; a, b = socket.socketpair(); a.recv(1)",
    "numpy": "import numpy as np\na = np.random.rand(300, 300)\nwhile True: a @ a",
    "printing": "while True: print('x')",
    "logging": "while True: run.log('x', 1)",
}


@pytest.mark.parametrize("code", CELLS.values(), ids=CELLS)
def test_a_busy_cell_is_canceled_and_the_next_one_is_not_hit(kernel: Kernel, kernel_ws: Workspace, code: str) -> None:
    cell = kernel.start(f"%%run_experiment busy --panel none\nkept = 42\n{code}")
    after = kernel.start("print('next', kept)")
    run = until(lambda: next((r for r in kernel_ws.search("status:running")), None))
    run.cancel()
    kernel.finish(cell)
    following = kernel.finish(after)
    assert run.status == "Canceled"
    assert (following.ok, following.stdout) == (True, "next 42\n")


def test_stress_in_a_kernel_no_reply_is_lost_and_no_other_cell_is_hit(kernel: Kernel, kernel_ws: Workspace) -> None:
    """Short run cells with an ordinary cell after each; cancels at random instants."""
    done = threading.Event()

    def cancel_at_random() -> None:
        while not done.is_set():
            time.sleep(random.uniform(0, 0.04))
            for run in kernel_ws.search("status:active"):
                kernel_ws.store.request_cancel(run.id, by="stress", via="rest")

    canceler = threading.Thread(target=cancel_at_random)
    canceler.start()
    wrong = []
    bodies = [
        "import time; time.sleep(0.02)",
        "import asyncio; await asyncio.sleep(0.02)",
        "for _ in range(20000): pass",
    ]
    try:
        for i in range(150):
            cell = kernel.start(f"%%run_experiment stress --panel none --name n{i}\n{bodies[i % 3]}")
            after = kernel.start(f"for _ in range(20000): pass\nprint({i})")
            replied = kernel.finish(cell)
            following = kernel.finish(after)
            run = next(iter(kernel_ws.search(f"name:n{i}")))
            expected = {"Completed"} if replied.ok else {"Canceled"}
            if following.stdout != f"{i}\n" or run.status not in expected:
                wrong.append((i, replied.reply.get("ename"), run.status, following.reply))
    finally:
        done.set()
        canceler.join()
    assert wrong == []


def test_a_run_opened_by_hand_is_canceled_in_a_later_cell(kernel: Kernel, kernel_ws: Workspace) -> None:
    kernel.run(
        "from jupyter_runs import *\nrun = Experiment(Workspace.from_config(), 'hand').start_logging(name='by-hand')"
    )
    cell = kernel.start("run.log('begun', 1); import time; time.sleep(60)")
    run = next(iter(kernel_ws.search("name:by-hand")))
    until(run.get_metrics)
    run.cancel()
    assert kernel.finish(cell).reply["ename"] == "RunCanceled"
    assert run.status == "Canceled"


def test_a_run_opened_by_hand_is_canceled_between_cells(kernel: Kernel, kernel_ws: Workspace) -> None:
    kernel.run("run = Experiment(Workspace.from_config(), 'hand').start_logging(name='idle')")
    run = next(iter(kernel_ws.search("name:idle")))
    run.cancel()
    until(lambda: run.status == "Canceled")
    assert kernel.run("print('alive')").stdout == "alive\n"


def test_runs_of_a_killed_kernel_become_failed_with_the_reason(tmp_path: object) -> None:
    from jupyter_runs import Workspace

    kernel = Kernel()
    kernel.run("%load_ext jupyter_runs")
    kernel.start("%%run_experiment dying\nrun.create_children(3)\nimport time; time.sleep(60)")
    ws = Workspace.from_config()
    run = until(
        lambda: next((r for r in ws.search("status:running exp:dying") if len(r.get_children()) == 3 or r.parent), None)
    )
    root = run.parent or run
    kernel.kill()
    assert until(lambda: root.status == "Failed")
    assert {child.status for child in root.get_children()} == {"Failed"}
    assert "ended without reporting" in root.get_details()["error"]["error"]["message"]
    kernel.close()


def test_a_child_in_a_gathered_task_is_canceled_alone(kernel: Kernel, kernel_ws: Workspace) -> None:
    code = """%%run_experiment gathered --panel none --name tasks
import asyncio
async def f(i):
    with run.child_run(f"g{i}") as child:
        for j in range(1000):
            child.log("x", j)
            if i != 1 and j > 60:
                return
            await asyncio.sleep(0.02)
await asyncio.gather(f(0), f(1), f(2))"""
    cell = kernel.start(code)
    child = until(lambda: next((r for r in kernel_ws.search("name:g1") if r.get_metrics()), None))
    child.cancel()
    assert kernel.finish(cell).ok
    assert [next(iter(kernel_ws.search(f"name:{name}"))).status for name in ("g0", "g1", "g2", "tasks")] == [
        "Completed",
        "Canceled",
        "Completed",
        "Completed",
    ]


@pytest.mark.parametrize(
    "call", ["run.tag('a', 'b')", "run.get_metrics()", "run.create_children(20)", "run.child_run().complete()"]
)
def test_a_cell_that_is_always_inside_our_own_calls_is_canceled(
    kernel: Kernel, kernel_ws: Workspace, call: str
) -> None:
    cell = kernel.start(f"%%run_experiment inside --panel none\nimport time\nwhile True: {call}")
    run = until(lambda: next(iter(kernel_ws.search("status:running exp:inside")), None))
    root = run.parent or run
    root.cancel()
    assert not kernel.finish(cell).ok
    assert root.status == "Canceled"


def test_threads_of_a_cell_end_at_their_next_log(kernel: Kernel, kernel_ws: Workspace) -> None:
    code = """%%run_experiment threads --panel none
import time
from concurrent.futures import ThreadPoolExecutor
def work(i):
    while True:
        run.log("x", i)
        time.sleep(0.01)
with ThreadPoolExecutor(3) as pool:
    list(pool.map(work, range(3)))"""
    cell = kernel.start(code)
    run = until(lambda: next((r for r in kernel_ws.search("status:running exp:threads") if r.get_metrics()), None))
    run.cancel()
    assert not kernel.finish(cell).ok
    assert run.status == "Canceled"
