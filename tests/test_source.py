"""Source snapshots: same content is there once, what is left out, and that nothing leads out of a folder."""

from __future__ import annotations

import json
import os
import random
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest

from jupyter_runs import paths, source, source_blobs
from jupyter_runs.errors import SnapshotException

posix = pytest.mark.skipif(os.name == "nt", reason="names, modes and links of POSIX")


@pytest.fixture
def work(tmp_path):
    return tmp_path / "ws"


@pytest.fixture
def folder(tmp_path):
    """A source folder with a script."""
    made = tmp_path / "source"
    made.mkdir()
    (made / "train.py").write_bytes(b"print('hello')\n")
    return made


def fill(folder, files):
    """Write files (name: text); a name that ends in `/` is an empty folder."""
    for name, text in files.items():
        path = folder / name
        if name.endswith("/"):
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())


def names(work, snapshot):
    return [entry.path for entry in source.manifest(work, snapshot.snapshot_id)]


def stored(work):
    """Every file of the snapshot store but the caches, with its size and time."""
    root = paths.snapshots(work)
    files = [f for f in root.rglob("*") if f.is_file() and "cache" not in f.parts]
    return {str(f.relative_to(root)): (f.stat().st_size, f.stat().st_mtime_ns) for f in files}


def age(work, seconds=2 * source_blobs.YOUNG_S):
    """Let everything stored be as old as that."""
    for file in paths.snapshots(work).rglob("*"):
        if file.is_file():
            os.utime(file, (time.time() - seconds,) * 2)


def test_a_snapshot_comes_back_as_it_was(work, folder, tmp_path):
    fill(folder, {"pkg/a.py": "a", "pkg/data/x.txt": "x" * 3_000_000, "empty.txt": "", "void/deep/": ""})
    taken = source.take(work, folder)
    assert (taken.files, taken.bytes, taken.skipped) == (4, 3_000_016, ())
    source.restore(work, taken.snapshot_id, tmp_path / "new" / "copy")
    assert _tree(tmp_path / "new" / "copy") == _tree(folder)
    assert list((tmp_path / "new").iterdir()) == [tmp_path / "new" / "copy"]


def _tree(folder):
    """Everything below a folder: content, executable, link target."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = ("link", str(path.readlink()))
        elif path.is_dir():
            found[name] = "folder"
        else:
            found[name] = (path.read_bytes(), bool(path.stat().st_mode & stat.S_IXUSR))
    return found


@posix
def test_executable_files_stay_executable_and_modes_follow_the_umask(work, folder, tmp_path):
    fill(folder, {"run.sh": "#!/bin/sh\necho ran\n"})
    (folder / "run.sh").chmod(0o700)
    taken = source.take(work, folder)
    source.restore(work, taken.snapshot_id, tmp_path / "copy")
    assert subprocess.check_output([tmp_path / "copy" / "run.sh"]) == b"ran\n"
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE((tmp_path / "copy" / "run.sh").stat().st_mode) == 0o777 & ~umask
    assert stat.S_IMODE((tmp_path / "copy" / "train.py").stat().st_mode) == 0o666 & ~umask


def test_the_same_content_has_the_same_id_and_is_kept_once(work, folder, tmp_path):
    first = source.take(work, folder)
    before = stored(work)
    for _ in range(100):
        assert source.take(work, folder) == first
    shutil.copytree(folder, tmp_path / "elsewhere")
    assert source.take(work, tmp_path / "elsewhere") == first
    assert stored(work) == before


def test_editing_a_file_later_changes_no_snapshot(work, folder, tmp_path):
    first = source.take(work, folder)
    (folder / "train.py").write_bytes(b"print('other')\n")
    second = source.take(work, folder)
    assert second.snapshot_id != first.snapshot_id
    source.restore(work, first.snapshot_id, tmp_path / "first")
    source.restore(work, second.snapshot_id, tmp_path / "second")
    assert (tmp_path / "first" / "train.py").read_bytes() == b"print('hello')\n"
    assert (tmp_path / "second" / "train.py").read_bytes() == b"print('other')\n"


def test_changing_a_restored_file_changes_no_snapshot(work, folder, tmp_path):
    taken = source.take(work, folder)
    source.restore(work, taken.snapshot_id, tmp_path / "one")
    (tmp_path / "one" / "train.py").write_bytes(b"changed")
    source.restore(work, taken.snapshot_id, tmp_path / "two")
    assert (tmp_path / "two" / "train.py").read_bytes() == b"print('hello')\n"


def test_a_change_of_mode_alone_is_another_snapshot(work, folder):
    if os.name == "nt":
        pytest.skip("Windows has no executable bit")
    first = source.take(work, folder)
    (folder / "train.py").chmod(0o755)
    assert source.take(work, folder).snapshot_id != first.snapshot_id


def test_an_unchanged_file_is_not_read_again(work, folder, monkeypatch):
    # Trust the times at once: a test cannot set the time of change of a file.
    monkeypatch.setattr(source_blobs, "_RACY_NS", -(10**12))
    first = source.take(work, folder)
    opened = []
    copy_in = source_blobs._copy_in
    monkeypatch.setattr(source_blobs, "_copy_in", lambda *a: opened.append(Path(a[1]).name) or copy_in(*a))
    assert source.take(work, folder) == first
    (folder / "new.py").write_bytes(b"")
    source.take(work, folder)
    assert opened == ["new.py"]
    # The same size and the same time of modification, as `cp -p` leaves it, is a change all the same.
    facts = (folder / "train.py").stat()
    (folder / "train.py").write_bytes(b"print('HELLO')\n")
    os.utime(folder / "train.py", ns=(facts.st_atime_ns, facts.st_mtime_ns))
    source.take(work, folder)
    assert opened == ["new.py"] + ["train.py"] * (os.name != "nt")


def test_an_edit_of_the_same_size_right_after_is_seen(work, folder):
    """Within one tick of the clock the times say nothing."""
    seen = set()
    for n in range(200):
        facts = (folder / "train.py").stat()
        (folder / "train.py").write_bytes(b"n = %03d\n" % n)
        os.utime(folder / "train.py", ns=(facts.st_atime_ns, facts.st_mtime_ns))
        seen.add(source.take(work, folder).snapshot_id)
    assert len(seen) == 200


def test_a_damaged_cache_or_one_that_names_lost_content_is_no_harm(work, folder, tmp_path):
    first = source.take(work, folder)
    cache = paths.snapshots(work) / "cache" / f"{paths.workspace_key(folder)}.json"
    cache.parent.mkdir(exist_ok=True)
    for text in ("{", "[]", '{"files": {"train.py": [1]}}', '{"files": {"train.py": [1,2,3,4,"../../x"]}}', ""):
        cache.write_text(text)
        assert source.take(work, folder) == first
    shutil.rmtree(paths.snapshots(work) / "blobs")
    assert source.take(work, folder) == first
    source.restore(work, first.snapshot_id, tmp_path / "copy")


def test_content_cut_short_by_a_crash_is_written_again(work, folder, tmp_path):
    taken = source.take(work, folder)
    blob = next(f for f in (paths.snapshots(work) / "blobs").rglob("*") if f.is_file())
    blob.write_bytes(b"")
    assert source.take(work, folder) == taken
    source.restore(work, taken.snapshot_id, tmp_path / "copy")


def test_one_file_is_a_snapshot_of_that_file(work, folder, tmp_path):
    fill(folder, {"other.py": "x", ".amlignore": "*"})
    taken = source.take(work, folder / "train.py")
    assert (taken.files, taken.bytes, names(work, taken)) == (1, 15, ["train.py"])


def test_an_empty_folder_is_a_snapshot(work, tmp_path):
    (tmp_path / "nothing").mkdir()
    taken = source.take(work, tmp_path / "nothing")
    assert (taken.files, taken.bytes) == (0, 0)
    source.restore(work, taken.snapshot_id, tmp_path / "copy")
    assert list((tmp_path / "copy").iterdir()) == []


def test_a_source_that_is_not_there_is_one_line_and_writes_nothing(work, tmp_path):
    with pytest.raises(SnapshotException, match=r"nowhere cannot be kept as source: No such file .* Give an existing"):
        source.take(work, tmp_path / "nowhere")
    assert not paths.snapshots(work).exists()


# ---- what is left out


def test_amlignore_wins_over_gitignore(work, folder):
    fill(folder, {".gitignore": "*.py\n", "a.log": "", "data/x": "", "data/deep/y": "", "keep.log": "", "b.csv": ""})
    assert names(work, source.take(work, folder)) == [
        ".gitignore",
        "a.log",
        "b.csv",
        "data/deep/y",
        "data/x",
        "keep.log",
    ]
    (folder / ".amlignore").write_bytes("\ufeff# comment\r\n*.log\r\n!keep.log\r\n/data/\r\n\r\n".encode())
    assert names(work, source.take(work, folder)) == [".amlignore", ".gitignore", "b.csv", "keep.log", "train.py"]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("data", ["sub/x.txt"]),
        ("/data", ["sub/data/z", "sub/x.txt"]),
        ("data/*\n!data/y", ["data/y", "sub/data/z", "sub/x.txt"]),
        ("**/data/*", ["sub/x.txt"]),
        ("[ds]*/", []),
        ("sub/**/z", ["data/y", "data/z", "sub/x.txt"]),
        (r"\#x" + "\nsub/", ["data/y", "data/z"]),
    ],
)
def test_patterns_are_those_of_git(work, tmp_path, pattern, left):
    folder = tmp_path / "patterns"
    fill(
        folder, {"data/y": "", "data/z": "", "sub/data/z": "", "sub/x.txt": "", ".amlignore": ".amlignore\n" + pattern}
    )
    assert [name for name in names(work, source.take(work, folder)) if name != "sub/data"] == left


@posix
@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("seed", range(15))
def test_git_leaves_the_same_files_out(work, folder, seed):
    pick = random.Random(seed)
    names = ["a", "b", "data", "x.log", "keep.log", "sub", "deep", "a b", "#x", "!y", "file.txt"]
    patterns = [
        "*.log",
        "!keep.log",
        "data",
        "/data",
        "data/",
        "data/*",
        "!data/a",
        "**/deep",
        "sub/**",
        "a/**/b",
        "*",
        "!*/",
        "[ab]",
        "a?b",
        "\\#x",
        "\\!y",
        "sub/deep",
        "/*",
        "!/sub",
        "x.*",
        "**",
        "sub/",
        "!sub/deep/",
        "*/a",
        "foo[",
        "a\\",
        "b",
        "b/",
        "/a/b",
        "{a,b}",
        "[!a]",
        "[^a]",
        "data/**/a",
        "**/a/**",
    ]
    for _ in range(14):
        with suppress(OSError):  # a file is where a folder would have to be
            fill(folder, {"/".join(pick.choices(names, k=pick.randint(1, 3))): ""})
    fill(folder, {".gitignore": "\n".join(pick.sample(patterns, pick.randint(1, 4))) + "\n"})
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    command = ["git", "ls-files", "-o", "-z", "--exclude-per-directory=.gitignore"]
    told = subprocess.check_output(command, cwd=folder, text=True)
    kept = [e.path for e in source.manifest(work, source.take(work, folder).snapshot_id) if e.mode != 0o40000]
    assert sorted(kept) == sorted(filter(None, told.split("\0")))


def test_a_line_that_is_no_pattern_is_named_and_the_others_hold(work, folder):
    fill(folder, {".amlignore": "!\n*.py\n"})
    with pytest.warns(UserWarning, match=r"'!' is no pattern"):
        assert names(work, source.take(work, folder)) == [".amlignore"]


def test_what_is_never_source_is_left_out(work, folder):
    fill(
        folder,
        {
            ".git/HEAD": "",
            "sub/.git": "gitdir: elsewhere",
            "__pycache__/x.pyc": "",
            "sub/__pycache__/x.pyc": "",
            ".ipynb_checkpoints/x.ipynb": "",
            "web/node_modules/m/x.js": "",
            "env/pyvenv.cfg": "",
            "env/bin/python": "",
            "conda/conda-meta/history": "",
            "conda/bin/python": "",
            "sub/x.py": "",
        },
    )
    assert names(work, source.take(work, folder)) == ["sub/x.py", "train.py"]


@pytest.mark.parametrize("inside", ["", "runs-of-mine", "a/b"])
def test_the_workspaces_own_folder_is_left_out(folder, inside):
    work = folder / inside
    fill(work, {"runs.db": "x", "runs.db-wal": "", "runs/r1/user_logs/std_log.txt": "", "work/r1/code/x.py": ""})
    first = source.take(work, folder)
    assert [n for n in names(work, first) if n != "a"] == ["train.py"]
    assert source.take(work, folder) == first


@posix
def test_pipes_and_sockets_are_left_out(work, folder):
    os.mkfifo(folder / "pipe")
    assert names(work, source.take(work, folder)) == ["train.py"]
    with pytest.raises(SnapshotException):
        source.take(work, folder / "pipe")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="must be root to become nobody")
def test_what_cannot_be_read_is_named_as_root(work):
    with tempfile.TemporaryDirectory() as place:
        _unreadable_case(Path(place), "import os; os.seteuid(65534)")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_what_cannot_be_read_is_named(work):
    with tempfile.TemporaryDirectory() as place:
        _unreadable_case(Path(place), "pass")


def _unreadable_case(place, first):
    place.chmod(0o777)
    folder = place / "source"
    fill(folder, {"a.py": "", "secret.txt": "x", "closed/x": ""})
    (folder / "secret.txt").chmod(0)
    (folder / "closed").chmod(0)
    code = f"""from pathlib import Path
from jupyter_runs import source
{first}
place = Path({str(place)!r})
taken = source.take(place / "ws", place / "source")
print(taken.files, taken.skipped)
source.restore(place / "ws", taken.snapshot_id, place / "copy")
try:
    source.take(place / "ws", place / "source" / "secret.txt")
except source.SnapshotException as error:
    print(error.message)
"""
    try:
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=Path.cwd())
    finally:
        (folder / "closed").chmod(0o700)
    assert told.stdout.splitlines() == [
        "1 ('closed/', 'secret.txt')",
        f"{folder / 'secret.txt'} cannot be read: Permission denied.",
    ], told.stderr


@pytest.mark.parametrize("occupied", ["", "snapshots", "snapshots/blobs", "snapshots/manifests", "snapshots/tmp"])
def test_a_workspace_that_cannot_be_written_is_one_line(work, folder, occupied):
    (work / occupied).parent.mkdir(parents=True, exist_ok=True)
    (work / occupied).write_text("a file where a folder must be")
    with pytest.raises(SnapshotException, match=r"The source cannot be kept in .*Make room there, or set") as told:
        source.take(work, folder)
    assert "\n" not in told.value.message


@posix
def test_a_full_disk_leaves_nothing_half_written(work, folder, tmp_path):
    code = """
import resource, sys
from pathlib import Path
from jupyter_runs import source
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    source.take(Path(sys.argv[1]), Path(sys.argv[2]))
except source.SnapshotException as error:
    print(error.message)
"""
    fill(folder, {"big.txt": "x" * 1_000_000})
    told = subprocess.check_output([sys.executable, "-c", code, work, folder], text=True)
    assert told.startswith("The source cannot be kept in")
    assert [name for name in stored(work) if not name.startswith("blobs")] == []
    taken = source.take(work, folder)
    source.restore(work, taken.snapshot_id, tmp_path / "copy")
    assert _tree(tmp_path / "copy") == _tree(folder)


# ---- limits


def test_above_a_limit_nothing_is_kept(work, folder):
    fill(folder, {f"{n}.txt": "x" * 10 for n in range(9)})
    assert source.take(work, folder, max_files=9) is None
    assert source.take(work, folder, max_bytes=104) is None
    assert not paths.snapshots(work).exists()
    assert source.take(work, folder, max_files=10, max_bytes=105).files == 10


def test_a_walk_with_a_limit_ends_even_when_all_is_ignored(work, folder):
    fill(folder, {".amlignore": "data/*", **{f"data/{n}": "" for n in range(1500)}})
    assert source.take(work, folder, max_files=5) is None
    assert source.take(work, folder).files == 2


def test_a_large_folder_is_kept_with_one_warning(work, folder, monkeypatch):
    monkeypatch.setattr(source, "LARGE_FILES", 3)
    monkeypatch.setattr(source, "_warned", set())
    fill(folder, {f"{n}.txt": "" for n in range(9)})
    with pytest.warns(UserWarning, match=r"takes 10 files, 0 MB\. List what is not source .*\.amlignore") as told:
        assert source.take(work, folder).files == 10
    assert len(told) == 1
    assert source.take(work, folder).files == 10


# ---- names and links


@posix
def test_every_name_that_a_file_may_have_comes_back(work, tmp_path):
    folder = tmp_path / "hostile"
    folder.mkdir()
    odd = [
        "a b",
        "new\nline",
        "tab\t",
        "größe",
        "日本",
        "q'\"uote",
        "-rf",
        "back\\slash",
        "x" * 250,
        "A",
        "a",
        "*.py",
        "~",
    ]
    for name in odd:
        (folder / name).write_text(name)
    (folder / "foo\n").write_text("not the foo of the pattern")
    (folder / ".amlignore").write_text("foo\nbar")
    with suppress(OSError):  # macOS takes no such name
        (folder / os.fsdecode(b"latin-\xe9")).write_text("bytes")
    taken = source.take(work, folder)
    source.restore(work, taken.snapshot_id, tmp_path / "copy")
    assert _tree(tmp_path / "copy") == _tree(folder)
    assert zipfile.ZipFile(source.pack(work, taken.snapshot_id, tmp_path / "zips")).testzip() is None


@posix
def test_links_inside_are_relative_and_links_outside_absolute(work, folder, tmp_path):
    fill(folder, {"pkg/x.py": "x", "sub/deep/y.py": "y"})
    (tmp_path / "data").mkdir()
    (folder / "absolute").symlink_to(folder / "pkg" / "x.py")
    (folder / "sub" / "up").symlink_to("../pkg")
    (folder / "sub" / "round").symlink_to("../../source/pkg")
    (folder / "outside").symlink_to("../data")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "loop").symlink_to("loop")
    (folder / "chain").symlink_to("absolute")
    (folder / "self").symlink_to(".")
    taken = source.take(work, folder)
    assert taken.files == 11
    source.restore(work, taken.snapshot_id, tmp_path / "there" / "copy")
    copy = tmp_path / "there" / "copy"
    told = {p.name: str(p.readlink()) for p in copy.rglob("*") if p.is_symlink()}
    assert told == {
        "absolute": "pkg/x.py",
        "up": "../pkg",
        "round": "../pkg",
        "outside": str(tmp_path / "data"),
        "dangling": "nowhere",
        "loop": "loop",
        "chain": "absolute",
        "self": ".",
    }
    assert (copy / "chain").read_text() == "x"


@posix
def test_a_source_given_by_a_link_is_what_the_link_leads_to(work, folder, tmp_path):
    (tmp_path / "alias").symlink_to(folder)
    (folder / "inner").symlink_to(tmp_path / "alias" / "train.py")
    taken = source.take(work, tmp_path / "alias")
    assert taken == source.take(work, folder)
    source.restore(work, taken.snapshot_id, tmp_path / "copy")
    assert str((tmp_path / "copy" / "inner").readlink()) == "train.py"


# ---- change and company


def test_a_file_that_changes_while_it_is_read_is_kept_whole_as_of_some_moment(work, folder):
    """A writer keeps rewriting the file with lines that are all the same: no snapshot may fail, and the list tells the truth."""
    code = """
import sys
n = 0
print("begun", flush=True)
while True:
    with open(sys.argv[1], "r+b") as f:
        f.truncate(0)
        f.write(str(n % 10).encode() * (n % 7 * 100_000))
    n += 1
"""
    file = folder / "train.py"
    with subprocess.Popen([sys.executable, "-c", code, file], stdout=subprocess.PIPE) as writer:
        try:
            assert writer.stdout.readline() == b"begun" + os.linesep.encode()
            taken = [source.take(work, folder) for _ in range(40)]
        finally:
            writer.kill()
    for one in taken:
        (entry,) = source.manifest(work, one.snapshot_id)
        content = (paths.snapshots(work) / "blobs" / entry.sha256[:2] / entry.sha256[2:]).read_bytes()
        assert (len(content), sha256(content).hexdigest()) == (entry.size, entry.sha256)


def test_processes_that_take_at_once_all_get_the_same(work, folder, tmp_path):
    fill(folder, {f"f{n}.txt": str(n) * 1000 for n in range(100)})
    code = """
import sys
from pathlib import Path
from jupyter_runs import source
for _ in range(5):
    print(source.take(Path(sys.argv[1]), Path(sys.argv[2])).snapshot_id)
"""
    several = [
        subprocess.Popen([sys.executable, "-c", code, work, folder], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    told = [process.communicate(timeout=60)[0].split() for process in several]
    assert [len(lines) for lines in told] == [5] * 4
    (snapshot_id,) = {one for lines in told for one in lines}
    source.restore(work, snapshot_id, tmp_path / "copy")
    assert _tree(tmp_path / "copy") == _tree(folder)
    assert list((paths.snapshots(work) / "tmp").iterdir()) == []


# ---- restore and pack


def test_restore_never_overwrites_a_file(work, folder, tmp_path):
    taken = source.take(work, folder)
    (tmp_path / "mine").mkdir()
    source.restore(work, taken.snapshot_id, tmp_path / "mine")
    (tmp_path / "mine" / "train.py").write_bytes(b"edited")
    with pytest.raises(SnapshotException, match=r"mine is not empty\. Restore the snapshot into a new folder"):
        source.restore(work, taken.snapshot_id, tmp_path / "mine")
    assert (tmp_path / "mine" / "train.py").read_bytes() == b"edited"


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_bytes(b"print('HELLO')\n")])
def test_a_missing_or_damaged_file_is_named_and_nothing_is_restored(work, folder, tmp_path, damage):
    fill(folder, {"a.txt": "a", "z.txt": "z"})
    taken = source.take(work, folder)
    digest = sha256(b"print('hello')\n").hexdigest()
    damage(paths.snapshots(work) / "blobs" / digest[:2] / digest[2:])
    with pytest.raises(
        SnapshotException, match=r"'train\.py' of snapshot .* is (missing|damaged)\. Nothing was restored"
    ):
        source.restore(work, taken.snapshot_id, tmp_path / "there" / "copy")
    assert list((tmp_path / "there").iterdir()) == []
    with pytest.raises(SnapshotException, match=r"'train\.py'"):
        source.pack(work, taken.snapshot_id, tmp_path / "zips")
    assert list((tmp_path / "zips").iterdir()) == []


@pytest.mark.parametrize("snapshot_id", ["", "no", "../manifests", "0" * 32, "A" * 32, "0" * 32 + "\n"])
def test_an_unknown_snapshot_is_one_line(work, folder, tmp_path, snapshot_id):
    source.take(work, folder)
    assert not source.exists(work, snapshot_id)
    with pytest.raises(SnapshotException, match="There is no snapshot"):
        source.restore(work, snapshot_id, tmp_path / "copy")


def write_manifest(work, entries, *, schema=1):
    """A list as somebody hostile would write it: with the right id."""
    data = json.dumps({"schema": schema, "entries": entries}).encode()
    snapshot_id = sha256(data).hexdigest()[:32]
    file = paths.snapshots(work) / "manifests" / f"{snapshot_id}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return snapshot_id


def entry(path, digest, mode=0o100644):
    return {"path": path, "size": 4, "sha256": digest, "mode": mode}


@pytest.mark.parametrize(
    "paths_and_modes",
    [
        [("../evil", 0o100644)],
        [("/evil", 0o100644)],
        [("a/../../evil", 0o100644)],
        [("a//b", 0o100644)],
        [(".", 0o040000)],
        [("", 0o100644)],
        [("nul\0", 0o100644)],
        [("link", 0o120000), ("link/evil", 0o100644)],
        [("twice", 0o100644), ("twice", 0o120000)],
        [("odd", 0o060000)],
        [(7, 0o100644)],
    ],
)
def test_a_hostile_list_of_files_leads_nowhere(work, folder, tmp_path, paths_and_modes):
    (folder / "train.py").write_bytes(b"/etc")
    source.take(work, folder)
    digest = sha256(b"/etc").hexdigest()
    snapshot_id = write_manifest(work, [entry(path, digest, mode) for path, mode in paths_and_modes])
    before = sorted(tmp_path.rglob("*"))
    for call in (source.restore, source.pack):
        with pytest.raises(SnapshotException, match=r"is damaged\. Nothing was restored"):
            call(work, snapshot_id, tmp_path / "copy")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_hostile_hash_reads_no_other_file(work, folder, tmp_path):
    source.take(work, folder)
    snapshot_id = write_manifest(work, [entry("x", "../../../../etc/passwd")])
    with pytest.raises(SnapshotException, match="is damaged"):
        source.restore(work, snapshot_id, tmp_path / "copy")


def test_a_list_changed_by_hand_is_refused(work, folder, tmp_path):
    taken = source.take(work, folder)
    file = paths.snapshots(work) / "manifests" / f"{taken.snapshot_id}.json"
    file.write_bytes(file.read_bytes().replace(b"train.py", b"other.py"))
    with pytest.raises(SnapshotException, match="is damaged"):
        source.restore(work, taken.snapshot_id, tmp_path / "copy")


def test_pack_writes_a_zip_that_unpacks_to_the_folder(work, folder, tmp_path):
    fill(folder, {"pkg/größe.py": "a", "void/": ""})
    taken = source.take(work, folder)
    file = source.pack(work, taken.snapshot_id, tmp_path / "zips" / "new")
    assert file == tmp_path / "zips" / "new" / f"{taken.snapshot_id}.zip"
    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path / "copy")
    assert _tree(tmp_path / "copy") == _tree(folder)
    before = file.read_bytes()
    assert source.pack(work, taken.snapshot_id, tmp_path / "zips" / "new").read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


@posix
@pytest.mark.skipif(shutil.which("unzip") is None, reason="needs unzip")
def test_a_zip_keeps_modes_and_links(work, folder, tmp_path):
    (folder / "run.sh").write_bytes(b"#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("train.py")
    file = source.pack(work, source.take(work, folder).snapshot_id, tmp_path)
    subprocess.run(["unzip", "-q", file, "-d", tmp_path / "copy"], check=True)
    assert _tree(tmp_path / "copy") == _tree(folder)


def test_pack_into_a_file_is_one_line(work, folder):
    taken = source.take(work, folder)
    with pytest.raises(SnapshotException, match=r"cannot be written .* Choose another folder"):
        source.pack(work, taken.snapshot_id, folder / "train.py")


# ---- sweep


def test_sweep_removes_what_nobody_names(work, folder, tmp_path):
    fill(folder, {"shared.txt": "shared"})
    first = source.take(work, folder)
    (folder / "train.py").write_bytes(b"second")
    second = source.take(work, folder)
    (paths.snapshots(work) / "tmp" / "left-by-a-crash").write_bytes(b"x" * 100)
    age(work, 2 * 86_400)
    freed = source.sweep(work, {second.snapshot_id})
    assert freed > 100 + len(b"print('hello')\n")
    assert not source.exists(work, first.snapshot_id)
    source.restore(work, second.snapshot_id, tmp_path / "copy")
    assert _tree(tmp_path / "copy") == _tree(folder)
    assert source.sweep(work, {second.snapshot_id}) == 0
    assert source.sweep(work, set()) > 0
    assert [f for f in stored(work) if "tmp" not in f] == []


def test_sweep_leaves_what_is_young_or_was_taken_again(work, folder, tmp_path):
    first = source.take(work, folder)
    assert source.sweep(work, set()) == 0
    age(work)
    assert source.take(work, folder) == first
    assert source.sweep(work, set()) == 0
    source.restore(work, first.snapshot_id, tmp_path / "copy")


def test_what_a_killed_sweep_had_put_aside_comes_back(work, folder, tmp_path):
    taken = source.take(work, folder)
    root = paths.snapshots(work)
    (blob,) = (file for file in (root / "blobs").rglob("*") if file.is_file())
    listed = root / "manifests" / f"{taken.snapshot_id}.json"
    for bring_back in (lambda: None, lambda: source.sweep(work, {taken.snapshot_id})):
        for file in (blob, listed):
            file.rename(source_blobs._aside(root, file))
        bring_back()
        copy = tmp_path / f"copy{len(list(tmp_path.iterdir()))}"
        source.restore(work, taken.snapshot_id, copy)
        assert _tree(copy) == _tree(folder)


def test_sweep_of_a_workspace_without_snapshots_frees_nothing(work):
    assert source.sweep(work, {"x"}) == 0
    assert not work.exists()


def test_sweep_removes_no_content_while_a_list_is_unreadable(work, folder):
    fill(folder, {"x": "y"})
    first = source.take(work, folder)
    age(work)
    (paths.snapshots(work) / "manifests" / f"{first.snapshot_id}.json").write_bytes(b"{")
    before = stored(work)
    with pytest.warns(UserWarning, match=r"is damaged.*No content was removed: delete .*json first"):
        assert source.sweep(work, {first.snapshot_id}) == 0
    assert stored(work) == before


def test_sweeping_while_others_take_loses_nothing(work, folder, tmp_path):
    """Every file looks old to the sweep all the time; a take that has ended must be whole all the same."""
    fill(folder, {f"f{n}.txt": str(n) for n in range(20)})
    code = """
import os, sys, time
from pathlib import Path
from jupyter_runs import paths, source
work = Path(sys.argv[1])
print("begun", flush=True)
while True:
    source.sweep(work, set())
"""
    with subprocess.Popen([sys.executable, "-c", code, work], stdout=subprocess.PIPE) as sweeper:
        try:
            assert sweeper.stdout.readline()
            for n in range(30):
                taken = source.take(work, folder)
                source.restore(work, taken.snapshot_id, tmp_path / f"copy{n}")
                age_one(work)
        finally:
            sweeper.kill()


def age_one(work):
    for file in paths.snapshots(work).rglob("*"):
        try:
            os.utime(file, (time.time() - 2 * source_blobs.YOUNG_S,) * 2)
        except FileNotFoundError:
            continue


def test_importing_the_package_reads_no_ignore_rules_yet():
    code = "import sys, jupyter_runs.source; print('pathspec' in sys.modules, 'yaml' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).split() == ["False", "False"]


def test_warnings_are_no_errors_for_the_caller(work, folder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert source.take(work, folder).files == 1
