"""Several people: who has submitted a run, and who may change it."""

from __future__ import annotations

import pytest

from jupyter_runs.errors import NotAllowed, WorkspaceConfigError
from jupyter_runs.model import Status
from jupyter_runs.server import rules
from jupyter_runs.server.base import _account


@pytest.fixture
def rule(jp_serverapp):
    """Sets the rule of the server."""

    def put(given):
        jp_serverapp.web_app.settings["jupyter_runs_rule"] = rules.load(given)

    return put


CHANGES = {
    "cancel": ("POST", "cancel", {}),
    "delete": ("POST", "delete", {}),
    "restore": ("POST", "restore", {}),
    "archive": ("POST", "archive", {}),
    "reactivate": ("POST", "reactivate", {}),
    "force-stop": ("POST", "force-stop", {}),
    "tag": ("PATCH", "tags", {"set": {"a": "b"}}),
    "rename": ("PATCH", "", {"name": "other"}),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_with_the_rule_own_others_may_not_change_a_run_by_any_route(ask, make, store, rule, change):
    rule("own")
    method, path, body = CHANGES[change]
    run = make()  # submitted by ada
    before = store.get_run(run.run_id)
    code, answer = await ask(f"runs/{run.run_id}/{path}".rstrip("/"), method, body)
    assert (code, answer["reason"]) == (403, "NotAllowed")
    assert "ada" in answer["message"]
    assert store.get_run(run.run_id) == before


async def test_with_the_rule_own_a_run_of_mine_is_mine(ask, store, rule):
    rule("own")
    from jupyter_runs.model import NewRun

    store.create_runs([NewRun("mine", "e", _account())])
    assert (await ask("runs/mine/tags", "PATCH", {"set": {"a": "b"}}))[0] == 200
    assert (await ask("runs/mine/cancel", "POST", {}))[0] == 202
    assert (await ask("runs/mine/delete", "POST", {}))[0] == 200


@pytest.mark.parametrize("action", ["cancel", "archive", "delete", "tag"])
async def test_of_many_runs_only_those_that_may_be_changed_are(ask, make, store, rule, action):
    rule("own")
    from jupyter_runs.model import NewRun

    theirs = make().run_id
    store.create_runs([NewRun("mine", "e", _account())])
    if action == "delete":
        store.transition("mine", Status.CANCELED)
    more = {"set": {"a": "b"}} if action == "tag" else {}
    _, answer = await ask("runs/bulk", "POST", {"action": action, "ids": [theirs, "mine"], **more})
    assert answer["done"] == ["mine"]
    assert [one["id"] for one in answer["failed"]] == [theirs]
    assert store.get_run(theirs).status is Status.NOT_STARTED


async def test_an_experiment_of_others_may_not_be_archived_or_tagged(ask, make, store, rule):
    rule("own")
    make(experiment="theirs")
    assert (await ask("experiments/theirs", "PATCH", {"archived": True}))[0] == 403
    assert (await ask("experiments/theirs", "PATCH", {"tags": {"a": "b"}}))[0] == 403
    assert store.experiment("theirs").archived_at is None


CALLS = {
    "request_cancel": {"run_id": "theirs", "by": "x", "via": "rest"},
    "transition": {"run_id": "theirs", "to": "Canceled"},
    "set_archived": {"run_id": "theirs", "archived": True},
    "delete_run": {"run_id": "theirs"},
    "edit_tags": {"run_id": "theirs", "set_": {"a": "b"}},
    "update_run": {"run_id": "theirs", "name": "x"},
    "add_properties": {"run_id": "theirs", "items": {"a": "b"}},
    "delete_experiment": {"name": "digits"},
    "archive_experiment": {"name": "digits"},
    "edit_experiment_tags": {"name": "digits", "set_": {"a": "b"}},
    "erase": {"run_ids": ["theirs"]},
}


@pytest.mark.parametrize("method", CALLS)
async def test_the_rule_holds_for_calls_from_other_machines_too(ask, make, store, rule, method):
    rule("own")
    make("theirs")
    before = store.get_run("theirs")
    code, answer = await ask(f"store/{method}", "POST", CALLS[method])
    assert (code, answer["reason"]) == (403, "NotAllowed")
    assert store.get_run("theirs") == before


async def test_a_rule_of_ones_own_is_asked_with_user_action_and_run(ask, make, rule):
    asked = []

    def rule_of_mine(user, action, run):
        asked.append((user, action, run.run_id))
        return action != "delete"

    rule(rule_of_mine)
    run = make()
    assert (await ask(f"runs/{run.run_id}/archive", "POST", {}))[0] == 200
    assert (await ask(f"runs/{run.run_id}/delete", "POST", {}))[0] == 403
    assert asked == [(_account(), "archive", run.run_id), (_account(), "delete", run.run_id)]


def test_a_rule_that_is_not_there_is_refused_with_those_that_are(monkeypatch):
    with pytest.raises(WorkspaceConfigError, match="everybody, own"):
        rules.load("nobody")
    monkeypatch.setenv("JUPYTER_RUNS_RULE", "own")
    assert rules.load("") is rules.own


def test_a_refusal_says_whose_run_it_is(store, make):
    with pytest.raises(NotAllowed, match="bob may not cancel run run0001, which ada has submitted"):
        rules.must_allow(rules.own, "bob", "cancel", [make()])
