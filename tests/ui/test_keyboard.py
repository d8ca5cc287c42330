"""A day's work without a mouse: find runs, open, read, tag, cancel, and compare them, by the keyboard alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from lab import PROMPTLY, STARTED, Panel, keep_picture
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab import Lab, Sidebar
    from labserver import Server
    from playwright.sync_api import Locator, Page

DOCUMENT = ":is(.jp-jr-document, .jp-jr-table-document):not(.lm-mod-hidden)"

MADE = """
    from jupyter_runs import Experiment, Workspace
    keys = Experiment(Workspace.from_config(), "by-keyboard")
    for name, rate in (("adagio", 0.1), ("allegro", 0.4)):
        with keys.start_logging(snapshot_directory=None, outputs=False, params={"rate": rate}) as run:
            run.display_name = name
            for step in range(20):
                run.log("loss", 2 / (1 + rate * step))
"""

AT_WORK = """
    import time
    from jupyter_runs import Experiment, Workspace
    keys = Experiment(Workspace.from_config(), "by-keyboard")
    with keys.start_logging(snapshot_directory=None, outputs=False) as run:
        run.display_name = "presto"
        while True:
            run.log("loss", 1.0)
            time.sleep(0.2)
"""


@pytest.fixture
def at_work(server: Server) -> Iterator[None]:
    """Two runs that have ended and one that goes on until somebody cancels it."""
    server.python(MADE)
    with server.program(AT_WORK):
        yield


def tab_to(page: Page, place: Locator, most: int = 12) -> None:
    """Press Tab until something has the focus."""
    for _ in range(most):
        if place.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    expect(place).to_be_focused()


def walk_to(page: Page, row: Locator, most: int = 12) -> None:
    """Arrow down until a row has the focus."""
    expect(row).to_be_visible(timeout=STARTED)
    for _ in range(most):
        if row.evaluate("element => element === document.activeElement"):
            return
        before = page.evaluate("() => document.activeElement?.dataset.id ?? null")
        assert before, "the focus is not in the list"
        page.keyboard.press("ArrowDown")
        page.wait_for_function("before => document.activeElement?.dataset.id !== before", arg=before)
    expect(row).to_be_focused()


@pytest.mark.usefixtures("at_work")
def test_everything_is_done_without_a_mouse(lab: Lab) -> None:
    lab.expects_complaints_about("/jupyter-runs/api/runs")  # the browser's own note of a search that is not finished
    sidebar = lab.open()
    page, place = sidebar.page, sidebar.place
    keys = page.keyboard
    page.get_by_role("tab", name="Launcher").wait_for(timeout=STARTED)  # it comes late and takes the focus

    # The side bar, and a search that is completed.
    keys.press("ControlOrMeta+Alt+e")
    box = place.get_by_role("combobox", name="Search runs")
    expect(box).to_be_focused()
    keys.type("exp:by-k")
    expect(place.get_by_role("option").filter(has_text="by-keyboard")).to_be_visible()
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(box).to_have_value(re.compile("^exp:by-keyboard"))
    expect(place.get_by_role("treeitem", level=1)).to_have_count(1)  # all runs had three rows of this level, too
    expect(place.get_by_role("treeitem", level=2)).to_have_count(3)

    # Into the list, and a run in a tab.
    tree_stop = place.locator("[role=treeitem][tabindex='0']")
    tab_to(page, tree_stop)
    walk_to(page, sidebar.row("adagio"))
    keys.press("Enter")
    document = page.locator(DOCUMENT)
    panel = Panel(document.get_by_role("region", name="Run", exact=True)).reads("Completed", timeout=STARTED)
    walk_tabs(page, panel)
    tag_there(page, panel)

    cancel_from_the_list(page, sidebar.row("presto"), box)
    compare_two(page, sidebar, box)
    keep_picture(page, "keyboard-compare")


def walk_tabs(page: Page, panel: Panel) -> None:
    """The views of the run, by arrows; opening a run has brought the focus into its tab."""
    strip = panel.place.get_by_role("tablist", name="Views of the run")
    tab_to(page, strip.get_by_role("tab", selected=True), most=30)
    number = strip.get_by_role("tab").count()
    seen = set()
    for _ in range(number):
        page.keyboard.press("ArrowRight")
        chosen = strip.get_by_role("tab", selected=True)
        expect(chosen).to_be_focused()
        seen.add(chosen.inner_text())
    assert len(seen) == number


def tag_there(page: Page, panel: Panel) -> None:
    """A tag is added in the tab of the run."""
    page.keyboard.press("Home")
    expect(panel.place.get_by_role("tab", name="Overview")).to_be_focused()
    add = panel.place.get_by_role("button", name="Add tag")
    expect(add).to_be_visible()
    for _ in range(30):
        if add.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Shift+Tab")
    expect(add).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("tempo=slow")
    page.keyboard.press("Enter")
    expect(panel.place.get_by_text("tempo: slow")).to_be_visible(timeout=PROMPTLY)
    page.keyboard.press("Escape")
    expect(add).to_be_focused()


def into_the_list(page: Page, box: Locator) -> None:
    """From wherever the focus is to the top of the list."""
    page.keyboard.press("ControlOrMeta+Alt+e")
    expect(box).to_be_focused()
    tree_stop = page.locator("#jupyter-runs-sidebar [role=treeitem][tabindex='0']")
    tab_to(page, tree_stop)
    page.keyboard.press("Home")
    expect(page.locator(":focus")).to_have_attribute("aria-level", "1")


def cancel_from_the_list(page: Page, row: Locator, box: Locator) -> None:
    """Shift+Delete asks, Enter says yes, and the focus is in the list again."""
    into_the_list(page, box)
    walk_to(page, row)
    page.keyboard.press("Shift+Delete")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Cancel presto?")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(row).to_contain_text("Canceled", timeout=STARTED)
    expect(row).to_be_focused()


def compare_two(page: Page, sidebar: Sidebar, box: Locator) -> None:
    """Space selects, C compares what is selected."""
    into_the_list(page, box)
    footer = sidebar.place.get_by_role("toolbar", name="Selected runs")
    for number, name in enumerate(("allegro", "adagio"), 1):
        walk_to(page, sidebar.row(name))
        page.keyboard.press("Space")
        expect(footer).to_contain_text(f"{number} selected")
    page.keyboard.press("c")
    strip = page.locator(DOCUMENT).get_by_role("tablist", name="Views of the comparison")
    expect(strip).to_be_visible(timeout=STARTED)
    expect(page.locator(DOCUMENT).get_by_role("columnheader", name=re.compile("adagio|allegro"))).to_have_count(2)
    tab_to(page, strip.get_by_role("tab", selected=True), most=30)
    page.keyboard.press("ArrowRight")
    expect(strip.get_by_role("tab", name="Curves")).to_be_focused()
    expect(page.locator(DOCUMENT).get_by_role("img", name="loss of 2 runs")).to_be_visible()
