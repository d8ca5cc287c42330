"""Compute targets in use: which there are, runs given to their engines, and taken back."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode, urlsplit

from jupyter_runs import envvars, note, paths, targets, tokens
from jupyter_runs.config import is_http, without_secrets
from jupyter_runs.errors import ComputeTargetException, JupyterRunsError, RunConfigurationException, StoreNotShared
from jupyter_runs.executors.base import Job, executor
from jupyter_runs.model import Status
from jupyter_runs.provenance import PREFIX
from jupyter_runs.store.base import ANY, RunFilter
from jupyter_runs.store.opening import run_token
from jupyter_runs.store.pages import every_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from jupyter_runs.config import WorkspaceConfig
    from jupyter_runs.executors.base import Executor
    from jupyter_runs.model import RunRecord
    from jupyter_runs.script import Submission
    from jupyter_runs.store.base import Store

T = TypeVar("T")

#: Property: what the engine knows the job by.
HANDLE = f"{PREFIX}handle"
#: Jobs are taken back for so long (seconds); those that are left find their runs Canceled when they start.
_WITHDRAW_S = 5.0
#: A run may wait and work for so long (seconds) before its nodes may not report any more: thirty days.
_TOKEN_S = 30 * 86_400.0


@dataclass(frozen=True)
class Engine:
    """A target that this workspace can use."""

    target: targets.Target
    executor: Executor
    #: What its nodes open as the workspace; may hold a password.
    workspace: str


def engine(config: WorkspaceConfig, submission: Submission) -> Engine:
    """The engine for a script. Nothing is asked of it yet.

    Raises
    ------
    RunConfigurationException : there is no such target; the message names those that are there.
    StoreNotShared : its nodes could not report.
    WorkspaceConfigError : its table is wrong.
    """
    there = targets.known(config, Path.cwd(), submission.source)
    name = submission.target
    if name not in there:
        names = ", ".join(repr(known) for known in (targets.LOCAL, *there))
        raise RunConfigurationException(
            f"There is no compute target {name!r} here. There are: {names}. Others are tables [compute.NAME] in .azureml/{targets.FILE}."
        )
    target = there[name]
    return Engine(target, executor(target), node_workspace(config, target))


def node_workspace(config: WorkspaceConfig, target: targets.Target) -> str:
    """What a launcher on a node of the target opens as this workspace: its folder, or an address. May hold a database's password.

    Raises
    ------
    StoreNotShared : it could not; the message has the line to change.
    """
    if is_http(config.url):
        # Without the user's own token, which is the right to do anything there; files travel by the server.
        url = without_secrets(config.url or "")
        return url if target.server is None else f"{target.server}?{urlsplit(url).query}".rstrip("?")
    if target.server is not None:
        return f"{target.server}?{urlencode({'workspace': config.key})}"
    server = f'server = "http://…", the address of a Jupyter server that shows the workspace, into {target.where}'
    if not target.shared:
        raise StoreNotShared(
            f"The nodes of {target.name!r} cannot report to {config.shown}. Write {server}; or, if they see {config.folder} under that "
            "path, shared = true."
        )
    if config.url is None and (kind := paths.network_file_system(config.folder)):
        raise StoreNotShared(
            f"{config.folder} is on a network file system ({kind}), where runs in a SQLite file are lost when several machines write. "
            f'Write {server}; or keep the runs on PostgreSQL: "store": "postgresql://user@host/database" and "files" in config.json.'
        )
    return config.spec


def node_token(config: WorkspaceConfig, run_id: str) -> str:
    """What lets the nodes report to a server: good for this run and those below it.

    Raises `StoreError` when the server of the workspace gives none.
    """
    if is_http(config.url):
        from jupyter_runs.store.http_server import Server

        own = Server(config.url or "").token or ""
        if own.startswith(tokens.PREFIX):  # a script submits a child: its own token is good for that
            return own
    return run_token(config, run_id, _TOKEN_S)


# -- listed --------------------------------------------------------------------------------------------------------------


def names(config: WorkspaceConfig, *starts: Path) -> list[str]:
    """Where scripts can run; this machine alone, while a file of targets is wrong."""
    with suppress(JupyterRunsError):
        return [targets.LOCAL, *targets.known(config, *starts)]
    return [targets.LOCAL]


def overview(config: WorkspaceConfig, *starts: Path, ask: bool = True) -> list[dict[str, Any]]:
    """Every target as plain values: name, type, address, file; is_usable (None: was not asked), and the problem if there is one.

    Parameters
    ----------
    ask : ask each engine, all of them at once, whether it answers: up to ten seconds.
    """
    with ThreadPoolExecutor(8, thread_name_prefix="jupyter-runs-targets") as pool:
        there = list(targets.known(config, *starts).values())
        problems = list(pool.map(lambda target: problem(config, target, ask=ask), there))
    local = {
        "name": targets.LOCAL,
        "type": targets.LOCAL,
        "address": "",
        "file": None,
        "is_usable": True,
        "problem": None,
    }
    return [
        local,
        *(
            {
                "name": target.name,
                "type": target.type,
                "address": target.address,
                "file": str(target.file),
                "is_usable": False if why else True if ask else None,
                "problem": why,
            }
            for target, why in zip(there, problems, strict=True)
        ),
    ]


def problem(config: WorkspaceConfig, target: targets.Target, *, ask: bool = True) -> str | None:
    """Why no run can be sent there, or None."""
    try:
        there = executor(target)
        if ask:
            asked(target.name, partial(there.poll, []))
        node_workspace(config, target)
    except JupyterRunsError as error:
        return str(error)
    return None


# -- given and taken back ------------------------------------------------------------------------------------------------


def give(config: WorkspaceConfig, store: Store, run_id: str, submission: Submission, to: Engine) -> None:
    """The engine has the job of a Queued run, and the run says what it is called there.

    Should this process die in between, the run is Failed after a while, and a job that starts all the same finds it so.

    Raises
    ------
    ComputeTargetException : the engine does not answer, or refuses.
    """
    from jupyter_runs import __version__

    target, variables = to.target, submission.environment_variables
    env = {envvars.VERSION: __version__, envvars.COMPUTE: str(target.file), envvars.WORKSPACE: str(config.folder)}
    log: Path | None = None
    if is_http(to.workspace):
        token = node_token(config, run_id)
        env |= {envvars.WORKSPACE: to.workspace, envvars.TOKEN: token, note.VARIABLE: note.packed(variables)}
    else:
        log = paths.launch_log(config.folder, run_id)
        note.leave(config.folder, run_id, note.Note(to.workspace, variables))
    job = Job(
        run_id=run_id,
        argv=[target.python or sys.executable, "-m", "jupyter_runs.launch", run_id],
        env=env,
        cwd=None if log is None else str(log.parent),
        log=None if log is None else str(log),
        cpus=target.cpus,
        gpus=target.gpus,
        memory_gb=target.memory_gb,
    )
    try:
        handle = asked(to.target.name, partial(to.executor.submit, job))
    except BaseException:
        note.drop(config.folder, run_id)
        raise
    store.add_properties(run_id, {HANDLE: handle})
    if store.get_run(run_id).status is Status.CANCELED:  # before the handle was known
        with suppress(ComputeTargetException):
            asked(to.target.name, partial(to.executor.cancel, handle))


def on_node(submission: Submission, target: targets.Target) -> Submission:
    """What was checked here, with the Python of the nodes unless another one was named."""
    if target.python is None or submission.interpreter != sys.executable:
        return submission
    return replace(submission, interpreter=target.python)


def withdraw(config: WorkspaceConfig, store: Store, run_ids: Iterable[str]) -> None:
    """Jobs of these runs and of their descendants that were canceled before they began are taken back.

    At most for five seconds, and trouble is no error: a job that starts all the same finds its run Canceled, and ends.
    """
    until = time.monotonic() + _WITHDRAW_S
    for record in _never_begun(store, run_ids):
        note.drop(config.folder, record.run_id)
        if time.monotonic() > until:
            return
        with suppress(JupyterRunsError):
            there = named(config, record.properties[targets.PROPERTY], file_of(store, record.run_id))
            asked(there.target.name, partial(there.executor.cancel, record.properties[HANDLE]))


def _never_begun(store: Store, run_ids: Iterable[str]) -> Iterator[RunRecord]:
    """Canceled runs that an engine still has."""
    for run_id in run_ids:
        below = RunFilter(
            below=run_id, statuses=frozenset({Status.CANCELED.value}), properties={HANDLE: ANY}, archived=None
        )
        with suppress(JupyterRunsError):
            for record in (*store.get_runs([run_id]), *every_run(store, below)):
                if HANDLE in record.properties and record.status is Status.CANCELED and record.owner is None:
                    yield record


def asked(name: str, question: Callable[[], T]) -> T:
    """What an engine answers. It may be anybody's code: whatever it raises is an answer too."""
    try:
        return question()
    except JupyterRunsError:
        raise
    except Exception as error:
        raise ComputeTargetException(f"Compute target {name!r}: {type(error).__name__}: {error}") from error


def file_of(store: Store, run_id: str) -> str:
    """The file in which the target of a run was found at submit."""
    return str((store.job(run_id) or {}).get("target_file") or "")


def named(config: WorkspaceConfig, name: str, file: str) -> Engine:
    """The engine of a target that runs were given to; raises when it is not configured any more."""
    there = targets.read(Path(file)) if file and Path(file).is_file() else targets.known(config)
    if name not in there:
        raise ComputeTargetException(f"Compute target {name!r} is not configured any more.")
    return Engine(there[name], executor(there[name]), "")
