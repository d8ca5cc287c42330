"""How long a cancel takes: from the request to the final status, with the cell busy."""

from __future__ import annotations

import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_runs import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parent.parent / "tests"
BODIES = {
    "time.sleep": "import time; time.sleep(60)",
    "pure Python": "while True: pass",
    "await": "import asyncio; await asyncio.sleep(60)",
    "numpy": "import numpy as np\na = np.random.rand(300, 300)\nwhile True: a @ a",
}


def _row(what: str, times: list[float], goal: str) -> str:
    median, worst = statistics.median(times) * 1e3, max(times) * 1e3
    return f"{what:<44} {median:>9.0f} ms {'(worst ' + format(worst, '.0f') + ')':>12} {'':>7}  {goal}"


def cancel() -> Iterator[str]:
    """Request written by this process -> run Canceled, in a real kernel."""
    sys.path.insert(0, str(TESTS))
    from kernel import Kernel, until

    with tempfile.TemporaryDirectory() as folder:
        kernel = Kernel(JUPYTER_RUNS_WORKSPACE=folder + "/ws", JUPYTER_RUNS_HOME=folder + "/home")
        kernel.run("%load_ext jupyter_runs")
        workspace = Workspace(folder + "/ws")
        try:
            for name, body in BODIES.items():
                times = []
                for _ in range(7):
                    cell = kernel.start(f"%%run_experiment bench --panel none\n{body}")
                    run = until(lambda: next(iter(workspace.search("status:running")), None))
                    time.sleep(0.3)
                    began = time.perf_counter()
                    run.cancel()
                    until(lambda run=run: workspace.store.get_run(run.id).status.is_final)
                    times.append(time.perf_counter() - began)
                    kernel.finish(cell)
                yield _row(f"cancel -> Canceled, {name}", times, "")
        finally:
            kernel.close()


def click() -> Iterator[str]:
    """Click in the panel -> the chip reads Canceled, in a real JupyterLab in headless Chromium."""
    sys.path.insert(0, str(TESTS / "ui"))
    from chromium import find
    from lab import Lab
    from labserver import Server
    from playwright.sync_api import sync_playwright

    if (chromium := find()) is None:
        yield "click -> Canceled: skipped, no Chromium found (`make test` installs it)"
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JUPYTER_RUNS_HOME"] = folder + "/home"
        with Server(Path(folder)) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, headless=True, args=["--no-sandbox", "--disable-gpu"]
            )
            lab = Lab.on(server, browser, "bench")
            for name, body in BODIES.items():
                cells = [f"%%run_experiment bench\n{body}"] * 5
                notebook = lab.notebook(f"{name.split('.')[-1].split()[0]}.ipynb", "%load_ext jupyter_runs", *cells)
                notebook.run_to_end(0)
                times = []
                for number in range(1, len(cells) + 1):
                    cell = notebook.run(number)
                    cell.panel.reads("Running", timeout=20_000)
                    cell.panel.cancel_button.scroll_into_view_if_needed()
                    notebook.page.wait_for_timeout(500)
                    began = time.perf_counter()
                    cell.panel.cancel_button.click()
                    cell.panel.status.filter(has_text=re.compile("Canceled")).wait_for(timeout=20_000)
                    times.append(time.perf_counter() - began)
                    cell.finished()
                yield _row(f"click -> Canceled, {name}", times, "median < 300 ms")
            browser.close()
