"""The studio as a page of its own, without JupyterLab."""

from __future__ import annotations

import re

import pytest
from lab import PROMPTLY, STARTED, Panel, Sidebar, keep_picture
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def runs(server):
    """Two runs that have ended, and one that waits to be canceled; their ids, by name."""
    return server.python(
        """
        import json
        from jupyter_runs import Experiment, Workspace
        page = Experiment(Workspace.from_config(), "page")
        ids = {}
        for name, rate in (("slow", 0.1), ("quick", 0.4)):
            run = page.start_logging(snapshot_directory=None, outputs=False)
            run.display_name = name
            run.tag("quality", "fine")
            for step in range(50):
                run.log("loss", 2 / (1 + rate * step))
            run.complete()
            ids[name] = run.id
        print(json.dumps(ids))
        """
    )


def test_a_person_opens_a_run_on_the_page_goes_back_and_reloads(lab, runs):
    studio = lab.own_page()
    sidebar = Sidebar(studio)
    expect(studio).to_have_title(re.compile("Runs"))
    sidebar.row("quick").wait_for(timeout=STARTED)
    keep_picture(studio, "page-light")

    sidebar.row("quick").dblclick()
    panel = Panel(studio.get_by_role("region", name="Run", exact=True)).reads("Completed")
    expect(studio).to_have_url(re.compile(f"/jupyter-runs/run/{runs['quick']}$"))
    expect(studio).to_have_title(re.compile("^quick — Runs"))
    sidebar.row("slow").dblclick()
    expect(studio).to_have_url(re.compile(runs["slow"]))
    studio.go_back()
    expect(studio).to_have_url(re.compile(runs["quick"]))
    expect(studio.get_by_role("tab", name="quick")).to_have_attribute("aria-selected", "true")

    studio.reload()
    expect(panel.place).to_contain_text("quick", timeout=STARTED)
    expect(studio.get_by_role("tab", name=re.compile("^(quick|slow)$"))).to_have_text(["quick", "slow"])


def test_a_link_to_a_run_opens_it(lab, runs):
    studio = lab.own_page(f"/run/{runs['slow']}")
    expect(studio.get_by_role("region", name="Run", exact=True)).to_contain_text("slow", timeout=STARTED)


def test_a_link_to_an_experiment_opens_its_table_and_a_row_of_it_its_run(lab, runs):
    studio = lab.own_page("/experiment/page")
    table = studio.get_by_role("grid").or_(studio.get_by_role("treegrid")).or_(studio.get_by_role("table"))
    expect(table.first).to_contain_text("slow", timeout=STARTED)
    expect(studio).to_have_title(re.compile("^page — Runs"))
    keep_picture(studio, "page-experiment")


def test_the_palette_offers_what_can_be_done_and_does_it(lab, runs):
    studio = lab.own_page(f"/run/{runs['slow']}")
    Panel(studio.get_by_role("region", name="Run", exact=True)).reads("Completed", timeout=STARTED)
    studio.keyboard.press("Control+Shift+C")
    studio.get_by_role("textbox", name="Search commands").fill("table")
    studio.get_by_role("menuitem", name=re.compile("Open Experiment as Table")).click()
    expect(studio).to_have_url(re.compile("/jupyter-runs/experiment/page$"))


def test_the_page_is_dark_where_the_system_is_and_when_chosen(lab):
    studio = lab.own_page()
    studio.emulate_media(color_scheme="dark")
    background = "() => getComputedStyle(document.querySelector('header')).backgroundColor"
    theme = studio.get_by_role("combobox", name="Theme")
    theme.wait_for()
    assert studio.evaluate(background) == "rgb(33, 33, 33)"
    theme.select_option("Light")
    assert studio.evaluate(background) == "rgb(255, 255, 255)"
    studio.reload()
    expect(studio.get_by_role("combobox", name="Theme")).to_have_value("light")
    assert studio.evaluate(background) == "rgb(255, 255, 255)"
    studio.get_by_role("combobox", name="Theme").select_option("Dark")
    Sidebar(studio).row("quick").dblclick()
    Panel(studio.get_by_role("region", name="Run", exact=True)).reads("Completed")
    keep_picture(studio, "page-dark")


def test_on_a_phone_the_list_and_the_run_each_are_the_whole_page(lab, runs):
    studio = lab.own_page()
    studio.set_viewport_size({"width": 390, "height": 760})
    sidebar = Sidebar(studio)
    sidebar.row("quick").wait_for()
    keep_picture(studio, "page-phone-list")
    sidebar.row("quick").dblclick()
    Panel(studio.get_by_role("region", name="Run", exact=True)).reads("Completed")
    expect(sidebar.place).to_be_hidden()
    assert studio.evaluate("document.documentElement.scrollWidth") <= 390
    keep_picture(studio, "page-phone-run")
    studio.get_by_role("button", name="All runs").click()
    sidebar.row("quick").wait_for()
    expect(studio).to_have_url(re.compile("/jupyter-runs$"))
    studio.go_back()
    expect(sidebar.place).to_be_hidden()


def test_a_run_that_starts_elsewhere_appears_and_is_canceled_here(lab, server, runs):
    studio = lab.own_page()
    sidebar = Sidebar(studio)
    sidebar.row("quick").wait_for(timeout=STARTED)
    with server.program(
        """
        import time
        from jupyter_runs import Experiment, Workspace
        with Experiment(Workspace.from_config(), "page").start_logging(snapshot_directory=None, outputs=False) as run:
            run.display_name = "worker"
            while True:
                run.log("loss", 1.0)
                time.sleep(0.1)
        """
    ):
        expect(sidebar.row("worker")).to_contain_text("Running", timeout=STARTED)
        sidebar.cancel("worker")
        expect(sidebar.row("worker")).to_contain_text("Canceled", timeout=PROMPTLY)
