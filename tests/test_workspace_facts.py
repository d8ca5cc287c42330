"""Workspace as SDK v1 notebooks use it: every way to get one, its facts, and what only the cloud has."""

from __future__ import annotations

import json
import pickle

import pytest

from jupyter_runs import Experiment, Workspace
from jupyter_runs.errors import CloudOnly, WorkspaceConfigError
from jupyter_runs.models import Model
from jupyter_runs.script import Environment
from jupyter_runs.workspace import opened


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The current folder, with nothing in the environment."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("JUPYTER_RUNS_WORKSPACE")
    return folder


@pytest.fixture
def named(ws, tmp_path):
    """The folder of a workspace by its name; what the test opens is closed."""
    yield lambda name: tmp_path / "home" / "workspaces" / name
    for shared in opened():
        shared.store.close()


def test_three_names_are_a_workspace_of_that_name_by_position_and_by_keyword(named):
    by_position = Workspace("sub", "group", "team")
    by_keyword = Workspace(
        workspace_name="team", subscription_id="sub", resource_group="group", auth=object(), _cloud="x"
    )
    assert by_position.folder == by_keyword.folder == named("team")
    assert (by_position.name, by_position.subscription_id, by_position.resource_group) == ("team", "sub", "group")
    assert by_position.store is by_keyword.store


def test_one_argument_is_a_folder(tmp_path, ws):
    assert Workspace(ws.folder).store is Workspace(str(ws.folder)).store is Workspace(path=ws.folder).store is ws.store


@pytest.mark.parametrize("given", [{"resource_group": "g"}, {"path": "p", "workspace_name": "w"}])
def test_half_a_name_is_one_line_that_says_what_is_missing(given):
    with pytest.raises(WorkspaceConfigError, match="workspace_name"):
        Workspace(**given)


def test_get_makes_the_workspace_so_that_notebooks_of_others_run(named):
    workspace = Workspace.get(name="team", subscription_id="sub", resource_group="group")
    assert (workspace.folder, workspace.subscription_id) == (named("team"), "sub")
    assert (named("team") / "runs.db").exists()


def test_create_refuses_a_workspace_that_is_there_unless_that_is_fine(named):
    made = Workspace.create("team", location="westeurope", create_resource_group=True, sku="basic", hbi_workspace=False)
    Experiment(made, "kept")
    with pytest.raises(WorkspaceConfigError, match="exist_ok=True"):
        Workspace.create("team")
    assert list(Workspace.create("team", exist_ok=True).experiments) == ["kept"]


def test_list_has_every_workspace_that_was_opened_by_its_name(ws, named):
    Workspace.get("team")
    found = Workspace.list("any-subscription")
    assert {name: [one.folder for one in many] for name, many in found.items()} == {
        "team": [named("team")],
        "ws": [ws.folder],
    }


def test_list_leaves_out_one_that_cannot_be_opened_with_a_warning(ws, named):
    Workspace.get("team").store.close()
    for file in named("team").iterdir():
        file.unlink()
    (named("team") / "runs.db").write_text("no database")
    with pytest.warns(UserWarning, match="'team' is left out"):
        assert list(Workspace.list()) == ["ws"]


def test_every_fact_is_a_text_that_can_be_printed(ws):
    facts = (ws.name, ws.location, ws.sku, ws.subscription_id, ws.resource_group, ws.discovery_url)
    assert all(isinstance(fact, str) and fact for fact in facts)
    assert "Azure region: " + ws.location == "Azure region: local"
    assert ws.tags == {}


def test_the_details_are_json_with_the_keys_of_v1(ws):
    details = ws.get_details()
    assert json.loads(json.dumps(details)) == details
    assert {"id", "name", "location", "type", "tags", "sku", "workspaceid", "friendlyName"} <= details.keys()
    assert details["id"].endswith("/workspaces/ws")


@pytest.mark.parametrize(
    "kind",
    ["datastores", "datasets", "webservices", "images", "linked_services"],
)
def test_what_only_the_cloud_has_is_empty_so_that_asking_for_it_works(ws, kind):
    found = getattr(ws, kind)
    assert "cpu-cluster" not in found
    assert found == pickle.loads(pickle.dumps(found)) == {}
    assert found.get("cpu-cluster") is None
    with pytest.raises(KeyError) as refused:
        found["cpu-cluster"]
    assert isinstance(refused.value, CloudOnly)
    assert str(refused.value).startswith(f"{kind}['cpu-cluster'] exists in Azure only. ")


def test_environments_and_models_are_those_that_were_registered(ws, tmp_path):
    assert (ws.environments, ws.models) == ({}, {})
    mine = Environment("mine")
    mine.environment_variables["A"] = "1"
    mine.register(ws)
    (tmp_path / "model.pkl").write_text("x")
    for _ in range(2):
        Model.register(ws, str(tmp_path / "model.pkl"), "best")
    assert {name: one.environment_variables for name, one in ws.environments.items()} == {"mine": {"A": "1"}}
    assert {name: one.version for name, one in ws.models.items()} == {"best": 2}


@pytest.mark.parametrize(
    "call",
    [
        lambda ws: ws.get_default_datastore(),
        lambda ws: ws.set_default_datastore("x"),
        lambda ws: ws.get_default_compute_target("CPU"),
        lambda ws: ws.get_default_keyvault(),
        lambda ws: ws.get_mlflow_tracking_uri(),
        lambda ws: ws.update(friendly_name="x"),
        lambda ws: ws.delete(delete_dependent_resources=True),
    ],
)
def test_what_cannot_be_done_here_names_the_local_way_in_one_line(ws, call):
    with pytest.raises(NotImplementedError, match="exists in Azure only") as refused:
        call(ws)
    assert isinstance(refused.value, CloudOnly)
    assert "\n" not in str(refused.value)
    assert ws.folder.is_dir()


@pytest.mark.parametrize("kind", ["folder", "named"])
def test_a_workspace_is_found_again_in_a_project_that_it_was_written_to(project, tmp_path, kind):
    workspace = Workspace(tmp_path / "own") if kind == "folder" else Workspace.get("team", subscription_id="sub")
    workspace.write_config()
    below = project / "a" / "b"
    below.mkdir(parents=True)
    again = Workspace.from_config(below)
    assert (again.folder, again.name) == (workspace.folder, workspace.name)
    assert again.subscription_id == workspace.subscription_id
    workspace.store.close()


def test_a_config_file_of_another_name_is_found_by_its_name(project, tmp_path):
    workspace = Workspace(tmp_path / "own")
    workspace.write_config(path=project / "conf", file_name="test.json")
    assert Workspace.from_config(project / "conf" / ".azureml" / "test.json").store is workspace.store
    assert Workspace.from_config("conf", _file_name="test.json").store is workspace.store
    workspace.store.close()


def test_a_workspace_sent_to_another_process_keeps_its_name_and_labels(named):
    workspace = Workspace("sub", "group", "a name of mine")
    again = pickle.loads(pickle.dumps(workspace))
    assert (again.name, again.subscription_id, again.store) == ("a name of mine", "sub", workspace.store)
