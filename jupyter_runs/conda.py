"""Lists of packages as conda files have them, and the Pythons of conda environments.

The lists are kept and written; nothing is ever installed from them.
"""

from __future__ import annotations

import copy
import difflib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jupyter_runs.errors import RunConfigurationException, show

#: What a list holds that says nothing of what a script needs.
_USUAL = ("python", "pip", "azureml-defaults", "azureml-core", "azureml-sdk")
_TIMEOUT_S = 60


def read_yaml(file: Path) -> Any:
    """What a YAML or JSON file says.

    Raises `RunConfigurationException`, which names the file and the line, when it cannot be read.
    """
    import yaml

    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RunConfigurationException(f"{file} cannot be read: {error}.") from error
    try:
        # JSON with tabs is no YAML.
        return json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except json.JSONDecodeError:
        pass
    except (yaml.YAMLError, RecursionError) as error:
        raise _no_yaml(file, error) from error
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise _no_yaml(file, error) from error


def _no_yaml(file: Path, error: Exception) -> RunConfigurationException:
    reason = " ".join(str(getattr(error, "problem", None) or error).split())
    mark = getattr(error, "problem_mark", None)
    place = f", line {mark.line + 1}" if mark is not None else ""
    return RunConfigurationException(f"{file}{place} is no YAML: {reason}. Correct the file.")


def write_yaml(file: Path, data: object) -> None:
    """Write a file, whole or not at all; its folder is made when it is not there.

    Raises `RunConfigurationException` when it cannot be written.
    """
    import yaml

    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), "utf-8")
        temporary.replace(file)
    except OSError as error:
        raise RunConfigurationException(
            f"{file} cannot be written: {error.strerror}. Choose another folder."
        ) from error


class CondaDependencies:
    """A list of conda and pip packages; kept and written, never installed.

    Parameters
    ----------
    conda_dependencies_file_path : a conda file to read; None begins an empty list.

    Raises
    ------
    RunConfigurationException : the file cannot be read or is no conda file.

    Source: azureml.core.conda_dependencies.CondaDependencies.
    """

    def __init__(
        self,
        conda_dependencies_file_path: str | os.PathLike[str] | None = None,
        _underlying_structure: Any = None,
    ) -> None:
        where, data = "conda dependencies", _underlying_structure
        if conda_dependencies_file_path is not None:
            where = str(conda_dependencies_file_path)
            data = read_yaml(Path(conda_dependencies_file_path).expanduser())
        if data is None:
            data = {}
        if not isinstance(data, Mapping) or not isinstance(data.get("dependencies") or [], list):
            raise RunConfigurationException(
                f"{where}: a conda file is a mapping with a list `dependencies`, not {show(data)}. Correct it."
            )
        self._data: dict[str, Any] = copy.deepcopy(dict(data))

    @staticmethod
    def create(
        pip_indexurl: str | None = None,
        pip_packages: Iterable[str] | None = None,
        conda_packages: Iterable[str] | None = None,
        python_version: str | None = None,
        pin_sdk_version: bool = True,  # noqa: ARG004
    ) -> CondaDependencies:
        """A list with these packages. Source: azureml.core.conda_dependencies.CondaDependencies.create."""
        made = CondaDependencies()
        if python_version is not None:
            made.set_python_version(python_version)
        for package in conda_packages or ():
            made.add_conda_package(package)
        for package in pip_packages or ():
            made.add_pip_package(package)
        if pip_indexurl is not None:
            made.set_pip_index_url(f"--index-url {pip_indexurl}")
        return made

    # ---- conda

    @property
    def _list(self) -> list[Any]:
        if not self._data.get("dependencies"):
            self._data["dependencies"] = []
        found: list[Any] = self._data["dependencies"]
        return found

    @property
    def conda_packages(self) -> list[str]:
        """Packages of conda, python among them."""
        return [item for item in self._data.get("dependencies") or [] if isinstance(item, str)]

    @property
    def conda_channels(self) -> list[str]:
        """Channels, the most important first."""
        return list(self._data.get("channels") or [])

    def add_channel(self, channel: str) -> None:
        """Add a channel, once."""
        self._data["channels"] = [*(c for c in self.conda_channels if c != channel), channel]

    def remove_channel(self, channel: str) -> None:
        """Remove a channel."""
        self._data["channels"] = [c for c in self.conda_channels if c != channel]

    def add_conda_package(self, conda_package: str) -> None:
        """Add a package, instead of another version of it."""
        self.remove_conda_package(conda_package)
        at = len(self.conda_packages)
        self._list.insert(at, conda_package)

    def remove_conda_package(self, conda_package: str) -> None:
        """Remove a package, whatever its version."""
        name = package_name(conda_package)
        self._list[:] = [item for item in self._list if not isinstance(item, str) or package_name(item) != name]

    def get_python_version(self) -> str | None:
        """The version of `python` in the list."""
        for item in self.conda_packages:
            if package_name(item) == "python":
                return re.sub(r"^python\s*=*", "", item) or None
        return None

    def set_python_version(self, version: str) -> None:
        """Put `python=VERSION` into the list."""
        self.remove_conda_package("python")
        self._list.insert(0, f"python={version}")

    # ---- pip

    @property
    def _pip(self) -> list[str]:
        for item in self._list:
            if isinstance(item, dict) and "pip" in item:
                if not item["pip"]:
                    item["pip"] = []
                found: list[str] = item["pip"]
                return found
        added: list[str] = []
        self._list.append({"pip": added})
        return added

    def _pip_lines(self) -> list[str]:
        lists = [item.get("pip") for item in self._data.get("dependencies") or [] if isinstance(item, dict)]
        return [str(line) for lines in lists for line in lines or ()]

    @property
    def pip_packages(self) -> list[str]:
        """Packages of pip."""
        return [line for line in self._pip_lines() if not line.startswith("-")]

    @property
    def pip_options(self) -> list[str]:
        """Lines of pip that are options."""
        return [line for line in self._pip_lines() if line.startswith("-")]

    def add_pip_package(self, pip_package: str) -> None:
        """Add a package, instead of another version of it."""
        self.remove_pip_package(pip_package)
        self._pip.append(pip_package)

    def remove_pip_package(self, pip_package: str) -> None:
        """Remove a package, whatever its version."""
        name = package_name(pip_package)
        if self._pip_lines():
            self._pip[:] = [line for line in self._pip if line.startswith("-") or package_name(line) != name]

    def set_pip_index_url(self, index_url: str) -> None:
        """Set the option `--index-url URL`; the URL alone, or the whole option."""
        self.set_pip_option(index_url if index_url.startswith("-") else f"--index-url {index_url}")

    def set_pip_option(self, pip_option: str) -> None:
        """Add an option of pip, instead of another value of it."""
        name = _option(pip_option)
        self.remove_pip_option(name)
        self._pip.insert(0, pip_option)

    def remove_pip_option(self, pip_option: str) -> None:
        """Remove an option of pip."""
        if self._pip_lines():
            self._pip[:] = [line for line in self._pip if _option(line) != pip_option]

    def set_pip_requirements(self, pip_requirements: Iterable[str]) -> None:
        """Replace all lines of pip."""
        self._pip[:] = list(pip_requirements)

    # ---- files

    def wanted(self) -> list[str]:
        """Packages that somebody asked for, without those that every list has."""
        return [p for p in (*self.conda_packages, *self.pip_packages) if package_name(p) not in _USUAL]

    def as_dict(self) -> dict[str, Any]:
        """As a conda file has it."""
        return copy.deepcopy(self._data)

    def serialize_to_string(self) -> str:
        """As the text of a conda file."""
        import yaml

        text: str = yaml.safe_dump(self._data, sort_keys=False, allow_unicode=True)
        return text

    def save(self, path: str | os.PathLike[str] | None = None) -> str:
        """Write a conda file: `path`, or `conda_dependencies.yml` in the folder `path` or here. Returns its path."""
        file = Path(path).expanduser() if path is not None else Path()
        file = file / "conda_dependencies.yml" if file.is_dir() else file
        write_yaml(file, self._data)
        return str(file)

    def save_to_file(
        self, base_directory: str | os.PathLike[str], conda_file_path: str = "conda_dependencies.yml"
    ) -> str:
        """Write `base_directory/conda_file_path`; the answer is `conda_file_path`."""
        self.save(Path(base_directory).expanduser() / conda_file_path)
        return conda_file_path

    def __repr__(self) -> str:
        return f"CondaDependencies({', '.join((*self.conda_packages, *self._pip_lines()))})"


def package_name(line: str) -> str:
    """The name in a line as conda or pip have it: `scikit-learn` of `scikit_learn>=1.0`."""
    name = re.split(r"[\s=<>!~\[;@]", line.rsplit("::", 1)[-1].strip(), maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def _option(line: str) -> str:
    """The name in an option of pip: `--index-url`."""
    return re.split(r"[\s=]", line.strip(), maxsplit=1)[0]


def interpreter_of(name: str) -> str | None:
    """The Python of a conda environment, given by name or folder; None without conda.

    Raises `RunConfigurationException` when there is no such environment, or none with Python.
    """
    program = os.environ.get("CONDA_EXE") or next(
        filter(None, map(shutil.which, ("conda", "mamba", "micromamba"))), None
    )
    if program is None:
        return None
    try:
        told = subprocess.run(
            [program, "env", "list", "--json"], capture_output=True, text=True, check=True, timeout=_TIMEOUT_S
        )
        folders = [Path(folder) for folder in json.loads(told.stdout)["envs"]]
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return None
    # The first is the base environment; the others are named by their folder.
    by_name = {("base" if not n else folder.name): folder for n, folder in reversed(list(enumerate(folders)))}
    folder = by_name.get(name) or next((f for f in folders if f == Path(name).expanduser()), None)
    if folder is None:
        close = difflib.get_close_matches(name, by_name, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else f" There are: {', '.join(sorted(by_name))}."
        raise RunConfigurationException(f"conda has no environment {name!r}.{hint}")
    python = folder / "python.exe" if os.name == "nt" else folder / "bin" / "python"
    if not python.exists():
        raise RunConfigurationException(
            f"The conda environment {folder} has no Python. Install one: `conda install python`."
        )
    return str(python)
