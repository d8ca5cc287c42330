"""One fixture, `cluster`: each engine that can be started here. Every test of `test_engines.py` runs on all of them.

`here` is a package's engine (`here.py`), and Dask that of docs/targets.md; Slurm is there where it is installed; Ray where
`make test-cluster` has brought it (CLUSTER_RAY names its programs). Without CLUSTER=all, Dask and Slurm have only the tests that are
marked `everywhere`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import dasks
import here
import pytest
import rays
import slurm

from jupyter_runs import lookout
from jupyter_runs.experiment import Experiment
from scripts import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_runs.workspace import Workspace

FOLDER = Path(__file__).parent
_SLOW = ["dask", *(["ray"] if os.environ.get("CLUSTER_RAY") else []), "slurm"]
ENGINES = ["here", *(pytest.param(name, marks=pytest.mark.slow) for name in _SLOW)]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of slow engines what tells most, unless all was asked for."""
    if os.environ.get("CLUSTER") == "all":
        return
    left = [
        item
        for item in items
        if FOLDER in item.path.parents
        and isinstance(item, pytest.Function)
        and item.get_closest_marker("everywhere") is None
        and getattr(item, "callspec", None) is not None
        and item.callspec.params.get("cluster", "here") != "here"
    ]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


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


@contextmanager
def _running(started):
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="session")
def slurm_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[slurm.Slurm]:
    if why := slurm.missing():
        pytest.skip(why)
    with _running(slurm.Slurm(tmp_path_factory.mktemp("slurm"))) as started:
        yield started


@pytest.fixture(scope="session")
def ray_here() -> Iterator[rays.Ray]:
    # A short path: its sockets are files.
    with (
        tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder,
        _running(rays.Ray(Path(folder), Path(os.environ["CLUSTER_RAY"]))) as started,
    ):
        yield started


@pytest.fixture(scope="session")
def dask_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dasks.Dask]:
    pytest.importorskip("distributed")
    with _running(dasks.Dask(tmp_path_factory.mktemp("dask"))) as started:
        yield started


@pytest.fixture(params=ENGINES)
def cluster(request, tmp_path, monkeypatch) -> Cluster:
    """An engine, as the target "there" of the workspace."""
    # Jobs, too, must find what the tests bring along.
    site = here.installed(tmp_path / "site", dask="dask_executor:DaskExecutor")
    (site / "dask_executor.py").write_text(dasks.example(FOLDER.parent.parent / "docs" / "targets.md"))
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), str(FOLDER)]))
    monkeypatch.setattr(lookout, "LOOK_S", 0.2)
    monkeypatch.setattr(lookout, "_lookouts", {})
    return globals()[f"_{request.param}"](request, tmp_path, monkeypatch)


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


def _dask(request, tmp_path, _monkeypatch) -> Cluster:
    started: dasks.Dask = request.getfixturevalue("dask_here")

    @contextmanager
    def full() -> Iterator[None]:
        from distributed import Client

        mark, begun = tmp_path / "full", tmp_path / "begun"
        mark.touch()
        begun.touch()
        hog = f"echo >>{begun}; while [ -e {mark} ]; do sleep 0.05; done"
        with Client(started.address, set_as_default=False) as client:
            running = sum(len(keys) for keys in client.processing().values())
            hogs = [client.submit(subprocess.call, ["sh", "-c", hog], pure=False) for _ in range(dasks.THREADS)]
            until(lambda: begun.stat().st_size >= dasks.THREADS - running, "it is full")
            yield
            mark.unlink()
            client.gather(hogs)

    def cut() -> None:
        file = tmp_path / "ws" / "compute.toml"
        file.write_text(file.read_text().replace(started.address, "tcp://127.0.0.1:9"))

    def kill_node() -> None:
        started.kill_node()
        request.addfinalizer(started.start_node)

    return Cluster("dask", f'address = "{started.address}"', full, cut, kill_node)


def _ray(request, tmp_path, monkeypatch) -> Cluster:
    started: rays.Ray = request.getfixturevalue("ray_here")
    for name, value in started.environ.items():
        monkeypatch.setenv(name, value)

    @contextmanager
    def full() -> Iterator[None]:
        mark = tmp_path / "full"
        mark.touch()
        hogs = [f"hog-{time.time_ns()}-{number}" for number in range(rays.SLOTS)]
        for hog in hogs:
            started.submit(hog, f"while [ -e {mark} ]; do sleep 0.05; done")
        free = rays.SLOTS - len(marked_jobs(started, "RUNNING", but=hogs))
        started.until(lambda: len(set(marked_jobs(started, "RUNNING")) & set(hogs)) == free, "it is full")
        yield
        mark.unlink()

    def cut() -> None:
        file = tmp_path / "ws" / "compute.toml"
        file.write_text(file.read_text().replace(started.address, "http://127.0.0.1:9"))

    def kill_node() -> None:
        started.kill_node()
        request.addfinalizer(started.start_node)

    table = f'address = "{started.address}"\ntoken_env = "{rays.TOKEN_ENV}"\nresources = {{slot = 1}}'
    return Cluster("ray", table, full, cut, kill_node)


def marked_jobs(started: rays.Ray, status: str, but: tuple[str, ...] | list[str] = ()) -> list[str]:
    jobs = started.ask("GET", "/api/jobs/")
    return [job["submission_id"] for job in jobs if job["status"] == status and job["submission_id"] not in but]


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
