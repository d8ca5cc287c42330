"""The same panel in Notebook 7; runs, tables and comparisons open below the notebook."""

from __future__ import annotations

import re

from lab import PROMPTLY, STARTED, Panel
from playwright.sync_api import expect


def test_notebook_7_shows_the_panel_cancels_a_busy_cell_and_reopens_it(lab, find_run):
    notebook = lab.notebook7(
        "notebook7.ipynb",
        "%load_ext jupyter_runs\nimport time",
        "%%run_experiment notebook-7 --name seven -t luck=good\nprint('bu' + 'sy', flush=True)\ntime.sleep(60)",
        "print('alive')",
    )
    notebook.run_to_end(0)
    cell = notebook.run(1).shows("busy")
    cell.panel.reads("Running").cancel()
    cell.panel.reads("Canceled")
    cell.finished(PROMPTLY)
    notebook.run_to_end(2).shows("alive")
    run = find_run("notebook-7", "seven")
    assert run.get_status() == "Canceled"
    notebook.screenshot("notebook7-light")

    # The button of the toolbar, where the notebook has the same one as in JupyterLab.
    notebook.cell(2).editor.click()
    notebook.page.get_by_role("button", name=re.compile("^Run Cell as Experiment")).click()
    notebook.cell(2).panel.reads("Completed", timeout=STARTED)

    open_below(notebook, cell, run.id, find_run("notebook7", "run-1").id)
    submit(notebook)

    notebook.save()
    notebook.reload()
    notebook.cell(1).panel.reads("Canceled", timeout=STARTED)


def open_below(notebook, cell, run_id, other_id):
    """There is room for one document only: a run, a table and a comparison are tabs below it."""
    page = notebook.page
    below = page.locator("#jp-down-stack")
    cell.panel.place.get_by_role("button", name="Open run").click()
    Panel(below.get_by_role("region", name="Run", exact=True)).reads("Canceled", timeout=STARTED)
    expect(below.get_by_role("tab", name="seven", selected=True)).to_be_visible()
    expect(below.get_by_text("Canceled by")).to_be_in_viewport()
    notebook.screenshot("notebook7-run-light")
    command(page, "open-experiment", experiment="notebook-7")
    expect(below.get_by_role("rowheader").filter(has_text="seven")).to_be_visible(timeout=STARTED)
    notebook.screenshot("notebook7-table-light")
    command(page, "compare", run_ids=[run_id, other_id])
    expect(below.get_by_role("tablist", name="Views of the comparison")).to_be_visible(timeout=STARTED)
    # A run that is open already comes to the front.
    command(page, "open-run", run_id=run_id)
    expect(below.get_by_role("tab", name="seven", selected=True)).to_be_visible()
    expect(below.get_by_role("region", name="Run", exact=True)).to_be_visible()


def submit(notebook):
    """The dialog offers the notebook in front."""
    page = notebook.page
    command(page, "submit")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Script or notebook")).to_have_value("notebook7.ipynb")
    dialog.get_by_role("button", name="Discard").click()
    expect(dialog).to_have_count(0)


def command(page, name, **args):
    """Execute a command, as the palette or a menu does."""
    page.evaluate("([id, args]) => void window.jupyterapp.commands.execute(id, args)", [f"jupyter-runs:{name}", args])
