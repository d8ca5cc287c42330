"""THE CONTRACT: every method of `store/base.py`, for every store there is, and what must survive processes that die."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
import stores

from jupyter_runs import config
from jupyter_runs.errors import (
    IllegalTransition,
    InvalidName,
    InvalidQuery,
    JupyterRunsError,
    PropertyConflict,
    RunEnded,
    RunNotFound,
    StoreError,
    StoreReadOnly,
    StoreVersion,
)
from jupyter_runs.model import (
    ALLOWED,
    CANCEL_REQUESTED,
    NOT_RESPONDING,
    SILENT_AFTER_S,
    NewRun,
    Owner,
    Point,
    Progress,
    RunError,
    SectionRecord,
    Status,
)
from jupyter_runs.search import parse
from jupyter_runs.store.base import ANY, RunFilter
from jupyter_runs.store.sqlite import SqliteStore

ME = Owner("here", "pids-1", 4242, 1000.5, "kernel-1")
OTHER = Owner("there", "pids-2", 4242, 1000.5)
#: How to get from NotStarted to each status.
PATHS = {
    Status.NOT_STARTED: [],
    Status.QUEUED: [Status.QUEUED],
    Status.PREPARING: [Status.QUEUED, Status.PREPARING],
    Status.RUNNING: [Status.RUNNING],
    Status.FINALIZING: [Status.RUNNING, Status.FINALIZING],
    Status.COMPLETED: [Status.RUNNING, Status.COMPLETED],
    Status.FAILED: [Status.FAILED],
    Status.CANCELED: [Status.CANCELED],
}

FDS = Path("/proc/self/fd")


@pytest.fixture(params=stores.KINDS)
def place(request, tmp_path):
    """The address of a store that is not there yet."""
    return stores.place(request.param, tmp_path / "store")


@pytest.fixture
def open_store(place):
    """A function that opens one more handle of the test's store, as another process would."""
    handles = []

    def opened():
        handles.append(stores.opened(place))
        return handles[-1]

    yield opened
    for handle in handles:
        handle.close()


@pytest.fixture
def store(open_store):
    return open_store()


@pytest.fixture
def sqlite_store(tmp_path):
    """For what only a file can do."""
    with closing(SqliteStore(tmp_path / "store" / "runs.db")) as opened:
        yield opened


def soon(condition):
    """Wait until it holds: a store on a server hears of others a little later."""
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


_ids = itertools.count()


def new(run_id=None, **fields):
    return NewRun(run_id or f"run-{next(_ids)}", fields.pop("experiment", "e"), "ada", **fields)


def make(store, run_id=None, **fields):
    """One run, NotStarted unless said otherwise."""
    return store.create_runs([new(run_id, **fields)])[0].run_id


def running(store, run_id=None, **fields):
    return make(store, run_id, status=Status.RUNNING, **{"owner": ME, **fields})


def number(value, name="x", step=None):
    return Point(name, "number", value, step, 5.0)


def values(store, run_id):
    return {series.name: [value for _, _, value in series.points] for series in store.series(run_id)[1]}


def ids(store, **where):
    return [run.run_id for run in store.find_runs(RunFilter(**where)).runs]


def state(store, run_id):
    """All that is kept about a run, for comparing before and after."""
    return store.get_run(run_id), store.series(run_id), store.events(run_id)


# -- creating ----------------------------------------------------------------------------------------------------------


def test_a_created_run_has_what_was_said_and_nothing_else(store):
    before = time.time()
    (record,) = store.create_runs(
        [
            new(
                "a",
                status=Status.RUNNING,
                name="sweep",
                description="d",
                type="t",
                owner=ME,
                tags={"plain": None, "quality": "good"},
                properties={"author": "ada"},
                params={"lr": "0.1"},
            )
        ]
    )
    assert before <= record.created_at <= time.time()
    assert (record.run_id, record.experiment, record.number, record.name) == ("a", "e", 1, "sweep")
    assert (record.description, record.type, record.status, record.submitted_by) == ("d", "t", Status.RUNNING, "ada")
    assert (record.started_at, record.heartbeat_at, record.owner) == (record.created_at, record.created_at, ME)
    assert (record.parent_id, record.root_id, record.ended_at, record.error, record.progress) == (
        None,
        "a",
        None,
        None,
        None,
    )
    assert (record.cancel_requested_at, record.cancel_by, record.cancel_via, record.log_bytes) == (None, None, None, 0)
    assert (record.tags, record.properties) == ({"plain": None, "quality": "good"}, {"author": "ada"})
    assert (record.params, record.metrics, record.child_counts) == ({"lr": "0.1"}, {}, {})


def test_what_creating_answers_is_what_is_read_afterwards(store):
    made = store.create_runs(
        [new("a", status=Status.RUNNING, owner=ME, tags={"t": None}), new("b", name="n"), new("c", params={"p": "1"})]
    )
    assert made == store.get_runs(["a", "b", "c"])
    children = store.create_runs([new("d", parent_id="a", owner=OTHER, status=Status.RUNNING), new("f", parent_id="b")])
    assert children == store.get_runs(["d", "f"])


def test_a_run_that_has_not_begun_has_no_start_and_was_not_heard_of(store):
    record = store.get_run(make(store))
    assert (record.status, record.started_at, record.heartbeat_at, record.owner) == (
        Status.NOT_STARTED,
        None,
        None,
        None,
    )


def test_runs_are_numbered_within_their_experiment_in_the_order_given(store):
    first = store.create_runs([new(experiment="a"), new(experiment="b"), new(experiment="a")])
    again = store.create_runs([new(experiment="b"), new(experiment="a")])
    assert [run.number for run in [*first, *again]] == [1, 1, 2, 2, 3]
    assert [run.name for run in first] == ["run-1", "run-1", "run-2"]


def test_runs_are_created_all_or_none(store):
    make(store, "there")
    cursor = store.cursor()
    with pytest.raises(InvalidName, match="exists already"):
        store.create_runs([new("a", experiment="new"), new("there")])
    with pytest.raises(RunNotFound):
        store.create_runs([new("a"), new("b", parent_id="nowhere")])
    with pytest.raises(InvalidName):
        store.create_runs([new("twice"), new("twice")])
    assert store.find_runs(RunFilter(include_children=True)).total == 1
    assert [e.name for e in store.experiments()] == ["e"]
    assert store.changes(cursor).runs == []
    assert store.get_run(make(store)).number == 2


def test_children_know_their_parent_and_the_top_of_the_tree(store):
    root = make(store)
    child = make(store, parent_id=root)
    grandchild = store.get_run(make(store, parent_id=child))
    assert (grandchild.parent_id, grandchild.root_id) == (child, root)
    assert store.get_run(root).child_counts == {"NotStarted": 1}


def test_a_thousand_children_are_one_transaction(store, open_store):
    root = running(store)
    reader = open_store()
    cursor = reader.cursor()
    children = store.create_runs([new(parent_id=root, owner=ME, status=Status.RUNNING) for _ in range(1000)])
    assert [run.number for run in children] == list(range(2, 1002))
    changes = reader.changes(cursor, limit=10)
    assert len(changes.runs) == 1001, "a cut inside one transaction"
    assert len({run.rev for run in changes.runs}) == 1
    assert reader.changes(changes.cursor).runs == []
    assert store.get_run(root).child_counts == {"Running": 1000}


def test_an_experiment_is_made_on_first_use_and_once(store):
    store.ensure_experiment("empty")
    store.ensure_experiment("empty")
    make(store, experiment="used")
    assert {e.name: e.total for e in store.experiments()} == {"empty": 0, "used": 1}


def test_experiments_count_root_runs_and_the_most_recently_used_comes_first(store):
    old = make(store, experiment="old")
    done = running(store, experiment="new")
    store.transition(done, Status.COMPLETED)
    make(store, experiment="new", parent_id=done)
    make(store, experiment="new")
    new_, old_ = store.experiments()
    assert (new_.name, new_.total, new_.active) == ("new", 2, 1)
    assert (old_.name, old_.total, old_.active) == ("old", 1, 1)
    assert old_.last_at == store.get_run(old).created_at


def test_sections_count_what_runs_have_in_common_and_come_newest_first(store):
    plain = make(store, experiment="old")
    valued, bare = make(store, tags={"q": "x"}), make(store, tags={"q": None})
    store.transition(plain, Status.CANCELED)
    at = {run_id: store.get_run(run_id).created_at for run_id in (plain, valued, bare)}
    assert store.sections(RunFilter(), "tag", "q") == (
        [
            SectionRecord(None, True, 1, 1, at[bare]),
            SectionRecord("x", True, 1, 1, at[valued]),
            SectionRecord(None, False, 1, 0, at[plain]),
        ],
        3,
    )
    found, total = store.sections(RunFilter(), "experiment", limit=1)
    assert ([one.total for one in found], total) == ([2], 2)
    found, _ = store.sections(RunFilter(), "status")
    assert {one.value: one.total for one in found} == {"NotStarted": 2, "Canceled": 1}
    assert store.sections(RunFilter(experiment="none such"), "all") == ([], 0)
    with pytest.raises(ValueError, match="metric"):
        store.sections(RunFilter(), "metric", "acc")


# -- reading -----------------------------------------------------------------------------------------------------------


NOT_THERE = {
    "get_run": lambda s: s.get_run("no"),
    "transition": lambda s: s.transition("no", Status.RUNNING),
    "transition to the end": lambda s: s.transition("no", Status.CANCELED),
    "request_cancel": lambda s: s.request_cancel("no", by="me", via="rest"),
    "append": lambda s: s.append("no", [number(1)]),
    "append many": lambda s: s.append("no", [number(1), number(2)]),
    "update_run": lambda s: s.update_run("no", name="x"),
    "edit_tags": lambda s: s.edit_tags("no", {"a": "b"}),
    "add_properties": lambda s: s.add_properties("no", {"a": "b"}),
    "series": lambda s: s.series("no"),
}


@pytest.mark.parametrize("call", NOT_THERE.values(), ids=NOT_THERE)
def test_an_unknown_id_is_run_not_found_in_one_line(store, call):
    cursor = store.cursor()
    with pytest.raises(RunNotFound, match=r"No run 'no' in .*%runs") as error:
        call(store)
    assert error.value.run_id == "no"
    assert "\n" not in str(error.value)
    assert store.changes(cursor).runs == []


def test_runs_are_given_in_the_order_asked_for_and_missing_ones_left_out(store):
    a, b, c = (make(store) for _ in range(3))
    assert [run.run_id for run in store.get_runs([c, "no", a, b])] == [c, a, b]
    assert store.get_runs([]) == []


def test_ids_are_found_by_their_beginning_and_nothing_in_it_is_a_pattern(store):
    for run_id in ("abc-1", "abc-2", "ab_c", "abXc"):
        make(store, run_id)
    assert store.find_ids("abc") == ["abc-1", "abc-2"]
    assert store.find_ids("abc", limit=1) == ["abc-1"]
    assert store.find_ids("ab_") == ["ab_c"]
    assert store.find_ids("%") == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("active_first", [False, True])
def test_pages_together_are_every_run_once_newest_first(store, limit, active_first):
    made = [running(store) for _ in range(7)]
    for run_id in made[1::3]:
        store.transition(run_id, Status.COMPLETED)
    newest_first = made[::-1]
    expected = (
        [r for r in newest_first if r not in made[1::3]] + [r for r in newest_first if r in made[1::3]]
        if active_first
        else newest_first
    )
    seen, page = [], None
    while True:
        got = store.find_runs(RunFilter(active_first=active_first), limit=limit, page=page)
        assert got.total == 7
        seen += [run.run_id for run in got.runs]
        if (page := got.next_page) is None:
            break
    assert seen == expected


@pytest.mark.parametrize("active_first", [False, True])
def test_paging_is_stable_while_runs_are_added(store, active_first):
    made = [make(store) for _ in range(6)]
    seen, page = [], None
    while True:
        got = store.find_runs(RunFilter(active_first=active_first), limit=2, page=page)
        seen += [run.run_id for run in got.runs]
        if (page := got.next_page) is None:
            break
        make(store)
    assert seen == made[::-1]


@pytest.mark.parametrize("page", ["", "x", "1", "1.2.3", "1.x", "9" * 30, f"0.{'9' * 30}", "0.1; DROP TABLE run"])
def test_a_page_that_was_not_given_out_is_refused_in_one_line(store, page):
    with pytest.raises(InvalidQuery, match="next_page") as error:
        store.find_runs(RunFilter(), page=page)
    assert "\n" not in str(error.value)


def test_a_root_is_active_while_a_descendant_is(store):
    done, root = running(store), running(store)
    grandchild = running(store, parent_id=running(store, parent_id=root))
    store.transition(root, Status.COMPLETED)
    store.transition(done, Status.COMPLETED)
    newer = running(store)
    store.transition(newer, Status.FAILED)
    assert ids(store, active=True) == [root]
    assert ids(store, active_first=True) == [root, newer, done]
    for run in store.find_runs(RunFilter(below=root)).runs:
        store.transition(run.run_id, Status.CANCELED)
    assert store.get_run(grandchild).status is Status.CANCELED
    assert ids(store, active=True) == []


def test_filters_hold_together(store):
    root = make(store, "root", tags={"q": "good", "plain": None}, properties={"p": "1"}, type="script")
    child = make(store, "child", parent_id=root, tags={"q": "bad"})
    grandchild = make(store, "grandchild", parent_id=child, tags={"q": "good"})
    elsewhere = make(store, "elsewhere", experiment="other", tags={"q": "good"})
    assert ids(store) == [elsewhere, root]
    assert ids(store, include_children=True) == [elsewhere, grandchild, child, root]
    assert ids(store, parent_id=root) == [child]
    assert ids(store, below=root) == [grandchild, child]
    assert ids(store, below=root, tags={"q": "good"}) == [grandchild]
    assert ids(store, experiment="e") == [root]
    assert ids(store, type="script") == [root]
    assert ids(store, tags={"q": "good"}) == [elsewhere, root]
    assert ids(store, tags={"q": "good"}, properties={"p": "1"}) == [root]
    assert ids(store, tags={"q": ANY, "plain": ANY}) == [root]
    assert ids(store, tags={"plain": None}) == [root]
    assert ids(store, tags={"q": None}) == []
    assert ids(store, properties={"q": "good"}) == []
    assert ids(store, parent_id="no") == []


def silent(store, owner):
    """`owner` was last heard of a while ago."""
    with stores.connected(store) as conn:
        conn.execute("UPDATE owner SET heartbeat_at = ? WHERE host = ?", (time.time() - SILENT_AFTER_S - 5, owner.host))


@pytest.fixture(scope="module", params=stores.KINDS)
def every_state(request, tmp_path_factory):
    """Runs of every status, with and without owner, heard of or silent, with and without a request to cancel."""
    store = stores.opened(stores.place(request.param, tmp_path_factory.mktemp("states")))
    root = make(store, "root")
    for status, owner, asked in itertools.product(Status, (None, ME, OTHER), (False, True)):
        run_id = make(store, parent_id=root, owner=owner, tags={"asked": str(asked), "status": status.value})
        for to in PATHS[status]:
            store.transition(run_id, to)
    with stores.connected(store) as conn:
        conn.execute(
            "UPDATE run SET cancel_requested_at = 1.0 WHERE run_id IN (SELECT run_id FROM tag WHERE key = 'asked' AND value = 'True')"
        )
    silent(store, OTHER)
    yield store
    store.close()


SHOWN = [*(s.value for s in Status), CANCEL_REQUESTED, NOT_RESPONDING]


@pytest.mark.parametrize("shown", SHOWN)
def test_the_filter_by_status_is_the_rule_of_what_is_shown(every_state, shown):
    runs = every_state.find_runs(RunFilter(parent_id="root"), limit=100).runs
    assert len(runs) == 48
    expected = {run.run_id for run in runs if run.shown_status(time.time()) == shown}
    found = {run.run_id for run in every_state.find_runs(RunFilter(parent_id="root", statuses=frozenset({shown}))).runs}
    assert found == expected
    assert expected, "no run is shown so"
    by_text = every_state.find_runs(RunFilter(parent_id="root", query=parse(f"status:{shown}")), limit=100)
    assert {run.run_id for run in by_text.runs} == expected
    others = every_state.find_runs(RunFilter(parent_id="root", query=parse(f"-status:{shown}")), limit=100)
    assert {run.run_id for run in others.runs} == {run.run_id for run in runs} - expected


def test_several_statuses_are_any_of_them(every_state):
    found = every_state.find_runs(
        RunFilter(parent_id="root", statuses=frozenset({"Failed", NOT_RESPONDING})), limit=100
    )
    assert {run.shown_status(time.time()) for run in found.runs} == {"Failed", NOT_RESPONDING}


def test_children_are_counted_by_what_is_shown(every_state):
    runs = every_state.find_runs(RunFilter(parent_id="root"), limit=100).runs
    shown = [run.shown_status(time.time()) for run in runs]
    assert every_state.get_run("root").child_counts == {one: shown.count(one) for one in SHOWN}


SEARCHED = {
    "": "abcdef",
    "sweep": "ab",
    "SWEEP": "ab",
    "-sweep": "cdef",
    "sweep -fast": "b",
    '"lr sweep"': "a",
    "baseline": "c",
    "-baseline": "abdef",
    "desc:base": "c",
    "-desc:base": "abdef",
    "name:lr": "a",
    "by:ada": "abcdef",
    "-by:ada": "",
    "by:bob": "",
    "exp:other": "d",
    "-exp:other": "abcef",
    "exp:oth": "",
    "id:aaa": "a",
    "id:aa": "ae",
    "id:a": "ae",
    "aaa-1": "a",
    "#3": "c",
    "3": "c",
    "quality": "ab",
    "fantastic": "a",
    "tag:quality": "ab",
    "-tag:quality": "cdef",
    'tag:quality="fantastic run"': "a",
    "tag:quality^=fan": "a",
    "tag:quality^=run": "",
    "-tag:quality=bad": "acdef",
    'tag:"worth another look"': "b",
    "worth": "b",
    "100%": "e",
    "%": "e",
    "snake_case": "f",
    "_": "f",
    "back\\slash": "f",
    "name:%": "",
    "tag:percent=100%": "e",
    "tag:percent^=100%": "e",
    "tag:percent^=%": "",
    "tag:%": "",
    "tag:_": "",
    "status:running": "a",
    "status:active": "abdef",
    "-status:active": "c",
    "status:completed sweep": "",
    "id:a%": "",
    "id:%": "",
    "' OR 1=1 --": "",
    "'); DROP TABLE run; --x": "",
    'name:"\'"': "",
    'tag:"\' OR 1=1"': "",
    "ö": "d",
    "🎉": "d",
}


@pytest.fixture(scope="module", params=stores.KINDS)
def searched(request, tmp_path_factory):
    store = stores.opened(stores.place(request.param, tmp_path_factory.mktemp("search")))
    store.create_runs(
        [
            new("aaa-1", name="lr sweep fast", tags={"quality": "fantastic run"}, status=Status.RUNNING),
            new("bbb", name="sweep", tags={"quality": "bad", "worth another look": None}),
            new("ccc", name="x", description="the baseline", status=Status.RUNNING),
            new("ddd", experiment="other", name="Köln ö 🎉"),
            new("aab", name="y", tags={"percent": "100%"}),
            new("fff", name="z", description="snake_case back\\slash"),
        ]
    )
    store.transition("ccc", Status.COMPLETED)
    yield store
    store.close()


@pytest.mark.parametrize(("text", "expected"), SEARCHED.items(), ids=[repr(text) for text in SEARCHED])
def test_a_search_finds_what_a_person_means(searched, text, expected):
    names = {"aaa-1": "a", "bbb": "b", "ccc": "c", "ddd": "d", "aab": "e", "fff": "f"}
    page = searched.find_runs(RunFilter(query=parse(text)))
    assert "".join(sorted(names[run.run_id] for run in page.runs)) == expected
    assert page.total == len(page.runs)


@pytest.mark.parametrize(
    "text", ["zz " * 333, '"' + "x" * 990 + '"', "-a " * 330, "tag:a=b " * 120, "0" * 999, "#" + "9" * 40]
)
def test_the_longest_search_texts_are_within_what_the_database_takes(searched, text):
    assert searched.find_runs(RunFilter(query=parse(text))).runs == []


# -- states ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("start", "to"), [*itertools.product(Status, Status)], ids=lambda status: status.value)
def test_a_transition_is_made_if_allowed_harmless_if_there_and_else_refused_with_nothing_changed(store, start, to):
    run_id = make(store)
    for step in PATHS[start]:
        store.transition(run_id, step)
    before, cursor = state(store, run_id), store.cursor()
    error = RunError("ValueError", "no", "Traceback")
    if to in ALLOWED[start]:
        record = store.transition(run_id, to, error=error, by="ada", via="rest")
        assert record == store.get_run(run_id)
        assert record.status is to
        assert record.error == error
        assert (record.ended_at is not None) == to.is_final
        assert store.events(run_id)[-1].body["status"] == to.value
        assert [run.run_id for run in store.changes(cursor).runs] == [run_id]
    elif to is start:
        assert store.transition(run_id, to, error=error).status is to
        assert state(store, run_id) == before
    else:
        with pytest.raises(IllegalTransition, match=f"is {start} and cannot become {to}") as refused:
            store.transition(run_id, to, error=error)
        assert (refused.value.run_id, refused.value.current, refused.value.wanted) == (run_id, start.value, to.value)
        assert state(store, run_id) == before
        assert store.changes(cursor).runs == []


def test_the_first_running_sets_the_start_and_a_final_status_the_end(store):
    run_id = make(store)
    started = store.transition(run_id, Status.RUNNING).started_at
    record = store.transition(run_id, Status.FINALIZING)
    assert (record.started_at, record.ended_at) == (started, None)
    record = store.transition(run_id, Status.COMPLETED)
    assert record.started_at == started
    assert record.ended_at >= started


def test_of_many_who_end_a_run_at_once_one_wins_and_the_others_are_told(store):
    run_id = running(store)
    ends = [Status.COMPLETED, Status.FAILED, Status.CANCELED] * 4
    told = []
    barrier = threading.Barrier(len(ends))

    def end(to):
        barrier.wait()
        try:
            told.append((to, store.transition(run_id, to).status))
        except IllegalTransition as error:
            told.append((to, Status(error.current)))

    threads = [threading.Thread(target=end, args=(to,)) for to in ends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    status = store.get_run(run_id).status
    assert {seen for _, seen in told} == {status}
    assert [e.body["status"] for e in store.events(run_id) if e.kind == "status"] == [status.value]


def test_a_cancel_without_a_request_notes_who_and_from_where(store):
    record = store.transition(running(store), Status.CANCELED, by="ada", via="interrupt")
    assert (record.cancel_by, record.cancel_via, record.cancel_requested_at) == ("ada", "interrupt", record.ended_at)


def test_a_request_to_cancel_reaches_all_unfinished_descendants(store):
    root = running(store)
    done = running(store, parent_id=root)
    store.transition(done, Status.COMPLETED)
    below_done = running(store, parent_id=done, owner=OTHER)
    waiting = make(store, parent_id=root)
    stranger = running(store)
    record = store.request_cancel(root, by="ada", via="panel")
    assert (record.run_id, record.status, record.cancel_by, record.cancel_via) == (root, Status.RUNNING, "ada", "panel")
    assert record.shown_status(time.time()) == CANCEL_REQUESTED
    below = store.get_run(below_done)
    assert (below.status, below.cancel_by, below.cancel_via) == (Status.RUNNING, "ada", "parent")
    unowned = store.get_run(waiting)
    assert (unowned.status, unowned.cancel_by, unowned.cancel_via) == (Status.CANCELED, "ada", "parent")
    assert store.get_run(done).cancel_requested_at is None
    assert store.get_run(stranger).cancel_requested_at is None


def test_an_unowned_run_is_canceled_at_once_by_whoever_asks(store):
    record = store.request_cancel(make(store), by="ada", via="cli")
    assert (record.status, record.cancel_by, record.cancel_via) == (Status.CANCELED, "ada", "cli")
    assert record.ended_at is not None


def test_the_first_request_stays_and_an_ended_run_is_left_as_it_is(store):
    run_id = running(store)
    store.request_cancel(run_id, by="ada", via="panel")
    before = state(store, run_id)
    assert store.request_cancel(run_id, by="bob", via="cli") == before[0]
    assert state(store, run_id) == before
    store.transition(run_id, Status.COMPLETED)
    ended = state(store, run_id)
    store.request_cancel(run_id, by="bob", via="cli")
    assert state(store, run_id) == ended


def test_an_owner_sees_the_requests_for_its_own_unfinished_runs_only(store):
    mine, other, done, unasked = running(store), running(store, owner=OTHER), running(store), running(store)
    store.transition(done, Status.COMPLETED)
    for run_id in (mine, other, done):
        store.request_cancel(run_id, by="ada", via="panel")
    (request,) = store.stops_asked(ME)
    assert (request.run_id, request.by, request.via) == (mine, "ada", "panel")
    assert request.at == store.get_run(mine).cancel_requested_at
    assert unasked not in [r.run_id for r in store.stops_asked(OTHER)]
    store.transition(mine, Status.CANCELED)
    assert store.stops_asked(ME) == []


def test_a_pid_that_was_used_again_is_another_owner(store):
    running(store)
    again = Owner(ME.host, ME.pid_space, ME.pid, ME.pid_started_at + 100, ME.kernel_id)
    running(store, "again", owner=again)
    store.request_cancel("again", by="ada", via="panel")
    assert store.stops_asked(ME) == []
    assert [r.run_id for r in store.stops_asked(again)] == ["again"]


@pytest.mark.parametrize("to", [Status.COMPLETED, Status.FAILED, Status.CANCELED])
def test_with_a_run_end_those_below_it_that_the_same_process_owns(store, to):
    root = running(store)
    mine = running(store, parent_id=root)
    deep = running(store, parent_id=mine)
    others = running(store, parent_id=root, owner=OTHER)
    below_others = running(store, parent_id=others)
    done = running(store, parent_id=root)
    store.transition(done, Status.FAILED)
    assert set(store.end_descendants(root, to, ME, by="ada", via="parent")) == {mine, deep, below_others}
    assert {store.get_run(r).status for r in (mine, deep, below_others)} == {to}
    assert store.get_run(others).status is Status.RUNNING
    assert store.get_run(done).status is Status.FAILED
    assert store.get_run(root).status is Status.RUNNING
    assert store.end_descendants(root, to, ME) == []


def test_what_has_not_begun_cannot_be_completed_with_its_parent_and_does_not_keep_others_from_it(store):
    root = running(store)
    waiting, mine = make(store, parent_id=root), running(store, parent_id=root)
    assert store.end_descendants(root, Status.COMPLETED, ME) == [mine]
    assert store.get_run(waiting).status is Status.NOT_STARTED
    assert store.end_descendants(root, Status.CANCELED, ME, by="ada", via="parent") == [waiting]


# -- values ------------------------------------------------------------------------------------------------------------


def test_points_are_kept_with_step_and_time_in_the_order_of_logging(store):
    run_id = running(store)
    given = [Point("x", "number", i, float(step), 100.0 - i) for i, step in enumerate([5, 3, 3, 9])]
    store.append(run_id, given[:1])
    store.append(run_id, given[1:3])
    store.append(run_id, [number(0, "between")])
    store.append(run_id, given[3:])
    _, (x, between) = store.series(run_id)
    assert x.points == [(p.step, p.at, p.value) for p in given]
    assert (x.name, x.kind, x.count) == ("x", "number", 4)
    assert between.points == [(None, 5.0, 0)]
    assert store.series(run_id, "between")[1] == [between]
    assert store.series(run_id, "missing")[1] == []


def test_metrics_are_in_the_order_of_first_logging(store):
    run_id = running(store)
    for name in ("z", "a", "m", "z", "a"):
        store.append(run_id, [number(1, name)])
    assert list(store.get_run(run_id).metrics) == ["z", "a", "m"]
    assert [series.name for series in store.series(run_id)[1]] == ["z", "a", "m"]


@pytest.mark.parametrize("together", [False, True], ids=["one by one", "at once"])
def test_a_summary_keeps_count_last_and_the_finite_extremes(store, together):
    run_id = running(store)
    points = [number(v) for v in (float("inf"), 2, -7.5, float("nan"), float("-inf"), 3)]
    points += [Point("x", "text", "done", None, 9.0)]
    for group in [points] if together else [[p] for p in points]:
        store.append(run_id, group)
    summary = store.get_run(run_id).metrics["x"]
    assert (summary.kind, summary.count, summary.last, summary.updated_at) == ("text", 7, "done", 9.0)
    assert (summary.min, summary.max) == (-7.5, 3.0)


@pytest.mark.parametrize(
    "value",
    [1, 0.5, -(2**63), 2**63, 10**40, True, False, None, "", "text", "null", float("inf"), float("-inf")],
    ids=repr,
)
def test_a_value_is_read_back_as_it_was(store, value):
    run_id = running(store)
    kind = "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else "text"
    for _ in range(2):  # the second append takes the short road
        store.append(run_id, [Point("x", kind, value, None, 1.0)])
    read = values(store, run_id)["x"]
    assert read == [value, value]
    assert type(read[1]) is type(value)
    assert store.get_run(run_id).metrics["x"].last == value


def test_rows_and_tables_are_read_back_and_have_no_last_value(store):
    run_id = running(store)
    row, table = {"x": 1, "y": None}, {"x": [1, 2], "y": ["a", "b"]}
    store.append(run_id, [Point("r", "row", row, None, 1.0)])
    store.append(run_id, [Point("r", "row", row, None, 1.0)])
    store.append(run_id, [Point("t", "table", table, None, 1.0)])
    assert values(store, run_id) == {"r": [row, row], "t": [table]}
    assert [(m.kind, m.last, m.min) for m in store.get_run(run_id).metrics.values()] == [
        ("row", None, None),
        ("table", None, None),
    ]


@pytest.mark.parametrize(
    ("first", "then", "kind"),
    [
        ("number", "text", "text"),
        ("text", "number", "text"),
        ("number", "list", "list"),
        ("list", "number", "list"),
        ("number", "row", None),
        ("row", "number", None),
        ("row", "table", None),
        ("table", "list", None),
    ],
)
@pytest.mark.parametrize("many", [False, True], ids=["one by one", "with others"])
def test_plain_values_mix_under_one_name_and_rows_and_tables_do_not(store, first, then, kind, many):
    def point(of):
        return Point("x", of, {"a": 1} if of == "row" else {"a": [1]} if of == "table" else 1, None, 1.0)

    run_id = running(store)
    store.append(run_id, [point(first)])
    before = state(store, run_id)
    points = [number(1, "other"), point(then)] if many else [point(then)]
    if kind is None:
        with pytest.raises(InvalidName, match="Use another name") as refused:
            store.append(run_id, points)
        assert "\n" not in str(refused.value)
        assert state(store, run_id) == before
    else:
        store.append(run_id, points)
        summary = store.get_run(run_id).metrics["x"]
        assert (summary.kind, summary.count) == (kind, 2)


def test_points_are_appended_all_or_none(store):
    run_id = running(store)
    store.append(run_id, [Point("rows", "row", {"a": 1}, None, 1.0)])
    with pytest.raises(InvalidName):
        store.append(run_id, [number(1), number(2, "y"), number(3, "rows")])
    assert values(store, run_id) == {"rows": [{"a": 1}]}
    store.append(run_id, [number(4)])  # a series remembered from what was rolled back would be a wrong one
    store.append(run_id, [number(5), number(6, "y")])
    assert values(store, run_id) == {"rows": [{"a": 1}], "x": [4, 5], "y": [6]}


def test_nothing_to_append_is_no_change(store):
    run_id = running(store)
    cursor = store.cursor()
    store.append(run_id, [])
    assert store.changes(cursor).runs == []


@pytest.mark.parametrize("end", [Status.COMPLETED, Status.FAILED, Status.CANCELED])
@pytest.mark.parametrize("known", [False, True], ids=["a new metric", "a known metric"])
def test_an_ended_run_takes_no_more_values(store, open_store, end, known):
    run_id = running(store)
    if known:
        store.append(run_id, [number(1)])
    open_store().transition(run_id, end)
    before = state(store, run_id)
    with pytest.raises(RunEnded, match="takes no more values") as refused:
        store.append(run_id, [number(2)])
    assert (refused.value.run_id, refused.value.status) == (run_id, end.value)
    assert state(store, run_id) == before


def test_points_after_a_cursor_are_the_new_ones(store):
    run_id = running(store)
    cursor, series = store.series(run_id)
    assert series == []
    store.append(run_id, [number(1), number(2, "y")])
    cursor, series = store.series(run_id, after=cursor)
    assert [(s.name, [v for *_, v in s.points]) for s in series] == [("x", [1]), ("y", [2])]
    store.append(run_id, [number(3)])
    cursor, series = store.series(run_id, after=cursor)
    assert [(s.name, s.count, [v for *_, v in s.points]) for s in series] == [("x", 2, [3])]
    assert store.series(run_id, after=cursor) == (cursor, [])


@pytest.mark.parametrize("cursor", ["x", "1.2", "-", "9" * 40])
def test_a_cursor_of_points_that_was_not_given_out_is_refused(store, cursor):
    with pytest.raises(InvalidQuery, match="cursor"):
        store.series(running(store), after=cursor)


# -- fields, tags, properties ------------------------------------------------------------------------------------------


def test_fields_that_are_given_are_set_and_the_others_left_alone(store):
    run_id = running(store, name="old", description="text")
    store.update_run(run_id, name="new")
    store.update_run(run_id, progress=Progress(1.0, 4.0, "a quarter"))
    store.update_run(run_id, log_bytes=17)
    record = store.get_run(run_id)
    assert (record.name, record.description, record.log_bytes) == ("new", "text", 17)
    assert record.progress == Progress(1.0, 4.0, "a quarter")
    store.update_run(run_id, description="", progress=Progress(2.0))
    record = store.get_run(run_id)
    assert (record.name, record.description, record.progress) == ("new", None, Progress(2.0, None, None))


def test_tags_are_merged_and_then_removed(store):
    run_id = make(store, tags={"a": "1", "b": None})
    record = store.edit_tags(run_id, {"a": "2", "c": None}, ["b", "never there"], by="ada")
    assert record.tags == store.get_run(run_id).tags == {"a": "2", "c": None}
    assert store.edit_tags(run_id, {"d": "x"}, ["d"]).tags == {"a": "2", "c": None}
    assert next(e.by for e in store.events(run_id) if e.kind == "tags") == "ada"


def test_tags_of_an_ended_run_may_change(store):
    run_id = running(store)
    store.transition(run_id, Status.FAILED)
    assert store.edit_tags(run_id, {"why": "disk"}).tags == {"why": "disk"}


@pytest.mark.parametrize("kind", ["property", "param"])
def test_properties_and_params_are_added_all_or_none_and_never_change(store, kind):
    run_id = make(store)

    def there():
        record = store.get_run(run_id)
        return record.properties if kind == "property" else record.params

    store.add_properties(run_id, {"a": "1"}, kind=kind)
    before, cursor = state(store, run_id), store.cursor()
    with pytest.raises(PropertyConflict, match="cannot change\\. Use a tag") as refused:
        store.add_properties(run_id, {"new": "x", "a": "2"}, kind=kind)
    assert (refused.value.key, refused.value.current) == ("a", "1")
    assert "\n" not in str(refused.value)
    store.add_properties(run_id, {"a": "1"}, kind=kind)
    store.add_properties(run_id, {}, kind=kind)
    assert state(store, run_id) == before
    assert store.changes(cursor).runs == []
    store.add_properties(run_id, {"a": "1", "b": "2"}, kind=kind)
    assert there() == {"a": "1", "b": "2"}
    store.edit_tags(run_id, {"a": "a tag of that name"}, ["b"])
    assert there() == {"a": "1", "b": "2"}


@pytest.mark.parametrize("text", ["\ud800", "half \udcff a character"])
def test_text_that_cannot_be_stored_is_refused_in_one_line_and_nothing_changes(store, text):
    run_id = running(store, tags={"a": "b"})
    store.append(run_id, [number(1)])
    before = state(store, run_id)
    for call in (
        lambda: store.edit_tags(run_id, {"fine": "x", "k": text}),
        lambda: store.edit_tags(run_id, {text: None}),
        lambda: store.add_properties(run_id, {"fine": "x", "k": text}),
        lambda: store.update_run(run_id, name=text),
        lambda: store.append(run_id, [number(2), number(3, text)]),
        lambda: store.append(run_id, [number(3, text)]),
        lambda: store.create_runs([new(experiment="fresh", name=text)]),
        lambda: store.find_ids(text),
    ):
        with pytest.raises(InvalidName, match="lone surrogate") as refused:
            call()
        assert "\n" not in str(refused.value)
    assert state(store, run_id) == before
    assert [e.name for e in store.experiments()] == ["e"]


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE run; --", "a\x00b", "🎉" * 100, "\r\n\t", "%_\\", "x" * 100_000], ids=lambda t: repr(t)[:12]
)
def test_any_other_text_is_kept_as_it_is(store, text):
    run_id = running(
        store, name=text, description=text, tags={text: text}, properties={text: text}, params={text: text}
    )
    store.append(run_id, [Point(text, "text", text, None, 1.0)])
    record = store.get_run(run_id)
    # PostgreSQL has no NUL in its texts; in JSON it has.
    kept = text.replace("\0", "\u2400") if store.location.startswith("postgresql:") else text
    assert (record.name, record.description, record.tags) == (kept, kept, {kept: kept})
    assert (record.properties, record.params, record.metrics[kept].last) == ({kept: kept}, {kept: kept}, text)
    assert ids(store, tags={text: text}) == [run_id]


def test_the_timeline_tells_what_happened_in_order(store):
    run_id = make(store, owner=ME)
    store.transition(run_id, Status.RUNNING, by="ada")
    store.edit_tags(run_id, {"a": "b"}, ["c"], by="bob")
    store.request_cancel(run_id, by="eve", via="panel")
    store.transition(run_id, Status.CANCELED, by="eve", via="panel")
    events = store.events(run_id)
    assert [(e.kind, e.by) for e in events] == [
        ("created", "ada"),
        ("status", "ada"),
        ("tags", "bob"),
        ("cancel_requested", "eve"),
        ("status", "eve"),
    ]
    assert events[2].body == {"set": {"a": "b"}, "removed": ["c"]}
    assert [e.at for e in events] == sorted(e.at for e in events)


# -- owners ------------------------------------------------------------------------------------------------------------


def test_a_heartbeat_is_for_all_runs_of_an_owner_and_raises_no_revision(store):
    mine, other = running(store), running(store, owner=OTHER)
    silent(store, ME)
    silent(store, OTHER)
    rev = store.get_run(mine).rev
    before = time.time()
    store.heartbeat(ME)
    assert store.get_run(mine).heartbeat_at >= before
    assert store.get_run(mine).rev == rev
    assert store.get_run(other).shown_status(time.time()) == NOT_RESPONDING
    store.heartbeat(Owner("nobody", "", 1, 1.0))


def test_owners_with_unfinished_runs_are_listed_once(store):
    first, _, other = running(store), running(store), running(store, owner=OTHER)
    make(store)
    assert {s.owner for s in store.unfinished_owners()} == {ME, OTHER}
    assert len(store.unfinished_owners()) == 2
    store.transition(other, Status.COMPLETED)
    (state_,) = store.unfinished_owners()
    assert (state_.owner, state_.heartbeat_at) == (ME, store.get_run(first).heartbeat_at)


def test_the_runs_of_a_dead_owner_fail_with_the_reason_or_are_canceled_where_that_was_asked(store):
    root = running(store)
    child, asked, done = (running(store, parent_id=root) for _ in range(3))
    others = running(store, parent_id=root, owner=OTHER)
    store.transition(done, Status.COMPLETED)
    store.request_cancel(asked, by="ada", via="panel")
    error = RunError("ProcessEnded", "it was killed")
    assert set(store.end_owned(ME, error)) == {root, child, asked}
    assert (store.get_run(root).status, store.get_run(root).error) == (Status.FAILED, error)
    assert (store.get_run(child).status, store.get_run(child).error) == (Status.FAILED, error)
    canceled = store.get_run(asked)
    assert (canceled.status, canceled.error, canceled.cancel_by) == (Status.CANCELED, None, "ada")
    assert store.get_run(done).status is Status.COMPLETED
    assert store.get_run(others).status is Status.RUNNING
    assert store.end_owned(ME, error) == []


# -- the feed ----------------------------------------------------------------------------------------------------------


def changed(store, cursor, **options):
    answer = store.changes(cursor, **options)
    return sorted(run.run_id for run in answer.runs), answer.cursor


CHANGES = {
    "transition": lambda s, r: s.transition(r, Status.COMPLETED),
    "request_cancel": lambda s, r: s.request_cancel(r, by="a", via="b"),
    "append": lambda s, r: s.append(r, [number(1)]),
    "name": lambda s, r: s.update_run(r, name="x"),
    "progress": lambda s, r: s.update_run(r, progress=Progress(1.0)),
    "tags": lambda s, r: s.edit_tags(r, {"a": "b"}),
    "properties": lambda s, r: s.add_properties(r, {"a": "b"}),
    "end_owned": lambda s, _: s.end_owned(ME, RunError("x", "y")),
    "a child": lambda s, r: make(s, "child", parent_id=r),
    "a child's end": lambda s, _: s.transition("old child", Status.FAILED),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_of_a_run_is_in_the_feed_once(store, open_store, change):
    run_id, _other = running(store, "run"), running(store, "other", owner=OTHER)
    make(store, "old child", parent_id=run_id)
    reader = open_store()
    cursor, version = reader.cursor(), reader.version()
    assert changed(reader, cursor) == ([], cursor)
    change(store, run_id)
    soon(lambda: reader.version() != version)
    seen, after = changed(reader, cursor)
    assert run_id in seen
    assert "other" not in seen
    assert changed(reader, after) == ([], after)


def test_a_run_that_changed_often_is_told_once_as_it_is_now(store):
    cursor = store.cursor()
    run_id = running(store)
    for i in range(20):
        store.append(run_id, [number(i)])
        store.edit_tags(run_id, {"i": str(i)})
    answer = store.changes(cursor)
    assert answer.runs == [store.get_run(run_id)]
    assert not answer.more


@pytest.mark.parametrize("limit", [1, 2, 3, 500])
def test_long_answers_come_in_parts_that_never_cut_a_transaction(store, limit):
    cursor = store.cursor()
    made = {run.run_id for size in (1, 4, 2, 1, 3) for run in store.create_runs([new() for _ in range(size)])}
    seen = []
    while True:
        answer = store.changes(cursor, limit=limit)
        if answer.more:
            assert answer.runs, "an empty part that says there is more"
        revs = {run.rev for run in answer.runs}
        seen += [run.run_id for run in answer.runs]
        assert {r.run_id for r in store.get_runs(made) if r.rev in revs} == {run.run_id for run in answer.runs}
        cursor = answer.cursor
        if not answer.more:
            break
    assert sorted(seen) == sorted(made)


def test_a_great_many_points_come_in_parts_too(store, monkeypatch):
    from jupyter_runs.store import sqlite_feed

    monkeypatch.setattr(sqlite_feed, "_POINT_WINDOW", 10)
    a, b = running(store), running(store)
    cursor = store.cursor()
    store.append(a, [number(i) for i in range(25)])
    store.append(b, [number(1)])
    seen = []
    while True:
        answer = store.changes(cursor)
        seen += [run.run_id for run in answer.runs]
        cursor = answer.cursor
        if not answer.more:
            break
    assert set(seen) == {a, b}


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.2.3", f"{'9' * 40}.0"])
def test_a_cursor_that_was_not_given_out_is_refused_in_one_line(store, cursor):
    with pytest.raises(InvalidQuery, match="Unknown cursor"):
        store.changes(cursor)


def test_own_commits_do_not_change_the_version_but_others_do(store, open_store):
    other = open_store()
    run_id = running(store)
    version = store.version()
    store.append(run_id, [number(1)])
    assert store.version() == version
    other.append(run_id, [number(2)])
    soon(lambda: store.version() != version)


# -- other processes -----------------------------------------------------------------------------------------------------


def process(code, *args, warnings="error"):
    """Another Python process."""
    text = stores.PRELUDE + textwrap.dedent(code)
    return subprocess.Popen(
        [sys.executable, "-W", warnings, "-c", text, *map(str, args)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outputs(processes):
    """What they printed, when all have ended well."""
    ended = [(*p.communicate(timeout=60), p.returncode) for p in processes]
    assert [(err, code) for _, err, code in ended] == [("", 0)] * len(ended)
    return [out.strip() for out, _, _ in ended]


def test_a_reader_that_follows_the_cursor_sees_every_change_of_many_writers(store, place):
    writers = [
        process(
            """
            store = opened(sys.argv[1])
            me = sys.argv[2]
            store.create_runs([NewRun(me, "w", "me", status=Status.RUNNING)])
            for i in range(300):
                if i % 3 == 0:
                    store.append(me, [Point("x", "number", i, None, 0.0)])
                elif i % 3 == 1:
                    store.edit_tags(me, {"i": str(i)})
                else:
                    store.create_runs([NewRun(f"{me}-{i}", "w", "me", parent_id=me)])
            store.transition(me, Status.COMPLETED)
            """,
            place,
            f"writer{n}",
        )
        for n in range(4)
    ]
    cursor, latest, wanted = store.cursor(), {}, {f"writer{n}" for n in range(4)}
    until = time.monotonic() + 60
    looks, more = 0, True
    while more or not all(r in latest and latest[r].status is Status.COMPLETED for r in wanted):
        assert time.monotonic() < until
        answer = store.changes(cursor, limit=random.choice([1, 3, 500]))
        cursor, more = answer.cursor, answer.more
        latest.update({run.run_id: run for run in answer.runs})
        looks += 1
    outputs(writers)
    assert looks > 4
    final = {run.run_id: run for run in store.find_runs(RunFilter(include_children=True), limit=1000).runs}
    assert len(final) == 4 + 4 * 100
    assert latest == final
    assert {(latest[w].metrics["x"].count, latest[w].tags["i"]) for w in wanted} == {(100, "298")}


def test_eight_processes_open_a_new_store_at_once_and_lose_no_value(place):
    started = [
        process(
            """
            print("ready", flush=True)
            sys.stdin.readline()
            store = opened(sys.argv[1])
            me = sys.argv[2]
            store.create_runs([NewRun(me, "e", "me", status=Status.RUNNING)])
            for i in range(200):
                store.append(me, [Point("x", "number", i, None, 0.0)])
            store.close()
            """,
            place,
            f"p{n}",
        )
        for n in range(8)
    ]
    for p in started:
        assert p.stdout.readline() == "ready\n"
    for p in started:
        p.stdin.write("go\n")
        p.stdin.flush()
    outputs(started)
    with closing(stores.opened(place)) as store:
        assert {values(store, f"p{n}")["x"] == list(range(200)) for n in range(8)} == {True}
        assert sorted(run.number for run in store.get_runs([f"p{n}" for n in range(8)])) == list(range(1, 9))


def test_kill_9_right_after_a_call_returned_loses_nothing(store, place):
    writer = process(
        """
        store = opened(sys.argv[1])
        store.create_runs([NewRun("a", "e", "me", status=Status.RUNNING)])
        i = 0
        while True:
            store.append("a", [Point("x", "number", i, None, 0.0)])
            os.write(1, b"%d\\n" % i)
            i += 1
        """,
        place,
    )
    for _ in range(200):
        said = writer.stdout.readline()
    writer.kill()
    rest = writer.communicate(timeout=30)[0]
    lines = [line for line in (said + rest).split("\n")[:-1] if line]
    kept = values(store, "a")["x"]
    assert kept == list(range(len(kept)))
    assert int(lines[-1]) in kept
    store.append("a", [number(-1)])


def test_kill_9_in_a_transaction_leaves_nothing_of_it(store, place):
    writer = process(
        """
        store = opened(sys.argv[1])
        store.create_runs([NewRun("a", "e", "me", status=Status.RUNNING)])
        def points():
            yield Point("x", "number", 1, None, 0.0)
            os.kill(os.getpid(), 9)
        class Points(list):
            def __len__(self): return 2
            def __iter__(self): return points()
        store.append("a", Points())
        """,
        place,
    )
    writer.communicate(timeout=30)
    assert writer.returncode == -signal.SIGKILL
    assert values(store, "a") == {}
    store.append("a", [number(1)])
    assert values(store, "a") == {"x": [1]}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_may_use_the_store_and_its_end_does_not_disturb_the_parent(place):
    (out,) = outputs(
        [
            process(
                """
                store = opened(sys.argv[1])
                store.create_runs([NewRun("a", "e", "me", status=Status.RUNNING)])
                children = []
                for n in range(4):
                    pid = os.fork()
                    if pid == 0:
                        for i in range(50):
                            store.append("a", [Point(f"child{n}", "number", i, None, 0.0)])
                        if n % 2:
                            store.close()
                            os._exit(0)
                        sys.exit(0)
                    children.append(pid)
                for i in range(50):
                    store.append("a", [Point("parent", "number", i, None, 0.0)])
                assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 4
                store.append("a", [Point("parent", "number", 50, None, 0.0)])
                print(sorted((s.name, s.count) for s in store.series("a")[1]))
                store.close()
                """,
                place,
                # The parent's connection must not be closed by the child, of which Python 3.13 would complain at its exit.
                warnings="ignore::ResourceWarning",
            )
        ]
    )
    assert out == str([*((f"child{n}", 50) for n in range(4)), ("parent", 51)])
    if not config.is_address(place):
        with closing(sqlite3.connect(Path(place) / "runs.db")) as conn:
            assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


# -- opening and closing --------------------------------------------------------------------------------------------------


def refused(path, kind=StoreError):
    with pytest.raises(kind) as error:
        SqliteStore(path)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)
    return str(error.value)


def test_a_store_of_a_newer_version_is_refused_and_not_touched(tmp_path):
    path = tmp_path / "runs.db"
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE TABLE future (x)")
        conn.execute("PRAGMA user_version=99")
        conn.commit()
    before = path.read_bytes()
    message = refused(path, StoreVersion)
    assert "99" in message
    assert "pip install -U jupyter_runs" in message
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["runs.db"]


@pytest.mark.parametrize(
    "content", [b"this is not a database, but it is longer than a header of a hundred bytes" * 9, b"short"]
)
def test_a_file_that_is_no_database_is_refused_with_the_remedy_and_not_touched(tmp_path, content):
    path = tmp_path / "runs.db"
    path.write_bytes(content)
    assert "Move it away" in refused(path)
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_made_is_refused_with_the_remedy(tmp_path):
    (tmp_path / "file").write_text("a file where a folder should be")
    message = refused(tmp_path / "file" / "ws" / "runs.db", StoreReadOnly)
    assert "JUPYTER_RUNS_WORKSPACE" in message


def test_a_folder_in_place_of_the_file_is_refused_with_the_remedy(tmp_path):
    (tmp_path / "runs.db").mkdir()
    assert "writable" in refused(tmp_path / "runs.db", StoreReadOnly)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused_with_the_remedy(tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    assert "writable" in refused(tmp_path / "locked" / "runs.db", StoreReadOnly)


def test_a_file_that_became_read_only_says_so_in_one_line_and_can_still_be_read(sqlite_store):
    store = sqlite_store
    run_id = running(store)
    with store._db.conn() as conn:
        conn.execute("PRAGMA query_only=1")
    for write in (lambda: store.append(run_id, [number(1)]), lambda: store.transition(run_id, Status.COMPLETED)):
        with pytest.raises(StoreReadOnly, match="Make the file and its folder writable") as error:
            write()
        assert "\n" not in str(error.value)
    assert store.get_run(run_id).status is Status.RUNNING


def test_a_store_that_another_process_keeps_locked_is_busy_in_one_line(tmp_path, monkeypatch):
    from jupyter_runs.errors import StoreBusy
    from jupyter_runs.store import sqlite_db

    monkeypatch.setattr(sqlite_db, "BUSY_TIMEOUT_S", 0.05)
    with closing(SqliteStore(tmp_path / "runs.db")) as store, closing(sqlite3.connect(tmp_path / "runs.db")) as other:
        run_id = running(store)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="Try again") as error:
            store.append(run_id, [number(1)])
        assert "\n" not in str(error.value)
        other.rollback()
        store.append(run_id, [number(1)])
        assert values(store, run_id) == {"x": [1]}


def test_a_file_that_vanished_is_an_error_of_ours_in_every_thread(tmp_path):
    store = SqliteStore(tmp_path / "ws" / "runs.db")
    for file in (tmp_path / "ws").iterdir():
        file.unlink()
    (tmp_path / "ws").rmdir()
    errors = []

    def use():
        try:
            store.get_run("a")
        except JupyterRunsError as error:
            errors.append(str(error))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    store.close()
    assert len(errors) == 1
    assert str(tmp_path / "ws") in errors[0]


def test_a_closed_store_says_so(store):
    store.close()
    with pytest.raises(StoreError, match="was closed\\. Open the workspace again"):
        store.get_run("a")
    store.close()


def test_closing_a_store_that_other_threads_are_using_ends_their_calls_with_an_error_of_ours(open_store):
    for _ in range(20):
        store = open_store()
        ends = []

        def use(store=store, ends=ends):
            cursor = None
            try:
                cursor = store.cursor()
                while True:
                    cursor = store.changes(cursor).cursor
                    store.version()
                    store.get_runs(["a"])
            except StoreError as error:
                ends.append(str(error))

        threads = [threading.Thread(target=use) for _ in range(2)]
        for thread in threads:
            thread.start()
        store.close()
        for thread in threads:
            thread.join(10)
        assert ["was closed" in end for end in ends] == [True, True]


@pytest.mark.skipif(not FDS.is_dir(), reason="counts open files in /proc")
def test_a_thread_that_ends_leaves_no_connection_open(sqlite_store):
    store = sqlite_store

    def open_files():
        return sum(store.location in os.readlink(fd) for fd in FDS.iterdir() if fd.exists())  # noqa: PTH115

    running(store, "a")
    counts = []
    for _ in range(5):
        thread = threading.Thread(target=store.get_run, args=("a",))
        thread.start()
        thread.join()
        counts.append(open_files())
    # SQLite keeps the file of a closed connection for the next one while the process holds a lock on it.
    assert len(set(counts)) == 1
    store.close()
    assert open_files() == 0


def test_every_thread_may_use_the_store(store):
    run_id = running(store)
    threads = [
        threading.Thread(target=lambda n=n: [store.append(run_id, [number(i, f"t{n}")]) for i in range(25)])
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values(store, run_id) == {f"t{n}": list(range(25)) for n in range(8)} | {}


def test_properties_cannot_be_changed_behind_the_stores_back_either(store):
    run_id = make(store, properties={"a": "1"})
    with stores.connected(store) as conn:
        with pytest.raises(store._db.driver.IntegrityError, match="never change"):
            conn.execute("UPDATE tag SET value = '2' WHERE run_id = ? AND kind = 'property'", (run_id,))
        with pytest.raises(store._db.driver.IntegrityError, match=r"CHECK|check"):
            conn.execute("UPDATE run SET status = 'Paused' WHERE run_id = ?", (run_id,))
    assert json.dumps(store.get_run(run_id).properties) == '{"a": "1"}'


def test_a_long_series_comes_thinned_with_its_extremes_and_its_end(store):
    run_id = running(store)
    values = [float(i % 100) for i in range(5000)]
    values[1234], values[4321] = 1e6, -1e6
    store.append(run_id, [Point("x", "number", v, i, 1.0) for i, v in enumerate(values)])
    _, (series,) = store.series(run_id, "x", max_points=50)
    shown = [value for _, _, value in series.points]
    assert len(shown) <= 50
    assert [values[i] for i in series.index] == shown
    assert (series.count, shown[0], shown[-1]) == (5000, values[0], values[-1])
    assert {1e6, -1e6} <= set(shown)
    steps = [step for step, _, _ in series.points]
    assert steps == sorted(steps)


def test_a_log_never_gets_shorter_in_the_store(store):
    run_id = running(store)
    store.update_run(run_id, log_bytes=10)
    store.update_run(run_id, log_bytes=4)
    assert store.get_run(run_id).log_bytes == 10


def test_progress_of_a_run_that_has_ended_is_refused(store):
    run_id = running(store)
    store.transition(run_id, Status.COMPLETED)
    with pytest.raises(RunEnded):
        store.update_run(run_id, progress=Progress(1))
    assert store.get_run(run_id).progress is None
