"""All values of metrics as comma-separated lines."""

from __future__ import annotations

import csv
import io
import math

from jupyter_runs.model import Point

HEAD = ["run_id", "run", "metric", "step", "time", "value"]


def rows_of(response):
    return list(csv.reader(io.StringIO(response.body.decode())))


async def test_every_value_comes_however_many_there_are(jp_fetch, make, store):
    run = make()
    store.append(run.run_id, [Point("loss", "number", i / 2, i, 100.0 + i) for i in range(45_000)])
    store.append(run.run_id, [Point("other", "number", 1, None, 100.0)])
    response = await jp_fetch("jupyter-runs/api/series/csv", params={"ids": run.run_id, "name": "loss"})
    rows = rows_of(response)
    assert response.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in response.headers["Content-Disposition"]
    assert rows[0] == HEAD
    assert len(rows) == 45_001
    assert rows[-1] == [run.run_id, run.name, "loss", "44999", "1970-01-01T12:31:39.000Z", "22499.5"]


async def test_all_metrics_of_several_runs_of_any_kind(jp_fetch, make, store):
    runs = [make(), make()]
    points = [
        Point("gap", "number", math.nan, 0.5, 0.0),
        Point("word", "text", "=1+1", None, 0.0),
        Point("word", "text", 'a "b",\nc', None, 0.0),
        Point("word", "text", None, None, 0.0),
        Point("word", "text", True, None, 0.0),
        Point("table", "table", {"x": [1, math.inf]}, None, 0.0),
    ]
    store.append(runs[0].run_id, points)
    store.append(runs[1].run_id, [Point("gap", "number", -2, None, 0.0)])
    response = await jp_fetch("jupyter-runs/api/series/csv", params={"ids": ",".join(r.run_id for r in runs)})
    rows = [[row[0], row[2], row[3], row[5]] for row in rows_of(response)[1:]]
    first, second = (run.run_id for run in runs)
    assert rows == [
        [first, "gap", "0.5", "NaN"],
        [first, "word", "", "'=1+1"],
        [first, "word", "", 'a "b",\nc'],
        [first, "word", "", ""],
        [first, "word", "", "true"],
        [first, "table", "", '{"x": [1, "Infinity"]}'],
        [second, "gap", "", "-2"],
    ]


async def test_a_run_that_is_not_there_is_named(ask):
    status, answer = await ask("series/csv", ids="gone")
    assert status == 404
    assert "gone" in answer["message"]
    status, answer = await ask("series/csv")
    assert status == 400
    assert "ids" in answer["message"]
