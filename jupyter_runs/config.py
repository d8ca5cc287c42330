"""Which workspace: argument > JUPYTER_RUNS_WORKSPACE > config.json found upwards > the user's default.

A `config.json` is looked for in the folder and its parents as Azure ML SDK v1 does: `.azureml/config.json`, then
`aml_config/config.json`, then `config.json`; `project.json` where there is no config.json. Azure's own file is taken as it is: its
workspace name names a workspace in the user's folder. Our key `store` names a folder instead, relative to the project of the file.
A file that nobody named may be missing; one that cannot be read is an error.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_runs import paths
from jupyter_runs.errors import WorkspaceConfigError, show

DEFAULT = "default"
ENVIRONMENT_VARIABLE = "JUPYTER_RUNS_WORKSPACE"
#: In the environment of a submitted script and of everything that it starts: the id of its run.
RUN_ID_VARIABLE = "JUPYTER_RUNS_RUN_ID"
_PLACES = (".azureml", "aml_config", "")
_FILES = ("config.json", "project.json")
_SAFE = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class WorkspaceConfig:
    """Where a workspace is and what it is called."""

    folder: Path
    name: str
    subscription_id: str = "local"
    resource_group: str = "local"
    #: The experiment that a folder was attached to (`projects/…` in Azure's `Scope`).
    experiment: str | None = None

    @property
    def key(self) -> str:
        """Its short name in URLs and in the wire form of a run."""
        return paths.workspace_key(self.folder)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / paths.DATABASE


def resolve(path: str | os.PathLike[str] | None = None, start: str | os.PathLike[str] | None = None) -> WorkspaceConfig:
    """The workspace to use.

    Parameters
    ----------
    path : a config file, or the workspace's own folder (made when it is not there).
    start : where the search upwards begins when `path` and the environment say nothing; default: the current folder.

    Raises
    ------
    WorkspaceConfigError : a config file is there but is no JSON object, or names no workspace; or the file that is named is not there.
    """
    if path is not None:
        return _given(Path(path).expanduser())
    if value := os.environ.get(ENVIRONMENT_VARIABLE):
        return _from_environment(Path(value).expanduser())
    found = _search(Path(start) if start is not None else Path.cwd())
    return default() if found is None else _from_file(found)


def near(path: str | os.PathLike[str], file_name: str | None = None) -> WorkspaceConfig:
    """The workspace of a project: the config file `path`, or the one in or above that folder; without one, as if nothing was said.

    Parameters
    ----------
    file_name : look for files of this name instead of config.json.

    Raises `WorkspaceConfigError` as `resolve`.
    """
    given = Path(path).expanduser()
    if given.is_file() or (given / paths.DATABASE).exists():
        return resolve(given)
    found = _search(given, _FILES if file_name is None else (file_name,))
    return resolve() if found is None else _from_file(found)


def default() -> WorkspaceConfig:
    """The one workspace that every notebook of this user shares."""
    return named(DEFAULT)


def named(name: str, subscription_id: str = "local", resource_group: str = "local") -> WorkspaceConfig:
    """The workspace of that name in the user's folder, whether it is there or not.

    Raises
    ------
    WorkspaceConfigError : the name is empty or no text.
    """
    if not isinstance(name, str) or not name.strip():  # type: ignore[redundant-expr]
        raise WorkspaceConfigError(f'A workspace name is a text, not {show(name)}, e.g. "mine".')
    folder = paths.user_folder() / "workspaces" / _folder_name(name)
    return WorkspaceConfig(folder.absolute(), name, subscription_id, resource_group)


def write(config: WorkspaceConfig, project: Path, file_name: str | None = None) -> Path:
    """Write `project/.azureml/config.json`, from which `resolve` finds this workspace again; other keys of the file stay.

    A workspace in a folder of its own is named by the key `store`: relative where it lies inside the project, so that both may be moved.

    Raises
    ------
    WorkspaceConfigError : the file cannot be written, or what is there is no config file; it is left as it is.
    """
    project = project.expanduser().absolute()
    name = file_name or _FILES[0]
    if Path(name).name != name or name in {".", ".."}:
        raise WorkspaceConfigError(f"file_name is the bare name of a file, not {show(name)}, e.g. 'config.json'.")
    file = project / _PLACES[0] / name
    data = _json_object(file) if file.is_file() else {}
    data.pop("store", None)
    data |= {
        "subscription_id": config.subscription_id,
        "resource_group": config.resource_group,
        "workspace_name": config.name,
    }
    if named(config.name).folder != config.folder:
        inside = config.folder.is_relative_to(project)
        data["store"] = (config.folder.relative_to(project) if inside else config.folder).as_posix()
    temporary = file.with_name(f"{name}.{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(data, indent=4) + "\n", "utf-8")
        temporary.replace(file)
    except OSError as error:
        raise WorkspaceConfigError(f"{file} cannot be written ({error.strerror}). Give another `path`.") from error
    return file


def _given(path: Path) -> WorkspaceConfig:
    if path.is_file():
        return _from_file(path)
    if path.suffix == ".json" and not path.is_dir():
        raise WorkspaceConfigError(
            f"{path} is not there. Give a config file that is, or a folder; `Workspace.write_config()` writes such a file."
        )
    return _folder(path)


def _from_environment(value: Path) -> WorkspaceConfig:
    if value.is_file() and value.suffix != ".json":
        raise WorkspaceConfigError(
            f"{ENVIRONMENT_VARIABLE}={value} is a file. Give the folder that holds {paths.DATABASE}, or a config.json."
        )
    if value.suffix == ".json" and not value.exists():
        raise WorkspaceConfigError(
            f"{ENVIRONMENT_VARIABLE}={value} is not there. Set it to a folder or to a config file that is, or unset it."
        )
    return _given(value)


def _folder(given: Path) -> WorkspaceConfig:
    return WorkspaceConfig(given.absolute(), given.name or DEFAULT)


def _search(start: Path, names: tuple[str, ...] = _FILES) -> Path | None:
    here = start.absolute()
    for folder in (here, *here.parents):
        for place in _PLACES:
            for name in names:
                candidate = folder / place / name
                if candidate.is_file() and (place or _is_ours(candidate)):
                    return candidate
    return None


def _is_ours(candidate: Path) -> bool:
    """Many tools keep a plain config.json; only one that names a workspace or a store is meant for us."""
    try:
        data = json.loads(candidate.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(data, dict) and not {"workspace_name", "store", "Scope"}.isdisjoint(data)


def _json_object(file: Path) -> dict[str, Any]:
    try:
        data: Any = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise WorkspaceConfigError(
            f"{file} cannot be read ({error.strerror}). Make it readable, or remove it."
        ) from error
    except ValueError as error:
        raise WorkspaceConfigError(
            f"{file} is not JSON ({error}). Mend it, or remove it to use your default workspace."
        ) from error
    if not isinstance(data, dict):
        raise WorkspaceConfigError(f'{file} must hold a JSON object, e.g. {{"workspace_name": "mine"}}.')
    return data


def _from_file(file: Path) -> WorkspaceConfig:
    data = _json_object(file)
    scope = dict(re.findall(r"(subscriptions|resourceGroups|workspaces|projects)/([^/]+)", str(data.get("Scope", ""))))
    name: Any = data.get("workspace_name") or scope.get("workspaces")
    store: Any = data.get("store")
    if wrong := [
        key for key, value in (("workspace_name", name), ("store", store)) if value and not isinstance(value, str)
    ]:
        raise WorkspaceConfigError(f'"{wrong[0]}" in {file} must be text, e.g. "mine".')
    if not (name or store):
        raise WorkspaceConfigError(
            f'{file} names no workspace. Add "workspace_name": "mine" or "store": "some/folder".'
        )
    home = file.parent if file.parent.name not in _PLACES[:2] else file.parent.parent
    folder = (home / Path(store).expanduser()).absolute() if store else named(name).folder
    return WorkspaceConfig(
        folder,
        name or folder.name,
        str(data.get("subscription_id") or scope.get("subscriptions") or "local"),
        str(data.get("resource_group") or scope.get("resourceGroups") or "local"),
        scope.get("projects"),
    )


def _folder_name(name: str) -> str:
    """A folder for a workspace name; names that had to be altered get a hash, so that no two share a folder."""
    safe = _SAFE.sub("-", name).strip(".")
    return safe if safe == name else f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def remember(config: WorkspaceConfig) -> None:
    """Note that this user has opened the workspace, so that the server can show it. Failing to is no error."""
    file = paths.known_workspaces() / f"{config.key}.json"
    if file.exists():
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps({"folder": str(config.folder), "name": config.name}), "utf-8")
        temporary.replace(file)
    except OSError:
        return


def known() -> dict[str, WorkspaceConfig]:
    """Workspaces that this user has opened and that are still there, by key."""
    found: dict[str, WorkspaceConfig] = {}
    for file in sorted(paths.known_workspaces().glob("*.json")):
        try:
            data = json.loads(file.read_text("utf-8"))
            config = WorkspaceConfig(Path(data["folder"]), str(data["name"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if config.database.exists():
            found[config.key] = config
    return found


def server_url() -> str | None:
    """Address of a Jupyter server of this user that runs our extension."""
    for mark in sorted(paths.server_mark(0).parent.glob("*.json")):
        with suppress(OSError, ValueError, AttributeError):
            if url := json.loads(mark.read_text("utf-8")).get("url"):
                return str(url)
    return None
