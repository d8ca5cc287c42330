"""What a table of runs needs beside its rows: columns, and figures of groups over all runs."""

from __future__ import annotations

import statistics

import pytest
import stores
from serving import dead_owner, living_owner

from jupyter_runs.model import Point, Status


@pytest.fixture(params=stores.KINDS)
def kind(request):
    return request.param


@pytest.fixture
def runs(make, store):
    """Four runs, one of them a child, and one of another experiment."""
    made = [
        make(params={"lr": "0.1", "model": "mlp"}, tags={"fold": "1", "seen": None}, properties={"author": "ada"}),
        make(params={"lr": "0.1", "model": "mlp"}, tags={"fold": "2"}),
        make(params={"lr": "0.02", "model": "mlp", "val step": "3"}),
        make(experiment="text", params={"other": "1"}),
    ]
    made.append(make(parent_id=made[0].run_id, params={"lr": "auto"}))
    for run, values in zip(made, [(0.5, 0.75), (0.25,), (0.9, 0.5), (1.0,), (float("nan"), 3.0)], strict=True):
        store.append(run.run_id, [Point("acc", "number", value, None, 1.0) for value in values])
    store.append(made[0].run_id, [Point("val loss", "number", 2, None, 1.0), Point("note", "text", "x", None, 1.0)])
    store.append(made[1].run_id, [Point("rows", "row", {"x": 1}, None, 1.0), Point("note", "number", 1, None, 1.0)])
    return made


@pytest.mark.usefixtures("runs")
async def test_columns_are_those_of_the_runs_that_are_asked_for(ask):
    code, found = await ask("columns", experiment="digits")
    assert code == 200
    assert found["total"] == 3
    assert found["params"] == [
        {"key": "lr", "count": 3, "distinct": 2},
        {"key": "model", "count": 3, "distinct": 1},
        {"key": "val step", "count": 1, "distinct": 1},
    ]
    assert found["tags"] == [{"key": "fold", "count": 2, "distinct": 2}, {"key": "seen", "count": 1, "distinct": 1}]
    assert found["properties"] == [{"key": "author", "count": 1, "distinct": 1}]
    assert found["metrics"] == [
        {"name": "acc", "kind": "number", "count": 3},
        {"name": "val loss", "kind": "number", "count": 1},
        {"name": "note", "kind": "number", "count": 2},
        {"name": "rows", "kind": "row", "count": 1},
    ]
    _, with_children = await ask("columns", experiment="digits", include_children="1")
    assert with_children["params"][0] == {"key": "lr", "count": 4, "distinct": 3}
    _, searched = await ask("columns", q="param:lr<0.05")
    assert [one["key"] for one in searched["params"]] == ["lr", "model", "val step"]
    _, none = await ask("columns", q="name:nothing")
    assert none == {"total": 0, "params": [], "metrics": [], "tags": [], "properties": []}


@pytest.mark.usefixtures("runs")
async def test_groups_have_the_figures_of_all_their_runs(ask):
    code, found = await ask("aggregate", experiment="digits", by="param:lr", value=["metric:acc", "metric.min:acc"])
    assert code == 200
    assert (found["runs"], found["total"]) == (3, 2)
    low, high = found["groups"]
    assert (low["value"], low["count"]) == ("0.02", 1)
    assert low["stats"][0] == {"n": 1, "mean": 0.5, "sd": None, "median": 0.5, "min": 0.5, "max": 0.5}
    assert (high["value"], high["count"]) == ("0.1", 2)
    last, least = high["stats"]
    assert (last["n"], last["mean"], last["median"]) == (2, 0.5, 0.5)
    assert last["sd"] == pytest.approx(statistics.stdev([0.75, 0.25]))
    assert (least["min"], least["max"]) == (0.25, 0.5)


@pytest.mark.usefixtures("runs")
async def test_runs_without_the_value_and_values_that_are_no_numbers_are_told_apart(ask):
    _, found = await ask("aggregate", experiment="digits", by="tag:seen", value=["metric:acc", "param:lr"])
    assert [(one["value"], one["count"]) for one in found["groups"]] == [("", 1), (None, 2)]
    _, found = await ask("aggregate", by="param:lr", include_children="1", value=["metric:acc", "param:lr", "duration"])
    assert [one["value"] for one in found["groups"]] == ["0.02", "0.1", "auto", None]
    assert [one["stats"][1]["n"] for one in found["groups"]] == [1, 2, 0, 0]
    assert found["groups"][2]["stats"][0]["mean"] == 3.0
    _, found = await ask("aggregate", by="param:lr", include_children="1", limit=1)
    assert (found["total"], len(found["groups"]), found["groups"][0]["stats"]) == (4, 1, [])


async def test_statuses_are_grouped_as_they_are_shown(ask, make, store):
    make(owner=living_owner(), status=Status.RUNNING)
    asked = make(owner=living_owner(), status=Status.RUNNING)
    store.request_cancel(asked.run_id, by="ada", via="rest")
    make(owner=dead_owner(), status=Status.RUNNING)
    store.transition(make().run_id, Status.CANCELED)
    _, found = await ask("aggregate", by="status")
    assert {one["value"]: one["count"] for one in found["groups"]} in (
        {"Canceled": 1, "CancelRequested": 1, "Running": 2},
        # The run of a dead process ends as soon as the server has looked.
        {"Canceled": 1, "CancelRequested": 1, "Running": 1, "Failed": 1},
    )


async def test_figures_of_values_near_the_largest_number_are_none_rather_than_wrong(ask, make, store):
    for value in (1.7e308, 1.6e308, float("inf")):
        store.append(make().run_id, [Point("big", "number", value, None, 1.0)])
    _, found = await ask("aggregate", by="exp", value=["metric:big"])
    wanted = {"n": 2, "mean": None, "sd": None, "median": None, "min": 1.6e308, "max": 1.7e308}
    assert found["groups"][0]["stats"] == [wanted]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "by="),
        ({"by": "duration"}, "param:KEY"),
        ({"by": "param:"}, "sort: takes"),
        ({"by": "param:lr tag:x"}, "sort: takes"),
        ({"by": "-name"}, "sort: takes"),
        ({"by": "name", "value": "nothing:x"}, "value="),
        ({"by": "name", "value": ["duration"] * 51}, "at most 50"),
        ({"by": "name", "limit": 501}, "limit="),
        ({"by": 'param:"'}, "sort: takes"),
    ],
)
async def test_what_cannot_be_grouped_is_named(ask, params, said):
    code, error = await ask("aggregate", **params)
    assert (code, error["reason"]) == (400, "BadRequest")
    assert said in error["message"]
    code, error = await ask("columns", q="tag")
    assert code == 200
    code, error = await ask("columns", q="sort:nothing")
    assert (code, error["reason"]) == (400, "InvalidQuery")
