"""The table of an experiment and some runs side by side, as a person uses them."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import pytest
from lab import STARTED, Notebook
from playwright.sync_api import expect

if TYPE_CHECKING:
    from labserver import Server
    from playwright.sync_api import Locator, Page

    from jupyter_runs import Run

RATES = (0.1, 0.01, 0.001)
TRIALS = 12


@pytest.fixture(scope="module")
def trials(server: Server) -> list[Run]:
    """Twelve runs with params, metrics, tags; the last one has children."""
    from jupyter_runs import Experiment, Workspace

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNS_WORKSPACE", str(server.workspace))
        experiment = Experiment(Workspace.from_config(), "tables")
    made = []
    for n in range(TRIALS):
        params = {"lr": str(RATES[n % 3]), "depth": str(2 + n % 4), "model": ("mlp", "cnn")[n % 2], "batch": "32"}
        if n == 5:
            del params["depth"]
        run = experiment.start_logging(
            display_name=f"trial-{n:02}", params=params, tags={"fold": str(n % 2)}, snapshot_directory=None
        )
        for step in range(20):
            run.log("loss", 2 / (step + 1 + n) + RATES[n % 3], step=step)
            run.log("acc", 1 - math.exp(-(step + 1) / (4 + n)), step=step)
        made.append(run)
    with made[-1].child_run(name="child-of-last") as child:
        child.log("loss", 0.5)
    for run in made:
        run.complete()
    return made


def open_table(page: Page, experiment: str = "tables") -> Locator:
    """The table of an experiment, in a tab."""
    page.wait_for_function(
        "() => window.jupyterapp?.commands.hasCommand('jupyter-runs:open-experiment')", timeout=STARTED
    )
    page.evaluate(
        "name => window.jupyterapp.commands.execute('jupyter-runs:open-experiment', {experiment: name})", experiment
    )
    return table_of(page, experiment)


def table_of(page: Page, experiment: str = "tables") -> Locator:
    """The table that is there, when its rows are."""
    place = page.get_by_role("region", name=f"Experiment {experiment}")
    place.get_by_role("treegrid").wait_for(timeout=STARTED)
    return place


def pictures(page: Page, name: str) -> None:
    """Keep pictures in both themes."""
    for theme in ("Dark", "Light"):
        Notebook(page).theme(f"JupyterLab {theme}")
        Notebook(page).screenshot(f"{name}-{theme.lower()}")


def names(place: Locator) -> list[str]:
    """Names of the rows, from the top."""
    return [re.sub(r"^\w+ ", "", text) for text in place.get_by_role("rowheader").all_inner_texts()]


def test_an_experiment_is_a_table_that_is_searched_sorted_grouped_and_edited_in_place(shared_lab, trials):
    page = shared_lab.open().page
    place = open_table(page)
    place.get_by_role("treegrid", name="Runs of tables").wait_for()
    expect(place.get_by_role("status")).to_have_text("12 runs")
    pictures(page, "table")


def open_comparison(page: Page, runs: list[Run]) -> Locator:
    """Some runs side by side, in a tab."""
    page.evaluate("ids => window.jupyterapp.commands.execute('jupyter-runs:compare', {run_ids: ids})", [r.id for r in runs])
    place = page.get_by_role("region", name="Comparison of runs")
    place.get_by_role("tablist").wait_for(timeout=STARTED)
    return place


def test_runs_are_compared(shared_lab, trials):
    page = shared_lab.open().page
    place = open_table(page)
    place.get_by_role("treegrid", name="Runs of tables").wait_for()
    place = open_comparison(page, trials[:4])
    pictures(page, "compare-table")
    place.get_by_role("tab", name="Code").click()
    page.wait_for_timeout(1000)
    pictures(page, "compare-code")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.dispose()")
    place = open_comparison(page, trials)
    place.get_by_role("tab", name="Table").click()
    pictures(page, "compare-many")
    place.get_by_role("tab", name="Parallel coordinates").click()
    page.wait_for_timeout(1000)
    pictures(page, "compare-parallel")
