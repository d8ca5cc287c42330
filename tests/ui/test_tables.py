"""The table of an experiment and some runs side by side, as a person uses them."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import pytest
from lab import STARTED, Notebook
from playwright.sync_api import expect

if TYPE_CHECKING:
    import pandas as pd
    from lab import Lab
    from labserver import Server
    from playwright.sync_api import Locator, Page

    from jupyter_runs import Run

RATES = (0.1, 0.01, 0.001)
TRIALS = 12


@pytest.fixture(scope="module")
def trials(server: Server) -> list[Run]:
    """Twelve runs with params, metrics, tags; the last one has children."""
    from jupyter_runs import Experiment, Workspace

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNS_WORKSPACE", str(server.workspace))
        experiment = Experiment(Workspace.from_config(), "tables")
    made = []
    for n in range(TRIALS):
        params = {"lr": str(RATES[n % 3]), "depth": str(2 + n % 4), "model": ("mlp", "cnn")[n % 2], "batch": "32"}
        if n == 5:
            del params["depth"]
        run = experiment.start_logging(
            display_name=f"trial-{n:02}", params=params, tags={"fold": str(n % 2)}, snapshot_directory=None
        )
        for step in range(20):
            run.log("loss", 2 / (step + 1 + n) + RATES[n % 3], step=step)
            run.log("acc", 1 - math.exp(-(step + 1) / (4 + n)), step=step)
        made.append(run)
    with made[-1].child_run(name="child-of-last") as child:
        child.log("loss", 0.5)
    for run in made:
        run.complete()
    return made


@pytest.fixture(scope="module")
def page(shared_lab: Lab, trials: list[Run]) -> Page:
    """One page for the tests of this module, with the table open; each goes on where the one before has left it."""
    assert trials
    shared_lab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shared_lab.expects_complaints_about("400 (Bad Request)")  # of a search that does not parse yet
    page = shared_lab.open().page
    ready(page)
    run_command(page, "open-experiment", experiment="tables")
    return page


def ready(page: Page) -> None:
    """Wait until the commands of the studio are there."""
    known = "() => window.jupyterapp?.commands.hasCommand('jupyter-runs:compare')"
    page.wait_for_function(known, timeout=STARTED)


def run_command(page: Page, name: str, **args: object) -> None:
    """Execute a command, as the palette or a menu does."""
    page.evaluate(
        "([name, args]) => void window.jupyterapp.commands.execute(`jupyter-runs:${name}`, args)", [name, args]
    )


def table_of(page: Page) -> Locator:
    """The table of the experiment."""
    return page.get_by_role("region", name="Experiment tables")


def pictures(page: Page, name: str) -> None:
    """Keep pictures in both themes."""
    for theme in ("Dark", "Light"):
        Notebook(page).theme(f"JupyterLab {theme}")
        Notebook(page).screenshot(f"{name}-{theme.lower()}")


def row(place: Locator, name: str) -> Locator:
    """The row of a run or a group."""
    return place.get_by_role("row").filter(has=place.page.get_by_role("rowheader").filter(has_text=name))


def names(place: Locator) -> list[str]:
    """Names of the runs in the table, from the top."""
    texts = place.get_by_role("rowheader").all_inner_texts()
    return [found[0] for text in texts if (found := re.search(r"(trial-\d+|child-of-last)", text))]


def copied(page: Page) -> str:
    """What is in the clipboard."""
    text: str = page.evaluate("() => navigator.clipboard.readText()")
    return text


def frame_of(server: Server, code: str) -> pd.DataFrame:
    """Run code as a notebook would; the value of its last line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNS_WORKSPACE", str(server.workspace))
        scope: dict[str, object] = {}
        *lines, last = code.rstrip().splitlines()
        exec("\n".join(lines), scope)
        found: pd.DataFrame = eval(last, scope)
    return found


def copy_code(page: Page, place: Locator) -> str:
    """Copy the code that makes the table in Python."""
    place.get_by_role("button", name="Export").click()
    place.get_by_role("button", name="Copy as DataFrame code").click()
    expect(place.get_by_text("Copied")).to_be_visible()
    return copied(page)


def test_an_experiment_is_a_table_that_is_sorted_and_searched(page):
    place = table_of(page)
    expect(place.get_by_role("status")).to_have_text("12 runs", timeout=STARTED)
    for column in ("lr", "depth", "model", "loss", "acc"):
        expect(place.get_by_role("columnheader", name=column, exact=True)).to_be_visible()
    expect(place.get_by_role("columnheader", name="batch")).to_have_count(0)  # the same in all runs
    pictures(page, "table")

    loss = place.get_by_role("columnheader", name="loss", exact=True)
    loss.click()
    expect(loss).to_have_attribute("aria-sort", "ascending")
    expect(place.get_by_role("rowheader").first).to_contain_text("trial-11")
    loss.click()
    expect(loss).to_have_attribute("aria-sort", "descending")
    expect(place.get_by_role("rowheader").first).to_contain_text("trial-00")

    search = place.get_by_role("searchbox", name="Search runs")
    search.fill("param:lr<0.05 -param:depth=2")
    expect(place.get_by_role("status")).to_have_text("6 runs")
    search.fill("param:lr<")
    expect(place.get_by_role("alert")).to_contain_text("param:lr<")
    assert len(names(place)) == 6  # the last good rows stay
    search.fill("")
    expect(place.get_by_role("status")).to_have_text("12 runs")


def test_children_unfold_below_their_parent_and_the_keyboard_reaches_everything(page):
    place = table_of(page)
    first = row(place, "trial-11").get_by_role("rowheader")
    first.click()
    keys = page.keyboard
    keys.press("ArrowRight")
    expect(row(place, "child-of-last")).to_have_attribute("aria-level", "2")
    keys.press("ArrowLeft")
    expect(row(place, "child-of-last")).to_have_count(0)
    keys.press("ArrowUp")
    expect(row(place, "trial-08").get_by_role("rowheader")).to_be_focused()
    keys.press("Space")
    keys.press("Shift+ArrowUp")
    expect(place.get_by_role("toolbar", name="Selected runs")).to_contain_text("selected")
    keys.press("Escape")
    expect(place.get_by_role("toolbar", name="Selected runs")).to_have_count(0)
    keys.press("End")
    expect(page.locator(":focus")).to_have_attribute("role", "gridcell")
    keys.press("Control+Home")
    expect(place.get_by_role("rowheader").first).to_be_focused()


def test_tags_and_names_are_edited_in_place(page, trials):
    place = table_of(page)
    line = row(place, "trial-03")
    line.get_by_role("gridcell").last.dblclick()
    editor = place.get_by_role("group", name="Tags of trial-03")
    tag = editor.get_by_role("textbox", name="New tag")
    tag.fill("quality=very good")
    tag.press("Enter")
    editor.get_by_role("button", name="Remove tag fold").click()
    tag.press("Escape")
    expect(editor).to_have_count(0)
    assert trials[3].get_tags() == {"fold": "1"}  # Esc reverts

    page.keyboard.press("F2")
    tag.fill("quality=very good")
    tag.press("Enter")
    editor.get_by_role("button", name="Remove tag fold").click()
    editor.get_by_role("button", name="Save").click()
    expect(editor).to_have_count(0)
    expect(line).to_contain_text("quality: very good")
    assert trials[3].get_tags() == {"quality": "very good"}

    page.keyboard.press("Home")
    page.keyboard.press("F2")
    name = place.get_by_role("textbox", name="Name of trial-03")
    name.fill("")
    name.press("Enter")
    expect(place.get_by_role("alert")).to_be_visible()
    name.fill("trial-03-renamed")
    name.press("Enter")
    expect(row(place, "trial-03-renamed")).to_be_visible()
    expect(page.locator(":focus")).to_contain_text("trial-03-renamed")
    trials[3].display_name = "trial-03"
    expect(row(place, "trial-03-renamed")).to_have_count(0)


def test_groups_have_figures_of_all_their_runs_and_unfold(page, server):
    place = table_of(page)
    place.get_by_label("Group by").select_option("param: lr")
    group = row(place, "lr = 0.01")
    expect(group.get_by_role("rowheader")).to_contain_text("4")
    expect(group).to_contain_text(re.compile(r"0\.0898 ± 0\.0127|0\.08\d+ ± 0\.01"))
    group.get_by_role("rowheader").click()
    expect(row(place, "trial-01")).to_have_attribute("aria-level", "2")
    assert sorted(names(place)) == ["trial-01", "trial-04", "trial-07", "trial-10"]
    pictures(page, "table-groups")
    figures = frame_of(server, copy_code(page, place))
    assert list(figures.index) == [0.001, 0.01, 0.1]
    assert figures.loc[0.01, ("metrics.loss", "count")] == 4
    place.get_by_label("Group by").select_option("nothing")


def test_columns_are_chosen_and_the_table_is_taken_along(page, server):
    place = table_of(page)
    place.get_by_role("button", name="Columns").click()
    chooser = place.get_by_role("dialog", name="Columns")
    chooser.get_by_role("searchbox").fill("loss")
    chooser.get_by_role("checkbox", name="loss (min) metric, min").check()
    chooser.get_by_role("searchbox").fill("")
    chooser.get_by_role("checkbox", name="Started").uncheck()
    chooser.get_by_role("button", name="Move loss (min) to the left").click()
    Notebook(page).screenshot("table-columns")
    page.keyboard.press("Escape")
    expect(place.get_by_role("button", name="Columns")).to_be_focused()
    expect(place.get_by_role("columnheader", name="Started")).to_have_count(0)

    frame = frame_of(server, copy_code(page, place))
    assert list(frame["name"]) == [f"trial-{n:02}" for n in (0, 3, 6, 9, 1, 4, 2, 7, 5, 10, 8, 11)]
    assert "metrics.loss (min)" in frame.columns
    assert frame["metrics.loss (min)"].iloc[0] == pytest.approx(0.2)
    assert "started" not in frame.columns

    place.get_by_role("button", name="Export").click()
    with page.expect_download() as saved:
        place.get_by_role("button", name="Download all rows as CSV").click()
    head, *lines = saved.value.path().read_text().splitlines()
    assert head.startswith("run_id,name,number,status,duration,params.depth,params.lr")
    assert len(lines) == TRIALS
    assert ",trial-00," in lines[0]


def test_selected_runs_are_compared_by_what_differs(page, server, trials):
    place = table_of(page)
    row(place, "trial-00").get_by_role("rowheader").click()
    row(place, "trial-01").get_by_role("checkbox").check()
    row(place, "trial-02").get_by_role("gridcell").first.click(modifiers=["ControlOrMeta"])
    toolbar = place.get_by_role("toolbar", name="Selected runs")
    expect(toolbar).to_contain_text("3 selected")
    toolbar.get_by_role("button", name="Compare").click()

    place = page.get_by_role("region", name="Comparison of runs")
    table = place.get_by_role("table", name="Comparison")
    expect(table.get_by_role("columnheader")).to_have_count(3)
    expect(table.get_by_role("row", name=re.compile("^lr "))).to_contain_text("0.001")
    expect(table.get_by_role("row", name=re.compile("^batch"))).to_have_count(0)
    table.get_by_role("button", name="1 param equal").click()
    expect(table.get_by_role("row", name=re.compile("^batch"))).to_be_visible()
    loss = table.get_by_role("row", name=re.compile("^loss"))
    expect(loss.get_by_role("cell").nth(2)).to_contain_text("▲")
    loss.get_by_role("button", name="loss: less is better").click()
    expect(loss.get_by_role("cell").nth(0)).to_contain_text("▲")
    pictures(page, "compare-table")

    place.get_by_role("button", name="Copy as DataFrame code").click()
    expect(place.get_by_text("Copied")).to_be_visible()
    frame = frame_of(server, copied(page))
    assert set(frame["name"]) == {"trial-00", "trial-01", "trial-02"}

    place.get_by_role("tab", name="Curves").click()
    place.get_by_role("region", name="loss").locator("canvas").wait_for()
    legend = place.get_by_role("group", name="Runs in the charts")
    expect(legend.get_by_role("button", pressed=True)).to_have_count(3)
    legend.get_by_role("button", name="trial-01").click()
    expect(place.get_by_role("img", name="loss of 2 runs")).to_be_visible()
    pictures(page, "compare-curves")

    place.get_by_role("tab", name="Code").click()
    place.get_by_role("combobox", name=re.compile("^Compare")).select_option("Params")
    expect(place.get_by_role("tabpanel")).to_contain_text("lr = 0.01")
    pictures(page, "compare-code")


def test_many_runs_are_brushed_on_parallel_axes_and_both_tabs_survive_a_reload(page, trials):
    run_command(page, "compare", run_ids=[run.id for run in trials])
    place = page.get_by_role("region", name="Comparison of runs").filter(visible=True)
    place.get_by_role("tab", name="Table").click()
    expect(place.get_by_role("table").get_by_role("row")).to_have_count(TRIALS + 1)
    pictures(page, "compare-many")
    place.get_by_role("tab", name="Parallel coordinates").click()
    axes = place.get_by_role("group", name=re.compile(r"^12 runs on 4 axes: depth, lr, model, loss"))
    expect(axes.get_by_role("button", name="Axis lr: arrow keys move it")).to_be_visible()
    zone = axes.locator('[data-axis="param:lr"]').bounding_box()
    assert zone is not None
    x = zone["x"] + zone["width"] / 2
    page.mouse.move(x, zone["y"] + 2)
    page.mouse.down()
    page.mouse.move(x, zone["y"] + zone["height"] / 5, steps=4)
    page.mouse.up()
    expect(place.get_by_role("button", name="4 of 12 runs: show all")).to_be_visible()
    pictures(page, "compare-parallel")
    place.get_by_role("tab", name="Table").click()
    expect(place.get_by_role("table").get_by_role("columnheader")).to_have_count(4)
    place.get_by_role("button", name="4 of 12 runs: show all").click()
    place.get_by_role("tab", name="Parallel coordinates").click()
    place.get_by_text("Ranges as numbers").click()
    place.get_by_label("depth from").fill("4")
    place.get_by_label("depth from").press("Enter")
    expect(place.get_by_role("button", name="6 of 12 runs: show all")).to_be_visible()
    place.get_by_role("button", name="Axis depth: arrow keys move it").press("ArrowRight")
    expect(place.get_by_role("group", name=re.compile("4 axes: lr, depth, model, loss"))).to_be_visible()

    page.wait_for_timeout(1500)  # JupyterLab saves the places of tabs after a second
    page.reload()
    place = page.get_by_role("region", name="Comparison of runs").filter(visible=True)
    expect(place.get_by_role("tab", name="Parallel coordinates")).to_have_attribute(
        "aria-selected", "true", timeout=STARTED
    )
    expect(place.get_by_role("group", name=re.compile("4 axes: lr, depth, model, loss"))).to_be_visible()
    page.get_by_role("tab", name="tables", exact=True).click()
    expect(table_of(page).get_by_role("columnheader", name="loss (min)")).to_be_visible()
    expect(table_of(page).get_by_role("columnheader", name="Started")).to_have_count(0)
