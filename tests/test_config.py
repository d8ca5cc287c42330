"""Which workspace: argument > JUPYTER_RUNS_WORKSPACE > config.json found upwards > the user's default."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest

from jupyter_runs import Workspace, config, envvars, paths
from jupyter_runs.errors import WorkspaceConfigError

if TYPE_CHECKING:
    from pathlib import Path

AZURE = {"subscription_id": "sub-1", "resource_group": "group-1", "workspace_name": "team"}
SCOPE = {"Id": "x", "Scope": "/subscriptions/sub-2/resourceGroups/group-2/providers/p/workspaces/scoped/projects/exp"}


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The current folder, three levels deep, with nothing in the environment."""
    folder = tmp_path / "project" / "a" / "b"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("JUPYTER_RUNS_WORKSPACE")
    return tmp_path / "project"


def write(file: Path, data: object) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")
    return file


def test_without_anything_it_is_the_users_default(project, home):
    found = config.resolve()
    assert (found.name, found.folder) == ("default", home / "workspaces" / "default")


@pytest.mark.parametrize("place", [".azureml", "aml_config", ""])
@pytest.mark.parametrize("level", [".", "a", "a/b"])
def test_a_config_file_is_found_upwards(project, home, place, level):
    write(project / level / place / "config.json", AZURE)
    found = config.resolve()
    assert found.folder == home / "workspaces" / "team"
    assert (found.name, found.subscription_id, found.resource_group) == ("team", "sub-1", "group-1")


def test_the_nearest_config_file_wins_and_azureml_before_the_plain_one(project):
    write(project / "config.json", {"workspace_name": "far"})
    assert config.resolve().name == "far"
    write(project / "a" / "config.json", {"workspace_name": "near"})
    assert config.resolve().name == "near"
    write(project / "a" / "aml_config" / "config.json", {"workspace_name": "older"})
    assert config.resolve().name == "older"
    write(project / "a" / ".azureml" / "config.json", {"workspace_name": "newer"})
    assert config.resolve().name == "newer"


def test_the_scope_form_of_azure_names_the_workspace(project):
    write(project / ".azureml" / "config.json", SCOPE)
    found = config.resolve()
    assert (found.name, found.subscription_id, found.resource_group) == ("scoped", "sub-2", "group-2")
    assert found.experiment == "exp"


def test_a_project_file_counts_where_there_is_no_config_file(project):
    write(project / "a" / "aml_config" / "project.json", SCOPE)
    assert config.resolve().name == "scoped"
    write(project / "a" / "aml_config" / "config.json", AZURE)
    assert config.resolve().name == "team"


def test_a_file_of_another_name_is_found_when_it_is_asked_for(project):
    write(project / ".azureml" / "config.json", AZURE)
    write(project / ".azureml" / "test.json", {"workspace_name": "testing"})
    assert config.near(".", "test.json").name == "testing"
    assert config.near(".").name == "team"


def test_the_environment_wins_over_a_config_file(project, tmp_path, monkeypatch):
    write(project / "config.json", AZURE)
    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(tmp_path / "mine"))
    assert (config.resolve().folder, config.resolve().name) == (tmp_path / "mine", "mine")


@pytest.mark.parametrize("folder", ["new", "empty", "store"])
def test_a_folder_given_as_a_workspace_is_that_workspace(project, tmp_path, monkeypatch, folder):
    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(tmp_path / "mine"))
    write(project / "config.json", AZURE)
    if folder != "new":
        (project / folder).mkdir()
    if folder == "store":
        Workspace(project / folder).store.close()
    assert config.resolve(project / folder).folder == project / folder


def test_a_config_file_given_wins_over_the_environment(project, tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(tmp_path / "mine"))
    file = write(project / "config.json", AZURE)
    assert (config.resolve(file).name, config.near(file).name) == ("team", "team")


def test_a_folder_to_search_from_wins_over_the_environment_when_it_has_a_config(project, tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(tmp_path / "mine"))
    assert config.near(".").folder == tmp_path / "mine"
    write(project / "config.json", AZURE)
    assert config.near(".").name == "team"
    assert config.near(project / "a").name == "team"


def test_a_folder_with_a_store_is_that_workspace(project, ws):
    assert config.near(ws.folder).folder == ws.folder


@pytest.mark.parametrize("form", ["file", "folder"])
def test_from_config_takes_a_file_or_a_folder(project, form):
    file = write(project / "elsewhere" / "config.json", {"store": "runs", "workspace_name": "kept"})
    workspace = Workspace.from_config(path=str(file if form == "file" else file.parent))
    assert (workspace.name, workspace.folder) == ("kept", project / "elsewhere" / "runs")
    assert (workspace.location, workspace.subscription_id, workspace.resource_group) == ("local", "local", "local")
    workspace.store.close()


@pytest.mark.parametrize("place", ["", ".azureml", "aml_config"])
def test_a_store_folder_is_relative_to_the_project_of_the_file(project, place):
    write(project / "a" / place / "config.json", {"store": "runs"})
    assert config.resolve().folder == project / "a" / "runs"
    assert config.resolve().name == "runs"


def test_a_store_folder_may_be_absolute(project, tmp_path):
    write(project / "config.json", {"store": str(tmp_path / "far")})
    assert config.resolve().folder == tmp_path / "far"


@pytest.mark.parametrize(
    "content", [{"name": "a web app"}, [1, 2], "not json {", "", {"compilerOptions": {}}, b"\xff".decode("latin-1")]
)
def test_a_plain_config_file_of_another_tool_is_ignored(project, content):
    write(project / "config.json", content)
    assert config.resolve().name == "default"


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        ("not json {", "Mend it, or remove it"),
        ("", "Mend it, or remove it"),
        ("[1]", '{"workspace_name": "mine"}'),
        ("{}", 'Add "workspace_name"'),
        ('{"workspace_name": ""}', 'Add "workspace_name"'),
        ('{"workspace_name": ["a"]}', "must be text"),
        ('{"store": 5}', "must be text"),
    ],
)
def test_a_file_meant_for_us_that_cannot_be_used_is_one_line_with_path_and_remedy(project, content, remedy):
    file = write(project / ".azureml" / "config.json", content)
    with pytest.raises(WorkspaceConfigError) as refused:
        config.resolve()
    assert str(file) in str(refused.value)
    assert remedy in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_broken_file_that_was_given_is_an_error(project):
    with pytest.raises(WorkspaceConfigError, match="is not JSON"):
        config.resolve(write(project / "mine.json", "{"))


def test_an_environment_variable_that_names_a_file_of_another_kind_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(write(tmp_path / "runs.db", "x")))
    with pytest.raises(WorkspaceConfigError, match="Give the folder"):
        config.resolve()


def test_an_environment_variable_that_names_a_config_file_that_is_not_there_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(tmp_path / "missing.json"))
    with pytest.raises(WorkspaceConfigError, match=r"JUPYTER_RUNS_WORKSPACE=.*missing\.json is not there") as refused:
        Workspace()
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "missing.json").exists()


def test_a_config_file_that_was_given_and_is_not_there_is_an_error_and_no_folder_is_made(project):
    with pytest.raises(WorkspaceConfigError, match="write_config"):
        Workspace(project / "missing.json")
    assert not (project / "missing.json").exists()


def test_a_folder_whose_name_ends_like_a_config_file_may_be_a_workspace(project, monkeypatch):
    (project / "runs.json").mkdir()
    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(project / "runs.json"))
    assert config.resolve().folder == project / "runs.json"


def test_an_environment_variable_may_name_a_config_file(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(write(tmp_path / "mine.json", {"store": "runs"})))
    assert config.resolve().folder == tmp_path / "runs"


@pytest.mark.parametrize("name", ["..", "a/b", "../../etc", "/abs", "a b", "é", ".", "C:\\x"])
def test_no_workspace_name_leads_out_of_the_users_folder(project, home, name):
    write(project / ".azureml" / "config.json", {"workspace_name": name})
    found = config.resolve()
    assert found.folder.parent == home / "workspaces"
    assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*", found.folder.name)
    assert found.name == name


def test_a_workspace_that_was_opened_is_known_as_long_as_it_is_there(ws):
    assert config.known() == {ws.key: config.WorkspaceConfig(ws.folder, "ws")}
    ws.store.close()
    for file in ws.folder.iterdir():
        file.unlink()
    assert config.known() == {}


def test_notes_that_cannot_be_read_are_left_out_of_the_known_workspaces(ws):
    for name, text in {"a": "{", "b": "[]", "c": '{"folder": 5, "name": "x"}', "d": '{"name": "x"}'}.items():
        (paths.known_workspaces() / f"{name}.json").write_text(text)
    assert list(config.known()) == [ws.key]


def test_a_user_folder_that_cannot_be_written_does_not_matter(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNS_HOME", str(write(tmp_path / "file", "x") / "home"))
    workspace = Workspace()
    assert workspace.experiments == {}
    assert config.known() == {}
    workspace.store.close()


def test_two_ways_to_the_same_folder_have_one_key(ws, tmp_path):
    (tmp_path / "link").symlink_to(ws.folder)
    other = Workspace(tmp_path / "link")
    assert other.key == ws.key
    assert other.store is ws.store


@pytest.mark.parametrize("name", ["team", "a b", ".."])
def test_a_named_workspace_is_found_again_from_the_file_that_it_writes(project, name):
    written = config.named(name, "sub-1", "group-1")
    config.write(written, project)
    assert config.resolve() == written
    assert "store" not in json.loads((project / ".azureml" / "config.json").read_text())


def test_a_folder_is_found_again_from_the_file_that_it_writes_also_after_the_project_was_moved(project, tmp_path):
    config.write(config.resolve(project / "a" / "runs"), project)
    assert config.resolve().folder == project / "a" / "runs"
    project.rename(tmp_path / "moved")
    assert config.near(tmp_path / "moved").folder == tmp_path / "moved" / "a" / "runs"
    config.write(config.resolve(tmp_path / "far"), tmp_path / "moved")
    assert config.near(tmp_path / "moved").folder == tmp_path / "far"


def test_writing_a_config_file_keeps_what_others_have_put_there(project):
    file = write(
        project / ".azureml" / "config.json",
        {"workspace_name": "old", "store": "runs", "Scope": SCOPE["Scope"], "own": [1]},
    )
    config.write(config.named("new"), project)
    assert json.loads(file.read_text()) == {
        "Scope": SCOPE["Scope"],
        "own": [1],
        "subscription_id": "local",
        "resource_group": "local",
        "workspace_name": "new",
    }
    assert config.resolve().name == "new"
    assert [path.name for path in file.parent.iterdir()] == ["config.json"]


def test_a_file_that_is_no_config_file_is_not_overwritten(project):
    file = write(project / ".azureml" / "config.json", "notes of mine")
    with pytest.raises(WorkspaceConfigError, match="is not JSON"):
        config.write(config.named("new"), project)
    assert file.read_text() == "notes of mine"


@pytest.mark.parametrize("name", ["../up.json", "a/b.json", "..", "/abs.json"])
def test_the_file_name_of_a_config_file_leads_nowhere_else(project, name):
    with pytest.raises(WorkspaceConfigError, match="bare name"):
        config.write(config.named("new"), project, name)


def test_a_config_file_that_cannot_be_written_is_one_line_that_names_it(project):
    write(project / ".azureml", "a file where the folder should be")
    with pytest.raises(WorkspaceConfigError, match="cannot be written") as refused:
        config.write(config.named("new"), project)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["", " ", None, 5])
def test_a_workspace_name_is_a_text(name):
    with pytest.raises(WorkspaceConfigError, match="is a text"):
        config.named(name)


def test_an_address_names_a_store_on_a_server_and_is_shown_without_its_secrets(tmp_path, monkeypatch):
    text = f"postgresql://ann:secret@db.example:5433/runs?sslmode=require&files={tmp_path}/team"
    monkeypatch.setenv(envvars.WORKSPACE, text)
    found = config.resolve()
    assert found.url == "postgresql://ann:secret@db.example:5433/runs?sslmode=require"
    assert (found.name, found.folder) == ("runs", tmp_path / "team")
    assert found.shown == "postgresql://db.example:5433/runs?sslmode=require"
    assert config.resolve(found.spec) == found
    # Two people with accounts of their own mean one workspace.
    other = config.resolve("postgresql://bob:other@db.example:5433/runs?sslmode=require")
    assert other.key == found.key
    assert other.folder != found.folder


def test_a_config_file_may_name_an_address_and_the_folder_of_its_files(tmp_path, monkeypatch):
    monkeypatch.delenv(envvars.WORKSPACE, raising=False)
    there = config.resolve(f"https://hub.example/user/ann/?files={tmp_path}/files")
    file = config.write(there, tmp_path)
    assert json.loads(file.read_text())["files"] == "files"
    assert config.resolve(start=tmp_path) == there


def test_an_address_of_no_store_is_refused_with_those_that_are_known(tmp_path):
    with pytest.raises(WorkspaceConfigError, match=r"mysql://db/runs is no address of a store.*postgresql://"):
        config.resolve("mysql://ann:secret@db/runs")


def test_a_workspace_on_a_server_is_remembered_in_a_file_that_only_its_user_may_read(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNS_HOME", str(tmp_path))
    there = config.resolve("postgresql://ann:secret@db.example/runs")
    config.remember(there)
    assert config.known() == {there.key: there}
    if os.name != "nt":
        assert (paths.known_workspaces() / f"{there.key}.json").stat().st_mode & 0o077 == 0
