"""The search box: typing with suggestions, pills, mistakes, and searches that are kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from lab import STARTED, Notebook, keep_picture
from labserver import wait_until
from playwright.sync_api import expect

if TYPE_CHECKING:
    from lab import Lab, Sidebar
    from labserver import Server
    from playwright.sync_api import Locator, Page


@pytest.fixture
def orchard(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs with tags and metrics, as scripts would have left them."""
    from jupyter_runs import Experiment, Workspace

    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(server.workspace))
    experiment = Experiment(Workspace.from_config(), "search-box")
    for name, ripeness in (("quince", "fantastic run"), ("medlar", "fantastic run"), ("rowan", "poor")):
        run = experiment.start_logging(display_name=name)
        run.tag("ripeness", ripeness)
        run.log("acc", 0.9)
        if name == "rowan":
            run.fail("too bitter", "ValueError")
        else:
            run.complete()


def open_narrow(lab: Lab) -> Sidebar:
    """The sidebar of a small window, 250 px wide; the launcher comes late and takes the focus, so it is waited for."""
    sidebar = lab.open()
    sidebar.page.set_viewport_size({"width": 900, "height": 620})
    sidebar.page.get_by_role("tab", name="Launcher").wait_for(timeout=STARTED)
    return sidebar.show()


def box_of(sidebar: Sidebar) -> Locator:
    """The search box."""
    return sidebar.place.get_by_role("combobox", name="Search runs")


def pill(sidebar: Sidebar, condition: str) -> Locator:
    """The cross of a condition that reads as a pill."""
    return sidebar.place.get_by_role("button", name=f"Remove {condition}", exact=True)


def pictures(page: Page, name: str) -> None:
    """Keep pictures in both themes; the focus, and the list that it keeps open, stay where they are."""
    for theme in ("Dark", "Light"):
        Notebook(page).theme(f"JupyterLab {theme}")
        keep_picture(page, f"search-{name}-{theme.lower()}")


@pytest.mark.usefixtures("orchard")
def test_a_search_is_typed_with_suggestions_and_reads_as_pills(lab: Lab) -> None:
    lab.expects_complaints_about("/jupyter-runs/api/runs")  # the browser's own note of a search that is not finished
    sidebar = open_narrow(lab)
    page, box = sidebar.page, box_of(sidebar)
    options = sidebar.place.get_by_role("listbox", name="Suggestions").get_by_role("option")
    box.click()
    expect(options.filter(has_text="status:")).to_be_visible()
    pictures(page, "fields")

    box.press_sequentially("sta")
    expect(options).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(box).to_have_value("status:")
    expect(options.filter(has_text="status:failed")).to_have_text(re.compile(r"status:failed *[1-9]\d*"))
    box.press_sequentially("fai")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(box).to_have_value("status:failed ")
    expect(sidebar.row("rowan")).to_be_visible()
    expect(sidebar.rows("quince")).to_have_count(0)
    expect(pill(sidebar, "status:failed")).to_be_visible()

    # The text is a text: Backspace goes back into the condition, Ctrl+Z takes back what was chosen, all of it can be copied.
    page.keyboard.press("Backspace")
    expect(pill(sidebar, "status:failed")).to_have_count(0)
    page.keyboard.press("ControlOrMeta+z")
    page.keyboard.press("ControlOrMeta+z")
    expect(box).to_have_value("status:fai")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text('exp:search-box tag:ripeness="fantastic run" -name:medlar metric:acc>0.5 ')
    expect(sidebar.row("quince")).to_be_visible()
    expect(sidebar.rows("medlar")).to_have_count(0)
    box.press_sequentially("tag:")
    expect(options.filter(has_text="tag:ripeness")).to_be_visible()
    pictures(page, "suggestions")
    for option in (options.first, options.last):
        option.scroll_into_view_if_needed()
        place = option.bounding_box()
        assert place is not None
        assert place["y"] + place["height"] <= 620, "the list stays in the window"
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    for _ in "tag:":
        page.keyboard.press("Backspace")
    pill(sidebar, "-name:medlar").click()
    expect(sidebar.row("medlar")).to_be_visible()
    pictures(page, "pills")

    narrow_by_tags(sidebar)


def narrow_by_tags(sidebar: Sidebar) -> None:
    """A click on a tag finds the runs that have it, with Alt those that do not."""
    box, quince = box_of(sidebar), sidebar.row("quince")
    sidebar.filter("exp:search-box")
    expect(sidebar.row("rowan")).to_be_visible()
    quince.get_by_text("ripeness: fantastic run").click()
    expect(box).to_have_value('exp:search-box tag:ripeness="fantastic run"')
    expect(sidebar.rows("rowan")).to_have_count(0)
    expect(box).to_be_focused()
    sidebar.filter("exp:search-box")
    expect(sidebar.row("rowan")).to_be_visible()
    quince.get_by_text("ripeness: fantastic run").click(modifiers=["Alt"])
    expect(sidebar.rows("quince")).to_have_count(0)
    expect(sidebar.row("rowan")).to_be_visible()


@pytest.mark.usefixtures("orchard")
def test_mistakes_are_shown_where_they_are_and_searches_are_kept(lab: Lab) -> None:
    lab.expects_complaints_about("/jupyter-runs/api/")  # the browser's own note of each answer that is an error
    sidebar = open_narrow(lab)
    page, box = sidebar.page, box_of(sidebar)
    sidebar.filter("exp:search-box status:completed")
    expect(sidebar.section("Results")).to_be_visible()
    expect(sidebar.row("quince")).to_be_visible()
    box.press("End")
    box.press_sequentially(" tagg:ripeness")
    problem = sidebar.place.get_by_role("alert")
    expect(problem).to_contain_text("Unknown field 'tagg'")
    expect(box).to_have_attribute("aria-invalid", "true")
    underlined = sidebar.place.locator(".jp-jr-mistake")
    expect(underlined).to_have_text("tagg:ripeness")
    assert "wavy" in underlined.evaluate("element => getComputedStyle(element).textDecorationStyle")
    expect(sidebar.row("quince")).to_be_visible()  # what was found before stays
    pictures(page, "mistake")
    sidebar.place.get_by_role("button", name="Did you mean tag:ripeness?").click()
    expect(problem).to_have_count(0)
    expect(sidebar.row("quince")).to_be_visible()

    sidebar.filter("tag:ripenes")
    meant = sidebar.place.get_by_role("button", name=re.compile(r"^Did you mean tag:ripeness \(\d+\)\?$"))
    expect(meant).to_be_visible()
    box.press("Enter")  # the suggestions go
    pictures(page, "nothing")
    meant.click()
    expect(box).to_have_value("tag:ripeness")
    expect(sidebar.row("rowan")).to_be_visible()

    keep_search(lab, sidebar)


def is_kept(page: Page, layout: str, name: str) -> bool:
    """Whether the workspace of JupyterLab has a saved search, and a side bar without one."""
    script = "async layout => (await window.jupyterapp.serviceManager.workspaces.fetch(layout)).data"
    data = page.evaluate(script, layout)
    return name in str(data) and data.get("jupyter-runs-state:sidebar", {}).get("query") == ""


def keep_search(lab: Lab, sidebar: Sidebar) -> None:
    """Save the search, pin it, come back to it after a reload."""
    page, box = sidebar.page, box_of(sidebar)
    star = sidebar.place.get_by_role("button", name="Saved searches")
    saved = sidebar.place.get_by_role("dialog", name="Saved searches")
    star.click()
    expect(saved.get_by_label("Name of the search")).to_have_value("tag:ripeness")
    page.keyboard.insert_text("Ripe ones")
    page.keyboard.press("Enter")
    saved.get_by_role("button", name="Show Ripe ones as a section").click()
    pictures(page, "saved")
    page.keyboard.press("Escape")
    expect(star).to_be_focused()
    sidebar.filter("")
    expect(sidebar.section("Ripe ones")).to_be_visible()
    pictures(page, "pinned")

    wait_until(lambda: is_kept(page, lab.layout, "Ripe ones"), "it is kept, and that the box is empty")
    page.reload()
    page.get_by_role("tab", name="Launcher").wait_for(timeout=STARTED)
    sidebar.show()
    expect(sidebar.section("Ripe ones")).to_be_visible(timeout=STARTED)
    star.click()
    saved.get_by_role("button", name="Ripe ones", exact=True).click()
    expect(box).to_have_value("tag:ripeness")
    expect(box).to_be_focused()
    expect(sidebar.row("quince")).to_be_visible()
    sidebar.tab.click()
    expect(box).to_be_hidden()
    page.keyboard.press("ControlOrMeta+Alt+e")
    expect(box).to_be_focused()
