"""RunConfiguration: how a script is run, kept in `.azureml/NAME` files with the keys of Azure ML SDK v1.

Files written by Azure's own SDK load; keys that have no meaning here are kept and written again.
"""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_runs.conda import CondaDependencies, read_yaml, write_yaml
from jupyter_runs.environment import DockerConfiguration, Environment, FreeSection, Section, plain
from jupyter_runs.errors import RunConfigurationException, show
from jupyter_runs.targets import LOCAL

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Thirty days, as in Azure.
DEFAULT_DURATION_S = 2_592_000
#: Where a run configuration is looked for below a project's folder; the first is where it is saved.
FOLDERS = (".azureml", "aml_config", ".jupyter_runs")
_SUFFIX = ".runconfig"
_CONDA_FILE = "environment.yml"


@dataclass
class MpiConfiguration(Section):
    """Processes of MPI; accepted, has no effect. Source: azureml.core.runconfig.MpiConfiguration."""

    process_count_per_node: int = 1
    node_count: int = 1


@dataclass
class PyTorchConfiguration(Section):
    """Processes of PyTorch; accepted, has no effect. Source: azureml.core.runconfig.PyTorchConfiguration."""

    communication_backend: str = "Nccl"
    process_count: int | None = None
    node_count: int = 1


@dataclass
class TensorflowConfiguration(Section):
    """Tasks of TensorFlow; accepted, has no effect. Source: azureml.core.runconfig.TensorflowConfiguration."""

    worker_count: int = 1
    parameter_server_count: int = 1


@dataclass
class HistoryConfiguration(Section):
    """What is recorded; a run records all of it. Source: azureml.core.runconfig.HistoryConfiguration."""

    output_collection: bool = True
    snapshot_project: bool = True
    directories_to_watch: list[str] = field(default_factory=lambda: ["logs"])


class RunConfiguration(Section):
    """How a script is run: on which target, with which Python and variables, how long at most.

    Parameters
    ----------
    script : path below the source folder.
    arguments : of the script; a list, or text that is split as a shell does.
    command : a shell command, instead of `script`.
    conda_dependencies : packages; kept, not installed.
    framework, communicator : accepted.

    `target`, `environment`, `environment_variables`, `max_run_duration_seconds` are honoured at submit; everything else is kept.

    Source: azureml.core.RunConfiguration.
    """

    def __init__(
        self,
        script: str | None = None,
        arguments: Any = None,
        framework: str | None = None,
        communicator: str | None = None,
        conda_dependencies: CondaDependencies | None = None,
        _history_enabled: bool | None = None,
        _path: str | None = None,
        _name: str | None = None,
        command: Any = None,
    ) -> None:
        self.script, self.arguments, self.command = script, arguments, command
        self._target: Any = LOCAL
        self._path, self._name = _path, _name
        self.framework = framework or "Python"
        self.communicator = communicator or "None"
        #: Seconds; 0 or None: no limit.
        self.max_run_duration_seconds: Any = DEFAULT_DURATION_S
        self.node_count: Any = 1
        self.priority: Any = None
        self.environment = Environment((_name or "default").removesuffix(_SUFFIX))
        if conda_dependencies is not None:
            self.environment.python.conda_dependencies = conda_dependencies
        #: They win over those of the environment.
        self.environment_variables: dict[str, Any] = {}
        self.history = HistoryConfiguration()
        if _history_enabled is not None:
            self.history.output_collection = _history_enabled
        self.docker = DockerConfiguration()
        self.mpi, self.pytorch, self.tensorflow = MpiConfiguration(), PyTorchConfiguration(), TensorflowConfiguration()
        self.spark = FreeSection(configuration={})
        self.hdi, self.amlcompute, self.paralleltask = FreeSection(), FreeSection(), FreeSection()
        self.data_references: dict[str, Any] = {}
        self.data: dict[str, Any] = {}
        self.output_data: dict[str, Any] = {}
        self.datacaches: list[Any] = []
        self.source_directory_data_store: Any = None
        self.credential_passthrough = False

    @property
    def target(self) -> Any:
        """Name of the compute target: "local" is this machine. An object that has a name may be set, too."""
        return self._target if isinstance(self._target, str) else getattr(self._target, "name", self._target)

    @target.setter
    def target(self, value: Any) -> None:
        self._target = LOCAL if value is None or value == "" else value

    def _take(self, name: str, value: Any) -> bool:
        if name == "target":
            self.target = value
            return True
        return super()._take(name, value)

    def to_dict(self) -> dict[str, Any]:
        """The settings as a file has them; those that are empty by nature are left out."""
        first = {name: plain(getattr(self, name)) for name in ("script", "arguments", "command", "target")}
        settings = {**first, **super().to_dict()}
        read = (*first, *self._rest)
        return {key: value for key, value in settings.items() if value not in ({}, []) or key in read}

    def save(
        self,
        path: str | os.PathLike[str] | None = None,
        name: str | None = None,
        separate_environment_yaml: bool = False,
    ) -> Path:
        """Write it to `path/.azureml/NAME`; the folder is made when it is not there.

        Parameters
        ----------
        path : a project's folder (default: the current one), or with no `name` the file itself.
        name : of the configuration; default: the one it was loaded from.
        separate_environment_yaml : packages go to `path/.azureml/environment.yml`.

        Returns
        -------
        The file.

        Raises
        ------
        RunConfigurationException : no name, a name that is a path, or the file cannot be written.

        Source: azureml.core.RunConfiguration.save.
        """
        given = Path(path).expanduser() if path is not None else Path(self._path or ".")
        if name is None and given.suffix and not given.is_dir():
            file, root = given, given.parent
        else:
            file, root = given / FOLDERS[0] / _checked_name(name or self._name), given
        data = self.to_dict()
        python = data.get("environment", {}).get("python", {})
        if separate_environment_yaml:
            write_yaml(file.parent / _CONDA_FILE, python.get("condaDependencies") or {})
            python["condaDependenciesFile"] = (file.parent / _CONDA_FILE).relative_to(root).as_posix()
        if python.get("condaDependenciesFile"):
            python.pop("condaDependencies", None)
        write_yaml(file, data)
        return file

    @staticmethod
    def load(path: str | os.PathLike[str], name: str | None = None) -> RunConfiguration:
        """Read a configuration.

        Parameters
        ----------
        path : a project's folder, or the file itself.
        name : `NAME` and `NAME.runconfig` are looked for in `.azureml`, `aml_config` and `.jupyter_runs` of the folder; a path of a file
            works too.

        Raises
        ------
        RunConfigurationException : there is no such file (the message names those that are there), or it is no configuration.

        Source: azureml.core.RunConfiguration.load.
        """
        root = Path(path).expanduser()
        file = root if name is None and root.is_file() else _find(root, name)
        if root.is_file():
            root = file.parent.parent if file.parent.name in FOLDERS else file.parent
        config = RunConfiguration(_path=str(root), _name=file.name)
        data = read_yaml(file)
        if not isinstance(data, dict):
            raise RunConfigurationException(
                f"{file} is no run configuration: it holds {show(data)}, not settings such as `script: train.py`."
            )
        try:
            config.read(data)
            _read_packages(config, root)
        except RunConfigurationException as error:
            raise RunConfigurationException(f"{file}: {error.message}") from error
        return config

    @staticmethod
    def delete(path: str | os.PathLike[str], name: str) -> None:
        """Delete a configuration's file. Raises and Source as `load`."""
        file = _find(Path(path).expanduser(), name)
        try:
            file.unlink()
        except OSError as error:
            raise RunConfigurationException(f"{file} cannot be deleted: {error.strerror}.") from error

    def __repr__(self) -> str:
        what = f"command={self.command!r}" if self.command is not None else f"script={self.script!r}"
        return f"RunConfiguration({what}, target={self.target!r})"


def _checked_name(name: str | None) -> str:
    if not name or name in {".", ".."} or not {"/", "\\", "\0"}.isdisjoint(name):
        raise RunConfigurationException(
            f"{show(name)} cannot name a run configuration. Give a file name, e.g. save(name='sklearn')."
        )
    return name


def _find(root: Path, name: str | None) -> Path:
    """The file of a configuration of that name."""
    if not name:
        raise RunConfigurationException(f"Which run configuration of {root}? {_there(root, '')}")
    places = [root / folder / (name + suffix) for folder in FOLDERS for suffix in ("", _SUFFIX)]
    places += [root / name, Path(name).expanduser()]
    found = next((file for file in places if file.is_file()), None)
    if found is None:
        raise RunConfigurationException(
            f"There is no run configuration {name!r} in {root / FOLDERS[0]}. {_there(root, name)}"
        )
    return found


def _there(root: Path, name: str) -> str:
    names = sorted(set(_names(root)))
    if close := difflib.get_close_matches(name, names, n=1):
        return f"Did you mean {close[0]!r}?"
    if names:
        return f"There are: {', '.join(names)}."
    return "`jupyter runs folder attach` writes samples."


def _names(root: Path) -> Iterator[str]:
    for folder in FOLDERS:
        if (root / folder).is_dir():
            for file in (root / folder).iterdir():
                if file.is_file() and file.suffix in {"", _SUFFIX}:
                    yield file.name.removesuffix(_SUFFIX)


def _read_packages(config: RunConfiguration, root: Path) -> None:
    """Packages that the configuration names by file; a file that is not there is no error: nothing is installed from it."""
    python = config.environment.python
    if python.conda_dependencies_file and not python.conda_dependencies.wanted():
        file = root / Path(python.conda_dependencies_file).expanduser()
        if file.is_file():
            python.conda_dependencies = CondaDependencies(file)


_LOCAL_SAMPLE = """\
# A run configuration: `jupyter runs submit-script -c {name} train.py`
script: train.py
arguments: []
# Where it runs: local is this machine.
target: local
framework: Python
communicator: None
# The run is canceled after so long; 0 is no limit.
maxRunDurationSeconds: 2592000
environment:
  name: {name}
  python:
    # `python` is the Python that submits; or the path of another one.
    interpreterPath: python
    # Packages are not installed: the Python above must have them.
    userManagedDependencies: true
    condaDependenciesFile: .azureml/conda_dependencies.yml
  environmentVariables:
    EXAMPLE_ENV_VAR: EXAMPLE_VALUE
history:
  outputCollection: true
  snapshotProject: true
  directoriesToWatch:
  - logs
"""
_CONDA_SAMPLE = """\
# What the scripts need, for people: nothing is installed from this file.
name: project_environment
dependencies:
- python>=3.10
- scikit-learn
- pip:
  - jupyter-runs
"""
_IGNORE_SAMPLE = """\
# What is no source: it is left out of the snapshot that every run keeps. Patterns as in .gitignore.
.ipynb_checkpoints
azureml-logs
.azureml
.git
outputs
logs
azureml-setup
docs
"""


def sample_runconfigs(folder: str | os.PathLike[str]) -> list[Path]:
    """Write `.azureml/local.runconfig`, `.azureml/sklearn.runconfig`, `.azureml/conda_dependencies.yml` and `.amlignore` into a project.

    Files that are there stay as they are. Returns those that were written.

    Raises `RunConfigurationException` when the folder cannot be written.

    Source: az ml folder attach.
    """
    root = Path(folder).expanduser()
    samples = {
        root / FOLDERS[0] / "local.runconfig": _LOCAL_SAMPLE.format(name="local"),
        root / FOLDERS[0] / "sklearn.runconfig": _LOCAL_SAMPLE.format(name="sklearn"),
        root / FOLDERS[0] / "conda_dependencies.yml": _CONDA_SAMPLE,
        root / ".amlignore": _IGNORE_SAMPLE,
    }
    written = []
    for file, text in samples.items():
        # With either spelling there, a second one would only hide it or be hidden.
        if os.path.lexists(file) or os.path.lexists(file.with_name(file.name.removesuffix(_SUFFIX))):
            continue
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("x", encoding="utf-8") as out:
                out.write(text)
        except OSError as error:
            raise RunConfigurationException(
                f"{file} cannot be written: {error.strerror}. Choose a folder that can."
            ) from error
        written.append(file)
    return written
