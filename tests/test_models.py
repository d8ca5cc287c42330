"""Registered models: versions, files, tags, and what they are found by."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from jupyter_runs import paths
from jupyter_runs.errors import ArtifactNotFound, InvalidName, JupyterRunsError, ModelNotFound, PropertyConflict
from jupyter_runs.experiment import Experiment
from jupyter_runs.models import Model
from jupyter_runs.workspace import Workspace


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of the tests."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(ws, here):
    run = Experiment(ws, "e").start_logging(snapshot_directory=None)
    write(here / "x", "weights")
    run.upload_file("outputs/model.pkl", "x")
    return run


def write(path: Path, content: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")
    return path


def tree(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text("utf-8") for p in sorted(folder.rglob("*")) if p.is_file()}


def one_line(error) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


def test_a_file_of_a_run_becomes_version_1_of_a_model(ws, run):
    begin = datetime.now(timezone.utc)
    model = run.register_model(
        "digits",
        "outputs/model.pkl",
        tags={"area": "digits", "n": 3},
        properties={"accuracy": 0.9},
        model_framework=Model.Framework.SCIKITLEARN,
        model_framework_version="1.5",
        description="the first",
        datasets=None,
    )
    assert (model.name, model.version, model.id) == ("digits", 1, "digits:1")
    assert (model.tags, model.properties) == ({"area": "digits", "n": "3"}, {"accuracy": "0.9"})
    assert (model.model_framework, model.model_framework_version) == ("ScikitLearn", "1.5")
    assert (model.description, model.run_id, model.run, model.experiment_name) == ("the first", run.id, run, "e")
    assert begin - timedelta(seconds=1) < model.created_time < datetime.now(timezone.utc)
    assert model.created_by == ws.user
    assert model.path.read_text("utf-8") == "weights"
    assert model.url == model.path.as_uri()
    assert Model(ws, "digits") == model


def test_a_model_is_a_copy_that_later_uploads_leave_alone(ws, run):
    model = run.register_model(model_name="digits", model_path="outputs/model.pkl")
    write(Path("x"), "other")
    run.upload_file("outputs/model.pkl", "x")
    assert model.path.read_text("utf-8") == "weights"
    assert run.register_model("digits", "outputs/model.pkl").path.read_text("utf-8") == "other"
    assert [m.version for m in Model.list(ws, "digits")] == [2, 1]


def test_a_folder_of_a_run_is_registered_whole(ws, run):
    write(Path("y"), "words")
    run.upload_file("outputs/deep/words.txt", "y")
    for path in ("outputs", "outputs/", "./outputs"):
        model = run.register_model("all", path)
        assert model.path.name == "outputs"
        assert tree(model.path) == {"model.pkl": "weights", "deep/words.txt": "words"}


def test_without_a_path_the_name_of_the_model_is_that_of_the_file(run):
    write(Path("y"), "z")
    run.upload_file("digits.pkl", "y")
    assert run.register_model("digits.pkl").path.read_text("utf-8") == "z"
    with pytest.raises(ArtifactNotFound, match=r"File with path 'digits' was not found .* outputs/model\.pkl") as error:
        run.register_model("digits")
    one_line(error)


def test_what_cannot_be_registered_leaves_nothing(ws, run):
    for arguments, kind in (
        (("m", "none"), ArtifactNotFound),
        (("m", "../../runs.db"), InvalidName),
        (("m", "outputs/mod"), ArtifactNotFound),
        (("", "outputs"), InvalidName),
        (("../m", "outputs"), InvalidName),
        (("a b", "outputs"), InvalidName),
        (("m" * 256, "outputs"), InvalidName),
        ((3, "outputs"), InvalidName),
        (("m", "outputs", 3), InvalidName),
        (("m", "outputs", None, {"": "x"}), InvalidName),
    ):
        with pytest.raises(kind) as error:
            run.register_model(*arguments)
        one_line(error)
    assert Model.list(ws) == []
    assert not paths.models(ws.folder).exists()


def test_versions_count_up_while_several_processes_register(ws, run):
    code = f"""
from jupyter_runs.workspace import Workspace
run = Workspace({str(ws.folder)!r}).get_run({run.id!r})
print(*(run.register_model("m", "outputs").version for _ in range(10)))
"""
    several = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.communicate()[0] for process in several]
    versions = sorted(int(version) for text in said for version in text.split())
    assert versions == list(range(1, 41))
    models = Model.list(ws, "m")
    assert sorted(m.version for m in models) == versions
    assert all(tree(m.path) == {"model.pkl": "weights"} for m in models)
    assert {p.name for p in (paths.models(ws.folder) / "m").iterdir()} == {str(v) for v in versions}


def test_a_folder_left_by_a_crash_costs_a_number_and_nothing_else(ws, run):
    left = write(paths.models(ws.folder) / "m" / "1" / "half.pkl")
    assert run.register_model("m", "outputs").version == 2
    assert left.exists()


def test_a_model_whose_folder_was_removed_by_hand_is_not_overwritten(ws, run):
    import shutil

    first = run.register_model("m", "outputs")
    shutil.rmtree(first.path.parent)
    assert run.register_model("m", "outputs").version == 2
    with pytest.raises(ModelNotFound, match="gone from"):
        first.download()


def test_registering_shows_in_the_feed_of_the_run(ws, run):
    cursor = ws.store.cursor()
    run.register_model("m", "outputs")
    assert [r.run_id for r in ws.store.changes(cursor).runs] == [run.id]


def test_local_files_and_folders_are_registered_too(ws, here):
    write(here / "data" / "a.txt", "a")
    write(here / "data" / "sub" / "b.txt", "b")
    folder = Model.register(ws, model_path="data", model_name="folder", tags="plain", description="d")
    assert (folder.run_id, folder.run, folder.experiment_name, folder.tags) == (None, None, None, {"plain": None})
    assert tree(folder.path) == {"a.txt": "a", "sub/b.txt": "b"}
    file = Model.register(ws, "data/a.txt", "file")
    assert (file.path.name, file.path.read_text("utf-8")) == ("a.txt", "a")
    part = Model.register(ws, "data", "part", child_paths=["sub"])
    assert tree(part.path) == {"sub/b.txt": "b"}
    (here / "empty").mkdir()
    for path, message in (("none", "is not there"), ("empty", "no files")):
        with pytest.raises(InvalidName, match=message) as error:
            Model.register(ws, path, "m")
        one_line(error)
    with pytest.raises(InvalidName, match="no files"):
        Model.register(ws, "data", "part", child_paths=["none"])
    assert {m.name for m in Model.list(ws)} == {"folder", "file", "part"}


def test_a_model_is_downloaded_and_never_over_a_file_unasked(run, here):
    file = run.register_model("file", "outputs/model.pkl")
    folder = run.register_model("folder", "outputs")
    assert Path(file.download()).resolve() == here / "model.pkl"
    assert Path(file.download(target_dir="new/place")).read_text("utf-8") == "weights"
    assert tree(Path(folder.download("there"))) == {"model.pkl": "weights"}
    write(here / "model.pkl", "mine")
    write(here / "there" / "outputs" / "model.pkl", "mine")
    for model, place in ((file, "."), (folder, "there")):
        with pytest.raises(InvalidName, match="exist_ok=True") as error:
            model.download(place)
        one_line(error)
    assert (here / "model.pkl").read_text("utf-8") == "mine"
    file.download(exist_ok=True)
    folder.download("there", exists_ok=True)
    assert (here / "model.pkl").read_text("utf-8") == "weights"
    assert tree(here / "there" / "outputs") == {"model.pkl": "weights"}


def test_a_folder_in_the_way_of_a_download_is_said_in_one_line(run, here):
    write(here / "model.pkl" / "x")
    with pytest.raises(JupyterRunsError) as error:
        run.register_model("m", "outputs/model.pkl").download(exist_ok=True)
    one_line(error)


def test_a_model_is_found_by_name_version_id_tags_and_run(ws, run):
    other = Experiment(ws, "e").start_logging(snapshot_directory=None)
    other.upload_file("f", "x")
    run.register_model("m", "outputs", tags={"quality": "good"}, properties={"p": "1"})
    run.register_model("m", "outputs", tags={"quality": "bad", "checked": None}, model_framework="Onnx")
    other.register_model("n", "f", tags={"quality": "good"})
    assert Model(ws, "m").version == 2
    assert Model(ws, "m", version=1).tags == Model(ws, id="m:1").tags == {"quality": "good"}
    assert Model(ws, name="m", version="2").version == 2
    assert Model(ws, "m", tags=[["quality", "good"]]).version == 1
    assert Model(ws, "m", properties=["p"]).version == 1
    assert Model(ws, "m", model_framework="Onnx").version == 2

    def ids(**conditions):
        return [model.id for model in Model.list(ws, **conditions)]

    assert ids() == ["n:1", "m:2", "m:1"]
    assert ids(latest=True) == ["n:1", "m:2"]
    assert ids(name="m") == ["m:2", "m:1"]
    assert ids(run_id=other.id) == ["n:1"]
    assert ids(tags=["quality"]) == ["n:1", "m:2", "m:1"]
    assert ids(tags=["checked", ["quality", "bad"]]) == ids(tags="checked") == ["m:2"]
    assert ids(tags=[["quality", "good"]]) == ids(tags={"quality": "good"}) == ["n:1", "m:1"]
    assert ids(tags={"checked": None}) == ["m:2"]
    assert ids(tags=["quality", "none"]) == []
    assert ids(properties=[["p", 1]]) == ["m:1"]
    assert ids(name="none") == []
    with pytest.raises(InvalidName, match="list of keys"):
        ids(tags=[3])


def test_a_model_that_is_not_there_says_what_is(ws, run):
    with pytest.raises(ModelNotFound, match="There are none yet") as error:
        Model(ws, "m")
    one_line(error)
    run.register_model("m", "outputs")
    for arguments, message in (
        ({"name": "other"}, "Registered are: m"),
        ({"name": "m", "version": 7}, "no version 7; there are: 1"),
        ({"id": "m:7"}, "no version 7"),
        ({"name": "m", "tags": ["x"]}, "No version of model 'm' matches"),
    ):
        with pytest.raises(ModelNotFound, match=message) as error:
            Model(ws, **arguments)
        one_line(error)
    for arguments in (
        {},
        {"name": "m", "version": "x"},
        {"id": "m"},
        {"id": "m:"},
        {"name": "m", "version": "9" * 5000},
    ):
        with pytest.raises(InvalidName) as error:
            Model(ws, **arguments)
        one_line(error)


def test_tags_and_the_description_change_and_properties_never(ws, run):
    model = run.register_model("m", "outputs", tags={"a": "1"}, properties={"p": "1"}, description="old")
    model.add_tags({"b": "2", "a": "3"})
    model.remove_tags(["b", "none"])
    assert model.tags == Model(ws, "m").tags == {"a": "3"}
    model.update(tags={"c": None}, description="new")
    assert (model.tags, model.description) == ({"c": None}, "new")
    model.update(description="")
    assert Model(ws, "m").description is None
    model.add_properties({"p": "1", "q": "2"})
    with pytest.raises(PropertyConflict):
        model.update_tags_properties(add_tags={"d": "1"}, add_properties={"p": "2"})
    assert (Model(ws, "m").tags, Model(ws, "m").properties) == ({"c": None}, {"p": "1", "q": "2"})
    model.update_tags_properties(add_tags={"d": "1"}, remove_tags=["c"], add_properties={"r": "3"})
    assert (model.tags, model.properties) == ({"d": "1"}, {"p": "1", "q": "2", "r": "3"})


def test_tags_added_from_two_handles_are_all_kept(ws, run):
    one = run.register_model("m", "outputs")
    two = Model(ws, "m")
    one.add_tags({"a": "1"})
    two.add_tags({"b": "2"})
    assert Model(ws, "m").tags == {"a": "1", "b": "2"}


def test_a_deleted_version_is_gone_with_its_files_and_its_number_stays_taken(ws, run):
    for _ in range(2):
        run.register_model("m", "outputs")
    Model(ws, "m", version=2).delete()
    assert [m.id for m in Model.list(ws)] == ["m:1"]
    assert tree(paths.models(ws.folder)) == {"m/1/outputs/model.pkl": "weights", "m/2/.deleted": ""}
    assert run.register_model("m", "outputs").version == 3
    gone = Model(ws, "m", version=1)
    gone.delete()
    with pytest.raises(ModelNotFound) as error:
        gone.delete()
    one_line(error)
    with pytest.raises(ModelNotFound):
        gone.add_tags("x")


def test_the_path_of_a_model_is_found_from_a_script_without_a_workspace(ws, run, monkeypatch):
    first = run.register_model("m", "outputs/model.pkl")
    second = run.register_model("m", "outputs/model.pkl")
    assert Model.get_model_path("m") == str(second.path)
    assert Model.get_model_path("m", version=1, _workspace=ws) == str(first.path)
    assert Workspace.from_config().folder == ws.folder
    with pytest.raises(ModelNotFound):
        Model.get_model_path("none")


def test_a_model_is_shown_in_one_line_and_as_a_table(run):
    model = run.register_model("m", "outputs", tags={"<b>": "x"}, description="<script>alert(1)</script>")
    assert repr(model) == "Model(name='m', version=1, workspace='ws')"
    shown = model._repr_html_()
    assert "<script>" not in shown
    assert "&lt;b&gt;=x" in shown
    assert run.id in shown


def test_a_model_from_a_script_that_still_runs_has_the_files_of_its_own_folder(ws):
    from jupyter_runs.model import NewRun, Status

    ws.store.create_runs([NewRun("script", "e", "me", status=Status.QUEUED)])
    write(paths.code_folder(ws.folder, "script") / "outputs" / "m.pkl", "new")
    assert ws.get_run("script").register_model("m", "outputs/m.pkl").path.read_text("utf-8") == "new"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everything")
def test_a_workspace_that_cannot_be_written_is_said_in_one_line(ws, run):
    ws.folder.chmod(0o500)
    try:
        with pytest.raises(JupyterRunsError) as error:
            run.register_model("m", "outputs")
    finally:
        ws.folder.chmod(0o700)
    one_line(error)
