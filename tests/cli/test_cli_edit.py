"""Commands that change a run: cancel, update, tag, complete, fail, archive."""

from __future__ import annotations

import json

from terminal import dead_owner

from jupyter_runs import cli_edit, liveness
from jupyter_runs.model import Status

# -- cancel -----------------------------------------------------------------------------------------------------------


def test_cancel_waits_until_the_run_has_ended_and_says_how_long(run, make, store, obedient):
    run_id = make(name="busy", owner=obedient, status=Status.RUNNING).run_id
    code, out, err = run("cancel", "-r", run_id)
    assert (code, err) == (0, "")
    assert out.startswith("Run #1 digits/busy: Canceled in 0.")
    record = store.get_run(run_id)
    assert (record.status, record.cancel_via) == (Status.CANCELED, "cli")


def test_cancel_of_a_run_that_nobody_has_started_ends_it(run, make, store):
    run_id = make().run_id
    assert "Canceled in 0.0 s" in run("cancel", "-r", run_id)[1]
    assert store.get_run(run_id).status is Status.CANCELED


def test_cancel_of_a_run_whose_process_died_ends_it(run, make, store):
    # Nobody has looked since the process died.
    run_id = make(owner=dead_owner(), status=Status.RUNNING).run_id
    code, out, _ = run("cancel", "-r", run_id)
    assert code == 0
    assert "had ended before: Failed" in out


def test_cancel_that_is_not_obeyed_says_so_and_fails(run, make, store, monkeypatch):
    monkeypatch.setattr(cli_edit, "CANCEL_WAIT_S", 0.2)
    run_id = make(owner=liveness.this_process(), status=Status.RUNNING).run_id
    code, out, _ = run("cancel", "-r", run_id)
    assert code == 1
    assert "cancel requested; still Running after 0 s" in out
    assert store.get_run(run_id).cancel_requested_at is not None


def test_cancel_without_waiting_only_asks(run, make):
    run_id = make(owner=liveness.this_process(), status=Status.RUNNING).run_id
    code, out, _ = run("cancel", "-r", run_id, "--no-wait")
    assert (code, out) == (0, "Run #1 digits/run-1: cancel requested.\n")


def test_cancel_of_a_run_that_has_ended_changes_nothing(run, make, store):
    run_id = make().run_id
    store.transition(run_id, Status.RUNNING)
    store.transition(run_id, Status.COMPLETED)
    code, out, _ = run("cancel", "-r", run_id)
    assert code == 0
    assert "had ended before: Completed" in out
    assert store.get_run(run_id).cancel_requested_at is None


def test_cancel_gives_data_where_data_is_asked_for(run, make):
    code, out, err = run("cancel", "-r", make().run_id, "-o", "json")
    assert (code, json.loads(out)["status"]) == (0, "Canceled")
    assert "Canceled in" in err


def test_cancel_obeys_no_option_for_silence_with_silence_alone(run, make):
    # The answer is the result: it stays.
    assert "Canceled" in run("cancel", "-r", make().run_id, "--only-show-errors")[1]


# -- update and tag ---------------------------------------------------------------------------------------------------


def test_a_tag_is_added_as_azure_ml_writes_it(given, make, store):
    run_id = make(tags={"kept": None}).run_id
    assert given("update", "-r", run_id, "--add-tag", "quality=fantastic run")["tags"]["quality"] == "fantastic run"
    assert store.get_run(run_id).tags == {"kept": None, "quality": "fantastic run"}


def test_tags_name_and_description_change_in_one_call(run, make, store):
    run_id = make(tags={"old": "1"}).run_id
    code, out, err = run(
        *("update", "-r", run_id, "--add-tag", "plain", "--add-tag", "k=a=b", "--remove-tag", "old"),
        *("--name", "new name", "--description", "why"),
    )
    record = store.get_run(run_id)
    assert (code, record.tags, record.name, record.description) == (
        0,
        {"plain": None, "k": "a=b"},
        "new name",
        "why",
    )
    assert json.loads(out)["display_name"] == "new name"
    assert "changed" in err


def test_an_empty_description_removes_it(given, make):
    run_id = make(description="old").run_id
    assert given("update", "-r", run_id, "--description", "")["description"] is None


def test_a_wrong_change_changes_nothing(run, make, store):
    run_id = make().run_id
    code, _, err = run("update", "-r", run_id, "--add-tag", "good", "--name", "n" * 300)
    assert (code, err.count("\n")) == (2, 1)
    assert store.get_run(run_id).tags == {}


def test_tags_are_set_and_removed(given, make):
    run_id = make(tags={"old": None}).run_id
    data = given("tag", "-r", run_id, "quality=good", "worth another look", "--remove", "old")
    assert data["tags"] == {"quality": "good", "worth another look": None}


def test_a_tag_on_an_ended_run_is_fine(given, ended):
    assert given("tag", "-r", ended().run_id, "late")["tags"] == {"late": None}


def test_hostile_names_do_not_steer_the_terminal(run, make):
    make(name="\x1b[2J\x1b]0;owned\x07x")
    for command in (["cancel", "-r", "last"], ["tag", "-r", "last", "\x1b[31mred=\x9b1m"], ["archive", "-r", "#1"]):
        code, out, err = run(*command, "-o", "table")
        assert code == 0
        assert not {"\x1b", "\x9b", "\x07"} & set(out + err)


# -- complete and fail ------------------------------------------------------------------------------------------------


def test_a_run_is_completed(given, make, store):
    run_id = make(status=Status.RUNNING).run_id
    assert given("complete", "-r", run_id)["status"] == "Completed"
    assert store.get_run(run_id).ended_at is not None


def test_a_run_is_failed_with_a_reason(given, make):
    run_id = make(status=Status.RUNNING).run_id
    data = given("fail", "-r", run_id, "the disk was full")
    assert (data["status"], data["error"]["message"]) == ("Failed", "the disk was full")


def test_a_run_is_failed_without_a_reason(given, make):
    assert given("fail", "-r", make(status=Status.RUNNING).run_id)["error"]["code"] == "UserError"


def test_an_end_that_holds_already_is_said_and_changes_nothing(run, ended):
    run_id = ended().run_id
    code, _, err = run("complete", "-r", run_id)
    assert code == 0
    assert "was Completed already" in err


def test_an_end_that_the_store_refuses_is_one_line(run, ended, store):
    run_id = ended().run_id
    code, out, err = run("fail", "-r", run_id, "late")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "is Completed and cannot become Failed" in err
    assert store.get_run(run_id).error is None


# -- archive ----------------------------------------------------------------------------------------------------------


def test_an_archived_run_leaves_the_list_until_it_is_reactivated(run, listed, ended):
    run_id = ended(name="a").run_id
    code, out, _ = run("archive", "-r", run_id)
    assert code == 0
    assert json.loads(out)["archived_at"] is not None
    assert listed() == []
    assert listed("is:archived") == ["a"]
    assert run("reactivate", "-r", "#1")[0] == 0
    assert listed() == ["a"]
