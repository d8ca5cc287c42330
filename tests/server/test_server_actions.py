"""Archive, bin and the way back, many runs at once, experiments, and runs by id."""

from __future__ import annotations

import sqlite3

import pytest
from serving import dead_owner, living_owner

from jupyter_runs.model import Status


@pytest.fixture
def ended(make, store):
    """A run that has ended."""

    def ended(**fields):
        run = make(**fields)
        store.transition(run.run_id, Status.CANCELED)
        return run

    return ended


async def _listed(ask, **params):
    return [run["run_id"] for run in (await ask("runs", **params))[1]["runs"]]


async def test_an_archived_run_is_out_of_listings_and_comes_back(ask, make):
    run = make()
    code, data = await ask(f"runs/{run.run_id}/archive", "POST", {})
    assert code == 200
    assert data["archived_at"] is not None
    assert await _listed(ask) == []
    assert await _listed(ask, q="is:archived") == [run.run_id]
    code, data = await ask(f"runs/{run.run_id}/reactivate", "POST")
    assert (code, data["archived_at"]) == (200, None)
    assert await _listed(ask) == [run.run_id]


async def test_a_deleted_run_is_in_the_bin_and_comes_back_with_its_children(ask, ended, store):
    parent = ended()
    child = ended(parent_id=parent.run_id)
    code, data = await ask(f"runs/{parent.run_id}/delete", "POST", {})
    assert code == 200
    assert data["deleted_at"] is not None
    assert await _listed(ask, include_children="1") == []
    assert sorted(await _listed(ask, q="is:deleted")) == [parent.run_id, child.run_id]
    code, data = await ask(f"runs/{parent.run_id}/restore", "POST", {})
    assert (code, data["deleted_at"]) == (200, None)
    assert await _listed(ask, include_children="1") == [child.run_id, parent.run_id]
    assert [event.by is not None for event in store.events(parent.run_id) if event.kind == "deleted"] == [True]


async def test_an_unfinished_run_is_not_deleted_and_the_reason_is_told(ask, ended, make, store):
    run = make(owner=living_owner(), status=Status.RUNNING)
    code, data = await ask(f"runs/{run.run_id}/delete", "POST", {})
    assert (code, data["reason"]) == (409, "RunStateError")
    assert "Cancel it first" in data["message"]
    parent = ended()
    child = make(parent_id=parent.run_id, owner=living_owner(), status=Status.RUNNING)
    code, data = await ask(f"runs/{parent.run_id}/delete", "POST", {})
    assert code == 409
    assert child.run_id in data["message"]
    assert store.get_run(parent.run_id).deleted_at is None


async def test_a_child_does_not_come_out_of_the_bin_without_its_parent(ask, ended):
    parent = ended()
    child = ended(parent_id=parent.run_id)
    await ask(f"runs/{parent.run_id}/delete", "POST", {})
    code, data = await ask(f"runs/{child.run_id}/restore", "POST", {})
    assert code == 409
    assert parent.run_id in data["message"]


@pytest.mark.parametrize("action", ["archive", "reactivate", "delete", "restore"])
async def test_actions_twice_are_harmless_and_bad_ones_are_told(ask, ended, action):
    run = ended()
    for _ in range(2):
        code, _ = await ask(f"runs/{run.run_id}/{action}", "POST", {})
        assert code == 200
    code, data = await ask(f"runs/nope/{action}", "POST", {})
    assert (code, data["reason"]) == (404, "RunNotFound")
    code, data = await ask(f"runs/{run.run_id}/{action}", "POST", {"force": True})
    assert (code, data["reason"]) == (400, "BadRequest")
    assert (await ask(f"runs/{run.run_id}/{action}", "GET"))[0] == 405


# -- many at once --------------------------------------------------------------------------------------------------------


async def test_each_of_many_runs_is_done_for_itself(ask, ended, make, store):
    good, other = ended(), ended()
    running = make(owner=living_owner(), status=Status.RUNNING)
    ids = [good.run_id, running.run_id, "nope", other.run_id, good.run_id]
    code, answer = await ask("runs/bulk", "POST", {"action": "delete", "ids": ids})
    assert (code, answer["done"]) == (200, [good.run_id, other.run_id])
    assert {one["id"] for one in answer["failed"]} == {running.run_id, "nope"}
    assert all(one["message"] for one in answer["failed"])
    assert store.get_run(good.run_id).deleted_at is not None
    assert store.get_run(running.run_id).deleted_at is None


async def test_a_tree_chosen_in_any_order_goes_and_comes_back_as_one(ask, ended, store):
    parent = ended()
    child = ended(parent_id=parent.run_id)
    ids = [child.run_id, parent.run_id]
    for action in ("delete", "restore"):
        _, answer = await ask("runs/bulk", "POST", {"action": action, "ids": ids})
        assert answer == {"done": [parent.run_id, child.run_id], "failed": []}
    await ask("runs/bulk", "POST", {"action": "delete", "ids": ids})
    await ask(f"runs/{parent.run_id}/restore", "POST", {})
    assert store.get_run(child.run_id).deleted_at is None


async def test_many_runs_are_tagged_archived_and_canceled(ask, make, store):
    runs = [make(tags={"old": "1"}).run_id for _ in range(3)]
    body = {"action": "tag", "ids": runs, "set": {"quality": "good", "plain": None}, "remove": ["old"]}
    _, answer = await ask("runs/bulk", "POST", body)
    assert answer == {"done": runs, "failed": []}
    assert [store.get_run(run_id).tags for run_id in runs] == [{"quality": "good", "plain": None}] * 3
    await ask("runs/bulk", "POST", {"action": "archive", "ids": runs[:2]})
    assert await _listed(ask) == runs[2:]
    await ask("runs/bulk", "POST", {"action": "reactivate", "ids": runs[:2]})
    assert await _listed(ask) == runs[::-1]
    dead = make(owner=dead_owner(), status=Status.RUNNING).run_id
    _, answer = await ask("runs/bulk", "POST", {"action": "cancel", "ids": [*runs, dead], "via": "sidebar"})
    assert answer["done"] == [*runs, dead]
    assert [store.get_run(run_id).status for run_id in runs] == [Status.CANCELED] * 3
    assert store.get_run(runs[0]).cancel_via == "sidebar"
    assert store.get_run(dead).status.is_final


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"ids": ["a"]}, "'action'"),
        ({"action": "delete"}, "'ids'"),
        ({"action": "erase", "ids": ["a"]}, "'action'"),
        ({"action": ["delete"], "ids": ["a"]}, "'action'"),
        ({"action": "delete", "ids": []}, "1 to 500"),
        ({"action": "delete", "ids": ["a"] * 501}, "1 to 500"),
        ({"action": "delete", "ids": "a"}, "'ids'"),
        ({"action": "delete", "ids": [1]}, "'ids'"),
        ({"action": "delete", "ids": ["a"], "set": {"a": "b"}}, "tag"),
        ({"action": "tag", "ids": ["a"]}, "needs"),
        ({"action": "tag", "ids": ["a"], "set": {"a": 1}}, "'set'"),
        ({"action": "cancel", "ids": ["a"], "via": ["x"]}, "'via'"),
    ],
)
async def test_a_wrong_bulk_request_changes_nothing(ask, ended, store, body, named):
    ended(run_id="a")
    before = store.get_run("a")
    code, data = await ask("runs/bulk", "POST", body)
    assert (code, data["reason"]) == (400, "BadRequest")
    assert named in data["message"]
    assert store.get_run("a") == before


async def test_a_run_called_bulk_is_a_run_as_any_other(ask, make):
    make("bulk")
    code, data = await ask("runs/bulk")
    assert (code, data["run_id"]) == (200, "bulk")
    code, data = await ask("runs/bulk", "PATCH", {"name": "large"})
    assert (code, data["name"]) == (200, "large")
    assert (await ask("runs/bulk/files"))[0] == 200


async def test_many_runs_in_a_store_that_cannot_be_written_fail_at_once(ask, ended, store):
    runs = [ended().run_id for _ in range(3)]
    with sqlite3.connect(store.location) as conn:
        conn.execute("CREATE TRIGGER refuse BEFORE UPDATE ON run BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    conn.close()
    code, answer = await ask("runs/bulk", "POST", {"action": "archive", "ids": runs})
    assert (code, answer["done"]) == (200, [])
    assert [one["id"] for one in answer["failed"]] == runs


# -- lists ---------------------------------------------------------------------------------------------------------------


async def test_children_are_listed_where_that_is_asked_for(ask, make):
    parent = make(name="parent")
    child = make(name="child", parent_id=parent.run_id)
    assert await _listed(ask) == [parent.run_id]
    assert await _listed(ask, include_children="1") == [child.run_id, parent.run_id]
    assert await _listed(ask, q="sort:name") == [child.run_id, parent.run_id]
    assert await _listed(ask, q="sort:name", include_children="0") == [parent.run_id]
    code, data = await ask("runs", include_children="yes")
    assert (code, data["reason"]) == (400, "BadRequest")


async def test_runs_are_given_by_id_in_the_order_asked_for(ask, make):
    first, _, third = make(), make(), make()
    child = make(parent_id=first.run_id)
    ids = [third.run_id, "nope", child.run_id, first.run_id, third.run_id]
    code, page = await ask("runs", ids=",".join(ids), limit=1)
    assert code == 200
    assert [run["run_id"] for run in page["runs"]] == [third.run_id, child.run_id, first.run_id]
    assert (page["total"], page["next_page"]) == (3, None)
    code, data = await ask("runs", ids=",".join(f"r{n}" for n in range(201)))
    assert (code, data["reason"]) == (400, "BadRequest")
    assert "200" in data["message"]


async def test_an_experiment_is_archived_with_its_runs_and_comes_back(ask, make):
    make(experiment="digits")
    make(experiment="other")
    code, data = await ask("experiments/digits", "PATCH", {"archived": True})
    assert code == 200
    assert data["archived_at"] is not None
    assert [e["name"] for e in (await ask("experiments"))[1]["experiments"]] == ["other"]
    assert [e["name"] for e in (await ask("experiments", archived="1"))[1]["experiments"]] == ["digits"]
    assert [run["experiment"] for run in (await ask("runs"))[1]["runs"]] == ["other"]
    _, data = await ask("experiments/digits", "PATCH", {"archived": False})
    assert (data["archived_at"], data["total"]) == (None, 1)
    assert len((await ask("runs"))[1]["runs"]) == 2


async def test_tags_of_an_experiment_are_merged_and_removed(ask, make):
    make(experiment="digits")
    await ask("experiments/digits", "PATCH", {"tags": {"team": "vision", "old": None}})
    _, data = await ask("experiments/digits", "PATCH", {"tags": {"stage": "1"}, "remove": ["old"]})
    assert data["tags"] == {"team": "vision", "stage": "1"}
    assert (await ask("experiments"))[1]["experiments"][0]["tags"] == {"team": "vision", "stage": "1"}


async def test_wrong_changes_of_an_experiment_are_told(ask, make):
    make(experiment="digits")
    code, data = await ask("experiments/nope", "PATCH", {"archived": True})
    assert (code, data["reason"]) == (404, "UnknownExperiment")
    for body in ({"archived": 1}, {"tags": {"a": 1}}, {"remove": "a"}, {"name": "x"}):
        code, data = await ask("experiments/digits", "PATCH", body)
        assert (code, data["reason"]) == (400, "BadRequest"), body
    assert (await ask("experiments", archived="x"))[0] == 400
