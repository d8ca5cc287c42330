"""Workspace, Experiment and Run, the public API: names, signatures and behaviour of SDK v1 where it was right."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from jupyter_runs import Experiment, JupyterRunsError, Run, RunCanceled, Workspace
from jupyter_runs.errors import IllegalTransition, InvalidName, PropertyConflict, RunEnded, RunNotFound
from jupyter_runs.format import is_recorded
from jupyter_runs.model import Status
from jupyter_runs.runlist import RunList


def own(properties):
    """Those that somebody has set, without what every run records."""
    return {key: value for key, value in properties.items() if not is_recorded(key)}


@pytest.fixture
def exp(ws):
    return Experiment(ws, "e")


@pytest.fixture
def run(exp):
    return exp.start_logging()


def record(run):
    return run._workspace.store.get_run(run.id)


def everything(run):
    store = run._workspace.store
    return record(run), store.series(run.id), store.events(run.id)


# -- with ----------------------------------------------------------------------------------------------------------------


class Stop(BaseException):
    """Neither an Exception nor one of Python's own."""


EXITS = {
    "normally": (None, "Completed", None),
    "Exception": (ValueError("no good"), "Failed", ("ValueError", "no good")),
    "KeyboardInterrupt": (KeyboardInterrupt(), "Canceled", None),
    "sys.exit()": (SystemExit(), "Completed", None),
    "sys.exit(0)": (SystemExit(0), "Completed", None),
    "sys.exit(1)": (SystemExit(1), "Failed", ("SystemExit", "1")),
    "sys.exit('msg')": (SystemExit("out of data"), "Failed", ("SystemExit", "out of data")),
    "BaseException": (Stop("x"), "Failed", ("Stop", "x")),
    "GeneratorExit": (GeneratorExit(), "Failed", ("GeneratorExit", "")),
}


@pytest.mark.parametrize("nested", [False, True], ids=["alone", "as a child"])
@pytest.mark.parametrize(("error", "status", "reason"), EXITS.values(), ids=EXITS)
def test_a_block_ends_its_run_as_it_ends_itself(exp, error, status, reason, nested):
    outer = exp.start_logging() if nested else None
    run = outer.child_run() if nested else exp.start_logging()
    if error is None:
        with run as entered:
            assert entered is run
            assert run.status == "Running"
    else:
        with pytest.raises(type(error)) as raised, run:
            raise error
        assert raised.value is error
    assert run.status == status
    found = record(run).error
    if reason is None:
        assert found is None
    else:
        assert (found.code, found.message) == reason
        assert reason[0] in found.traceback
        assert "raise error" in found.traceback
    if status == "Canceled":
        assert record(run).cancel_via == "interrupt"
    if nested:
        assert outer.status == "Running"
        outer.log("still", "open")


def test_nested_blocks_end_from_the_inside_out(exp):
    with pytest.raises(ZeroDivisionError), exp.start_logging() as outer:  # noqa: PT012
        with outer.child_run() as done:
            pass
        with outer.child_run() as inner, inner.child_run() as innermost:
            1 / 0  # noqa: B018
    assert [r.status for r in (done, innermost, inner, outer)] == ["Completed", "Failed", "Failed", "Failed"]
    assert record(innermost).ended_at <= record(inner).ended_at <= record(outer).ended_at


def test_an_error_that_is_handled_outside_the_childs_block_leaves_the_parent_alone(exp):
    with exp.start_logging() as run:
        for bad in (False, True, False):
            try:
                with run.child_run():
                    if bad:
                        raise ValueError  # noqa: TRY301
            except ValueError:
                pass
    assert run.status == "Completed"
    assert [child.status for child in run.get_children()] == ["Completed", "Failed", "Completed"]


def test_children_that_are_still_open_end_with_the_block(exp):
    with exp.start_logging() as run:
        children = run.create_children(2)
        children[0].complete()
    assert {child.status for child in children} == {"Completed"}
    with pytest.raises(ValueError), exp.start_logging() as run:  # noqa: PT012
        child = run.child_run()
        raise ValueError("no")
    assert (child.status, run.status) == ("Failed", "Failed")


def test_a_run_that_ended_inside_its_block_keeps_that_end(exp):
    with exp.start_logging() as run:
        run.fail("on purpose")
    assert (run.status, record(run).error.message) == ("Failed", "on purpose")
    with pytest.raises(ValueError), exp.start_logging() as run:  # noqa: PT012
        run.complete()
        raise ValueError
    assert run.status == "Completed"


def test_an_exception_that_cannot_print_itself_is_no_trouble(exp):
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError("no words")

    with pytest.raises(Mute), exp.start_logging() as run:
        raise Mute
    assert (run.status, record(run).error.code) == ("Failed", "Mute")


def test_an_exception_group_and_causes_are_in_the_traceback(exp):
    with pytest.raises(RuntimeError), exp.start_logging() as run:  # noqa: PT012
        try:
            raise KeyError("the cause")  # noqa: TRY301
        except KeyError as cause:
            raise RuntimeError("the effect") from cause
    assert "the cause" in record(run).error.traceback
    assert "the effect" in record(run).error.traceback


def test_an_ended_run_cannot_be_entered_again(run):
    run.complete()
    before = everything(run)
    with pytest.raises(IllegalTransition) as refused, run:
        pass
    assert "Start a new run instead" in str(refused.value)
    assert everything(run) == before


# -- complete, fail, cancel ----------------------------------------------------------------------------------------------

ENDS = {
    "complete": (lambda run: run.complete(), "Completed"),
    "fail": (lambda run: run.fail("why"), "Failed"),
    "cancel": (lambda run: run.cancel(), "Canceled"),
}


@pytest.mark.parametrize(("end", "status"), ENDS.values(), ids=ENDS)
def test_an_end_is_there_when_the_call_returns(ws, run, end, status):
    end(run)
    assert (run.status, run.get_status(), Run.get(ws, run.id).status) == (status, status, status)
    assert record(run).ended_at >= record(run).started_at
    assert run.id not in ws.sessions


@pytest.mark.parametrize("then", ENDS)
@pytest.mark.parametrize("first", ENDS)
def test_after_the_end_the_same_end_is_harmless_and_another_is_refused_in_one_line(run, first, then):
    ENDS[first][0](run)
    before = everything(run)
    if then == "cancel":
        run.cancel()
    elif then == first:
        with pytest.warns(UserWarning, match=r"already; nothing was changed\. Start a new run") as warned:
            ENDS[then][0](run)
        assert "\n" not in str(warned[0].message)
        assert warned[0].filename == __file__
    else:
        with pytest.raises(IllegalTransition, match="Start a new run instead") as refused:
            ENDS[then][0](run)
        assert "\n" not in str(refused.value)
    assert everything(run) == before


@pytest.mark.parametrize("end", [lambda run: run.complete(), lambda run: run.fail("late")], ids=["complete", "fail"])
def test_a_run_that_was_ended_elsewhere_cannot_be_ended_otherwise_here(ws, run, end):
    ws.store.transition(run.id, Status.CANCELED)
    with pytest.raises(IllegalTransition):
        end(run)
    assert run.status == "Canceled"


@pytest.mark.parametrize(
    ("details", "code", "expected"),
    [
        (None, None, ("UserError", "The run was marked as failed.")),
        ("text", None, ("UserError", "text")),
        ("text", "E42", ("E42", "text")),
        (ValueError("bad"), None, ("ValueError", "bad")),
        (ValueError("bad"), "E42", ("E42", "bad")),
    ],
)
def test_a_failure_keeps_its_reason(run, details, code, expected):
    run.fail(details, code)
    error = run.get_details()["error"]["error"]
    assert (error["code"], error["message"]) == expected


@pytest.mark.parametrize("details", [5, b"x", ["a"], ValueError])
def test_a_reason_that_is_neither_text_nor_exception_is_refused_and_the_run_goes_on(run, details):
    with pytest.raises(TypeError, match="takes a text or an exception") as refused:
        run.fail(details)
    assert "\n" not in str(refused.value)
    assert run.status == "Running"


def test_a_cancel_reaches_grandchildren(run):
    grandchild = run.child_run().child_run()
    done = run.child_run()
    done.complete()
    run.cancel()
    assert (run.status, grandchild.status, grandchild.parent.status) == ("Canceled", "Canceled", "Canceled")
    assert done.status == "Completed"
    assert (record(run).cancel_via, record(grandchild).cancel_via) == ("python", "parent")


def test_a_cancel_inside_its_own_block_ends_the_run_and_the_next_log_unwinds_the_block(exp):
    with pytest.raises(RunCanceled), exp.start_logging() as run:  # noqa: PT012
        run.cancel()
        assert run.status == "Canceled"
        run.log("x", 1)
        pytest.fail("the block went on")
    assert run.get_metrics() == {}


# -- identity ------------------------------------------------------------------------------------------------------------


def test_a_run_is_the_same_through_every_handle(ws, exp, run):
    run.log("x", 1)
    for same in (
        Run.get(ws, run.id),
        Run(exp, run.id),
        ws.get_run(run.id),
        ws.find_run(run.id[:8]),
        next(exp.get_runs()),
    ):
        assert same == run
        assert hash(same) == hash(run)
        assert same.get_metrics() == {"x": 1}
    assert Run(experiment=exp, run_id=run.id, outputs=None) == run
    assert run != "x"
    assert exp.start_logging() != run


@pytest.mark.parametrize(
    "get",
    [
        lambda ws, exp, i: Run.get(ws, i),
        lambda ws, exp, i: Run(exp, i),
        lambda ws, exp, i: ws.get_run(i),
        lambda ws, exp, i: ws.find_run(str(i)),
    ],
)
@pytest.mark.parametrize("unknown", ["no", "x" * 10_000, "a\nb", "'; --", "", None, 5])
def test_an_unknown_id_is_an_error_of_one_line_that_says_where_the_ids_are(ws, exp, get, unknown):
    with pytest.raises(RunNotFound, match="%runs") as error:
        get(ws, exp, unknown)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400
    assert isinstance(error.value, LookupError)


def test_a_person_may_name_a_run_by_the_beginning_of_its_id_its_number_or_last(ws, exp):
    first = exp.start_logging(run_id="abc-1")
    second = exp.start_logging(run_id="abd-2")
    second.child_run()
    assert ws.find_run("abc") == first
    assert ws.find_run("#2") == second
    assert ws.find_run("last") == second
    with pytest.raises(InvalidName, match="more than one run") as error:
        ws.find_run("ab")
    assert "\n" not in str(error.value)
    Experiment(ws, "other").start_logging()
    with pytest.raises(InvalidName, match="more than one run"):
        ws.find_run("#1")


def test_numbers_count_up_within_an_experiment(ws, exp):
    assert [exp.start_logging().number for _ in range(3)] == [1, 2, 3]
    assert Experiment(ws, "other").start_logging().number == 1


def test_names_of_sdk_v1_are_there(exp):
    run = exp.start_logging(name="first", description="text", tags={"a": 1}, properties={"p": 2}, params={"lr": 0.1})
    assert (run.name, run.display_name, run.description, run.type, run.number) == ("first", "first", "text", None, 1)
    assert (run.tags, own(run.properties), run.params, run.parent) == ({"a": "1"}, {"p": "2"}, {"lr": "0.1"}, None)
    assert run.experiment == exp
    assert run.experiment.workspace.experiments == {"e": exp}
    assert exp.start_logging("by position").name == "by position"
    assert exp.start_logging(display_name="shown", outputs=None, snapshot_directory=".").display_name == "shown"
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", run.id)
    assert exp.start_logging(run_id="my.own_id-1").id == "my.own_id-1"
    run.flush()
    run.flush(timeout_seconds=5)


def test_name_and_description_may_be_changed_also_after_the_end(run):
    run.complete()
    run.display_name, run.description = "new", "why"
    assert (run.name, run.description) == ("new", "why")
    run.description = None
    assert run.description is None


def test_details_have_the_keys_of_sdk_v1(exp):
    run = exp.start_logging(tags={"a": None}, properties={"p": "q"})
    details = run.get_details()
    assert (details["runId"], details["status"], details["target"]) == (run.id, "Running", "local")
    assert (own(details["properties"]), details["tags"]) == ({"p": "q"}, {"a": None})
    assert (details["inputDatasets"], details["outputDatasets"], details["logFiles"]) == ([], [], {})
    assert {"submittedBy", "startTimeUtc", "runNumber", "displayName", "experimentName"} <= set(details)
    assert "endTimeUtc" not in details
    assert "error" not in details
    print("a line")
    run.fail("why")
    details = run.get_details()
    for key in ("startTimeUtc", "endTimeUtc"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", details[key])
    assert details["error"]["error"]["message"] == "why"
    ((name, path),) = details["logFiles"].items()
    assert name == "user_logs/std_log.txt"
    assert Path(path).read_text("utf-8") == "a line\n" == run.get_log()


def test_every_thing_has_a_repr_of_one_line_and_html(ws, exp, run):
    run.log("loss", 0.5)
    for thing, words in [
        (ws, ["Workspace(", "ws"]),
        (exp, ["Experiment(", "'e'", "'ws'"]),
        (run, [run.id, "'e'", "run-1", "Running"]),
    ]:
        assert "\n" not in repr(thing)
        assert all(word in repr(thing) for word in words)
        assert "<table" in thing._repr_html_()
    bundle = run._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter-runs.run+json", "text/html", "text/plain"}


# -- values --------------------------------------------------------------------------------------------------------------


def test_values_are_read_back_in_the_shapes_of_sdk_v1(run):
    run.log("one", 1)
    run.log("many", 1)
    run.log("many", 2.5, "a description", 7)
    run.log("text", "Hello from run!")
    run.log("none", None)
    run.log("nan", math.nan)
    run.log("np", np.int64(3), step=np.int64(2))
    run.log("Hello from child run ", 1)
    run.log_list("list", [1])
    run.log_list("generated", (i * i for i in range(3)), "a description")
    run.log_list("nothing", [])
    run.log_row("row", "a description", x=1, y="a")
    run.log_row("rows", x=1)
    run.log_row("rows", x=2)
    run.log_table("table", {"x": [1, 2], "y": 3 * np.arange(2)})
    metrics = run.get_metrics()
    assert math.isnan(metrics.pop("nan"))
    assert metrics == {
        "one": 1,
        "many": [1, 2.5],
        "text": "Hello from run!",
        "none": None,
        "np": 3,
        "Hello from child run ": 1,
        "list": [1],
        "generated": [0, 1, 4],
        "row": {"x": 1, "y": "a"},
        "rows": {"x": [1, 2]},
        "table": {"x": [1, 2], "y": [0, 3]},
    }
    assert type(metrics["np"]) is int
    assert run.get_metrics("many") == run.get_metrics(name="many") == {"many": [1, 2.5]}
    assert run.get_metrics("missing") == {}


def test_metrics_of_the_whole_tree_are_by_run(run):
    child, empty = run.child_run(), run.child_run()
    grandchild = child.child_run()
    run.log("x", 0)
    grandchild.log("x", 2)
    grandchild.log("y", 3)
    assert run.get_metrics(recursive=True) == {run.id: {"x": 0}, grandchild.id: {"x": 2, "y": 3}}
    assert run.get_metrics("y", recursive=True) == {grandchild.id: {"y": 3}}
    assert empty.get_metrics(recursive=True) == {}
    assert run.get_metrics(recursive=True, run_type="other") == {run.id: {"x": 0}}
    assert child.get_metrics(recursive=True, populate=True) == {grandchild.id: {"x": 2, "y": 3}}


def test_a_generator_that_fails_records_nothing(run):
    def values():
        yield 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run.log_list("x", values())
    assert run.get_metrics() == {}


def test_progress_is_kept_and_tracked(run):
    run.progress(1, 4, "a quarter")
    assert (record(run).progress.done, record(run).progress.total, record(run).progress.message) == (1, 4, "a quarter")
    assert list(run.track([1, 2, 3])) == [1, 2, 3]
    assert (record(run).progress.done, record(run).progress.total) == (3, 3)
    assert list(run.track(iter("ab"))) == ["a", "b"]
    assert list(run.track(iter("ab"), total=2)) == ["a", "b"]
    assert record(run).progress.done == 2
    assert list(run.track([])) == []


def test_what_is_printed_is_in_the_log_of_every_open_run_and_of_no_other(exp, capsys):
    with exp.start_logging() as outer:
        print("one")
        with outer.child_run() as inner:
            print("two", file=sys.stderr)
        print("three")
    print("after")
    assert outer.get_log() == "one\ntwo\nthree\n"
    assert inner.get_log() == "two\n"
    assert capsys.readouterr().out == "one\nthree\nafter\n"
    assert exp.start_logging().get_log() == ""


# -- children ------------------------------------------------------------------------------------------------------------


def test_children_are_made_by_count_or_by_tag_in_order(run):
    by_count = run.create_children(3)
    assert [c.get_tags() for c in by_count] == [{"azureml.batch_child_number": str(i)} for i in range(3)]
    by_tag = run.create_children(tag_key="fold", tag_values=np.array([5, 6]))
    assert [c.get_tags() for c in by_tag] == [{"fold": "5"}, {"fold": "6"}]
    assert [c.tags for c in run.create_children(tag_key="k", tag_values=(v for v in ["a", None]))] == [
        {"k": "a"},
        {"k": None},
    ]
    assert run.create_children(count=0) == run.create_children(tag_key="k", tag_values=[]) == []
    assert len(run.create_children(count=np.int64(2))) == 2
    assert {c.status for c in by_count} == {"Running"}
    assert {c.parent for c in by_count} == {run}
    assert [c.number for c in by_count] == [2, 3, 4]


def test_a_thousand_children_at_once(run):
    children = run.create_children(1000)
    assert len(run.get_children()) == len(set(children)) == 1000
    run.complete()
    assert {record(child).status for child in children[::250]} == {Status.COMPLETED}


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"count": 1, "tag_key": "k", "tag_values": ["a"]},
        {"tag_key": "k"},
        {"tag_values": ["a"]},
        {"count": 1, "tag_key": "k"},
        {"count": -1},
        {"count": 1.5},
        {"count": "3"},
        {"count": True},
        {"tag_key": "", "tag_values": ["a"]},
        {"tag_key": "k", "tag_values": ["fine", "x" * 5001]},
    ],
    ids=lambda a: repr(a)[:40],
)
def test_other_ways_to_make_children_are_refused_and_none_is_made(run, arguments):
    with pytest.raises(InvalidName) as refused:
        run.create_children(**arguments)
    assert "\n" not in str(refused.value)
    assert len(run.get_children()) == 0


def test_children_are_found_newest_first_by_any_mix_of_filters(run):
    a = run.child_run("a", run_id="a", tags={"q": "good", "plain": None}, properties={"p": "1"})
    b = run.child_run("b", tags={"q": "bad"})
    a1 = a.child_run("a1", tags={"q": "good"})
    b.fail("x")
    assert list(run.get_children()) == [b, a]
    assert list(run.get_children(recursive=True)) == [a1, b, a]
    assert list(run.get_children(tags="q")) == [b, a]
    assert list(run.get_children(tags={"q": "good"})) == [a]
    assert list(run.get_children(tags={"plain": None})) == [a]
    assert list(run.get_children(tags="plain", properties={"p": 1})) == [a]
    assert list(run.get_children(recursive=True, tags={"q": "good"})) == [a1, a]
    assert list(run.get_children(status="Failed")) == [b]
    assert list(run.get_children(True, status=Status.RUNNING)) == [a1, a]
    assert list(run.get_children(type="azureml.scriptrun")) == []
    assert a1.parent == a
    assert a1.parent.parent.parent is None
    for bad in (5, ["q"], {"q"}):
        with pytest.raises(InvalidName, match="a key or a dict") as refused:
            run.get_children(tags=bad)
        assert isinstance(refused.value, ValueError)


def test_a_child_may_be_described_when_it_is_made(run):
    child = run.child_run(
        name="trial", tags="t", properties={"p": 1}, params={"lr": 0.5}, description="d", outputs=None
    )
    assert (child.name, child.tags, child.properties, child.params) == ("trial", {"t": None}, {"p": "1"}, {"lr": "0.5"})
    assert child.description == "d"


def test_runs_of_an_experiment_are_found_newest_first(ws, exp):
    a = exp.start_logging(tags={"worth another look": None})
    b = exp.start_logging(properties={"p": "1"})
    child = b.child_run(tags="worth another look")
    Experiment(ws, "other").start_logging(tags="worth another look")
    assert list(exp.get_runs()) == [b, a]
    assert list(exp.get_runs(include_children=True)) == [child, b, a]
    assert list(exp.get_runs(tags="worth another look")) == [a]
    assert list(exp.get_runs(None, "worth another look", None, True)) == [child, a]
    assert list(exp.get_runs(properties={"p": 1})) == [b]
    b.complete()
    assert list(Run.list(exp, status="Completed")) == [b]
    assert list(Run.list(exp, tags="worth another look", include_children=True, status="Running")) == [a]
    assert list(ws.search("status:completed")) == [child, b], "a child ends with its parent's code"


# -- lists ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def many(exp):
    """450 runs, three pages, the newest first."""
    root = exp.start_logging()
    root.create_children(450)
    return root.get_children()


def test_a_list_reads_only_what_is_looked_at(ws, many, monkeypatch):
    reads = []
    find = ws.store.find_runs
    monkeypatch.setattr(ws.store, "find_runs", lambda *a, **k: reads.append(k) or find(*a, **k))
    assert next(many).number == 451
    assert len(reads) == 1
    assert next(many).number == 450
    assert many[0].number == 451
    assert len(many) == 450
    assert len(reads) == 1
    assert many[449].number == 2
    assert len(reads) == 3
    assert [r.number for r in many] == list(range(451, 1, -1))
    assert len(reads) == 3


@pytest.mark.parametrize(
    "where",
    [
        slice(None, 3),
        slice(-3, None),
        slice(None, None, -1),
        slice(5, 1, -2),
        slice(400, 1000),
        slice(-1, -4, -1),
        slice(10, 5),
        slice(None, None, 200),
        slice(500, None),
    ],
    ids=str,
)
def test_a_slice_is_what_a_slice_of_the_list_would_be(many, where):
    numbers = list(range(451, 1, -1))
    found = many[where]
    assert isinstance(found, RunList)
    assert [r.number for r in found] == numbers[where]
    assert len(found) == len(numbers[where])


def test_a_list_behaves_as_a_sequence(many):
    assert many[-1].number == 2
    assert many[-450].number == 451
    for index in (450, -451):
        with pytest.raises(IndexError):
            many[index]
    assert many[3] in many
    assert many.index(many[7]) == 7
    assert next(reversed(many)).number == 2
    assert many[:2] == [many[0], many[1]]
    assert many[:2] != [many[0]]
    assert bool(many)


def test_an_empty_list_is_empty_in_every_way(run):
    empty = run.get_children()
    assert (len(empty), list(empty), bool(empty), repr(empty)) == (0, [], False, "[]")
    assert "No runs." in empty._repr_html_()
    with pytest.raises(StopIteration):
        next(empty)
    with pytest.raises(IndexError):
        empty[0]


def test_a_list_shows_its_first_runs_and_how_many_more_there_are(many):
    assert repr(many).count("Run(") == 20
    assert "… 430 more" in repr(many)
    assert many._repr_html_().count("<tr>") == 21
    assert "430 more" in many._repr_html_()


# -- tags and properties -------------------------------------------------------------------------------------------------


def test_tags_are_set_merged_and_removed(run):
    run.tag("quality", "good")
    run.tag("worth another look")
    run.tag("Competition Rank", 1)
    run.set_tags({"quality": "better", "score": 0.5, "np": np.int64(3), "yes": True})
    run.set_tags("plain")
    expected = {"quality": "better", "worth another look": None, "Competition Rank": "1", "score": "0.5"}
    expected |= {"np": "3", "yes": "True", "plain": None}
    assert run.get_tags() == run.tags == expected
    run.remove_tags(["quality", "never there"])
    run.remove_tags("plain")
    run.remove_tags(())
    assert set(run.get_tags()) == set(expected) - {"quality", "plain"}
    run.set_tags({})
    run.complete()
    run.tag("after", "the end")
    assert run.get_tags()["after"] == "the end"


def test_properties_are_added_and_never_changed(run):
    run.add_properties({"author": "ada", "n": 3})
    run.add_properties({"author": "ada"})
    run.add_properties({})
    before = everything(run)
    with pytest.raises(PropertyConflict) as refused:
        run.add_properties({"new": "x", "author": "bob"})
    assert (
        str(refused.value) == "Property 'author' is already 'ada' and cannot change. Use a tag for values that change."
    )
    assert isinstance(refused.value, ValueError)
    assert everything(run) == before
    assert own(run.get_properties()) == own(run.properties) == {"author": "ada", "n": "3"}


# -- bad input -----------------------------------------------------------------------------------------------------------

LONG = "k" * 10_000


@pytest.mark.parametrize(
    "name", ["two words", "../up", "", "a.b", "é", "-a", "_a", "a/b", "x" * 256, None, 5, "a\nb", LONG]
)
def test_a_bad_experiment_name_is_refused_with_a_better_one_and_none_is_made(ws, name):
    with pytest.raises(InvalidName, match="use 1 to 255 letters") as refused:
        Experiment(ws, name)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400
    assert ws.experiments == {}
    if name == "two words":
        assert "Try 'two-words'" in str(refused.value)


@pytest.mark.parametrize("name", ["a", "0", "explore-runs", "A_b-9", "x" * 255])
def test_a_good_experiment_name_is_taken(ws, name):
    assert Experiment(ws, name).name == name


BAD = {
    "tag key of 10,000 characters": lambda run: run.tag(LONG),
    "tag key empty": lambda run: run.tag(""),
    "tag key of blanks": lambda run: run.tag(" \n"),
    "tag key no text": lambda run: run.tag(5),
    "metric name of many lines": lambda run: run.log(np.zeros((3, 3)), 1),
    "tag value that cannot be written": lambda run: run.tag("k", 10**5000),
    "property that cannot be written": lambda run: run.add_properties({"fine": 1, "k": 10**5000}),
    "tag value of 10,000 characters": lambda run: run.tag("k", LONG),
    "tag of half a character": lambda run: run.tag("k", "\ud800"),
    "tags no dict": lambda run: run.set_tags(["a"]),
    "tags None": lambda run: run.set_tags(None),
    "tags with one bad key": lambda run: run.set_tags({"fine": "x", LONG: "y"}),
    "tags to remove None": lambda run: run.remove_tags(None),
    "property key of 10,000 characters": lambda run: run.add_properties({"fine": 1, LONG: "x"}),
    "properties no dict": lambda run: run.add_properties("p"),
    "property changed": lambda run: run.add_properties({"fine": 1, "author": "bob"}),
    "property changed, long": lambda run: run.add_properties({"author": "x" * 5000}),
    "value an object": lambda run: run.log("x", object()),
    "value a dict": lambda run: run.log("x", {"a": 1}),
    "value a list": lambda run: run.log("x", [1]),
    "value an array": lambda run: run.log("x", np.zeros(3)),
    "value a set": lambda run: run.log("x", {1}),
    "value huge": lambda run: run.log("x", 10**5000),
    "metric name empty": lambda run: run.log("", 1),
    "metric name of blanks": lambda run: run.log("  ", 1),
    "metric name None": lambda run: run.log(None, 1),
    "metric name long": lambda run: run.log(LONG, 1),
    "metric name of half a character": lambda run: run.log("\ud800", 1),
    "step text": lambda run: run.log("x", 1, step="a"),
    "step nan": lambda run: run.log("x", 1, step=math.nan),
    "step huge": lambda run: run.log("x", 1, step=10**400),
    "list no list": lambda run: run.log_list("x", 5),
    "list with a bad element": lambda run: run.log_list("x", [1, object()]),
    "row empty": lambda run: run.log_row("x"),
    "row with a list": lambda run: run.log_row("x", a=[1]),
    "table no dict": lambda run: run.log_table("x", [1]),
    "table uneven": lambda run: run.log_table("x", {"a": [1], "b": [1, 2]}),
    "row under a number's name": lambda run: run.log_row("there", a=1),
    "name empty": lambda run: setattr(run, "display_name", ""),
    "name long": lambda run: setattr(run, "display_name", "x" * 257),
    "name no text": lambda run: setattr(run, "display_name", 5),
    "description long": lambda run: setattr(run, "description", "x" * 5001),
    "description no text": lambda run: setattr(run, "description", 5),
    "progress nan": lambda run: run.progress(math.nan),
    "progress text": lambda run: run.progress("half"),
    "progress of nothing": lambda run: run.progress(1, 0),
    "progress huge": lambda run: run.progress(10**5000),
    "child name long": lambda run: run.child_run("x" * 257),
    "child id bad": lambda run: run.child_run(run_id="../up"),
    "child id taken": lambda run: run.child_run(run_id=run.id),
    "child tags bad": lambda run: run.child_run(tags=5),
}


@pytest.mark.parametrize("call", BAD.values(), ids=BAD)
def test_bad_input_is_one_line_with_a_remedy_and_the_record_stays_as_it_was(exp, call):
    run = exp.start_logging(tags={"a": "b"}, properties={"author": "ada"})
    run.log("there", 1)
    before, total = everything(run), exp.workspace.store.find_runs(_all()).total
    with pytest.raises(JupyterRunsError) as refused:
        call(run)
    message = str(refused.value)
    assert "\n" not in message
    assert len(message) < 400
    assert re.search(
        r"use |Use |Try |Give |Log |Make |Remove |must be|takes |e\.g\.|at most|is text|is a dict|Leave ", message
    ), message
    assert everything(run) == before
    assert exp.workspace.store.find_runs(_all()).total == total


def _all():
    from jupyter_runs.store.base import RunFilter

    return RunFilter(include_children=True)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "x" * 257},
        {"name": ""},
        {"display_name": 5},
        {"run_id": "a b"},
        {"run_id": ""},
        {"run_id": "../../etc"},
        {"run_id": "x" * 256},
        {"description": 5},
        {"description": "x" * 5001},
        {"tags": 5},
        {"tags": {"": 1}},
        {"properties": "p"},
        {"params": {LONG: 1}},
    ],
    ids=lambda fields: repr(fields)[:30],
)
def test_a_run_that_breaks_a_rule_is_not_made(ws, exp, fields):
    with pytest.raises(InvalidName) as refused:
        exp.start_logging(**fields)
    assert "\n" not in str(refused.value)
    assert len(exp.get_runs()) == 0
    assert ws.sessions == {}


@pytest.mark.parametrize("end", ["complete", "fail"])
def test_an_ended_run_takes_no_more_values_and_says_what_to_do(run, end):
    run.log("x", 1)
    getattr(run, end)()
    before = everything(run)
    for call in (
        lambda: run.log("x", 2),
        lambda: run.log("new", 2),
        lambda: run.log_list("x", [1]),
        lambda: run.log_row("r", a=1),
        lambda: run.log_table("t", {"a": [1]}),
    ):
        with pytest.raises(RunEnded, match="Start a new run, or tag this one") as refused:
            call()
        assert "\n" not in str(refused.value)
    assert everything(run) == before


def test_a_canceled_run_takes_no_more_values_and_unwinds_who_tries(run):
    run.cancel()
    before = everything(run)
    with pytest.raises(RunCanceled):
        run.log("x", 1)
    assert everything(run) == before


# -- a plain script ------------------------------------------------------------------------------------------------------


def script(code, ws, **options):
    text = "import sys, os\nfrom jupyter_runs import Experiment, Workspace\nrun = Experiment(Workspace(), 'e').start_logging()\nprint(run.id, flush=True)\n"  # noqa: E501
    env = {**os.environ, "JUPYTER_RUNS_WORKSPACE": str(ws.folder)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", text + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env=env,
        timeout=60,
        check=False,
        **options,
    )
    return ws.get_run(done.stdout.split("\n")[0]), done


SCRIPTS = {
    "ends with the run open": ("run.create_children(2)", 0, "Failed", "The process ended before the run did"),
    "raises": ("run.create_children(2)\nraise ValueError('no good')", 1, "Failed", "no good"),
    "sys.exit(0)": ("sys.exit(0)", 0, "Failed", "The process ended before the run did"),
    "sys.exit(3)": ("sys.exit(3)", 3, "Failed", "The process ended before the run did"),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", None, "Canceled", None),
    "completes": ("run.complete()", 0, "Completed", None),
    "completes, then raises": ("run.complete()\n1/0", 1, "Completed", None),
    "with, sys.exit(0)": ("with run: sys.exit(0)", 0, "Completed", None),
    "with, sys.exit(3)": ("with run: sys.exit(3)", 3, "Failed", "3"),
    "with, raises": ("with run: 1/0", 1, "Failed", "division by zero"),
    "with, raises, children": ("with run:\n    run.create_children(2)\n    1/0", 1, "Failed", "division by zero"),
    "os._exit": ("os._exit(0)", 0, "Failed", "ended without reporting"),
    "kill -9": ("os.kill(os.getpid(), 9)", -9, "Failed", "ended without reporting"),
    "handled, then open": (
        "try:\n    1/0\nexcept ZeroDivisionError:\n    pass",
        0,
        "Failed",
        "The process ended before",
    ),
    "fork": (
        "pid = os.fork()\nif pid == 0: sys.exit(0)\nos.waitpid(pid, 0)\nassert run.status == 'Running'\nrun.complete()",
        0,
        "Completed",
        None,
    ),
}


@pytest.mark.parametrize(("code", "exit_code", "status", "reason"), SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_leaves_no_run_open_however_it_ends(ws, code, exit_code, status, reason):
    run, done = script(code, ws)
    if exit_code is not None:
        assert done.returncode == exit_code, done.stderr
    assert "jupyter_runs" not in done.stderr or "Traceback" in done.stderr
    assert run.status == status
    assert {child.status for child in run.get_children()} <= {status}
    if reason is not None:
        assert reason in run.get_details()["error"]["error"]["message"]
    assert "Exception ignored" not in done.stderr


def test_the_log_of_a_script_has_what_it_printed_up_to_the_last_byte(ws):
    run, _ = script(
        "print('out')\nprint('err', file=sys.stderr)\nsys.stdout.write('no newline')\nos.kill(os.getpid(), 9)", ws
    )
    assert run.get_log() == f"{run.id}\nout\nerr\nno newline"


def test_a_script_needs_nothing_of_jupyter(ws):
    _, done = script("run.log('x', 1)\nrun.complete()\nprint(*{m.split('.')[0] for m in sys.modules})", ws)
    loaded = set(done.stdout.split("\n")[1].split())
    assert (
        loaded & {"IPython", "ipykernel", "ipywidgets", "anywidget", "traitlets", "tornado", "jupyter_server"} == set()
    )


def test_two_processes_may_log_to_one_run(ws, run):
    code = f"run.complete()\nother = Workspace().get_run({run.id!r})\nfor i in range(20): other.log('there', i)"
    script(code, ws)
    run.log("here", 1)
    assert run.get_metrics() == {"there": list(range(20)), "here": 1}


def test_a_parent_that_completes_leaves_the_children_of_other_processes_alone(ws):
    code = """
    from jupyter_runs.model import *
    Workspace().store.create_runs([NewRun("far", "e", "me", status=Status.RUNNING, parent_id=run.id, owner=Owner("elsewhere", "", 1, 1.0))])
    with run:
        run.child_run()
    """
    run, _ = script(code, ws)
    far, near = ws.get_run("far"), next(c for c in run.get_children() if c.id != "far")
    assert (run.status, near.status, far._record().status) == ("Completed", "Completed", Status.RUNNING)


def test_importing_costs_little(ws):
    code = "import time; t = time.perf_counter(); import jupyter_runs; print(time.perf_counter() - t)"
    took = min(
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(3)
    )
    assert took < 0.1


def test_reading_what_a_run_is_costs_no_more_than_a_few_milliseconds(run):
    run.log("x", 1)
    began = time.perf_counter()
    for _ in range(20):
        assert run.status == "Running"
    assert (time.perf_counter() - began) / 20 < 0.05


def test_a_workspace_says_where_it_is(ws, tmp_path):
    assert (ws.name, ws.folder, ws.location) == ("ws", tmp_path / "ws", "local")
    assert isinstance(ws.subscription_id, str)
    assert Workspace.from_config(auth=None).folder == ws.folder
    Experiment(ws, "e")
    assert ws._ipython_key_completions_() == ["e"]
