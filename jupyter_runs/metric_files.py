"""The part of Run that records images, confusion matrices and other metrics that are files of the run."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_runs import artifacts, paths, values
from jupyter_runs.errors import InvalidName, RunEnded, shorten, show
from jupyter_runs.model import Point

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from jupyter_runs.model import RunRecord
    from jupyter_runs.workspace import Workspace

_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*")
_SVG = re.compile(rb"\s*(?:<\?xml.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]", re.DOTALL | re.IGNORECASE)
_UNSAFE = re.compile(r"[^\w.-]+")
_MAX_STEM = 120
#: Schema of a metric that is JSON -> lists that its data must have.
_LISTS = {
    "confusion_matrix": ("class_labels", "matrix"),
    "accuracy_table": ("probability_tables", "probability_thresholds", "class_labels"),
    "residuals": ("bin_edges", "bin_counts"),
    "predictions": ("bin_averages", "bin_edges"),
}


class MetricFiles:
    """Metrics whose value names a file of the run: `aml://artifactId/ExperimentRun/dcid.<run id>/<name>`, as in Azure ML SDK v1."""

    _workspace: Workspace
    _id: str

    def _record(self) -> RunRecord:
        raise NotImplementedError

    def _record_value(self, write: Callable[[], None]) -> None:
        raise NotImplementedError

    def log_image(
        self, name: str, path: str | os.PathLike[str] | None = None, plot: Any = None, description: str = ""
    ) -> None:
        """Record an image: a file of the run, and a metric that names it.

        Parameters
        ----------
        name : 1 to 256 characters.
        path : an image file (png, jpg, gif, bmp, webp, tiff, svg). It is kept under its own path where that is relative, else under its
            last part.
        plot : `matplotlib.pyplot` or a figure, kept as `<name>_<time>.png`.
        description : accepted.

        Raises
        ------
        InvalidName : not exactly one of path and plot, no such file, or not an image.
        RunEnded, RunCanceled : as `log`.

        Source: azureml.core.Run.log_image.
        """
        del description
        metric = values.metric_name(name)
        if (path is None) == (plot is None):
            raise InvalidName(f"log_image({shorten(metric)!r}, …) takes either path= or plot=. Give one of them.")
        if path is not None:
            source = _image(path)
            self._log_file(metric, lambda target: artifacts.copy(source, target), name=_own_name(path))
            return
        save = getattr(plot, "savefig", None) or getattr(getattr(plot, "figure", None), "savefig", None)
        if not callable(save):
            raise InvalidName(
                f"log_image(plot=) takes matplotlib.pyplot or a figure, not a {type(plot).__name__}. Use path= for an image file."
            )
        self._log_file(metric, lambda target: _save_figure(save, target), suffix=".png")

    def log_confusion_matrix(self, name: str, value: Any, description: str = "") -> None:
        """Record a confusion matrix: a dict or JSON text {schema_type, schema_version, data: {class_labels, matrix}}.

        Raises `InvalidName` where the shape is another one, else as `log`. Source: azureml.core.Run.log_confusion_matrix.
        """
        del description
        self._log_json(name, value, "confusion_matrix")

    def log_accuracy_table(self, name: str, value: Any, description: str = "") -> None:
        """Record an accuracy table: {schema_type, schema_version, data: {probability_tables, probability_thresholds, class_labels, …}}.

        Raises as `log_confusion_matrix`. Source: azureml.core.Run.log_accuracy_table.
        """
        del description
        self._log_json(name, value, "accuracy_table")

    def log_residuals(self, name: str, value: Any, description: str = "") -> None:
        """Record a histogram of residuals: {schema_type, schema_version, data: {bin_edges, bin_counts, …}}.

        Raises as `log_confusion_matrix`. Source: azureml.core.Run.log_residuals.
        """
        del description
        self._log_json(name, value, "residuals")

    def log_predictions(self, name: str, value: Any, description: str = "") -> None:
        """Record predictions against true values: {schema_type, schema_version, data: {bin_averages, bin_edges, …}}.

        Raises as `log_confusion_matrix`. Source: azureml.core.Run.log_predictions.
        """
        del description
        self._log_json(name, value, "predictions")

    def _log_json(self, name: str, value: Any, schema: str) -> None:
        metric = values.metric_name(name)
        text = json.dumps(_checked(metric, value, schema))
        self._log_file(metric, lambda target: target.write_text(text, "utf-8"), suffix=".json")

    def _log_file(
        self, metric: str, write: Callable[[Path], object], *, name: str | None = None, suffix: str = ""
    ) -> None:
        """Make a file of the run and record the metric that names it; without `name` the file is one that is not there yet."""

        def record() -> None:
            self._must_take(metric)
            folder = paths.run_folder(self._workspace.folder, self._id)
            with artifacts.explained(f"The file of metric {shorten(metric)!r} could not be written"):
                target = self._place(name) if name is not None else _reserve(folder, metric, suffix)
                is_new = name is None or not target.exists()
                try:
                    with artifacts.writing(target) as temporary:
                        write(temporary)
                except BaseException:
                    if name is None:
                        target.unlink()
                    raise
            value = artifacts.uri(self._id, target.relative_to(folder).as_posix())
            try:
                self._workspace.store.append(self._id, [Point(metric, "text", value, None, time.time())])
            except Exception:
                if is_new:
                    target.unlink(missing_ok=True)
                raise

        self._record_value(record)

    def _must_take(self, metric: str) -> None:
        """Refuse before anything is written."""
        record = self._record()
        if record.status.is_final:
            raise RunEnded(self._id, record.status.value)
        if metric in record.metrics and record.metrics[metric].kind in {"row", "table"}:
            kind = record.metrics[metric].kind
            raise InvalidName(
                f"Metric {shorten(metric)!r} holds {kind} values, and files do not fit. Use another name."
            )

    def _place(self, name: str) -> Path:
        if name == paths.STD_LOG:
            raise InvalidName(f"{name!r} is the run's own log. Choose another name.")
        return artifacts.place(paths.run_folder(self._workspace.folder, self._id), name)


def _image(path: str | os.PathLike[str]) -> Path:
    """`path` if it is an image, by its first bytes."""
    source = artifacts.readable(path)
    if not isinstance(source, Path):
        raise InvalidName("log_image(path=) takes the path of an image file. Use upload_file for a stream.")
    with artifacts.explained(f"{show(str(source))} could not be read"), source.open("rb") as file:
        head = file.read(4096)
    is_webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    if head.startswith(_MAGIC) or is_webp or _SVG.match(head.removeprefix(b"\xef\xbb\xbf")):
        return source
    raise InvalidName(
        f"{show(str(source))} is not an image (png, jpg, gif, bmp, webp, tiff, svg). Use upload_file for other files."
    )


def _own_name(path: str | os.PathLike[str]) -> str:
    """The name of an image in the run: its own path where that is a name, else its last part."""
    given = Path(path)
    if given.is_absolute() or ".." in given.parts:
        return artifacts.artifact_name(given.name)
    return artifacts.artifact_name(given.as_posix())


def _save_figure(save: Callable[..., object], target: Path) -> None:
    with target.open("wb") as file:
        save(file, format="png")


def _reserve(folder: Path, metric: str, suffix: str) -> Path:
    """An empty file of a new name, `<metric>_<seconds>`, so that nobody else takes it."""
    stem = _UNSAFE.sub("_", metric).strip("._").encode()[:_MAX_STEM].decode("utf-8", "ignore") or "metric"
    seconds = int(time.time())
    folder.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        target = folder / f"{stem}_{seconds}{f'_{number}' if number > 1 else ''}{suffix}"
        try:
            target.open("xb").close()
        except FileExistsError:
            number += 1
        else:
            return target


def _checked(metric: str, value: Any, schema: str) -> Any:
    """A metric that is JSON, as plain values; refused where its shape is not that of `schema`."""
    call = f"log_{schema}({shorten(metric)!r}, …)"
    try:
        parsed = json.loads(value) if isinstance(value, (str, bytes)) else value
        plain = values.to_json(_plain(parsed))
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidName(
            f"{call} takes a dict or JSON text, and this is neither: {shorten(str(error), 120)}."
        ) from None
    need = ", ".join(_LISTS[schema])
    form = f"{{'schema_type': '{schema}', 'schema_version': '1.0.0', 'data': {{{need}}}}}"
    if not isinstance(plain, dict) or not {"schema_type", "schema_version", "data"} <= plain.keys():
        raise InvalidName(f"{call} takes {form}.")
    if plain["schema_type"] != schema:
        other = f"log_{plain['schema_type']}" if plain["schema_type"] in _LISTS else "the call of that schema"
        raise InvalidName(f"{call} takes schema_type {schema!r}, not {show(plain['schema_type'])}. Use {other}.")
    data = plain["data"]
    if not isinstance(data, dict) or not all(isinstance(data.get(key), list) for key in _LISTS[schema]):
        raise InvalidName(f"{call}: data must be a dict with the lists {need}, as in {form}.")
    if schema == "confusion_matrix":
        side = len(data["class_labels"])
        if [len(row) if isinstance(row, list) else None for row in data["matrix"]] != [side] * side:
            raise InvalidName(f"{call}: matrix must have {side} rows of {side} numbers, one for each of class_labels.")
    return plain


def _plain(value: Any) -> Any:
    """Arrays as lists, numpy scalars as Python's; raises TypeError for what JSON cannot hold."""
    if callable(getattr(value, "tolist", None)):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise TypeError(f"JSON cannot hold a {type(value).__name__}")
