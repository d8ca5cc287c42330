"""The log of a run: everything that was shown, to the last byte, also where runs nest."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import psutil

from jupyter_runs import Experiment

if TYPE_CHECKING:
    from jupyter_runs import Workspace


def test_output_after_a_child_has_ended_is_still_in_the_parents_log(ws: Workspace) -> None:
    with Experiment(ws, "e").start_logging() as run:
        print("before")
        with run.child_run() as child:
            print("inside")
        print("after", file=sys.stderr)
    print("outside")
    assert run.get_log() == "before\ninside\nafter\n"
    assert child.get_log() == "inside\n"


def test_the_stream_is_as_it_was_when_the_last_run_has_ended(ws: Workspace) -> None:
    before = sys.stdout.write
    first = Experiment(ws, "e").start_logging()
    second = Experiment(ws, "e").start_logging()
    first.complete()
    print("only the second")
    second.complete()
    assert sys.stdout.write == before
    assert (first.get_log(), second.get_log()) == ("", "only the second\n")


def test_the_length_of_the_log_is_in_the_store_when_the_run_has_ended(ws: Workspace) -> None:
    with Experiment(ws, "e").start_logging() as run:
        print("äöü")
    assert ws.store.get_run(run.id).log_bytes == len("äöü\n".encode())


def test_threads_that_go_on_printing_leave_no_log_open(ws: Workspace) -> None:
    done = threading.Event()

    def chatter() -> None:
        while not done.is_set():
            print("chatter")

    threads = [threading.Thread(target=chatter) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(60):
            with Experiment(ws, "e").start_logging():
                print("x")
    finally:
        done.set()
        for thread in threads:
            thread.join()
    logs = [file.path for file in psutil.Process().open_files() if file.path.endswith("std_log.txt")]
    assert logs == []
