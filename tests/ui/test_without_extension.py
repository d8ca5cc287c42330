"""`RunPanel` is a real widget: it is live, and cancels, where our JupyterLab extension is absent."""

from __future__ import annotations

import pytest
from lab import PROMPTLY
from playwright.sync_api import expect

LOAD = """\
%load_ext jupyter_runs
import time
from jupyter_runs import Experiment, RunPanel, Workspace
run = Experiment(Workspace.from_config(), "bare").start_logging()
run.display_name = "bare"
"""


@pytest.fixture
def bare_lab(lab_on, start_server):
    """A JupyterLab in which the extension is installed but disabled."""
    server = start_server()
    server.page_config(disabledExtensions={"jupyter-runs": True})
    return lab_on(server)


def test_a_panel_is_live_and_cancels_where_only_widgets_are_known(bare_lab):
    notebook = bare_lab.notebook(
        "bare.ipynb",
        LOAD,
        "RunPanel(run)",
        "run.log('loss', 0.375)",
        "run.get_status(), sorted(run.get_tags())",
    )
    notebook.run_to_end(0)
    panel = notebook.run_to_end(1).panel.reads("Running")
    expect(notebook.page.locator("#jupyter-runs-sidebar")).to_have_count(0)
    notebook.run_to_end(2)
    expect(panel.place).to_contain_text("0.375", timeout=PROMPTLY)

    panel.place.get_by_role("button", name="Add tag").click()
    notebook.page.keyboard.type("seen")
    notebook.page.keyboard.press("Enter")
    expect(panel.place.get_by_role("button", name="Remove tag seen")).to_be_visible()
    panel.cancel()
    panel.reads("Canceled")
    notebook.run_to_end(3).shows("('Canceled', ['seen'])")


def test_the_cell_of_a_magic_keeps_its_static_card_where_only_widgets_are_known(bare_lab):
    notebook = bare_lab.notebook(
        "bare-magic.ipynb", LOAD, "%%run_experiment bare --name carded -t quality=fine\nrun.log('loss', 0.375)"
    )
    notebook.run_to_end(0)
    notebook.run_to_end(1)
    notebook.save()
    notebook.reload()
    output = notebook.cell(1).output
    for text in ("Completed", "carded", "quality", "0.375"):
        expect(output).to_contain_text(text)
    expect(output).not_to_contain_text("model not found")
