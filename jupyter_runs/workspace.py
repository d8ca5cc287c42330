"""Workspace: where runs are kept. The public class of Azure ML SDK v1 over a local store, with no account and no server."""

from __future__ import annotations

import getpass
import os
import threading
import uuid
import warnings
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from jupyter_runs import config as configs
from jupyter_runs import gate, paths, tee
from jupyter_runs.errors import InvalidName, RunNotFound, WorkspaceConfigError
from jupyter_runs.feed import Feed
from jupyter_runs.model import NewRun, Owner, RunRecord, Status
from jupyter_runs.session import Session, begin
from jupyter_runs.store.base import RunFilter, Store
from jupyter_runs.store.opening import open_store
from jupyter_runs.watch import Watch
from jupyter_runs.workspace_facts import WorkspaceFacts

if TYPE_CHECKING:
    from jupyter_runs.cleanup import GcSummary
    from jupyter_runs.experiment import Experiment
    from jupyter_runs.run import Run
    from jupyter_runs.runlist import RunList


class Opened:
    """What all `Workspace` objects of one folder share in this process."""

    def __init__(self, config: configs.WorkspaceConfig) -> None:
        self.store: Store = open_store(config)
        #: Runs that this process owns and that have not ended, by id.
        self.sessions: dict[str, Session] = {}
        self.feed = Feed(self.store)
        #: Id of the script that this process submitted last.
        self.last_submitted: str | None = None
        #: Kept for this process only, see `offline.py`.
        self.is_offline = False

    @cached_property
    def watch(self) -> Watch:
        """Needs psutil, so only where runs are started."""
        return Watch(self.store, this_process())

    def is_there(self) -> bool:
        """False when the store was removed or replaced under us, or closed."""
        return not self.store.closed and self.store.is_there()


#: By the real path of the folder, or the address and the folder.
_opened: dict[str, Opened] = {}
_opening = threading.Lock()


def opened() -> list[Opened]:
    """What this process has open."""
    return list(_opened.values())


def this_process() -> Owner:
    """This process, as the owner of the runs it starts."""
    from jupyter_runs import liveness

    return liveness.this_process(_kernel_id(os.getpid()))


def _after_fork() -> None:
    """A forked child owns none of its parent's runs, and has none of its threads."""
    global _opening  # noqa: PLW0603
    _opening = threading.Lock()
    gate.reset()
    tee.reset()
    for shared in opened():
        shared.sessions.clear()
        shared.__dict__.pop("watch", None)
        shared.feed = Feed(shared.store)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class Workspace(WorkspaceFacts):
    """Where runs are kept: a folder with a SQLite file and the runs' logs.

    `Workspace()` is the one that applies here, `Workspace("some/folder")` the one in that folder, `Workspace("https://host/")` the one on
    that server, and
    `Workspace(subscription_id, resource_group, workspace_name)`, as SDK v1 has it, the one of that name in the user's folder.

    Parameters
    ----------
    subscription_id : alone and without a keyword, the folder of the workspace (made when it is not there) or a config file.
    workspace_name : name of a workspace in the user's folder; `subscription_id` and `resource_group` are labels then.
    path : folder of the workspace, or a config file, by keyword.

    Everything else is about the cloud: accepted and ignored.

    Raises
    ------
    WorkspaceConfigError : a config file is there but cannot be used, the one that is named is not there, or the name is missing.
    StoreError : the store cannot be opened; the message names the file and the remedy.

    Two objects for one folder share everything. Source: azureml.core.Workspace.
    """

    @overload
    def __init__(self, path: str | os.PathLike[str] | None = None, /) -> None: ...

    @overload
    def __init__(self, *, path: str | os.PathLike[str] | None = None) -> None: ...

    @overload
    def __init__(
        self,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        workspace_name: str | None = None,
        auth: object = None,
        _location: object = None,
        _disable_service_check: object = False,
        _workspace_id: object = None,
        sku: str = "basic",
        tags: object = None,
        _cloud: str = "AzureCloud",
    ) -> None: ...

    def __init__(
        self,
        subscription_id: str | os.PathLike[str] | None = None,
        resource_group: str | None = None,
        workspace_name: str | None = None,
        auth: object = None,
        _location: object = None,
        _disable_service_check: object = False,
        _workspace_id: object = None,
        sku: str = "basic",
        tags: object = None,
        _cloud: str = "AzureCloud",
        *,
        path: str | os.PathLike[str] | None = None,
    ) -> None:
        del auth, _location, _disable_service_check, _workspace_id, sku, tags, _cloud
        if workspace_name is not None:
            if path is not None:
                raise WorkspaceConfigError("Give a workspace by `path` or by `workspace_name`, not by both.")
            labels = str(subscription_id or "local"), str(resource_group or "local")
            self._open(configs.named(workspace_name, *labels))
        elif resource_group is not None:
            raise WorkspaceConfigError(
                "Workspace(subscription_id, resource_group, workspace_name) needs all three; Workspace('some/folder') takes a folder."
            )
        else:
            self._open(configs.resolve(path if path is not None else subscription_id))

    @classmethod
    def _at(cls, config: configs.WorkspaceConfig) -> Workspace:
        """The workspace of a configuration that was resolved before."""
        workspace = cls.__new__(cls)
        workspace._open(config)
        return workspace

    def _open(self, config: configs.WorkspaceConfig, *, remember: bool = True) -> None:
        self._config = config
        place = config.spec if config.url else os.path.realpath(config.folder)
        with _opening:
            shared = _opened.get(place)
            if shared is None or not shared.is_there():
                shared = _opened[place] = Opened(config)
                if config.url is None and (kind := paths.network_file_system(config.folder)):
                    warnings.warn(
                        f"{place} is on a network file system ({kind}), where SQLite may lose runs when several machines "
                        "write. Set JUPYTER_RUNS_WORKSPACE to a local folder.",
                        stacklevel=4,
                    )
                if remember:
                    configs.remember(config)
        self._opened = shared

    @property
    def store(self) -> Store:
        """Where the runs are."""
        return self._opened.store

    @property
    def sessions(self) -> dict[str, Session]:
        """Runs that this process owns and that have not ended, by id. For this package."""
        return self._opened.sessions

    @classmethod
    def from_config(
        cls,
        path: str | os.PathLike[str] | None = None,
        auth: object = None,
        _logger: object = None,
        _file_name: str | None = None,
    ) -> Workspace:
        """The workspace that applies here; never fails for want of a file.

        `path`, else JUPYTER_RUNS_WORKSPACE, else `.azureml/config.json`, `aml_config/config.json` or `config.json` in this folder or one
        above it, else the user's default workspace, so that every notebook's runs are in one place.

        Parameters
        ----------
        path : a config file, or a folder to search from.
        auth, _logger : accepted and ignored.
        _file_name : look for files of this name instead of config.json.

        Raises
        ------
        WorkspaceConfigError : a config file is there but cannot be used.
        StoreError : the store cannot be opened; the message names the file and the remedy.

        Source: azureml.core.Workspace.from_config.
        """
        del auth, _logger
        if path is None and _file_name is None:
            return cls._at(configs.resolve())
        return cls._at(configs.near(Path.cwd() if path is None else path, _file_name))

    # -- this process ----------------------------------------------------------------------------------------------------

    @cached_property
    def user(self) -> str:
        """Who submits and cancels from this process: as the server of the workspace knows us, else the account."""
        if (known := self.store.user) is not None:
            return known
        try:
            return getpass.getuser()
        except (KeyError, OSError, ImportError):
            return "unknown"

    @property
    def owner(self) -> Owner:
        """This process, as the owner of the runs it starts."""
        return this_process()

    @property
    def last_submitted(self) -> Run | None:
        """The script that this process submitted last."""
        run_id = self._opened.last_submitted
        return None if run_id is None else self.get_run(run_id)

    @property
    def watch(self) -> Watch:
        """The thread that hears cancel requests for the runs of this process."""
        return self._opened.watch

    @property
    def feed(self) -> Feed:
        """What changes in the store, from any process."""
        return self._opened.feed

    # -- runs ------------------------------------------------------------------------------------------------------------

    @property
    def experiments(self) -> dict[str, Experiment]:
        """Experiments by name, the most recently used first; without those that are archived or deleted."""
        from jupyter_runs.experiment import Experiment

        return {record.name: Experiment._of(self, record.name) for record in self.store.experiments()}

    def get_run(self, run_id: str) -> Run:
        """The run of that id, from any experiment. Raises `RunNotFound`."""
        from jupyter_runs.run import Run

        return Run._of(self, self.store.get_run(run_id))

    def find_run(self, text: str) -> Run:
        """The run that a person means: an id, a unique beginning of one, `#number`, or `last` (the newest root run).

        Raises
        ------
        RunNotFound : none.
        InvalidName : more than one.
        """
        from jupyter_runs.run import Run

        if text == "last":
            found = self.store.find_runs(RunFilter(), limit=1).runs
        elif text.startswith("#") and text[1:].isdecimal():
            where = RunFilter(include_children=True, archived=None, number=int(text[1:10]))
            found = self.store.find_runs(where, limit=3).runs
        else:
            found = self.store.get_runs([text]) or self.store.get_runs(self.store.find_ids(text, limit=2))
        if not found:
            raise RunNotFound(text, self.store.location)
        if len(found) > 1:
            raise InvalidName(
                f"{text!r} means more than one run ({', '.join(run.run_id for run in found[:3])}…). Give an id, or more of it."
            )
        return Run._of(self, found[0])

    def search(self, query: str = "") -> RunList:
        """Runs that match a search text (see `jupyter_runs.search`), newest first; without text every root run.

        Raises
        ------
        InvalidQuery : names the word that does not parse.
        """
        from jupyter_runs.runlist import RunList
        from jupyter_runs.search import parse

        parsed = parse(query, user=self.user) if query.strip() else None
        return RunList(self, RunFilter(include_children=parsed is not None, query=parsed))

    # -- housekeeping ----------------------------------------------------------------------------------------------------

    def gc(self, older_than_days: float = 30, dry_run: bool = False) -> GcSummary:
        """Runs that went into the bin so long ago are gone for good, with all they have: rows, values, files.

        Also gone: folders in which scripts ran that have ended, deleted experiments without runs, and snapshots that no run names.
        Registered models stay. Others may go on working meanwhile; whoever is interrupted calls it again.

        Parameters
        ----------
        older_than_days : from 0 on; 0: all that is in the bin.
        dry_run : only tell what would be removed.

        Returns
        -------
        What was removed: `.runs .files .bytes .snapshots`.

        Cost: about 5 µs a value and 50 µs a file that is removed.
        """
        from jupyter_runs import cleanup

        return cleanup.gc(self, older_than_days, dry_run=dry_run)

    def import_experiment(self, path: str | os.PathLike[str], name: str | None = None) -> Experiment:
        """Take over the runs of a file that `Experiment.export` has written, here or elsewhere. All or nothing.

        Runs keep ids, times, parents and order. Numbers are kept where they are free; else a run gets the next one, and keeps its own
        in the property `jupyter_runs.imported_number`. A run that was not ended when it was exported is Failed, and says so.
        A run that is here already, just the same, is left alone.

        Parameters
        ----------
        path : the file.
        name : experiment to put them into, made if need be; default: the one that they come from.

        Raises
        ------
        InvalidName : the file is damaged, of a newer version or no export; or a run is here already with another content, or in the bin.

        Cost: one transaction, 5 µs a value: others who write wait meanwhile.
        """
        from jupyter_runs import transfer

        return transfer.load(self, path, name)

    def create_runs(self, runs: list[NewRun], *, by_hand: bool = False, armed: bool = False) -> list[RunRecord]:
        """Create runs of this process in one transaction and begin their sessions. For this package; use `Experiment` instead."""
        records = self.store.create_runs(runs)
        begin(self, [r for r in records if r.status is Status.RUNNING], by_hand=by_hand, armed=armed)
        return records

    def stop_asked_elsewhere(self, run_id: str) -> gate.Gate | None:
        """In another thread than the main one, which no signal reaches: the asked gate of the run or of a run above it."""
        if not gate.any_asked() or gate.on_main_thread():
            return None
        at: str | None = run_id
        while at is not None and (session := self.sessions.get(at)) is not None:
            if session.gate is not None and session.gate.asked:
                return session.gate
            at = session.owned.parent_id
        return None

    def forget(self, run_id: str) -> None:
        """A run of this process has ended. For this package."""
        session = self.sessions.pop(run_id, None)
        if session is not None:
            session.ended = True
            session.disarm()
        self.watch.release(run_id)

    def __reduce__(self) -> tuple[Any, ...]:
        return Workspace._at, (self._config,)

    def __repr__(self) -> str:
        return f"Workspace(name={self.name!r}, path={str(self.folder)!r})"

    def _repr_html_(self) -> str:
        from jupyter_runs import html

        records = self.store.experiments()
        facts = [{"name": e.name, "total": e.total, "active": e.active, "last_at": e.last_at} for e in records]
        return html.workspace_card(self.name, str(self.folder), facts)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.experiments)


def new_run_id() -> str:
    """A random id (uuid4, as in Azure ML SDK v1)."""
    return str(uuid.uuid4())


@lru_cache(maxsize=2)
def _kernel_id(_pid: int) -> str | None:
    """Id of the Jupyter kernel that this process is, from the name of its connection file."""
    import re
    import sys

    app = sys.modules.get("ipykernel.kernelapp")
    if app is None or not app.IPKernelApp.initialized():
        return None
    match = re.search(r"kernel-(.+)\.json$", str(app.IPKernelApp.instance().connection_file))
    return match[1] if match else None
