"""`jupyter runs doctor`: what is wrong with this installation and this workspace, and what to do about it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import time
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jupyter_runs import __version__, paths
from jupyter_runs import format as fmt
from jupyter_runs.cli_options import ERROR, Call, Command, shared
from jupyter_runs.errors import JupyterRunsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.table import Table

    from jupyter_runs.config import WorkspaceConfig

OK, WARNING, WRONG = "ok", "warning", "wrong"
_LOOKS = {OK: ("●", "green"), WARNING: ("▲", "yellow"), WRONG: ("✕", "red")}
_LOW_SPACE = 100 * 1024 * 1024
_EXTENSION = "jupyter-runs"
_SERVER_EXTENSION = "jupyter_runs"
_REINSTALL = "pip install --force-reinstall --no-deps jupyter_runs, then reload the page"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. A remedy is there whenever the state is not ok."""

    check: str
    state: str
    text: str
    remedy: str = ""


@click.command(cls=Command, short_help="Check the installation and the workspace.")
@shared
def doctor(call: Call) -> None:
    """Check the installation and the workspace; exit code 1 when something is wrong, and every finding says what to do."""
    looks = {
        "python": _python,
        "packages": _packages,
        "PATH": _programs,
        "server extension": _server_extension,
        "labextension": _labextension,
        "workspace": lambda: _workspace(call),
    }
    findings = [finding for check, look in looks.items() for finding in _guarded(check, look)]
    call.write([asdict(finding) for finding in findings], _table)
    if any(finding.state == WRONG for finding in findings):
        sys.exit(ERROR)


def _guarded(check: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What a look finds; that it cannot look is a finding too."""
    try:
        yield from look()
    except JupyterRunsError as error:
        yield Finding(check, WRONG, str(error), "See the message.")
    except Exception as error:  # noqa: BLE001 - a broken installation fails in any way
        text = fmt.one_line(f"{type(error).__name__}: {error}", 200)
        yield Finding(check, WRONG, text, "pip install --force-reinstall jupyter_runs, and what the message names.")


def _table(rows: list[dict[str, Any]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("", "CHECK", "FINDING"):
        table.add_column(header)
    for row in rows:
        mark, style = _LOOKS[row["state"]]
        remedy = f"\n→ {row['remedy']}" if row["remedy"] else ""
        table.add_row(Text(mark, style=style), Text(row["check"], no_wrap=True), Text(fmt.clean(row["text"] + remedy)))
    return table


# -- installation -----------------------------------------------------------------------------------------------------


def _python() -> Iterator[Finding]:
    yield Finding("python", OK, f"{sys.version.split()[0]} in {sys.prefix}, jupyter_runs {__version__}")


def _packages() -> Iterator[Finding]:
    """Versions of what we need, and what is missing or too old."""
    from importlib.metadata import PackageNotFoundError, requires, version

    from packaging.requirements import Requirement

    try:
        wanted = [Requirement(line) for line in requires("jupyter_runs") or []]
    except PackageNotFoundError:
        yield Finding("packages", WRONG, "jupyter_runs is imported, but not installed.", "pip install jupyter_runs")
        return
    found: list[tuple[Requirement, str]] = []
    unfit: list[tuple[Requirement, str]] = []
    for need in wanted:
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue
        try:
            there = version(need.name)
        except PackageNotFoundError:
            there = "missing"
        fits = there != "missing" and need.specifier.contains(there, prereleases=True)
        (found if fits else unfit).append((need, there))
    yield Finding("packages", OK, ", ".join(f"{need.name} {there}" for need, there in found))
    for need, there in unfit:
        remedy = f"pip install '{need.name}{need.specifier}'"
        yield Finding("packages", WRONG, f"{need.name} is {there}, but must be {need.specifier or 'there'}.", remedy)


def _programs() -> Iterator[Finding]:
    """Whether `jupyter runs` finds this installation."""
    there = shutil.which("jupyter-runs")
    scripts = Path(sys.executable).parent
    if there is None:
        yield Finding(
            "PATH",
            WRONG,
            "jupyter-runs is not on the PATH, so `jupyter runs` does not find it.",
            f"Activate the environment, or add {scripts} to PATH.",
        )
    elif Path(os.path.realpath(there)).parent != Path(os.path.realpath(scripts)):
        text = f"`jupyter runs` is {there}, but this is the Python of {scripts}."
        yield Finding("PATH", WARNING, text, f"Put {scripts} first in PATH, or uninstall the other one.")
    else:
        yield Finding("PATH", OK, there)


def _server_extension() -> Iterator[Finding]:
    from jupyter_core.paths import jupyter_config_path
    from jupyter_server.config_manager import BaseJSONConfigManager

    enabled = None
    # Folders that come first win.
    for folder in reversed(jupyter_config_path()):
        settings = BaseJSONConfigManager(config_dir=folder).get("jupyter_server_config")
        enabled = settings.get("ServerApp", {}).get("jpserver_extensions", {}).get(_SERVER_EXTENSION, enabled)
    if not enabled:
        text = "It is not enabled: no sidebar, no Cancel from the browser."
        yield Finding("server extension", WRONG, text, f"jupyter server extension enable {_SERVER_EXTENSION}")
        return
    # Loaded as a server would, to see whether it can be.
    found = import_module("jupyter_runs.server.app")
    yield Finding("server extension", OK, f"enabled, {found.__file__}")


def _labextension() -> Iterator[Finding]:
    from jupyter_core.paths import jupyter_path

    commands: Any = import_module("jupyterlab.commands")  # without type information
    info = commands.get_app_info(commands.AppOptions(labextensions_path=jupyter_path("labextensions")))
    found = info["federated_extensions"].get(_EXTENSION)
    if found is None:
        text = "It is not installed: no panel and no sidebar in JupyterLab."
        yield Finding("labextension", WRONG, text, _REINSTALL)
        return
    # What `jupyter labextension list` looks at; without it nothing is known, which is no finding.
    misfits: Any = getattr(commands, "_validate_compatibility", lambda *_: [])
    if misfits(_EXTENSION, found.get("dependencies", {}), info["core_data"]):
        text = f"Version {found['version']} does not fit JupyterLab {info['version']}."
        yield Finding("labextension", WRONG, text, "pip install -U jupyter_runs jupyterlab")
    elif any(name.split(":")[0] == _EXTENSION and is_off for name, is_off in info["disabled"].items()):
        yield Finding("labextension", WRONG, "It is disabled.", f"jupyter labextension enable {_EXTENSION}")
    elif found["version"] != __version__:
        text = f"It has version {found['version']}, jupyter_runs {__version__}."
        yield Finding("labextension", WARNING, text, _REINSTALL)
    else:
        yield Finding("labextension", OK, f"version {found['version']}, {found['ext_path']}")


# -- workspace --------------------------------------------------------------------------------------------------------


def _workspace(call: Call) -> Iterator[Finding]:
    from jupyter_runs.cli_runs import place

    found = place(call.workspace, call.path).config
    yield Finding("workspace", OK, f"{found.name} in {found.shown}")
    if found.url is None and (kind := paths.network_file_system(found.folder)):
        text = f"{found.folder} is on a network file system ({kind}), where SQLite may lose runs."
        yield Finding("workspace", WARNING, text, "Set JUPYTER_RUNS_WORKSPACE to a local folder.")
    nearest = next(folder for folder in (found.folder, *found.folder.parents) if folder.exists())
    if not os.access(nearest, os.W_OK):
        yield Finding(
            "workspace", WRONG, f"{nearest} cannot be written.", "Make it writable, or choose another with -w."
        )
    elif (free := shutil.disk_usage(nearest).free) < _LOW_SPACE:
        text = f"{free / 1e6:.0f} MB are free on its disk."
        yield Finding("workspace", WRONG, text, "Free some space; `jupyter runs gc` empties the bin.")
    if found.url is not None:
        yield from _server(found)
    elif found.database.exists():
        yield from _store(found)
    else:
        yield Finding("store", OK, "no runs yet")


def _server(where: WorkspaceConfig) -> Iterator[Finding]:
    from jupyter_runs.store.opening import open_store

    begun = time.monotonic()
    try:
        store = open_store(where)
    except JupyterRunsError as error:
        yield Finding("store", WRONG, str(error), "See the message; `-w` takes another workspace.")
        return
    try:
        store.cursor()
        took = time.monotonic() - begun
        yield Finding("store", OK, f"{where.shown}, answered within {took * 1000:.0f} ms")
        yield from _owners(store)
    finally:
        store.close()


def _store(where: WorkspaceConfig) -> Iterator[Finding]:
    from jupyter_runs.store.sqlite import SqliteStore

    file = where.database
    if not os.access(file, os.W_OK):
        yield Finding("store", WRONG, f"{file} cannot be written.", f"chmod u+w {file}")
        return
    version, faults = _check(file)
    if faults:
        remedy = f"Move {file} away and restore a copy; `sqlite3 {file} .recover` saves what can be read."
        yield Finding("store", WRONG, f"{file} is damaged: {faults}", remedy)
        return
    size = sum(part.stat().st_size for part in file.parent.glob(f"{file.name}*"))
    store = SqliteStore(file)
    try:
        yield Finding("store", OK, f"{file}, {size / 1e6:.1f} MB, schema version {version}")
        yield from _owners(store)
    finally:
        store.close()


def _check(file: Path) -> tuple[int, str]:
    """Schema version, and what SQLite finds damaged (empty: nothing)."""
    connection = sqlite3.connect(file)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        found = [row[0] for row in connection.execute("PRAGMA quick_check(3)").fetchall()]
    except sqlite3.DatabaseError as error:
        return 0, str(error)
    finally:
        connection.close()
    return version, "" if found == ["ok"] else fmt.one_line("; ".join(found), 300)


def _owners(store: Any) -> Iterator[Finding]:
    """Runs whose process is gone, which are ended here; and those that nobody has heard of."""
    from jupyter_runs import liveness
    from jupyter_runs.model import NOT_RESPONDING
    from jupyter_runs.store.base import RunFilter

    for run in store.get_runs(liveness.reap(store)):
        text = f"The process of run #{run.number} {run.experiment}/{fmt.one_line(run.name)} was gone: now {run.status}."
        yield Finding("runs", WARNING, text, f"Nothing more to do; jupyter runs show -r {run.run_id} tells the reason.")
    silent = RunFilter(include_children=True, statuses=frozenset({NOT_RESPONDING}), archived=None)
    for run in store.find_runs(silent, limit=20).runs:
        host = run.owner.host if run.owner else "its machine"
        since = fmt.ago(run.heartbeat_at or run.created_at, time.time())
        text = f"Run #{run.number} {run.experiment}/{fmt.one_line(run.name)} was last heard of {since}, on {host}."
        remedy = f"Look there; if its process is gone: jupyter runs fail -r {run.run_id} 'process gone'"
        yield Finding("runs", WARNING, text, remedy)
    active = store.find_runs(RunFilter(include_children=True, active=True, archived=None), limit=1).total
    yield Finding("runs", OK, f"{active} active")
