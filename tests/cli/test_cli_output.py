"""Forms of output, in a pipe and on a terminal."""

from __future__ import annotations

import json
import re

import yaml
from terminal import Terminal, on_terminal

from jupyter_runs.model import Point, Status


def test_yaml_is_the_same_data(run, make):
    make(name="ż", tags={"a": None})
    _, out, _ = run("list", "-o", "yaml")
    _, same, _ = run("list", "-o", "json")
    assert yaml.safe_load(out) == json.loads(same)


def test_tsv_is_one_line_a_row(run, make):
    make(name="tab\there", tags={"a": "1"})
    _, out, _ = run("list", "-o", "tsv", "--query", "[].[name, tags, description]")
    assert out == 'tab here\t{"a": "1"}\t\n'
    _, out, _ = run("list", "-o", "tsv", "--query", "[].name")
    assert out == "tab here\n"


def test_none_writes_nothing(run, make):
    make()
    assert run("list", "-o", "none") == (0, "", "")


def test_jsonc_is_coloured_even_in_a_pipe_unless_colours_are_off(run, make, monkeypatch):
    make(name="a")
    _, out, _ = run("list", "-o", "jsonc")
    assert "\x1b[" in out
    monkeypatch.setenv("NO_COLOR", "1")
    _, out, _ = run("list", "-o", "jsonc")
    assert json.loads(out)[0]["name"] == "a"


def test_a_table_in_a_pipe_is_not_cut(run, make):
    make(name="n" * 150, tags={"t": "v"})
    _, out, _ = run("list", "-o", "table")
    head, row = out.splitlines()
    assert head.split() == ["STATUS", "NAME", "EXPERIMENT", "#", "ELAPSED", "STARTED", "TAGS", "METRIC"]
    assert "n" * 150 in row
    assert "t=v" in row


def test_a_query_can_be_a_table(run, make):
    make(name="a", tags={"x": "1"})
    _, out, _ = run("list", "-o", "table", "--query", "[].{NAME: name, TAGS: tags}")
    assert [line.split() for line in out.splitlines()] == [["NAME", "TAGS"], ["a", '{"x":', '"1"}']]


def test_a_run_as_a_table_tells_what_matters(run, make, store):
    run_id = make(name="a", tags={"x": "1"}, params={"lr": "0.1"}).run_id
    make(parent_id=run_id)
    store.append(run_id, [Point("loss", "number", v, None, 1.0) for v in (2.0, 0.5)])
    _, out, _ = run("show", "-r", run_id, "-o", "table")
    for part in ("○ Queued", "digits #1", run_id, "x=1", "lr=0.1", "loss=0.5 (2 values, 0.5 to 2)", "1 Queued"):
        assert part in out


def test_hostile_text_does_not_steer_the_terminal(run, make):
    make(name="\x1b[2J\x1b]0;owned\x07[red]x[/red]", tags={"\x9b31m": "\x1b[31m"})
    for form in ("table", "tsv"):
        _, out, _ = run("list", "-o", form)
        assert "\x1b" not in out
        assert "\x9b" not in out
    assert "[red]x[/red]" in run("list", "-o", "table")[1]


def test_a_terminal_gets_a_table_that_fits(make):
    make(name="a rather long name for a run", experiment="explore-runs", tags={"quality": "fantastic run"})
    code, text = on_terminal("list", columns=60)
    assert code == 0
    lines = text.splitlines()
    assert "STATUS" in lines[0]
    assert "Queued" in lines[1]
    assert len(lines) == 2


def test_a_terminal_without_colours_gets_none(make, store):
    store.transition(make().run_id, Status.CANCELED)
    assert "\x1b[" in on_terminal("list")[1]
    assert "\x1b[3" not in on_terminal("list", NO_COLOR="1")[1]


def test_a_terminal_is_told_how_many_more_there_are_and_what_to_do_when_there_are_none(make, folder):
    assert "%%run_experiment" in on_terminal("list")[1]
    assert "No runs match" in on_terminal("list", "tag:x")[1]
    for _ in range(12):
        make()
    assert "10 of 12 runs; --last 12 shows all." in on_terminal("list")[1]


def test_yamlc_is_coloured_yaml(run, make, monkeypatch):
    make(name="a")
    _, out, _ = run("list", "-o", "yamlc")
    assert "\x1b[" in out
    assert yaml.safe_load(re.sub("\x1b\\[[0-9;]*m", "", out))[0]["name"] == "a"
    monkeypatch.setenv("NO_COLOR", "1")
    assert yaml.safe_load(run("list", "-o", "yamlc")[1])[0]["name"] == "a"


def test_a_watched_list_follows_the_store_until_ctrl_c(make, store):
    run_id = make(name="watched").run_id
    terminal = Terminal("list", "--watch")
    terminal.read_until("Queued")
    store.transition(run_id, Status.CANCELED)
    terminal.read_until("Canceled")
    terminal.interrupt()
    code, text = terminal.end()
    assert code == 0
    assert "Error" not in text
    assert "Traceback" not in text


def test_a_change_is_told_in_a_sentence_on_a_terminal(make, store):
    make(name="a")
    code, text = on_terminal("tag", "-r", "last", "quality=good", "--only-show-errors")
    assert code == 0
    assert "Run #1 digits/a: changed. Tags: quality=good." in text
    assert "{" not in text
