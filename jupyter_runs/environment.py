"""Which Python and which variables a script gets: Environment and its parts, with the names of Azure ML SDK v1.

Scripts run with a Python that is there: its interpreter and the environment variables are honoured. Packages, images and the
like are kept (a file that is loaded and saved loses nothing) and said, once, to have no effect.
"""

from __future__ import annotations

import copy
import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_runs.conda import CondaDependencies
from jupyter_runs.errors import RunConfigurationException, show

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Reasons that this process has warned of.
_told: set[str] = set()


def warn_once(reason: str, text: str) -> None:
    """Say once per process that something is accepted and has no effect."""
    if reason not in _told:
        _told.add(reason)
        warnings.warn(text, UserWarning, stacklevel=4)


def camel(name: str) -> str:
    """`max_run_duration_seconds` as a file has it: `maxRunDurationSeconds`."""
    first, *others = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in others)


def snake(key: str) -> str:
    """`maxRunDurationSeconds` as Python has it: `max_run_duration_seconds`."""
    return re.sub(r"(?<=[a-z0-9])[A-Z]", lambda found: "_" + found.group().lower(), key)


class Section:
    """Settings: public attributes, written with camelCase keys; other keys of a file are kept as they were read."""

    def read(self, data: object) -> None:
        """Take the settings of a file; RunConfigurationException when they are no mapping."""
        if not isinstance(data, Mapping):
            raise RunConfigurationException(
                f"{type(self).__name__} is a mapping of settings, not {show(data)}. Correct the file, or take the key out."
            )
        for key, value in data.items():
            name = snake(str(key))
            if name.startswith("_") or camel(name) != key or not self._take(name, value):
                self._rest[key] = value

    def _take(self, name: str, value: Any) -> bool:
        """Whether this is a setting that we know; it is taken then. An empty value leaves what is empty by nature as it is."""
        if name not in vars(self):
            return False
        current = getattr(self, name)
        if isinstance(current, Section):
            if value is not None:
                current.read(value)
        elif value is not None or not isinstance(current, (dict, list)):
            setattr(self, name, value)
        return True

    def to_dict(self) -> dict[str, Any]:
        """The settings as a file has them."""
        ours = {camel(name): plain(value) for name, value in vars(self).items() if not name.startswith("_")}
        return {**self._rest, **ours}

    @property
    def _rest(self) -> dict[Any, Any]:
        rest: dict[Any, Any] = vars(self).setdefault("_others", {})
        return rest


class FreeSection(Section):
    """Settings that exist in Azure only: anything may be set and is kept."""

    def __init__(self, **values: Any) -> None:
        vars(self).update(values)

    def _take(self, name: str, value: Any) -> bool:
        vars(self)[name] = value
        return True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{key}={value!r}' for key, value in vars(self).items())})"


def plain(value: Any) -> Any:
    """`value` as YAML and JSON can write it."""
    if isinstance(value, Section):
        return value.to_dict()
    if isinstance(value, CondaDependencies):
        return value.as_dict()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, (str, bool, int, float)) else str(value)


@dataclass
class PythonSection(Section):
    """Which Python. Source: azureml.core.environment.PythonSection."""

    #: Nothing is installed here either way; with True no warning says so.
    user_managed_dependencies: bool = False
    #: `python` is the one that submits; else a path (below the source folder too) or a program in PATH.
    interpreter_path: str = "python"
    conda_dependencies_file: str | None = None
    conda_dependencies: CondaDependencies = field(default_factory=CondaDependencies)
    base_conda_environment: str | None = None

    def _take(self, name: str, value: Any) -> bool:
        if name == "conda_dependencies":
            value = CondaDependencies(_underlying_structure=value)
        elif name == "interpreter_path":
            value = value or "python"
        return super()._take(name, value)


@dataclass
class ContainerRegistry(Section):
    """Where an image is kept. Source: azureml.core.container_registry.ContainerRegistry."""

    address: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass
class DockerSection(Section):
    """An image; accepted, has no effect. Source: azureml.core.environment.DockerSection."""

    enabled: bool = False
    base_image: str | None = None
    base_dockerfile: str | None = None
    base_image_registry: ContainerRegistry = field(default_factory=ContainerRegistry)
    shared_volumes: bool = True
    gpu_support: bool = False
    shm_size: str | None = None
    arguments: list[str] = field(default_factory=list)


@dataclass
class DockerConfiguration(Section):
    """Whether to use Docker; accepted, has no effect. Source: azureml.core.runconfig.DockerConfiguration."""

    use_docker: bool = False
    shared_volumes: bool = True
    arguments: list[str] | None = None
    shm_size: str | None = None


class Environment(Section):
    """A Python and the environment variables of a script.

    Parameters
    ----------
    name : what to call it.

    Source: azureml.core.Environment.
    """

    def __init__(self, name: str, **_ignored: object) -> None:
        self.name = name
        self.version: str | None = None
        self.python = PythonSection()
        self.environment_variables: dict[str, Any] = {}
        self.docker = DockerSection()
        self.spark = FreeSection(packages=[], repositories=[])
        self.r: Any = None
        self.inferencing_stack_version: str | None = None

    def __repr__(self) -> str:
        return f"Environment(name={self.name!r}, interpreter_path={self.python.interpreter_path!r})"

    @staticmethod
    def get(workspace: Any, name: str, version: str | None = None, label: str | None = None) -> Environment:  # noqa: ARG004
        """The environment that was registered under that name in the workspace; an empty one of that name when none was.

        Raises `RunConfigurationException` when its file cannot be read.

        Source: azureml.core.Environment.get.
        """
        folder = _registered(workspace, name)
        if folder.is_dir():
            return Environment.load_from_directory(folder)
        warn_once(
            f"environment {name}",
            f"No environment {name!r} is registered here; scripts run with this Python. "
            "Set `environment.python.interpreter_path` for another one.",
        )
        return Environment(name)

    def register(self, workspace: Any) -> Environment:
        """Keep it in the workspace, so that `Environment.get` finds it. Source: azureml.core.Environment.register."""
        self.save_to_directory(_registered(workspace, self.name), overwrite=True)
        return self

    @staticmethod
    def list(workspace: Any) -> dict[str, Environment]:
        """Those that are registered in the workspace, by name. Source: azureml.core.Environment.list."""
        folder = _registered(workspace, "x").parent
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        loaded = [Environment.load_from_directory(one) for one in found]
        return {environment.name: environment for environment in loaded}

    def clone(self, new_name: str) -> Environment:
        """A copy under another name. Source: azureml.core.Environment.clone."""
        other = copy.deepcopy(self)
        other.name = new_name
        return other

    def save_to_directory(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Write it to `path/azureml_environment.json`.

        Raises `RunConfigurationException` when the file is there and `overwrite` is not given.

        Source: azureml.core.Environment.save_to_directory.
        """
        import json

        file = Path(path).expanduser() / _FILE
        if file.exists() and not overwrite:
            raise RunConfigurationException(f"{file} is there already. Pass overwrite=True to replace it.")
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f".{_FILE}.{os.getpid()}.tmp")
        temporary.write_text(json.dumps(self.to_dict(), indent=2), "utf-8")
        temporary.replace(file)

    @staticmethod
    def load_from_directory(path: str | os.PathLike[str]) -> Environment:
        """What `save_to_directory` has written there. Source: azureml.core.Environment.load_from_directory."""
        from jupyter_runs.conda import read_yaml

        environment = Environment("")
        environment.read(read_yaml(Path(path).expanduser() / _FILE))
        return environment

    @staticmethod
    def from_conda_specification(name: str, file_path: str | os.PathLike[str]) -> Environment:
        """With the packages that a conda file lists; they are kept, not installed.

        Raises `RunConfigurationException` when the file cannot be read.

        Source: azureml.core.Environment.from_conda_specification.
        """
        environment = Environment(name)
        environment.python.conda_dependencies = CondaDependencies(file_path)
        return environment

    @staticmethod
    def from_pip_requirements(
        name: str, file_path: str | os.PathLike[str], pip_version: str | None = None
    ) -> Environment:
        """With the packages that a requirements file lists; they are kept, not installed.

        Raises `RunConfigurationException` when the file cannot be read.

        Source: azureml.core.Environment.from_pip_requirements.
        """
        environment = Environment(name)
        needs = environment.python.conda_dependencies
        if pip_version is not None:
            needs.add_conda_package(f"pip={pip_version}")
        needs.set_pip_requirements(_requirements(Path(file_path).expanduser()))
        return environment

    @staticmethod
    def from_docker_image(name: str, image: str, *_args: object, **_ignored: object) -> Environment:
        """With the name of an image; accepted, has no effect. Source: azureml.core.Environment.from_docker_image."""
        environment = Environment(name)
        environment.docker.base_image, environment.docker.enabled = image, True
        return environment

    @staticmethod
    def from_existing_conda_environment(name: str, conda_environment_name: str) -> Environment:
        """With the Python of a conda environment of this machine; without conda, with a warning, with this Python.

        Raises `RunConfigurationException` when conda knows no such environment.

        Cost: runs conda, about a second. Source: azureml.core.Environment.from_existing_conda_environment.
        """
        from jupyter_runs.conda import interpreter_of

        environment = Environment(name)
        environment.python.user_managed_dependencies = True
        found = interpreter_of(conda_environment_name)
        if found is None:
            warnings.warn(
                f"conda is not found, so the environment {conda_environment_name!r} cannot be used: scripts run with this Python. "
                "Set CONDA_EXE, or `environment.python.interpreter_path`.",
                UserWarning,
                stacklevel=2,
            )
        else:
            environment.python.interpreter_path = found
        return environment


_FILE = "azureml_environment.json"


def _registered(workspace: Any, name: str) -> Path:
    import hashlib

    safe = re.sub(r"[^A-Za-z0-9_-]+", "-", name)
    key = safe if safe == name else f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    folder: Path = workspace.folder
    return folder / "environments" / key


def _requirements(file: Path) -> Iterable[str]:
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RunConfigurationException(f"The requirements file {file} cannot be read: {error}.") from error
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
