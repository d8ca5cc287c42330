"""The source of a run: taken at its start or by hand, and given back as it was."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jupyter_runs.errors import SnapshotException
from jupyter_runs.experiment import Experiment

if TYPE_CHECKING:
    from jupyter_runs.workspace import Workspace


def names(packed: str) -> set[str]:
    with zipfile.ZipFile(packed) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


@pytest.fixture
def exp(ws: Workspace) -> Experiment:
    return Experiment(ws, "e")


def test_an_interactive_run_keeps_its_folder_and_gives_it_back(exp: Experiment, tmp_path: Path) -> None:
    Path("helper.py").write_text("VALUE = 1")
    run = exp.start_logging()
    Path("helper.py").write_text("VALUE = 2")
    packed = run.restore_snapshot(path=str(tmp_path / "not" / "there yet"))
    assert Path(packed).is_absolute()
    assert names(packed) == {"helper.py"}
    with zipfile.ZipFile(packed) as archive:
        assert archive.read("helper.py") == b"VALUE = 1"


def test_a_folder_that_is_too_large_is_left_out_with_one_warning(
    exp: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_runs.experiment._MAX_FILES", 3)
    for i in range(5):
        Path(f"{i}.py").touch()
    with pytest.warns(UserWarning, match=r"\.amlignore"):
        first = exp.start_logging()
    second = exp.start_logging()
    assert (first.get_snapshot_id(), second.get_snapshot_id()) == (None, None)
    with pytest.raises(SnapshotException, match="take_snapshot"):
        first.restore_snapshot()


def test_no_snapshot_when_none_is_wanted(exp: Experiment) -> None:
    assert exp.start_logging(snapshot_directory=None).get_snapshot_id() is None


def test_a_snapshot_by_hand_takes_the_place_of_the_first_and_stays(exp: Experiment) -> None:
    Path("a.py").touch()
    run = exp.start_logging()
    first = run.get_snapshot_id()
    Path("b.py").touch()
    second = run.take_snapshot("./")
    assert run.get_snapshot_id() == second != first
    assert run.take_snapshot("./") == second
    Path("c.py").touch()
    with pytest.raises(SnapshotException, match="already"):
        run.take_snapshot("./")
    run.complete()
    exp.workspace.gc(older_than_days=0)
    assert names(run.restore_snapshot()) == {"a.py", "b.py"}
    assert names(run.restore_snapshot(first)) == {"a.py"}


def test_outputs_of_an_interactive_run_are_those_that_it_changed(exp: Experiment) -> None:
    Path("outputs").mkdir()
    Path("outputs/old.txt").write_text("of an earlier run")
    with exp.start_logging() as run:
        Path("outputs/new.txt").write_text("of this run")
    assert [name for name in run.get_file_names() if name.startswith("outputs/")] == ["outputs/new.txt"]
    assert Path("outputs/new.txt").exists()


def test_outputs_is_there_after_start_logging_unless_it_is_not_wanted(exp: Experiment) -> None:
    exp.start_logging(outputs=False).complete()
    assert not Path("outputs").exists()
    with exp.start_logging(outputs="elsewhere") as run:
        Path("elsewhere/x.txt").write_text("x")
    assert not Path("outputs").exists()
    assert "outputs/x.txt" in run.get_file_names()
    exp.start_logging().complete()
    assert Path("outputs").is_dir()


def test_a_folder_that_was_too_large_is_looked_at_again_when_its_ignore_file_changes(
    exp: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_runs.experiment._MAX_FILES", 3)
    Path("data").mkdir()
    for i in range(5):
        Path(f"data/{i}").touch()
    with pytest.warns(UserWarning, match=r"\.amlignore"):
        exp.start_logging()
    Path(".amlignore").write_text("data\n")
    assert exp.start_logging().get_snapshot_id() is not None
