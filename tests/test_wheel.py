"""The wheel: what is in it, and that it installs, is enabled and leaves nothing, on a machine without Node.

In CI the wheel is installed with all its dependencies from the package index; elsewhere those of this environment are
lent to it, which takes seconds.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

import jupyter_runs

ROOT = Path(__file__).parent.parent
FULL_INSTALL = bool(os.environ.get("CI"))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout, with the assets that are built already."""
    target = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target], cwd=ROOT, check=True)
    [path] = target.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return HeaderParser().parsestr(archive.read(name).decode())


def test_the_version_is_the_same_in_python_in_npm_and_in_the_wheel(metadata):
    package = json.loads((ROOT / "package.json").read_text())
    assert jupyter_runs.__version__ == package["version"] == metadata["Version"]


def test_the_wheel_carries_code_data_widget_and_page_in_the_package(names):
    page = [f"static/page/{name}" for name in ("page.js", "page.css", "light.css", "dark.css", "favicon.svg")]
    assert "jupyter_runs/locale/pl_PL/LC_MESSAGES/jupyter_runs.json" in names
    for name in ("schema/run.v1.json", "server/openapi.yaml", "static/widget.js", "py.typed", *page):
        assert f"jupyter_runs/{name}" in names
    assert [name for name in names if re.fullmatch(r"jupyter_runs/store/.*\.sql", name)]


def test_the_wheel_carries_the_extension_once_and_outside_the_package(names):
    extension = "jupyter_runs-*.data/data/share/jupyter/labextensions/jupyter-runs/"
    assert [name for name in names if Path(name).match(f"{extension}package.json")]
    assert [name for name in names if Path(name).match(f"{extension}install.json")]
    assert [name for name in names if Path(name).match(f"{extension}static/remoteEntry.*.js")]
    assert not [name for name in names if name.startswith("jupyter_runs/labextension")]


def test_the_wheel_carries_nothing_that_is_not_used(names):
    assert not [name for name in names if re.search(r"\.tsx?$|tests/|node_modules|\.pyc$|\.map$|build_log", name)]


def test_the_source_distribution_makes_the_same_wheel_where_there_is_no_node(names, tmp_path):
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path], cwd=ROOT, check=True)
    [sdist] = tmp_path.glob("*.tar.gz")
    subprocess.run(["tar", "-xf", sdist, "-C", tmp_path], check=True)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=tmp_path / sdist.name.removesuffix(".tar.gz"),
        env={"PATH": "/nowhere", "HOME": str(tmp_path)},
        check=True,
    )
    [rebuilt] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(rebuilt) as archive:
        assert sorted(archive.namelist()) == sorted(names)


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """A fresh virtual environment with the wheel in it, and a PATH on which there is no node."""
    venv = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    home = venv.parent / "home"
    home.mkdir()
    variables = {"PATH": str(venv / "bin"), "HOME": str(home), "LANG": "C.UTF-8"}
    installed = Environment(venv, variables)
    if not FULL_INSTALL:
        # Comes after the environment's own packages; a .pth file in it, as an editable install has, is not read.
        lent = installed.site_packages() / "lent.pth"
        lent.write_text(sysconfig.get_path("purelib") + "\n")
    installed.files_before = installed.files()
    installed.pip("install", "--quiet", *([] if FULL_INSTALL else ["--no-deps", "--no-index"]), str(wheel))
    return installed


class Environment:
    """A virtual environment, used from outside."""

    def __init__(self, venv, variables):
        self.venv = venv
        self.variables = variables
        self.files_before = set()

    def pip(self, *arguments):
        """Run the pip of the tests' own environment on this one."""
        command = [sys.executable, "-m", "pip", "--python", self.venv / "bin" / "python", *arguments]
        subprocess.run(command, check=True, env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"})

    def python(self, *arguments):
        """Run its Python; returns all that it printed."""
        done = subprocess.run(
            [self.venv / "bin" / "python", *arguments],
            env=self.variables,
            cwd=self.venv.parent,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)  # the lists are coloured, asked or not

    def site_packages(self):
        return Path(self.python("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())

    def files(self):
        return {
            path.relative_to(self.venv)
            for path in self.venv.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }


def test_the_installed_wheel_is_imported_from_its_own_place(environment):
    place = environment.python("-c", "import jupyter_runs; print(jupyter_runs.__file__, jupyter_runs.__version__)")
    assert str(environment.venv) in place
    assert jupyter_runs.__version__ in place


def test_jupyterlab_lists_the_extension_as_enabled(environment):
    listed = environment.python("-m", "jupyterlab.labextensions", "list")
    [line] = [line for line in listed.splitlines() if "jupyter-runs" in line]
    assert "enabled" in line
    assert "OK" in line
    assert "jupyter_runs" in line  # where it came from, so that the extension manager can tell how to remove it


def test_jupyter_server_lists_the_extension_as_enabled_and_valid(environment):
    listed = environment.python("-m", "jupyter_server.extension.serverextension", "list")
    assert re.search(r"jupyter_runs\W+enabled", listed), listed
    assert re.search(rf"jupyter_runs {re.escape(jupyter_runs.__version__)}\W+OK", listed), listed


def test_both_commands_are_installed(environment):
    for command in ("jupyter-runs", "jruns"):
        assert "Usage" in environment.python(environment.venv / "bin" / command, "--help")


def test_after_uninstall_nothing_is_left(environment):
    # The last test of the module: the ones above use what this one removes.
    runs = environment.variables["HOME"]
    environment.python("-c", "from jupyter_runs import Workspace; Workspace.from_config()")
    environment.pip("uninstall", "--quiet", "--yes", "jupyter_runs")
    left = environment.files() - environment.files_before
    assert not {path for path in left if "jupyter" in str(path) and "runs" in str(path)}
    assert Path(runs).is_dir()
    if not FULL_INSTALL:
        assert not left
