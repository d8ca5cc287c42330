"""The checks of a script run, value by value: each returns what to use, or raises RunConfigurationException with the remedy."""

from __future__ import annotations

import difflib
import math
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_runs.errors import RunConfigurationException, show
from jupyter_runs.source_walk import left_out_by

if TYPE_CHECKING:
    from jupyter_runs.runconfig import RunConfiguration

_SEARCHED_NAMES = 5000


def source_folder(given: Any) -> Path:
    if not isinstance(given, (str, os.PathLike)) or "\0" in str(given):
        raise RunConfigurationException(
            f"source_directory is the path of a folder, not {show(given)}. Give '.' for this one."
        )
    # Without following links: a folder may be reached by a name that the user knows.
    folder = Path(os.path.abspath(Path(given).expanduser()))  # noqa: PTH100
    if folder.is_dir():
        return folder
    if folder.is_file():
        raise RunConfigurationException(
            f"source_directory {folder} is a file. Give its folder, and script={folder.name!r}."
        )
    close = difflib.get_close_matches(folder.name, _names(folder.parent, folders=True), n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"This process is in {Path.cwd()}."
    raise RunConfigurationException(f"source_directory {folder} does not exist. {hint}")


def _names(folder: Path, *, folders: bool = False) -> list[str]:
    try:
        return [item.name for item in folder.iterdir() if item.is_dir() is folders]
    except OSError:
        return []


def is_given(value: Any) -> bool:
    return value is not None and value not in ("", [], ())


def _text(what: str, value: object) -> str:
    try:
        text = os.fspath(value) if isinstance(value, os.PathLike) else str(value)
    except Exception as error:
        raise RunConfigurationException(
            f"A {type(value).__name__} in {what} cannot be written as text. Give text or a number."
        ) from error
    if not isinstance(text, str) or "\0" in text:
        raise RunConfigurationException(f"{what} cannot hold {show(value)}: no program takes it. Give text.")
    return text


def argument_list(given: Any) -> list[str]:
    if given is None:
        return []
    if isinstance(given, str):
        lexer = shlex.shlex(given, posix=True, punctuation_chars=False)
        lexer.whitespace_split, lexer.commenters = True, ""
        if os.name == "nt":  # a backslash is part of a path there
            lexer.escape = ""
        try:
            return [_text("arguments", part) for part in lexer]
        except ValueError as error:
            raise RunConfigurationException(
                f"arguments {show(given)} cannot be split: {error}. Give a list, one item for each argument."
            ) from error
    if isinstance(given, (Mapping, bytes)) or not isinstance(given, Iterable):
        raise RunConfigurationException(
            f"arguments is a list, not {show(given)}. Give e.g. ['--alpha', 0.5], one item for each argument."
        )
    return [_text("arguments", item) for item in given]


def command_text(given: Any) -> str:
    if isinstance(given, str):
        return _text("command", given)
    if isinstance(given, (Mapping, bytes)) or not isinstance(given, Iterable):
        raise RunConfigurationException(f"command is text or a list, not {show(given)}. Give e.g. 'python train.py'.")
    items = [_text("command", item) for item in given]
    if len(items) == 1:
        return items[0]
    return " ".join(_quoted(item) if not item or any(c.isspace() for c in item) else item for item in items)


def _quoted(item: str) -> str:
    return subprocess.list2cmdline([item]) if os.name == "nt" else shlex.quote(item)


def script_path(source: Path, given: Any) -> str:
    """The script's path below the source folder, with `/`."""
    text = _text("script", given)
    path = os.path.normpath(source / Path(text).expanduser())
    if not Path(path).exists() and "\\" in text:
        path = os.path.normpath(source / text.replace("\\", "/"))
    below = _below(source, path)
    if below is None:
        raise RunConfigurationException(
            f"The script {text!r} is not in the source folder {source}, so a run could not see it. "
            f"Give source_directory={str(Path(path).parent)!r} and script={Path(path).name!r}."
        )
    if Path(path).is_dir():
        raise RunConfigurationException(
            f"The script {text!r} is a folder. Give a file in it, e.g. '{text}/__main__.py'."
        )
    if not Path(path).is_file():
        raise RunConfigurationException(f"The script {path} does not exist. {_close(source, below)}")
    reason = None
    with suppress(OSError):  # what cannot be read is said when the source is kept
        reason = left_out_by(source, below)
    if reason:
        raise RunConfigurationException(
            f"The script {below!r} would be left out of the source by {reason}. Change that, or move the script."
        )
    return below


def _below(source: Path, path: str) -> str | None:
    """`path` relative to the folder, also when only one of the two was given through a link; None when it is elsewhere."""
    for root, file in ((str(source), path), (os.path.realpath(source), path)):
        if file.startswith(root.rstrip(os.sep) + os.sep):
            return Path(os.path.relpath(file, root)).as_posix()
    return None


def _close(source: Path, below: str) -> str:
    """Which file may have been meant: one of that name elsewhere in the folder, or one of a name like it."""
    there: list[str] = []
    for folder, folders, files in os.walk(source):
        folders[:] = [
            name for name in folders if not name.startswith(".") and name not in {"node_modules", "__pycache__"}
        ]
        there += [Path(os.path.relpath(Path(folder) / name, source)).as_posix() for name in files]
        if len(there) > _SEARCHED_NAMES:
            break
    same = [name for name in there if name.rsplit("/", 1)[-1] == below.rsplit("/", 1)[-1]]
    close = same or difflib.get_close_matches(below, there, n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    return "Its path is relative to source_directory."


def interpreter_path(source: Path, given: Any) -> str:
    """The absolute path of a Python; links are not followed, since a virtual environment is known by its link."""
    text = _text("interpreter_path", given or "python")
    if text == "python":
        return sys.executable
    found: str | None
    path = Path(text).expanduser()
    if path.is_absolute() or "/" in text or os.sep in text:
        found = os.path.normpath(source / path)
        if os.name == "nt" and not Path(found).exists():
            found += ".exe"
    else:
        found = shutil.which(text)
    if found is None or not Path(found).is_file():
        raise RunConfigurationException(
            f"The interpreter {text!r} does not exist{'' if found is None else f' ({found})'}. Set "
            "environment.python.interpreter_path to the path of a Python, or to 'python' for this one."
        )
    if not os.access(found, os.X_OK):
        raise RunConfigurationException(f"The interpreter {found} cannot be executed. Make it executable: chmod +x.")
    return os.path.abspath(found)  # noqa: PTH100


def variables(run: RunConfiguration) -> dict[str, str]:
    """Environment variables; those of the run configuration win."""
    merged: dict[str, str] = {}
    both: tuple[Any, Any] = (run.environment.environment_variables, run.environment_variables)
    for given in both:
        if not isinstance(given or {}, Mapping):
            raise RunConfigurationException(
                f"environment_variables is a dict, not {show(given)}. Give e.g. {{'OMP_NUM_THREADS': '2'}}."
            )
        for name, value in (given or {}).items():
            if not isinstance(name, str) or not name or "=" in name or "\0" in name:
                raise RunConfigurationException(
                    f"{show(name)} cannot name an environment variable. Use letters, digits and '_'."
                )
            merged[name] = "" if value is None else _text(f"environment variable {name}", value)
    return merged


def seconds(given: Any) -> float | None:
    if given is None:
        return None
    try:
        seconds = math.nan if isinstance(given, bool) else float(given)
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not math.isfinite(seconds) or seconds < 0:
        raise RunConfigurationException(
            f"max_run_duration_seconds is a number of seconds, not {show(given)}. Give 3600 for an hour, 0 for no limit."
        )
    return seconds or None


def target_name(target: Any) -> str:
    """The name of a compute target."""
    if not isinstance(target, str):
        raise RunConfigurationException(
            f"compute_target is the name of a target, not {show(target)}. Give 'local', or leave it out."
        )
    return target
