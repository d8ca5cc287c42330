"""The feed: what changes in the store, from any process, reaches every listener, and nothing is left behind."""

from __future__ import annotations

import itertools
import logging
import os
import subprocess
import sys
import threading
import time

import pytest
import stores
from kernel import until

from jupyter_runs import Experiment, RunCanceled
from jupyter_runs.feed import Feed

pytestmark = pytest.mark.usefixtures("no_new_threads")


class Listener:
    """Remembers every call: when, in which thread, and the runs."""

    def __init__(self, fails_with=None):
        self.calls = []
        self.fails_with = fails_with

    def __call__(self, runs):
        self.calls.append((time.monotonic(), threading.current_thread(), runs))
        if self.fails_with is not None:
            raise self.fails_with

    def latest(self):
        return {run.run_id: run for _, _, runs in self.calls for run in runs}

    def last(self, run, metric="x"):
        found = self.latest().get(run.id)
        return found.metrics[metric].last if found is not None and metric in found.metrics else None


@pytest.fixture(params=stores.KINDS)
def ws_place(request, tmp_path):
    return stores.workspace(request.param, tmp_path / "ws")


@pytest.fixture
def feed(ws):
    feed = Feed(ws.store)
    yield feed
    for subscription in list(feed._subscriptions):
        subscription.close()


@pytest.fixture
def run(ws):
    return Experiment(ws, "e").start_logging()


def thread_of(feed):
    return next((t for t in threading.enumerate() if t is feed._thread), None)


def test_a_change_reaches_the_listener_in_the_threads_own_time(feed, run):
    heard = Listener()
    subscription = feed.subscribe(heard)
    run.log("x", 1)
    until(lambda: heard.last(run) == 1)
    _, thread, runs = heard.calls[-1]
    assert thread.name == "jupyter-runs-feed"
    assert thread.daemon
    assert [r.run_id for r in runs] == [run.id]
    subscription.close()


def test_what_was_there_before_is_not_told(feed, run):
    run.log("x", 1)
    heard = Listener()
    subscription = feed.subscribe(heard)
    run.tag("a")
    until(lambda: run.id in heard.latest())
    assert heard.calls[0][2][0].tags == {"a": None}
    subscription.close()


def test_changes_by_another_process_are_told(feed, ws, run, ws_place):
    heard = Listener()
    subscription = feed.subscribe(heard)
    code = f"from jupyter_runs import Workspace; Workspace().get_run({run.id!r}).tag('from', 'afar')"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "JUPYTER_RUNS_WORKSPACE": ws_place})
    until(lambda: run.id in heard.latest() and heard.latest()[run.id].tags == {"from": "afar"})
    subscription.close()


def test_changes_are_collected_and_each_run_is_told_once_as_it_is_then(feed, run):
    heard = Listener()
    subscription = feed.subscribe(heard, min_interval_s=0.3)
    began = time.monotonic()
    other = run.child_run()
    i = 0
    while time.monotonic() - began < 1:
        run.log("x", i := i + 1)
        other.log("x", i)
    until(lambda: heard.last(run) == i and heard.last(other) == i)
    took = time.monotonic() - began
    assert i > 20
    assert len(heard.calls) <= took / 0.3 + 2
    times = [at for at, _, _ in heard.calls]
    assert all(later - earlier >= 0.29 for earlier, later in itertools.pairwise(times))
    for _, _, runs in heard.calls:
        assert len({r.run_id for r in runs}) == len(runs)
    subscription.close()


def test_none_of_many_runs_by_many_threads_is_lost(feed, ws, run):
    heard = Listener()
    subscription = feed.subscribe(heard, min_interval_s=0.05)

    def work():
        for _ in range(10):
            with_value = run.child_run()
            with_value.log("x", 1)
            with_value.complete()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = {child.id for child in run.get_children()}
    assert len(ids) == 40
    until(lambda: {r.run_id for r in heard.latest().values() if r.status.is_final} == ids)
    assert {heard.latest()[i].metrics["x"].last for i in ids} == {1}
    subscription.close()


def test_each_listener_has_its_own_pace(feed, run):
    eager, slow = Listener(), Listener()
    subscriptions = [feed.subscribe(eager, min_interval_s=0), feed.subscribe(slow, min_interval_s=60)]
    run.log("x", 0)
    until(lambda: eager.last(run) == 0 and slow.last(run) == 0)
    for i in range(1, 4):
        run.log("x", i)
        until(lambda i=i: eager.last(run) == i)
    assert len(slow.calls) == 1
    for subscription in subscriptions:
        subscription.close()


@pytest.mark.parametrize("error", [ValueError("a fault"), RunCanceled("some-run"), KeyboardInterrupt(), SystemExit(1)])
def test_a_listeners_fault_is_logged_and_silences_nobody(feed, run, caplog, error):
    bad, good = Listener(error), Listener()
    subscriptions = [feed.subscribe(bad), feed.subscribe(good)]
    with caplog.at_level(logging.WARNING, logger="jupyter_runs.feed"):
        for i in range(3):
            run.log("x", i)
            until(lambda i=i: good.last(run) == i and bad.last(run) == i)
    assert "A listener of jupyter_runs failed" in caplog.text
    for subscription in subscriptions:
        subscription.close()


def test_the_thread_starts_with_the_first_subscription_and_ends_with_the_last(feed, run):
    assert thread_of(feed) is None
    first, second = feed.subscribe(Listener()), feed.subscribe(Listener())
    thread = thread_of(feed)
    assert thread is not None
    first.close()
    assert thread_of(feed) is thread
    second.close()
    second.close()
    assert not thread.is_alive()
    heard = Listener()
    again = feed.subscribe(heard)
    run.log("x", 5)
    until(lambda: heard.last(run) == 5)
    again.close()


def test_nothing_is_told_after_close(feed, run):
    heard, witness = Listener(), Listener()
    subscription, other = feed.subscribe(heard), feed.subscribe(witness)
    run.log("x", 1)
    until(lambda: heard.last(run) == 1)
    subscription.close()
    run.log("x", 2)
    until(lambda: witness.last(run) == 2)
    assert heard.last(run) == 1
    other.close()


def test_a_listener_may_close_itself_and_others(feed, run):
    heard = []
    subscriptions = []

    def close_all(runs):
        heard.append(runs)
        for subscription in subscriptions:
            subscription.close()

    subscriptions += [feed.subscribe(close_all), feed.subscribe(close_all)]
    thread = thread_of(feed)
    run.log("x", 1)
    until(lambda: not thread.is_alive())
    assert len(heard) == 1


def test_a_store_that_fails_for_a_while_is_followed_again(feed, ws, run, monkeypatch):
    from jupyter_runs.errors import StoreBusy

    heard = Listener()
    subscription = feed.subscribe(heard)
    tried = threading.Event()

    def busy(*_args, **_kwargs):
        tried.set()
        raise StoreBusy

    monkeypatch.setattr(ws.store, "changes", busy)
    run.log("x", 1)
    assert tried.wait(10)
    monkeypatch.undo()
    until(lambda: heard.last(run) == 1)
    subscription.close()


def test_a_run_that_goes_into_the_bin_and_comes_back_is_told_of(ws):
    run = Experiment(ws, "e").start_logging()
    run.complete()
    told = []
    subscription = ws.feed.subscribe(told.extend, min_interval_s=0.0)
    try:
        run.delete()
        until(lambda: any(r.run_id == run.id and r.deleted_at for r in told))
        run.restore()
        until(lambda: told[-1].run_id == run.id and told[-1].deleted_at is None)
    finally:
        subscription.close()
