"""Points of long series: what was logged is read, each point once and in order, whole, in ranges or as an outline."""

from __future__ import annotations

import math
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from contextlib import closing

import pytest
import stores

from jupyter_runs import config, values
from jupyter_runs.model import NewRun, Point, Status
from jupyter_runs.store import sql_chunks, sql_keep, sql_points, sql_series
from jupyter_runs.store.base import Span
from jupyter_runs.store.sqlite import SqliteStore

SEEDS = range(6)


@pytest.fixture(params=stores.KINDS)
def place(request, tmp_path):
    """The address of a store that is not there yet."""
    return stores.place(request.param, tmp_path / "store")


@pytest.fixture
def store(place):
    with closing(stores.opened(place)) as opened:
        opened.create_runs([NewRun("a", "e", "me", status=Status.RUNNING)])
        yield opened


def sizes(monkeypatch, **values):
    for module in (sql_chunks, sql_keep, sql_points, sql_series):
        for name, value in values.items():
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)


@pytest.fixture
def small(monkeypatch):
    """Chunks of few points: a short series has many."""
    sizes(monkeypatch, SIZE=16, LEAST=6, KEPT=8, FULL=24)


def point(value, step=None, at=1.0, name="x", kind="number"):
    return Point(name, kind, value, step, at)


def read(store, **how):
    (series,) = store.series("a", "x", **how)[1]
    return series


def same(one, other):
    """Equal, and NaN is NaN, and 1 is not 1.0."""
    return repr(one) == repr(other)


def count(store, table):
    with stores.connected(store) as conn:
        return conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def curve(rng, n, kind):
    """Points as they may be logged: (step, at, value)."""
    step, at, points = 0.0, 1000.0, []
    make = {
        "floats": lambda: rng.gauss(0, 1),
        "integers": lambda: rng.randrange(-(2**63), 2**63),
        "mixed": lambda: rng.choice([rng.random(), rng.randrange(10), 2**62 + 1, -0.0]),
        "odd": lambda: rng.choice([rng.random(), math.nan, math.inf, -math.inf, 5]),
        "nan": lambda: math.nan,
        "texts": lambda: (
            rng.choice([rng.random(), "text", None, True, 10**30]) if rng.random() < 0.05 else rng.random()
        ),
    }[kind]
    for _ in range(n):
        step += rng.choice([1, 1, 1, 0, -3, 0.5])
        at += rng.choice([0.01, 0.0, 5.0, -0.001])
        points.append((None if rng.random() < 0.2 else step, at, make()))
    return points


def append(store, rng, points):
    """Log in portions of any size; cursors from in between, each with the number of points before it."""
    cursors, at = [("0", 0)], 0
    while at < len(points):
        some = rng.choice([1, 1, 1, 2, 5, 30, 200])
        batch = [
            point(v, s, t, kind="number" if isinstance(v, (int, float)) and not isinstance(v, bool) else "text")
            for s, t, v in points[at : at + some]
        ]
        store.append("a", batch)
        if rng.random() < 0.3:
            store.append("a", [point(0, name="other")])
        at += len(batch)
        cursors.append((store.series("a", "x")[0], at))
    return cursors


KINDS = ["floats", "integers", "mixed", "odd", "nan", "texts"]


# -- what is read is what was logged -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", SEEDS[:4])
def test_points_are_read_as_they_were_logged_from_any_cursor(store, small, kind, seed):
    rng = random.Random(f"{kind} {seed}")
    points = curve(rng, 400, kind)
    cursors = append(store, rng, points)
    assert (count(store, "chunk") > 10) == (kind != "texts")
    whole = read(store)
    assert same(whole.points, points)
    assert (whole.count, whole.index) == (400, None)
    for cursor, before in rng.sample(cursors, min(20, len(cursors))):
        found = store.series("a", "x", after=cursor)[1]
        rest = found[0].points if found else []
        assert same(rest, points[before:])
        if rest and before:
            assert found[0].index == list(range(before, 400))


@pytest.mark.parametrize("kind", ["floats", "mixed", "odd"])
def test_a_summary_does_not_depend_on_how_points_are_kept(store, small, kind):
    rng = random.Random(kind)
    points = curve(rng, 300, kind)
    append(store, rng, points)
    numbers = finite(v for *_, v in points)
    summary = store.get_run("a").metrics["x"]
    assert (summary.count, summary.min, summary.max) == (300, float(min(numbers)), float(max(numbers)))
    assert same(summary.last, points[-1][2])


def test_a_series_that_gets_a_text_stays_whole(store, small):
    store.append("a", [point(float(i)) for i in range(100)])
    chunks = count(store, "chunk")
    assert chunks
    store.append("a", [point("text", kind="text")])
    store.append("a", [point(float(i)) for i in range(101, 200)])
    for i in range(200, 240):
        store.append("a", [point(float(i))])
    assert count(store, "chunk") - chunks in {0, 1}  # what was full just before the text
    assert [v for *_, v in read(store).points] == [*map(float, range(100)), "text", *map(float, range(101, 240))]


def test_the_feed_tells_of_runs_whose_points_are_sealed(store, small):
    store.create_runs([NewRun("b", "e", "me", status=Status.RUNNING)])
    start = store.cursor()
    store.append("b", [Point("y", "number", 1, None, 1.0)])
    store.append("a", [point(float(i)) for i in range(1000)])
    assert {run.run_id for run in store.changes(start).runs} == {"a", "b"}
    before_last = store.cursor()
    store.append("a", [point(1.0)])
    assert [run.run_id for run in store.changes(before_last).runs] == ["a"]
    assert store.changes(store.cursor()).runs == []


def test_a_place_in_the_log_is_never_given_out_twice(store, small):
    seen = [int(store.series("a")[0])]
    for n in (1, 100, 1, 1000, 7):
        store.append("a", [point(float(i)) for i in range(n)])
        seen.append(int(store.series("a")[0]))
    assert seen == [0, 1, 101, 102, 1102, 1109]


def test_points_of_an_erased_run_are_gone_whatever_their_form(store, small):
    store.append("a", [point(float(i)) for i in range(1000)])
    store.transition("a", Status.COMPLETED)
    cursor = store.series("a")[0]
    store.delete_run("a")
    store.erase(["a"])
    store.sweep(0, 0)
    assert (count(store, "chunk"), count(store, "point")) == (0, 1)
    store.create_runs([NewRun("a", "e", "me", status=Status.RUNNING)])
    store.append("a", [point(7.0)])
    assert read(store).points == [(None, 1.0, 7.0)]
    assert int(store.series("a")[0]) == int(cursor) + 1


@pytest.mark.parametrize("kind", KINDS)
def test_points_that_are_given_away_come_back_the_same(store, small, kind, place, tmp_path):
    rng = random.Random(kind)
    append(store, rng, curve(rng, 300, kind))
    store.transition("a", Status.COMPLETED)
    items = list(store.dump("e"))
    other_place = stores.place("postgresql" if config.is_address(place) else "sqlite", tmp_path / "other")
    with closing(stores.opened(other_place)) as other:
        assert other.load(items, exported_at=1.0).new == ["a"]
        assert same(other.series("a")[1], store.series("a")[1])
        assert list(other.dump("e")) == items
        assert (count(other, "chunk") > 10) == (kind != "texts")
    assert store.load(items, exported_at=1.0).known == ["a"]


# -- ranges and outlines -------------------------------------------------------------------------------------------------


def expected_range(points, span):
    """Positions of what is in a range, and of the nearest points beside it: the definition, written down."""
    where = [(at if span.axis == "time" else (i if step is None else step)) for i, (step, at, _) in enumerate(points)]
    low = -math.inf if span.low is None else span.low
    high = math.inf if span.high is None else span.high
    inside = [i for i, x in enumerate(where) if low <= x <= high]
    below = [(x, i) for i, x in enumerate(where) if x < low]
    above = [(x, i) for i, x in enumerate(where) if x > high]
    return inside, [max(below)[1] for _ in below[:1]] + [min(above)[1] for _ in above[:1]]


def finite(given):
    return [v for v in given if type(v) in {int, float} and abs(v) < 1e29 and math.isfinite(v)]


def some_span(rng, points):
    axis = rng.choice(["step", "time"])
    places = [at if axis == "time" else (i if step is None else step) for i, (step, at, _) in enumerate(points)]
    ends = [rng.choice(places) + rng.choice([0, 0.25, -0.25, 1000, -1000]) for _ in range(2)]
    low, high = sorted(ends)
    return Span(axis, *rng.choice([(low, high), (low, None), (None, high), (low, low)]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", SEEDS[:4])
def test_a_range_is_what_its_definition_says(store, small, kind, seed):
    rng = random.Random(f"range {kind} {seed}")
    points = curve(rng, 300, kind)
    append(store, rng, points)
    for _ in range(25):
        span = some_span(rng, points)
        inside, edges = expected_range(points, span)
        wanted = sorted({*inside, *edges})
        series = read(store, span=span, max_points=rng.choice([None, 302]))
        assert same(series.points, [points[i] for i in wanted]), span
        assert series.index == (None if len(wanted) == 300 else wanted)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_an_outline_keeps_ends_and_extremes_and_its_limit(store, small, kind, seed):
    rng = random.Random(f"outline {kind} {seed}")
    points = curve(rng, rng.choice([60, 300, 900]), kind)
    append(store, rng, points)
    for _ in range(15):
        span = rng.choice([None, some_span(rng, points)])
        limit = rng.choice([10, 11, 40, 100, 250])
        series = read(store, span=span, max_points=limit)
        inside, edges = (range(len(points)), []) if span is None else expected_range(points, span)
        index = list(range(len(points))) if series.index is None else series.index
        assert len(series.points) <= limit
        assert index == sorted(set(index))
        assert same(series.points, [points[i] for i in index])
        assert set(edges) <= set(index) <= {*inside, *edges}
        if len(inside) + len(edges) <= limit:
            assert set(index) == {*inside, *edges}
        elif inside:
            assert {inside[0], inside[-1]} <= set(index)
            numbers = finite(points[i][2] for i in inside)
            shown = finite(points[i][2] for i in set(index) & set(inside))
            assert not numbers or (min(shown), max(shown)) == (min(numbers), max(numbers))


def test_where_all_points_are_looked_at_the_outline_is_that_of_all(store, small):
    rng = random.Random(3)
    points = curve(rng, 900, "floats")
    append(store, rng, points)
    everything = [v for *_, v in points]
    assert read(store, max_points=400).index == values.outline(everything, 400)


def test_an_outline_of_a_very_long_series_has_the_extremes_of_every_chunk(store):
    rng = random.Random(5)
    given = [rng.gauss(0, 1) for _ in range(40_000)]
    store.append("a", [point(v, float(i)) for i, v in enumerate(given)])
    shown = set(read(store, max_points=100).index)
    for start in range(0, 38 * 1024, 1024):
        part = range(start, start + 1024)
        assert {min(part, key=given.__getitem__), max(part, key=given.__getitem__)} <= shown


def test_a_picture_of_a_very_long_series_does_not_read_its_points(store, monkeypatch):
    store.append("a", [point(float(i % 1000), float(i)) for i in range(300_000)])
    read_chunks = []
    unseal = sql_series.unseal
    monkeypatch.setattr(sql_series, "unseal", lambda *args: read_chunks.append(args[0]) or unseal(*args))
    read(store, max_points=500)
    assert len(read_chunks) <= 2
    read_chunks.clear()
    assert len(read(store, max_points=2000, span=Span("step", 150_000, 151_000)).points) == 1003
    assert len(read_chunks) <= 6


# -- stores that had no chunks ---------------------------------------------------------------------------------------------


@pytest.fixture
def location(tmp_path):
    return tmp_path / "store" / "runs.db"


@pytest.fixture
def old(location, monkeypatch):
    """A store of version 2 with a long series; its points."""
    points = curve(random.Random(1), 6000, "odd")
    with monkeypatch.context() as patch, closing(SqliteStore(location)) as store:
        sizes(patch, LEAST=2**40, FULL=2**41)
        store.create_runs([NewRun("a", "e", "me", status=Status.RUNNING)])
        store.append("a", [point(v, s, t) for s, t, v in points])
        store.append("a", [point("x", name="texts", kind="list") for _ in range(3000)])
    with closing(sqlite3.connect(location)) as conn:
        conn.executescript(
            "DROP TABLE journal; DROP TABLE chunk; ALTER TABLE series DROP COLUMN sealed; PRAGMA user_version=2"
        )
    return points


def test_a_store_of_the_version_before_is_read_at_once_and_moved_on_by_its_writers(old, location):
    with closing(SqliteStore(location)) as store:
        assert same(read(store).points, old)
        assert len(read(store, max_points=50).points) <= 50
        for i in range(3):
            store.append("a", [point(float(i))])
            old.append((None, 1.0, float(i)))
            assert same(read(store).points, old)
        assert 0 < count(store, "chunk") <= 6000 // 1024


def test_a_store_of_the_version_before_is_moved_on_by_housekeeping(old, location):
    with closing(SqliteStore(location)) as store:
        calls = 1
        while store.compact(0.0001):
            calls += 1
            assert same(read(store).points, old)
            assert calls < 100
        assert count(store, "chunk") == 5
        assert same(read(store).points, old)
        assert store.compact(1.0) is False
        store.sweep(0, 0)
        assert [v for *_, v in store.series("a", "texts")[1][0].points] == ["x"] * 3000


# -- processes that run at once, and die -----------------------------------------------------------------------------------


def process(code, *args):
    text = f"{stores.PRELUDE}import random\n{textwrap.dedent(code)}"
    command = [sys.executable, "-W", "error", "-c", text, *map(str, args)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(writers):
    for writer in writers:
        _, errors = writer.communicate(timeout=100)
        assert (writer.returncode, errors) == (0, "")


WRITER = """
store, me, shared = opened(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
rng, i = random.Random(me), 0
while i < 6000:
    n = min(rng.choice([1, 1, 1, 1, 1, 3, 40, 700, 1500]), 6000 - i)
    points = [Point("x", "number", float(me * 10_000 + j), float(j), time.time()) for j in range(i, i + n)]
    store.append(shared, points)
    i += n
store.close()
"""


def follow(store, run_id, done):
    """What a reader gets who asks again and again from where the last answer ended."""
    got, cursor, at_end = [], None, False
    while True:
        cursor, found = store.series(run_id, "x", after=cursor)
        for series in found:
            got += [v for *_, v in series.points]
            if series.index is not None:
                assert series.index[-1] == len(got) - 1
            assert series.count >= len(got)
        if at_end:
            return got
        at_end = done()


@pytest.mark.parametrize("runs", [1, 3], ids=["one series", "a series each"])
def test_writers_at_once_lose_and_double_nothing_and_readers_see_each_point_once(store, place, runs):
    ids = ["a", "b", "c"][:runs]
    store.create_runs([NewRun(run_id, "e", "me", status=Status.RUNNING) for run_id in ids[1:]])
    writers = [process(WRITER, place, n, ids[n % runs]) for n in range(3)]
    got = {}

    def reader(run_id):
        with closing(stores.opened(place)) as own:
            got[run_id] = follow(own, run_id, lambda: all(writer.poll() is not None for writer in writers))

    threads = [threading.Thread(target=reader, args=[run_id]) for run_id in ids]
    for thread in threads:
        thread.start()
    ended(writers)
    for thread in threads:
        thread.join()
    for n in range(3):
        mine = [v for v in got[ids[n % runs]] if v // 10_000 == n]
        assert mine == [float(n * 10_000 + j) for j in range(6000)]
    for run_id in ids:
        kept = [v for *_, v in store.series(run_id, "x")[1][0].points]
        assert kept == got[run_id]
        assert len(kept) == store.get_run(run_id).metrics["x"].count == 18_000 // runs
    assert count(store, "chunk") >= 15 - runs
    assert count(store, "point") < 1280 * runs + 100


def test_a_writer_that_is_killed_at_any_moment_loses_nothing_that_was_said_and_leaves_no_half(store, place):
    rng = random.Random(11)
    kept = 0
    for _ in range(6):
        writer = process(
            """
            store, i = opened(sys.argv[1]), int(sys.argv[2])
            while True:
                n = random.choice([1, 1, 1, 1, 300, 1300, 4000])
                store.append("a", [Point("x", "number", float(j), float(j), time.time()) for j in range(i, i + n)])
                i += n
                os.write(1, b"%d\\n" % i)
            """,
            place,
            kept,
        )
        said = [writer.stdout.readline() for _ in range(rng.randrange(1, 60))]
        # Most of its time goes into transactions, so this is in the middle of one.
        threading.Event().wait(rng.random() * 0.01)
        writer.kill()
        said += writer.communicate(timeout=60)[0].split("\n")
        assert writer.returncode == -signal.SIGKILL
        last = int([line for line in said if line.strip()][-1])
        found = [v for *_, v in read(store).points]
        assert found == list(map(float, range(len(found))))
        assert len(found) >= last
        assert store.get_run("a").metrics["x"].count == len(found)
        kept = len(found)
    if config.is_address(place):
        return
    with closing(sqlite3.connect(store.location)) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
