"""The Metrics tab of a run: curves that are zoomed and compared with those of children, tables, pictures and matrices."""

from __future__ import annotations

import math
import re
import struct
import zlib
from typing import TYPE_CHECKING

import pytest
from lab import STARTED, Notebook
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lab import Lab
    from labserver import Server
    from playwright.sync_api import Locator, Page

    from jupyter_runs import Run

MANY = 20_000
#: The charts in view, one at least, fill their cards.
FITS = """() => {
  const boxes = [...document.querySelectorAll('.jp-jr-chart')].filter(box => {
    const { top, bottom } = box.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  });
  return boxes.length > 0 && boxes.every(box => {
    const canvas = box.querySelector('canvas');
    return canvas && Math.abs(canvas.clientWidth - box.clientWidth) < 2;
  });
}"""


@pytest.fixture
def make_run(server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Run]:
    """Start a run in the store of the shared server, as a script would."""
    from jupyter_runs import Experiment, Workspace

    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(server.workspace))
    return lambda name: Experiment(Workspace.from_config(), "metrics").start_logging(display_name=name)


def log_points(run: Run, name: str, values: list[tuple[float | None, float]]) -> None:
    """Many points at once, as `log` would keep them."""
    from jupyter_runs.model import Point

    points = [Point(name, "number", value, step, 1.7e9 + at / 10) for at, (step, value) in enumerate(values)]
    run._workspace.store.append(run.id, points)


def open_metrics(lab: Lab, run: Run) -> Locator:
    """The Metrics tab of a run, in a page of its own."""
    page = lab.open().page
    page.wait_for_function("() => window.jupyterapp?.commands.hasCommand('jupyter-runs:open-run')", timeout=STARTED)
    page.evaluate("id => window.jupyterapp.commands.execute('jupyter-runs:open-run', {run_id: id})", run.id)
    place = page.locator(".jp-jr-document")
    place.get_by_role("tab", name=re.compile("^Metrics")).click(timeout=STARTED)
    return place.get_by_role("tabpanel")


def pictures(page: Page, name: str) -> None:
    """Keep pictures in both themes."""
    for theme in ("Dark", "Light"):
        Notebook(page).theme(f"JupyterLab {theme}")
        if page.locator(".jp-jr-chart").count():
            page.wait_for_function(FITS)
        Notebook(page).screenshot(f"metrics-{name}-{theme.lower()}")


def png(red: int, side: int = 48) -> bytes:
    """A small picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = b"".join(b"\0" + bytes((red, 5 * y, 5 * x)[c] for x in range(side) for c in range(3)) for y in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def drag(chart: Locator, start: float, end: float) -> None:
    """Drag over a part of the plotting area, from one fraction of its width to another."""
    over = chart.locator(".u-over")
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box
    mouse, y = chart.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + start * box["width"], y)
    mouse.down()
    mouse.move(box["x"] + end * box["width"], y, steps=5)
    mouse.up()


def test_curves_are_zoomed_in_detail_read_out_and_taken_along(lab, make_run):
    run = make_run("curves")
    log_points(run, "loss", [(n, 2.3 * math.exp(-n / 4000) + 0.2 * math.sin(n / 3)) for n in range(MANY)])
    for step in range(100):
        run.log("accuracy", math.nan if step == 50 else math.inf if step == 70 else step / 100, step=200 * step)
    log_points(run, "drift", [(n, -1 - n / 10) for n in range(20)])
    run.complete()
    metrics = open_metrics(lab, run)
    page = metrics.page
    loss = metrics.get_by_role("img", name=re.compile(r"^loss fell from 2\.3 to .* in 19999 steps"))
    loss.locator("canvas").wait_for()
    accuracy = metrics.get_by_role("img", name=re.compile(r"^accuracy rose .* 2 values are no numbers"))
    accuracy.locator("canvas").wait_for()

    loss.locator(".u-over").hover()
    card = metrics.get_by_role("region", name="accuracy")
    expect(card.locator(".jp-jr-readout")).to_have_text(re.compile(r"^(9\d{3}|10\d{3}): (0\.|NaN)"))
    pictures(page, "curves")

    with page.expect_response(re.compile(r"/metrics\?.*name=loss.*from=")) as answer:
        drag(loss, 0.5, 0.55)
    points = answer.value.json()["series"][0]["points"]
    assert 900 < len(points) < 1200
    assert {point[0] for point in points} >= set(range(10_050, 10_900))
    metrics.get_by_role("button", name="Reset zoom").wait_for()
    pictures(page, "zoomed")
    loss.focus()
    with page.expect_response(re.compile(r"/metrics\?.*name=loss.*from=")) as answer:
        page.keyboard.press("ArrowRight")
    assert answer.value.json()["series"][0]["points"][0][0] > 10_100
    page.keyboard.press("Escape")
    expect(metrics.get_by_role("button", name="Reset zoom")).to_have_count(0)
    metrics.get_by_label("Log scale").check()
    expect(metrics.get_by_role("region", name="drift").get_by_role("note")).to_contain_text("no value is above zero")
    expect(metrics.get_by_role("note")).to_have_count(1)
    metrics.get_by_label("Smoothing").fill("0.6")
    pictures(page, "smoothed")

    card = metrics.get_by_role("region", name="loss")
    with page.expect_download() as saved:
        card.get_by_role("button", name="Download loss as CSV").click()
    lines = saved.value.path().read_text().splitlines()
    assert len(lines) == MANY + 1
    assert lines[1] == f"{run.id},curves,loss,0,2023-11-14T22:13:20.000Z,2.3"
    with page.expect_download() as saved:
        card.get_by_role("button", name="Download loss as PNG").click()
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")
    card.get_by_role("button", name="Table of loss").click()
    expect(card.get_by_role("row")).to_have_count(101)
    expect(card).to_contain_text("loss fell from 2.3 to")


def test_children_are_drawn_over_the_curve_of_their_parent(lab, make_run):
    run = make_run("sweep")
    log_points(run, "loss", [(n, 2 / (n + 1)) for n in range(100)])
    for i in range(24):
        child = run.child_run(name=f"trial-{i}")
        log_points(child, "loss", [(n, (2 + i / 6) / (n + 1) + i / 40) for n in range(100)])
        child.complete()
    run.complete()
    metrics = open_metrics(lab, run)
    metrics.get_by_label("Children").check()
    legend = metrics.get_by_role("group", name="Children in the charts")
    expect(legend.get_by_role("button", pressed=True)).to_have_count(20)
    legend.get_by_role("button", name="Draw 24").click()
    expect(legend.get_by_role("button", pressed=True)).to_have_count(24)
    legend.get_by_label("Children").select_option("lowest loss first")
    expect(legend.get_by_role("button", pressed=True).first).to_have_text("trial-0")
    legend.get_by_role("button", name="trial-3", exact=True).click()
    expect(legend.get_by_role("button", pressed=True)).to_have_count(23)
    legend.get_by_role("button", name="trial-7", exact=True).hover()
    pictures(metrics.page, "children")


def test_values_that_are_no_curves_are_shown_as_what_they_are(lab, make_run, tmp_path):
    run = make_run("others")
    run.log("message", "Hello from <b>run</b>!")
    run.log("message", "a long text\n" * 40)
    run.log_list("squares", [n * n for n in range(50)])
    for n in range(3):
        run.log_row("points", x=n, y=math.nan if n == 1 else n / 7, label=f"p{n}")
    run.log_table("grid", {"lr": [0.1, 0.01, 0.5], "loss": [0.3, 0.2, 9]})
    for n in range(3):
        (tmp_path / "sample.png").write_bytes(png(100 * n))
        run.log_image("sample", path=str(tmp_path / "sample.png")) if n == 0 else log_picture(run, tmp_path, n)
    run.log_confusion_matrix(
        "confusion",
        {
            "schema_type": "confusion_matrix",
            "schema_version": "1.0.0",
            "data": {"class_labels": ["cat", "dog", "<i>"], "matrix": [[90, 5, 5], [10, 80, 10], [0, 20, 30]]},
        },
    )
    rows = [[100 - 10 * k, max(0, 80 - 10 * k), 100 - max(0, 80 - 10 * k), 10 * k] for k in range(11)]
    run.log_accuracy_table(
        "accuracy table",
        {
            "schema_type": "accuracy_table",
            "schema_version": "1.0.1",
            "data": {
                "probability_tables": [rows, rows[::-1]],
                "percentile_tables": [rows, rows],
                "probability_thresholds": [k / 10 for k in range(11)],
                "percentile_thresholds": [k / 10 for k in range(11)],
                "class_labels": ["0", "1"],
            },
        },
    )
    run.log_residuals(
        "residuals",
        {
            "schema_type": "residuals",
            "schema_version": "1.0.0",
            "data": {"bin_edges": [-2, -1, 0, 1, 2], "bin_counts": [3, 40, 37, 5]},
        },
    )
    run.log_predictions(
        "predictions",
        {
            "schema_type": "predictions",
            "schema_version": "1.0.0",
            "data": {
                "bin_averages": [0.2, 0.5, 0.8],
                "bin_errors": [0.05, 0.1, 0.05],
                "bin_counts": [10, 30, 12],
                "bin_edges": [0, 0.33, 0.66, 1],
            },
        },
    )
    run.complete()
    metrics = open_metrics(lab, run)
    message = metrics.get_by_role("region", name="message")
    expect(message).to_contain_text("Hello from <b>run</b>!")
    metrics.get_by_role("img", name=re.compile("^squares rose from 0 to 2401")).locator("canvas").wait_for()
    grid = metrics.get_by_role("table", name="grid")
    grid.get_by_role("button", name="loss").click()
    expect(grid.get_by_role("row").nth(1)).to_have_text("0.010.2")
    pictures(metrics.page, "others-top")
    confusion = metrics.get_by_role("region", name="confusion")
    confusion.scroll_into_view_if_needed()
    row = confusion.get_by_role("row", name=re.compile("^dog"))
    expect(row.get_by_role("cell")).to_have_text(["10", "80", "10"])
    expect(confusion).to_contain_text("80.0 % right: 200 of 250")
    predictions = metrics.get_by_role("region", name="predictions")
    predictions.scroll_into_view_if_needed()
    predictions.locator("canvas").wait_for()
    pictures(metrics.page, "others-bottom")
    sample = metrics.get_by_role("region", name="sample")
    picture = sample.get_by_role("button", name="Show sample large")
    box, card = picture.bounding_box(), sample.bounding_box()
    assert box is not None
    assert card is not None
    assert box["width"] > 0.8 * card["width"]
    picture.click()
    metrics.page.get_by_role("dialog", name="sample").wait_for()
    pictures(metrics.page, "large")


def log_picture(run: Run, folder: Path, number: int) -> None:
    """Another version of the picture: a file of its own."""
    path = folder / f"sample_{number}.png"
    path.write_bytes(png(100 * number))
    run.log_image("sample", path=str(path))


def test_pins_stay_and_a_live_run_grows_under_its_zoom(lab, make_run):
    run = make_run("live")
    for n in range(9):
        log_points(run, f"metric-{n}", [(k, n + math.sin(k / 9)) for k in range(60)])
    metrics = open_metrics(lab, run)
    page = metrics.page
    cards = metrics.get_by_role("region")
    expect(cards.first).to_have_attribute("aria-label", "metric-0")
    # JupyterLab writes what it remembers a moment later.
    with page.expect_request(lambda one: "/api/workspaces/" in one.url and "pins:" in (one.post_data or "")):
        metrics.get_by_role("button", name="Pin metric-5").click()
    expect(cards.first).to_have_attribute("aria-label", "metric-5")
    metrics.get_by_label("Filter metrics").fill("METRIC-5")
    expect(cards).to_have_count(1)
    chart = metrics.get_by_role("img", name=re.compile(r"^metric-5 .* in 59 steps"))
    drag(chart, 0.2, 0.6)
    metrics.get_by_role("button", name="Reset zoom").wait_for()
    log_points(run, "metric-5", [(k, 5) for k in range(60, 100)])
    metrics.get_by_role("img", name=re.compile(r"^metric-5 .* in 99 steps")).wait_for(timeout=STARTED)
    metrics.get_by_role("button", name="Reset zoom").wait_for()
    run.complete()

    # As narrow as a side bar.
    metrics.get_by_label("Filter metrics").fill("")
    page.set_viewport_size({"width": 620, "height": 900})
    page.wait_for_function("() => document.querySelector('.jp-jr-document').clientWidth < 330")
    boxes = [cards.nth(n).bounding_box() for n in range(2)]
    lefts = [box["x"] for box in boxes if box]
    assert len(set(lefts)) == 1, "the cards are below each other"
    assert all(box["x"] + box["width"] <= 620 for box in boxes if box)
    pictures(page, "narrow")
    # Those that were out of sight when the window became narrow fill their cards as well.
    cards.last.scroll_into_view_if_needed()
    page.wait_for_function(FITS)
    page.set_viewport_size({"width": 1400, "height": 900})
    page.emulate_media(forced_colors="active")
    Notebook(page).screenshot("metrics-forced-colors")
    page.emulate_media(forced_colors="none")

    page.reload()
    place = page.locator(".jp-jr-document")
    place.get_by_role("tab", name=re.compile("^Metrics")).click(timeout=STARTED)
    expect(place.get_by_role("tabpanel").get_by_role("region").first).to_have_attribute("aria-label", "metric-5")
