"""The views of a run in its tab: children, parameters, logs, files and code, as a person uses them."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from lab import STARTED, Notebook
from labserver import wait_until
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lab import Lab
    from labserver import Server
    from playwright.sync_api import Locator, Page

    from jupyter_runs import Run


@pytest.fixture
def start(server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Start a run in the store of the shared server, as a script would."""
    from jupyter_runs import Experiment, Workspace

    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(server.workspace))
    return lambda name, **more: Experiment(Workspace.from_config(), "views").start_logging(display_name=name, **more)


def open_run(lab: Lab, run: Run, tab: str | None = None) -> Locator:
    """The tab of a run in a page of its own."""
    page = lab.open().page
    command(page, "open-run", run_id=run.id, **({"tab": tab} if tab else {}))
    place = page.locator(".jp-jr-document")
    place.get_by_role("tablist").wait_for(timeout=STARTED)
    return place


def command(page: Page, name: str, **args: object) -> None:
    """Execute a command of ours as the palette does."""
    page.wait_for_function(f"() => window.jupyterapp?.commands.hasCommand('jupyter-runs:{name}')", timeout=STARTED)
    # What is opened while JupyterLab still restores its layout is not part of what it keeps.
    page.evaluate("() => window.jupyterapp.restored.then(() => undefined)")
    page.evaluate(
        "([name, args]) => void window.jupyterapp.commands.execute(name, args)", [f"jupyter-runs:{name}", args]
    )


def pick(place: Locator, name: str) -> Locator:
    """Open a view, and return it."""
    place.get_by_role("tab", name=re.compile(f"^{name}")).click()
    panel = place.get_by_role("tabpanel")
    panel.wait_for()
    return panel


def git(folder: Path, *arguments: str) -> None:
    """Run git as somebody."""
    who = ["-c", "user.name=ada", "-c", "user.email=ada@example.org"]
    subprocess.run(["git", *who, "-C", str(folder), *arguments], check=True, capture_output=True)


def until_kept(lab: Lab, tab: str) -> None:
    """Wait until JupyterLab has saved its layout, which it does some time after the last change."""
    address = f"/lab/api/workspaces/{lab.layout}"
    wait_until(lambda: f"'tab': '{tab}'" in str(lab.server.api(address)), f"the tab {tab} is kept")


def pictures(page: Page, name: str) -> None:
    """Keep pictures in both themes, and of a narrow page."""
    wide = page.viewport_size
    for theme in ("Dark", "Light"):
        Notebook(page).theme(f"JupyterLab {theme}")
        Notebook(page).screenshot(f"run-{name}-{theme.lower()}")
    page.set_viewport_size({"width": 640, "height": 800})
    Notebook(page).screenshot(f"run-{name}-narrow")
    page.set_viewport_size(wide)


def test_children_are_filtered_sorted_compared_and_canceled_and_params_are_found(lab, start):
    run = start("sweep", params={f"p{n:02}": n for n in range(12)}, properties={"author": "<b>ada</b>"})
    for n in range(60):
        child = run.child_run(f"trial-{n}", params={"lr": 0.01 * (n + 1), "layers": 2})
        child.log("loss", 1 / (n + 1))
        child.log("acc", n / 60)
        if n < 56:
            (child.fail if n % 20 == 3 else child.complete)()
    place = open_run(lab, run, "children")
    page = place.page
    children = place.get_by_role("tabpanel", name=re.compile("^Children"))
    tree = children.get_by_role("tree", name="Children of sweep")
    expect(
        tree.get_by_role("treeitem", name=re.compile("^Running trial-59 lr 0.6 loss best 0.01667 acc best 0.98"))
    ).to_be_visible()
    columns = children.get_by_role("group", name="Columns")
    expect(columns.get_by_role("button", name=re.compile("^Sort by"))).to_have_text(
        ["Child", "lr", "loss", "acc", "Time"]
    )

    columns.get_by_role("button", name="Sort by lr").click()
    expect(tree.get_by_role("treeitem").first).to_contain_text("trial-0")
    columns.get_by_role("button", name="The lowest loss is best: change").click()
    expect(tree.get_by_role("treeitem").first).to_contain_text("loss best 1")
    children.get_by_role("button", name="3 Failed").click()
    expect(tree.get_by_role("treeitem")).to_have_text([re.compile(f"trial-{n}") for n in (3, 23, 43)])
    pictures(page, "children")
    children.get_by_role("button", name="3 Failed").click()

    children.get_by_role("button", name="Cancel active children").click()
    children.get_by_role("group", name="Cancel 4 active children?").get_by_role(
        "button", name="Cancel children"
    ).click()
    expect(children.get_by_role("button", name="4 Canceled")).to_be_visible()
    expect(place.get_by_role("status")).to_have_text("Running")

    params = pick(place, "Params")
    params.get_by_role("searchbox", name="Filter").fill("p07")
    expect(params.get_by_role("table", name="Parameters").get_by_role("row")).to_have_text([re.compile("p077")])
    params.get_by_role("searchbox", name="Filter").fill("ada")
    expect(params.get_by_role("table", name="Properties")).to_contain_text("<b>ada</b>")
    params.get_by_role("searchbox", name="Filter").fill("")
    pictures(page, "params")

    until_kept(lab, "params")
    page.reload()
    expect(place.get_by_role("tab", name="Params")).to_have_attribute("aria-selected", "true", timeout=STARTED)
    page.keyboard.press("Escape")
    frame = page.locator(".jp-jr-document").evaluate("node => (node.focus(), getComputedStyle(node).outlineStyle)")
    assert frame == "none"
    command(page, "open-log", run_id=run.id)
    expect(place.get_by_role("tab", name="Logs")).to_have_attribute("aria-selected", "true")
    pick(place, "Children")
    tree.get_by_text("trial-59", exact=True).click()
    expect(page.locator(".jp-jr-document")).to_have_count(2)
    run.complete()


def test_code_is_compared_with_git_and_with_the_run_before_inserted_and_found_again(lab, server, find_run):
    folder = server.root / "committed"
    folder.mkdir()
    git(folder, "init")
    name = "committed/code.ipynb"
    server.write_notebook(name, "%load_ext jupyter_runs", "%%run_experiment views-code --name first\nlr = 0.1\nlr")
    git(folder, "add", "code.ipynb")
    git(folder, "commit", "-m", "first")
    notebook = lab.notebook(name)
    notebook.run_to_end(0)
    notebook.run_to_end(1)
    notebook.write(1, "%%run_experiment views-code --name second\nlr = 0.2\nlr")
    notebook.run_to_end(1).panel.reads("Completed")
    page = notebook.page
    command(page, "open-run", run_id=find_run("views-code", "second").id, tab="code")
    code = page.locator(".jp-jr-document").get_by_role("tabpanel", name="Code")
    expect(code.get_by_role("region", name="Cell")).to_contain_text("lr = 0.2")

    code.get_by_role("button", name="Diff to run").click()
    difference = code.get_by_role("region", name=re.compile(r"Differences of Cell · #1 and Cell · #2"))
    expect(difference.get_by_role("row").filter(has_text="removed")).to_have_count(2)
    expect(difference).to_contain_text("added: +lr = 0.2")
    code.get_by_role("button", name="Side by side").click()
    pictures(page, "code-diff")
    code.get_by_role("textbox", name="Run to compare with").fill("#77")
    page.keyboard.press("Enter")
    expect(code.get_by_role("alert")).to_contain_text("No run #77: write # and a number of views-code")

    code.get_by_role("button", name="Diff to git").click()
    expect(code.get_by_role("region", name=re.compile("Differences"))).to_contain_text(re.compile("removed: .lr = 0.1"))

    code.get_by_role("button", name="As it ran").click()
    code.get_by_role("button", name="Insert as new cell").click()
    expect(page.locator(".jp-Notebook .jp-Cell").filter(has_text="--name second")).to_have_count(2)
    command(page, "open-run", run_id=find_run("views-code", "second").id)
    command(page, "reveal-notebook-cell", run_id=find_run("views-code", "second").id)
    expect(notebook.cell(1).place).to_have_class(re.compile("jp-mod-active"))


def test_a_log_is_followed_while_it_grows_progress_stays_one_line_and_the_timeline_tells_the_story(lab, server, start):
    from jupyter_runs import paths

    run = start("talking")
    file = paths.run_log(server.workspace, run.id)
    file.parent.mkdir(parents=True, exist_ok=True)

    def write(text: str) -> None:
        with file.open("a") as log:
            log.write(text)
        run._workspace.store.update_run(run.id, log_bytes=file.stat().st_size)

    write("".join(f"line {n}\n" for n in range(300)) + "WARNING: slow\n 10%|#\r 50%|###\r")
    (file.parent / "other.txt").write_text("another file\n")
    place = open_run(lab, run, "logs")
    logs = place.get_by_role("tabpanel", name="Logs")
    text = logs.get_by_role("log", name="Log")
    expect(text).to_contain_text("50%|###")
    expect(text).not_to_contain_text("10%|#")
    follow = logs.get_by_role("button", name="Follow the log")
    expect(follow).to_have_attribute("aria-pressed", "true")
    write("100%|######\nnext\n")
    expect(text).to_contain_text("next")
    expect(text).not_to_contain_text("50%|###")

    text.hover()
    place.page.mouse.wheel(0, -600)
    expect(follow).to_have_attribute("aria-pressed", "false")
    write("".join(f"late {n}\n" for n in range(7)))
    logs.get_by_role("button", name="7 new lines").click()
    expect(text).to_contain_text("late 6")
    logs.get_by_role("searchbox", name="Search the log").fill("LINE 7")
    logs.get_by_role("button", name="Next match").click()
    expect(text.locator(".jp-jr-found")).to_have_text(re.compile(r"^line 7\s*$"))
    pictures(place.page, "logs")
    logs.get_by_role("combobox", name="Which log").select_option("user_logs/other.txt")
    expect(text).to_have_text(re.compile("^another file"))

    run.fail("it <b>broke</b>")
    overview = pick(place, "Overview")
    overview.get_by_text("Timeline").click()
    expect(overview.get_by_role("list", name="Timeline")).to_contain_text("Failed: it <b>broke</b>")
    pictures(place.page, "overview")
