"""How far a store goes: `python -m benchmarks.scale [--store postgresql://…] [--runs 1e6] [--points 1e8] [--live 1000]`.

A store is filled to a hundredth, asked, filled to the whole, and asked again: the second column is the baseline of the ratio, so that the
noise of the machine meets both. Then so many runs at once log and beat, from a few processes, and a reader follows them by the feed.
The store must be empty; without `--store` it is a SQLite file in a temporary folder.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import random
import statistics
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any

from benchmarks.core import line
from jupyter_runs import config, liveness
from jupyter_runs.model import NewRun, Point, Status
from jupyter_runs.search import parse
from jupyter_runs.store.base import RunFilter, Span
from jupyter_runs.store.opening import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.queues import Queue

    from jupyter_runs.store.base import Store

_EXPERIMENTS = 100
_RUNS_AT_ONCE, _POINTS_AT_ONCE = 1_000, 10_000
#: Points of one run; the last one gets what is left.
_LONG = 1_000_000
#: Processes that the runs at once are shared among, how often each run logs, and values each time.
_PROCESSES, _EVERY_S, _VALUES = 8, 1.0, 5
_SECONDS = 30.0


@dataclass
class Filling:
    """What is in the store so far."""

    store: Store
    runs: int = 0
    points: int = 0
    #: A run with many points, and how many.
    curve: str = ""
    curve_points: int = 0

    def grow_runs(self, to: int) -> float:
        """Ended runs in a hundred experiments, five texts each; returns the seconds."""
        chance, began = random.Random(self.runs), time.perf_counter()
        while self.runs < to:
            count = min(_RUNS_AT_ONCE, to - self.runs)
            self.store.create_runs([_run(self.runs + n, chance) for n in range(count)])
            self.runs += count
        return time.perf_counter() - began

    def grow_points(self, to: int) -> float:
        """Curves of a million points; returns the seconds."""
        chance, began = random.Random(1), time.perf_counter()
        noise = [chance.gauss(0, 0.02) for _ in range(_POINTS_AT_ONCE)]
        while self.points < to:
            run_id, count = str(uuid.uuid4()), min(_LONG, to - self.points)
            self.store.create_runs([NewRun(run_id, "curves", "bench", status=Status.RUNNING)])
            for start in range(0, count, _POINTS_AT_ONCE):
                steps = range(start, min(start + _POINTS_AT_ONCE, count))
                at = 1.7e9 + start / 50
                self.store.append(
                    run_id,
                    [
                        Point("loss", "number", math.exp(-i / 2e5) + noise[i - start], float(i), at + (i - start) / 50)
                        for i in steps
                    ],
                )
            self.store.transition(run_id, Status.COMPLETED)
            self.points += count
            self.curve, self.curve_points = run_id, count
        return time.perf_counter() - began


def _run(number: int, chance: random.Random) -> NewRun:
    tags: dict[str, str | None] = {"fold": str(chance.randint(0, 4)), "id": str(number)}
    if number % 1000 == 0:
        tags["best"] = None
    texts = {"lr": str(chance.choice((0.1, 0.01, 0.001))), "seed": str(chance.randint(0, 10**6))}
    return NewRun(
        *(str(uuid.UUID(int=chance.getrandbits(128))), f"experiment-{number % _EXPERIMENTS}", f"user-{number % 7}"),
        status=Status.COMPLETED,
        tags=tags,
        params=texts,
        properties={"azureml.git.commit": f"{chance.getrandbits(160):040x}"},
    )


def _questions(filling: Filling) -> dict[str, Callable[[], object]]:
    """What people ask all day."""
    store = filling.store

    def find(text: str = "", **more: Any) -> Callable[[], object]:
        query = parse(text) if text else None
        return lambda: store.find_runs(RunFilter(query=query, include_children=query is not None, **more), 50)

    middle = filling.curve_points // 2
    return {
        "newest 50 of all": find(),
        "newest 50 of an experiment": find(experiment="experiment-7"),
        "one tag of a thousand": find("tag:best"),
        "one tag of all": find("tag:id=4321"),
        "a common tag in an experiment": find("tag:fold=3 exp:experiment-7"),
        "a param below a number": find("param:lr<0.05 exp:experiment-7"),
        "active runs": find(active=True),
        "experiments with counts": store.experiments,
        "a curve, 2,000 points of it": lambda: store.series(filling.curve, "loss", None, 2_000),
        "zoom on 10,000 points": lambda: store.series(
            filling.curve, "loss", None, 2_000, Span("step", middle, middle + 10_000)
        ),
        "what changed since now": lambda: store.changes(store.cursor()),
        "one value logged": _logging(store),
    }


def _logging(store: Store) -> Callable[[], object]:
    run_id = str(uuid.uuid4())
    store.create_runs([NewRun(run_id, "live", "bench", status=Status.RUNNING)])
    return lambda: store.append(run_id, [Point("loss", "number", 0.5, None, time.time())])


def _median(question: Callable[[], object]) -> float:
    question()
    times = []
    for _ in range(7):
        began = time.perf_counter()
        question()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def fill(store: Store, runs: int, points: int) -> Iterator[str]:
    """Fill and ask, twice."""
    filling = Filling(store)
    small = filling.grow_runs(max(_EXPERIMENTS, runs // 100)), filling.grow_points(max(_POINTS_AT_ONCE, points // 100))
    few, little = filling.runs, filling.points
    before = {name: _median(question) for name, question in _questions(filling).items()}
    seconds = filling.grow_runs(runs), filling.grow_points(points)
    yield f"{'':<44} {f'{runs:,} runs':>12} {f'{few:,}':>12}   ratio"
    rate = seconds[0] / max(1, runs - few), small[0] / few
    yield line("a run, 1,000 at a time", *rate, "")
    rate = seconds[1] / max(1, points - little), small[1] / little
    yield line(f"a point, 10,000 at a time, {points:,}", *rate, "")
    for name, question in _questions(filling).items():
        yield line(name, _median(question), before[name], "")


# -- runs at once ------------------------------------------------------------------------------------------------------


def _live(where: str, count: int, seconds: float, answers: Queue[list[float]]) -> None:
    """One process: so many runs, each of which logs a few values a second and beats."""
    store = open_store(config.resolve(where))
    owner = liveness.this_process()
    ids = [str(uuid.uuid4()) for _ in range(count)]
    store.create_runs([NewRun(one, "live", "bench", status=Status.RUNNING, owner=owner) for one in ids])
    times, step, began = [], 0, time.monotonic()
    while time.monotonic() - began < seconds:
        for n, run_id in enumerate(ids):
            due = began + step * _EVERY_S + n * _EVERY_S / count
            time.sleep(max(0.0, due - time.monotonic()))
            now = time.time()
            values = [Point(f"m{k}", "number", now + k, float(step), now) for k in range(_VALUES)]
            start = time.perf_counter()
            store.append(run_id, values)
            times.append(time.perf_counter() - start)
        store.heartbeat(owner)
        step += 1
    for run_id in ids:
        store.transition(run_id, Status.COMPLETED)
    store.close()
    answers.put(times)


def at_once(where: str, count: int, seconds: float) -> Iterator[str]:
    """So many runs at once, and how late their values are seen by a reader of the feed."""
    store = open_store(config.resolve(where))
    answers: Queue[list[float]] = multiprocessing.get_context("spawn").Queue()
    each = max(1, count // _PROCESSES)
    workers = [
        multiprocessing.get_context("spawn").Process(target=_live, args=(where, each, seconds, answers))
        for _ in range(_PROCESSES)
    ]
    cursor = store.cursor()
    for worker in workers:
        worker.start()
    late: list[float] = []
    times: list[float] = []
    done = 0
    while done < len(workers):
        changes = store.changes(cursor)
        cursor, now = changes.cursor, time.time()
        late += [
            now - run.metrics["m0"].updated_at
            for run in changes.runs
            if "m0" in run.metrics and not run.status.is_final
        ]
        try:
            times += answers.get(timeout=0.2)
            done += 1
        except Empty:
            continue
    for worker in workers:
        worker.join()
    store.close()
    made = len(times) / seconds
    yield f"{each * _PROCESSES:,} runs at once, {_PROCESSES} processes, {seconds:.0f} s"
    yield f"{'appends a second (wanted, got)':<44} {each * _PROCESSES / _EVERY_S:>12.0f} {made:>12.0f}"
    if times:
        cut = statistics.quantiles(times, n=100)
        took = "".join(f" {one * 1e3:>9.1f} ms" for one in (cut[49], cut[98], max(times)))
        yield f"{'an append of 5 values: median, 99 %, slowest':<44}{took}"
    if late:
        yield f"{'a value until the reader has it: median':<44} {statistics.median(late) * 1e3:>9.0f} ms"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", help="folder or address; default: SQLite in a temporary folder")
    parser.add_argument("--runs", type=float, default=1e6)
    parser.add_argument("--points", type=float, default=1e8)
    parser.add_argument("--live", type=int, default=1_000, help="runs at once; 0: leave that out")
    parser.add_argument("--seconds", type=float, default=_SECONDS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        where = given.store or str(Path(folder) / "workspace")
        store = open_store(config.resolve(where))
        if store.experiments(archived=None):
            parser.error(f"{store.location} is not empty: give an empty store.")
        for text in fill(store, int(given.runs), int(given.points)):
            print(text, flush=True)
        store.close()
        if given.live:
            for text in at_once(where, given.live, given.seconds):
                print(text, flush=True)


if __name__ == "__main__":
    main()
