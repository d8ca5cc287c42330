"""What a search finds, in which order, and that it is found by indexes. What people may type: test_search.py."""

from __future__ import annotations

import base64
import json
import operator
import random
import re
import time
from contextlib import closing

import pytest
import stores

from jupyter_runs.errors import InvalidQuery
from jupyter_runs.experiment import Experiment
from jupyter_runs.model import NewRun, Point, Status, shown_status
from jupyter_runs.search import FIELDS, MAX_DEPTH, Group, parse
from jupyter_runs.store.base import RunFilter

HOUR, DAY = 3600.0, 86_400.0
NAN, INF = float("nan"), float("inf")


def new(run_id, experiment="digits", by="ada", **fields):
    return NewRun(run_id, experiment, by, **fields)


def log(store, run_id, name, *values):
    kinds = ["text" if isinstance(value, str) else "number" for value in values]
    store.append(run_id, [Point(name, kind, value, None, 5.0) for kind, value in zip(kinds, values, strict=True)])


def set_times(store, times):
    """run_id -> (created, started, ended), as if the clock had been there."""
    with stores.connected(store) as conn:
        conn.executemany(
            "UPDATE run SET created_at = ?, started_at = ?, ended_at = ? WHERE run_id = ?",
            [(*instants, run_id) for run_id, instants in times.items()],
        )


def found(store, text, **where):
    """Ids that a search finds, in its order."""
    query = parse(text, user="ada")
    return [run.run_id for run in store.find_runs(RunFilter(include_children=True, query=query, **where), 500).runs]


@pytest.fixture(params=stores.KINDS)
def place(request, tmp_path):
    """The address of a store that is not there yet."""
    return stores.place(request.param, tmp_path / "store")


@pytest.fixture(scope="module", params=stores.KINDS)
def store(request, tmp_path_factory):
    with closing(stores.opened(stores.place(request.param, tmp_path_factory.mktemp("search")))) as opened:
        fill(opened)
        yield opened


@pytest.fixture(scope="module")
def sqlite_store(tmp_path_factory):
    """For the plans that SQLite makes, always the same."""
    with closing(stores.opened(stores.place("sqlite", tmp_path_factory.mktemp("plans")))) as opened:
        fill(opened)
        yield opened


def fill(store):
    now = time.time()
    runs = [
        new("a", name="sweep", tags={"q": "good", "fold": "3"}, params={"lr": "0.01", "model": "resnet", "seed": "007"}),
        new("b", name="Base", by="adam", tags={"q": "bad"}, params={"lr": "1e-1", "model": "mlp", "seed": "7"}),
        new("c", name="c", parent_id="a", tags={"q": None, "fold": "ten"}, params={"lr": "auto"}),
        new("d", "text", by="bob", properties={"author": "me", "n": "12", "azureml.git.commit": "4be1c0de"}),
        new("e", "text", name="e", type="azureml.scriptrun", properties={"jupyter_runs.notebook": "work/train.ipynb"}),
        new("f", "text", name="f", parent_id="d", properties={"jupyter_runs.notebook": "train.ipynb.bak"}),
        new("old", name="old sweep", tags={"q": "good"}),
        new("gone", name="gone sweep", tags={"q": "good"}),
        new("both", name="both", status=Status.COMPLETED),
    ]  # fmt: skip
    for run in runs:
        store.create_runs([run])
    for run_id in "abcde":
        store.transition(run_id, Status.RUNNING)
    for run_id, values in {
        "a": (0.5, 0.95),
        "b": (0.99, 0.4),
        "c": (0.7, NAN),
        "d": ("high",),
        "e": (INF,),
        "f": (2**70,),
    }.items():
        log(store, run_id, "acc", *values)
    store.append("old", [Point("acc", "row", {"x": 1}, None, 5.0)])
    store.transition("c", Status.COMPLETED)
    store.transition("d", Status.FAILED)
    store.transition("gone", Status.CANCELED)
    set_times(
        store,
        {
            "a": (now - 5 * HOUR, now - 4 * HOUR, None),
            "b": (now - 5 * HOUR, now - 60.0, None),
            "c": (now - 5 * HOUR, now - 3 * HOUR, now - 2.5 * HOUR),
            "d": (now - 40 * DAY, now - 40 * DAY, now - 30 * DAY),
            "e": (now - 5 * DAY, now - 5 * DAY, None),
            "f": (now - 2 * DAY, None, None),
        },
    )
    store.set_archived("old", True)
    store.set_archived("both", True)
    store.delete_run("gone")
    store.delete_run("both")


FOUND = {
    "sweep": "a",
    "sweep or base": "ab",
    "sweep or name:base -q": "a",
    "(sweep or base) tag:q=bad": "b",
    "-(sweep or base)": "cdef",
    "-(exp:digits tag:q)": "def",
    "tag:q!=good": "bc",
    "-tag:q=good": "bcdef",
    "tag:fold>2": "a",
    "tag:fold<2": "",
    "tag:fold=3": "a",
    "tag:fold=3.0": "",
    "prop:author=me": "d",
    "prop:author^=M": "d",
    "prop:n>=12": "d",
    "prop:n=12.0": "d",
    "prop:q": "",
    "param:lr": "abc",
    "param:lr<=0.01": "a",
    "param:lr>0.01": "b",
    "param:lr=1e-2": "a",
    'param:lr="1e-2"': "",
    "param:lr!=0.01": "bc",
    "-param:lr<=0.01": "bcdef",
    "param:model=resnet": "a",
    "param:model^=RES": "a",
    "param:seed=7": "ab",
    'param:seed="7"': "b",
    "metric:acc": "abcdef",
    "metric:loss": "",
    "metric:acc>0.9": "aef",
    "metric:acc>=0.95": "aef",
    "metric:acc<=0.4": "b",
    "metric:acc=0.4": "b",
    "metric:acc!=0.4": "aef",
    "metric:acc<inf": "abf",
    "metric:acc=inf": "e",
    "metric:acc>-inf": "abef",
    "-metric:acc>-inf": "cd",
    "metric.max:acc>0.9": "ab",
    "metric.min:acc<0.6": "ab",
    "metric.max:acc<0.8": "c",
    "status:running": "abe",
    "status:completed,failed": "cd",
    "-status:running,notstarted": "cd",
    "status:active": "abef",
    "is:active is:child": "f",
    "is:root": "abde",
    "is:child": "cf",
    "-is:child": "abde",
    "is:script": "e",
    "is:mine": "acef",
    "by:me": "acef",
    "by:ada": "abcef",
    "by:bob": "d",
    "parent:a": "c",
    "parent:#1": "cf",
    "parent:#1 exp:text": "f",
    "parent:#99": "",
    "parent:%": "",
    "#1": "ad",
    "#1 exp:text": "d",
    "id:a": "a",
    "id:A": "",
    "notebook:train.ipynb": "ef",
    "notebook:work/": "e",
    "git:4BE1": "d",
    "git:be1": "",
    "started:<2h": "b",
    "started:>2h": "acde",
    "started:<=7d": "abce",
    "-started:<7d": "df",
    "created:<1d": "abc",
    "created:>1d": "def",
    "ended:<1d": "c",
    "ended:>2000-01-01": "cd",
    "started:<2000-01-01": "",
    "dur:>3h": "ade",
    "dur:<=31m": "bc",
    "dur:>1w": "d",
    "is:archived": ["old"],
    "is:archived or sweep": ["a", "old"],
    "-is:archived sweep": ["a"],
    "is:deleted": ["both", "gone"],
    "is:deleted -is:archived": ["gone"],
    "is:deleted is:archived": ["both"],
    "(is:deleted or is:archived) tag:q=good": ["gone", "old"],
}


@pytest.mark.parametrize(("text", "expected"), FOUND.items(), ids=[repr(text) for text in FOUND])
def test_a_search_finds_what_its_conditions_say(store, text, expected):
    assert sorted(found(store, text)) == list(expected)


def test_only_a_filter_that_says_so_shows_what_is_out_of_sight(store):
    assert sorted(found(store, "tag:q=good")) == ["a"]
    assert sorted(found(store, "tag:q=good", archived=None)) == ["a", "old"]
    assert sorted(found(store, "tag:q=good", archived=True)) == ["old"]
    assert sorted(found(store, "tag:q=good", deleted=True)) == ["gone"]
    assert found(store, "is:archived", deleted=True) == ["both"]
    assert found(store, "is:deleted", archived=True) == ["both"]


def test_a_number_is_looked_up_exactly(store):
    def numbered(number, **where):
        return sorted(run.run_id for run in store.find_runs(RunFilter(number=number, **where)).runs)

    assert numbered(1) == ["a", "d"]
    assert numbered(1, experiment="text") == ["d"]
    assert numbered(2) == ["b", "e"]
    assert numbered(3) == []
    assert numbered(3, include_children=True) == ["c", "f"]
    assert numbered(99) == numbered(-1) == numbered(2**80) == []


# -- order -------------------------------------------------------------------------------------------------------------

ORDERS = {
    "sort:created": "defcba",
    "sort:-created": "cbafed",
    "sort:started": "deacbf",
    "sort:-started": "bcaedf",
    "sort:ended": "dcfeba",
    "sort:-ended": "cdfeba",
    "sort:dur": "bcaedf",
    "sort:-dur": "deacbf",
    "sort:name": "bcefda",
    "sort:number": "daebfc",
    "sort:status": "febacd",
    "sort:-by": "dbfeca",
    "sort:exp": "cbafed",
    "sort:metric:acc": "bafedc",
    "sort:-metric:acc": "efabdc",
    "sort:metric.max:acc": "cabfed",
    "sort:-metric.min:acc": "cabfed",
    "sort:param:lr": "abcfed",
    "sort:-param:lr": "cbafed",
    "sort:tag:q": "bafedc",
    "sort:-prop:n": "dfecba",
    "sort:tag:none": "fedcba",
}


def pages(store, text, limit, **where):
    """Ids page by page, until there is no next one."""
    query = parse(text, user="ada")
    ids, page = [], None
    while True:
        answer = store.find_runs(RunFilter(include_children=True, query=query, **where), limit, page)
        assert len(answer.runs) <= limit
        ids += [run.run_id for run in answer.runs]
        if (page := answer.next_page) is None:
            return ids


@pytest.mark.parametrize(("text", "expected"), ORDERS.items(), ids=list(ORDERS))
def test_an_order_is_kept_over_pages_and_runs_without_the_value_come_last(store, text, expected):
    for limit in (1, 2, 4, 50):
        assert "".join(pages(store, text, limit)) == expected


def test_an_order_holds_for_the_runs_that_match_and_wins_over_active_first(store):
    assert pages(store, "sort:-metric:acc metric:acc>0.9", 1) == ["e", "f", "a"]
    assert pages(store, "sort:name", 2, active_first=True) == list("bcefda")
    answer = store.find_runs(RunFilter(query=parse("sort:-name is:root")), 2)
    assert (answer.total, [run.run_id for run in answer.runs]) == (4, ["a", "d"])


@pytest.mark.parametrize("text", ["", "sort:-metric:acc", "sort:name", "sort:-started", "sort:tag:q", "sort:-dur"])
def test_pages_neither_repeat_nor_skip_while_runs_are_added(place, text):
    with closing(stores.opened(place)) as store:
        rng = random.Random(3)

        def add(run_id):
            tags = {"q": rng.choice("abc")} if rng.random() < 0.6 else {}
            store.create_runs([new(run_id, name=rng.choice("xyz"), tags=tags, status=Status.RUNNING)])
            if rng.random() < 0.7:
                log(store, run_id, "acc", rng.choice([0.5, 0.7, 0.9, NAN]))

        first = [f"r{i}" for i in range(40)]
        for run_id in first:
            add(run_id)
        query = parse(text)
        whole = [run.run_id for run in store.find_runs(RunFilter(query=query), 100).runs]
        seen, page = [], None
        for i in range(100):
            answer = store.find_runs(RunFilter(query=query), 7, page)
            seen += [run.run_id for run in answer.runs]
            if (page := answer.next_page) is None:
                break
            add(f"new{i}")
        assert len(seen) == len(set(seen)), "no run twice"
        assert [run_id for run_id in seen if run_id in set(first)] == whole


def test_runs_that_go_on_are_not_skipped_between_pages_by_duration(place):
    with closing(stores.opened(place)) as store:
        store.create_runs([new(f"r{i}", status=Status.RUNNING) for i in range(6)])
        now = time.time()
        set_times(store, {f"r{i}": (now, now - 10 * i, now if i % 2 else None) for i in range(6)})
        order, page = [], None
        for _ in range(6):
            # As another process would, later: the text is read again.
            answer = store.find_runs(RunFilter(query=parse("sort:-dur")), 1, page)
            order += [run.run_id for run in answer.runs]
            page = answer.next_page
        assert order == ["r5", "r4", "r3", "r2", "r1", "r0"]


def token_of(*parts):
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


NAME = ["name", "", False]
PAGES = [
    *(
        "",
        "x",
        "0.1",
        "1.2.3",
        "ö",
        "\ud800",
        "A" * 200_000,
        "'; DROP TABLE run; --",
        token_of(),
        token_of(1),
        token_of(NAME),
    ),
    *(token_of(NAME, "a", 1), token_of(NAME, "a", 1, 1.0, 1), token_of(["name", "", True], "a", 1, 1.0)),
    *(
        token_of(NAME, "a", 2**70, 1.0),
        token_of(NAME, 2**70, 1, 1.0),
        token_of(NAME, ["a"], 1, 1.0),
        token_of(NAME, True, 1, 1.0),
    ),
    *(
        token_of(NAME, "\ud800", 1, 1.0),
        token_of(NAME, "a", True, 1.0),
        token_of(NAME, "a", "1", 1.0),
        token_of(NAME, "a", 1, "x"),
    ),
    base64.urlsafe_b64encode(b"[" * 60_000).decode(),
]


@pytest.mark.parametrize("page", PAGES, ids=range(len(PAGES)))
def test_a_page_that_was_not_given_out_for_this_order_is_refused_in_one_line(store, page):
    with pytest.raises(InvalidQuery, match="next_page") as refused:
        store.find_runs(RunFilter(query=parse("sort:name")), page=page)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


# -- indexes -----------------------------------------------------------------------------------------------------------


def plan(store, where):
    """How SQLite goes about the statements of a listing, line by line."""
    statements = []
    with store._db.conn() as conn:
        conn.set_trace_callback(statements.append)
        store.find_runs(where, 50)
        conn.set_trace_callback(None)
        asked = [
            s
            for s in statements
            if re.match(r"SELECT count\(\*\) FROM run r WHERE|SELECT r\.run_id, r\.seq|WITH found", s)
        ]
        assert len(asked) == 2
        lines = []
        for statement in asked:
            # Python 3.10 tells statements without the values.
            bound = [None] * statement.count("?")
            lines += [row[3] for row in conn.execute(f"EXPLAIN QUERY PLAN {statement}", bound).fetchall()]
    return "\n".join(lines)


BY_INDEX = {
    "tag:q=good": "tag_find (kind=? AND key=? AND value=?)",
    "tag:q": "tag_find (kind=? AND key=?)",
    "param:lr<0.1": "tag_find (kind=? AND key=?)",
    "git:4be1": "tag_find (kind=? AND key=? AND value>? AND value<?)",
    "tag:q=good exp:digits": "tag_find (kind=? AND key=? AND value=?)",
    "tag:q=good or param:lr": "tag_find (kind=? AND key=? AND value=?)",
    "metric:acc>0.9": "series_name (name=?)",
    "metric.max:acc<1 or tag:q=good": "series_name (name=?)",
    "metric:acc>0.9 sort:-metric:acc": "series_name (name=?)",
    "exp:digits": "(experiment=?)",
    "is:root exp:digits": "run_experiment_root (experiment=?)",
    "#1": "run_number (experiment=? AND number=?)",
    "parent:#1": "run_child (parent_id=?)",
    "parent:a": "run_child (parent_id>? AND parent_id<?)",
    "id:a": "(run_id>? AND run_id<?)",
    "status:running": "run_unfinished",
    "is:active": "run_unfinished",
}


@pytest.mark.parametrize(("text", "index"), BY_INDEX.items(), ids=list(BY_INDEX))
def test_what_is_common_is_found_by_an_index_and_no_table_is_read_through(sqlite_store, text, index):
    steps = plan(sqlite_store, RunFilter(include_children=True, query=parse(text)))
    assert index in steps
    assert not re.search(r"SCAN (r|p|s|t|run|tag|series|point)\b(?! USING)", steps), steps


@pytest.mark.parametrize(
    "text", ["sweep", "-tag:q=good", "-(metric:acc>0.9 or param:lr)", "status:completed sort:-metric:acc"]
)
def test_a_search_that_looks_at_every_run_reads_no_other_table_through(sqlite_store, text):
    steps = plan(sqlite_store, RunFilter(include_children=True, query=parse(text)))
    assert not re.search(r"SCAN (?!r\b|found\b|o\b)\w+(?! USING)\b", steps), steps


def test_listings_go_along_the_index_of_root_runs(sqlite_store):
    assert "SCAN r USING INDEX run_root" in plan(sqlite_store, RunFilter())
    assert "TEMP B-TREE" not in plan(sqlite_store, RunFilter())
    assert "SCAN r USING INDEX run_root" in plan(
        sqlite_store, RunFilter(include_children=True, query=parse("is:root sweep"))
    )
    assert "run_experiment_root (experiment=?)" in plan(sqlite_store, RunFilter(experiment="digits"))
    assert "TEMP B-TREE" not in plan(sqlite_store, RunFilter(experiment="digits"))


def test_the_watch_over_unfinished_runs_uses_their_index(sqlite_store):
    from jupyter_runs.store.sql_where import UNFINISHED

    with sqlite_store._db.read() as conn:
        sql = f"EXPLAIN QUERY PLAN SELECT run_id FROM run WHERE owner_id = 1 AND {UNFINISHED} AND cancel_requested_at IS NOT NULL"
        assert "run_unfinished (owner_id=? AND cancel_requested_at>?)" in str(conn.execute(sql).fetchall())


# -- against the meaning, in Python --------------------------------------------------------------------------------------

COMPARE = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def low(text):
    return "".join(c.lower() if c.isascii() else c for c in text or "")


def as_number(text):
    return float(text) if re.fullmatch(r" *[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)? *", text or "") else None


def compared(value, term):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and value == value  # noqa: PLR0124
    return is_number and COMPARE[term.op](value, term.value)


class Meaning:
    """Whether a condition holds for a run, told without SQL."""

    def __init__(self, runs, now):
        self.runs, self.now = {run.run_id: run for run in runs}, now

    def holds(self, part, run):
        if isinstance(part, Group):
            each = [self.holds(p, run) for p in part.parts]
            value = (any(each) if part.either else all(each)) if each else True
        else:
            value = bool(getattr(self, f"of_{part.field}".replace(".", "_"), self.column)(part, run))
        return value != part.negated

    def column(self, term, run):
        value = getattr(run, term.field)
        if term.field.endswith("_at"):
            return compared(value, term)
        if term.op == "starts":
            return value.startswith(term.value)
        return value == term.value if term.op == "is" else low(term.value) in low(value)

    def of_text(self, term, run):
        if term.value.startswith("#") and term.value[1:].isdecimal():
            return run.number == int(term.value[1:])
        word = low(term.value)
        texts = [run.name, run.description, run.experiment, run.submitted_by, *run.tags, *run.tags.values()]
        by_number = term.value.isdecimal() and run.number == int(term.value)
        return (
            by_number
            or any(word in low(text) for text in texts if text is not None)
            or low(run.run_id).startswith(word)
        )

    def of_status(self, term, run):
        if term.value == "active":
            return not run.status.is_final
        return shown_status(run.status, run.cancel_requested_at, run.heartbeat_at, self.now) == term.value

    def of_duration(self, term, run):
        if run.started_at is None:
            return False
        return compared((self.now if run.ended_at is None else run.ended_at) - run.started_at, term)

    def of_parent(self, term, run):
        if run.parent_id is None:
            return False
        parent = self.runs[run.parent_id]
        return parent.number == term.value if term.op == "=" else parent.run_id.startswith(term.value)

    def pair(self, items, term):
        if term.key not in items:
            return False
        value = items[term.key]
        if term.op in COMPARE:
            return compared(as_number(value), term)
        if term.op == "starts":
            return value is not None and low(value).startswith(low(term.value))
        return term.op == "has" or value == term.value

    def of_tag(self, term, run):
        return self.pair(run.tags, term)

    def of_property(self, term, run):
        return self.pair(run.properties, term)

    def of_param(self, term, run):
        return self.pair(run.params, term)

    def of_metric(self, term, run, what="last"):
        if term.key not in run.metrics:
            return False
        return term.op == "has" or compared(getattr(run.metrics[term.key], what), term)

    def of_metric_min(self, term, run):
        return self.of_metric(term, run, "min")

    def of_metric_max(self, term, run):
        return self.of_metric(term, run, "max")

    def of_notebook(self, term, run):
        return low(term.value) in low(run.properties.get("jupyter_runs.notebook"))

    def of_git(self, term, run):
        return (run.properties.get("azureml.git.commit") or "").startswith(low(term.value))

    def of_is(self, term, run):
        return {
            "root": run.parent_id is None,
            "child": run.parent_id is not None,
            "archived": run.archived_at is not None,
            "deleted": run.deleted_at is not None,
        }[term.value]


WORDS = ["a", "sweep", "SWEEP", "lr", "%", "_", "ö", "Ö", "\\", "'", "two words", "#3", "7", "r1", "good"]
VALUES = ["0.5", "5e-1", "abc", "ABC", "", "good run", "10", " 7 ", "nan", "1_0", "-3", "%", None]


def random_runs(store, rng):
    """Two hundred runs in trees, with whatever a run may have."""
    ids = [f"r{i}-{rng.choice('abX')}" for i in range(200)]
    for at, run_id in enumerate(ids):
        parent = rng.choice(ids[:at]) if at and rng.random() < 0.4 else None
        tags = {k: rng.choice(VALUES) for k in ("q", "two words", "lr") if rng.random() < 0.4}
        texts = [v for v in VALUES if v is not None]
        params = {k: rng.choice(texts) for k in ("lr", "n") if rng.random() < 0.5}
        properties = {k: rng.choice(texts) for k in ("author",) if rng.random() < 0.5}
        if rng.random() < 0.3:
            properties |= {
                "jupyter_runs.notebook": rng.choice(["x/Train.ipynb", "a.ipynb"]),
                "azureml.git.commit": rng.choice(["4be1", "abc"]),
            }
        name, note = (rng.choice([*WORDS, None]) for _ in range(2))
        experiment, by = rng.choice(["digits", "Text"]), rng.choice(["ada", "Adam"])
        status = rng.choice([Status.RUNNING, Status.NOT_STARTED])
        fields = {
            "name": name,
            "description": note,
            "tags": tags,
            "params": params,
            "properties": properties,
            "parent_id": parent,
        }
        store.create_runs([new(run_id, experiment, by, status=status, **fields)])
        for metric in ("acc", "loss"):
            if rng.random() < 0.5:
                values = rng.choice(
                    [[0.1], [0.5, 0.9], [1, 2], [NAN], [0.5, NAN], [INF], [-INF, 0.5], ["abc"], [2**70], ["7"]]
                )
                log(store, run_id, metric, *values)
        if rng.random() < 0.5:
            store.transition(run_id, rng.choice([Status.FAILED, Status.CANCELED]))
    now = time.time()
    times = {}
    for run_id in ids:
        run = store.get_run(run_id)
        started = None if run.started_at is None else now - rng.choice([100, 5000, 90_000, 10**6])
        ended = None if run.ended_at is None else now - rng.choice([50, 70])
        times[run_id] = (now - rng.choice([200, 6000, 10**5]), started, ended)
    set_times(store, times)
    for run_id in ids:
        if rng.random() < 0.1:
            store.set_archived(run_id, True)
    with stores.connected(store) as conn:
        conn.execute("UPDATE run SET deleted_at = 1.0 WHERE seq % 13 = 0")
    return store.get_runs(ids)


def random_term(rng):
    op = rng.choice(["=", "!=", "<", "<=", ">", ">="])
    number = rng.choice(["0.5", "1", "7", "-3", "1e21", "inf", "-inf"])
    key = rng.choice(["q", '"two words"', "lr", "n", "author", "none"])
    kind = rng.choice(["tag", "prop", "param"])
    when = rng.choice(["started", "created", "ended"])
    return rng.choice(
        [
            *(f'"{rng.choice(WORDS)}"', f'name:"{rng.choice(WORDS)}"', f'desc:"{rng.choice(WORDS)}"', "exp:digits", "by:me", "by:AD"),
            *(f"is:{rng.choice(['root', 'child', 'archived', 'deleted', 'active', 'mine'])}", "parent:#3", "parent:r1", "id:r1"),
            *(f"{kind}:{key}", f'{kind}:{key}="{rng.choice(VALUES) or ""}"', f"{kind}:{key}^=AB", f"{kind}:{key}{op}{number}"),
            *(f"metric{rng.choice(['', '.min', '.max', '.last'])}:{rng.choice(['acc', 'loss'])}{rng.choice(['', op + number])}",),
            *(f"{when}:{rng.choice('<>')}{rng.choice(['90m', '1d', '1h'])}", f"{when}:>=2020-01-01", f"dur:{rng.choice('<>')}2h"),
            *(f"status:{rng.choice(['running', 'failed,canceled', 'active', 'notstarted'])}", "notebook:train.IPYNB", "git:4BE"),
        ]
    )  # fmt: skip


def random_text(rng, depth=0):
    if depth > 3 or rng.random() < 0.4:
        return rng.choice(["", "", "-"]) + random_term(rng)
    inner = rng.choice([" ", " ", " or "]).join(random_text(rng, depth + 1) for _ in range(rng.randint(2, 3)))
    return f"{rng.choice(['', '-'])}({inner})" if depth or rng.random() < 0.5 else inner


def test_sql_and_the_meaning_of_a_search_agree_on_random_runs(place):
    rng = random.Random(7)
    with closing(stores.opened(place)) as store:
        runs = random_runs(store, rng)
        meaning = Meaning(runs, time.time())
        hits = 0
        for _ in range(600):
            text = random_text(rng)
            if len(text) > 1000:
                continue
            query = parse(text, user="ada")
            named = {term.value for term in query.terms if term.field == "is"}
            expected = {
                run.run_id
                for run in runs
                if meaning.holds(query.root, run)
                and ("deleted" in named or run.deleted_at is None)
                and (
                    "archived" in named
                    or run.archived_at is None
                    or ("deleted" in named and run.deleted_at is not None)
                )
            }
            assert set(found(store, text)) == expected, text
            hits += bool(expected) and len(expected) < len(runs)
        assert hits > 200, "most searches should tell runs apart"


SOUP = [
    "-",
    "(",
    ")",
    "or",
    '"',
    " ",
    "=",
    "<",
    ">",
    "^=",
    "a",
    "#1",
    "0.9",
    "10m",
    "today",
    "%",
    "\0",
    "'",
    ";",
    "--",
    *(f"{f}:" for f in FIELDS),
]


def test_hostile_texts_are_refused_or_answered_and_change_nothing(store):
    rng = random.Random(11)
    before = store.cursor()
    answered = 0
    for _ in range(1500):
        text = "".join(rng.choice(SOUP) for _ in range(rng.randint(1, 10)))
        try:
            found(store, text)
            answered += 1
        except InvalidQuery:
            pass
    assert answered > 50
    assert store.cursor() == before


@pytest.mark.parametrize(
    "text",
    [
        "a or " * 199 + "b",
        "tag:a<1 " * 125,
        "(a b) or " * 110 + "c",
        "-(a or b " * MAX_DEPTH + "a " * 430 + ")" * MAX_DEPTH,
        "is:root " * 125,
    ],
)
def test_texts_of_the_greatest_length_are_within_what_the_database_takes(store, text):
    assert len(text) <= 1000
    found(store, text)


def test_an_order_shows_through_the_python_api(ws):
    experiment = Experiment(ws, "digits")
    for name, acc in (("low", 0.1), ("high", 0.9), ("none", None)):
        run = experiment.start_logging(display_name=name)
        if acc is not None:
            run.log("acc", acc)
        run.complete()
    assert [run.display_name for run in ws.search("sort:-metric:acc")] == ["high", "low", "none"]
