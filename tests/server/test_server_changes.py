"""What a request may change: cancel, name, description, tags."""

from __future__ import annotations

from serving import dead_owner, living_owner

from jupyter_runs.model import Status


async def test_cancel_of_a_run_without_an_owner_ends_it(ask, make, store):
    run = make()
    code, data = await ask(f"runs/{run.run_id}/cancel", "POST", {"via": "panel"})
    assert (code, data["status"], data["cancel_via"]) == (202, "Canceled", "panel")
    assert store.get_run(run.run_id).status is Status.CANCELED


async def test_cancel_of_an_owned_run_leaves_the_wish_to_its_owner(ask, make, store):
    owner = living_owner()
    run = make(owner=owner, status=Status.RUNNING)
    code, data = await ask(f"runs/{run.run_id}/cancel", "POST")
    assert (code, data["status"], data["shown_status"], data["cancel_via"]) == (
        202,
        "Running",
        "CancelRequested",
        "rest",
    )
    assert [stop.run_id for stop in store.stops_asked(owner)] == [run.run_id]


async def test_cancel_reaches_descendants(ask, make, store):
    owner = living_owner()
    parent = make(owner=owner, status=Status.RUNNING)
    child = make(owner=owner, status=Status.RUNNING, parent_id=parent.run_id)
    await ask(f"runs/{parent.run_id}/cancel", "POST", {})
    assert {stop.run_id for stop in store.stops_asked(owner)} == {parent.run_id, child.run_id}


async def test_cancel_of_a_run_whose_owner_has_died_ends_it_at_once(ask, make):
    run = make(owner=dead_owner(), status=Status.RUNNING)
    code, data = await ask(f"runs/{run.run_id}/cancel", "POST", {"via": "sidebar"})
    # Failed where the server's own beat found the dead owner first.
    assert code == 202
    assert data["status"] in {"Canceled", "Failed"}


async def test_a_second_cancel_is_harmless(ask, make):
    run = make(owner=living_owner(), status=Status.RUNNING)
    _, first = await ask(f"runs/{run.run_id}/cancel", "POST", {"via": "panel"})
    code, second = await ask(f"runs/{run.run_id}/cancel", "POST", {"via": "sidebar"})
    assert code == 202
    assert second["cancel_via"] == "panel"
    assert second["cancel_requested_at"] == first["cancel_requested_at"]


async def test_cancel_of_a_run_that_has_ended_leaves_it_as_it_is(ask, make, store):
    run = make()
    store.transition(run.run_id, Status.RUNNING)
    store.transition(run.run_id, Status.COMPLETED)
    code, data = await ask(f"runs/{run.run_id}/cancel", "POST", {})
    assert (code, data["status"], data["cancel_requested_at"]) == (202, "Completed", None)


async def test_the_canceller_behind_a_shared_token_is_the_account_of_the_server(ask, make, monkeypatch):
    monkeypatch.setenv("LOGNAME", "grace")
    _, data = await ask(f"runs/{make().run_id}/cancel", "POST", {})
    assert data["cancel_by"] == "grace"


async def test_name_and_description_can_be_changed(ask, make):
    run = make(name="old")
    code, data = await ask(f"runs/{run.run_id}", "PATCH", {"name": "new", "description": "why"})
    assert (code, data["name"], data["description"]) == (200, "new", "why")
    _, data = await ask(f"runs/{run.run_id}", "PATCH", {"description": None})
    assert (data["name"], data["description"]) == ("new", None)


async def test_an_empty_change_changes_nothing(ask, make):
    run = make()
    for route in (f"runs/{run.run_id}", f"runs/{run.run_id}/tags"):
        code, data = await ask(route, "PATCH", {})
        assert (code, data["rev"]) == (200, run.rev)


async def test_tags_are_set_and_removed_together(ask, make):
    run = make(tags={"a": "1", "b": "2"})
    code, data = await ask(f"runs/{run.run_id}/tags", "PATCH", {"set": {"c": None, "a": "9"}, "remove": ["b", "nope"]})
    assert (code, data["tags"]) == (200, {"a": "9", "c": None})


async def test_tags_of_a_run_that_has_ended_can_change(ask, make, store):
    run = make()
    store.transition(run.run_id, Status.CANCELED)
    code, data = await ask(f"runs/{run.run_id}/tags", "PATCH", {"set": {"worth another look": None}})
    assert (code, data["tags"]) == (200, {"worth another look": None})
