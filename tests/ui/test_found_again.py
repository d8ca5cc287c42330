"""What is out of sight is found again: runs in the bin, and those that have the tag of a panel."""

from __future__ import annotations

import re

from lab import STARTED
from playwright.sync_api import expect

CELL = "%%run_experiment attic --name {name} -t year={year}\nprint('{name} is done')"


def test_tags_of_panels_narrow_the_list_and_the_bin_gives_back(lab, find_run):
    cells = [CELL.format(name=name, year=year) for name, year in (("lamp", 1930), ("chair", 1930), ("trunk", 1890))]
    notebook = lab.notebook("attic.ipynb", "%load_ext jupyter_runs", *cells)
    for number in range(4):
        notebook.run_to_end(number)
    sidebar = notebook.sidebar()
    box = sidebar.place.get_by_role("combobox", name="Search runs")
    sidebar.filter("exp:attic")
    expect(sidebar.place.get_by_role("treeitem", level=2)).to_have_count(3, timeout=STARTED)

    # A click on a tag in a panel finds the runs that have it, with Alt those that do not; a closed side bar opens.
    sidebar.tab.click()
    expect(sidebar.place).to_be_hidden()
    tag = notebook.cell(1).panel.place.get_by_role("button", name="Find runs with tag year: 1930")
    tag.click()
    expect(box).to_have_value("exp:attic tag:year=1930")
    expect(sidebar.row("lamp")).to_be_visible()
    expect(sidebar.row("chair")).to_be_visible()
    expect(sidebar.rows("trunk")).to_have_count(0)
    sidebar.filter("exp:attic")
    tag.click(modifiers=["Alt"])
    expect(box).to_have_value("exp:attic -tag:year=1930")
    expect(sidebar.row("trunk")).to_be_visible()
    expect(sidebar.rows("lamp")).to_have_count(0)

    # Into the bin and back, by the menu of the row.
    menu = notebook.page.get_by_role("menu")
    sidebar.filter("exp:attic")
    sidebar.row("lamp").click(button="right")
    menu.get_by_role("menuitem", name="Delete Run").click()
    expect(sidebar.rows("lamp")).to_have_count(0)
    sidebar.filter("is:deleted exp:attic")
    expect(sidebar.row("lamp")).to_be_visible()
    expect(sidebar.rows("chair")).to_have_count(0)
    sidebar.row("lamp").click(button="right")
    entries = menu.get_by_role("menuitem", name=re.compile("^(Restore|Delete|Archive)"))
    expect(entries).to_have_text(["Restore Run"])
    notebook.screenshot("bin-menu-light")
    entries.click()
    expect(sidebar.rows("lamp")).to_have_count(0)
    sidebar.filter("exp:attic")
    expect(sidebar.row("lamp")).to_be_visible()
    assert find_run("attic", "lamp").get_status() == "Completed"

    # The panel in the notebook gives it back too.
    panel = notebook.cell(1).panel.place
    expect(panel).not_to_contain_text("in the bin")
    find_run("attic", "lamp").delete()
    expect(panel).to_contain_text("in the bin")
    notebook.screenshot("bin-panel-light")
    notebook.theme("JupyterLab Dark")
    notebook.screenshot("bin-panel-dark")
    notebook.theme("JupyterLab Light")
    panel.get_by_role("button", name="Restore", exact=True).click()
    expect(panel).not_to_contain_text("in the bin")
    expect(sidebar.row("lamp")).to_be_visible()
