"""The part of Run that deals with scripts: submit a child, wait, logs, source snapshots, the run that a script is."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_runs import config, envvars, gate, paths, provenance, script_log, targets
from jupyter_runs.errors import (
    ActivityFailedException,
    CloudOnly,
    ExperimentExecutionException,
    RunCanceled,
    RunEnvironmentException,
    SnapshotException,
    show,
)
from jupyter_runs.model import CANCEL_REQUESTED, NOT_RESPONDING, Status

if TYPE_CHECKING:
    from jupyter_runs.experiment import Experiment
    from jupyter_runs.model import RunRecord
    from jupyter_runs.run import Run
    from jupyter_runs.script import Environment
    from jupyter_runs.workspace import Workspace

_LOOK_S = 0.05
_REAP_S = 1.0
_LOG_LINES = 10
_CHUNK = 1 << 20


class RunScript:
    """Waiting for a run, and what a script's run has beside a cell's."""

    _workspace: Workspace
    _id: str
    experiment: Experiment

    def _record(self) -> RunRecord:
        raise NotImplementedError

    def get_status(self) -> str:
        """How it stands."""
        raise NotImplementedError

    def get_details(self) -> dict[str, Any]:
        """All facts."""
        raise NotImplementedError

    # -- the run that this code is ---------------------------------------------------------------------------------------

    @classmethod
    def get_context(cls, allow_offline: bool = True, used_for_context_manager: bool = False, **_ignored: Any) -> Run:
        """The run that this code belongs to.

        In a submitted script its run; in a cell or script that has opened one, the innermost open run; anywhere else a full run in a
        temporary workspace (`_OfflineRun`), so that the same script also runs by itself.

        Parameters
        ----------
        allow_offline : False raises outside of any run.
        used_for_context_manager : accepted.

        Raises
        ------
        RunEnvironmentException : there is no run around this code and `allow_offline` is False.
        RunNotFound : the run was removed while its script ran.

        Source: azureml.core.Run.get_context.
        """
        from jupyter_runs.workspace import Workspace, opened

        del used_for_context_manager
        if run_id := os.environ.get(envvars.RUN_ID):
            return Workspace(os.environ.get(envvars.WORKSPACE)).get_run(run_id)
        for shared in opened():
            entered = [session for session in shared.sessions.values() if session.is_entered]
            if entered and not shared.is_offline:
                return entered[-1].workspace.get_run(entered[-1].run_id)
        if allow_offline:
            from jupyter_runs.offline import offline_run

            return offline_run()
        raise RunEnvironmentException(
            "There is no run around this code. Submit it with Experiment.submit, or start one with Experiment.start_logging."
        )

    @classmethod
    def get_submitted_run(cls, **kwargs: Any) -> Run:
        """As `get_context(allow_offline=False)`. Source: azureml.core.Run.get_submitted_run."""
        return cls.get_context(**{**kwargs, "allow_offline": False})

    def _is_own_script(self) -> bool:
        """True in the process of the script that this run is."""
        return os.environ.get(envvars.RUN_ID) == self._id

    # -- children --------------------------------------------------------------------------------------------------------

    def submit_child(self, config: Any, tags: Any = None, **kwargs: Any) -> Run:
        """Submit a script as a child of this run, from a notebook or from inside a running script. The parent does not wait for it.

        Arguments and errors as in `Experiment.submit`. Source: azureml.core.Run.submit_child.
        """
        gate.checkpoint()
        return self.experiment.submit(config, tags, _parent_id=self._id, **kwargs)

    # -- waiting ---------------------------------------------------------------------------------------------------------

    def wait_for_completion(
        self, show_output: bool = False, wait_post_processing: bool = False, raise_on_error: bool = True
    ) -> dict[str, Any]:
        """Wait until the run has ended.

        Interrupt ends the waiting, not the run, and says so.

        Parameters
        ----------
        show_output : print the log while it grows, to its last byte.
        wait_post_processing : accepted: a run that has ended has nothing left to do.
        raise_on_error : False returns the details of a failed run too.

        Returns
        -------
        The details (`get_details`). A canceled run returns normally.

        Raises
        ------
        ActivityFailedException : the run is Failed; the message has its error and the last lines of its log.
        ExperimentExecutionException : the waiting was interrupted, or the run is open in this very process.

        Cost: a look every 50 ms. Source: azureml.core.Run.wait_for_completion.
        """
        del wait_post_processing
        if self._id in self._workspace.sessions and gate.on_main_thread():
            raise ExperimentExecutionException(
                f"Run {self._id} is open in this process: waiting for it would never end. End it first, e.g. with run.complete()."
            )
        try:
            self._follow(show_output=show_output)
        except RunCanceled:
            raise
        except KeyboardInterrupt:
            if gate.any_asked():  # the cell that waits is itself a run that was canceled
                raise
            raise ExperimentExecutionException(
                f"Stopped waiting; run {self._id} goes on. wait_for_completion() waits again, cancel() ends it."
            ) from None
        details = self.get_details()
        if details["status"] == Status.FAILED.value and raise_on_error:
            raise ActivityFailedException(self._failure())
        return details

    def _follow(self, *, show_output: bool) -> None:
        """Until the run has ended, with its log shown."""
        self._attend()
        store, out = self._workspace.store, _Follower(paths.run_log(self._workspace.folder, self._id))
        if show_output:
            _say(f"RunId: {self._id}\nWeb View: {self.get_portal_url()}\n\nStreaming {paths.STD_LOG}\n{'=' * 30}\n\n")
        version, look_at = -1, 0.0
        is_final = False
        while not is_final:
            gate.checkpoint()
            seen, now = store.version(), time.monotonic()
            if seen != version or now >= look_at:
                # It finds out that the owner is gone, too.
                self.get_status()
                is_final = self._record().status.is_final
                version, look_at = seen, now + _REAP_S
            # After the look at the status: the log is complete before it is final.
            if show_output:
                store.files.fetch(self._id, paths.STD_LOG)
                out.show()
            if not is_final:
                time.sleep(_LOOK_S)
        if show_output:
            out.end()
            _say(f"\nExecution Summary\n{'=' * 17}\nRunId: {self._id}\nStatus: {self.get_status()}\n\n")

    def _attend(self) -> None:
        """Who waits for a run that an engine has looks after it."""
        if self._record().properties.get(targets.PROPERTY, targets.LOCAL) != targets.LOCAL:
            from jupyter_runs import lookout

            lookout.of(self._workspace._config).attend(self._workspace.store)

    def _failure(self) -> str:
        record = self._record()
        error = record.error
        what = f"{error.code}: {error.message}" if error else "no reason was given"
        self._workspace.store.files.fetch(self._id, paths.STD_LOG)
        lines = script_log.tail(paths.run_log(self._workspace.folder, self._id), _LOG_LINES)
        shown = f"\nLast lines of its log ({paths.STD_LOG}):\n{lines}" if lines else ""
        return f"Run {self._id} is Failed: {what}{shown}"

    # -- facts -----------------------------------------------------------------------------------------------------------

    def get_detailed_status(self) -> dict[str, str | None]:
        """`{'status': …, 'details': …}`; details say what is being waited for or why it ended, or None.

        Source: azureml.core.Run.get_detailed_status.
        """
        status, record = self.get_status(), self._record()
        details = {
            Status.QUEUED.value: _waiting(record.properties.get(targets.PROPERTY, targets.LOCAL)),
            Status.PREPARING.value: "The source is being restored.",
            Status.FINALIZING.value: "Files are being collected.",
            CANCEL_REQUESTED: f"Asked to end by {record.cancel_by}; its processes are ending.",
            NOT_RESPONDING: "Its process has not been heard of lately.",
        }.get(status)
        if details is None and record.error is not None:
            details = f"{record.error.code}: {record.error.message}"
        return {"status": status, "details": details}

    def get_portal_url(self) -> str:
        """Where a person sees the run: the page of the Jupyter server of this user that runs, else the run's folder.

        Source: azureml.core.Run.get_portal_url.
        """
        if url := config.server_url():
            return f"{url}lab?run={self._id}"
        return paths.run_folder(self._workspace.folder, self._id).absolute().as_uri()

    def _log_files(self) -> dict[str, Path]:
        """Logs of the run by name: what it printed, and what it wrote into `logs/`."""
        from jupyter_runs import artifacts

        for below in (paths.STD_LOG.partition("/")[0], paths.LOGS):
            self._workspace.store.files.fetch(self._id, below)
        folder = paths.run_folder(self._workspace.folder, self._id)
        places = [(folder, paths.STD_LOG.partition("/")[0]), (folder, paths.LOGS)]
        places.append((paths.code_folder(self._workspace.folder, self._id), paths.LOGS))
        found: dict[str, Path] = {}
        for base, below in places:
            if not (base / below).is_symlink():
                for name, file, _ in artifacts.walk(base / below):
                    found.setdefault(f"{below}/{name}", file)
        return found

    def get_details_with_logs(self) -> dict[str, Any]:
        """As `get_details`, with the text of each log instead of its path. Source: azureml.core.Run.get_details_with_logs."""
        logs = {name: file.read_bytes().decode("utf-8", "replace") for name, file in self._log_files().items()}
        return {**self.get_details(), "logFiles": logs}

    def get_all_logs(self, destination: str | os.PathLike[str] | None = None) -> list[str]:
        """Copy all logs of the run into a folder.

        Parameters
        ----------
        destination : folder, made when it is not there; default `assets/<run id>` in the current one.

        Returns
        -------
        Paths of the copies.

        Raises
        ------
        SnapshotException : `destination` is a file.

        Source: azureml.core.Run.get_all_logs.
        """
        folder = Path("assets") / self._id if destination is None else Path(destination).expanduser()
        if folder.exists() and not folder.is_dir():
            raise SnapshotException(f"{folder} is a file. Give a folder for the logs.")
        copies = []
        for name, file in self._log_files().items():
            copy = folder / name
            try:
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
            except OSError as error:
                raise SnapshotException(f"{copy} cannot be written: {error.strerror}. Give another folder.") from error
            copies.append(str(copy))
        return copies

    # -- what only Azure has ---------------------------------------------------------------------------------------------

    @property
    def input_datasets(self) -> dict[str, Any]:
        """Nothing: datasets are Azure's. Read files by their paths, given as arguments of the script."""
        return {}

    @property
    def output_datasets(self) -> dict[str, Any]:
        """Nothing: datasets are Azure's. Files in `outputs/` are kept with the run."""
        return {}

    def get_environment(self) -> Environment:
        """The environment of the run: the Python that the script ran with. Source: azureml.core.Run.get_environment."""
        from jupyter_runs.script import Environment

        environment = Environment("local")
        job = self._workspace.store.job(self._id) or {}
        environment.python.user_managed_dependencies = True
        environment.python.interpreter_path = job.get("interpreter") or sys.executable
        return environment

    def get_secret(self, name: str) -> str:
        """Raises `CloudOnly`: there is no key vault. Source: azureml.core.Run.get_secret."""
        raise CloudOnly(
            f"There is no key vault for {show(name)}. Give secrets as environment variables: they are not recorded."
        )

    def get_secrets(self, secrets: list[str]) -> dict[str, str]:
        """Raises `CloudOnly`, as `get_secret`."""
        return {name: self.get_secret(name) for name in secrets}

    # -- source ----------------------------------------------------------------------------------------------------------

    def get_snapshot_id(self) -> str | None:
        """Id of the snapshot of the source, or None. Source: azureml.core.Run.get_snapshot_id."""
        properties = self._record().properties
        return properties.get(provenance.TAKEN) or properties.get(provenance.SNAPSHOT)

    def take_snapshot(self, file_or_folder_path: str | os.PathLike[str]) -> str:
        """Keep a copy of a file or folder as the source of this run, in place of the one that was taken when it was started.

        Returns
        -------
        Its id.

        Raises
        ------
        SnapshotException : one was taken by hand already, or there is no such file or folder.

        Source: azureml.core.Run.take_snapshot.
        """
        from jupyter_runs import source

        path = Path(file_or_folder_path).expanduser()
        if not path.exists():
            raise SnapshotException(f"There is no file or folder {path}.")
        taken = source.take(self._workspace.folder, path)
        assert taken is not None  # noqa: S101 - without a limit there is always one
        there = self._record().properties
        if taken.snapshot_id != self.get_snapshot_id():
            if by_hand := there.get(provenance.TAKEN):
                raise SnapshotException(
                    f"Run {self._id} has the snapshot {by_hand} already; a run has one. Start a new run."
                )
            key = provenance.TAKEN if provenance.SNAPSHOT in there else provenance.SNAPSHOT
            self._workspace.store.add_properties(self._id, {key: taken.snapshot_id})
        return taken.snapshot_id

    def restore_snapshot(self, snapshot_id: str | None = None, path: str | os.PathLike[str] | None = None) -> str:
        """Write a snapshot as a zip file.

        Parameters
        ----------
        snapshot_id : default: the one of this run.
        path : folder for the file, made when it is not there; default: a temporary one.

        Returns
        -------
        Absolute path of the zip file.

        Raises
        ------
        SnapshotException : the run has none, or the id is not known.

        Source: azureml.core.Run.restore_snapshot.
        """
        from jupyter_runs import source

        wanted = snapshot_id or self.get_snapshot_id()
        if wanted is None:
            raise SnapshotException(f"Run {self._id} has no snapshot of its source. take_snapshot(folder) makes one.")
        folder = Path(tempfile.mkdtemp(prefix="snapshot-")) if path is None else Path(path).expanduser()
        self._workspace.store.files.fetch_snapshot(wanted)
        return str(source.pack(self._workspace.folder, wanted, folder).absolute())

    def clean(self) -> list[str]:
        """Remove what the execution of a script has left in its working folder; the record, its logs and outputs stay.

        Returns
        -------
        The removed folder; nothing when there is none, or while the run has not ended.

        Source: azureml.core.Run.clean.
        """
        folder = paths.work_folder(self._workspace.folder, self._id)
        if not self._record().status.is_final or not folder.exists():
            return []
        shutil.rmtree(folder, ignore_errors=True)
        return [str(folder)]


def _waiting(target: str) -> str:
    return "Waiting for its launcher to start." if target == targets.LOCAL else f"Waiting in the queue of {target}."


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


class _Follower:
    """Shows a file while it grows, byte for byte: what a progress bar overwrites is overwritten here too."""

    def __init__(self, file: Path) -> None:
        import codecs

        self._file, self._at = file, 0
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._ended_line = True

    def show(self) -> None:
        """What is new."""
        if not self._file.exists():
            return
        before = self._at
        with self._file.open("rb") as log:
            log.seek(self._at)
            while data := log.read(_CHUNK):
                self._at += len(data)
                self._write(self._decode(data))
        if self._at != before:
            sys.stdout.flush()

    def end(self) -> None:
        """The rest; a last line without an end gets one."""
        self.show()
        self._write(self._decode(b"", True))
        if not self._ended_line:
            self._write("\n")

    def _write(self, text: str) -> None:
        if text:
            sys.stdout.write(text)
            self._ended_line = text.endswith("\n")
