"""`make bench-ui`: what a person waits for in the browser, beside MLflow's UI where it can do the same on the same runs.

`make bench-ui ARGS="list metric"` measures some of it, `ARGS=--no-mlflow` ours alone. Everything is measured twice; the better counts.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "ui"))

from chromium import find
from conftest import FLAGS
from lab import Lab, Sidebar
from labserver import Server
from playwright.sync_api import sync_playwright

from benchmarks import ui_data, ui_mlflow, ui_probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

ROUNDS = 2
TIMEOUT_MS = ui_probe.TIMEOUT_MS
SIDEBAR = "#jupyter-runs-sidebar"
#: What the rows of the sidebar and of the table are asked for with.
_OF_SIDEBAR = r"/jupyter-runs/api/runs\?.*\bq="
_OF_TABLE = r"/jupyter-runs/api/runs\?.*\bexperiment="


@dataclass
class Stage:
    """What is measured: our server with its runs, a browser, and MLflow if it is there."""

    server: Server
    filled: ui_data.Filled
    browser: Browser
    mlflow: ui_mlflow.Mlflow | None

    def __post_init__(self) -> None:
        self._layouts = count()

    def lab(self) -> Page:
        """JupyterLab in a fresh browser context, ready for commands."""
        lab = Lab.on(self.server, self.browser, f"bench-{next(self._layouts)}")
        lab.context.set_default_timeout(TIMEOUT_MS)
        page = lab.open().page
        page.wait_for_function("() => window.jupyterapp?.commands.hasCommand('jupyter-runs:open-experiment')")
        return page

    def sidebar(self) -> Sidebar:
        """The sidebar of such a page, with rows in it."""
        sidebar = Sidebar(self.lab()).show()
        sidebar.place.locator("[data-run]").first.wait_for()
        return sidebar

    def blank(self) -> Page:
        """An empty page in a fresh browser context."""
        context = self.browser.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
        context.set_default_timeout(TIMEOUT_MS)
        return context.new_page()

    def run_document(self, run_id: str) -> Page:
        """A run in a tab of JupyterLab, with its overview in view."""
        page = self.lab()
        _command(page, "open-run", run_id=run_id)
        page.locator(".jp-jr-document").get_by_role("tab", name="Overview").wait_for()
        return page


def _command(page: Page, name: str, **args: object) -> None:
    page.evaluate(
        """([name, args]) => {
          if (window.benchmark) window.benchmark.begin = performance.now();
          void window.jupyterapp.commands.execute(`jupyter-runs:${name}`, args);
        }""",
        [name, args],
    )


def better(measure: Callable[[], Any]) -> Any:
    """The smallest of a few."""
    return min(measure() for _ in range(ROUNDS))


def closing(page: Page, measured: Any) -> Any:
    """Close the context of a page and hand on what was measured in it."""
    page.context.close()
    return measured


def line(what: str, ours: float, theirs: float | None = None, goal: float | None = None, unit: str = "ms") -> str:
    """One row of the table; times in seconds."""
    ratio = f"{ours / theirs:.2f}x" if theirs else ""
    shown = "" if goal is None else f"<= {_shown(goal, unit)}{'' if ours <= goal else '  MISSED'}"
    beside = "" if theirs is None else _shown(theirs, unit)
    return f"{what:<52} {_shown(ours, unit):>13} {beside:>13} {ratio:>7}  {shown}".rstrip()


def _shown(value: float, unit: str) -> str:
    return (
        f"{value * 1e3:,.0f} ms" if unit == "ms" else f"{value * 100:.1f} %" if unit == "%" else f"{value:,.0f} {unit}"
    )


def listing(stage: Stage) -> Iterator[str]:
    """The sidebar of JupyterLab, opened by a click."""
    rows = f"return document.querySelectorAll('{SIDEBAR} [data-run]').length > 8"
    elements = 0

    def once() -> tuple[float, float]:
        nonlocal elements
        page = stage.lab()
        sidebar = Sidebar(page)
        painted = ui_probe.timed(page, sidebar.tab.click, rows)
        arrived = ui_probe.waited(page, _OF_SIDEBAR)
        elements = max(elements, ui_probe.nodes(page, SIDEBAR))
        return closing(page, (painted - arrived, painted))

    after_data, after_click = better(once)
    theirs, their_elements = None, None
    if stage.mlflow:
        (_, theirs), their_elements = _their_list(stage)
    yield line("sidebar, 10,000 runs: data -> first rows", after_data, theirs, 0.3)
    yield line("sidebar: click -> first rows", after_click)
    yield line("sidebar: elements", elements, their_elements, 500, "")


def _their_list(stage: Stage) -> tuple[tuple[float, float], int]:
    """From navigation and from data to the first rows; elements of their table."""
    elements = 0

    def once() -> tuple[float, float]:
        nonlocal elements
        page = stage.blank()
        times = ui_probe.opened(page, stage.mlflow.table, ui_mlflow.ROWS_SHOWN, ui_mlflow.ROWS_ASKED)
        elements = max(elements, ui_probe.nodes(page, ui_mlflow.TABLE))
        return closing(page, times)

    return better(once), elements


def scrolling(stage: Stage) -> Iterator[str]:
    """From the first row of the sidebar to the last, 300 pixels a frame."""

    def once() -> tuple[int, int, float, int]:
        sidebar = stage.sidebar()
        found = ui_probe.scrolled(sidebar.page, f"{SIDEBAR} .jp-jr-tree", "[role=treeitem]")
        elements = ui_probe.nodes(sidebar.page, SIDEBAR)
        return closing(sidebar.page, (found["blank"], found["frames"], found["worst"], found["height"], elements))

    blank, frames, worst, height, elements = better(once)
    yield line(f"scroll over {height:,} pixels: blank of {frames:,} frames", blank, None, 0, "frames")
    yield line("scroll: longest frame", worst / 1000)
    yield line("sidebar at the end: elements", elements, None, 500, "")


def children(stage: Stage) -> Iterator[str]:
    """A parent of 512, unfolded in the sidebar."""
    elements = 0

    def once() -> float:
        nonlocal elements
        sidebar = stage.sidebar()
        sidebar.filter(f"exp:{ui_data.SWEEP} is:root")
        caret = sidebar.row("parent").locator(".jp-jr-caret")
        caret.wait_for()
        rows = f"return document.querySelectorAll('{SIDEBAR} [aria-level=\"3\"][data-run]').length > 8"
        seconds = ui_probe.timed(sidebar.page, caret.click, rows)
        elements = max(elements, ui_probe.nodes(sidebar.page, SIDEBAR))
        return closing(sidebar.page, seconds)

    yield line("parent of 512: click -> first children", better(once))
    yield line("parent of 512: elements", elements, None, 500, "")


_DRAWN = """
  const canvas = document.querySelector('.jp-jr-document [role=img][aria-label*="999999 steps"] canvas');
  if (!canvas?.width) return false;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.some(byte => byte !== 0);
"""
#: Canvases tell when they are drawn anew.
_TELL_DRAWN = """() => {
  const { clearRect } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    window.drawn = performance.now();
    return clearRect.apply(this, box);
  };
}"""
_REDRAWN = r"""
  const { begin } = window.benchmark;
  const come = performance.getEntriesByType('resource')
    .filter(one => /\/metrics\?.*from=/.test(one.name) && one.startTime >= begin && one.responseEnd > 0);
  return come.length > 0 && window.drawn > Math.max(...come.map(one => one.responseEnd));
"""


def metric(stage: Stage) -> Iterator[str]:
    """A curve of a million points: drawn, and a part of it in full detail."""
    sent: list[int] = []

    def once() -> tuple[float, float]:
        page = stage.run_document(stage.filled.curve)
        answers: list[Any] = []
        page.on("response", lambda answer: answers.append(answer) if "/metrics?" in answer.url else None)
        tab = page.locator(".jp-jr-document").get_by_role("tab", name=re.compile("^Metrics"))
        drawn = ui_probe.timed(page, tab.click, _DRAWN)
        page.evaluate(_TELL_DRAWN)
        box = page.locator(".jp-jr-document .u-over").bounding_box()

        def drag() -> None:
            y = box["y"] + box["height"] / 2
            page.mouse.move(box["x"] + 0.4 * box["width"], y)
            page.mouse.down()
            page.mouse.move(box["x"] + 0.5 * box["width"], y, steps=5)
            page.mouse.up()

        zoomed = ui_probe.timed(page, drag, _REDRAWN, event="pointerup")
        sent.extend(len(series["points"]) for answer in answers for series in answer.json()["series"])
        return closing(page, (drawn, zoomed))

    drawn, zoomed = better(once)
    theirs = better(lambda: _their_curve(stage)) if stage.mlflow else None
    yield line("metric of 1,000,000 points: click -> drawn", drawn, theirs, 0.5)
    yield line("metric: points of a series that are sent", max(sent), None, 2000, "")
    yield line("metric: zoom released -> drawn in detail", zoomed)


def _their_curve(stage: Stage) -> float:
    page = stage.blank()
    page.goto(stage.mlflow.curve)
    tab = page.get_by_role("tab", name="Model metrics")
    tab.wait_for()
    return closing(page, ui_probe.timed(page, tab.click, ui_mlflow.CURVE_SHOWN))


def log(stage: Stage) -> Iterator[str]:
    """A log of a million lines, opened at its end."""
    last = f"line {ui_data.LINES - 1} "
    visible = f"""
      const box = document.querySelector('.jp-jr-document [role=log]')?.getBoundingClientRect();
      const lines = [...document.querySelectorAll('.jp-jr-document .jp-jr-logline')];
      const end = lines.find(one => one.textContent.includes('{last}'))?.getBoundingClientRect();
      return Boolean(end) && end.top >= box.top && end.bottom <= box.bottom + 2;
    """

    def once() -> float:
        page = stage.run_document(stage.filled.log)
        tab = page.locator(".jp-jr-document").get_by_role("tab", name="Logs")
        return closing(page, ui_probe.timed(page, tab.click, visible))

    yield line("log of 1,000,000 lines: click -> last line", better(once), None, 0.5)


def live(stage: Stage) -> Iterator[str]:
    """50 runs at work that log five values a second each, with the sidebar open."""
    with stage.server.program(ui_data.FEEDER):
        sidebar = stage.sidebar()
        sidebar.row(f"live {ui_data.LIVE - 1}").wait_for()
        # Not over the rows: those that move would be held back.
        sidebar.page.mouse.move(900, 500)
        sidebar.page.wait_for_timeout(3000)
        own, wall = better(lambda: ui_probe.busy(sidebar.page, 10))
        changes = ui_probe.changes(sidebar.page, SIDEBAR, 5)
        closing(sidebar.page, None)
    yield line("50 runs at 5 Hz: main thread busy", own, None, 0.3, "%")
    yield line("50 runs at 5 Hz: the same by the wall's clock", wall, None, None, "%")
    yield line("50 runs at 5 Hz: rows that change in a second", changes, None, None, "")


def table(stage: Stage) -> Iterator[str]:
    """An experiment of 10,000 runs as a table."""
    cells = "document.querySelectorAll('[role=treegrid] [role=rowheader]')"
    rows = f"return {cells}.length > 8"

    def own_page() -> tuple[float, float]:
        page = stage.blank()
        url = f"{stage.server.url}/jupyter-runs/experiment/{ui_data.TABLE}?token={stage.server.token}"
        return closing(page, ui_probe.opened(page, url, rows, _OF_TABLE))

    def in_lab() -> tuple[float, float, float]:
        page = stage.lab()
        # Wide enough for all columns: those out of view are not there.
        page.set_viewport_size({"width": 1900, "height": 900})
        shown = ui_probe.timed(page, lambda: _command(page, "open-experiment", experiment=ui_data.TABLE), rows)

        def ordered(by: str) -> float:
            header = page.get_by_role("columnheader", name=by, exact=True)
            header.wait_for()
            return ui_probe.timed(page, header.click, _moved(page, f"{cells}[0]"))

        return closing(page, (shown, ordered("Name"), ordered("loss")))

    shown, by_name, by_metric = better(in_lab)
    navigation, data = better(own_page)
    theirs, their_data = _their_list(stage)[0] if stage.mlflow else (None, None)
    yield line("table of 10,000 runs: command -> first rows", shown)
    yield line("table: click on Name -> sorted", by_name, better(lambda: _their_order(stage)) if stage.mlflow else None)
    yield line("table: click on a metric -> sorted", by_metric)
    yield line("page of the table: data -> first rows", data, their_data)
    yield line("page of the table: navigation -> first rows", navigation, theirs)


def _moved(page: Page, row: str) -> str:
    """The condition that another run is in a row than now."""
    page.evaluate(f"() => (window.before = {row}.textContent)")
    return f"const row = {row}; return Boolean(row) && row.textContent !== '' && row.textContent !== window.before"


def _their_order(stage: Stage) -> float:
    page = stage.blank()
    page.goto(stage.mlflow.table)
    page.wait_for_function(f"() => {{ {ui_mlflow.ROWS_SHOWN} }}")
    header = page.locator(ui_mlflow.BY_NAME)
    return closing(page, ui_probe.timed(page, header.click, _moved(page, ui_mlflow.FIRST_ROW)))


PARTS = {
    "list": listing,
    "scroll": scrolling,
    "children": children,
    "metric": metric,
    "log": log,
    "table": table,
    # The last one: its runs are left behind unfinished.
    "live": live,
}


def _mlflow(stack: ExitStack) -> ui_mlflow.Mlflow | None:
    try:
        found = stack.enter_context(ui_mlflow.served())
    except ui_mlflow.NoMlflowError as error:
        print(f"without MLflow: {error}")
        return None
    print(f"beside MLflow {found.version}, SQLite, its server with one worker")
    return found


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-ui ARGS=…", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--no-mlflow", action="store_true", help="measure ours alone")
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if (chromium := find()) is None:
        print("skipped, no Chromium found (`make chromium` installs it)")
        return 0
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ["JUPYTER_RUNS_HOME"] = folder + "/home"
        server = stack.enter_context(Server(Path(folder)))
        began = time.monotonic()
        from jupyter_runs import Workspace

        filled = ui_data.fill(Workspace(str(server.workspace)))
        print(f"store filled in {time.monotonic() - began:.0f} s; {_load()}", flush=True)
        mlflow = None if chosen.no_mlflow else _mlflow(stack)
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        stage = Stage(server, filled, browser, mlflow)
        print(f"{'what':<52} {'ours':>13} {'MLflow':>13} {'ratio':>7}  goal")
        for name in [name for name in PARTS if not chosen.parts or name in chosen.parts]:
            for row in PARTS[name](stage):
                print(row, flush=True)
        browser.close()
        print(_load())
    return 0


if __name__ == "__main__":
    sys.exit(main())
