"""Submit a script: check, keep its source, make the run, start its launcher. In this order, so that nothing is left of a refused one."""

from __future__ import annotations

import secrets
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_runs import interrupts, names, provenance, source
from jupyter_runs.errors import IllegalTransition, JupyterRunsError, RunConfigurationException
from jupyter_runs.executors import local
from jupyter_runs.model import SCRIPT_TYPE, NewRun, RunError, Status
from jupyter_runs.prepare import prepare
from jupyter_runs.run import Run
from jupyter_runs.script import Submission, check
from jupyter_runs.script_params import params
from jupyter_runs.targets import LOCAL, PROPERTY

if TYPE_CHECKING:
    from jupyter_runs.engines import Engine
    from jupyter_runs.experiment import Experiment
    from jupyter_runs.model import RunRecord
    from jupyter_runs.source import Snapshot
    from jupyter_runs.workspace import Workspace

#: A larger source is restored by the launcher, so that submit returns at once.
_SMALL_BYTES, _SMALL_FILES = 20 << 20, 500
#: Of the experiment's name in the id of a run, which is the name of a folder.
_ID_NAME = 200
_KNOWN = {
    *("run_id", "name", "display_name", "description", "properties", "params", "show_output", "credential_passthrough"),
    "_parent_id",
}


def submit(experiment: Experiment, config: Any, tags: Any = None, **kwargs: Any) -> Run:
    """See `Experiment.submit`."""
    if unknown := kwargs.keys() - _KNOWN:
        raise TypeError(f"submit() takes no {min(unknown)!r}. It takes {', '.join(sorted(_KNOWN - {'_parent_id'}))}.")
    submission, to = checked(experiment.workspace, config)
    return _begin(experiment.workspace, _new_run(experiment, submission, tags, kwargs, to), submission, to)


def checked(workspace: Workspace, config: Any) -> tuple[Submission, Engine | None]:
    """The checked copy of a configuration, and the engine of its target; None for this machine.

    Nothing is made or changed, and no engine is asked; raises what `Experiment.submit` does.
    """
    return _placed(workspace, check(config))


def _placed(workspace: Workspace, submission: Submission) -> tuple[Submission, Engine | None]:
    if submission.target == LOCAL:
        return submission, None
    from jupyter_runs import engines

    to = engines.engine(workspace._config, submission)
    return engines.on_node(submission, to.target), to


def resubmit(run: Run) -> Run:
    """A new run of a script that was submitted: its source as it was then, the same arguments and interpreter, the same experiment.

    Environment variables are not recorded: it runs without those that were configured. Tags, description and parent are not taken over.

    Parameters
    ----------
    run : of a script, ended or not.

    Returns
    -------
    The new run; its property `jupyter_runs.resubmitted_from` is the id of the old one.

    Raises
    ------
    RunConfigurationException : the run is of no script, or its source or interpreter is no longer there; no run is made.
    """
    from jupyter_runs import script_checks

    workspace, record = run._workspace, run._record()
    job = workspace.store.job(record.run_id)
    if record.type != SCRIPT_TYPE or job is None:
        raise RunConfigurationException(f"Run {record.run_id} is of no submitted script. Run its cell again instead.")
    snapshot_id = record.properties.get(provenance.SNAPSHOT, "")
    workspace.store.files.fetch_snapshot(snapshot_id)
    if not source.exists(workspace.folder, snapshot_id):
        raise RunConfigurationException(
            f"The source of run {record.run_id} is not in the workspace any more. Submit the script anew with Experiment.submit."
        )
    submission = Submission.of_job(job, {})
    submission, to = _placed(workspace, submission)
    if to is None or to.target.python is None:
        script_checks.interpreter_path(submission.source, submission.interpreter)
    git = {k: v for k, v in record.properties.items() if k.startswith(("azureml.git.", "mlflow.source.git."))}
    given = {
        "name": None if record.name == f"run-{record.number}" else record.name,
        "properties": {**git, provenance.SNAPSHOT: snapshot_id, f"{provenance.PREFIX}resubmitted_from": record.run_id},
    }
    files = [entry for entry in source.manifest(workspace.folder, snapshot_id) if entry.sha256]
    taken = source.Snapshot(snapshot_id, len(files), sum(entry.size for entry in files), ())
    return _begin(workspace, _new_run(run.experiment, submission, None, given, to), submission, to, taken)


def _begin(
    workspace: Workspace, new: NewRun, submission: Submission, to: Engine | None, taken: Snapshot | None = None
) -> Run:
    """Make the run and start its script; `taken`: its source is kept already, otherwise it is read now."""
    launcher: local.Launcher | None = None
    record: RunRecord | None = None
    try:
        if to is None:
            with interrupts.held_back():
                # Its interpreter boots while we look at the source.
                launcher = local.Launcher(workspace._config, new.run_id)
        if taken is None:
            look = provenance.GitLook(submission.source)
            taken = source.take(workspace.folder, submission.source)
            assert taken is not None  # noqa: S101 - without a limit there is always one
            found = {**look.properties(), provenance.SNAPSHOT: taken.snapshot_id}
            new.properties.update({key: value for key, value in found.items() if key not in new.properties})
        with interrupts.held_back():
            record = workspace.store.create_runs([new])[0]
            if launcher is not None:
                _start(workspace, launcher, record, submission, taken)
        if to is not None:
            _give(workspace, record, submission, to)
    except BaseException as error:
        _give_up(workspace, launcher, record, error)
        if isinstance(error, (OSError, UnicodeError)):
            raise RunConfigurationException(f"The script could not be started: {error}") from error
        raise
    workspace._opened.last_submitted = record.run_id
    return Run._of(workspace, record)


def _give_up(
    workspace: Workspace, launcher: local.Launcher | None, record: RunRecord | None, error: BaseException
) -> None:
    """Nothing stays behind: no launcher that waits, no run that waits for one."""
    if launcher is not None and not launcher.is_told:
        launcher.drop()
    if record is None:
        return
    with suppress(JupyterRunsError):
        if isinstance(error, Exception):
            reason = RunError("LaunchError", f"The script could not be started: {error}")
            workspace.store.transition(record.run_id, Status.FAILED, error=reason)
        else:  # interrupted: nobody has the run in hand
            workspace.store.request_cancel(record.run_id, by=workspace.user, via="interrupt")


def _give(workspace: Workspace, record: RunRecord, submission: Submission, to: Engine) -> None:
    from jupyter_runs import engines, lookout

    engines.give(workspace._config, workspace.store, record.run_id, submission, to)
    lookout.of(workspace._config).attend(workspace.store)


def _start(
    workspace: Workspace, launcher: local.Launcher, record: RunRecord, submission: Submission, taken: Snapshot
) -> None:
    """Tell the launcher what to do. A small source is restored here, so that the script begins at once."""
    store, run_id, variables = workspace.store, record.run_id, submission.environment_variables
    if sys.platform == "win32" or taken.bytes > _SMALL_BYTES or taken.files > _SMALL_FILES:
        store.hand_over(run_id, launcher.owner)
        launcher.tell(variables=variables)
        return
    start = prepare(workspace._config, run_id, record.experiment, submission, taken.snapshot_id)
    try:
        store.claim(run_id, launcher.owner, Status.RUNNING)
    except IllegalTransition:  # canceled meanwhile
        launcher.drop()
    else:
        launcher.tell(start=dict(start))


def _new_run(
    experiment: Experiment, submission: Submission, tags: Any, given: dict[str, Any], to: Engine | None
) -> NewRun:
    shown = given.get("display_name") or given.get("name")
    run_id = given.get("run_id")
    more = names.fixed(given.get("params") or {}, "param")
    own = names.fixed(given.get("properties") or {}, "property")
    return NewRun(
        run_id=f"{experiment.name[:_ID_NAME]}_{int(time.time())}_{secrets.token_hex(4)}"
        if run_id is None
        else names.run_id(run_id),
        experiment=experiment.name,
        submitted_by=experiment.workspace.user,
        status=Status.QUEUED,
        name=None if shown is None else names.display_name(shown),
        description=names.description(given.get("description")) or None,
        type=SCRIPT_TYPE,
        parent_id=given.get("_parent_id"),
        # Ours until the launcher is there: if this process dies before, the run is not queued for ever. With an engine it may well die.
        owner=experiment.workspace.owner if to is None else None,
        tags=names.tags(tags) if tags is not None else {},
        properties={**provenance.of_process(), **_of_script(submission), **own},
        params={**params(submission.arguments), **more},
        job={
            **submission.job(),
            "packages": list(provenance.packages()),
            **({} if to is None else {"target_file": str(to.target.file)}),
        },
    )


def _of_script(submission: Submission) -> dict[str, str]:
    facts = {
        f"{provenance.PREFIX}script": submission.script or submission.command or "",
        f"{provenance.PREFIX}arguments": " ".join(submission.arguments),
        f"{provenance.PREFIX}source": str(submission.source),
        PROPERTY: submission.target,
    }
    if submission.is_notebook:
        facts[f"{provenance.PREFIX}notebook"] = str(submission.source / (submission.script or ""))
    return {key: value[: names.MAX_VALUE] for key, value in facts.items() if value}
