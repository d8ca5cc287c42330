"""Run: one execution that is started, logged, watched, canceled, tagged and found again (Azure ML SDK v1).

A Run object is a handle: every property is read from the store, so two handles of one run, in two processes, always agree.
"""

from __future__ import annotations

import warnings
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from jupyter_runs import cells, names, targets
from jupyter_runs.errors import IllegalTransition, RunCanceled
from jupyter_runs.executors import local
from jupyter_runs.experiment import Experiment
from jupyter_runs.model import SCRIPT_TYPE, RunError, RunRecord, Status
from jupyter_runs.run_files import RunFiles
from jupyter_runs.run_keep import RunKeep
from jupyter_runs.run_metrics import RunMetrics
from jupyter_runs.run_script import RunScript
from jupyter_runs.run_tree import RunTree
from jupyter_runs.session import Outcome, error_of, outcome
from jupyter_runs.wire import run_data

if TYPE_CHECKING:
    from types import TracebackType

    from jupyter_runs.runlist import RunList
    from jupyter_runs.workspace import Workspace


class Run(RunMetrics, RunTree, RunFiles, RunScript, RunKeep):
    """One run.

    Parameters
    ----------
    experiment : the experiment that it belongs to.
    run_id : its id. New runs are made by `Experiment.start_logging`, `Run.child_run` and `%%run_experiment`.
    outputs : accepted.

    Raises
    ------
    RunNotFound : no such run in the experiment's workspace.

    Source: azureml.core.Run.
    """

    def __init__(self, experiment: Experiment, run_id: str, outputs: object = None, **_ignored: object) -> None:
        del outputs
        self._workspace = experiment.workspace
        self._id = self._workspace.store.get_run(run_id).run_id

    @classmethod
    def _of(cls, workspace: Workspace, record: RunRecord) -> Run:
        kind = ScriptRun if record.type == SCRIPT_TYPE else Run
        run = kind.__new__(kind)
        run._workspace, run._id = workspace, record.run_id
        return run

    @staticmethod
    def get(workspace: Workspace, run_id: str) -> Run:
        """The run of that id, from any experiment. Raises `RunNotFound`. Source: azureml.core.Run.get."""
        return workspace.get_run(run_id)

    @staticmethod
    def list(
        experiment: Experiment,
        type: str | None = None,
        tags: Any = None,
        properties: Any = None,
        status: str | None = None,
        include_children: bool = False,
    ) -> RunList:
        """Runs of an experiment; arguments as `Experiment.get_runs`, and `status`. Source: azureml.core.Run.list."""
        runs = experiment.get_runs(type, tags, properties, include_children)
        return runs if status is None else runs.only(status)

    def _record(self) -> RunRecord:
        return self._workspace.store.get_run(self._id)

    def __reduce__(self) -> tuple[Any, ...]:
        """A handle can be sent to another process: it is opened anew there."""
        return _reopen, (self._workspace, self._id)

    # -- identity ----------------------------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """Its id, unique everywhere."""
        return self._id

    @property
    def number(self) -> int:
        """Counts up within the experiment, from 1."""
        return self._record().number

    @property
    def experiment(self) -> Experiment:  # type: ignore[override]
        """The experiment that it belongs to."""
        return Experiment._of(self._workspace, self._record().experiment)

    @property
    def type(self) -> str | None:
        """None for a run of this kind; `azureml.scriptrun` for a submitted script."""
        return self._record().type

    @property
    def name(self) -> str:
        """What it is called; the same as `display_name`."""
        return self._record().name

    @property
    def display_name(self) -> str:
        """What it is called; settable, 1 to 256 characters."""
        return self._record().name

    @display_name.setter
    def display_name(self, name: str) -> None:
        self._workspace.store.update_run(self._id, name=names.display_name(name))

    @property
    def description(self) -> str | None:
        """A text about it; settable, at most 5000 characters."""
        return self._record().description

    @description.setter
    def description(self, text: str | None) -> None:
        self._workspace.store.update_run(self._id, description=names.description(text))

    # -- state -------------------------------------------------------------------------------------------------------------

    def get_status(self) -> str:
        """How it stands now: a status of `model.Status`, or CancelRequested or NotResponding.

        A run whose process has died on this machine is found out here, and becomes Failed.
        """
        import time

        record = self._record()
        if record.owner is not None and not record.status.is_final and self._id not in self._workspace.sessions:
            from jupyter_runs import liveness

            local.forget_ended()
            if liveness.reap(self._workspace.store):
                record = self._record()
        return record.shown_status(time.time())

    @property
    def status(self) -> str:
        """How it stands now, fresh."""
        return self.get_status()

    def get_details(self) -> dict[str, Any]:
        """All facts in one dict, with the keys of SDK v1: runId, status, startTimeUtc, endTimeUtc, error, logFiles and more.

        Keys without a value are left out; times are ISO 8601 in UTC; logFiles maps names to paths. Source: azureml.core.Run.get_details.
        """
        status, record = self.get_status(), self._record()
        error = record.error
        details: dict[str, Any] = {
            "runId": record.run_id,
            "target": record.properties.get(targets.PROPERTY, targets.LOCAL),
            "status": status,
            "startTimeUtc": _iso(record.started_at),
            "endTimeUtc": _iso(record.ended_at),
            "error": None
            if error is None
            else {"error": {"code": error.code, "message": error.message, "debugInfo": error.traceback}},
            "runDefinition": self._workspace.store.job(self._id),
            "properties": record.properties,
            "tags": record.tags,
            "parameters": record.params,
            "inputDatasets": [],
            "outputDatasets": [],
            "logFiles": {name: str(file) for name, file in self._log_files().items()},
            "submittedBy": record.submitted_by,
            "runNumber": record.number,
            "displayName": record.name,
            "description": record.description,
            "parentRunId": record.parent_id,
            "experimentName": record.experiment,
        }
        return {key: value for key, value in details.items() if value is not None}

    def wire(self) -> dict[str, Any]:
        """The run in the form of `schema/run.v1.json`."""
        return run_data(self._record(), self._workspace.key)

    def start(self) -> None:
        """A run that was created and not started is Running; on one that runs already nothing changes.

        Raises `IllegalTransition` when it has ended. Source: azureml.core.Run.start.
        """
        if self._record().status is not Status.RUNNING:
            self._workspace.store.transition(self._id, Status.RUNNING)

    # -- the end -----------------------------------------------------------------------------------------------------------

    def complete(self, _set_status: bool = True) -> None:
        """The run is Completed. On a run that is Completed already nothing changes, with a warning.

        The exit code says how a script has ended: in it, and for its run as long as it runs, nothing changes.

        Raises
        ------
        IllegalTransition : it is Failed or Canceled.

        Source: azureml.core.Run.complete.
        """
        if not _set_status or self._is_own_script():
            return
        record = self._record()
        if record.type == SCRIPT_TYPE and not record.status.is_final:
            warnings.warn(f"Run {self._id} completes when its script ends; nothing was changed.", stacklevel=2)
            return
        self._end(Outcome(Status.COMPLETED))

    def fail(
        self, error_details: str | BaseException | None = None, error_code: str | None = None, _set_status: bool = True
    ) -> None:
        """The run is Failed, with a text or an exception as the reason. A script that is running is ended.

        Inside of a script it says why the run will be Failed when the script ends, whatever its exit code.

        Raises
        ------
        TypeError : error_details is neither.
        IllegalTransition : it is Completed or Canceled.

        Source: azureml.core.Run.fail.
        """
        if isinstance(error_details, BaseException):
            error = error_of(error_details)
        elif error_details is None or isinstance(error_details, str):
            error = RunError("UserError", error_details or "The run was marked as failed.")
        else:
            raise TypeError(f"fail(error_details) takes a text or an exception, not a {type(error_details).__name__}.")
        if error_code is not None:
            error = RunError(str(error_code), error.message, error.traceback)
        if self._is_own_script():
            self._workspace.store.note_error(self._id, error)
        elif _set_status:
            self._end(Outcome(Status.FAILED, error))

    def _end(self, end: Outcome) -> None:
        session = self._workspace.sessions.get(self._id)
        if session is not None and session.finish(end) is not None:
            return
        # Not ours to end, or ended meanwhile by somebody else: the store says what is allowed.
        before = self._record().status
        self._workspace.store.transition(self._id, end.status, error=end.error, by=self._workspace.user)
        if before is end.status:
            warnings.warn(
                f"Run {self._id} is {before} already; nothing was changed. Start a new run for new work.", stacklevel=3
            )

    def cancel(self, _via: str = "python") -> None:
        """Ask that the run and its unfinished descendants end; harmless on a run that has ended.

        The owner obeys: the body of a cell is unwound, whatever it is waiting for. A run of this process that is not executing just now,
        and one that this very code is the body of, is Canceled when this returns; otherwise it is soon.

        Source: azureml.core.Run.cancel.
        """
        by, session = self._workspace.user, self._workspace.sessions.get(self._id)
        if session is not None and (session.gate is None or session.gate.is_calling()):
            session.finish(Outcome(Status.CANCELED, by=by, via=_via))
            return
        self._workspace.store.request_cancel(self._id, by=by, via=_via)
        if session is not None:
            self._workspace.watch.poke()
        else:
            from jupyter_runs import engines, liveness

            liveness.reap(self._workspace.store)
            engines.withdraw(self._workspace._config, self._workspace.store, [self._id])

    # -- as a block --------------------------------------------------------------------------------------------------------

    def __enter__(self) -> Run:
        session = self._workspace.sessions.get(self._id)
        if session is not None:
            session.by_hand = False
            session.arm()
        elif (record := self._record()).status.is_final and record.status is not Status.CANCELED:
            raise IllegalTransition(self._id, record.status.value, Status.RUNNING.value)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> bool:
        session = self._workspace.sessions.get(self._id)
        if session is None:
            return self._is_for_me_only(error)
        armed = session.leave()
        end = outcome(error, armed, self._workspace.user)
        session.finish(end)
        if not self._is_for_me_only(error) and not (
            armed is not None
            and armed.delivered
            and isinstance(error, cells.CANCELED_ERRORS)
            and self._has_open_parent()
        ):
            return False
        cells.uncancel(armed)
        return True

    def _is_for_me_only(self, error: BaseException | None) -> bool:
        """True when a cancel of this child alone ended its block: the parent's code goes on after it."""
        return isinstance(error, RunCanceled) and error.run_id == self._id and self._has_open_parent()

    def _has_open_parent(self) -> bool:
        parent_id = self._record().parent_id
        parent = None if parent_id is None else self._workspace.sessions.get(parent_id)
        return parent is not None and not (parent.gate is not None and parent.gate.asked)

    # -- shown -------------------------------------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and self._id == other._id and self._workspace.key == other._workspace.key

    def __hash__(self) -> int:
        return hash(self._id)

    def __repr__(self) -> str:
        record = self._record()
        return f"Run({record.run_id!r}, experiment={record.experiment!r}, name={record.name!r}, status={self.get_status()!r})"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from jupyter_runs.snapshot import bundle

        del include, exclude
        return bundle(self)

    def _repr_html_(self) -> str:
        return str(self._repr_mimebundle_()["text/html"])


class ScriptRun(Run):
    """The run of a submitted script. Source: azureml.core.ScriptRun."""

    RUN_TYPE = SCRIPT_TYPE


def get_run(experiment: Experiment, run_id: str, rehydrate: bool = True, clean_up: bool = True) -> Run:
    """The run of that id. Raises `RunNotFound`. Source: azureml.core.get_run."""
    del rehydrate, clean_up
    return experiment.workspace.get_run(run_id)


def _reopen(workspace: Workspace, run_id: str) -> Run:
    return workspace.get_run(run_id)


def _iso(at: float | None) -> str | None:
    return (
        None
        if at is None
        else datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")
    )
