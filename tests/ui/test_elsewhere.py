"""The studio where the runs are on a server, and where scripts are sent to an engine."""

from __future__ import annotations

import os
import re
import subprocess

import postgres_server
import pytest
from lab import PROMPTLY, STARTED, keep_picture
from labserver import wait_until
from playwright.sync_api import expect
from ports import free_port

from jupyter_runs import Experiment, Workspace

WAITS = """\
%%run_experiment elsewhere --name waits
import time
run.log("loss", 0.25)
print("begun")
time.sleep(600)"""


@pytest.fixture
def team(tmp_path):
    """The address of a workspace behind `jupyter runs serve`."""
    port = str(free_port())
    command = ["jruns", "serve", "-w", str(tmp_path / "team"), "--port", port, "--token-env", "TOKEN"]
    environment = {**os.environ, "TOKEN": "team-token"}
    with (tmp_path / "team.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait_until(lambda: b"Serving" in (tmp_path / "team.log").read_bytes(), "the team's server is there", 60)
        yield f"http://127.0.0.1:{port}/?token=team-token"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(params=["postgresql", "http"])
def address(request):
    """Of a store on a server."""
    return postgres_server.server().new() if request.param == "postgresql" else request.getfixturevalue("team")


def test_a_cell_is_run_watched_and_canceled_where_the_runs_are_on_a_server(address, start_server, lab_on):
    lab = lab_on(start_server(store=address))
    notebook = lab.notebook("elsewhere.ipynb", "%load_ext jupyter_runs", WAITS)
    notebook.run_to_end(0)
    panel = notebook.run(1).panel
    panel.reads("Running", timeout=STARTED)
    expect(panel.place).to_contain_text("0.25", timeout=STARTED)
    expect(panel.place).to_contain_text("begun", timeout=STARTED)
    sidebar = notebook.sidebar()
    expect(sidebar.row("waits")).to_be_visible(timeout=STARTED)
    for theme in ("Dark", "Light"):
        notebook.theme(f"JupyterLab {theme}")
        notebook.screenshot(f"elsewhere-{address.partition(':')[0]}-{theme.lower()}")
    panel.cancel()
    panel.reads("Canceled", timeout=STARTED)
    notebook.cell(1).finished()
    run = next(Experiment(Workspace(address), "elsewhere").get_runs())
    assert (run.get_status(), run.get_metrics()) == ("Canceled", {"loss": 0.25})


def test_a_target_is_chosen_in_the_submit_dialog_and_what_is_wrong_with_it_loses_nothing(lab, server):
    (server.root / "far").mkdir(exist_ok=True)
    (server.root / "far" / "far-away.py").write_text("print('there')")
    targets = server.root / ".azureml" / "compute.toml"
    targets.parent.mkdir(exist_ok=True)
    targets.write_text('[compute.gpu]\ntype = "ray"\naddress = "http://127.0.0.1:9"\nshared = true\n')
    try:
        lab.expects_complaints_about("/api/submit")  # the browser's own note of the refusal
        page = lab.open("/tree/far").page
        page.get_by_role("listitem", name=re.compile("far-away.py")).click(button="right")
        page.get_by_role("menuitem", name="Submit as Run…").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_label("Target").get_by_role("option")).to_have_text(["this machine (local)", "gpu"])
        dialog.get_by_label("Target").select_option("gpu")
        dialog.get_by_label("Arguments").fill("--lr 0.1")
        dialog.get_by_role("button", name="Submit").click()
        expect(dialog.get_by_role("alert")).to_contain_text("http://127.0.0.1:9 does not answer", timeout=STARTED)
        expect(dialog.get_by_label("Arguments")).to_have_value("--lr 0.1")
        keep_picture(page, "submit-target-light")
        dialog.get_by_label("Target").select_option("local")
        dialog.get_by_role("button", name="Submit").click()
        tab = page.get_by_role("region", name="Run", exact=True)
        expect(tab.get_by_role("status")).to_have_text(re.compile("Completed"), timeout=STARTED)
        expect(tab).to_contain_text("there", timeout=PROMPTLY)
    finally:
        targets.unlink()
