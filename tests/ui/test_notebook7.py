"""The same panel in Notebook 7."""

from __future__ import annotations

from lab import PROMPTLY, STARTED


def test_notebook_7_shows_the_panel_cancels_a_busy_cell_and_reopens_it(lab, find_run):
    notebook = lab.notebook7(
        "notebook7.ipynb",
        "%load_ext jupyter_runs\nimport time",
        "%%run_experiment notebook-7 --name seven\nprint('bu' + 'sy', flush=True)\ntime.sleep(60)",
        "print('alive')",
    )
    notebook.run_to_end(0)
    cell = notebook.run(1).shows("busy")
    cell.panel.reads("Running").cancel()
    cell.panel.reads("Canceled")
    cell.finished(PROMPTLY)
    notebook.run_to_end(2).shows("alive")
    assert find_run("notebook-7", "seven").get_status() == "Canceled"
    notebook.screenshot("notebook7-light")

    notebook.save()
    notebook.reload()
    notebook.cell(1).panel.reads("Canceled", timeout=STARTED)
