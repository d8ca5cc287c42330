"""Which workspace: argument > JUPYTER_RUNS_WORKSPACE > config.json found upwards > the user's default.

A `config.json` is looked for in the folder and its parents as Azure ML SDK v1 does: `.azureml/config.json`, then
`aml_config/config.json`, then `config.json`; `project.json` where there is no config.json. Azure's own file is taken as it is: its
workspace name names a workspace in the user's folder. Our key `store` names a folder instead, relative to the project of the file,
or the address of a server (`postgresql://…`, `https://…`); `files` is then the folder where logs, outputs and snapshots are.
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
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from jupyter_runs import envvars, paths
from jupyter_runs.errors import WorkspaceConfigError, show

DEFAULT = "default"
_PLACES = (".azureml", "aml_config", "")
_FILES = ("config.json", "project.json")
_SAFE = re.compile(r"[^A-Za-z0-9_.-]+")
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
#: What the address of a page adds to that of its Jupyter server.
_PAGES = re.compile(r"/(?:lab|tree|doc|notebooks|jupyter-runs)(?:/.*)?$")
#: What a store may be on, other than a file.
SCHEMES = ("postgresql", "postgres", "http", "https")


@dataclass(frozen=True)
class WorkspaceConfig:
    """Where a workspace is and what it is called."""

    #: Logs, outputs and snapshots are here; so is the SQLite file, where that is the store.
    folder: Path
    name: str
    subscription_id: str = "local"
    resource_group: str = "local"
    #: The experiment that a folder was attached to (`projects/…` in Azure's `Scope`).
    experiment: str | None = None
    #: Address of the store, where that is on a server. May hold a password.
    url: str | None = None

    @property
    def key(self) -> str:
        """Its short name in URLs and in the wire form of a run; the same for everybody who uses the store."""
        return paths.workspace_key(self.folder if self.url is None else without_secrets(self.url))

    @property
    def spec(self) -> str:
        """What `resolve` finds this workspace by. May hold a password."""
        return str(self.folder) if self.url is None else _with(self.url, files=str(self.folder))

    @property
    def shown(self) -> str:
        """Where the runs are, for messages."""
        return str(self.folder) if self.url is None else without_secrets(self.url)

    @property
    def database(self) -> Path:
        """The SQLite file, where the store is in one."""
        return self.folder / paths.DATABASE

    @property
    def is_made(self) -> bool:
        """Its SQLite file is there. Of a store on a server only opening it tells."""
        return self.url is not None or self.database.exists()


def resolve(path: str | os.PathLike[str] | None = None, start: str | os.PathLike[str] | None = None) -> WorkspaceConfig:
    """The workspace to use.

    Parameters
    ----------
    path : a config file, the workspace's own folder (made when it is not there), or the address of a store on a server:
        `postgresql://user@host/database` or `https://host/`. With `?files=/some/folder` its files are there, else in the user's folder.
    start : where the search upwards begins when `path` and the environment say nothing; default: the current folder.

    Raises
    ------
    WorkspaceConfigError : a config file is there but is no JSON object, or names no workspace; the file that is named is not there;
        or an address is of a kind that is unknown.
    """
    if path is not None:
        return address(str(path)) if is_address(path) else _given(Path(path).expanduser())
    if value := os.environ.get(envvars.WORKSPACE):
        if is_address(value):
            return address(value)
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


def is_address(text: object) -> bool:
    """It names a store on a server, not a file or folder."""
    return isinstance(text, str) and _ADDRESS.match(text) is not None


def is_http(url: str | None) -> bool:
    """It is the address of a Jupyter server."""
    return url is not None and url.startswith(("http://", "https://"))


def address(text: str, files: Path | None = None, name: str | None = None) -> WorkspaceConfig:
    """The workspace whose store has that address.

    Parameters
    ----------
    text : `postgresql://…` or `http(s)://…`; `files` among its parameters is the folder of the files.
    files : the folder, where the address does not say it; default: one in the user's folder.

    Raises
    ------
    WorkspaceConfigError : no store has such an address.
    """
    parts = urlsplit(text)
    if parts.scheme not in SCHEMES:
        raise WorkspaceConfigError(
            f"{without_secrets(text)} is no address of a store. Use a folder, postgresql://user@host/database, or the http(s):// address "
            "of a Jupyter server."
        )
    if parts.scheme in {"http", "https"}:
        parts = parts._replace(path=f"{_PAGES.sub('', parts.path).rstrip('/')}/", fragment="")
    query = parse_qsl(parts.query, keep_blank_values=True)
    given = next((value for key, value in query if key == "files"), None)
    url = urlunsplit(parts._replace(query=urlencode([pair for pair in query if pair[0] != "files"])))
    folder = Path(given).expanduser() if given else files
    if folder is None:
        folder = paths.user_folder() / "remote" / paths.workspace_key(without_secrets(url))
    shown = parts.path.strip("/").split("/")[-1] if parts.scheme.startswith("postgres") else parts.hostname
    return WorkspaceConfig(folder.absolute(), name or shown or DEFAULT, url=url)


def without_secrets(url: str) -> str:
    """An address as it may be shown: without user, password and token."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    query = [pair for pair in parse_qsl(parts.query) if pair[0] not in {"password", "user", "token", "files"}]
    return urlunsplit(parts._replace(netloc=host, query=urlencode(query)))


def _with(url: str, **more: str) -> str:
    parts = urlsplit(url)
    query = [*parse_qsl(parts.query, keep_blank_values=True), *more.items()]
    return urlunsplit(parts._replace(query=urlencode(query)))


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
    for key in ("store", "files"):
        data.pop(key, None)
    data |= {
        "subscription_id": config.subscription_id,
        "resource_group": config.resource_group,
        "workspace_name": config.name,
    }
    inside = config.folder.is_relative_to(project)
    folder = (config.folder.relative_to(project) if inside else config.folder).as_posix()
    if config.url is not None:
        data["store"] = config.url
        if address(config.url).folder != config.folder:
            data["files"] = folder
    elif named(config.name).folder != config.folder:
        data["store"] = folder
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
            f"{envvars.WORKSPACE}={value} is a file. Give the folder that holds {paths.DATABASE}, or a config.json."
        )
    if value.suffix == ".json" and not value.exists():
        raise WorkspaceConfigError(
            f"{envvars.WORKSPACE}={value} is not there. Set it to a folder or to a config file that is, or unset it."
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
    files: Any = data.get("files")
    texts = {"workspace_name": name, "store": store, "files": files}
    if wrong := [key for key, value in texts.items() if value and not isinstance(value, str)]:
        raise WorkspaceConfigError(f'"{wrong[0]}" in {file} must be text, e.g. "mine".')
    if not (name or store):
        raise WorkspaceConfigError(
            f'{file} names no workspace. Add "workspace_name": "mine" or "store": "some/folder".'
        )
    home = file.parent if file.parent.name not in _PLACES[:2] else file.parent.parent
    if is_address(store):
        at = address(store, (home / Path(files).expanduser()) if files else None, name)
        folder, url, name = at.folder, at.url, at.name
    else:
        folder, url = (home / Path(store).expanduser()).absolute() if store else named(name).folder, None
    return WorkspaceConfig(
        folder,
        name or folder.name,
        str(data.get("subscription_id") or scope.get("subscriptions") or "local"),
        str(data.get("resource_group") or scope.get("resourceGroups") or "local"),
        scope.get("projects"),
        url,
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
        url = {} if config.url is None else {"url": config.url}
        temporary.touch(0o600)  # an address may hold a password
        temporary.write_text(json.dumps({"folder": str(config.folder), "name": config.name, **url}), "utf-8")
        temporary.replace(file)
    except OSError:
        return


def known() -> dict[str, WorkspaceConfig]:
    """Workspaces that this user has opened and that are still there, by key."""
    found: dict[str, WorkspaceConfig] = {}
    for file in sorted(paths.known_workspaces().glob("*.json")):
        try:
            data = json.loads(file.read_text("utf-8"))
            config = WorkspaceConfig(Path(data["folder"]), str(data["name"]), url=data.get("url"))
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if config.is_made:
            found[config.key] = config
    return found


def server_url() -> str | None:
    """Address of a Jupyter server of this user that runs our extension."""
    for mark in sorted(paths.server_mark(0).parent.glob("*.json")):
        with suppress(OSError, ValueError, AttributeError):
            if url := json.loads(mark.read_text("utf-8")).get("url"):
                return str(url)
    return None
