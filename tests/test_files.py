"""Files of a run: names, collecting what changed in a folder, upload and download, metrics that are files."""

from __future__ import annotations

import os
import socket
import sys
import threading
from pathlib import Path

import pytest

from jupyter_runs import artifacts
from jupyter_runs.errors import InvalidName

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
AS_USER = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")


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
