"""Files of a run: names, collecting what changed in a folder, upload and download, metrics that are files."""

from __future__ import annotations

import io
import json
import math
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from jupyter_runs import artifacts, paths
from jupyter_runs.errors import ArtifactNotFound, InvalidName, JupyterRunsError, RunCanceled, RunEnded
from jupyter_runs.experiment import Experiment
from jupyter_runs.model import NewRun, Status

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
AS_USER = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of the tests."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(ws):
    return Experiment(ws, "e").start_logging(snapshot_directory=None)


def folder_of(run) -> Path:
    return paths.run_folder(run._workspace.folder, run.id)


def one_line(error) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


def write(path: Path, content: str | bytes = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# -- names ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "name"),
    {
        "a.txt": "a.txt",
        "./outputs/model.pkl": "outputs/model.pkl",
        "outputs//model.pkl": "outputs/model.pkl",
        "folder/": "folder",
        "żółw i 🐢.txt": "żółw i 🐢.txt",
        ".hidden": ".hidden",
        "a..b/...": "a..b/...",
    }.items(),
)
def test_a_file_name_is_a_relative_path_with_slashes(given, name):
    assert artifacts.artifact_name(given, windows=False) == name


@pytest.mark.parametrize(
    "given",
    [
        *(
            "",
            ".",
            "./",
            "/",
            "/etc/passwd",
            "//host/share",
            "C:/x",
            "C:\\x",
            "..",
            "../x",
            "a/../../x",
            "a/..",
            "a\0b",
        ),
        *("x" * 256, "ż" * 128, "a/" * 600 + "b", "\ud800x", None, 3, b"bytes", ".incoming-1"),
    ],
)
def test_a_name_that_leads_elsewhere_or_nowhere_is_refused_in_one_line(given):
    with pytest.raises(InvalidName) as error:
        artifacts.artifact_name(given, windows=False)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 250


def test_a_path_object_names_a_file_too():
    assert artifacts.artifact_name(Path("outputs") / "a.txt") == "outputs/a.txt"


def test_on_windows_backslashes_separate_and_reserved_names_are_refused():
    assert artifacts.artifact_name("outputs\\a.txt", windows=True) == "outputs/a.txt"
    for name in (
        "..\\x",
        "a\\..\\..\\x",
        "\\x",
        "C:x",
        "con",
        "out/NUL.txt",
        "com1",
        "a.",
        "a ",
        "a?b",
        "x\ny",
        "a:stream",
    ):
        with pytest.raises(InvalidName):
            artifacts.artifact_name(name, windows=True)
    assert artifacts.artifact_name("console/nullable.txt", windows=True) == "console/nullable.txt"


# -- collect -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("move", [False, True], ids=["copied", "moved"])
def test_new_and_changed_files_are_collected_and_others_are_not(tmp_path, move):
    source, target = tmp_path / "outputs", tmp_path / "run" / "outputs"
    write(source / "old.txt", "old")
    write(source / "sub" / "changed.txt", "1")
    before = artifacts.listing(source)
    assert set(before) == {"old.txt", "sub/changed.txt"}
    write(source / "sub" / "changed.txt", "2")
    write(source / "sub" / "deep" / "new.bin", b"\0\1")
    when = (source / "sub" / "changed.txt").stat().st_mtime_ns
    collected = artifacts.collect(source, target, before, move=move)
    assert sorted(collected) == ["sub/changed.txt", "sub/deep/new.bin"]
    assert tree(target) == {"sub/changed.txt": b"2", "sub/deep/new.bin": b"\0\1"}
    assert (target / "sub" / "changed.txt").stat().st_mtime_ns == when
    left = {"old.txt"} if move else {"old.txt", "sub/changed.txt", "sub/deep/new.bin"}
    assert set(tree(source)) == left


def test_without_a_listing_before_everything_is_collected_and_replaces_what_is_there(tmp_path):
    write(tmp_path / "a" / "x", "new")
    write(tmp_path / "b" / "x", "old")
    assert artifacts.collect(tmp_path / "a", tmp_path / "b", None, move=False) == ["x"]
    assert tree(tmp_path / "b") == {"x": b"new"}


def test_a_folder_that_is_not_there_gives_nothing_and_makes_nothing(tmp_path):
    assert artifacts.listing(tmp_path / "none") == {}
    assert artifacts.collect(tmp_path / "none", tmp_path / "target", {}, move=True) == []
    assert not (tmp_path / "target").exists()


def test_a_write_of_the_same_size_right_after_the_listing_is_noticed(tmp_path):
    file = write(tmp_path / "outputs" / "score.txt", "0")
    for i in range(1, 10):
        before = artifacts.listing(file.parent)
        file.write_text(str(i), "utf-8")
        assert artifacts.collect(file.parent, tmp_path / str(i), before, move=False) == ["score.txt"]
        assert tree(tmp_path / str(i)) == {"score.txt": str(i).encode()}


@POSIX
@pytest.mark.parametrize("move", [False, True], ids=["copied", "moved"])
def test_links_to_files_are_collected_as_files_and_pipes_and_sockets_are_left(tmp_path, monkeypatch, move):
    source, target = tmp_path / "source", tmp_path / "target"
    write(tmp_path / "elsewhere" / "big.bin", "big")
    source.mkdir()
    (source / "link.bin").symlink_to(tmp_path / "elsewhere" / "big.bin")
    (source / "folder").symlink_to(tmp_path / "elsewhere")
    (source / "nothing").symlink_to(tmp_path / "nothing")
    (source / "loop").symlink_to(source / "loop")
    os.mkfifo(source / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(source)  # the path of a socket must be short
        server.bind("socket")
        left: list[str] = []
        assert artifacts.collect(source, target, None, move=move, left=left) == ["link.bin"]
    assert (target / "link.bin").read_bytes() == b"big"
    assert not (target / "link.bin").is_symlink()
    assert (tmp_path / "elsewhere" / "big.bin").exists()
    assert (source / "link.bin").is_symlink() is not move


@pytest.mark.parametrize("move", [False, True], ids=["copied", "moved"])
def test_one_file_that_cannot_be_placed_does_not_stop_the_others(tmp_path, move):
    source, target = tmp_path / "source", tmp_path / "target"
    for name in ("a", "b", "c"):
        write(source / name, name)
    write(target / "b" / "in the way")
    left: list[str] = []
    assert artifacts.collect(source, target, None, move=move, left=left) == ["a", "c"]
    assert [one.split()[0] for one in left] == ["b"]
    assert (source / "b").read_bytes() == b"b"
    assert set(tree(target)) == {"a", "b/in the way", "c"}
    with pytest.warns(UserWarning, match=r"Files of .* were left behind: b \("):
        artifacts.collect(source, target, None, move=move)


@AS_USER
def test_a_file_that_cannot_be_read_is_named_and_left(tmp_path):
    write(tmp_path / "a" / "secret").chmod(0)
    write(tmp_path / "a" / "open")
    left: list[str] = []
    assert artifacts.collect(tmp_path / "a", tmp_path / "b", None, move=False, left=left) == ["open"]
    assert left == ["secret (Permission denied)"]


@POSIX
def test_collecting_never_writes_through_a_link_that_leads_out_of_the_target(tmp_path):
    write(tmp_path / "source" / "sub" / "x", "new")
    (tmp_path / "outside").mkdir()
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "sub").symlink_to(tmp_path / "outside")
    left: list[str] = []
    assert artifacts.collect(tmp_path / "source", tmp_path / "target", None, move=True, left=left) == []
    assert left == ["sub/x (a link leads out of the target)"]
    assert tree(tmp_path / "outside") == {}
    assert tree(tmp_path / "source") == {"sub/x": b"new"}


def test_a_file_on_another_disk_is_moved_by_copying(tmp_path, monkeypatch):
    write(tmp_path / "source" / "x", "content")
    real = Path.replace

    def replace(self, target):
        if self.parent != Path(target).parent:
            raise OSError(18, "Invalid cross-device link")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    assert artifacts.collect(tmp_path / "source", tmp_path / "target", None, move=True) == ["x"]
    assert tree(tmp_path / "target") == {"x": b"content"}
    assert tree(tmp_path / "source") == {}


def test_a_reader_sees_the_old_or_the_new_content_and_never_a_part(tmp_path):
    source, target = write(tmp_path / "source" / "x", b"a" * 3_000_000), tmp_path / "target"
    artifacts.collect(source.parent, target, None, move=False)
    done = threading.Event()
    seen: set[tuple[int, bytes]] = set()

    def read():
        while not done.is_set():
            content = (target / "x").read_bytes()
            seen.add((len(content), bytes(sorted(set(content)))))

    reader = threading.Thread(target=read)
    reader.start()
    for letter in b"bababab":
        source.write_bytes(bytes([letter]) * 3_000_000)
        artifacts.collect(source.parent, target, None, move=False)
    done.set()
    reader.join()
    assert seen <= {(3_000_000, b"a"), (3_000_000, b"b")}
    assert set(tree(target)) == {"x"}


def test_the_permissions_of_a_file_come_along_but_it_can_be_replaced_again(tmp_path):
    write(tmp_path / "a" / "x", "1").chmod(0o444)
    for _ in range(2):
        assert artifacts.collect(tmp_path / "a", tmp_path / "b", None, move=False) == ["x"]
    assert (tmp_path / "b" / "x").stat().st_mode & 0o200


# -- upload and download -------------------------------------------------------------------------------------------------


def test_a_file_that_is_uploaded_is_listed_and_comes_back(run, here):
    write(here / "model.pkl", b"\0weights")
    artifact = run.upload_file("outputs/model.pkl", "model.pkl")
    assert (artifact.name, artifact.size, artifact.read_bytes()) == ("outputs/model.pkl", 8, b"\0weights")
    assert "outputs/model.pkl" in run.get_file_names()
    (here / "model.pkl").unlink()
    run.download_file("outputs/model.pkl")
    assert (here / "model.pkl").read_bytes() == b"\0weights"


@pytest.mark.parametrize(
    ("stream", "content"),
    [
        (lambda: io.BytesIO(b"\0\xff"), b"\0\xff"),
        (lambda: io.StringIO("zażółć\r\n"), "zażółć\r\n".encode()),
        (lambda: io.BytesIO(b"x" * 5_000_000), b"x" * 5_000_000),
        (lambda: io.StringIO(""), b""),
    ],
    ids=["bytes", "text as UTF-8", "large", "empty"],
)
def test_a_stream_is_uploaded_as_it_is(run, stream, content):
    run.upload_file(name="data.bin", path_or_stream=stream())
    assert (folder_of(run) / "data.bin").read_bytes() == content


def test_a_stream_that_breaks_leaves_the_file_of_before(run):
    class Broken(io.RawIOBase):
        reads = 0

        def read(self, size=-1):
            self.reads += 1
            if self.reads == 3:
                raise ZeroDivisionError
            return b"new"

    run.upload_file("a.txt", io.BytesIO(b"old"))
    with pytest.raises(ZeroDivisionError):
        run.upload_file("a.txt", Broken())
    with pytest.raises(InvalidName, match="half a character"):
        run.upload_file("a.txt", io.StringIO("\ud800"))
    assert tree(folder_of(run)).keys() - {paths.STD_LOG} == {"a.txt"}
    assert (folder_of(run) / "a.txt").read_bytes() == b"old"


def test_the_same_name_again_replaces_the_file(run, here):
    for content in ("first, and longer", "second"):
        run.upload_file("a.txt", write(here / "x", content))
    assert (folder_of(run) / "a.txt").read_text("utf-8") == "second"


def test_uploading_a_file_of_the_run_onto_itself_is_harmless(run, here):
    run.upload_file("a.txt", write(here / "x", "content"))
    run.upload_file("a.txt", folder_of(run) / "a.txt")
    assert (folder_of(run) / "a.txt").read_text("utf-8") == "content"


def test_downloading_a_file_onto_itself_is_harmless(run, here):
    run.upload_file("a.txt", write(here / "x", "content"))
    run.download_file("a.txt", folder_of(run) / "a.txt")
    assert (folder_of(run) / "a.txt").read_text("utf-8") == "content"


def test_files_may_be_added_after_the_end_and_the_feed_hears_of_it(run, here):
    run.complete()
    cursor = run._workspace.store.cursor()
    run.upload_file("late.txt", write(here / "x", "late"))
    assert "late.txt" in run.get_file_names()
    assert [r.run_id for r in run._workspace.store.changes(cursor).runs] == [run.id]


@pytest.mark.parametrize(
    "name", ["", "..", "../x", "/tmp/x", "a/../../x", "a\0b", "C:\\x", "x" * 300, None, paths.STD_LOG]
)
def test_a_bad_name_uploads_nothing(run, here, name):
    before = tree(run._workspace.folder / "runs")
    with pytest.raises(InvalidName) as error:
        run.upload_file(name, write(here / "x"))
    one_line(error)
    assert tree(run._workspace.folder / "runs") == before


@POSIX
def test_a_link_in_the_runs_folder_leads_nobody_out(run, here, tmp_path):
    secret = write(tmp_path / "outside" / "secret.txt", "secret")
    folder_of(run).mkdir(parents=True, exist_ok=True)
    (folder_of(run) / "door").symlink_to(secret.parent)
    (folder_of(run) / "file").symlink_to(secret)
    with pytest.raises(InvalidName, match="through a link"):
        run.upload_file("door/new.txt", write(here / "x", "new"))
    with pytest.raises(ArtifactNotFound):
        run.download_file("door/secret.txt")
    with pytest.raises(ArtifactNotFound):
        run.download_file("file")
    assert not {"file", "door/secret.txt"} & set(run.get_file_names())
    run.upload_file("file", here / "x")
    assert secret.read_text("utf-8") == "secret"
    assert (folder_of(run) / "file").read_text("utf-8") == "new"


def test_what_cannot_be_uploaded_is_said_in_one_line(run, here):
    (here / "folder").mkdir()
    for source, message in (
        ("none.txt", "is not there"),
        ("folder", "Use upload_folder"),
        (3, "not a int"),
        ("a\0b", "cannot be read|is not there"),
        *([("/dev/null", "not a regular file")] if os.name == "posix" else []),
    ):
        with pytest.raises(InvalidName, match=message) as error:
            run.upload_file("x", source)
        one_line(error)
    assert "x" not in run.get_file_names()


def test_a_file_cannot_stand_where_a_folder_is_and_the_other_way_round(run, here):
    write(here / "x")
    run.upload_file("a/b", "x")
    for name in ("a", "a/b/c"):
        with pytest.raises(JupyterRunsError, match="choose another") as error:
            run.upload_file(name, "x")
        one_line(error)
    assert set(run.get_file_names()) - {paths.STD_LOG} == {"a/b"}


def test_several_files_go_up_together(run, here):
    write(here / "1", "one")
    names = ["a.txt", "b/c.txt"]
    assert run.upload_files(names, ["1", io.BytesIO(b"two")]) is None
    assert [a.name for a in run.upload_files(names, ["1", "1"], return_artifacts=True)] == names
    assert set(names) <= set(run.get_file_names())


def test_several_files_are_all_checked_before_the_first_is_copied(run, here):
    write(here / "1")
    for names, sources in ((["a", "../b"], ["1", "1"]), (["a", "b"], ["1", "none"])):
        with pytest.raises(InvalidName):
            run.upload_files(names, sources)
    for names, sources in ((["a", "b"], ["1"]), ("ab", ["1", "1"])):
        with pytest.raises(TypeError, match="equal length"):
            run.upload_files(names, sources)
    assert set(run.get_file_names()) <= {paths.STD_LOG}


def test_a_name_given_twice_warns_and_the_last_file_stays(run, here):
    write(here / "1", "one")
    write(here / "2", "two")
    with pytest.warns(UserWarning, match="more than once"):
        run.upload_files(["a", "a"], ["1", "2"])
    assert (folder_of(run) / "a").read_text("utf-8") == "two"


def test_a_folder_goes_up_with_all_that_is_below(run, here):
    write(here / "data" / "a.txt", "a")
    write(here / "data" / "deep" / "er" / "b.txt", "b")
    artifacts_ = run.upload_folder("outputs/data/", "data")
    assert sorted(a.name for a in artifacts_) == ["outputs/data/a.txt", "outputs/data/deep/er/b.txt"]
    assert (folder_of(run) / "outputs/data/deep/er/b.txt").read_text("utf-8") == "b"
    for path, remedy in (("data/a.txt", "Use upload_file"), ("none", "Check the path")):
        with pytest.raises(InvalidName, match=remedy):
            run.upload_folder("x", path)


def test_a_file_is_downloaded_to_a_path_into_a_folder_or_into_a_new_one(run, here):
    run.upload_file("outputs/a.txt", io.BytesIO(b"a"))
    (here / "there").mkdir()
    run.download_file("outputs/a.txt", "there")
    run.download_file("outputs/a.txt", "new/folder/")
    run.download_file("outputs/a.txt", here / "other" / "b.txt")
    run.download_file(name="./outputs/a.txt", output_file_path="c.txt")
    assert tree(here) == {"there/a.txt": b"a", "new/folder/a.txt": b"a", "other/b.txt": b"a", "c.txt": b"a"}


def test_a_file_that_is_not_there_names_those_that_are(run, here):
    with pytest.raises(ArtifactNotFound, match="File with path 'x' was not found") as error:
        run.download_file("x")
    one_line(error)
    run.upload_file("outputs/a.txt", io.BytesIO(b"a"))
    with pytest.raises(ArtifactNotFound, match=r"available files include: outputs/a\.txt"):
        run.download_file("outputs/b.txt")
    with pytest.raises(ArtifactNotFound, match=r"download_files\(prefix='outputs'\)"):
        run.download_file("outputs")
    with pytest.raises(InvalidName):
        run.download_file("../../runs.db")
    assert tree(here) == {}


def test_a_download_never_replaces_a_folder_or_a_device_and_follows_links(run, here, tmp_path):
    run.upload_file("a.txt", io.BytesIO(b"new"))
    (here / "b" / "a.txt").mkdir(parents=True)
    with pytest.raises(InvalidName, match="is a folder"):
        run.download_file("a.txt", "b")
    if os.name == "posix":
        with pytest.raises(InvalidName, match="not a regular file"):
            run.download_file("a.txt", os.devnull)
        target = write(tmp_path / "real.txt", "old")
        (here / "link.txt").symlink_to(target)
        run.download_file("a.txt", "link.txt")
        assert target.read_bytes() == b"new"
        assert (here / "link.txt").is_symlink()


def test_files_are_downloaded_by_folder(run, here):
    for name in ("outputs/a.txt", "outputs/sub/b.txt", "outputs2/c.txt", "d.txt"):
        run.upload_file(name, io.BytesIO(name.encode()))
    run.download_files("outputs")
    assert set(tree(here)) == {"outputs/a.txt", "outputs/sub/b.txt"}
    run.download_files(prefix="outputs/", output_directory="x")
    assert set(tree(here / "x")) == {"outputs/a.txt", "outputs/sub/b.txt"}
    run.download_files(prefix="outputs", output_directory="y", append_prefix=False)
    assert set(tree(here / "y")) == {"a.txt", "sub/b.txt"}
    run.download_files(prefix="outputs", output_paths=["z/1", "z/2"])
    assert tree(here / "z") == {"1": b"outputs/a.txt", "2": b"outputs/sub/b.txt"}
    run.download_files(output_directory="all")
    assert {"outputs/a.txt", "outputs/sub/b.txt", "outputs2/c.txt", "d.txt"} <= set(tree(here / "all"))


def test_a_folder_that_cannot_be_downloaded_is_said_before_anything_is_written(run, here):
    for name in ("outputs/a.txt", "outputs/b.txt"):
        run.upload_file(name, io.BytesIO(b"x"))
    with pytest.raises(ArtifactNotFound, match="available files include"):
        run.download_files("output")
    with pytest.raises(InvalidName, match="Use download_file"):
        run.download_files("outputs/a.txt")
    with pytest.raises(InvalidName):
        run.download_files("../outputs")
    with pytest.raises(TypeError, match="each of the 2 files"):
        run.download_files("outputs", output_paths=["one"])
    with pytest.raises(InvalidName, match="Two files"):
        run.download_files("outputs", output_paths=["one", "one"])
    assert tree(here) == {}


def test_the_files_of_a_script_that_runs_are_those_of_its_own_folder_too(ws):
    ws.store.create_runs([NewRun("script", "e", "me", status=Status.QUEUED, type="azureml.scriptrun")])
    run = ws.get_run("script")
    code = paths.code_folder(ws.folder, run.id)
    for name in ("outputs/model.pkl", "outputs/both.txt", "logs/a.log", "train.py", "data/big.csv"):
        write(code / name, "of the script")
    write(folder_of(run) / "outputs" / "both.txt", "of the run")
    assert run.get_file_names() == ["logs/a.log", "outputs/both.txt", "outputs/model.pkl"]
    run.download_file("outputs/model.pkl", "m")
    run.download_file("outputs/both.txt", "b")
    assert (Path("m").read_text("utf-8"), Path("b").read_text("utf-8")) == ("of the script", "of the run")
    for name in ("train.py", "outputs/../train.py"):
        with pytest.raises((ArtifactNotFound, InvalidName)):
            run.download_file(name)
    # Its launcher was killed: what nobody has collected is not lost.
    ws.store.transition(run.id, Status.CANCELED)
    assert run.get_file_names() == ["logs/a.log", "outputs/both.txt", "outputs/model.pkl"]


def test_a_reader_sees_whole_files_while_another_process_uploads(run, here):
    code = f"""
import io
from jupyter_runs.workspace import Workspace
run = Workspace({str(run._workspace.folder)!r}).get_run({run.id!r})
for i in range(60):
    run.upload_file("a.bin", io.BytesIO(bytes([65 + i % 2]) * 1_000_000))
"""
    run.upload_file("a.bin", io.BytesIO(b"A" * 1_000_000))
    with subprocess.Popen([sys.executable, "-c", code]) as writer:
        while writer.poll() is None:
            run.download_file("a.bin", "copy.bin")
            content = Path("copy.bin").read_bytes()
            assert content in {b"A" * 1_000_000, b"B" * 1_000_000}
            assert set(run.get_file_names()) <= {"a.bin", paths.STD_LOG}
    assert writer.returncode == 0


# -- metrics that are files ----------------------------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 30
IMAGES = {
    "a.png": PNG,
    "a.jpg": b"\xff\xd8\xff\xe0" + b"\0" * 9,
    "a.gif": b"GIF89a..",
    "a.bmp": b"BM....",
    "a.webp": b"RIFF\0\0\0\0WEBPVP8 ",
    "a.tiff": b"II*\0....",
    "a.svg": b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- drawn -->\n<svg xmlns='x'/>",
}


class Figure:
    """Anything with savefig."""

    def savefig(self, target, *, format):
        assert format == "png"
        target.write(PNG)


def uri(run, name):
    return f"aml://artifactId/ExperimentRun/dcid.{run.id}/{name}"


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_file_is_kept_under_its_own_path_and_the_metric_names_it(run, here, name):
    write(here / "plots" / name, IMAGES[name])
    run.log_image("an image", path=f"plots/{name}")
    assert run.get_metrics() == {"an image": uri(run, f"plots/{name}")}
    assert (folder_of(run) / "plots" / name).read_bytes() == IMAGES[name]


def test_an_image_from_elsewhere_is_kept_under_its_last_part(run, here, tmp_path):
    write(tmp_path / "a.png", PNG)
    run.log_image("absolute", tmp_path / "a.png")
    run.log_image("upwards", "../a.png", description="d")
    assert run.get_metrics() == {"absolute": uri(run, "a.png"), "upwards": uri(run, "a.png")}


def test_plots_of_one_name_in_one_second_are_all_kept(run):
    for _ in range(3):
        run.log_image("roc", plot=Figure())
    logged = run.get_metrics()["roc"]
    names = [value.removeprefix(uri(run, "")) for value in logged]
    assert len(set(names)) == 3
    assert set(names) <= set(run.get_file_names())
    assert all(name.startswith("roc_") and name.endswith(".png") for name in names)


def test_a_figure_of_matplotlib_is_drawn(run):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.plot([1, 2, 3])
    for plot in (plt, figure, axes):
        run.log_image("curve", plot=plot)
    plt.close(figure)
    found = [artifacts.populated(run._workspace.folder, value) for value in run.get_metrics()["curve"]]
    assert [one.read_bytes()[:8] for one in found] == [PNG[:8]] * 3


@pytest.mark.parametrize("name", ["a/b", "../up", "C:\\x", "żółw 🐢", "...", "x" * 256, "𠀀" * 256, "a\nb", "con"])
def test_any_metric_name_gives_a_safe_file_name(run, name):
    run.log_image(name, plot=Figure())
    (made,) = set(run.get_file_names()) - {paths.STD_LOG}
    assert "/" not in made
    assert len(made.encode()) < 200
    assert artifacts.artifact_name(made, windows=True) == made
    assert run.get_metrics() == {name: uri(run, made)}


def test_what_is_no_image_is_refused_and_leaves_nothing(run, here):
    write(here / "a.png", "no image at all")
    write(here / "page.svg", "<html><svg></svg></html>")
    for arguments, message in (
        ({"path": "a.png"}, "is not an image"),
        ({"path": "page.svg"}, "is not an image"),
        ({"path": "none.png"}, "is not there"),
        ({"path": "."}, "is a folder"),
        ({"plot": object()}, "takes matplotlib.pyplot or a figure"),
        ({}, "either path= or plot="),
        ({"path": "a.png", "plot": Figure()}, "either path= or plot="),
        ({"path": io.BytesIO(PNG)}, "path of an image"),
    ):
        with pytest.raises(InvalidName, match=message) as error:
            run.log_image("i", **arguments)
        one_line(error)
    assert run.get_metrics() == {}
    assert set(run.get_file_names()) <= {paths.STD_LOG}


def test_a_plot_that_cannot_be_drawn_leaves_nothing(run):
    class Bad:
        def savefig(self, target, **_):
            target.write(b"half")
            raise RecursionError("no")

    with pytest.raises(RecursionError):
        run.log_image("i", plot=Bad())
    assert run.get_metrics() == {}
    assert set(run.get_file_names()) <= {paths.STD_LOG}


def test_an_image_for_a_run_that_has_ended_writes_nothing(run, here):
    run.complete()
    before = tree(run._workspace.folder / "runs")
    with pytest.raises(RunEnded):
        run.log_image("i", plot=Figure())
    with pytest.raises(RunEnded):
        run.log_image("i", path=write(here / "a.png", PNG))
    with pytest.raises(RunEnded):
        run.log_confusion_matrix("c", MATRIX)
    assert tree(run._workspace.folder / "runs") == before


def test_an_image_for_a_run_that_was_canceled_unwinds_as_log_does(run):
    run.cancel()
    with pytest.raises(RunCanceled):
        run.log_image("i", plot=Figure())


def test_a_metric_of_rows_takes_no_image_and_no_file_is_left(run):
    run.log_row("r", x=1)
    with pytest.raises(InvalidName, match="Use another name"):
        run.log_image("r", plot=Figure())
    assert set(run.get_file_names()) <= {paths.STD_LOG}


def schema(kind, **data):
    return {"schema_type": kind, "schema_version": "1.0.0", "data": data}


MATRIX = schema("confusion_matrix", class_labels=["a", "b"], matrix=[[3, 0], [1, 2]])
JSON = {
    "log_confusion_matrix": MATRIX,
    "log_accuracy_table": schema(
        "accuracy_table", probability_tables=[[[1, 2, 3, 4]]], probability_thresholds=[0.5], class_labels=["a"]
    ),
    "log_residuals": schema("residuals", bin_edges=[0, 1, 2], bin_counts=[4, 5], mean=0.1),
    "log_predictions": schema("predictions", bin_averages=[1.0], bin_edges=[0, 2], bin_errors=[0.1]),
}


@pytest.mark.parametrize("call", JSON)
def test_a_metric_that_is_json_is_kept_as_a_file_whether_given_as_a_dict_or_as_text(run, call):
    for value in (JSON[call], json.dumps(JSON[call])):
        getattr(run, call)("m", value, "described")
    found = [artifacts.populated(run._workspace.folder, one) for one in run.get_metrics()["m"]]
    assert [json.loads(one.read_bytes()) for one in found] == [JSON[call]] * 2


def test_arrays_and_nan_become_plain_json(run):
    run.log_confusion_matrix(
        "m", schema("confusion_matrix", class_labels=np.array(["a", "b"]), matrix=np.array([[1.5, math.nan], [0, 1]]))
    )
    text = artifacts.populated(run._workspace.folder, run.get_metrics()["m"]).read_bytes()
    assert json.loads(text)["data"]["matrix"] == [[1.5, "NaN"], [0.0, 1.0]]


@pytest.mark.parametrize(
    "value",
    [
        *("not json", "[1]", 3, None, {}, {"data": {}}, {1, 2}, {**MATRIX, "schema_type": "residuals"}),
        *(
            {**MATRIX, "data": 3},
            {**MATRIX, "data": {"matrix": [[1]]}},
            {**MATRIX, "data": {**MATRIX["data"], "x": {1}}},
        ),
        schema("confusion_matrix", class_labels=["a"], matrix=[[1, 2]]),
        schema("confusion_matrix", class_labels=["a"], matrix=[1]),
    ],
    ids=str,
)
def test_json_of_another_shape_is_refused_in_one_line(run, value):
    with pytest.raises(InvalidName, match="log_confusion_matrix") as error:
        run.log_confusion_matrix("m", value)
    assert len(one_line(error)) < 400
    assert run.get_metrics() == {}
    assert set(run.get_file_names()) <= {paths.STD_LOG}


def test_only_texts_that_name_a_file_of_this_workspace_are_populated(run, here, tmp_path):
    run.upload_file("a.txt", io.BytesIO(b"a"))
    folder = run._workspace.folder
    found = artifacts.populated(folder, [uri(run, "a.txt"), 3, "x"])
    assert found == [artifacts.Artifact(run.id, "a.txt", folder_of(run) / "a.txt"), 3, "x"]
    assert (found[0].uri, repr(found[0])) == (uri(run, "a.txt"), f"Artifact(run={run.id!r}, name='a.txt')")
    for value in (
        uri(run, "../../runs.db"),
        f"{artifacts.URI}../../x/y",
        uri(run, "none"),
        artifacts.URI,
        "aml://",
        None,
    ):
        assert artifacts.populated(folder, value) == value
