"""What a person can do with runs besides watching them: from the palette, the Running panel, the status bar and by keys."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from lab import PROMPTLY, SECOND, STARTED, Notebook, Sidebar, keep_picture
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab import Lab
    from labserver import Server
    from playwright.sync_api import Locator, Page

    from jupyter_runs import Run

SETTINGS = ("jupyter-runs", "plugin")


@pytest.fixture(scope="module")
def page(shared_lab: Lab, server: Server) -> Page:
    """One JupyterLab for all tests here; what took a second is long enough to be told of."""
    server.setting(*SETTINGS, {"notifications": {"after": 1}})
    page = shared_lab.open().page
    page.wait_for_function("() => window.jupyterapp?.commands.hasCommand('jupyter-runs:add-tag')", timeout=STARTED)
    return page


@pytest.fixture
def make_run(server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Run]:
    """Start a run in the store of the shared server, as a script would."""
    from jupyter_runs import Experiment, Workspace

    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(server.workspace))
    return lambda name: Experiment(Workspace.from_config(), "actions").start_logging(display_name=name)


def execute(page: Page, command: str, **args: object) -> None:
    """A command, as a menu or a key would call it; does not wait for its dialogs."""
    page.evaluate(
        "([id, args]) => void window.jupyterapp.commands.execute(id, args)", [f"jupyter-runs:{command}", args]
    )


def from_palette(page: Page, label: str) -> None:
    """A command by its label in the palette."""
    page.keyboard.press("ControlOrMeta+Shift+c")
    palette = page.locator("#modal-command-palette")
    palette.get_by_role("searchbox").or_(palette.locator("input")).first.fill(label)
    entry = palette.get_by_role("menuitem").filter(has_text=label).first
    expect(entry).not_to_have_attribute("aria-disabled", "true")
    # By key: the list is drawn again as its entries change, and a click may find one that is gone.
    expect(palette.locator(".lm-mod-active")).to_contain_text(label)
    page.keyboard.press("Enter")


def open_tab(page: Page, run: Run) -> Locator:
    """The run in a tab in front."""
    execute(page, "open-run", run_id=run.id)
    place = page.locator(".jp-jr-document:not(.lm-mod-hidden)")
    expect(place.get_by_text(run.display_name, exact=True).first).to_be_visible(timeout=STARTED)
    return place


def close_tabs(page: Page) -> None:
    page.evaluate("() => window.jupyterapp.commands.execute('application:close-all')")


def toast(page: Page, text: str) -> Locator:
    return page.locator(".Toastify__toast").filter(has_text=text)


def pictures(page: Page, name: str) -> None:
    for theme in ("Dark", "Light"):
        Notebook(page).theme(f"JupyterLab {theme}")
        keep_picture(page, f"actions-{name}-{theme.lower()}")


def test_a_run_in_front_is_tagged_from_the_palette_with_tags_that_are_known(page, make_run):
    other = make_run("other")
    other.tag("quality", "fantastic run")
    other.complete()
    run = make_run("tag-me")
    run.complete()
    place = open_tab(page, run)
    from_palette(page, "Add Tag…")
    box = page.get_by_role("combobox", name="Tag (key or key=value)")
    expect(box).to_be_focused()
    box.fill("quality")
    expect(page.get_by_role("option", name="quality=fantastic run")).to_be_visible()
    pictures(page, "tag")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(box).to_have_value("quality=fantastic run")
    page.keyboard.press("Enter")
    expect(place.get_by_text("quality: fantastic run")).to_be_visible(timeout=PROMPTLY)
    assert run.tags == {"quality": "fantastic run"}
    close_tabs(page)


def test_archive_delete_and_the_way_back(page, make_run):
    run = make_run("keep-me")
    run.complete()
    sidebar = Sidebar(page).show()
    expect(sidebar.row("keep-me")).to_be_visible()
    execute(page, "archive", run_id=run.id)
    expect(toast(page, "keep-me is archived.")).to_be_visible()
    expect(sidebar.rows("keep-me")).to_have_count(0)
    execute(page, "reactivate", run_id=run.id)
    expect(sidebar.row("keep-me")).to_be_visible()
    execute(page, "delete", run_id=run.id)
    expect(toast(page, "keep-me is in the bin.")).to_be_visible()
    expect(sidebar.rows("keep-me")).to_have_count(0)
    pictures(page, "bin")
    toast(page, "keep-me is in the bin.").get_by_role("button", name="Restore").click()
    expect(sidebar.row("keep-me")).to_be_visible()


def test_several_runs_are_deleted_only_when_their_number_is_typed(page, make_run):
    runs = [make_run(f"many-{n}") for n in range(7)]
    for run in runs:
        run.complete()
    execute(page, "delete", run_ids=[run.id for run in runs])
    dialog = page.get_by_role("dialog").filter(has_text="Delete 7 runs?")
    expect(dialog).to_contain_text("many-4 and 2 more")
    box = dialog.get_by_role("textbox")
    expect(box).to_be_focused()
    pictures(page, "delete-many")
    box.fill("6")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Type 7")).to_be_visible()
    page.get_by_role("dialog").get_by_role("textbox").fill("7")
    page.keyboard.press("Enter")
    expect(toast(page, "7 runs are in the bin.")).to_be_visible()


def test_the_status_bar_counts_and_the_running_panel_cancels(page, make_run, shared_lab):
    bar = page.locator("#jp-main-statusbar")
    notebook = shared_lab.notebook(
        "running.ipynb",
        "%load_ext jupyter_runs",
        "%%run_experiment actions --name at-work\nimport time\nfor _ in range(600): time.sleep(0.1)",
    )
    notebook.run_to_end(0)
    notebook.run(1)
    page.bring_to_front()
    expect(bar.get_by_role("button", name="1 run", exact=True)).to_be_visible(timeout=STARTED)
    page.get_by_role("tab", name=re.compile("Running")).first.click()
    running = page.locator("#jp-running-sessions")
    row = running.get_by_role("treeitem").filter(has_text="at-work")
    expect(row).to_be_visible(timeout=PROMPTLY)
    expect(row).to_contain_text(re.compile(r"00:\d\d"))
    pictures(page, "running")
    row.hover()
    row.locator("[title='Cancel run']").first.click()
    expect(row).to_have_count(0, timeout=STARTED)
    expect(bar.get_by_role("button", name="1 run", exact=True)).to_have_count(0)
    notebook.cell(1).panel.reads("Canceled")
    notebook.page.close()  # of several pages one tells what the tests below wait for


def test_a_failure_nobody_saw_is_told_once_and_counted_until_it_is_looked_at(page, make_run):
    bar = page.locator("#jp-main-statusbar")
    short = make_run("too-short")
    short.fail("at once")
    run = make_run("long-enough")
    time.sleep(1.1)
    run.fail("bad <b>rate</b>")
    told = toast(page, "long-enough failed after 00:01: UserError: bad <b>rate</b>")
    expect(told).to_have_count(1, timeout=PROMPTLY)
    expect(toast(page, "too-short")).to_have_count(0)
    expect(bar.get_by_role("button", name="2 failed")).to_be_visible()
    pictures(page, "failed")
    told.get_by_role("button", name="Open").click()
    expect(page.locator(".jp-jr-document").get_by_text("long-enough").first).to_be_visible(timeout=STARTED)
    expect(bar.get_by_role("button", name="1 failed")).to_be_visible()
    bar.get_by_role("button", name="1 failed").click()
    expect(bar.get_by_role("button", name="1 failed")).to_have_count(0)
    expect(page.locator("#jupyter-runs-sidebar")).to_be_visible()
    # In front of somebody's eyes nothing needs to be told.
    seen = make_run("in-front")
    open_tab(page, seen)
    time.sleep(1.1)
    seen.fail("seen")
    expect(page.locator(".jp-jr-document:not(.lm-mod-hidden)").get_by_role("status")).to_contain_text("Failed")
    page.wait_for_timeout(1.5 * SECOND)
    expect(toast(page, "in-front")).to_have_count(0)
    close_tabs(page)


def test_keys_act_on_the_row_that_has_the_focus_and_never_on_what_is_typed(page, make_run):
    run = make_run("by-keys")
    run.complete()
    sidebar = Sidebar(page).show()
    sidebar.tab.click()
    expect(sidebar.place).to_be_hidden()
    page.keyboard.press("ControlOrMeta+Alt+e")
    expect(sidebar.place).to_be_visible()
    page.keyboard.type("by-keys test")
    expect(page.get_by_role("dialog")).to_have_count(0)
    box = sidebar.place.get_by_role("combobox").or_(sidebar.place.get_by_role("searchbox")).first
    box.fill("")
    row = sidebar.row("by-keys")
    row.click()
    page.keyboard.press("t")
    expect(page.get_by_role("dialog")).to_contain_text("Add a tag to by-keys")
    page.keyboard.press("Escape")
    expect(row).to_be_focused()
    page.keyboard.press("F2")
    page.get_by_role("dialog").get_by_role("textbox", name="Name").fill("by-keys-renamed")
    page.keyboard.press("Enter")
    row = sidebar.row("by-keys-renamed")
    expect(row).to_be_visible()
    row.click()
    page.keyboard.press("Delete")
    expect(toast(page, "by-keys-renamed is archived.")).to_be_visible()
    assert run.display_name == "by-keys-renamed"


def test_the_run_menu_has_the_experiment_entries(page):
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator(".lm-Menu-item[data-type=submenu]").filter(has_text="Experiment").click()
    for entry in ("Run Cell as Experiment", "Submit", "Show Runs", "Cancel All Active Runs…"):
        expect(page.get_by_role("menuitem").filter(has_text=entry).first).to_be_visible()
    keep_picture(page, "actions-menu")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
