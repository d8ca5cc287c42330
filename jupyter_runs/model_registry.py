"""Registering models and finding them: files first, then the row. The public class is in `models.py`."""

from __future__ import annotations

import re
import shutil
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_runs import artifacts, names, paths
from jupyter_runs.errors import InvalidName, ModelNotFound, shorten, show
from jupyter_runs.model import ModelRecord

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jupyter_runs.workspace import Workspace

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,254}")
#: Keeps the folder of a deleted version, so that its number is not given out again.
DELETED = ".deleted"


@dataclass(frozen=True)
class About:
    """What a caller says about a model to be registered, not yet checked."""

    run_id: str | None = None
    tags: Any = None
    properties: Any = None
    description: str | None = None
    framework: str | None = None
    framework_version: str | None = None


def checked_name(name: object) -> str:
    """`name` if it may name a model: 1 to 255 letters, digits, `_`, `.` and `-`, the first a letter or digit."""
    if isinstance(name, str) and _NAME.fullmatch(name):
        return artifacts.artifact_name(name)
    raise InvalidName(
        f"{show(name)} cannot name a model: use 1 to 255 letters, digits, '_', '.' and '-', beginning with a letter or digit."
    )


def register(workspace: Workspace, name: str, root: str, files: Mapping[str, Path], about: About) -> ModelRecord:
    """Copy `files` (by name; all are `root` or below it) into the workspace as the next version. For this package.

    The copy is complete before the model is there; the version is taken by renaming its folder into place, which only one can do.
    """
    checked_name(name)
    tags = {} if about.tags is None else names.tags(about.tags)
    properties = {} if about.properties is None else names.fixed(about.properties, "property")
    description = names.description(about.description) or None
    if not files:
        raise InvalidName(f"There are no files in {show(root)}. Put something there before registering it.")
    leaf = root.rpartition("/")[2]
    folder = paths.models(workspace.folder) / name
    staging = folder / f".{uuid.uuid4().hex}"
    try:
        with artifacts.explained(f"Model {name!r} could not be registered"):
            for file, path in files.items():
                target = staging.joinpath(leaf, *file[len(root) :].strip("/").split("/"))
                target.parent.mkdir(parents=True, exist_ok=True)
                artifacts.copy(path, target)
            version = max((model.version for model in workspace.store.models(name)), default=0)
            while True:
                version = _take(staging, folder, version + 1)
                record = ModelRecord(
                    name=name,
                    version=version,
                    run_id=about.run_id,
                    created_at=time.time(),
                    created_by=workspace.user,
                    description=description,
                    framework=None if about.framework is None else str(about.framework),
                    framework_version=None if about.framework_version is None else str(about.framework_version),
                    path=f"models/{name}/{version}/{leaf}",
                    tags=tags,
                    properties=properties,
                )
                if workspace.store.add_model(record):
                    return record
                (folder / str(version)).rename(staging)  # its folder had been removed by hand
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _take(staging: Path, folder: Path, version: int) -> int:
    """Rename `staging` to the first version from `version` on that nobody has."""
    while True:
        target = folder / str(version)
        try:
            staging.rename(target)
        except OSError:
            if not target.exists():
                raise
            version += 1
        else:
            return version


def find(
    workspace: Workspace, name: str | None, tags: Any, properties: Any, run_id: str | None, framework: str | None
) -> list[ModelRecord]:
    wanted_tags, wanted_properties = _pairs("tags", tags), _pairs("properties", properties)
    return [
        record
        for record in workspace.store.models(name, run_id)
        if _has(record.tags, wanted_tags)
        and _has(record.properties, wanted_properties)
        and (framework is None or record.framework == framework)
    ]


def _pairs(what: str, items: Any) -> list[tuple[str, ...]]:
    """A filter of SDK v1 as (key,) and (key, value): a list of keys and of [key, value] pairs; also one key, or a dict."""
    if items is None:
        return []
    if isinstance(items, str):
        return [(items,)]
    if isinstance(items, dict):
        return [(str(k),) if v is None else (str(k), str(v)) for k, v in items.items()]
    pairs = [(item,) if isinstance(item, str) else item for item in items]
    if not all(isinstance(pair, (list, tuple)) and len(pair) in {1, 2} for pair in pairs):
        raise InvalidName(f"{what}= is a list of keys and [key, value] pairs, e.g. ['checked', ['quality', 'good']].")
    return [tuple(map(str, pair)) for pair in pairs]


def _has(items: Mapping[str, str | None], wanted: list[tuple[str, ...]]) -> bool:
    return all(key in items and (not value or items[key] == value[0]) for key, *value in wanted)


def version_number(version: object) -> int | None:
    if version is None:
        return None
    text = str(version)
    if text.isascii() and text.isdigit() and len(text) <= 18:
        return int(text)
    raise InvalidName(f"The version of a model is a number from 1, not {show(version)}.")


def not_found(workspace: Workspace, name: str, version: int | None) -> ModelNotFound:
    there = workspace.store.models(name)
    if there:
        have = artifacts.listed([str(record.version) for record in there])
        if version is not None and version not in {record.version for record in there}:
            return ModelNotFound(f"Model {shorten(name)!r} has no version {version}; there are: {have}.")
        return ModelNotFound(f"No version of model {shorten(name)!r} matches; without conditions there are: {have}.")
    others = artifacts.listed(sorted({record.name for record in workspace.store.models()}))
    known = f"Registered are: {others}." if others else "There are none yet."
    return ModelNotFound(f"No model {shorten(name)!r} is registered in {workspace.folder}. {known}")
