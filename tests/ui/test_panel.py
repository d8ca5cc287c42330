"""The panel in the output of a cell: live, editable, safe, and quick with thousands of children."""

from __future__ import annotations

import re

from lab import PROMPTLY
from labserver import wait_until
from playwright.sync_api import expect

LOAD = "%load_ext jupyter_runs\nimport time"


def test_the_panel_follows_metrics_progress_and_log_while_the_cell_is_busy(lab):
    notebook = lab.notebook(
        "live.ipynb",
        LOAD,
        """\
%%run_experiment live --name follow -t quality=fine --prop author=me -p lr=0.25
for step in range(1, 1000):
    run.log("loss", 1000.5 - step, step=step)
    run.progress(step, 1000)
    print("at step", step, flush=True)
    time.sleep(0.05)
""",
    )
    notebook.run_to_end(0)
    panel = notebook.run(1).panel.reads("Running")

    expect(panel.place).to_contain_text("follow")
    expect(panel.place).to_contain_text("live")
    expect(panel.place).to_contain_text("author")
    panel.place.get_by_role("progressbar").first.wait_for()
    elapsed = panel.place.get_by_text(re.compile(r"^\d\d:\d\d:\d\d$")).first
    before = elapsed.inner_text()
    expect(elapsed).not_to_have_text(before)
    metric = panel.place.get_by_text(re.compile(r"\b9\d\d\.5\b")).first
    value = metric.inner_text()
    expect(metric).not_to_have_text(value)
    expect(panel.place).to_contain_text(re.compile(r"at step \d\d+"))

    notebook.screenshot("panel-running-light")
    notebook.theme("JupyterLab Dark")
    notebook.screenshot("panel-running-dark")
    panel.cancel()
    panel.reads("Canceled")
    notebook.screenshot("panel-canceled-dark")


def test_tags_added_and_removed_in_the_panel_land_in_the_store(lab, find_run):
    notebook = lab.notebook("tags.ipynb", LOAD, "%%run_experiment tags --name tagged -t old=1\nrun.log('x', 1)")
    notebook.run_to_end(0)
    panel = notebook.run_to_end(1).panel.reads("Completed")
    run = find_run("tags", "tagged")

    panel.place.get_by_role("button", name="Add tag").click()
    notebook.page.keyboard.type("quality=fantastic run")
    notebook.page.keyboard.press("Enter")
    wait_until(lambda: run.get_tags().get("quality") == "fantastic run", "the tag is in the store")
    expect(panel.place).to_contain_text("fantastic run")

    panel.place.get_by_role("button", name=re.compile(r"^Remove tag old")).click()
    wait_until(lambda: "old" not in run.get_tags(), "the tag is gone from the store")
    expect(panel.place.get_by_role("button", name=re.compile(r"^Remove tag old"))).to_have_count(0)
    assert run.get_tags() == {"quality": "fantastic run"}


def test_a_tag_set_by_another_process_appears_in_the_panel(lab, find_run):
    notebook = lab.notebook("tags-live.ipynb", LOAD, "%%run_experiment tags --name watched\nrun.log('x', 1)")
    notebook.run_to_end(0)
    panel = notebook.run_to_end(1).panel.reads("Completed")
    find_run("tags", "watched").tag("from", "outside")
    expect(panel.place).to_contain_text("outside", timeout=PROMPTLY)


def test_two_thousand_children_are_shown_with_few_elements(lab):
    notebook = lab.notebook(
        "many.ipynb", LOAD, "%%run_experiment many --name thousands\nchildren = run.create_children(count=2000)"
    )
    notebook.run_to_end(0)
    panel = notebook.run_to_end(1).panel.reads("Completed")
    expect(panel.place).to_contain_text(re.compile("Children *2000"))
    rows = panel.place.get_by_role("treeitem")
    rows.first.wait_for()
    assert rows.count() < 200
    assert notebook.page.evaluate("() => document.querySelectorAll('.jp-Cell-outputArea *').length") < 2000

    # The list goes on to its end: every page of children is fetched as it comes into view.
    seen = rows.last.get_attribute("aria-posinset")
    rows.last.hover()
    notebook.page.mouse.wheel(0, 20_000)
    expect(rows.last).not_to_have_attribute("aria-posinset", seen)


HOSTILE = {
    "name": "<img src=x onerror='window.hit=1'>",
    "tag": "<script>window.hit=2</script>",
    "log": "<svg onload='window.hit=3'>",
    "metric": "<iframe srcdoc='<script>parent.hit=4</script>'></iframe>",
    "property": "javascript:window.hit=5//</span><b onclick='window.hit=5'>",
    "description": "[click](javascript:window.hit=6)",
}


def test_hostile_text_is_shown_as_text_live_in_the_sidebar_and_reopened(lab):
    cell = f"""\
%%run_experiment hostile
text = {HOSTILE!r}
run.display_name = text["name"]
run.description = text["description"]
run.tag("<b>key</b>", text["tag"])
run.add_properties({{"<i>kept</i>": text["property"]}})
run.log("<u>metric</u>", text["metric"])
child = run.child_run(text["name"])
print(text["log"])
raise ValueError(text["log"])
"""
    notebook = lab.notebook("hostile.ipynb", LOAD, cell)
    notebook.run_to_end(0)
    panel = notebook.run_to_end(1).panel.reads("Failed")
    expect(panel.place).to_contain_text(HOSTILE["name"])
    expect(panel.place).to_contain_text(HOSTILE["tag"])
    panel.place.get_by_text("Traceback", exact=True).click()
    expect(notebook.sidebar().place).to_contain_text(HOSTILE["name"])
    notebook.page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    assert notebook.page.evaluate("() => window.hit ?? null") is None

    notebook.save()
    notebook.reload()
    notebook.cell(1).panel.reads("Failed")
    expect(notebook.sidebar().place).to_contain_text(HOSTILE["name"])
    assert notebook.page.evaluate("() => window.hit ?? null") is None
