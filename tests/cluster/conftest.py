"""One fixture, `cluster`: each engine that can be started here. Every test of `test_engines.py` runs on all of them.

`here` is a package's engine (`here.py`) and always there; Slurm where it is installed; Ray and Dask where `make test-cluster` has brought
them (CLUSTER_RAY, CLUSTER_DASK).
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import slurm

from jupyter_runs import lookout
from jupyter_runs.experiment import Experiment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_runs.workspace import Workspace

FOLDER = Path(__file__).parent
ENGINES = ["here", *(["ray"] if os.environ.get("CLUSTER_RAY") else []), "slurm"]


@dataclass
class Cluster:
    """An engine that has been started."""

    #: Of the target, which is named "there".
    kind: str
    #: The rest of its table.
    table: str
    #: While inside, no job starts.
    full: Callable[[], object]
    #: From now on it does not answer.
    cut: Callable[[], None]
    #: What runs jobs on the node dies without a word; None where there is no such thing.
    kill_node: Callable[[], None] | None = None


@pytest.fixture(scope="session")
def slurm_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[slurm.Slurm]:
    if why := slurm.missing():
        pytest.skip(why)
    started = slurm.Slurm(tmp_path_factory.mktemp("slurm"))
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture(params=ENGINES)
def cluster(request, tmp_path, monkeypatch) -> Cluster:
    """An engine, as the target "there" of the workspace."""
    # Jobs, too, must find what the tests bring along.
    monkeypatch.syspath_prepend(str(installed(tmp_path / "site")))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "site"), str(FOLDER)]))
    monkeypatch.setattr(lookout, "LOOK_S", 0.2)
    monkeypatch.setattr(lookout, "_lookouts", {})
    return globals()[f"_{request.param}"](request, tmp_path, monkeypatch)


def installed(folder: Path) -> Path:
    """A folder of packages in which the engine `here` is installed."""
    facts = folder / "here_executor-1.0.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: here-executor\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[jupyter_runs.executors]\nhere = here:HereExecutor\n")
    return folder


def _here(_request, tmp_path, _monkeypatch) -> Cluster:
    folder = tmp_path / "engine"
    folder.mkdir()

    @contextmanager
    def full() -> Iterator[None]:
        (folder / "full").touch()
        yield
        (folder / "full").unlink(missing_ok=True)

    return Cluster("here", f'folder = "{folder}"', full, lambda: folder.rename(tmp_path / "away") and None)


def _slurm(request, _tmp_path, monkeypatch) -> Cluster:
    started: slurm.Slurm = request.getfixturevalue("slurm_here")
    for name, value in started.environ.items():
        monkeypatch.setenv(name, value)

    @contextmanager
    def full() -> Iterator[None]:
        started.ask("scontrol", "update", "PartitionName=all", "State=DOWN")
        yield
        started.ask("scontrol", "update", "PartitionName=all", "State=UP")

    def kill_node() -> None:
        started.kill_node()
        request.addfinalizer(started.start_node)

    return Cluster("slurm", "", full, lambda: monkeypatch.setenv("PATH", str(Path(sys.executable).parent)), kill_node)


@pytest.fixture
def target(cluster, ws) -> Callable[..., None]:
    """Writes the workspace's compute.toml: the target "there", with more lines if wanted."""

    def write(*lines: str, shared: str = "true") -> None:
        text = "\n".join([f'type = "{cluster.kind}"', f"shared = {shared}", cluster.table, *lines])
        (ws.folder / "compute.toml").write_text(f"[compute.there]\n{text}\n")

    write()
    return write


@pytest.fixture
def exp(ws: Workspace, target) -> Experiment:
    """An experiment in a workspace that has the target."""
    return Experiment(ws, "elsewhere")
