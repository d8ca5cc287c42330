"""What the studio and MLflow's UI are measured on: the same runs for both, as far as both have such a thing."""

from __future__ import annotations

import math
import random
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_runs import paths
from jupyter_runs.model import NewRun, Point, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jupyter_runs import Workspace

RUNS, CHILDREN, POINTS, LINES, LIVE = 10_000, 512, 1_000_000, 1_000_000, 50
#: Names of experiments; `TABLE` is used last, so that the sidebar shows it first.
CURVE, LOG, SWEEP, TABLE = "curve", "log", "sweep", "table"
#: Runs and points of one transaction.
_PORTION = 500
_POINTS = 10_000

#: A program that keeps runs at work: each logs five values a second and tells how far it is.
FEEDER = f"""
    import time
    from jupyter_runs import Experiment, Workspace
    experiment = Experiment(Workspace.from_config(), "live")
    runs = [
        experiment.start_logging(display_name=f"live {{n}}", outputs=False, snapshot_directory=None)
        for n in range({LIVE})
    ]
    step, at = 0, time.monotonic()
    while True:
        for n, run in enumerate(runs):
            run.log("loss", 1 / (step + n + 1), step=step)
        step, at = step + 1, at + 0.2
        time.sleep(max(0, at - time.monotonic()))
"""


@dataclass(frozen=True)
class Facts:
    """What is said of one run."""

    run_id: str
    name: str
    params: dict[str, str]
    tags: dict[str, str]
    metrics: dict[str, float]
    parent_id: str | None = None


def many() -> Iterator[list[Facts]]:
    """The runs of a big experiment, in portions."""
    chance = random.Random(1)
    for start in range(0, RUNS, _PORTION):
        yield [_facts(chance, f"trial {n}") for n in range(start, start + _PORTION)]


def family() -> list[Facts]:
    """A parent and its children."""
    chance = random.Random(2)
    parent = _facts(chance, "parent")
    return [parent, *(_facts(chance, f"child {n}", parent.run_id) for n in range(CHILDREN))]


def _facts(chance: random.Random, name: str, parent_id: str | None = None) -> Facts:
    params = {
        "lr": str(chance.choice((0.1, 0.01, 0.001))),
        "depth": str(chance.randint(1, 8)),
        "model": chance.choice(("mlp", "cnn", "resnet")),
        "seed": str(chance.randint(0, 10**6)),
    }
    metrics = {"acc": chance.random(), "loss": chance.random()}
    run_id = str(uuid.UUID(int=chance.getrandbits(128)))
    return Facts(run_id, name, params, {"fold": str(chance.randint(0, 4))}, metrics, parent_id)


def curve() -> Iterator[list[tuple[int, float]]]:
    """Step and value of a noisy loss, in portions."""
    chance = random.Random(3)
    for start in range(0, POINTS, _POINTS):
        yield [(i, math.exp(-i / 2e5) + chance.gauss(0, 0.02)) for i in range(start, start + _POINTS)]


@dataclass(frozen=True)
class Filled:
    """Ids of the runs that something is looked at in."""

    parent: str
    curve: str
    log: str


def fill(workspace: Workspace) -> Filled:
    """Put everything into an empty workspace, through its store, as runs of a script would."""
    store = workspace.store
    curve_id, log_id = _started(workspace, CURVE, "long curve"), _started(workspace, LOG, "long log")
    for portion in curve():
        began = time.time() - POINTS / 100
        store.append(curve_id, [Point("loss", "number", value, step, began + step / 100) for step, value in portion])
    _write_log(workspace, log_id)
    for run_id in (curve_id, log_id):
        store.transition(run_id, Status.COMPLETED)
    kin = family()
    _put(workspace, SWEEP, kin)
    for portion_of_runs in many():
        _put(workspace, TABLE, portion_of_runs)
    return Filled(kin[0].run_id, curve_id, log_id)


def _started(workspace: Workspace, experiment: str, name: str) -> str:
    run_id = str(uuid.uuid4())
    workspace.store.create_runs([NewRun(run_id, experiment, workspace.user, status=Status.RUNNING, name=name)])
    return run_id


def _put(workspace: Workspace, experiment: str, portion: Iterable[Facts]) -> None:
    store, now = workspace.store, time.time()
    facts = list(portion)
    # A parent must be there before its children.
    for level in ([one for one in facts if not one.parent_id], [one for one in facts if one.parent_id]):
        store.create_runs([_new(workspace.user, experiment, one) for one in level])
    # The children before their parent.
    for one in reversed(facts):
        store.append(one.run_id, [Point(name, "number", value, 0, now) for name, value in one.metrics.items()])
        store.transition(one.run_id, Status.COMPLETED)


def _new(user: str, experiment: str, one: Facts) -> NewRun:
    return NewRun(
        *(one.run_id, experiment, user, Status.RUNNING, one.name),
        parent_id=one.parent_id,
        tags=dict(one.tags),
        params=one.params,
    )


def _write_log(workspace: Workspace, run_id: str) -> None:
    file = paths.run_log(workspace.folder, run_id)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as log:
        log.writelines(
            f"2026-11-25 12:00:00 INFO line {n} loss={n / 7:.6f} some text beside it\n" for n in range(LINES)
        )
    workspace.store.update_run(run_id, log_bytes=file.stat().st_size)
