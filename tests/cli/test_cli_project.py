"""folder attach, workspaces by name and by path, and what an attached folder means for other commands."""

from __future__ import annotations

import json
import os

import pytest
from terminal import BIN, in_pipe, on_terminal

from jupyter_runs import config
from jupyter_runs.script import RunConfiguration
from jupyter_runs.workspace import Workspace


@pytest.fixture
def project(folder, tmp_path, monkeypatch):
    """An empty folder to work in; no variable says which workspace."""
    monkeypatch.delenv("JUPYTER_RUNS_WORKSPACE")
    path = tmp_path / "my project"
    path.mkdir()
    monkeypatch.chdir(path)
    return path


def test_attach_writes_what_the_workspace_is_found_by(given, project):
    data = given("folder", "attach", "-w", "myworkspace", "-g", "myresourcegroup")
    written = json.loads((project / ".azureml" / "config.json").read_text("utf-8"))
    assert written["Scope"] == (
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/myresourcegroup"
        "/providers/Microsoft.MachineLearningServices/workspaces/myworkspace/projects/my-project"
    )
    assert written["Id"]
    assert (data["workspace_name"], data["experiment_name"]) == ("myworkspace", "my-project")
    workspace = Workspace.from_config()
    assert (workspace.name, workspace.resource_group) == ("myworkspace", "myresourcegroup")
    workspace.store.close()


def test_attach_writes_samples_that_can_be_loaded(run, project):
    assert run("folder", "attach", "-w", "mine")[0] == 0
    assert RunConfiguration.load(str(project), "sklearn") is not None
    assert (project / ".amlignore").is_file()
    assert (project / ".azureml" / "conda_dependencies.yml").is_file()


def test_attaching_again_rewrites_the_config_file_only(given, project):
    given("folder", "attach", "-w", "one", "-e", "first")
    before = json.loads((project / ".azureml" / "config.json").read_text("utf-8"))
    sample = project / ".azureml" / "sklearn.runconfig"
    sample.write_text(sample.read_text("utf-8") + "# mine\n", "utf-8")
    (project / ".amlignore").unlink()
    given("folder", "attach", "-w", "two", "-e", "second", "--subscription-id", "abc")
    after = json.loads((project / ".azureml" / "config.json").read_text("utf-8"))
    assert after["Id"] == before["Id"]
    assert after["Scope"].startswith("/subscriptions/abc/")
    assert after["Scope"].endswith("/workspaces/two/projects/second")
    assert sample.read_text("utf-8").endswith("# mine\n")
    assert not (project / ".amlignore").exists()


def test_attaching_again_forgets_what_named_another_workspace(given, project):
    (project / ".azureml").mkdir()
    file = project / ".azureml" / "config.json"
    file.write_text(json.dumps({"workspace_name": "old", "store": "runs", "subscription_id": "s", "mine": 1}), "utf-8")
    given("folder", "attach", "-w", "new")
    assert config.resolve().name == "new"
    assert json.loads(file.read_text("utf-8"))["mine"] == 1


def test_a_folder_is_attached_from_elsewhere_and_made_when_missing(given, project):
    given("folder", "attach", "-w", "mine", "--path", "sub/folder")
    assert (project / "sub" / "folder" / ".azureml" / "config.json").is_file()
    assert not (project / ".azureml").exists()
    assert given("list", "--path", "sub/folder") == []


def test_a_folder_is_attached_to_a_workspace_in_a_folder(given, project, tmp_path):
    data = given("folder", "attach", "-w", str(tmp_path / "store"))
    assert data["workspace_folder"] == str(tmp_path / "store")
    assert config.resolve().folder == tmp_path / "store"


def test_a_config_file_that_is_broken_is_left_alone(run, project):
    (project / ".azureml").mkdir()
    file = project / ".azureml" / "config.json"
    file.write_text("[1]", "utf-8")
    code, _, err = run("folder", "attach", "-w", "mine")
    assert (code, err.count("\n")) == (1, 1)
    assert file.read_text("utf-8") == "[1]"


def test_a_workspace_is_named_by_its_name(run, given, project, tmp_path, monkeypatch):
    given("folder", "attach", "-w", "myworkspace")
    assert given("list", "-w", "myworkspace") == []
    monkeypatch.chdir(tmp_path)
    assert given("list", "-w", "myworkspace") == []
    code, _, err = run("list", "-w", "myworkspac")
    assert code == 1
    assert "known: myworkspace" in err


def test_a_workspace_that_was_opened_elsewhere_is_known_by_its_name(given, project, tmp_path):
    Workspace(tmp_path / "far" / "team").store.close()
    assert given("list", "-w", "team") == []


def test_a_folder_without_runs_is_refused_and_not_filled(run, project):
    (project / "empty").mkdir()
    code, _, err = run("list", "-w", "empty")
    assert code == 1
    assert "holds no runs" in err
    assert list((project / "empty").iterdir()) == []


def test_an_attached_folder_keeps_to_its_experiment_as_azure_ml_does(given, project):
    given("folder", "attach", "-w", "mine", "-e", "wanted")
    workspace = Workspace.from_config()
    for experiment in ("wanted", "other"):
        with workspace_run(workspace, experiment):
            pass
    workspace.store.close()
    names = lambda *args: [item["experiment_name"] for item in given("list", *args)]
    assert names() == ["wanted"]
    assert names("-e", "*") == ["other", "wanted"]
    assert names("-e", "other") == ["other"]
    assert names("exp:other") == ["other"]
    assert given("show", "-r", "last")["experiment_name"] == "other"
    assert given("show", "-r", "#1")["experiment_name"] == "wanted"
    _, text = on_terminal("list")
    assert "Only experiment wanted" in text


def workspace_run(workspace, experiment):
    from jupyter_runs.experiment import Experiment

    return Experiment(workspace, experiment).start_logging(snapshot_directory=None, outputs=False)


def test_the_flow_of_the_azure_ml_article_works_word_for_word(project):
    (project / "train.py").write_text("import sys\nprint('trained with', sys.argv[1:])\n", "utf-8")
    jupyter = [BIN / "jupyter", "runs"]
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}

    def az_ml(*args):
        result = in_pipe(*jupyter, *args, env=environment)
        assert result.returncode == 0, result.stderr
        return result

    az_ml("folder", "attach", "-w", "myworkspace", "-g", "myresourcegroup")
    submitted = az_ml("run", "submit-script", "-c", "sklearn", "-e", "testexperiment", "train.py")
    run_id = json.loads(submitted.stdout)["run_id"]
    assert "trained with []" in submitted.stderr
    listed = json.loads(az_ml("run", "list", "--experiment-name", "testexperiment").stdout)
    assert [item["run_id"] for item in listed] == [run_id]
    assert json.loads(az_ml("run", "show", "-r", run_id).stdout)["status"] == "Completed"
    az_ml("run", "cancel", "-r", run_id, "-w", "myworkspace", "-e", "testexperiment")
    az_ml("run", "update", "-r", run_id, "--add-tag", "quality=fantastic run")
    found = az_ml("run", "list", "--experiment-name", "testexperiment", "[?tags.quality=='fantastic run']")
    assert [item["run_id"] for item in json.loads(found.stdout)] == [run_id]
