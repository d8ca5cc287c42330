"""What the command line does with the store: find the workspace, open it, find the run that a person means, list, wait."""

from __future__ import annotations

import getpass
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_runs import config, paths, targets, wire
from jupyter_runs.errors import InvalidName, RunNotFound, StoreError, WorkspaceConfigError, shorten
from jupyter_runs.store.base import RunFilter
from jupyter_runs.store.opening import open_store
from jupyter_runs.store.pages import every_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_runs.model import RunRecord
    from jupyter_runs.store.base import Store
    from jupyter_runs.workspace import Workspace

#: As an experiment: all of them, also in a folder that is attached to one.
ALL = "*"
_PAGE = 500
#: Numbers are short; longer digits are the beginning of an id.
_NUMBER_DIGITS = 7


@dataclass(frozen=True)
class Place:
    """A workspace, and whether it may be without a store yet."""

    config: config.WorkspaceConfig
    may_be_new: bool


def place(workspace: str | None, path: str | None) -> Place:
    """The workspace of `-w` (a name, a folder or a config file) and `--path`; without them, the one that applies here.

    Raises
    ------
    WorkspaceConfigError : no workspace has that name; the message names those that are known.
    """
    if workspace is None:
        return Place(_here(path), may_be_new=True)
    return Place(config.resolve(workspace), may_be_new=False) if is_path(workspace) else _named(workspace, path)


def is_path(workspace: str) -> bool:
    """Whether `-w` gives a folder, a config file or an address, not a name."""
    if config.is_address(workspace):
        return True
    given = Path(workspace).expanduser()
    looks_so = any(mark in workspace for mark in (os.sep, os.altsep or os.sep)) or workspace.startswith(("~", "."))
    return looks_so or given.is_file() or (given / paths.DATABASE).is_file()


def _here(path: str | None) -> config.WorkspaceConfig:
    if path is not None and not Path(path).expanduser().exists():
        raise WorkspaceConfigError(f"{path} is not there. Give --path a folder that is.")
    return config.resolve() if path is None else config.near(path)


def _named(name: str, path: str | None) -> Place:
    with suppress(WorkspaceConfigError):
        here = _here(path)
        if here.name == name:
            return Place(here, may_be_new=True)
    own = config.named(name)
    if own.is_made:
        return Place(own, may_be_new=False)
    for known in config.known().values():
        if known.name == name:
            return Place(known, may_be_new=False)
    if Path(name).is_dir():
        return Place(config.resolve(name), may_be_new=False)
    there = ", ".join(shorten(known) for known in workspace_names()[:10]) or "none yet"
    raise WorkspaceConfigError(
        f"There is no workspace named {shorten(name)!r} (known: {there}). Give one of these or its folder, "
        f"or make it: jupyter runs folder attach -w {shorten(name)}."
    )


def workspace_names() -> list[str]:
    """Workspaces that `-w` knows by name."""
    own = [database.parent.name for database in sorted(config.default().folder.parent.glob(f"*/{paths.DATABASE}"))]
    return list(dict.fromkeys([*(known.name for known in config.known().values()), *own]))


def attached_experiment(path: str | None) -> str | None:
    """The experiment that the folder is attached to, whichever workspace is used."""
    return config.near("." if path is None else path).experiment


class Runs:
    """The runs of one workspace."""

    def __init__(self, where: Place, *, reap: bool = True) -> None:
        found = where.config
        if not where.may_be_new and not found.is_made:
            raise WorkspaceConfigError(f"{found.folder} holds no runs ({found.database.name} is not there). Check -w.")
        self.config = found
        self.key = found.key
        self.store = open_store(found)
        self._workspace: Workspace | None = None
        if reap:
            # A store that cannot be written can still be read.
            with suppress(StoreError):
                reap_dead(self.store)

    def close(self) -> None:
        """Close the store."""
        self.store.close()
        if self._workspace is not None:
            self._workspace.store.close()

    def workspace(self) -> Workspace:
        """The workspace as an object of the Python API, for commands that need more than the store."""
        if self._workspace is None:
            from jupyter_runs.workspace import Workspace

            self._workspace = Workspace._at(self.config)
        return self._workspace

    def data(self, run: RunRecord) -> dict[str, Any]:
        """A run as JSON: its wire form, and the names that scripts for Azure ML know."""
        return wire.run_data(run, self.key) | {
            "run_number": run.number,
            "display_name": run.name,
            "experiment_name": run.experiment,
            "experiment_id": run.experiment,
            "run_type": run.type,
            "target": target(run),
            "parent_run_id": run.parent_id,
            "root_run_id": run.root_id,
            "created_utc": utc(run.created_at),
            "start_time_utc": utc(run.started_at),
            "end_time_utc": utc(run.ended_at),
            "archived_at": run.archived_at,
            "deleted_at": run.deleted_at,
        }

    def find(self, where: RunFilter, last: int) -> tuple[list[RunRecord], int]:
        """The newest `last` runs, and how many match in all."""
        found: list[RunRecord] = []
        page, total = None, 0
        while len(found) < last:
            answer = self.store.find_runs(where, min(_PAGE, last - len(found)), page)
            found += answer.runs
            page, total = answer.next_page, answer.total
            if page is None:
                break
        return found, total

    def one(self, text: str, experiment: str | None, *, deleted: bool = False) -> RunRecord:
        """The run that a person means: an id, the beginning of one, `#number`, a name, or `last`.

        Parameters
        ----------
        experiment : only there (`*`: everywhere). Default: everywhere, but numbers first in the attached experiment.
        deleted : among the runs in the bin; otherwise these are found by their ids alone.

        Raises
        ------
        RunNotFound : none.
        InvalidName : more than one.
        """
        scope = experiment or self.config.experiment
        if experiment == ALL:
            experiment = scope = None
        found = [run for run in self.store.get_runs([text]) if experiment in {None, run.experiment}]
        digits = text.removeprefix("#")
        if not found and text == "last":
            found = self.store.find_runs(RunFilter(experiment=experiment, deleted=deleted), limit=1).runs
        elif not found and digits.isdecimal() and len(digits) <= _NUMBER_DIGITS:
            found = self._numbered(int(digits), scope, deleted=deleted)
            found = found or self._numbered(int(digits), experiment, deleted=deleted)
        if not found and text and text != "last" and not text.startswith("#"):
            begun = self._beginning(text, experiment, deleted=deleted)
            known = {run.run_id for run in begun}
            found = begun + [run for run in self._named(text, experiment, deleted=deleted) if run.run_id not in known]
        if not found:
            raise RunNotFound(text, self.store.location)
        if len(found) > 1:
            places = ", ".join(f"{run.experiment} {shorten(run.run_id)}" for run in found[:3])
            more = ", …" if len(found) > 3 else ""
            raise InvalidName(
                f"{shorten(text)!r} means more than one run ({places}{more}). Add -e EXPERIMENT or more of the id."
            )
        return found[0]

    def _beginning(self, prefix: str, experiment: str | None, *, deleted: bool) -> list[RunRecord]:
        runs = [r for r in self.store.get_runs(self.store.find_ids(prefix)) if experiment in {None, r.experiment}]
        return [run for run in runs if (run.deleted_at is not None) == deleted] or runs

    def _numbered(self, number: int, experiment: str | None, *, deleted: bool) -> list[RunRecord]:
        where = RunFilter(experiment=experiment, include_children=True, number=number, archived=None, deleted=deleted)
        return self.store.find_runs(where, limit=4).runs

    def _named(self, name: str, experiment: str | None, *, deleted: bool) -> Iterator[RunRecord]:
        from jupyter_runs import search
        from jupyter_runs.search_terms import quote

        text = f"name:{quote(name)}"
        if len(text) > search.MAX_TEXT:
            return
        query = search.parse(text)
        where = RunFilter(experiment=experiment, include_children=True, query=query, archived=None, deleted=deleted)
        # The search finds the text within longer names as well.
        yield from (run for run in every_run(self.store, where) if run.name == name)

    def wait_for_end(self, run_id: str, seconds: float | None) -> RunRecord:
        """The run when it has ended, or after `seconds` (None: however long that takes); a dead owner is noticed meanwhile."""
        until = None if seconds is None else time.monotonic() + seconds
        pause = 0.05
        while True:
            reap_dead(self.store)
            run = self.store.get_run(run_id)
            if run.status.is_final or (until is not None and time.monotonic() > until):
                return run
            time.sleep(pause)
            pause = min(pause * 1.1, 0.5 if until is None else 0.05)


def reap_dead(store: Store) -> None:
    """End the runs whose process is gone."""
    if store.unfinished_owners():
        from jupyter_runs import liveness

        liveness.reap(store)


def target(run: RunRecord) -> str:
    """Where a run executes: the name of a compute target."""
    return run.properties.get(targets.PROPERTY, targets.LOCAL)


def user() -> str:
    """Who gives commands."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"


def utc(at: float | None) -> str | None:
    """An instant as Azure ML writes it."""
    return None if at is None else datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
