"""Every route, as openapi.yaml describes it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

from openapi_spec_validator import validate as validate_openapi
from serving import OPENAPI, OPERATIONS, SERVER, living_owner

import jupyter_runs
from jupyter_runs import paths
from jupyter_runs.model import Point, Progress, RunError, Status
from jupyter_runs.server import handlers, hub, requests


def test_openapi_is_valid():
    validate_openapi(OPENAPI, base_uri=(SERVER / "openapi.yaml").as_uri())


def test_every_route_of_openapi_has_a_handler_and_every_handler_a_route():
    served = set()
    for pattern, handler in handlers.HANDLERS[:-1]:
        path = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", pattern).removeprefix("/jupyter-runs/api")
        own = vars(handler)
        served |= {(path, method) for method in ("get", "post", "patch", "put", "delete") if method in own}
    assert served == set(OPERATIONS)


def test_checked_bodies_have_the_fields_of_openapi():
    def fields(route, method):
        return set(
            OPENAPI["paths"][route][method]["requestBody"]["content"]["application/json"]["schema"]["properties"]
        )

    assert fields("/runs/{run_id}", "patch") == set(requests.RUN_FIELDS)
    assert fields("/runs/{run_id}/tags", "patch") == set(requests.TAGS_FIELDS)
    assert fields("/runs/{run_id}/cancel", "post") == set(requests.CANCEL_FIELDS)
    assert fields("/runs/bulk", "post") == set(requests.BULK_FIELDS)
    assert fields("/submit", "post") == set(requests.SUBMIT_FIELDS)
    assert fields("/experiments/{name}", "patch") == set(requests.EXPERIMENT_FIELDS)


def test_the_event_schema_is_the_one_of_openapi():
    documented = OPENAPI["components"]["schemas"]["Changed"]
    assert hub.SCHEMA_ID in documented["description"]
    assert set(documented["properties"]) == set(hub.SCHEMA["properties"])
    assert documented["required"] == hub.SCHEMA["required"]


async def test_status_tells_the_workspace_and_where_it_stands(ask, folder, store):
    code, status = await ask("status")
    assert code == 200
    assert status["version"] == jupyter_runs.__version__
    assert status["workspace"] == paths.workspace_key(folder)
    assert {"key": paths.workspace_key(folder), "name": "shared", "path": str(folder)} in status["workspaces"]
    assert status["cursor"] == store.cursor()
    assert abs(status["server_time"] - time.time()) < 5


async def test_experiments_are_listed_with_counts(ask, make, store):
    store.transition(make(experiment="old").run_id, Status.CANCELED)
    make(experiment="new", owner=living_owner(), status=Status.RUNNING)
    _, answer = await ask("experiments")
    assert [(e["name"], e["total"], e["active"]) for e in answer["experiments"]] == [("new", 1, 1), ("old", 1, 0)]


async def test_runs_are_listed_newest_first_without_children(ask, make):
    first = make(name="first")
    make(name="child", parent_id=first.run_id)
    make(name="second")
    _, page = await ask("runs")
    assert [run["name"] for run in page["runs"]] == ["second", "first"]
    assert page["total"] == 2
    assert page["next_page"] is None


async def test_a_search_finds_children_too(ask, make):
    parent = make(name="parent")
    make(name="needle", parent_id=parent.run_id)
    _, page = await ask("runs", q="needle")
    assert [run["name"] for run in page["runs"]] == ["needle"]


async def test_a_search_for_tags_with_spaces_finds_them(ask, make):
    make(name="good", tags={"quality": "fantastic run"})
    make(name="bad", tags={"quality": "poor"})
    _, page = await ask("runs", q='tag:quality="fantastic run"')
    assert [run["name"] for run in page["runs"]] == ["good"]


async def test_a_blank_search_is_no_search(ask, make):
    parent = make()
    make(parent_id=parent.run_id)
    _, page = await ask("runs", q="  ")
    assert page["total"] == 1


async def test_active_lists_roots_with_unfinished_descendants(ask, make, store):
    done = make(name="done")
    parent = make(name="parent")
    make(name="child", parent_id=parent.run_id)
    for run in (done, parent):
        store.transition(run.run_id, Status.RUNNING)
        store.transition(run.run_id, Status.COMPLETED)
    _, page = await ask("runs", active="1")
    assert [run["name"] for run in page["runs"]] == ["parent"]


async def test_runs_of_one_experiment_are_listed(ask, make):
    make(experiment="a")
    make(experiment="b")
    _, page = await ask("runs", experiment="b")
    assert [run["experiment"] for run in page["runs"]] == ["b"]


async def test_pages_follow_each_other_without_gap_or_repeat(ask, make):
    ids = [make().run_id for _ in range(7)]
    seen, page = [], None
    while True:
        params = {"limit": 3} | ({"page": page} if page else {})
        _, answer = await ask("runs", **params)
        seen += [run["run_id"] for run in answer["runs"]]
        page = answer["next_page"]
        if page is None:
            break
    assert seen == ids[::-1]


async def test_a_run_tells_all_that_the_schema_has(ask, make, store, folder):
    run = make(name="ż <b>", tags={"a": None}, properties={"p": "1"}, params={"lr": "0.1"}, owner=living_owner("k1"))
    store.transition(run.run_id, Status.RUNNING)
    store.append(run.run_id, [Point("loss", "number", float("nan"), None, 1.0)])
    store.update_run(run.run_id, description="why", progress=Progress(1, 3, "epoch"))
    store.transition(run.run_id, Status.FAILED, error=RunError("ValueError", "bad", "Traceback …"))
    code, data = await ask(f"runs/{run.run_id}")
    assert code == 200
    assert data["name"] == "ż <b>"
    assert data["tags"] == {"a": None}
    assert data["metrics"]["loss"]["last"] == "NaN"
    assert data["error"]["code"] == "ValueError"
    assert data["owner"]["kernel_id"] == "k1"
    assert data["workspace"] == paths.workspace_key(folder)


async def test_a_run_id_may_be_percent_encoded(jp_fetch, make, jp_base_url, http_server_client, jp_auth_header):
    make("a.b-c_1")
    url = f"{jp_base_url}jupyter-runs/api/runs/%61%2Eb%2Dc_1"
    answer = await http_server_client.fetch(url, headers=jp_auth_header)
    assert json.loads(answer.body)["run_id"] == "a.b-c_1"


async def test_children_come_active_first(ask, make, store):
    parent = make()
    _, b, c = (make(name=n, parent_id=parent.run_id) for n in "abc")
    for run in (b, c):
        store.transition(run.run_id, Status.RUNNING)
        store.transition(run.run_id, Status.COMPLETED)
    _, page = await ask(f"runs/{parent.run_id}/children")
    assert [run["name"] for run in page["runs"]] == ["a", "c", "b"]
    assert page["total"] == 3


async def test_children_of_a_run_without_any_are_an_empty_page(ask, make):
    code, page = await ask(f"runs/{make().run_id}/children")
    assert (code, page["runs"], page["total"]) == (200, [], 0)


async def test_changes_without_since_give_only_the_cursor(ask, make):
    make()
    _, answer = await ask("changes")
    assert answer["runs"] == []
    assert answer["cursor"]


async def test_changes_tell_each_changed_run_once(ask, make, store):
    quiet, busy = make(), make()
    _, start = await ask("changes")
    for value in (1, 2, 3):
        store.append(busy.run_id, [Point("loss", "number", value, None, 1.0)])
    store.edit_tags(busy.run_id, {"a": None})
    _, answer = await ask("changes", since=start["cursor"])
    assert [run["run_id"] for run in answer["runs"]] == [busy.run_id]
    assert answer["more"] is False
    _, after = await ask("changes", since=answer["cursor"])
    assert after["runs"] == []
    assert quiet.run_id not in {run["run_id"] for run in answer["runs"]}


async def test_metrics_come_in_order_of_logging_and_extend_by_cursor(ask, make, store):
    run = make()
    store.append(run.run_id, [Point("b", "number", 1.5, 0, 10.0), Point("a", "text", "hi", None, 11.0)])
    _, first = await ask(f"runs/{run.run_id}/metrics")
    assert [(s["name"], s["kind"], s["points"]) for s in first["series"]] == [
        ("b", "number", [[0, 10.0, 1.5]]),
        ("a", "text", [[None, 11.0, "hi"]]),
    ]
    store.append(run.run_id, [Point("b", "number", float("inf"), 1, 12.0)])
    _, second = await ask(f"runs/{run.run_id}/metrics", after=first["cursor"])
    assert [(s["name"], s["points"], s["count"]) for s in second["series"]] == [("b", [[1, 12.0, "Infinity"]], 2)]


async def test_one_metric_may_be_asked_for(ask, make, store):
    run = make()
    store.append(run.run_id, [Point("a", "number", 1, None, 1.0), Point("b", "number", 2, None, 1.0)])
    _, answer = await ask(f"runs/{run.run_id}/metrics", name="b")
    assert [s["name"] for s in answer["series"]] == ["b"]


async def test_long_metrics_are_thinned_but_keep_their_extremes(ask, make, store):
    run = make()
    values = [0.0] * 5000
    values[1234], values[4321] = -9.0, 9.0
    store.append(run.run_id, [Point("loss", "number", v, i, float(i)) for i, v in enumerate(values)])
    _, answer = await ask(f"runs/{run.run_id}/metrics", max_points=100)
    (series,) = answer["series"]
    assert series["count"] == 5000
    assert len(series["points"]) <= 100
    assert {-9.0, 9.0} <= {point[2] for point in series["points"]}


def test_the_page_names_every_route():
    page = (Path(__file__).parents[2] / "docs" / "rest.md").read_text("utf-8")
    for path, method in OPERATIONS:
        assert f"`{method.upper()} {path}" in page
