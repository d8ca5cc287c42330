"""Ranges of metrics, one metric of many runs: what a chart asks for when someone zooms or lays runs over each other."""

from __future__ import annotations

import pytest
import stores

from jupyter_runs.model import Point


@pytest.fixture(params=stores.KINDS)
def kind(request):
    return request.param


def log(store, run, values, name="loss", step=lambda i: i, at=lambda i: 100.0 + i):
    store.append(run.run_id, [Point(name, "number", v, step(i), at(i)) for i, v in enumerate(values)])


def steps(series):
    return [step for step, _, _ in series["points"]]


async def test_a_range_comes_at_full_resolution_with_one_point_on_either_side(ask, make, store):
    run = make()
    log(store, run, [float(i % 7) for i in range(5000)])
    _, answer = await ask(f"runs/{run.run_id}/metrics", **{"from": "1000.5", "to": 1100, "max_points": 102})
    (series,) = answer["series"]
    assert steps(series) == list(range(1000, 1102))
    assert series["index"] == list(range(1000, 1102))
    assert series["count"] == 5000
    _, coarse = await ask(f"runs/{run.run_id}/metrics", **{"from": "1000.5", "to": 1100, "max_points": 20})
    (series,) = coarse["series"]
    assert len(series["points"]) <= 20
    assert (series["index"][0], series["index"][-1]) == (1000, 1101)


async def test_a_range_of_time_and_one_without_steps(ask, make, store):
    run = make()
    log(store, run, range(100), step=lambda i: None)
    _, answer = await ask(f"runs/{run.run_id}/metrics", axis="time", **{"from": 150, "to": 152})
    assert answer["series"][0]["index"] == [49, 50, 51, 52, 53]
    _, answer = await ask(f"runs/{run.run_id}/metrics", axis="step", **{"from": 97})
    assert answer["series"][0]["index"] == [96, 97, 98, 99]
    _, answer = await ask(f"runs/{run.run_id}/metrics", to=-5)
    assert answer["series"][0]["index"] == [0]


async def test_a_series_that_is_all_there_needs_no_positions(ask, make, store):
    run = make()
    log(store, run, [1, 2])
    _, first = await ask(f"runs/{run.run_id}/metrics")
    assert first["series"][0]["index"] is None
    log(store, run, [3])
    _, more = await ask(f"runs/{run.run_id}/metrics", after=first["cursor"])
    assert (more["series"][0]["index"], more["series"][0]["count"]) == ([2], 3)


async def test_one_metric_of_many_runs(ask, make, store):
    runs = [make() for _ in range(3)]
    for n, run in enumerate(runs[:2]):
        log(store, run, [n] * 1000)
    log(store, runs[2], [1], name="other")
    ids = [run.run_id for run in runs]
    _, answer = await ask("series", ids=",".join([*ids, "gone"]), name="loss", max_points=10)
    assert list(answer["series"]) == [*ids, "gone"]
    shown = [answer["series"][run_id] for run_id in ids]
    assert [len(one["points"]) <= 10 and one["points"][0][2] for one in shown[:2]] == [0, 1]
    assert (shown[2], answer["series"]["gone"]) == (None, None)
    _, answer = await ask("series", ids=ids[0], name="loss", **{"from": 5, "to": 6})
    assert answer["series"][ids[0]]["index"] == [4, 5, 6, 7]


@pytest.mark.parametrize(
    ("route", "query", "named"),
    [
        ("metrics", {"axis": "wall"}, "step or time"),
        ("metrics", {"from": "x"}, "from"),
        ("metrics", {"to": "nan"}, "to"),
        ("metrics", {"from": "inf"}, "from"),
        ("metrics", {"from": "2", "to": "1"}, "above"),
        ("series", {"ids": "a"}, "name"),
        ("series", {"ids": ",".join(map(str, range(51))), "name": "x"}, "51"),
    ],
)
async def test_a_wrong_range_is_named(ask, make, route, query, named):
    path = f"runs/{make().run_id}/metrics" if route == "metrics" else route
    code, data = await ask(path, **query)
    assert (code, data["reason"]) == (400, "BadRequest")
    assert named in data["message"]
