"""The Runs sidebar: what is active, what there was, finding it, and what it says when there is nothing to show."""

from __future__ import annotations

import re

from lab import PROMPTLY, keep_picture
from playwright.sync_api import expect

LOAD = "%load_ext jupyter_runs\nimport time"


def test_runs_appear_live_active_ones_first_and_the_filter_finds_them(lab):
    notebook = lab.notebook(
        "sidebar.ipynb",
        LOAD,
        "%%run_experiment orchard --name apple -t colour=red\nrun.log('sweetness', 0.75)",
        "%%run_experiment orchard --name pear\nraise ValueError('bruised')",
        "%%run_experiment kitchen --name stove\nwhile True: time.sleep(0.1)",
    )
    notebook.run_to_end(0)
    sidebar = notebook.sidebar()
    notebook.run_to_end(1)
    notebook.run_to_end(2)
    stove = notebook.run(3).panel.reads("Running")

    expect(sidebar.section("Active")).to_be_visible()
    expect(sidebar.row("stove")).to_contain_text("Running")
    expect(sidebar.row("apple")).to_contain_text("0.75")
    expect(sidebar.row("pear")).to_contain_text("bruised")
    expect(sidebar.section("orchard")).to_contain_text("2")
    notebook.screenshot("sidebar-light")

    for query, shown, hidden in [
        ("status:failed", ["pear"], ["apple", "stove"]),
        ("tag:colour=red", ["apple"], ["pear", "stove"]),
        ("exp:kitchen", ["stove"], ["apple", "pear"]),
        ("appl", ["apple"], ["pear", "stove"]),
    ]:
        sidebar.filter(query)
        for name in shown:
            expect(sidebar.row(name)).to_be_visible()
        for name in hidden:
            expect(sidebar.rows(name)).to_have_count(0)

    sidebar.filter("no such run anywhere")
    expect(sidebar.place).to_contain_text(re.compile("No runs match"))
    sidebar.filter("")
    expect(sidebar.row("apple")).to_be_visible()

    notebook.theme("JupyterLab Dark")
    notebook.screenshot("sidebar-dark")
    sidebar.cancel("stove")
    stove.reads("Canceled", timeout=PROMPTLY)
    expect(sidebar.section("Active")).to_have_count(0)


def test_without_runs_the_sidebar_says_how_to_make_one(lab_on, start_server):
    sidebar = lab_on(start_server()).open().show()
    expect(sidebar.place).to_contain_text("No runs yet")
    expect(sidebar.place).to_contain_text("%%run_experiment")
    keep_picture(sidebar.page, "sidebar-empty-light")


def test_without_the_server_extension_the_sidebar_says_what_to_enable(lab_on, start_server):
    lab = lab_on(start_server('--ServerApp.jpserver_extensions={"jupyter_runs": False}'))
    lab.expects_complaints_about("/jupyter-runs/api/")  # the browser's own note of each 404
    expect(lab.open().show().place).to_contain_text("jupyter server extension enable jupyter_runs")


def test_a_broken_store_is_named_in_the_sidebar_and_left_as_it_is(lab_on, start_server, tmp_path):
    store = tmp_path / "workspace" / "runs.db"
    store.parent.mkdir()
    store.write_bytes(b"this is not a database " * 100)
    lab = lab_on(start_server())
    lab.expects_complaints_about("/jupyter-runs/api/")  # the browser's own note of each answer that is an error
    sidebar = lab.open().show()
    expect(sidebar.place).to_contain_text(str(store))
    keep_picture(sidebar.page, "sidebar-broken-store-light")
    assert store.read_bytes().startswith(b"this is not a database")
