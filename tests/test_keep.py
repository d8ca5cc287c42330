"""Archive, bin, removal for good, and the tags of experiments: what a person sees, and what is left in the store and on disk."""

from __future__ import annotations

import inspect
import sqlite3
import threading
import time
from contextlib import closing, suppress
from datetime import timezone

import pytest
import stores

from jupyter_runs import Experiment, paths
from jupyter_runs.errors import InvalidName, RunNotFound, RunStateError
from jupyter_runs.experiment_keep import ViewType
from jupyter_runs.provenance import SNAPSHOT
from jupyter_runs.store import sql_keep
from jupyter_runs.workspace import Workspace

DAY_S = 86_400.0


@pytest.fixture(params=stores.KINDS)
def ws_place(request, tmp_path):
    return stores.workspace(request.param, tmp_path / "ws")


@pytest.fixture
def exp(ws):
    return Experiment(ws, "digits")


def ended(exp, name="a", children=0, **facts):
    """A completed run with that many completed children."""
    run = exp.start_logging(name, outputs=False, snapshot_directory=None, **facts)
    for i in range(children):
        run.child_run(f"{name}-{i}").complete()
    run.complete()
    return run


def listed(exp):
    return [run.name for run in exp.get_runs()]


def rows(ws, sql, *params):
    with stores.connected(ws.store) as conn:
        return conn.execute(sql, params).fetchall()


def change(ws, sql, *params):
    with stores.connected(ws.store) as conn:
        conn.execute(sql, params)


def folders(place, ws):
    return sorted(path.name for path in place(ws.folder, "x").parent.iterdir())


def age(ws, run, days):
    """As if the run had gone into the bin so many days ago."""
    change(ws, "UPDATE run SET deleted_at = ? WHERE run_id = ?", time.time() - days * DAY_S, run.id)


# -- archive -------------------------------------------------------------------------------------------------------------


def test_an_archived_run_is_out_of_listings_until_it_is_reactivated(ws, exp):
    old, new = ended(exp, "old"), ended(exp, "new")
    old.archive()
    assert listed(exp) == ["new"]
    assert [run.name for run in ws.search("is:archived")] == ["old"]
    assert ws.get_run(old.id).name == "old"
    assert ws.store.experiment("digits").total == 1
    old.reactivate()
    assert listed(exp) == ["new", "old"]
    assert new.wire()["archived_at"] is None


def test_archiving_twice_changes_nothing_and_the_timeline_tells_it_once(ws, exp):
    run = ended(exp)
    run.archive()
    first = ws.store.get_run(run.id)
    run.archive()
    assert ws.store.get_run(run.id) == first
    assert [e.kind for e in ws.store.events(run.id) if e.kind == "archived"] == ["archived"]
    assert run.wire()["archived_at"] == first.archived_at


def test_children_stay_below_an_archived_run(exp):
    run = ended(exp, children=2)
    run.archive()
    assert len(run.get_children()) == 2
    next(run.get_children()).archive()
    assert len(run.get_children()) == 1


def test_a_run_that_goes_on_may_be_archived_and_logs_and_ends_as_ever(exp):
    run = exp.start_logging(outputs=False, snapshot_directory=None)
    run.archive()
    run.log("loss", 1)
    run.complete()
    assert (run.get_metrics(), run.status) == ({"loss": 1}, "Completed")


# -- the bin -------------------------------------------------------------------------------------------------------------


def test_a_binned_run_is_in_no_listing_or_count_and_get_run_still_gives_it(ws, exp):
    run, other = ended(exp, "gone", children=3), ended(exp, "here")
    run.delete()
    assert listed(exp) == ["here"]
    assert {r.name for r in exp.get_runs(include_children=True)} == {"here"}
    assert list(ws.search("gone")) == []
    assert ws.store.experiment("digits").total == 1
    assert ws.find_run("last") == other
    assert ws.get_run(run.id).name == "gone"
    assert [r.name for r in ws.search("is:deleted is:root")] == ["gone"]


def test_a_binned_run_comes_back_with_its_values(ws, exp):
    run = exp.start_logging("a", tags={"k": "v"}, outputs=False, snapshot_directory=None)
    child = run.child_run("b")
    child.log("loss", 0.5)
    child.complete()
    run.complete()
    before = ws.store.get_run(run.id)
    run.delete()
    run.restore()
    after = ws.store.get_run(run.id)
    assert listed(exp) == ["a"]
    assert (after.tags, after.status, after.number, after.child_counts) == (
        before.tags,
        before.status,
        before.number,
        {"Completed": 1},
    )
    assert [r.get_metrics() for r in run.get_children()] == [{"loss": 0.5}]


def test_deleting_and_restoring_twice_is_harmless(ws, exp):
    run = ended(exp, children=1)
    run.delete()
    binned = ws.store.get_run(run.id)
    run.delete()
    assert ws.store.get_run(run.id) == binned
    run.restore()
    back = ws.store.get_run(run.id)
    run.restore()
    assert ws.store.get_run(run.id) == back
    assert [e.kind for e in ws.store.events(run.id)][-2:] == ["deleted", "restored"]


def test_what_was_deleted_before_stays_in_the_bin_when_the_parent_is_restored(exp):
    run = ended(exp, children=2)
    first = next(run.get_children())
    first.delete()
    assert run.wire()["child_counts"] == {"Completed": 1}
    run.delete()
    run.restore()
    assert first not in run.get_children()
    assert len(run.get_children()) == 1
    first.restore()
    assert len(run.get_children()) == 2


def test_a_child_is_not_restored_without_its_parent(exp):
    run = ended(exp, children=1)
    child = next(run.get_children())
    run.delete()
    with pytest.raises(RunStateError, match=f"Restore run {run.id}") as error:
        child.restore()
    assert "\n" not in str(error.value)
    run.restore()
    assert list(run.get_children()) == [child]


@pytest.mark.parametrize("below", [False, True])
def test_an_unfinished_run_is_not_deleted_and_the_refusal_names_cancel(exp, below):
    run = exp.start_logging("open", outputs=False, snapshot_directory=None)
    busy = run.child_run("child") if below else run
    if below:
        other = run.child_run("done")
        other.complete()
        run._workspace.store.transition(run.id, run._record().status.COMPLETED)
    with pytest.raises(RunStateError, match=f"{busy.id} is Running.*cancel") as error:
        run.delete()
    assert "\n" not in str(error.value)
    assert listed(exp) == ["open"]
    busy.cancel()
    run.cancel()
    run.delete()
    assert listed(exp) == []


def test_a_run_in_the_bin_takes_no_children(ws, exp):
    run = ended(exp)
    run.delete()
    with pytest.raises(RunStateError, match=r"in the bin.*Restore it"):
        run.child_run()
    assert len(ws.search("is:deleted")) == 1


def test_a_run_that_is_not_there_cannot_be_deleted(ws):
    for call in (ws.store.delete_run, ws.store.restore_run, lambda run_id: ws.store.set_archived(run_id, True)):
        with pytest.raises(RunNotFound):
            call("nobody")


def test_the_feed_tells_a_binned_run_once_as_deleted_and_a_restored_one_as_changed(ws, exp):
    run = ended(exp, children=1)
    child = next(run.get_children())
    start = ws.store.cursor()
    run.delete()
    told = ws.store.changes(start)
    assert sorted(told.deleted) == sorted([run.id, child.id])
    assert told.runs == []
    assert ws.store.changes(told.cursor).deleted == []
    run.restore()
    back = ws.store.changes(told.cursor)
    assert back.deleted == []
    assert {r.run_id for r in back.runs} == {run.id, child.id}


def test_the_feed_tells_the_parent_of_a_deleted_child(ws, exp):
    run = ended(exp, children=2)
    start = ws.store.cursor()
    next(run.get_children()).delete()
    assert [(r.run_id, r.child_counts) for r in ws.store.changes(start).runs] == [(run.id, {"Completed": 1})]


# -- gc ------------------------------------------------------------------------------------------------------------------


def test_gc_removes_what_was_in_the_bin_for_long_and_nothing_else(ws, exp):
    old, young, here = ended(exp, "old", children=2), ended(exp, "young"), ended(exp, "here")
    for run in (old, young):
        run.delete()
    for run in ws.search("is:deleted"):
        if run != young:
            age(ws, run, 31)
    assert ws.gc().runs == 3
    with pytest.raises(RunNotFound):
        ws.get_run(old.id)
    assert ws.get_run(young.id).name == "young"
    assert listed(exp) == [here.name]
    assert ws.gc(older_than_days=0).runs == 1
    assert ws.gc(older_than_days=0).runs == 0


def test_gc_leaves_no_row_of_a_removed_run_and_all_of_another(ws, exp):
    gone = exp.start_logging(
        "gone", tags={"a": "b"}, properties={"p": "q"}, params={"x": 1}, outputs=False, snapshot_directory=None
    )
    kept = exp.start_logging("kept", tags={"a": "c"}, outputs=False, snapshot_directory=None)
    for i in range(50):
        gone.log("loss", i)
        kept.log("loss", -i)
    gone.log_table("t", {"x": [1, 2]})
    for run in (gone, kept):
        run.complete()
    before = ws.store.series(kept.id)[1], ws.store.events(kept.id)
    gone.delete()
    ws.gc(older_than_days=0)
    for table in ("run", "tag", "event"):
        assert {row[0] for row in rows(ws, f"SELECT run_id FROM {table}")} == {kept.id}
    assert [row[0] for row in rows(ws, "SELECT name FROM series WHERE run_id = ?", kept.id)] == ["loss"]
    assert rows(
        ws, "SELECT count(*) FROM point WHERE series_id IN (SELECT series_id FROM series WHERE run_id = ?)", kept.id
    ) == [(50,)]
    assert (ws.store.series(kept.id)[1], ws.store.events(kept.id)) == before
    # All other points but the newest of the store.
    assert rows(ws, "SELECT count(*) FROM point")[0][0] <= 51


def test_a_position_in_the_log_of_points_is_never_given_out_twice(ws, exp):
    run = exp.start_logging("a", outputs=False, snapshot_directory=None)
    for i in range(10):
        run.log("loss", i)
    run.complete()
    cursor = ws.store.cursor()
    run.delete()
    ws.gc(older_than_days=0)
    new = exp.start_logging("b", outputs=False, snapshot_directory=None)
    seen = ws.store.changes(cursor).cursor
    new.log("loss", 7)
    assert [r.run_id for r in ws.store.changes(seen).runs] == [new.id]
    assert new.get_metrics() == {"loss": 7}
    new.complete()
    new.delete()
    ws.gc(older_than_days=0)
    assert rows(ws, "SELECT count(*) FROM point") == [(1,)]


def test_a_run_made_anew_under_the_id_of_a_removed_one_has_only_its_own_values(ws, exp):
    before = ws.store.cursor()
    for names in (("loss", "acc"), ("acc", "loss")):
        run = exp.start_logging("mine", run_id="mine", outputs=False, snapshot_directory=None)
        for i, name in enumerate(names):
            run.log(name, i)
            run.log(name, i + 10)
        run.complete()
        assert run.get_metrics() == {names[0]: [0, 10], names[1]: [1, 11]}
        cursor = ws.store.cursor()
        run.delete()
        ws.gc(older_than_days=0)
        assert ws.store.changes(cursor).deleted == ["mine"]
    ended(exp, run_id="mine")
    assert [r.run_id for r in ws.store.changes(before).runs] == ["mine"]
    assert ws.store.changes(before).deleted == []


def test_gc_removes_files_and_work_folders_of_removed_runs_and_says_how_much(ws, exp):
    gone, kept = ended(exp, "gone"), ended(exp, "kept")
    for run in (gone, kept):
        for folder in (paths.run_folder(ws.folder, run.id), paths.work_folder(ws.folder, run.id)):
            (folder / "deep").mkdir(parents=True)
            (folder / "deep" / "file").write_bytes(b"12345")
    gone.delete()
    would = ws.gc(older_than_days=0, dry_run=True)
    assert paths.run_folder(ws.folder, gone.id).exists()
    assert [r.name for r in ws.search("is:deleted")] == ["gone"]
    did = ws.gc(older_than_days=0)
    assert (did.runs, did.files, did.bytes) == (would.runs, would.files, would.bytes) == (1, 2, 10)
    assert folders(paths.run_folder, ws) == [kept.id]
    assert folders(paths.work_folder, ws) == [kept.id]


def test_gc_removes_work_folders_of_runs_that_ended_a_while_ago(ws, exp):
    old, young = ended(exp, "old"), ended(exp, "young")
    active = exp.start_logging("active", outputs=False, snapshot_directory=None)
    change(ws, "UPDATE run SET ended_at = ended_at - 7200 WHERE run_id = ?", old.id)
    for run in (old, young, active):
        (paths.work_folder(ws.folder, run.id) / "src").mkdir(parents=True)
        paths.run_folder(ws.folder, run.id).mkdir(parents=True, exist_ok=True)
    ws.gc()
    assert folders(paths.work_folder, ws) == sorted([young.id, active.id])
    assert paths.run_folder(ws.folder, old.id).exists()


def test_gc_leaves_folders_that_it_knows_nothing_about(ws):
    strange = paths.run_folder(ws.folder, "strange")
    strange.mkdir(parents=True)
    ws.gc(older_than_days=0)
    assert strange.exists()


def test_gc_removes_snapshots_that_no_run_names_any_more(ws, exp, tmp_path, monkeypatch):
    from jupyter_runs import source, source_blobs

    monkeypatch.setattr(source, "YOUNG_S", -1.0)
    monkeypatch.setattr(source_blobs, "YOUNG_S", -1.0)
    ids = []
    for text in ("one", "two"):
        folder = tmp_path / text
        folder.mkdir()
        (folder / "train.py").write_text(text)
        ids.append(source.take(ws.folder, folder).snapshot_id)
    gone, kept = (ended(exp, properties={SNAPSHOT: snapshot_id}) for snapshot_id in ids)
    gone.delete()
    assert ws.gc(older_than_days=0).snapshots == 1
    assert [source.exists(ws.folder, snapshot_id) for snapshot_id in ids] == [False, True]
    kept.delete()
    assert ws.gc(older_than_days=0, dry_run=True).snapshots == 1


@pytest.mark.parametrize("crash", ["erase", "discard", "sweep", "_sweep_points", "give_back"])
def test_gc_that_dies_in_the_middle_is_finished_by_the_next_one(ws, exp, monkeypatch, crash):
    run, kept = exp.start_logging("a", outputs=False, snapshot_directory=None), ended(exp, "kept", children=1)
    for i in range(100):
        run.log("loss", i)
    run.complete()
    folder = paths.run_folder(ws.folder, run.id)
    folder.mkdir(parents=True, exist_ok=True)
    run.delete()

    def dies(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(ws.store._db if crash == "give_back" else ws.store), crash, dies)
        with pytest.raises(KeyboardInterrupt):
            ws.gc(older_than_days=0)
    if crash == "erase":  # still whole
        run.restore()
        assert len(run.get_metrics()["loss"]) == 100
        run.delete()
    ws.gc(older_than_days=0)
    with pytest.raises(RunNotFound):
        ws.get_run(run.id)
    assert not folder.exists()
    assert rows(ws, "SELECT count(*) FROM point") == [(1,)]
    assert len(kept.get_children()) == 1


def test_points_go_in_small_portions_and_others_write_in_between(ws, exp, monkeypatch):
    monkeypatch.setattr(sql_keep, "_PORTION", 10)
    runs = [exp.start_logging(f"r{i}", outputs=False, snapshot_directory=None) for i in range(3)]
    for run in runs:
        for i in range(25):
            run.log("a", i)
            run.log("b", i)
        run.complete()
        run.delete()
    writer = exp.start_logging("writer", outputs=False, snapshot_directory=None)
    stop, logged = threading.Event(), []

    def write():
        while not stop.is_set():
            writer.log("w", len(logged))
            logged.append(len(logged))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        ws.gc(older_than_days=0)
    finally:
        stop.set()
        thread.join()
    values = writer.get_metrics().get("w", [])
    assert (values if isinstance(values, list) else [values]) == logged
    named = "SELECT count(*) FROM point WHERE series_id NOT IN (SELECT series_id FROM series WHERE run_id = ?)"
    assert rows(ws, named, writer.id)[0][0] <= 1


@pytest.mark.parametrize("ws_place", ["sqlite"], indirect=True)
def test_space_is_given_back_to_the_file_system(ws, exp):
    run = exp.start_logging("big", outputs=False, snapshot_directory=None)
    run.log_list("big", [i**0.5 for i in range(200_000)])
    run.complete()
    run.delete()
    before = rows(ws, "PRAGMA page_count")[0][0]
    ws.gc(older_than_days=0)
    assert rows(ws, "PRAGMA page_count")[0][0] < before / 4
    assert rows(ws, "PRAGMA integrity_check") == [("ok",)]


def test_a_store_that_was_made_without_giving_back_is_rewritten_once(tmp_path):
    from jupyter_runs import workspace as workspaces

    (tmp_path / "old").mkdir()
    with closing(sqlite3.connect(tmp_path / "old" / paths.DATABASE)) as conn:
        conn.execute("PRAGMA journal_mode=WAL")
    ws = Workspace(tmp_path / "old")
    assert rows(ws, "PRAGMA auto_vacuum") == [(0,)]
    run = Experiment(ws, "e").start_logging("a", outputs=False, snapshot_directory=None)
    run.log_list("big", [i**0.5 for i in range(50_000)])
    run.complete()
    run.delete()
    before = rows(ws, "PRAGMA page_count")[0][0]
    ws.gc(older_than_days=0)
    assert rows(ws, "PRAGMA auto_vacuum") == [(2,)]
    assert rows(ws, "PRAGMA page_count")[0][0] < before / 2
    ws.store.close()
    workspaces._opened.clear()


def test_tombstones_are_kept_for_a_week_and_not_for_ever(ws, exp):
    run = ended(exp)
    cursor = ws.store.cursor()
    run.delete()
    ws.gc(older_than_days=0)
    assert ws.store.changes(cursor).deleted == [run.id]
    ws.gc()
    assert rows(ws, "SELECT run_id FROM tombstone") == [(run.id,)]
    change(ws, "UPDATE tombstone SET at = at - ?", 8 * DAY_S)
    ws.gc()
    assert rows(ws, "SELECT * FROM tombstone") == []


def test_who_has_heard_of_the_bin_does_not_hear_of_the_removal_again(ws, exp):
    run = ended(exp)
    run.delete()
    cursor = ws.store.cursor()
    ws.gc(older_than_days=0)
    assert ws.store.changes(cursor).deleted == []


@pytest.mark.parametrize("days", [-1, float("nan"), "30", None])
def test_gc_takes_days_from_zero_on(ws, days):
    with pytest.raises(InvalidName, match="older_than_days"):
        ws.gc(older_than_days=days)


def test_gc_never_touches_files_of_models(ws, exp):
    model = paths.models(ws.folder) / "net" / "1"
    model.mkdir(parents=True)
    (model / "net.bin").write_bytes(b"x")
    ended(exp).delete()
    ws.gc(older_than_days=0)
    assert (model / "net.bin").read_bytes() == b"x"


def with_everything(exp, name):
    run = exp.start_logging(name, outputs=False, snapshot_directory=None)
    run.child_run("child").complete()
    run.log_list("v", range(50))
    run.complete()
    folder = paths.run_folder(exp.workspace.folder, run.id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "f").write_text("x")
    return run


def test_many_at_work_at_once_get_in_nobodys_way(ws, exp):
    """Two who collect, one who deletes, one who restores: afterwards every run is whole or gone."""
    runs = [with_everything(exp, f"r{i}") for i in range(40)]
    errors: list[BaseException] = []

    def work(what, which):
        try:
            for run in which:
                with suppress(RunNotFound):
                    what(run)
        except BaseException as error:  # noqa: BLE001 - told below
            errors.append(error)

    def collect(_run):
        ws.gc(older_than_days=0)

    jobs = [
        (collect, runs[:15]),
        (collect, runs[:15]),
        (lambda r: r.delete(), runs[:30]),
        (lambda r: r.restore(), runs[:30]),
    ]
    threads = [threading.Thread(target=work, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ws.gc(older_than_days=0)
    assert errors == []
    left = {run.id for run in exp.get_runs()}
    assert {run.id for run in runs[30:]} <= left
    for run in runs:
        assert paths.run_folder(ws.folder, run.id).exists() == (run.id in left)
        if run.id in left:
            assert run.get_metrics() == {"v": list(range(50))}
            assert len(run.get_children()) == 1
    assert rows(ws, "SELECT count(*) FROM run") == [(2 * len(left),)]
    assert rows(ws, "SELECT count(*) FROM point")[0][0] - 50 * len(left) in {0, 1}


# -- experiments ---------------------------------------------------------------------------------------------------------


def test_tags_of_an_experiment_are_merged_and_removed(ws, exp):
    exp.tag("stage", "draft")
    exp.tag("plain")
    exp.set_tags({"stage": "final", "n": 3})
    exp.remove_tags(["plain", "nobody"])
    exp.refresh()
    assert exp.tags == Experiment(ws, "digits").tags == {"stage": "final", "n": "3"}
    exp.remove_tags("n")
    assert exp.tags == {"stage": "final"}
    with pytest.raises(InvalidName):
        exp.tag("")
    with pytest.raises(InvalidName):
        exp.remove_tags(3)


def test_an_archived_experiment_and_its_runs_are_out_of_listings_and_come_back_exactly(ws, exp):
    by_hand, run = ended(exp, "by hand"), ended(exp, "run", children=1)
    by_hand.archive()
    assert exp.archived_time is None
    exp.archive()
    exp.archive()
    assert exp.archived_time.tzinfo is timezone.utc
    assert "digits" not in ws.experiments
    assert list(ws.search()) == listed(exp) == []
    assert len(run.get_children()) == 1
    assert ws.store.experiment("digits").total == 1
    exp.reactivate()
    assert "digits" in ws.experiments
    assert listed(exp) == ["run"]
    assert exp.archived_time is None
    assert [r.name for r in ws.search("is:archived")] == ["by hand"]


def test_clocks_that_tick_slowly_do_not_mix_what_was_archived_by_hand_with_the_rest(ws, exp, monkeypatch):
    by_hand, _ = ended(exp, "by hand"), ended(exp, "run")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    by_hand.archive()
    exp.archive()
    exp.reactivate()
    assert listed(exp) == ["run"]
    first, second = ended(exp, "first", children=1), ended(exp, "second")
    next(first.get_children()).delete()
    first.delete()
    second.delete()
    first.restore()
    assert len(first.get_children()) == 0


def test_a_new_run_brings_an_archived_experiment_back(ws, exp):
    ended(exp, "old")
    exp.archive()
    ended(Experiment(ws, "digits"), "new")
    assert listed(exp) == ["new", "old"]
    assert list(ws.experiments) == ["digits"]


def test_reactivating_under_a_new_name_takes_the_runs_along(ws, exp):
    run = ended(exp, "a", children=1)
    exp.tag("k", "v")
    Experiment(ws, "taken")
    exp.archive()
    with pytest.raises(InvalidName, match="taken"):
        exp.reactivate("taken")
    with pytest.raises(InvalidName):
        exp.reactivate("not a name")
    assert exp.archived_time is not None
    exp.reactivate(new_name="letters")
    assert (exp.name, exp.tags, listed(exp)) == ("letters", {"k": "v"}, ["a"])
    assert run.experiment == exp
    assert set(ws.experiments) == {"letters", "taken"}
    assert ended(exp, "b").number == 3


def test_experiments_are_listed_by_view_name_and_tags(ws):
    a, b = Experiment(ws, "a"), Experiment(ws, "b")
    a.tag("team", "red")
    b.archive()
    names = lambda **how: sorted(e.name for e in Experiment.list(ws, **how))
    assert names() == ["a"]
    assert names(view_type=ViewType.All) == ["a", "b"]
    assert names(view_type="ArchivedOnly") == ["b"]
    assert names(experiment_name="b", view_type="All") == ["b"]
    assert names(experiment_name="b") == []
    assert names(tags="team") == names(tags={"team": "red"}) == ["a"]
    assert names(tags={"team": "blue"}) == []
    with pytest.raises(InvalidName, match="ActiveOnly, All, ArchivedOnly"):
        Experiment.list(ws, view_type="Everything")


@pytest.mark.parametrize("how", ["static", "keywords", "handle", "static on a handle"])
def test_deleting_an_experiment_bins_its_runs_and_gc_ends_it(ws, exp, how):
    run = ended(exp, "a", children=2)
    ended(Experiment(ws, "other"))
    if how == "static":
        Experiment.delete(ws, exp.id)
    elif how == "keywords":
        Experiment.delete(workspace=ws, experiment_id=exp.id)
    elif how == "handle":
        exp.delete()
    else:
        Experiment(ws, "other").delete(ws, exp.id)
    assert list(ws.experiments) == ["other"]
    assert [e.name for e in Experiment.list(ws, view_type="All")] == ["other"]
    assert len(ws.search("is:deleted")) == 3
    # A look at a run in the bin does not bring the experiment back.
    assert run.experiment.name == "digits"
    assert list(ws.experiments) == ["other"]
    assert ws.gc(older_than_days=0).runs == 3
    assert rows(ws, "SELECT name FROM experiment") == [("other",)]


def test_delete_has_the_signature_of_sdk_v1():
    assert list(inspect.signature(Experiment.delete).parameters) == ["workspace", "experiment_id"]
    assert "in the bin" in inspect.getdoc(Experiment.delete)


def test_half_a_static_delete_on_a_handle_deletes_nothing(ws, exp):
    with pytest.raises(InvalidName, match="together"):
        exp.delete(ws)
    assert list(ws.experiments) == ["digits"]


def test_an_experiment_with_an_unfinished_run_is_not_deleted(ws, exp):
    ended(exp, "done")
    run = exp.start_logging("open", outputs=False, snapshot_directory=None)
    with pytest.raises(RunStateError, match="cancel"):
        exp.delete()
    assert listed(exp) == ["open", "done"]
    run.complete()
    exp.delete()
    assert list(ws.experiments) == []


def test_restoring_a_run_brings_its_deleted_experiment_back(ws, exp):
    run = ended(exp, "a", children=1)
    ended(exp, "b")
    exp.delete()
    run.restore()
    assert list(ws.experiments) == ["digits"]
    assert listed(exp) == ["a"]
    assert len(run.get_children()) == 1


@pytest.mark.parametrize("again", ["handle", "run"])
def test_a_deleted_experiment_is_made_anew_by_its_name_and_without_its_runs(ws, exp, again):
    ended(exp, "old")
    exp.delete()
    new = Experiment(ws, "digits") if again == "handle" else exp
    if again == "run":
        ended(exp, "new")
    assert list(ws.experiments) == ["digits"]
    assert listed(new) == ([] if again == "handle" else ["new"])
    ws.gc(older_than_days=0)
    assert list(ws.experiments) == ["digits"]


def test_an_experiment_that_is_not_there_is_said_so(ws, exp):
    with pytest.raises(InvalidName, match="No experiment 'nobody'"):
        Experiment.delete(ws, "nobody")
    exp.delete()
    for call in (lambda: exp.tags, lambda: exp.archived_time):
        with pytest.raises(InvalidName, match="No experiment 'digits'"):
            call()


@pytest.mark.parametrize("ws_place", ["sqlite"], indirect=True)
def test_listing_experiments_counts_on_the_index_of_root_runs(ws, exp):
    ended(exp)
    with closing(sqlite3.connect(ws.store.location)) as conn:
        from jupyter_runs.store import sql_read

        seen = []
        conn.set_trace_callback(seen.append)
        sql_read.experiments(conn, False)
        conn.set_trace_callback(None)
        plan = [row[3] for row in conn.execute(f"EXPLAIN QUERY PLAN {seen[0]}")]
    assert any("run_experiment_root" in line for line in plan)
    with suppress(StopIteration):
        assert not next(line for line in plan if line.startswith("SCAN r"))
