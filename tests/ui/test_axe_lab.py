"""axe-core finds nothing serious in what is ours inside JupyterLab, light, dark and with the colours of a high-contrast system."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from lab import STARTED, Notebook, Sidebar
from playwright.sync_api import expect
from test_axe import RUNS, _check

if TYPE_CHECKING:
    from lab import Lab
    from labserver import Server
    from playwright.sync_api import Locator, Page

SIDEBAR = "#jupyter-runs-sidebar"
DOCUMENT = ":is(.jp-jr-document, .jp-jr-table-document):not(.lm-mod-hidden)"
DIALOG = ".jp-Dialog-content"


@pytest.fixture(scope="module")
def runs(server: Server) -> dict[str, str]:
    """Runs with metrics, tags, a child; one of them failed."""
    ids: dict[str, str] = server.python(RUNS)
    return ids


@pytest.fixture(scope="module")
def page(shared_lab: Lab, runs: dict[str, str]) -> Page:
    """A notebook with a panel, beside the side bar."""
    assert runs
    source = "%%run_experiment axe --name in-cell -t quality=fine\nfor n in range(20): run.log('loss', 1 / (n + 1))"
    notebook = shared_lab.notebook("axe.ipynb", "%load_ext jupyter_runs", source)
    notebook.run_to_end(0)
    notebook.run_to_end(1).panel.reads("Completed")
    notebook.sidebar()
    return notebook.page


class Looks:
    """What axe finds on each surface, in one theme; in the light one with forced colours, too."""

    def __init__(self, page: Page, theme: str) -> None:
        self.page = page
        self.theme = theme
        self.found: list[str] = []

    def at(self, name: str, within: str) -> None:
        """Look at one surface."""
        place = self.page.locator(within).first
        expect(place).to_be_visible(timeout=STARTED)
        _check(self.page, f"{name}, {self.theme}", self.found, within)
        if self.theme == "Light":
            self.page.emulate_media(forced_colors="active")
            _check(self.page, f"{name}, high contrast", self.found, within)
            self.page.emulate_media(forced_colors="none")


def execute(page: Page, command: str, **args: object) -> None:
    """A command, as a menu or a key would call it; does not wait for its dialogs."""
    page.evaluate(
        "([id, args]) => void window.jupyterapp.commands.execute(id, args)", [f"jupyter-runs:{command}", args]
    )


def tabs_of(page: Page, name: str) -> list[Locator]:
    """The views of the document in front."""
    strip = page.locator(DOCUMENT).get_by_role("tablist", name=name)
    expect(strip).to_be_visible(timeout=STARTED)
    return strip.get_by_role("tab").all()


def look_at_tabs(looks: Looks, what: str, strip: str) -> None:
    """Each view of the document in front."""
    for tab in tabs_of(looks.page, strip):
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        looks.page.wait_for_load_state("networkidle")
        looks.at(f"{what}, {tab.inner_text().split()[0]}", DOCUMENT)


def look_at_dialog(looks: Looks, runs: list[str], command: str, **args: object) -> None:
    """The dialog of a command; it is left by Esc."""
    page = looks.page
    execute(page, command, **({"run_ids": runs} if runs else {}), **args)
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(":focus")).to_have_count(1)
    looks.at(f"dialog {command}", DIALOG)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def look_at_sidebar(looks: Looks) -> None:
    """With runs selected, with suggestions, with its menus."""
    page = looks.page
    sidebar = Sidebar(page).show()
    sidebar.row("slow").click()
    sidebar.row("quick").click(modifiers=["ControlOrMeta"])
    expect(sidebar.place.get_by_role("toolbar", name="Selected runs")).to_contain_text("2 selected")
    looks.at("side bar", SIDEBAR)
    sidebar.row("quick").click(button="right")
    looks.at("menu of a row", ".jp-jr-menu")
    page.keyboard.press("Escape")
    sidebar.place.get_by_role("button", name="View", exact=True).click()
    page.get_by_role("menu").get_by_text("Group by").click()
    looks.at("view menu", ".jp-jr-menu")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator(".jp-jr-menu")).to_have_count(0)
    sidebar.filter("exp:axe -tag:nothing ")
    sidebar.place.get_by_role("combobox", name="Search runs").press_sequentially("sta")
    expect(sidebar.place.get_by_role("option").first).to_be_visible()
    looks.at("search", SIDEBAR)
    sidebar.filter("exp:axe tagg:nothing ")
    expect(sidebar.place.get_by_role("alert")).to_be_visible()
    looks.at("mistake in the search", SIDEBAR)
    sidebar.filter("")
    expect(sidebar.row("slow")).to_be_visible()


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_axe_finds_nothing_serious_inside_jupyterlab(page, shared_lab, runs, theme):
    shared_lab.expects_complaints_about("/jupyter-runs/api/")  # the browser's own note of a search that does not parse
    Notebook(page).theme(f"JupyterLab {theme}")
    looks = Looks(page, theme)
    looks.at("panel", ".jp-Cell-outputArea .jp-jr")
    look_at_sidebar(looks)

    execute(page, "open-run", run_id=runs["slow"])
    look_at_tabs(looks, "run", "Views of the run")
    execute(page, "open-run", run_id=runs["broken"], tab="overview")
    expect(page.locator(DOCUMENT).get_by_role("status").first).to_contain_text("Failed", timeout=STARTED)
    looks.at("failed run", DOCUMENT)
    execute(page, "open-experiment", experiment="axe")
    expect(page.locator(DOCUMENT).get_by_role("rowheader").first).to_be_visible(timeout=STARTED)
    looks.at("experiment table", DOCUMENT)
    execute(page, "compare", run_ids=[runs["slow"], runs["quick"], runs["broken"]])
    look_at_tabs(looks, "compare", "Views of the comparison")

    look_at_dialog(looks, [runs["slow"]], "add-tag")
    look_at_dialog(looks, [runs["slow"]], "rename")
    look_at_dialog(looks, [runs["slow"]], "edit-description")
    look_at_dialog(looks, [runs["slow"], runs["quick"]], "delete")
    look_at_dialog(looks, [], "submit", path="axe.ipynb")
    page.get_by_role("tab", name=re.compile("axe.ipynb")).click()
    assert not looks.found, "\n".join(looks.found)
