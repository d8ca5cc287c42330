"""The search box: typing with suggestions, pills, mistakes, and searches that are kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from lab import STARTED, keep_picture
from playwright.sync_api import expect

if TYPE_CHECKING:
    from lab import Lab, Sidebar
    from labserver import Server


@pytest.fixture
def orchard(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs with tags and metrics, as scripts would have left them."""
    from jupyter_runs import Experiment, Workspace

    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(server.workspace))
    experiment = Experiment(Workspace.from_config(), "search-box")
    for name, quality in (("quince", "fantastic run"), ("medlar", "fantastic run"), ("rowan", "poor")):
        run = experiment.start_logging(display_name=name)
        run.tag("quality", quality)
        run.log("acc", 0.9)
        run.complete() if name != "rowan" else run.fail("bitter", "ValueError")


def open_narrow(lab: Lab) -> Sidebar:
    """The sidebar of a small window, 250 px wide; the launcher comes late and takes the focus, so it is waited for."""
    sidebar = lab.open()
    sidebar.page.set_viewport_size({"width": 900, "height": 700})
    sidebar.page.get_by_role("tab", name="Launcher").wait_for(timeout=STARTED)
    return sidebar.show()


def test_a_search_is_typed_with_suggestions_and_reads_as_pills(lab: Lab, orchard: None) -> None:
    sidebar = open_narrow(lab)
    keyboard = sidebar.page.keyboard
    box = sidebar.place.get_by_role("combobox", name="Search runs")
    offers = sidebar.place.get_by_role("listbox", name="Suggestions").get_by_role("option")
    box.click()
    expect(offers.first).to_be_visible()
    keep_picture(sidebar.page, "search-fields-light")
    box.press_sequentially("sta")
    expect(offers).to_have_count(2)
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(box).to_have_value("status:")
    expect(offers.filter(has_text="status:failed")).to_have_text(re.compile(r"status:failed *\d+"))
    keep_picture(sidebar.page, "search-suggestions-light")
    box.press_sequentially("fai")
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(box).to_have_value("status:failed ")
    expect(sidebar.row("rowan")).to_be_visible()
    expect(sidebar.rows("quince")).to_have_count(0)
    keep_picture(sidebar.page, "search-pill-light")
