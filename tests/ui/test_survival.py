"""What outlives what: the panel outlives the page, the kernel and the process that owned the run."""

from __future__ import annotations

import json
import os
import re
import signal

from lab import PROMPTLY, SECOND, STARTED
from playwright.sync_api import expect

LOAD = "%load_ext jupyter_runs\nimport time"

LONG = """\
%%run_experiment survival --name long
for step in range(1, 100_000):
    run.log("loss", step + 0.5)
    time.sleep(0.05)
"""


def test_reloading_the_page_in_mid_run_brings_panel_and_sidebar_back_live(lab, find_run):
    notebook = lab.notebook("reload.ipynb", LOAD, LONG)
    notebook.run_to_end(0)
    notebook.run(1).panel.reads("Running")
    notebook.save()

    notebook.reload()
    panel = notebook.cell(1).panel.reads("Running", timeout=STARTED)
    metric = panel.place.get_by_text(re.compile(r"^\d+\.5\b")).first
    before = metric.inner_text()
    expect(metric).not_to_have_text(before)
    sidebar = notebook.sidebar()
    expect(sidebar.row("long")).to_contain_text("Running")

    panel.cancel()
    panel.reads("Canceled")
    expect(sidebar.place.get_by_role("button", name="Cancel run long", exact=True)).to_have_count(0)
    assert find_run("survival", "long").get_status() == "Canceled"


def test_a_saved_notebook_reopened_without_its_kernel_shows_the_last_state(lab, server):
    notebook = lab.notebook(
        "reopen.ipynb",
        LOAD,
        "%%run_experiment survival --name kept -t quality=fine\nrun.log('accuracy', 0.875)",
    )
    notebook.run_to_end(0)
    notebook.run_to_end(1).panel.reads("Completed")
    notebook.save()
    [output] = [output for output in server.read_notebook("reopen.ipynb")["cells"][1]["outputs"] if "data" in output]
    assert "application/vnd.jupyter-runs.run+json" in output["data"]
    assert "application/vnd.jupyter.widget-view+json" not in output["data"]
    notebook.page.close()
    server.shutdown_kernels({"reopen.ipynb"})

    reopened = lab.notebook("reopen.ipynb")
    panel = reopened.cell(1).panel.reads("Completed", timeout=STARTED)
    expect(panel.place).to_contain_text("0.875")
    expect(panel.place).to_contain_text("fine")
    expect(reopened.page.locator("body")).not_to_contain_text(re.compile("model not found|Error displaying widget"))


def test_a_snapshot_of_a_run_that_this_store_does_not_know_is_still_shown(lab, server):
    notebook = lab.notebook(
        "travelled.ipynb", LOAD, "%%run_experiment survival --name travelled\nrun.log('accuracy', 0.625)"
    )
    notebook.run_to_end(0)
    notebook.run_to_end(1).panel.reads("Completed")
    notebook.save()
    notebook.page.close()
    content = json.dumps(server.read_notebook("travelled.ipynb"))
    [run_id] = set(re.findall(r'"run_id": "([^"]+)"', content))
    elsewhere = content.replace(run_id, "00000000-recorded-elsewhere")
    (server.root / "travelled.ipynb").write_text(elsewhere)

    panel = lab.notebook("travelled.ipynb").cell(1).panel.reads("Completed", timeout=STARTED)
    expect(panel.place).to_contain_text("0.625")
    expect(panel.cancel_button).to_have_count(0)


def test_after_kill_9_of_the_kernel_the_panel_says_failed_and_why(lab, find_run, server):
    notebook = lab.notebook("killed.ipynb", LOAD, "%%run_experiment survival --name killed\ntime.sleep(60)")
    notebook.run_to_end(0)
    panel = notebook.run(1).panel.reads("Running")
    [run] = server.api("/jupyter-runs/api/runs?q=name:killed")["runs"]
    os.kill(run["owner"]["pid"], signal.SIGKILL)

    panel.reads("Failed", timeout=20 * SECOND)
    expect(panel.place).to_contain_text(re.compile("kernel process .* ended without reporting"))
    # JupyterLab tells that it restarts the kernel; the run stays what it is.
    notebook.page.get_by_role("button", name="Ok", exact=True).click(timeout=STARTED)
    notebook.ready()
    notebook.run_to_end(0)
    panel.reads("Failed", timeout=PROMPTLY)
    assert find_run("survival", "killed").get_status() == "Failed"
