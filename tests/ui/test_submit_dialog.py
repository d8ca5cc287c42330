"""Scripts and notebooks become runs from the file browser, the launcher and the palette; a cell by the button of the notebook's toolbar."""

from __future__ import annotations

import json
import re

from lab import PROMPTLY, STARTED, keep_picture
from playwright.sync_api import expect


def command(page, text):
    """Choose a command in the palette."""
    page.keyboard.press("ControlOrMeta+Shift+c")
    box = page.get_by_placeholder("SEARCH", exact=True)
    box.fill(text)
    expect(page.locator("#modal-command-palette .lm-mod-active")).to_contain_text(text)
    page.keyboard.press("Enter")


def test_a_script_is_submitted_from_the_file_browser_and_a_refusal_loses_nothing(lab, server, find_run):
    (server.root / "work").mkdir(exist_ok=True)
    (server.root / "work" / "train-me.py").write_text("import sys, time\nprint('trained', sys.argv[1:], flush=True)")
    lab.expects_complaints_about("/api/submit")  # the browser's own note of each refusal
    page = lab.open("/tree/work").page
    item = page.get_by_role("listitem", name=re.compile("train-me.py"))
    item.click(button="right")
    page.get_by_role("menuitem", name="Submit as Run…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Script or notebook")).to_have_value("work/train-me.py")
    expect(dialog.get_by_label("Experiment")).to_have_value("train-me")
    expect(dialog.get_by_label("Arguments")).to_be_focused()
    dialog.get_by_label("Arguments").fill("--name 'two words")
    dialog.get_by_label("Tags").fill("quality=good, baseline")
    dialog.get_by_label("Experiment").fill("submitted-here")
    dialog.get_by_role("button", name="Submit").click()
    expect(dialog.get_by_role("alert")).to_contain_text("cannot be split", timeout=PROMPTLY)
    expect(dialog.get_by_label("Tags")).to_have_value("quality=good, baseline")
    keep_picture(page, "submit-dialog-light")
    dialog.get_by_label("Arguments").fill("--name 'two words'")
    dialog.get_by_role("button", name="Submit").click()
    tab = page.get_by_role("region", name="Run", exact=True)
    expect(tab.get_by_role("status")).to_have_text(re.compile("Completed"), timeout=STARTED)
    expect(tab).to_contain_text("trained ['--name', 'two words']")
    run = find_run("submitted-here", "run-1")
    assert run.get_tags() == {"quality": "good", "baseline": None}
    # What was typed for a script is there the next time.
    command(page, "Submit as Run…")
    dialog.get_by_label("Script or notebook").fill("work/train-mee.py")
    dialog.get_by_role("button", name="Submit").click()
    expect(dialog.get_by_role("alert")).to_contain_text("does not exist. Did you mean 'train-me.py'?")
    dialog.get_by_role("button", name="Discard").click()
    expect(dialog).to_have_count(0)
    item.click(button="right")
    page.get_by_role("menuitem", name="Submit as Run…").click()
    expect(dialog.get_by_label("Arguments")).to_have_value("--name 'two words'")
    page.keyboard.press("Escape")


def test_a_notebook_is_submitted_as_a_whole_from_the_launcher(lab, server, find_run):
    server.write_notebook("whole.ipynb", "print('cell ' + 'one')", "1/0")
    page = lab.open().page
    page.get_by_role("button", name="Submit Run").or_(page.get_by_title("Run a script or a notebook")).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Script or notebook").fill("whole.ipynb")
    dialog.get_by_role("button", name="Submit").click()
    tab = page.get_by_role("region", name="Run", exact=True)
    expect(tab.get_by_role("status")).to_have_text(re.compile("Failed"), timeout=STARTED)
    expect(tab).to_contain_text("ZeroDivisionError: division by zero")
    run = find_run("whole", "run-1")
    assert run.get_file_names()[0] == "outputs/whole.ipynb"
    assert "cell one" in json.dumps(server.read_notebook("whole.ipynb")) or "cell one" in run.get_log()


def test_a_cell_becomes_an_experiment_by_the_button_of_the_toolbar(lab, find_run):
    notebook = lab.notebook("button.ipynb", "# a comment\nprint('by' + ' button')")
    notebook.cell(0).editor.click()
    notebook.page.get_by_role("button", name=re.compile("^Run Cell as Experiment")).click()
    cell = notebook.cell(0).shows("by button")
    cell.panel.reads("Completed")
    expect(cell.editor).to_contain_text("%%run_experiment")
    assert find_run("button", "run-1").get_status() == "Completed"
    notebook.screenshot("run-cell-button-light")
    # Again by its shortcut: no second line.
    notebook.page.keyboard.press("ControlOrMeta+Alt+r")
    cell.shows("#2")
    assert cell.editor.inner_text().count("%%run_experiment") == 1
