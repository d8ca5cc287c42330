"""Export and import: nothing is lost, nothing is half done, and no file can do harm."""

from __future__ import annotations

import json
import math
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_runs import Experiment, paths, source, transfer
from jupyter_runs import workspace as workspaces
from jupyter_runs.errors import InvalidName, JupyterRunsError, RunNotFound, RunStateError, StoreError
from jupyter_runs.provenance import SNAPSHOT
from jupyter_runs.store.sql_series import every_row
from jupyter_runs.workspace import Workspace

VALUES = [
    0.1,
    -0.0,
    1e308,
    5e-324,
    math.nan,
    math.inf,
    -math.inf,
    1,
    2**53 + 1,
    -(2**63),
    2**70,
    "text",
    "ü\n'\"",
    True,
    None,
]


@pytest.fixture
def exp(ws):
    return Experiment(ws, "digits")


@pytest.fixture
def other(tmp_path):
    workspace = Workspace(tmp_path / "other")
    yield workspace
    workspace.store.close()
    workspaces._opened.clear()


def start(exp, name="a", **facts):
    return exp.start_logging(name, outputs=False, snapshot_directory=None, **facts)


def full(exp, tmp_path):
    """A tree of runs with everything that a run can have."""
    ws = exp.workspace
    code = tmp_path / "code"
    code.mkdir(exist_ok=True)
    (code / "train.py").write_text("print('trained')")
    snapshot_id = source.take(ws.folder, code).snapshot_id
    run = start(
        exp,
        "root",
        tags={"quality": "fantastic", "plain": None},
        properties={SNAPSHOT: snapshot_id, "author": "me"},
        params={"lr": 0.1},
        description="a\nb",
    )
    for i, value in enumerate(VALUES):
        run.log("mixed", value, step=i * 2)
    run.log("integers", 2**53 + 1)
    run.log_list("list", [1, 2.5, math.inf])
    run.log_row("row", x=1, y="b")
    run.log_table("table", {"x": [1, 2], "y": [math.nan, -math.inf]})
    run.progress(3, 10, "third")
    for how in ("complete", "fail", "cancel"):
        child = run.child_run(how)
        child.log("loss", 0.5)
        grandchild = child.child_run(f"{how} below")
        grandchild.complete()
        getattr(child, how)()
    print("to the log")
    run.upload_file("outputs/sub folder/ü.bin", _file(tmp_path, os.urandom(5000)))
    run.upload_file("empty", _file(tmp_path, b""))
    run.complete()
    run.tag("later", "yes")
    next(run.get_children()).archive()
    exp.tag("team", "red")
    return run


def _file(tmp_path, data):
    path = tmp_path / "upload.bin"
    path.write_bytes(data)
    return str(path)


def tables(ws, experiment="digits"):
    """Every row of the store that belongs to the experiment, without what is the store's own: seq, rev and ids of rows."""
    with closing(sqlite3.connect(ws.store.location)) as conn, closing(sqlite3.connect(ws.store.location)) as plain:
        conn.row_factory = sqlite3.Row

        def rows(sql, *params):
            return [dict(row) for row in conn.execute(sql, params)]

        found = {"experiment": rows("SELECT * FROM experiment WHERE name = ?", experiment)}
        found["run"] = rows("SELECT * FROM run WHERE experiment = ? ORDER BY seq", experiment)
        for run in found["run"]:
            run_id = run["run_id"]
            del run["seq"], run["rev"]
            run["owner"] = rows("SELECT * FROM owner WHERE owner_id = ?", run.pop("owner_id"))
            for owner in run["owner"]:
                del owner["owner_id"]
            run["tags"] = rows("SELECT * FROM tag WHERE run_id = ?", run_id)
            run["events"] = rows("SELECT * FROM event WHERE run_id = ? ORDER BY seq", run_id)
            run["series"] = rows("SELECT * FROM series WHERE run_id = ? ORDER BY series_id", run_id)
            for event in run["events"]:
                del event["seq"]
            for series in run["series"]:
                del series["sealed"]  # which of the points are rows
                rest = every_row(plain, series.pop("series_id"))
                series["points"] = [[*point, type(point[2])] for portion in rest for point in portion]
        return found


def files(ws):
    place = paths.run_folder(ws.folder, "x").parent
    return {str(p.relative_to(place)): p.read_bytes() for p in sorted(place.rglob("*")) if p.is_file()}


def everything(ws):
    """What an import that is refused must leave as it is."""
    with closing(sqlite3.connect(ws.store.location)) as conn:
        dump = list(conn.iterdump())
    return dump, sorted(str(p) for p in ws.folder.rglob("*") if p.is_file() and paths.DATABASE not in p.name)


def rewritten(path, change):
    """A copy of an export with other members: `change` gets and gives {name: bytes}."""
    target = path.with_name(f"changed-{path.name}")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in change(members).items():
            archive.writestr(name, data)
    return target


def with_lines(path, change):
    """A copy with other lines of runs."""

    def edit(members):
        lines = [json.loads(line) for line in members["runs.jsonl"].splitlines()]
        members["runs.jsonl"] = b"".join(json.dumps(line).encode() + b"\n" for line in change(lines))
        return members

    return rewritten(path, edit)


def refused(ws, path, *, match, error=InvalidName, **how):
    before = everything(ws)
    with pytest.raises(error, match=match) as caught:
        ws.import_experiment(path, **how)
    assert "\n" not in str(caught.value)
    assert everything(ws) == before


# -- without loss --------------------------------------------------------------------------------------------------------


def test_every_row_and_file_arrives(ws, exp, other, tmp_path):
    run = full(exp, tmp_path)
    second = start(exp, "second")
    second.fail("no reason")
    second.archive()
    path = exp.export(tmp_path / "digits.zip")
    got = other.import_experiment(path)
    assert got == Experiment(other, "digits")
    assert tables(other) == tables(ws)
    assert files(other) == files(ws)
    assert len(files(ws)) >= 3
    # As they are read, too.
    copy = other.get_run(run.id)
    assert repr(copy.get_metrics()) == repr(run.get_metrics())
    assert [child.name for child in copy.get_children(recursive=True)] == [
        c.name for c in run.get_children(recursive=True)
    ]
    assert [r.name for r in got.get_runs()] == ["root"]
    source.restore(other.folder, run.properties[SNAPSHOT], tmp_path / "restored")
    assert (tmp_path / "restored" / "train.py").read_text() == "print('trained')"


def test_a_second_import_changes_nothing(exp, other, tmp_path):
    full(exp, tmp_path)
    path = exp.export(tmp_path)
    assert path == tmp_path / "digits.zip"
    other.import_experiment(path)
    before = tables(other), files(other)
    other.import_experiment(path)
    assert (tables(other), files(other)) == before


def test_an_import_into_the_store_that_it_comes_from_changes_nothing(ws, exp, tmp_path):
    full(exp, tmp_path)
    before = tables(ws), files(ws)
    ws.import_experiment(exp.export(tmp_path))
    assert (tables(ws), files(ws)) == before


def test_a_run_that_was_removed_for_good_is_brought_back(ws, exp, tmp_path):
    run = full(exp, tmp_path)
    before, kept = tables(ws), files(ws)
    path = exp.export(tmp_path)
    start_of_feed = ws.store.cursor()
    run.delete()
    ws.gc(older_than_days=0)
    assert not files(ws)
    ws.import_experiment(path)
    assert (tables(ws), files(ws)) == (before, kept)
    told = ws.store.changes(start_of_feed)
    assert run.id in {r.run_id for r in told.runs}
    assert told.deleted == []
    ws.gc(older_than_days=0)
    assert files(ws) == kept


def test_what_was_exported_twice_from_two_stores_is_the_same(ws, exp, other, tmp_path):
    full(exp, tmp_path)
    first = exp.export(tmp_path / "first.zip")
    second = other.import_experiment(first).export(tmp_path / "second.zip")
    with zipfile.ZipFile(first) as a, zipfile.ZipFile(second) as b:
        assert sorted(a.namelist()) == sorted(b.namelist())
        for name in set(a.namelist()) - {"manifest.json"}:
            assert a.read(name) == b.read(name)


def test_chosen_runs_come_with_their_whole_trees(ws, exp, other, tmp_path):
    run = full(exp, tmp_path)
    one, two = start(exp, "one"), start(exp, "two")
    one.complete()
    two.complete()
    child = next(run.get_children(recursive=True))
    got = other.import_experiment(exp.export(tmp_path, runs=[child, one.id]))
    assert [r.name for r in got.get_runs()] == ["one", "root"]
    assert len(other.get_run(run.id).get_children(recursive=True)) == 6 - 1  # one of them is archived
    assert start(got, "next").number == two.number + 1


def test_a_run_of_another_experiment_cannot_be_chosen_and_nothing_is_written(ws, exp, tmp_path):
    stranger = start(Experiment(ws, "other"))
    start(exp)
    for runs in ([stranger], ["nobody"]):
        with pytest.raises(RunNotFound):
            exp.export(tmp_path / "x.zip", runs=runs)
    with pytest.raises(InvalidName, match="list"):
        exp.export(tmp_path / "x.zip", runs="abc")
    assert not list(tmp_path.glob("*x.zip*"))
    assert exp.get_runs()  # the store is usable after it


def test_what_is_in_the_bin_stays_there(exp, other, tmp_path):
    gone, kept = start(exp, "gone"), start(exp, "kept")
    gone.complete()
    kept.complete()
    gone.delete()
    got = other.import_experiment(exp.export(tmp_path))
    assert [r.name for r in got.get_runs()] == ["kept"]
    with pytest.raises(RunNotFound):
        exp.export(tmp_path, runs=[gone])


def test_an_archived_experiment_is_archived_there_and_comes_back_whole(exp, other, ws, tmp_path):
    start(exp, "by hand").complete()
    next(exp.get_runs()).archive()
    start(exp, "run").complete()
    exp.archive()
    path = exp.export(tmp_path)
    got = other.import_experiment(path)
    assert tables(other) == tables(ws)
    assert list(other.experiments) == []
    got.reactivate()
    assert [r.name for r in got.get_runs()] == ["run"]


def test_runs_of_an_archived_experiment_are_listed_in_an_active_one(exp, other, tmp_path):
    start(exp, "run").complete()
    exp.archive()
    Experiment(other, "digits")
    got = other.import_experiment(exp.export(tmp_path))
    assert [r.name for r in got.get_runs()] == ["run"]
    assert got.archived_time is None


# -- what cannot stay as it was ------------------------------------------------------------------------------------------


def test_numbers_are_kept_where_they_are_free_and_remembered_where_not(exp, other, tmp_path):
    for name in ("a", "b", "c"):
        start(exp, name).complete()
    path = exp.export(tmp_path)
    there = Experiment(other, "digits")
    start(there, "taken").complete()
    other.import_experiment(path)
    runs = {r.name: r for r in there.get_runs()}
    assert {name: r.number for name, r in runs.items()} == {"taken": 1, "a": 4, "b": 2, "c": 3}
    assert runs["a"].properties["jupyter_runs.imported_number"] == "1"
    assert "jupyter_runs.imported_number" not in runs["b"].properties
    before = tables(other)
    other.import_experiment(path)
    assert tables(other) == before
    assert start(there, "new").number == 5


def test_runs_are_imported_into_an_experiment_of_another_name(exp, other, tmp_path):
    start(exp, "a").complete()
    path = exp.export(tmp_path)
    got = other.import_experiment(path, name="letters")
    assert (got.name, [r.name for r in got.get_runs()], list(other.experiments)) == ("letters", ["a"], ["letters"])
    refused(other, path, match="in experiment 'letters'")
    refused(other, path, match="cannot name an experiment", name="no name")


def test_a_run_that_was_not_ended_arrives_as_failed_with_the_reason(exp, other, tmp_path):
    run = start(exp, "open")
    run.log("loss", 1)
    path = exp.export(tmp_path)
    run.complete()
    copy = other.import_experiment(path) and other.get_run(run.id)
    assert copy.status == "Failed"
    assert "was running when exported" in copy.get_details()["error"]["error"]["message"]
    assert copy.get_metrics() == {"loss": 1}
    assert "endTimeUtc" in copy.get_details()
    assert other.store.events(run.id)[-1].kind == "status"
    assert other.store.unfinished_owners() == []
    before = tables(other)
    other.import_experiment(path)
    assert tables(other) == before


def test_a_run_that_is_there_with_another_content_is_refused_before_anything_is_written(exp, other, tmp_path):
    a, b = start(exp, "a"), start(exp, "b")
    for i in range(3):
        b.log("loss", i)
    a.complete()
    b.complete()
    old = exp.export(tmp_path / "old.zip", runs=[b])
    path = exp.export(tmp_path / "new.zip")
    other.import_experiment(with_lines(old, lambda lines: _replace(lines, b"[1,", b"[9,")))
    refused(other, path, match=f"{b.id} is in .* already, with another content")
    assert [r.name for r in other.search()] == ["b"]


def _replace(lines, old, new):
    for line in lines:
        if "points" in line:
            line["points"][1][2] = 99
    return lines


def test_a_changed_tag_is_another_content_too(exp, other, tmp_path):
    run = start(exp, "a")
    run.complete()
    path = exp.export(tmp_path)
    other.import_experiment(path)
    other.get_run(run.id).tag("mine")
    refused(other, path, match="another content")


@pytest.mark.parametrize("how", ["changed", "gone", "added"])
def test_a_changed_file_is_another_content_too(exp, other, tmp_path, how):
    run = start(exp, "a")
    run.upload_file("f", _file(tmp_path, b"1"))
    run.complete()
    path = exp.export(tmp_path)
    other.import_experiment(path)
    folder = paths.run_folder(other.folder, run.id)
    if how == "gone":
        (folder / "f").unlink()
    else:
        (folder / ("f" if how == "changed" else "g")).write_bytes(b"2")
    refused(other, path, match="with another file")


def test_a_run_that_is_in_the_bin_there_is_refused(exp, other, tmp_path):
    run = start(exp, "a")
    run.complete()
    path = exp.export(tmp_path)
    other.import_experiment(path)
    other.get_run(run.id).delete()
    refused(other, path, match="in the bin", error=RunStateError)
    other.get_run(run.id).restore()
    with pytest.raises(InvalidName):  # its timeline tells of the bin
        other.import_experiment(path)


def test_a_deleted_experiment_is_there_again_with_what_was_imported(ws, exp, tmp_path):
    run, old = start(exp, "a"), start(exp, "old")
    run.complete()
    old.complete()
    path = exp.export(tmp_path, runs=[run])
    exp.delete()
    ws.store.restore_run(old.id)
    ws.store.delete_run(old.id)
    age_all = "UPDATE run SET deleted_at = 1 WHERE run_id = ?"
    with closing(sqlite3.connect(ws.store.location)) as conn, conn:
        conn.execute(age_all, (run.id,))
    ws.gc(older_than_days=1)
    ws.import_experiment(path)
    assert [r.name for r in Experiment(ws, "digits").get_runs()] == ["a"]
    assert [r.name for r in ws.search("is:deleted")] == ["old"]


# -- files that do harm --------------------------------------------------------------------------------------------------


@pytest.fixture
def exported(exp, tmp_path):
    full(exp, tmp_path)
    return exp.export(tmp_path)


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, 0.99, -1])
def test_a_truncated_file_is_refused(exported, other, keep):
    data = exported.read_bytes()
    exported.write_bytes(data[: int(len(data) * keep) if 0 < keep < 1 else keep])
    refused(other, exported, match="no whole export.*export it again")


def test_flipped_bits_are_noticed_wherever_they_are(exported, other):
    data = bytearray(exported.read_bytes())
    before = everything(other)
    seen = 0
    for at in range(40, len(data), max(1, len(data) // 60)):
        damaged = bytearray(data)
        damaged[at] ^= 0x55
        exported.write_bytes(damaged)
        try:
            other.import_experiment(exported)
        except JupyterRunsError as error:
            assert "\n" not in str(error)  # noqa: PT017 - a flipped bit may also hit what nobody reads, such as a date
            assert everything(other) == before
            seen += 1
        else:
            shutil.rmtree(paths.run_folder(other.folder, "x").parent)
            for run in other.search():
                run.delete()
            other.gc(older_than_days=0)
            before = everything(other)
    assert seen > 30


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/evil",
        "files/../../evil",
        "files/{id}/../../evil",
        "files/{id}/a/../../../evil",
        "files/{id}//etc/passwd",
        "files/{id}/a\\..\\..\\evil",
        "files/../evil/x",
        "files/.passing-1/x",
        "files/{id}/",
        "files/{id}",
        "files/strange-run/x",
        "snapshots/manifests/../../evil.json",
        "snapshots/blobs/../../evil",
        "other",
    ],
)
def test_a_name_that_has_no_place_is_refused(exported, other, name):
    def add(members):
        run_id = next(n for n in members if n.startswith("files/")).split("/")[1]
        return members | {name.format(id=run_id): b"evil"}

    refused(other, rewritten(exported, add), match="no whole export")
    assert not list(other.folder.parent.rglob("evil*"))


def test_a_link_in_the_file_becomes_an_ordinary_file(exp, other, tmp_path):
    run = start(exp)
    run.upload_file("f", _file(tmp_path, b"1"))
    run.complete()
    path = exp.export(tmp_path)
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, b"/etc/passwd" if name.endswith("/f") else data)
    other.import_experiment(path)
    copy = paths.run_folder(other.folder, run.id) / "f"
    assert not copy.is_symlink()
    assert copy.read_bytes() == b"/etc/passwd"


def test_a_link_that_leads_out_of_a_run_is_not_exported(exp, tmp_path):
    run = start(exp)
    run.complete()
    secret = tmp_path / "secret"
    secret.write_text("secret")
    folder = paths.run_folder(exp.workspace.folder, run.id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "link").symlink_to(secret)
    with zipfile.ZipFile(exp.export(tmp_path)) as archive:
        assert not [name for name in archive.namelist() if name.endswith("link")]


def _set(**facts):
    def change(lines):
        lines[1]["run"] |= facts
        return lines

    return change


def _first(kind, value):
    def change(lines):
        lines[1][kind] = value
        return lines

    return change


HOSTILE = {
    "an id that leads out": _set(run_id="../../x", root_id="../../x"),
    "a status that is none": _set(status="Sleeping"),
    "a name that is a number": _set(name=3),
    "a name that is missing": lambda lines: [lines[0], {**lines[1], "run": {"run_id": "a"}}, *lines[2:]],
    "an unknown column": _set(rev=3),
    "a number below one": _set(number=0),
    "a number beyond all": _set(number=2**80),
    "a parent that is not there": _set(parent_id="nobody"),
    "a parent of somebody else": lambda lines: [
        lines[0],
        *[line for line in lines[1:] if "run" in line and line["run"]["parent_id"]][:1],
    ],
    "a root that is another": _set(root_id="nobody"),
    "a time that is infinite": _set(created_at=1e999),
    "a job that is no object": _set(job="[1]"),
    "half a character": _set(name="\ud800"),
    "an experiment of another name": _set(experiment="strange"),
    "a tag of no kind": _first("texts", [["secret", "a", "b"]]),
    "events that are no list": _first("events", 7),
    "an event without an object": _first("events", [[1.0, "status", None, "3"]]),
    "an owner of two": _first("owner", [1, 2]),
    "a series of no kind": _first("series", [["a", "sound", 1, 1, 1, 1, 1.0]]),
    "a value that is no JSON": lambda lines: _points(lines, [[1, 1.0, "{"]]),
    "a value that is a list": lambda lines: _points(lines, [[1, 1.0, [1]]]),
    "a step that is text": lambda lines: _points(lines, [["1", 1.0, 1]]),
    "points of nobody": lambda lines: [*lines, {"points": [[1, 1.0, 1]], "of": ["nobody", "a"]}],
    "points before runs": lambda lines: [lines[0], {"points": [], "of": ["a", "b"]}, *lines[1:]],
    "two experiments": lambda lines: [lines[0], *lines],
    "no experiment": lambda lines: lines[1:],
    "a run twice": lambda lines: [*lines, lines[1]],
    "a run too few": lambda lines: [line for line in lines if "run" not in line or line["run"]["name"] != "fail below"],
    "a point too few": lambda lines: _points(lines, []),
    "a line that is a list": lambda lines: [*lines, [1]],
    "a line that is a number": lambda lines: [*lines, 1],
    "experiment tags of no kind": lambda lines: [{"experiment": {**lines[0]["experiment"], "tags": 3}}, *lines[1:]],
    "an experiment with a bad name": lambda lines: [
        {"experiment": {**lines[0]["experiment"], "name": "a/b"}},
        *lines[1:],
    ],
}


def _points(lines, points):
    at = next(i for i, line in enumerate(lines) if "points" in line)
    lines[at]["points"] = points
    return lines


@pytest.mark.parametrize("what", HOSTILE)
def test_lines_that_do_not_fit_are_refused(exported, other, what):
    refused(
        other,
        with_lines(exported, HOSTILE[what]),
        match="damaged|no whole export|cannot name|cannot be a run id|Tags are",
    )


@pytest.mark.parametrize("data", [b"{", b"[" * 100_000, b"\xff\xfe", b'{"points": NaN}', b"null\n"])
def test_lines_that_are_no_json_are_refused(exported, other, data):
    refused(
        other,
        rewritten(exported, lambda m: m | {"runs.jsonl": m["runs.jsonl"] + data}),
        match="damaged|no whole export",
    )


def _manifest(**facts):
    return lambda m: m | {"manifest.json": json.dumps({**json.loads(m["manifest.json"]), **facts}).encode()}


def test_a_newer_format_is_refused_with_the_remedy(exported, other):
    refused(other, rewritten(exported, _manifest(version=2, counts="other")), match="pip install -U jupyter_runs")


@pytest.mark.parametrize(
    "change",
    [
        _manifest(format="something"),
        _manifest(version="x"),
        _manifest(version=0),
        _manifest(counts={}),
        _manifest(exported_at="then"),
        lambda m: m | {"manifest.json": b"["},
        lambda m: m | {"manifest.json": b"[]"},
        lambda m: {k: v for k, v in m.items() if k != "manifest.json"},
        lambda m: {k: v for k, v in m.items() if k != "runs.jsonl"},
        lambda m: {},
        lambda m: {k: v for k, v in m.items() if not k.startswith("files/")},
        lambda m: {k: v for k, v in m.items() if not k.startswith("snapshots/manifests")},
        lambda m: {k: v for k, v in m.items() if not k.startswith("snapshots/blobs")},
        lambda m: {k: v + b"x" if k.startswith("snapshots/blobs") else v for k, v in m.items()},
        lambda m: {k: v + b" " if k.startswith("snapshots/manifests") else v for k, v in m.items()},
    ],
)
def test_a_file_that_is_not_whole_is_refused(exported, other, change):
    with_manifest = rewritten(exported, change)
    before = tables(other), files(other)
    with pytest.raises(InvalidName, match="no whole export") as error:
        other.import_experiment(with_manifest)
    assert "\n" not in str(error.value)
    assert (tables(other), files(other)) == before


def test_something_else_than_an_export_is_refused(other, tmp_path):
    (tmp_path / "text").write_text("hello")
    refused(other, tmp_path / "text", match="no whole export")
    refused(other, tmp_path / "nothing", match="no file")
    refused(other, tmp_path, match="cannot be imported|no file", error=(StoreError, InvalidName))


# -- in the middle -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("crash", ["_extract", "_extract_snapshots", "_check_counts", "_move_in"])
def test_an_import_that_is_interrupted_leaves_nothing(exported, other, monkeypatch, crash):
    before = tables(other), files(other)

    def dies(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(transfer, crash, dies)
        with pytest.raises(KeyboardInterrupt):
            other.import_experiment(exported)
    assert (tables(other), files(other)) == before
    other.import_experiment(exported)
    assert len(other.search("is:root")) == 1


def dies_after(ws, call, function):
    """Another process makes the call and is gone without a word just after `function` did its work once."""
    module, name = function.rsplit(".", 1)
    code = f"""
import os, {module.split(":")[0]}
from jupyter_runs import Workspace
owner = {module.replace(":", ".")}
real = owner.{name}
def last(*args, **kwargs):
    real(*args, **kwargs)
    os._exit(9)
owner.{name} = last
ws = Workspace({str(ws.folder)!r})
ws.{call}
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    assert done.returncode == 9


def test_an_import_whose_process_dies_with_the_files_in_place_leaves_no_run_and_can_be_repeated(ws, exported, other):
    dies_after(other, f"import_experiment({str(exported)!r})", "jupyter_runs.transfer._move_in")
    assert list(other.search()) == []
    other.import_experiment(exported)
    assert tables(other) == tables(ws)
    passing = [p for p in paths.run_folder(other.folder, "x").parent.iterdir() if p.name.startswith(".")]
    for folder in passing:
        os.utime(folder, (1, 1))
    other.gc()
    assert files(other) == files(ws)


@pytest.mark.parametrize(
    "function", ["store.sqlite:SqliteStore.erase", "cleanup._move_away", "store.sqlite:SqliteStore._sweep_points"]
)
def test_a_removal_whose_process_dies_is_finished_by_the_next_one(ws, exported, function):
    for run in ws.search("is:root"):
        run.delete()
    dies_after(ws, "gc(older_than_days=0)", f"jupyter_runs.{function}")
    assert list(ws.search("is:deleted")) == []
    for folder in paths.run_folder(ws.folder, "x").parent.iterdir():
        os.utime(folder, (1, 1))
    ws.gc(older_than_days=0)
    assert files(ws) == {}
    ws.import_experiment(exported)
    assert len(ws.search("is:root")) == 1


def test_files_that_were_moved_go_back_when_the_store_fails(exported, other, monkeypatch):
    real, calls = transfer._move_in, []

    def full_disk(*args):
        real(*args)
        calls.append(args)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(transfer, "_move_in", full_disk)
        with pytest.raises(StoreError, match=r"No space left on device\. Nothing was imported"):
            other.import_experiment(exported)
    assert calls
    assert files(other) == {}
    assert list(other.search()) == []


def test_what_an_interrupted_removal_has_left_does_not_get_into_an_imported_run(ws, exported):
    run = next(r for r in ws.search("is:root"))
    run.delete()
    ws.store.erase([run_id for tree in ws.store.binned(time.time()) for run_id in tree])
    stale = paths.run_folder(ws.folder, run.id) / "stale"
    stale.write_text("old")
    ws.import_experiment(exported)
    assert not stale.exists()
    ws.gc(older_than_days=0)
    assert run.get_file_names()


def test_an_export_that_fails_leaves_the_old_file(exp, tmp_path, monkeypatch):
    start(exp).complete()
    path = exp.export(tmp_path)
    before = path.read_bytes()

    def full_disk(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(transfer, "_write_snapshots", full_disk)
    with pytest.raises(StoreError, match="Make room"):
        exp.export(tmp_path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.glob("*digits*")] == ["digits.zip"]


def test_an_export_makes_the_folder_that_it_goes_into(exp, tmp_path):
    start(exp).complete()
    assert exp.export(str(tmp_path / "deep" / "er" / "x.zip")).is_file()


def test_an_empty_experiment_travels_too(exp, other, tmp_path):
    exp.tag("team", "red")
    assert other.import_experiment(exp.export(tmp_path)).tags == {"team": "red"}


def test_many_points_travel_in_portions(exp, other, ws, tmp_path):
    run = start(exp)
    run.log_list("a", range(25_000))
    run.log_list("b", [float(i) for i in range(10_000)])
    run.complete()
    path = exp.export(tmp_path)
    other.import_experiment(path)
    assert tables(other) == tables(ws)
    other.import_experiment(path)


def test_numbers_and_text_in_the_file_are_plain_json(exp, tmp_path):
    run = start(exp)
    for value in VALUES:
        run.log("v", value)
    run.complete()

    def never(text):
        raise AssertionError(text)

    with zipfile.ZipFile(exp.export(tmp_path)) as archive:
        for line in archive.read("runs.jsonl").splitlines():
            json.loads(line, parse_constant=never)


def test_export_and_import_are_in_one_file_each_path_kind(exp, other, tmp_path):
    start(exp).complete()
    path = Path(os.fspath(exp.export(os.fspath(tmp_path / "x.zip"))))
    assert other.import_experiment(str(path)).name == "digits"
