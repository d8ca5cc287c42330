"""The bin, gc, export and import from the command line."""

from __future__ import annotations

import json

from terminal import Terminal, on_terminal

from jupyter_runs.model import Status


def test_deleted_runs_are_in_the_bin_and_come_back(run, listed, ended):
    ended(name="a")
    ended(name="b")
    code, out, err = run("delete", "-r", "#1", "--yes")
    assert (code, [item["name"] for item in json.loads(out)]) == (0, ["a"])
    assert "restore" in err
    assert listed() == ["b"]
    assert listed("is:deleted") == ["a"]
    assert run("restore", "-r", "#1")[0] == 0
    assert listed() == ["b", "a"]


def test_several_runs_are_deleted_at_once(run, listed, ended):
    for name in ("a", "b", "c"):
        ended(name=name)
    assert run("delete", "-r", "#1", "-r", "#3", "-y")[0] == 0
    assert listed() == ["b"]


def test_nothing_is_deleted_when_one_of_several_is_not_there(run, listed, ended):
    ended(name="a")
    assert run("delete", "-r", "#1", "-r", "nope", "-y")[0] == 3
    assert listed() == ["a"]


def test_nothing_is_deleted_when_one_of_several_has_not_ended(run, listed, ended, make):
    ended(name="a")
    make(name="busy", status=Status.RUNNING)
    code, _, err = run("delete", "-r", "#1", "-r", "#2", "-y")
    assert (code, err.count("\n")) == (1, 1)
    assert "cancel" in err
    assert listed() == ["busy", "a"]


def test_without_a_terminal_a_delete_needs_a_yes(run, listed, ended):
    ended(name="a")
    code, out, err = run("delete", "-r", "#1")
    assert (code, out) == (2, "")
    assert "--yes" in err
    assert listed() == ["a"]


def test_a_delete_asks_on_a_terminal_and_names_the_children(listed, ended, make, store):
    parent = make(name="a", status=Status.RUNNING).run_id
    for _ in range(2):
        store.transition(make(parent_id=parent, status=Status.RUNNING).run_id, Status.COMPLETED)
    store.transition(parent, Status.COMPLETED)
    for answer, left in (("n", ["a"]), ("y", [])):
        terminal = Terminal("delete", "-r", "last", columns=200)
        asked = terminal.read_until("[y/N]")
        assert "run #1 digits/a with 2 children" in asked.lower()
        terminal.type(f"{answer}\n")
        terminal.end()
        assert listed() == left


def test_gc_removes_the_bin_for_good_but_first_says_what(run, given, ended, store):
    run_id = ended(name="a").run_id
    ended(name="b")
    run("delete", "-r", run_id, "-y")
    assert given("gc", "--yes")["runs"] == 0  # not 30 days old
    assert given("gc", "--older-than", "0", "--dry-run")["runs"] == 1
    code, out, err = run("gc", "--older-than", "0")
    assert (code, out) == (2, "")
    assert "1 run" in err
    assert store.get_runs([run_id])
    assert given("gc", "--older-than", "0", "--yes")["runs"] == 1
    assert store.get_runs([run_id]) == []


def test_gc_with_nothing_to_do_asks_nothing(run, ended):
    ended()
    assert run("gc")[0] == 0
    assert "Removed 0 runs" in on_terminal("gc")[1]


def test_an_experiment_goes_into_a_file_and_comes_back_elsewhere(run, given, ended, tmp_path, monkeypatch):
    run_id = ended(name="a", tags={"quality": "good"}).run_id
    file = tmp_path / "digits.zip"
    data = given("export", str(file), "-e", "digits")
    assert (data["runs"], file.is_file()) == (1, True)
    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(tmp_path / "other"))
    assert given("import", str(file), "-e", "taken")["experiment_name"] == "taken"
    (item,) = given("list")
    assert (item["run_id"], item["experiment_name"], item["tags"]) == (run_id, "taken", {"quality": "good"})


def test_a_file_that_is_no_export_is_one_line(run, folder, tmp_path):
    file = tmp_path / "other.zip"
    file.write_bytes(b"PK no zip")
    code, out, err = run("import", str(file))
    assert code in {1, 2}
    assert (out, err.count("\n")) == ("", 1)
    assert "other.zip" in err
