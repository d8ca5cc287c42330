"""Where scripts can run other than here: tables `[compute.NAME]` of files named compute.toml.

    [compute.gpu]
    type = "ray"                      # an engine, see `executors/base.py`
    address = "http://head:8265"      # this and all keys that are not ours are the engine's
    token_env = "RAY_AUTH_TOKEN"      # names an environment variable: no secret is in the file

The nearest file that has a target of that name counts: the one that JUPYTER_RUNS_COMPUTE names, `.azureml/compute.toml` in this folder
or one above it, `compute.toml` in the workspace's folder, `compute.toml` in the user's. An engine is first asked when it is used.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_runs import envvars, paths
from jupyter_runs.errors import WorkspaceConfigError, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_runs.config import WorkspaceConfig

#: The target that is this machine.
LOCAL = "local"
#: Property of a script's run: the name of its target, as in Azure ML.
PROPERTY = "_azureml.ComputeTargetType"
FILE = "compute.toml"
_EXAMPLE = '[compute.gpu] with type = "ray" and address = "http://head:8265"'


@dataclass(frozen=True)
class Target:
    """One table of a file, checked as far as it is the same for every engine."""

    name: str
    type: str
    #: The nodes have the workspace's folder under the same path, and reach its store.
    shared: bool
    #: Address of a Jupyter server that shows the workspace, to which the nodes report instead of to the store itself.
    server: str | None
    #: Absolute path of the Python on the nodes, which has jupyter_runs; None: the path of this one.
    python: str | None
    cpus: float
    gpus: float
    #: None: what the engine gives.
    memory_gb: float | None
    #: All other keys.
    options: dict[str, Any]
    file: Path

    @property
    def address(self) -> str:
        """Where it is, for people."""
        return str(self.options.get("address", ""))

    @property
    def where(self) -> str:
        """Its table, for messages."""
        return f"[compute.{self.name}] in {self.file}"


def known(config: WorkspaceConfig, *starts: Path) -> dict[str, Target]:
    """Every target by name, the nearest first.

    Parameters
    ----------
    starts : folders where the search upwards begins; default: the current one.

    Raises
    ------
    WorkspaceConfigError : a file cannot be used; the message names the table and what to write.
    """
    found: dict[str, Target] = {}
    for file in dict.fromkeys(_files(config, starts or (Path.cwd(),))):
        for name, target in read(file).items():
            found.setdefault(name, target)
    return found


def _files(config: WorkspaceConfig, starts: tuple[Path, ...]) -> Iterator[Path]:
    if given := os.environ.get(envvars.COMPUTE):
        file = Path(given).expanduser().absolute()
        if not file.is_file():
            raise WorkspaceConfigError(
                f"{envvars.COMPUTE}={given} is no file. Set it to a {FILE} that is there, or unset it."
            )
        yield file
    above = (file_above(start) for start in starts)
    places = (*above, config.folder / FILE, paths.user_folder() / FILE)
    yield from (file for file in places if file is not None and file.is_file())


def file_above(start: Path) -> Path | None:
    """The file of the project that `start` is in."""
    here = start.absolute()
    files = (folder / ".azureml" / FILE for folder in (here, *here.parents))
    return next((file for file in files if file.is_file()), None)


def read(file: Path) -> dict[str, Target]:
    """The targets of one file. Raises as `known`."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        data = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise WorkspaceConfigError(
            f"{file} cannot be read ({error.strerror}). Make it readable, or remove it."
        ) from error
    except ValueError as error:
        raise WorkspaceConfigError(f"{file} is not TOML ({error}). Mend it, e.g. {_EXAMPLE}.") from error
    tables = data.get("compute", {})
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise WorkspaceConfigError(f"compute in {file} must hold one table for each target, e.g. {_EXAMPLE}.")
    return {name: _target(file, name, dict(table)) for name, table in tables.items()}


def _target(file: Path, name: str, table: dict[str, Any]) -> Target:
    where = f"[compute.{name}] in {file}"
    if name == LOCAL:
        raise WorkspaceConfigError(f"{where}: {LOCAL!r} is this machine. Give the target another name.")

    def take(key: str, kinds: tuple[type, ...], example: str, default: Any = None) -> Any:
        value = table.pop(key, default)
        if value is not default and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)):
            raise WorkspaceConfigError(f"{where}: {key} cannot be {show(value)}. Write e.g. {key} = {example}.")
        return value

    def amount(key: str, example: str, default: float | None = None) -> Any:
        value = take(key, (int, float), example, default)
        if value is not None and not 0 <= value < 1e9:
            raise WorkspaceConfigError(f"{where}: {key} cannot be {show(value)}. Write e.g. {key} = {example}.")
        return value

    kind = take("type", (str,), '"ray"')
    if not kind:
        raise WorkspaceConfigError(f'{where} says no type. Write e.g. type = "ray".')
    python = take("python", (str,), '"/opt/env/bin/python"')
    if python is not None and not python.startswith("/"):
        raise WorkspaceConfigError(
            f'{where}: python is an absolute path on the nodes, e.g. python = "/opt/env/bin/python".'
        )
    server = take("server", (str,), '"http://login:8888/"')
    if server is not None and not server.startswith(("http://", "https://")):
        raise WorkspaceConfigError(
            f'{where}: server is the address of a Jupyter server, e.g. server = "http://login:8888/".'
        )
    return Target(
        name=name,
        type=kind,
        shared=take("shared", (bool,), "true", default=False),
        server=None if server is None else server.partition("?")[0],
        python=python,
        cpus=amount("cpus", "4", 1),
        gpus=amount("gpus", "1", 0),
        memory_gb=amount("memory_gb", "16"),
        options=table,
        file=file,
    )
