"""A whole workspace moves to another store: nothing of it is lost, and whoever is interrupted goes on."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import stores
from kernel import until

from jupyter_runs import Experiment, Model, config, paths
from jupyter_runs import workspace as workspaces
from jupyter_runs.errors import RunStateError, StoreError, WorkspaceConfigError
from jupyter_runs.migration import migrate
from jupyter_runs.model import NewRun, Status
from jupyter_runs.workspace import Workspace

WAYS = [("sqlite", "postgresql"), ("postgresql", "sqlite"), ("sqlite", "sqlite"), ("postgresql", "postgresql")]


@pytest.fixture(params=WAYS, ids=" to ".join)
def way(request, tmp_path):
    """Addresses of a source and of a target."""
    return [stores.workspace(kind, tmp_path / name) for kind, name in zip(request.param, ("from", "to"), strict=True)]


@pytest.fixture
def across(tmp_path):
    return [stores.workspace("sqlite", tmp_path / "from"), stores.workspace("postgresql", tmp_path / "to")]


@pytest.fixture(autouse=True)
def _closed():
    yield
    for shared in workspaces.opened():
        shared.store.close()
    workspaces._opened.clear()


def fill(place, tmp_path):
    """A workspace with something of everything."""
    ws = Workspace(place)
    digits = Experiment(ws, "digits")
    digits.tag("team", "red")
    run = digits.start_logging("a", tags={"q": "good", "none": None}, params={"lr": "0.1"}, snapshot_directory=None)
    run.add_properties({"author": "me"})
    for value in (0.5, 1, math.nan, math.inf, -math.inf, -0.0, 2**70, "text", True, None):
        run.log("mixed", value)
    run.log_list("many", [float(i) for i in range(4000)])
    run.log_row("row", x=1, y=math.nan)
    run.log_table("table", {"x": [1, 2], "y": ["a", "b"]})
    child = run.child_run("child")
    child.log("acc", 0.9, step=3)
    child.complete()
    (tmp_path / "m.bin").write_bytes(bytes(range(256)))
    run.upload_file("outputs/m.bin", str(tmp_path / "m.bin"))
    run.register_model("net", "outputs/m.bin", tags={"stage": "new"})
    run.fail("it broke", "E1")
    for name in ("archived", "binned", "last"):
        other = digits.start_logging(name, snapshot_directory=None)
        other.complete()
        getattr(other, {"archived": "archive", "binned": "delete"}.get(name, "get_status"))()
    away = Experiment(ws, "away").start_logging("old", snapshot_directory=None)
    away.complete()
    Experiment(ws, "away").archive()
    gone = Experiment(ws, "gone").start_logging("gone", snapshot_directory=None)
    gone.complete()
    Experiment(ws, "gone").delete()
    return ws


def content(store):
    """All that a store holds, but what is its own."""
    with store._db.read() as conn:
        ids = [row[0] for row in conn.execute("SELECT run_id FROM run ORDER BY seq").fetchall()]
        experiments = conn.execute(
            "SELECT name, created_at, last_number, archived_at, tags, deleted_at FROM experiment ORDER BY name"
        ).fetchall()
    # The owner is this process, which goes on beating.
    runs = [repr(replace(run, rev=0, heartbeat_at=None)) for run in store.get_runs(ids)]
    series = [repr(store.series(run_id)[1]) for run_id in ids]
    return ids, [tuple(row) for row in experiments], runs, series, [store.events(i) for i in ids], store.models()


def files(place):
    folder = config.resolve(place).folder
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for name in ("runs", "models", "snapshots")
        for path in (folder / name).rglob("*")
        if path.is_file()
    }


def moved(source, target, **options):
    return migrate(config.resolve(source), config.resolve(target), **options)


def test_everything_is_there_and_the_source_is_as_it_was(way, tmp_path):
    source, target = way
    ws = fill(source, tmp_path)
    before = content(ws.store), files(source)
    done = moved(source, target)
    assert done.differences == []
    assert (done.counts["runs"], done.counts["models"], done.counts["points"]) == ((7, 7), (1, 1), (4013, 4013))
    with closing(stores.opened(target)) as there:
        assert content(there) == before[0]
    assert files(target) == before[1]
    assert (content(ws.store), files(source)) == before


def test_what_was_moved_goes_on_in_the_target(across, tmp_path):
    source, target = across
    fill(source, tmp_path)
    moved(source, target)
    ws = Workspace(target)
    assert Model(ws, "net").version == 1
    run = Experiment(ws, "digits").start_logging("new", snapshot_directory=None)
    assert run.number == 6
    run.complete()
    (binned,) = ws.search("is:deleted exp:digits")
    binned.restore()
    assert [r.name for r in ws.search("is:root exp:digits sort:number")] == ["a", "binned", "last", "new"]


def test_a_second_time_changes_nothing_and_takes_what_is_new(across, tmp_path):
    source, target = across
    ws = fill(source, tmp_path)
    moved(source, target)
    with closing(stores.opened(target)) as there:
        before = content(there)
        cursor = there.cursor()
        Experiment(ws, "digits").start_logging("new", snapshot_directory=None).complete()
        done = moved(source, target)
        assert (done.known, done.differences) == (7, [])
        assert [run.name for run in there.changes(cursor).runs] == ["new"]
        assert content(there)[0][:-1] == before[0]


def test_what_has_changed_on_one_side_is_told_and_left(across, tmp_path):
    source, target = across
    ws = fill(source, tmp_path)
    moved(source, target)
    (run,) = ws.search("is:root name:last")
    run.tag("later", "yes")
    done = moved(source, target)
    assert f"run {run.id} differs" in done.differences
    before, after = done.counts["tags"]
    assert f"tags: {before} in the source, {after} in the target" in done.differences
    with closing(stores.opened(target)) as there:
        assert there.get_run(run.id).tags == {}


def test_runs_that_have_not_ended_are_refused_or_taken_as_they_are(across):
    source, target = across
    with closing(stores.opened(source)) as store:
        store.create_runs([NewRun("busy", "e", "me", status=Status.RUNNING)])
    with pytest.raises(RunStateError, match="--force") as error:
        moved(source, target)
    assert "\n" not in str(error.value)
    assert moved(source, target, unfinished=True).differences == []
    with closing(stores.opened(target)) as there:
        assert there.get_run("busy").status is Status.RUNNING


def test_runs_that_a_crash_has_left_are_failed_and_moved(across):
    source, target = across
    code = (
        "import os, sys; from jupyter_runs import Experiment, Workspace; "
        "Experiment(Workspace(sys.argv[1]), 'e').start_logging(snapshot_directory=None, outputs=False); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, source], check=False)
    assert moved(source, target).differences == []
    assert [run.status for run in Experiment(Workspace(target), "e").get_runs()] == ["Failed"]


def test_a_target_with_other_runs_is_refused_and_left(across):
    source, target = across
    for place, run_id in ((source, "ours"), (target, "theirs")):
        with closing(stores.opened(place)) as store:
            store.create_runs([NewRun(run_id, "e", "me", status=Status.COMPLETED)])
    with pytest.raises(StoreError, match=r"theirs\)\. Give an empty workspace"):
        moved(source, target)
    with closing(stores.opened(target)) as there:
        assert there.get_runs(["ours"]) == []


def test_source_and_target_are_two(across):
    with pytest.raises(WorkspaceConfigError, match="both source and target"):
        moved(across[0], across[0])


@pytest.mark.parametrize("kinds", WAYS[:2], ids=" to ".join)
def test_a_migration_that_is_killed_again_and_again_is_finished_by_the_next_one(kinds, tmp_path):
    source, target = (stores.workspace(kind, tmp_path / kind) for kind in kinds)
    ws = Workspace(source)
    ids = [f"run{i}" for i in range(450)]
    ws.store.create_runs([NewRun(run_id, "e", "me", status=Status.RUNNING, tags={"i": run_id}) for run_id in ids])
    for i, run_id in enumerate(ids):
        folder = paths.run_folder(ws.folder, run_id)
        folder.mkdir(parents=True)
        (folder / "log.txt").write_text(run_id)
        if i % 9 == 0:
            run = ws.get_run(run_id)
            run.log_list("x", [float(n) for n in range(1500)])
        ws.store.transition(run_id, Status.COMPLETED)
    code = (
        "import sys, os, signal\nfrom jupyter_runs import config\nfrom jupyter_runs.migration import migrate\n"
        "def tell(what, done, total):\n"
        "    if (what, done) == (sys.argv[3], int(sys.argv[4])): os.kill(os.getpid(), signal.SIGKILL)\n"
        "migrate(config.resolve(sys.argv[1]), config.resolve(sys.argv[2]), tell=tell)\n"
    )
    for what, at in (("runs", 100), ("runs", 300), ("files", 200)):
        killed = subprocess.run([sys.executable, "-c", code, source, target, what, str(at)], check=False, timeout=60)
        assert killed.returncode == -9
    # And in the middle of a transaction.
    writing = subprocess.Popen([sys.executable, "-c", code, source, target, "never", "0"], stderr=subprocess.DEVNULL)
    with closing(stores.opened(target)) as there:
        until(lambda: writing.poll() is not None or len(there.get_runs(ids)) >= 300)
    writing.kill()
    writing.wait()
    done = moved(source, target)
    assert done.differences == []
    assert done.counts["runs"] == (450, 450)
    assert done.known >= 300
    with closing(stores.opened(target)) as there:
        assert content(there) == content(ws.store)
    assert files(target) == files(source)


def test_the_command_moves_a_workspace_and_says_what_is_there(across, tmp_path):
    source, target = across
    ws = fill(source, tmp_path)
    command = ["jupyter", "runs", "migrate", source, target]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["runs"], found["differences"]) == (7, [])
    assert "secret" not in done.stdout + done.stderr
    (run,) = ws.search("is:root name:last")
    run.tag("later", "yes")
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert f"run {run.id} differs" in again.stderr


def test_the_command_refuses_what_is_no_workspace(tmp_path):
    command = ["jupyter", "runs", "migrate", str(tmp_path / "nothing"), str(tmp_path / "to")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert not Path(tmp_path / "to").exists()
