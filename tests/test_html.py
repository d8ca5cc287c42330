"""The static card: what a saved notebook says with no kernel and no JavaScript, whoever wrote the texts."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import nbformat
import pytest
from kernel import until
from nbconvert import HTMLExporter, MarkdownExporter

from jupyter_runs import Experiment, ScriptRunConfig, html
from jupyter_runs import format as fmt
from jupyter_runs.executors import local

NOW = 1_795_467_983.0
HOSTILE = "<img src=x onerror=alert(1)>\"'&</td></table><script>alert(2)</script>\x1b[31m\x00\u202e javascript:"


def metric(last, kind="number", count=1, low=None, high=None):
    return {"kind": kind, "count": count, "last": last, "min": low, "max": high, "updated_at": NOW}


def run_data(**changes):
    data = {
        "run_id": "3f9c2a77d1",
        "rev": 3,
        "workspace": "abc",
        "experiment": "explore-runs",
        "number": 128,
        "name": "lr-sweep",
        "description": None,
        "type": None,
        "status": "Completed",
        "shown_status": "Completed",
        "is_final": True,
        "parent_id": None,
        "root_id": "3f9c2a77d1",
        "created_at": NOW - 253,
        "started_at": NOW - 252,
        "ended_at": NOW,
        "heartbeat_at": NOW,
        "cancel_requested_at": None,
        "cancel_by": None,
        "cancel_via": None,
        "error": None,
        "submitted_by": "ada",
        "owner": {"host": "h", "pid": 1, "kernel_id": None},
        "progress": None,
        "log_bytes": 0,
        "tags": {},
        "properties": {},
        "params": {},
        "metrics": {},
        "child_counts": {},
        "archived_at": None,
        "deleted_at": None,
    }
    return data | changes


def series(name="loss", values=(), kind="number", count=None):
    points = [[i, NOW, value] for i, value in enumerate(values)]
    return {"name": name, "kind": kind, "count": len(points) if count is None else count, "points": points}


def snapshot(run=None, **changes):
    data = {
        "schema": 1,
        "run": run or run_data(),
        "children": [],
        "series": [],
        "log_tail": "",
        "view": "full",
        "recorded_at": NOW,
    }
    return data | changes


class _Page(HTMLParser):
    """What a browser would make of it; complains about elements that are not closed in order."""

    VOID = frozenset({"img"})

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.text = [], [], [], ""
        self.feed(markup)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def everything(text):
    """A snapshot in which a user's text stands wherever a user's text can stand."""
    error = {"code": text, "message": text, "traceback": text}
    run = run_data(
        run_id=text,
        name=text,
        experiment=text,
        description=text,
        submitted_by=text,
        status="Failed",
        shown_status=text,
        error=error,
        is_final=False,
        cancel_requested_at=NOW,
        cancel_by=text,
        cancel_via=text,
        progress={"done": 1, "total": 3, "message": text},
        tags={text: text},
        properties={text: text, f"jupyter_runs.{text}": text, "azureml.git.commit": text},
        params={text: text},
        metrics={text: metric(text, "text"), f"{text}2": metric(1, count=2, low=1, high=2)},
        child_counts={text: 1},
    )
    return snapshot(run, children=[run], series=[series(f"{text}2", [1, 2])], log_tail=text)


# -- what it shows ----------------------------------------------------------------------------------------------------


def test_the_card_tells_status_name_place_duration_and_who():
    text = _Page(html.card(snapshot())).text
    for part in ("● Completed", "lr-sweep", "explore-runs", "#128", "3f9c2a77d1", "4m12s", "by ada"):
        assert part in text
    assert fmt.moment(NOW - 252) in text


def test_the_short_id_of_a_submitted_script_is_its_end_as_it_begins_with_the_experiment():
    assert fmt.short_id("explore-runs_1795524963_1688ecd9") == "…88ecd9"
    assert fmt.short_id("3f9c2a77d1") == "3f9c2a"
    assert "#128 · …88ecd9" in _Page(html.card(snapshot(run_data(run_id="digits_1795524963_1688ecd9")))).text


def test_tags_properties_and_parameters_are_shown():
    run = run_data(
        tags={"worth another look": None, "quality": "good"}, properties={"author": "me"}, params={"lr": "0.1"}
    )
    text = _Page(html.card(snapshot(run))).text
    for part in ("worth another look", "quality=good", "author=me", "lr=0.1"):
        assert part in text


RECORDED = {
    "jupyter_runs.python": "3.11.7",
    "jupyter_runs.packages": "0f3a (120 packages)",
    "azureml.git.commit": "4be1c0d9" * 5,
    "azureml.git.branch": "main",
    "mlflow.source.git.commit": "4be1c0d9" * 5,
    "mlflow.source.git.branch": "main",
    "azureml.git.dirty": "True",
    "_azureml.ComputeTargetType": "local",
    "ContentSnapshotId": "7d11",
    "jupyter_runs.later": "unknown yet",
}


def test_what_was_recorded_is_folded_away_from_what_the_author_set():
    card = html.card(snapshot(run_data(properties={**RECORDED, "author": "me"})))
    before, folded = card.split("<details>")
    assert "author=me" in _Page(before + "</div>").text
    assert "3.11.7" not in before
    text = _Page(f"<details>{folded[: folded.index('</details>')]}</details>").text
    assert "git 4be1c0* · Recorded (7)" in text
    for part in (f"Commit{'4be1c0d9' * 5} with uncommitted changes", "Branchmain", "Python3.11.7", "Snapshot7d11"):
        assert part in text
    assert "Targetlocaljupyter_runs.laterunknown yet" in text
    assert "mlflow" not in card


def test_outside_of_a_repository_there_is_no_commit_to_show():
    text = _Page(
        html.card(snapshot(run_data(properties={"jupyter_runs.host": "h", "azureml.git.dirty": "False"})))
    ).text
    assert "Recorded (2)" in text
    assert "git " not in text


def test_git_facts_that_only_another_tool_recorded_are_listed_by_their_keys():
    assert fmt.recorded({"mlflow.source.git.branch": "main", "author": "me"}) == [("mlflow.source.git.branch", "main")]


def test_everything_that_is_recorded_by_itself_has_a_label_or_is_told_with_one(ws, tmp_path):
    script = tmp_path / "code" / "train.py"
    script.parent.mkdir()
    script.write_text("")
    run = Experiment(ws, "e").submit(ScriptRunConfig(script.parent, "train.py", ["--lr", "0.1"]))
    run.wait_for_completion()
    until(lambda: local.forget_ended() or not local._started)
    labels = dict(fmt.recorded(run.get_properties()))
    assert {"Python", "Packages", "Host", "User", "Script", "Arguments", "Source", "Snapshot"} <= labels.keys()
    assert not [label for label in labels if "." in label]
    assert all(fmt.is_recorded(key) for key in run.get_properties())


def test_a_run_in_the_bin_says_since_when():
    assert f"since {fmt.moment(NOW)}" in _Page(html.card(snapshot(run_data(deleted_at=NOW)))).text


def test_a_failed_run_shows_the_first_line_of_its_error_and_no_traceback():
    error = {"code": "ValueError", "message": "\nbad shape (3, 4)\nmore", "traceback": "Traceback secret"}
    text = _Page(html.card(snapshot(run_data(status="Failed", shown_status="Failed", error=error)))).text
    assert "ValueError: bad shape (3, 4)" in text
    assert "more" not in text
    assert "secret" not in text


def test_a_canceled_run_shows_by_whom_and_from_where():
    run = run_data(
        status="Canceled", shown_status="Canceled", cancel_requested_at=NOW, cancel_by="bob", cancel_via="panel"
    )
    assert "by bob from the panel" in _Page(html.card(snapshot(run))).text


def test_metrics_show_last_extremes_and_a_curve_that_can_be_read_aloud():
    run = run_data(metrics={"loss": metric(0.09, count=400, low=0.09, high=2.3)})
    card = html.card(snapshot(run, series=[series(values=[2.3, 1.0, 0.09], count=400)]))
    page = _Page(card)
    assert ("alt", "loss fell from 2.3 to 0.09 in 400 values") in page.attributes
    for part in ("loss", "0.09", "2.3", "400"):
        assert part in page.text


def test_values_that_are_no_numbers_are_shown_too():
    metrics = {
        "message": metric("Hello", "text"),
        "nan": metric("NaN"),
        "grid": metric(None, "table", 3),
        "flag": metric([1, 2], "list"),
    }
    text = _Page(html.card(snapshot(run_data(metrics=metrics)))).text
    for part in ("Hello", "NaN", "table", "[1, 2]"):
        assert part in text


def test_children_are_counted_and_listed():
    child = run_data(name="first child", number=129, metrics={"acc": metric(0.98)})
    run = run_data(child_counts={"Completed": 7, "Failed": 1})
    text = _Page(html.card(snapshot(run, children=[child]))).text
    for part in ("8 children: 7 Completed, 1 Failed", "first child", "acc=0.98", "… 7 more"):
        assert part in text


def test_the_log_shows_its_last_lines_as_a_terminal_would():
    log = "first\n" + "x\n" * 30 + "10%\r50%\r100%\r\n\x1b[32mdone\x1b[0m\n"
    text = _Page(html.card(snapshot(log_tail=log))).text
    assert "100%\ndone" in text
    assert "50%" not in text
    assert "first" not in text


def test_a_run_that_has_not_ended_says_when_this_was_true():
    run = run_data(status="Running", shown_status="Running", is_final=False, ended_at=None)
    text = _Page(html.card(snapshot(run))).text
    assert f"As of {fmt.moment(NOW)}" in text
    assert "4m12s" in text


def test_the_mini_view_is_the_header_only():
    page = _Page(html.card(snapshot(view="mini")))
    assert "lr-sweep" in page.text
    assert "table" not in page.tags


@pytest.mark.parametrize("status", fmt.LOOKS)
def test_each_status_has_a_shape_and_a_word(status):
    final = status in {"Completed", "Failed", "Canceled"}
    text = _Page(html.card(snapshot(run_data(shown_status=status, is_final=final)))).text
    assert fmt.status(status) in text


def test_shapes_tell_statuses_apart_that_have_different_words():
    looks = set(fmt.LOOKS.values())
    assert len({shape for shape, _ in looks}) == len({word for _, word in looks}) == len(looks)


def test_the_line_for_terminals_is_one_line():
    run = run_data(metrics={"loss": metric(0.0871234)})
    assert html.plain(run) == "Run #128 explore-runs/lr-sweep Completed 4m12s loss=0.0871"
    assert html.plain(run_data(name="a\nb\x1b[2J", started_at=None)) == "Run #128 explore-runs/a b Completed"


# -- tables -----------------------------------------------------------------------------------------------------------


def test_a_list_of_runs_shows_twenty_and_how_many_more():
    page = _Page(html.runs_table([run_data(number=i) for i in range(1, 31)], 128))
    assert page.tags.count("tr") == 21
    assert "… 108 more" in page.text


def test_an_empty_list_of_runs_says_so():
    assert "No runs" in _Page(html.runs_table([], 0)).text


def test_an_experiment_shows_its_counts_and_newest_runs():
    text = _Page(html.experiment_card("digits", "mine", {"total": 9, "active": 2}, [run_data()])).text
    for part in ("digits", "mine", "9", "2", "lr-sweep", "… 8 more"):
        assert part in text
    assert "No runs yet" in html.experiment_card("digits", "mine", {"total": 0, "active": 0}, [])


def test_a_workspace_shows_its_experiments():
    experiments = [{"name": f"e{i}", "total": 3, "active": 0, "last_at": NOW} for i in range(25)]
    text = _Page(html.workspace_card("mine", "/home/me/runs", experiments)).text
    for part in ("mine", "/home/me/runs", "e0", "… 5 more"):
        assert part in text
    assert "%%run_experiment" in html.workspace_card("mine", "/x", [])


# -- whoever wrote the texts ------------------------------------------------------------------------------------------


def test_hostile_text_stays_text_wherever_it_stands():
    data = everything(HOSTILE)
    run = data["run"]
    facts = {"name": HOSTILE, "total": 1, "active": 1, "last_at": NOW}
    for markup in (
        html.card(data),
        html.card(data | {"view": "mini"}),
        html.runs_table([run], 1),
        html.experiment_card(HOSTILE, HOSTILE, facts, [run]),
        html.workspace_card(HOSTILE, HOSTILE, [facts]),
    ):
        page = _Page(markup)
        assert set(page.tags) <= {
            "div",
            "strong",
            "span",
            "code",
            "table",
            "tr",
            "td",
            "th",
            "details",
            "summary",
            "pre",
            "img",
            "p",
        }
        assert {name for name, _ in page.attributes} <= {"style", "src", "alt", "width", "height", "cellpadding"}
        assert all(value.startswith("data:image/svg+xml;base64,") for name, value in page.attributes if name == "src")
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", markup)


def test_a_lone_surrogate_does_not_keep_the_notebook_from_being_saved():
    html.card(everything("a\ud800b")).encode()


def test_a_card_stays_small_whatever_is_in_the_run():
    long = "ż" * 5000
    many = {f"{i}{long}"[:256]: long for i in range(500)}
    run = run_data(
        tags=many,
        properties=many,
        params=many,
        description=long,
        metrics={key: metric(1, count=9, low=1, high=2) for key in many},
        child_counts={"Completed": 500},
        error={"code": "E", "message": long, "traceback": long},
    )
    lines = [series(key, [float(v % 7) for v in range(60)]) for key in list(many)[:24]]
    card = html.card(snapshot(run, children=[run] * 20, series=lines, log_tail=f"{long}\n" * 50))
    assert len(card.encode()) < 2.5 * html.LIMIT
    normal = run_data(
        tags={"quality": "good"},
        params={f"p{i}": str(i) for i in range(10)},
        metrics={f"m{i}": metric(1, count=400, low=1, high=2) for i in range(8)},
        child_counts={"Completed": 20},
    )
    lines = [series(f"m{i}", [float(v % 7) for v in range(60)]) for i in range(8)]
    card = html.card(snapshot(normal, children=[run_data()] * 20, series=lines, log_tail="epoch 1 loss 0.1\n" * 50))
    assert len(card.encode()) < html.LIMIT


# -- curves -----------------------------------------------------------------------------------------------------------


def _path(values):
    image = html.sparkline(series(values=values))
    root = ET.fromstring(base64.b64decode(re.search(r"base64,([^\"]+)", image)[1]))
    (path,) = root
    return path.attrib["d"]


def test_a_curve_lies_within_its_picture():
    numbers = [float(n) for n in re.findall(r"-?[\d.]+", _path([(-1) ** i * i * 1e9 for i in range(500)]))]
    assert all(0 <= x <= 120 for x in numbers[::2])
    assert all(0 <= y <= 24 for y in numbers[1::2])


def test_not_a_number_is_a_gap_in_the_curve():
    assert _path([1, 2, "NaN", 3, "Infinity", 4]).count("M") == 3


def test_a_level_curve_is_level():
    assert len(set(re.findall(r" (\d+)", _path([5, 5, 5])))) == 1


@pytest.mark.parametrize("values", [[], [1], ["NaN", "NaN", 1], ["a", "b"], [1e308, None]])
def test_there_is_no_curve_without_two_numbers(values):
    assert html.sparkline(series(values=values)) == ""


# -- where it is shown ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exporter", [HTMLExporter, MarkdownExporter])
def test_nbconvert_shows_status_duration_tags_metrics_and_children(exporter):
    run = run_data(
        tags={"quality": "good"}, metrics={"loss": metric(0.09, count=2, low=0.09, high=1)}, child_counts={"Failed": 2}
    )
    data = {
        "application/vnd.jupyter-runs.run+json": {},
        "text/html": html.card(snapshot(run, series=[series(values=[1, 0.09])])),
        "text/plain": html.plain(run),
    }
    cell = nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("display_data", data=data)])
    text, _ = exporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    for part in ("Completed", "4m12s", "quality=good", "loss", "0.09", "2 children: 2 Failed"):
        assert part in text


# -- words and numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (7, "7"),
        (1234567, "1234567"),
        (0.08712345, "0.08712"),
        (12.5, "12.5"),
        (0.1 + 0.2, "0.3"),
        (1234.567, "1234.6"),
        (1.2e-7, "1.2e-7"),
        (-3e12, "-3e12"),
        (1e308, "1e308"),
        (10**400, "10000000000…"),
        (float("nan"), "NaN"),
        (float("-inf"), "-∞"),
    ],
)
def test_numbers_are_short(value, text):
    assert fmt.number(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0.0s"), (0.42, "0.4s"), (9.96, "9s"), (12, "12s"), (252, "4m12s"), (4805, "1h20m"), (273600, "3d4h")],
)
def test_durations_are_short(seconds, text):
    assert fmt.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(1, "now"), (40, "40s ago"), (130, "2m ago"), (7300, "2h ago"), (400000, "4d ago")]
)
def test_moments_are_told_as_ago(seconds, text):
    assert fmt.ago(NOW - seconds, NOW) == text


def test_long_ago_is_a_date():
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", fmt.ago(NOW - 1e7, NOW))
