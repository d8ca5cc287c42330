"""The part of Run that records and reads values: metrics, progress, the log."""

from __future__ import annotations

import time
from collections.abc import Sized
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_runs import artifacts, cells, gate, paths, values
from jupyter_runs.errors import ArtifactNotFound, InvalidName, RunCanceled, RunEnded, show
from jupyter_runs.model import Point, Progress, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from jupyter_runs.run import Run
    from jupyter_runs.workspace import Workspace

T = TypeVar("T")


class RunMetrics:
    """Values of a run. `log` and its kin are checkpoints: they raise `RunCanceled` once a cancel was asked for."""

    _workspace: Workspace
    _id: str

    def log(self, name: str, value: Any, description: str = "", step: float | None = None) -> None:
        """Record one value; it is in the store when this returns.

        Parameters
        ----------
        name : 1 to 256 characters.
        value : number, text, bool or None; numpy scalars too; NaN and infinities are kept as they are.
        description : accepted.
        step : x axis of the chart, any finite number; may repeat, go back, or be left out.

        Raises
        ------
        InvalidName : the name is empty or too long, or the value is no scalar; the message names the call that takes it.
        RunEnded : the run is Completed, Failed or Canceled.
        RunCanceled : a cancel was asked for; unwinds the cell. A KeyboardInterrupt, so `except Exception` lets it pass.

        Cost: one transaction (`make bench` compares it with a bare one). Source: azureml.core.Run.log.
        """
        del description
        plain = values.scalar(values.metric_name(name), value)
        self._append([Point(name, values.kind_of(plain), plain, values.step_of(name, step), time.time())])

    def log_list(self, name: str, value: Iterable[Any], description: str = "") -> None:
        """Record many values of one metric in order, in one transaction; any iterable, generators included. An empty one records nothing.

        Raises as `log`. Source: azureml.core.Run.log_list.
        """
        del description
        now = time.time()
        self._append([Point(name, "list", v, None, now) for v in values.list_values(values.metric_name(name), value)])

    def log_row(self, name: str, description: str | None = None, **kwargs: Any) -> None:
        """Record one row with the columns given by keyword, e.g. `log_row("point", x=1, y=2)`.

        Raises as `log`. Source: azureml.core.Run.log_row.
        """
        del description
        self._append([Point(name, "row", values.row_values(values.metric_name(name), kwargs), None, time.time())])

    def log_table(self, name: str, value: dict[str, Any], description: str = "") -> None:
        """Record a table: a dict of columns of equal length; a scalar column is a table of one row.

        Raises as `log`. Source: azureml.core.Run.log_table.
        """
        del description
        self._append([Point(name, "table", values.table_values(values.metric_name(name), value), None, time.time())])

    def _append(self, points: list[Point]) -> None:
        if points:
            self._record_value(lambda: self._workspace.store.append(self._id, points))

    def _record_value(self, write: Callable[[], None]) -> None:
        try:
            write()
        except RunEnded as error:
            if error.status == Status.CANCELED.value:
                record = self._workspace.store.get_run(self._id)
                raise cells.stop_error(RunCanceled(self._id, record.cancel_by, record.cancel_via)) from None
            raise
        gate.checkpoint()
        if (asked := self._workspace.stop_asked_elsewhere(self._id)) is not None:
            raise asked.canceled()

    def get_metrics(
        self,
        name: str | None = None,
        recursive: bool = False,
        run_type: str | None = None,
        populate: bool = False,
    ) -> dict[str, Any]:
        """All values logged so far.

        Parameters
        ----------
        name : only this metric; {} if it was not logged.
        recursive : of the descendants too, as {run id: {name: value}}; runs without metrics are left out.
        run_type : with `recursive`, only runs of this type.
        populate : metrics that are files (images, matrices) come as `artifacts.Artifact`, not as their addresses.

        Returns
        -------
        {name: value}. One scalar is the scalar, several a list in order, `log_list` always a list; one row a dict,
        rows and tables a dict of lists.

        Source: azureml.core.Run.get_metrics.
        """
        if not recursive:
            return self._metrics(self._id, name, populate=populate)
        this: Run = self  # type: ignore[assignment]
        runs = [this, *this.get_children(recursive=True, type=run_type)]
        found = {run.id: self._metrics(run.id, name, populate=populate) for run in runs}
        return {run_id: metrics for run_id, metrics in found.items() if metrics}

    def _metrics(self, run_id: str, name: str | None, *, populate: bool) -> dict[str, Any]:
        gate.checkpoint()
        _, series = self._workspace.store.series(run_id, name)
        found = {one.name: values.read_back(one) for one in series}
        if not populate:
            return found
        from jupyter_runs import artifacts

        for of_run, file in {one for value in found.values() for one in artifacts.named_in(value)}:
            self._workspace.store.files.fetch(of_run, file)
        return {key: artifacts.populated(self._workspace.folder, value) for key, value in found.items()}

    def flush(self, timeout_seconds: float = 300) -> None:
        """Nothing to do: every value is in the store when its call returns."""

    def progress(self, done: float, total: float | None = None, message: str | None = None) -> None:
        """Say how far the run is; the panel shows a bar and, with `total`, the time that is left.

        Parameters
        ----------
        done : from 0 to `total`.
        total : what `done` will be at the end; None if unknown.
        message : a short text beside the bar.

        Raises
        ------
        InvalidName : `done` or `total` is no finite number, or total is not above 0.
        RunCanceled : as `log`.
        """
        try:
            at, of = values.step_of("progress", done), values.step_of("progress", total)
        except InvalidName:
            at = of = None
        if at is None or (of is not None and of <= 0):
            given = f"{show(done)} and {show(total)}"
            raise InvalidName(f"progress(done, total) takes a number and a total above 0, not {given}.")
        progress = Progress(at, of, None if message is None else str(message)[:200])
        self._record_value(lambda: self._workspace.store.update_run(self._id, progress=progress))

    def track(self, items: Iterable[T], total: int | None = None) -> Iterator[T]:
        """Iterate over `items` and report the progress, at most five times a second."""
        count = total if total is not None else (len(items) if isinstance(items, Sized) else None)
        said = 0.0
        done = 0
        for done, item in enumerate(items):
            if (now := time.monotonic()) - said > 0.2:
                self.progress(done, count or None)
                said = now
            yield item
        if count:
            self.progress(count, count)

    def get_log(self) -> str:
        """What the run has written to stdout and stderr so far.

        Raises
        ------
        ArtifactNotFound : the store is on a server, and the run has written its log into another folder than this workspace's.
        """
        self._workspace.store.files.fetch(self._id, paths.STD_LOG)
        file = paths.run_log(self._workspace.folder, self._id)
        if file.exists():
            return file.read_bytes().decode("utf-8", "replace")
        folder = self._workspace.folder
        if artifacts.is_elsewhere(folder, self._id) and self._workspace.store.get_run(self._id).log_bytes:
            raise ArtifactNotFound(f"The log of run {self._id} is not here: {artifacts.elsewhere(folder)}.")
        return ""
