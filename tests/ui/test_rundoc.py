"""A run in a tab of its own: its views, by mouse and by keyboard."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

import pytest
from lab import STARTED
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lab import Lab
    from labserver import Server
    from playwright.sync_api import Locator, Page

    from jupyter_runs import Run

LINES = 200_000
SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20" onload="parent.hit = 3">
<script>parent.hit = 4</script><rect width="30" height="20" fill="teal"/></svg>"""


@pytest.fixture
def make_run(server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Run]:
    """Start a run in the store of the shared server, as a script would."""
    from jupyter_runs import Experiment, Workspace

    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(server.workspace))
    return lambda name: Experiment(Workspace.from_config(), "documents").start_logging(display_name=name)


def open_document(lab: Lab, run: Run) -> Locator:
    """The tab of a run in a page of its own."""
    page = lab.open().page
    page.wait_for_function("() => window.jupyterapp?.commands.hasCommand('jupyter-runs:open-run')", timeout=STARTED)
    page.evaluate("id => window.jupyterapp.commands.execute('jupyter-runs:open-run', {run_id: id})", run.id)
    place = page.locator(".jp-jr-document")
    place.get_by_role("tablist").wait_for(timeout=STARTED)
    return place


def pick(place: Locator, name: str) -> Locator:
    """Open a view, and return it."""
    place.get_by_role("tab", name=re.compile(f"^{name}")).click()
    panel = place.get_by_role("tabpanel")
    panel.wait_for()
    return panel


def pictures(page: Page, name: str) -> None:
    """Keep pictures in both themes."""
    from lab import Notebook

    for theme in ("Dark", "Light"):
        Notebook(page).theme(f"JupyterLab {theme}")
        Notebook(page).screenshot(f"rundoc-{name}-{theme.lower()}")


def log_file(server: Server, run: Run) -> Path:
    """Where the run keeps what it prints."""
    from jupyter_runs import paths

    return paths.run_log(server.workspace, run.id)


def test_a_long_log_opens_at_its_end_and_is_read_and_searched_upwards(lab, server, make_run):
    run = make_run("long-log")
    run.complete()
    file = log_file(server, run)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as log:
        log.write("the needle at the top\n")
        log.writelines(f"\x1b[32mline\x1b[0m {n}\n" for n in range(LINES))
        log.write("10%\r50%\r100% done\n")
    place = open_document(lab, run)
    logs = pick(place, "Logs")
    text = logs.get_by_role("log", name="Log")

    expect(text).to_contain_text(f"line {LINES - 1}")
    expect(text).to_contain_text("100% done")
    expect(text).not_to_contain_text("50%")
    assert text.locator(".jp-jr-logline").count() < 200
    pictures(place.page, "logs")

    text.hover()
    place.page.mouse.wheel(0, -60_000)
    expect(logs.get_by_role("button", name="To the end")).to_be_visible()
    expect(text).not_to_contain_text(f"line {LINES - 1}\n")

    logs.get_by_role("searchbox", name="Search the log").fill("NEEDLE")
    place.page.keyboard.press("Enter")
    expect(text.locator(".jp-jr-found")).to_have_text(re.compile("the needle at the top"))
    logs.get_by_role("button", name="To the end").click()
    expect(text).to_contain_text("100% done")


def test_the_end_of_a_log_is_not_all_when_a_very_long_line_is_before_it(lab, server, make_run):
    run = make_run("long-line")
    run.complete()
    file = log_file(server, run)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("the first line\n" + "x" * 100_000 + "\nthe end")
    text = pick(open_document(lab, run), "Logs").get_by_role("log", name="Log")
    expect(text).to_contain_text("the end")
    expect(text).to_contain_text("the first line")


def test_the_views_are_tabs_for_the_keyboard(lab, make_run):
    run = make_run("keyboard")
    run.complete()
    place = open_document(lab, run)
    tab = place.get_by_role("tab", name="Overview")
    expect(tab).to_have_attribute("aria-selected", "true")
    tab.focus()
    place.page.keyboard.press("End")
    expect(place.get_by_role("tab").last).to_be_focused()
    expect(place.get_by_role("tab").last).to_have_attribute("aria-selected", "true")
    place.page.keyboard.press("ArrowRight")
    expect(tab).to_have_attribute("aria-selected", "true")


def test_the_text_of_a_cell_is_kept_in_its_code_view(lab):
    notebook = lab.notebook("code.ipynb", "%load_ext jupyter_runs", "%%run_experiment code\nkept = 'in the cell'")
    notebook.run_to_end(0)
    panel = notebook.run_to_end(1).panel.reads("Completed")
    code = pick(panel.place, "Code")
    expect(code.get_by_role("region", name="Cell")).to_contain_text("kept = 'in the cell'")


def test_files_are_listed_previewed_as_text_and_downloaded(lab, make_run, tmp_path):
    run = make_run("files")
    (tmp_path / "notes.txt").write_text("<script>window.hit = 1</script>")
    (tmp_path / "page.html").write_text("<script>window.hit = 2</script>")
    dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    (tmp_path / "dot.png").write_bytes(base64.b64decode(dot))
    (tmp_path / "data.csv").write_text('x,y\n1,"<b>a,b</b>"\n')
    (tmp_path / "evil.svg").write_text(SVG)
    for name in ("notes.txt", "page.html", "dot.png", "data.csv", "evil.svg"):
        run.upload_file(f"outputs/{name}", str(tmp_path / name))
    run.complete()
    place = open_document(lab, run)
    files = pick(place, "Artifacts")
    files.get_by_role("img", name="outputs/dot.png").wait_for()
    files.get_by_role("button", name="outputs/notes.txt", exact=True).click()
    expect(files.get_by_role("region", name="outputs/notes.txt")).to_have_text("<script>window.hit = 1</script>")
    files.get_by_role("button", name="outputs/page.html", exact=True).click()
    expect(files.get_by_role("region", name="outputs/page.html")).to_have_text("<script>window.hit = 2</script>")
    files.get_by_role("button", name="outputs/evil.svg", exact=True).click()
    drawn = files.get_by_role("region", name="Preview").get_by_role("img", name="outputs/evil.svg")
    place.page.wait_for_function("image => image.naturalWidth === 30", arg=drawn.element_handle())
    files.get_by_role("button", name="outputs/data.csv", exact=True).click()
    expect(files.get_by_role("region", name="outputs/data.csv").get_by_role("row")).to_have_text(["xy", "1<b>a,b</b>"])
    pictures(place.page, "artifacts")
    with place.page.expect_download() as saved:
        files.get_by_role("button", name="Download outputs/page.html").click()
    assert saved.value.suggested_filename == "page.html"
    assert saved.value.path().read_text() == "<script>window.hit = 2</script>"
    assert place.page.evaluate("() => window.hit") is None
