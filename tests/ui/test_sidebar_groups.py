"""The side bar as a tool: grouped another way, runs selected and acted on, dragged into a notebook, and all as it was after a reload."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lab import STARTED, Sidebar
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab import Notebook
    from labserver import Server
    from playwright.sync_api import Locator, Page


@pytest.fixture
def orchard(start_server, monkeypatch) -> Iterator[Server]:
    """A server with runs of two experiments: ended, failed, tagged, a parent at work with its children."""
    from jupyter_runs import Experiment, Workspace

    server = start_server()
    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(server.workspace))
    workspace = Workspace.from_config()
    fruit, kitchen = Experiment(workspace, "fruit"), Experiment(workspace, "kitchen")
    for n, name in enumerate(["apple", "pear", "plum"]):
        run = fruit.start_logging(display_name=name)
        run.log("sweetness", n / 10)
        run.tag("colour", "red" if n else "green")
        run.complete()
    fruit.start_logging(display_name="quince").fail("bruised", error_code="ValueError")
    kitchen.start_logging(display_name="stove").complete()
    sweep = fruit.start_logging(display_name="sweep")
    children = [sweep.child_run(f"trial-{n}") for n in range(3)]
    children[0].complete()
    yield server
    for run in (*children[1:], sweep):
        run.complete()


def choose(page: Page, *path: str) -> None:
    """Pick an entry of the view menu."""
    Sidebar(page).place.get_by_role("button", name="View", exact=True).click()
    for name in path:
        page.get_by_role("menu").last.get_by_text(name, exact=True).click()


def pictures(notebook: Notebook, name: str) -> None:
    """Keep pictures of the side bar at its smallest width in both themes."""
    from lab import RESULTS

    for theme in ("Dark", "Light"):
        notebook.theme(f"JupyterLab {theme}")
        box = notebook.sidebar().place.bounding_box()
        assert box is not None
        assert 240 <= box["width"] <= 330
        notebook.page.screenshot(path=RESULTS / f"sidebar-{name}-{theme.lower()}.png")


def test_runs_are_grouped_selected_and_dragged_and_the_side_bar_stays_as_it_was(lab_on, orchard):
    notebook = lab_on(orchard).notebook("groups.ipynb", "1 + 1", "2 + 2")
    page, sidebar = notebook.page, notebook.sidebar()
    expect(sidebar.section("fruit")).to_contain_text("4")
    select_runs(notebook, sidebar)
    open_menus(notebook, sidebar)

    # Grouped by a tag, sorted by name, in one line each.
    choose(page, "Group by", "Tag", "colour")
    expect(sidebar.section("green")).to_contain_text("1")
    expect(sidebar.section("red")).to_contain_text("2")
    expect(sidebar.section("(no colour)")).to_contain_text("2")
    choose(page, "Sort by", "Name")
    expect(sidebar.place.get_by_role("treeitem", level=2)).to_contain_text(["sweep", "pear", "plum"])
    choose(page, "Compact Rows")
    choose(page, "Group by")
    pictures(notebook, "view-menu")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    pictures(notebook, "by-tag")

    # Dragged into a cell.
    editor = notebook.cell(1).editor
    drag(page, sidebar.row("pear"), editor)
    expect(editor).to_contain_text("get_run(")
    notebook.write(1, editor.inner_text().replace("2 + 2", "") + "\nprint(run.display_name, run.status)")
    notebook.run_to_end(1).shows("pear Completed")

    # As it was.
    with page.expect_response(lambda answer: "/api/workspaces/" in answer.url and answer.request.method == "PUT"):
        sidebar.section("green").click()
    notebook.reload()
    sidebar = notebook.sidebar()
    expect(sidebar.section("red")).to_have_attribute("aria-expanded", "true", timeout=STARTED)
    expect(sidebar.row("pear")).to_be_visible()
    expect(sidebar.place.get_by_role("treeitem", level=3)).to_have_count(3)


def select_runs(notebook: Notebook, sidebar: Sidebar) -> None:
    """By click, with Ctrl and Shift, by keyboard; a parent covers its children."""
    page = notebook.page
    # Unfolded by keyboard; an active run is listed once.
    sidebar.row("sweep").click()
    page.keyboard.press("ArrowRight")
    expect(sidebar.place.get_by_role("treeitem", level=3)).to_have_count(3)
    expect(sidebar.rows("sweep")).to_have_count(1)

    footer = sidebar.place.get_by_role("toolbar", name="Selected runs")
    expect(footer).to_contain_text("1 selected")
    child = sidebar.place.get_by_role("treeitem", level=3).filter(has_text="trial-1")
    expect(child).to_have_attribute("aria-selected", "true")
    child.click(modifiers=["ControlOrMeta"])
    expect(footer).to_contain_text("2 selected")
    expect(sidebar.row("sweep")).to_have_attribute("aria-selected", "false")
    sidebar.row("quince").click()
    sidebar.row("apple").click(modifiers=["Shift"])
    expect(footer).to_contain_text("4 selected")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    expect(footer).to_contain_text("3 selected")
    expect(footer.get_by_role("button", name="Cancel")).to_be_disabled()
    pictures(notebook, "selected")
    # Not by the focus: a page that has just been opened may give it to its notebook meanwhile.
    sidebar.row("pear").press("Escape")
    expect(footer).to_have_count(0)


def open_menus(notebook: Notebook, sidebar: Sidebar) -> None:
    """The menus of a row and of a heading; the focus goes back to where it was."""
    page = notebook.page
    sidebar.row("pear").click()
    page.keyboard.press("Shift+F10")
    menu = page.get_by_role("menu")
    menu.get_by_role("menuitem", name="Open Run", exact=True).wait_for()
    pictures(notebook, "menu")
    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    expect(sidebar.row("pear")).to_be_focused()

    sidebar.row("plum").click(button="right")
    menu.get_by_role("menuitem", name="Archive", exact=False).first.click()
    expect(sidebar.rows("plum")).to_have_count(0)
    choose(page, "Show Archived Runs")
    expect(sidebar.row("plum")).to_contain_text("archived")
    sidebar.row("plum").click(button="right")
    menu.get_by_role("menuitem", name="Reactivate").click()
    expect(sidebar.row("plum")).not_to_contain_text("archived")
    choose(page, "Show Archived Runs")

    heading = sidebar.section("fruit")
    heading.hover()
    heading.get_by_role("button", name="Actions for fruit").click()
    menu.get_by_role("menuitem", name="Copy as Python").wait_for()
    page.keyboard.press("Escape")


def drag(page: Page, source: Locator, target: Locator) -> None:
    """Drag as a hand does: press, move in steps, release."""
    source.hover()
    page.mouse.down()
    box = target.bounding_box()
    assert box is not None
    x, y = box["x"] + 20, box["y"] + box["height"] / 2
    page.mouse.move(x - 40, y, steps=8)
    page.mouse.move(x, y, steps=4)
    page.mouse.up()
