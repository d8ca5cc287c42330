"""Runs and their values as data frames."""

from __future__ import annotations

import math
import sys
from datetime import datetime, timedelta, timezone

import pytest

from jupyter_runs import frames
from jupyter_runs.errors import InvalidName, InvalidQuery, JupyterRunsError
from jupyter_runs.experiment import Experiment
from jupyter_runs.model import NewRun, Point, Status

pd = pytest.importorskip("pandas")


@pytest.fixture
def exp(ws, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Experiment(ws, "e")


def start(exp, **about):
    return exp.start_logging(snapshot_directory=None, **about)


def finished(exp, *, values=None, **about):
    """A run that logged `values` in order and completed."""
    run = start(exp, **about)
    for name, value in values or []:
        run.log(name, value)
    run.complete()
    return run


def kinds(frame):
    return {column: str(kind) for column, kind in frame.dtypes.items()}


# -- one run -------------------------------------------------------------------------------------------------------------


def test_every_value_of_a_run_is_a_row(exp):
    run = start(exp)
    begin = datetime.now(timezone.utc)
    run.log("loss", 0.5, step=10)
    run.log("loss", math.nan, step=20)
    run.log("n", 3)
    run.log_list("many", [1, 2])
    frame = run.metrics_dataframe()
    assert list(frame.columns) == ["name", "step", "at", "value", "index"]
    assert frame["name"].tolist() == ["loss", "loss", "n", "many", "many"]
    assert frame["index"].tolist() == [0, 1, 0, 0, 1]
    assert frame["step"].tolist()[:2] == [10.0, 20.0]
    assert frame["step"].isna().tolist() == [False, False, True, True, True]
    assert frame["value"].dtype == float
    assert frame["value"].tolist()[0] == 0.5
    assert math.isnan(frame["value"][1])
    assert str(frame["at"].dt.tz) == "UTC"
    assert frame["at"].is_monotonic_increasing
    assert begin - timedelta(seconds=1) < frame["at"][0] < datetime.now(timezone.utc) + timedelta(seconds=1)
    assert frame[frame["name"] == "many"].set_index("index")["value"].to_dict() == {0: 1.0, 1: 2.0}


def test_rows_and_tables_become_a_series_per_column(exp):
    run = start(exp)
    run.log_row("point", x=1, y=2)
    run.log_row("point", x=3, y=4)
    run.log_table("t", {"a": [5, 6]})
    run.log_table("t", {"a": [7]})
    frame = run.metrics_dataframe()
    found = [tuple(row) for row in frame[["name", "index", "value"]].itertuples(index=False)]
    assert found == [
        *(("point.x", 0, 1), ("point.y", 0, 2), ("point.x", 1, 3), ("point.y", 1, 4)),
        *(("t.a", 0, 5), ("t.a", 1, 6), ("t.a", 2, 7)),
    ]


def test_texts_and_huge_numbers_stay_what_they_are(exp):
    run = start(exp)
    values = [1, "one", True, None, 2**60 + 1]
    for value in values:
        run.log("v", value)
    found = run.metrics_dataframe()["value"].tolist()
    assert found == values
    assert [type(v) for v in found] == [type(v) for v in values]


def test_a_run_without_values_gives_an_empty_frame_of_the_same_columns(exp):
    empty, full = start(exp), start(exp)
    full.log("a", 1)
    assert len(empty.metrics_dataframe()) == 0
    assert kinds(empty.metrics_dataframe()).keys() == kinds(full.metrics_dataframe()).keys()
    assert str(empty.metrics_dataframe()["at"].dt.tz) == "UTC"
    assert len(pd.concat([empty.metrics_dataframe(), full.metrics_dataframe()])) == 1


# -- runs of an experiment -----------------------------------------------------------------------------------------------


def test_every_run_is_a_row_with_its_facts(exp):
    done = finished(exp, name="first", tags={"quality": "good", "plain": None}, params={"lr": "0.1", "opt": "adam"})
    failed = start(exp)
    failed.fail("no")
    open_ = start(exp, params={"lr": 0.2})
    frame = frames.experiment_frame(exp)
    assert list(frame.columns)[:7] == ["run_id", "number", "name", "status", "started", "ended", "duration"]
    assert frame["run_id"].tolist() == [open_.id, failed.id, done.id]
    assert frame["number"].tolist() == [3, 2, 1]
    assert frame["status"].tolist() == ["Running", "Failed", "Completed"]
    assert frame["status"].dtype.ordered
    assert frame["status"].max() == "Failed"
    assert (frame["status"] < "Completed").tolist() == [True, False, False]
    assert frame["name"][2] == "first"
    assert str(frame["started"].dt.tz) == str(frame["ended"].dt.tz) == "UTC"
    assert frame["ended"].isna().tolist() == [True, False, False]
    spent = frame["ended"][2] - frame["started"][2]
    assert abs(frame["duration"][2] - spent) < pd.Timedelta("1ms")
    assert frame["duration"][0] >= pd.Timedelta(0)
    assert frame["params.lr"].dtype == float
    assert frame["params.lr"].tolist()[0] == 0.2
    assert frame["params.lr"].isna().tolist() == [False, True, False]
    assert frame["params.opt"].tolist()[2] == "adam"
    assert (frame["tags.quality"][2], frame["tags.plain"][2]) == ("good", "")
    assert frame["tags.plain"].isna().tolist() == [True, True, False]


def test_the_chosen_value_of_each_metric_is_a_column(exp):
    losses = [("train_loss", v) for v in (3.0, 1.0, 2.0)]
    finished(exp, values=[*losses, *[("acc", v) for v in (0.1, 0.9, 0.5)], ("note", "a"), ("note", "b")])
    finished(exp, values=[("glossy", 1), ("glossy", 5), ("mixed", 1), ("mixed", "text")])
    run = start(exp)
    run.log_table("table", {"a": [1]})
    run.log("nan", math.nan)
    expected = {
        "last": (2.0, 0.5, "b", 5),
        "min": (1.0, 0.1, "b", 1),
        "max": (3.0, 0.9, "b", 5),
        "best": (1.0, 0.9, "b", 5),
    }
    for which, (loss, acc, note, glossy) in expected.items():
        frame = frames.experiment_frame(exp, metrics=which)
        found = (
            frame["metrics.train_loss"][2],
            frame["metrics.acc"][2],
            frame["metrics.note"][2],
            frame["metrics.glossy"][1],
        )
        assert found == (loss, acc, note, glossy)
        assert frame["metrics.train_loss"].dtype == float
        assert math.isnan(frame["metrics.train_loss"][0])
        assert "metrics.table" not in frame
        assert math.isnan(frame["metrics.nan"][0])
    with pytest.raises(InvalidName, match="last, min, max, best"):
        frames.experiment_frame(exp, metrics="mean")


@pytest.mark.parametrize(
    ("texts", "are_numbers"),
    [
        (["1", "2"], True),
        (["1e-3", "-0.5"], True),
        (["1", None], True),
        (["nan", "inf"], True),
        (["0", "0.5"], True),
        (["1", "x"], False),
        (["007", "1"], False),
        (["", "1"], False),
        (["True", "False"], False),
        (["1,5", "2"], False),
    ],
)
def test_params_that_are_all_numbers_become_numbers_and_others_stay_text(exp, texts, are_numbers):
    for text in texts:
        finished(exp, params={} if text is None else {"p": text})
    column = frames.experiment_frame(exp)["params.p"]
    assert pd.api.types.is_numeric_dtype(column) is are_numbers
    if not are_numbers:
        assert column.tolist() == texts[::-1]


def test_only_what_differs_is_kept_on_request(exp):
    finished(exp, params={"same": "1", "other": "1"}, tags={"t": "x", "one": None}, values=[("m", 1), ("n", math.nan)])
    finished(exp, params={"same": "1", "other": "2"}, tags={"t": "x"}, values=[("m", 2), ("n", math.nan)])
    frame = frames.experiment_frame(exp, varying_only=True)
    assert list(frame.columns)[7:] == ["params.other", "metrics.m", "tags.one"]
    assert len(frames.experiment_frame(exp, query='param:other="1"', varying_only=True).columns) > 7


def test_children_come_on_request_with_their_parent(exp):
    root = start(exp)
    child = root.child_run()
    assert frames.experiment_frame(exp)["run_id"].tolist() == [root.id]
    frame = frames.experiment_frame(exp, children=True)
    assert frame["run_id"].tolist() == [child.id, root.id]
    assert frame["parent_id"][0] == root.id
    assert pd.isna(frame["parent_id"][1])


def test_a_search_text_selects_the_runs(exp):
    good = finished(exp, tags={"quality": "good"})
    finished(exp, tags={"quality": "bad"})
    assert frames.experiment_frame(exp, query="tag:quality=good")["run_id"].tolist() == [good.id]
    assert len(frames.experiment_frame(exp, query=" ")) == 2
    with pytest.raises(InvalidQuery):
        frames.experiment_frame(exp, query="tag:")


def test_an_experiment_without_runs_gives_an_empty_frame_with_the_facts(exp):
    frame = frames.experiment_frame(exp)
    assert len(frame) == 0
    assert list(frame.columns) == ["run_id", "number", "name", "status", "started", "ended", "duration"]
    assert str(frame["started"].dt.tz) == "UTC"
    assert str(frame["duration"].dtype).startswith("timedelta64")
    assert frame["status"].dtype.ordered


def test_more_runs_than_a_page_are_read_page_by_page(ws, exp, monkeypatch):
    count = 1203
    ws.store.create_runs([NewRun(f"r{i}", "e", "me", params={"i": str(i)}) for i in range(count)])
    ws.store.append("r7", [Point("m", "number", 1.5, None, 0.0)])
    ws.store.transition("r8", Status.RUNNING)
    asked = []
    for name in ("find_runs", "get_runs", "get_run", "series"):
        real = getattr(ws.store, name)
        monkeypatch.setattr(
            ws.store, name, lambda *a, _real=real, _name=name, **k: asked.append(_name) or _real(*a, **k)
        )
    frame = frames.experiment_frame(exp)
    assert frame["params.i"].tolist() == list(range(count))[::-1]
    assert frame["metrics.m"].dropna().tolist() == [1.5]
    assert frame["started"].notna().sum() == frame["duration"].notna().sum() == 1
    assert asked == ["find_runs"] * 3
    asked.clear()
    assert len(frames.list_frame(exp.get_runs())) == count
    assert len(asked) < 20


def test_a_list_of_runs_is_a_frame_in_its_own_order(ws, exp):
    runs = [finished(exp, name=f"n{i}") for i in range(4)]
    other = finished(Experiment(ws, "other"))
    frame = frames.list_frame(ws.search())
    assert frame["run_id"].tolist() == [other.id, *[run.id for run in reversed(runs)]]
    assert frame["experiment"].tolist() == ["other", *["e"] * 4]
    assert frames.list_frame(exp.get_runs()[1:3])["name"].tolist() == ["n2", "n1"]
    assert len(frames.list_frame(exp.get_runs()[4:])) == 0


def test_without_pandas_one_line_says_how_to_get_it(exp, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    for call in (
        start(exp).metrics_dataframe,
        lambda: frames.experiment_frame(exp),
        lambda: frames.list_frame(exp.get_runs()),
    ):
        with pytest.raises(JupyterRunsError, match="pip install pandas") as error:
            call()
        assert "\n" not in str(error.value)
