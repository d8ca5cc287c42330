"""Submitted scripts in the panel and the sidebar; what was recorded of a run; the bin and the archive."""

from __future__ import annotations

import re
import subprocess

import pytest
from lab import PROMPTLY, SECOND, STARTED
from labserver import wait_until
from playwright.sync_api import expect

LOAD = """\
%load_ext jupyter_runs
from pathlib import Path
from jupyter_runs import Experiment, Run, RunDetails, ScriptRunConfig, Workspace

def submit(name, script, *arguments, **more):
    folder = Path("scripts") / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "train.py").write_text(script)
    config = ScriptRunConfig(folder, "train.py", list(arguments))
    return Experiment(Workspace.from_config(), "scripts").submit(config, display_name=name, **more)
"""

STEPS = """\
SCRIPT = '''
import time
from jupyter_runs import Run
run = Run.get_context()
for step in range(1, 1000):
    run.log("loss", 1000.5 - step)
    print("at step", step, flush=True)
    time.sleep(0.1)
'''
run = submit("steps", SCRIPT, "--lr", "0.25", "--epochs=3", properties={"author": "ada"}, tags={"quality": "fine"})
RunDetails(run).show()
"""


def at_250_pixels(notebook) -> None:
    """Make the left area, and with it the sidebar, as narrow as JupyterLab lets it be."""
    handle = notebook.page.locator("#jp-main-split-panel > .lm-SplitPanel-handle:not(.lm-mod-hidden)").first
    box = handle.bounding_box()
    left = notebook.page.locator("#jp-left-stack").bounding_box()
    y = box["y"] + 300
    notebook.page.mouse.move(box["x"] + box["width"] / 2, y)
    notebook.page.mouse.down()
    notebook.page.mouse.move(left["x"] + 250, y, steps=5)
    notebook.page.mouse.up()
    notebook.page.mouse.move(900, 700)


def test_a_script_submitted_in_a_cell_is_followed_survives_a_reload_and_is_canceled(lab, find_run):
    notebook = lab.notebook(
        "script.ipynb", LOAD, STEPS, "run.wait_for_completion(show_output=True)", "%run_panel {run.id}"
    )
    notebook.run_to_end(0)
    cell = notebook.run_to_end(1)
    panel = cell.panel.reads("Running", timeout=STARTED)
    for text in ("steps", "lr: 0.25", "epochs: 3", "author: ada", "quality: fine"):
        expect(panel.place.get_by_text(text, exact=True).first).to_be_visible()
    log = panel.place.get_by_role("log")
    expect(log).to_contain_text(re.compile(r"at step \d+"), timeout=PROMPTLY)
    step = log.inner_text().splitlines()[-1]
    expect(log).not_to_have_text(re.compile(rf"{step}$"))
    expect(panel.place.get_by_text(re.compile(r"\b9\d\d\.5\b")).first).to_be_visible()
    notebook.save()
    notebook.screenshot("script-running-light")

    notebook.reload()
    panel = notebook.cell(1).panel.reads("Running", timeout=STARTED)
    sidebar = notebook.sidebar()
    row = sidebar.row("steps")
    expect(row).to_contain_text("Running")
    expect(row.locator(".jp-jr-item")).to_have_attribute("title", re.compile(r"Script train\.py"))
    at_250_pixels(notebook)
    notebook.screenshot("script-sidebar-250-light")
    notebook.theme("JupyterLab Dark")
    notebook.screenshot("script-sidebar-250-dark")

    waiting = notebook.run(2).shows(re.compile(r"at step \d+"))
    panel.cancel()
    panel.reads("Canceled", timeout=20 * SECOND)
    expect(panel.place).to_contain_text(re.compile("Canceled by .+, from the panel"))
    waiting.finished(PROMPTLY)
    notebook.run_to_end(3).panel.reads("Canceled")
    expect(sidebar.section("Active")).to_have_count(0)
    notebook.screenshot("script-canceled-dark")
    run = find_run("scripts", "steps")
    assert run.get_status() == "Canceled"
    assert "at step" in run.get_details_with_logs()["logFiles"]["user_logs/std_log.txt"]


def test_a_script_that_does_not_obey_can_be_killed_and_no_kernel_is_offered_to_be_interrupted(lab):
    stubborn = """\
SCRIPT = '''
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(120)
'''
RunDetails(submit("deaf", SCRIPT)).show()
"""
    notebook = lab.notebook("deaf.ipynb", LOAD, stubborn)
    notebook.run_to_end(0)
    panel = notebook.run_to_end(1).panel.reads("Running", timeout=STARTED)
    expect(panel.place.get_by_role("log")).to_contain_text("deaf")
    panel.cancel()
    panel.reads("Canceling…")
    panel.place.get_by_role("button", name="Force stop").click(timeout=14 * SECOND)
    expect(panel.place.get_by_role("button", name=re.compile("kernel"))).to_have_count(0)
    panel.place.get_by_role("group", name=re.compile("^Kill the script now")).get_by_role("button").first.click()
    panel.reads("Canceled")


def test_a_script_that_fails_shows_its_error_and_its_traceback(lab):
    cell = """\
RunDetails(submit("broken", "print('so far so good')\\nraise ValueError('bad learning rate')")).show()
"""
    notebook = lab.notebook("broken.ipynb", LOAD, cell)
    notebook.run_to_end(0)
    panel = notebook.run_to_end(1).panel.reads("Failed", timeout=STARTED)
    expect(panel.place).to_contain_text("ValueError: bad learning rate")
    expect(panel.place.get_by_role("log")).to_contain_text("so far so good")
    panel.place.get_by_text("Traceback", exact=True).click()
    expect(panel.place.locator("details pre")).to_contain_text("train.py")
    expect(notebook.sidebar().row("broken")).to_contain_text("ValueError: bad learning rate")
    notebook.screenshot("script-failed-light")


def test_a_script_that_another_one_submits_is_a_child_with_a_status_of_its_own(lab):
    cell = """\
SCRIPT = '''
import sys, time
from pathlib import Path
from jupyter_runs import Run, ScriptRunConfig
if "--child" in sys.argv:
    print("in the child", flush=True)
    time.sleep(60)
else:
    run = Run.get_context()
    run.submit_child(ScriptRunConfig(".", "train.py", ["--child"])).display_name = "inner"
    print("submitted", flush=True)
    time.sleep(60)
'''
RunDetails(submit("outer", SCRIPT)).show()
"""
    notebook = lab.notebook("nested.ipynb", LOAD, cell)
    notebook.run_to_end(0)
    panel = notebook.run_to_end(1).panel.reads("Running", timeout=STARTED)
    inner = panel.place.get_by_role("treeitem").filter(has_text="inner")
    expect(inner).to_contain_text("Running", timeout=STARTED)
    notebook.screenshot("script-child-light")
    panel.cancel()
    panel.reads("Canceled", timeout=30 * SECOND)
    expect(inner).to_contain_text("Canceled")


@pytest.fixture
def in_git(start_server, monkeypatch):
    """A server whose notebooks lie in a git repository, one file of which has been changed since the commit."""
    server = start_server()
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    (server.root / "data.csv").write_text("1")
    git = ["git", "-C", str(server.root), "-c", "user.name=ada", "-c", "user.email=ada@example.org"]
    origin = ["remote", "add", "origin", "https://example.org/team/models.git"]
    for command in (["init", "-q", "-b", "main"], origin, ["add", "data.csv"], ["commit", "-q", "-m", "begin"]):
        subprocess.run([*git, *command], check=True, timeout=30)
    (server.root / "data.csv").write_text("2")
    return server


def test_what_was_recorded_opens_by_keyboard_as_a_list_that_can_be_copied(lab_on, in_git):
    cell = "RunDetails(submit('kept', 'print(1)', '--lr', '0.1', properties={'author': 'me'})).show()"
    notebook = lab_on(in_git).notebook("recorded.ipynb", LOAD, cell)
    notebook.run_to_end(0)
    panel = notebook.run_to_end(1).panel.reads("Completed", timeout=STARTED)
    expect(panel.place).to_contain_text("author: me")
    expect(panel.place).to_contain_text(re.compile(r"git [0-9a-f]{6}\*"))
    button = panel.place.get_by_role("button", name=re.compile(r"^Recorded \(\d+\)$"))
    expect(button).to_have_attribute("aria-expanded", "false")
    notebook.screenshot("recorded-closed-light")
    button.focus()
    notebook.page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    values = panel.place.locator(".jp-jr-recorded-list")
    labels = ("Commit", "Branch", "Repository", "Python", "Packages", "Host", "User", "Script", "Arguments", "Source")
    for label in (*labels, "Notebook", "Cell", "Snapshot"):
        expect(values.get_by_text(label, exact=True)).to_be_visible()
    expect(values).to_contain_text("with uncommitted changes")
    expect(values).not_to_contain_text("mlflow")
    branch = values.get_by_text("main", exact=True)
    branch.click(click_count=3)
    assert notebook.page.evaluate("() => getSelection().toString()").strip() == "main"
    notebook.screenshot("recorded-open-light")
    notebook.theme("JupyterLab Dark")
    notebook.screenshot("recorded-open-dark")
    notebook.page.set_viewport_size({"width": 600, "height": 1100})
    notebook.screenshot("recorded-open-narrow-dark")


@pytest.mark.parametrize(
    ("leave", "come_back", "query", "says"),
    [
        ("delete", "restore", "is:deleted", "This run is in the bin. run.restore() brings it back."),
        ("archive", "reactivate", "is:archived", "run.reactivate() brings it back"),
    ],
)
def test_a_run_that_is_deleted_or_archived_leaves_the_sidebar_and_comes_back(
    lab, find_run, leave, come_back, query, says
):
    name = f"{leave}-me"
    notebook = lab.notebook(f"{leave}.ipynb", LOAD, f"%%run_experiment house --name {name}\nrun.log('x', 1)")
    notebook.run_to_end(0)
    panel = notebook.run_to_end(1).panel.reads("Completed")
    notebook.save()
    sidebar = notebook.sidebar()
    expect(sidebar.row(name)).to_be_visible()
    run = find_run("house", name)

    getattr(run, leave)()
    expect(sidebar.rows(name)).to_have_count(0, timeout=PROMPTLY)
    expect(panel.place).to_contain_text(says)
    expect(panel.place.get_by_role("button", name="Add tag")).to_have_count(0 if leave == "delete" else 1)
    sidebar.filter(f"{query} {name}")
    expect(sidebar.row(name)).to_be_visible()
    sidebar.filter("")
    notebook.screenshot(f"{leave}d-light")
    notebook.reload()
    panel = notebook.cell(1).panel.reads("Completed", timeout=STARTED)
    expect(panel.place).to_contain_text(says)

    getattr(run, come_back)()
    sidebar = notebook.sidebar()
    expect(sidebar.row(name)).to_be_visible(timeout=PROMPTLY)
    expect(panel.place).not_to_contain_text(says)
    expect(panel.place.get_by_role("button", name="Add tag")).to_be_visible()


def test_a_run_that_is_removed_for_good_leaves_its_panel_as_it_was_recorded(lab, find_run):
    notebook = lab.notebook("gone.ipynb", LOAD, "%%run_experiment house --name gone\nrun.log('x', 0.75)")
    notebook.run_to_end(0)
    panel = notebook.run_to_end(1).panel.reads("Completed")
    run = find_run("house", "gone")
    workspace = run.experiment.workspace
    run.delete()
    expect(panel.place).to_contain_text("in the bin")
    workspace.gc(older_than_days=0)
    wait_until(lambda: "not in this store" in panel.place.inner_text(), "the panel says that the run is gone")
    expect(panel.place).to_contain_text("0.75")


def test_a_bad_search_names_what_it_does_not_understand(lab):
    lab.expects_complaints_about("/jupyter-runs/api/runs?")  # the browser's own note of the answer 400
    sidebar = lab.open().show()
    sidebar.filter("statsu:failed")
    expect(sidebar.place.get_by_role("alert")).to_contain_text("statsu", timeout=PROMPTLY)
