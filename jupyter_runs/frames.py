"""Runs and their values as pandas data frames. pandas is imported here only, when a frame is asked for."""

from __future__ import annotations

import re
import time
from importlib import import_module
from typing import TYPE_CHECKING, Any

from jupyter_runs import search
from jupyter_runs.errors import InvalidName, JupyterRunsError, show
from jupyter_runs.model import CANCEL_REQUESTED, NOT_RESPONDING, MetricSummary, Status
from jupyter_runs.store.base import RunFilter
from jupyter_runs.store.pages import every_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from jupyter_runs.experiment import Experiment
    from jupyter_runs.model import RunRecord, Series
    from jupyter_runs.runlist import RunList
    from jupyter_runs.workspace import Workspace

#: Shown statuses in the order in which a run goes through them.
STATUSES = [*(s.value for s in Status if not s.is_final), CANCEL_REQUESTED, NOT_RESPONDING]
STATUSES += [s.value for s in Status if s.is_final]
METRICS = ("last", "min", "max", "best")
_PAGE = 500
#: Metrics of which less is better: the whole words of their names say so.
_LESS_IS_BETTER = re.compile(
    r"(?:^|[^a-z])(?:loss|error|err|mae|mse|rmse|mape|perplexity|nll)(?:$|[^a-z])", re.IGNORECASE
)
#: 007 is no number: turned into one it would not come back.
_PADDED = r"[+-]?0\d"


def metrics_frame(workspace: Workspace, run_id: str) -> pd.DataFrame:
    """All values of a run in long form; see `Run.metrics_dataframe`.

    Raises
    ------
    JupyterRunsError : pandas is not installed.

    Cost: reads all points of the run.
    """
    pandas = _pandas()
    _, found = workspace.store.series(run_id)
    rows = [row for series in found for row in _points(series)]
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], [], []]
    name, step, at, value, index = columns
    return pandas.DataFrame(
        {
            "name": pandas.Series(name, dtype="object" if not name else None),
            "step": pandas.Series(step, dtype="float64"),
            "at": _instants(pandas, at),
            "value": pandas.Series(value, dtype=_value_dtype(value)),
            "index": pandas.Series(index, dtype="int64"),
        }
    )


def _points(series: Series) -> Iterator[tuple[str, float | None, float, Any, int]]:
    """(name, step, at, value, index); columns of rows and tables are series of their own."""
    if series.kind not in {"row", "table"}:
        for index, (step, at, value) in enumerate(series.points):
            yield series.name, step, at, value, index
        return
    counts: dict[str, int] = {}
    for step, at, columns in series.points:
        for column, values in columns.items():
            for value in values if isinstance(values, list) else [values]:
                index = counts[column] = counts.get(column, -1) + 1
                yield f"{series.name}.{column}", step, at, value, index


def _value_dtype(values: list[Any]) -> str:
    """Numbers as numbers; with a text, a bool or None among them each value stays what it is."""
    numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)
    return "float64" if numbers and not any(isinstance(v, int) and abs(v) > 2**53 for v in values) else "object"


def experiment_frame(
    experiment: Experiment,
    metrics: str = "last",
    children: bool = False,
    varying_only: bool = False,
    query: str | None = None,
) -> pd.DataFrame:
    """A row for each run of an experiment, the newest first.

    Parameters
    ----------
    metrics : which value of each metric: last, min, max, or best (the smallest of what is named loss, error, mae, mse, rmse or alike, else
        the largest). Of texts always the last.
    children : child runs too, with a column `parent_id`.
    varying_only : only those params, metrics and tags that differ between the runs.
    query : only runs that match this search text.

    Returns
    -------
    run_id, number, name, status (an ordered category), started and ended (UTC), duration (until now while a run goes on), and a column
    for each `params.*`, `metrics.*` and `tags.*`. Params that are all numbers are numbers; a tag without a value is an empty text.

    Raises
    ------
    JupyterRunsError : pandas is not installed.
    InvalidName : `metrics` is none of these.
    InvalidQuery : the search text does not parse.

    Cost: four queries for 500 runs; points are not read.
    """
    where = RunFilter(
        experiment=experiment.name,
        include_children=children,
        query=search.parse(query) if query is not None and query.strip() else None,
    )
    records = every_run(experiment.workspace.store, where)
    return _frame(records, metrics, varying_only, ["parent_id"] if children else [])


def list_frame(runs: RunList, metrics: str = "last", varying_only: bool = False) -> pd.DataFrame:
    """A row for each run of a list, in its order; as `experiment_frame`, with the columns `experiment` and `parent_id`."""
    ids = [run.id for run in runs]
    pages = (runs._workspace.store.get_runs(ids[at : at + _PAGE]) for at in range(0, len(ids), _PAGE))
    return _frame((record for page in pages for record in page), metrics, varying_only, ["experiment", "parent_id"])


def _frame(records: Iterable[RunRecord], metrics: str, varying_only: bool, more: list[str]) -> pd.DataFrame:
    pandas = _pandas()
    if metrics not in METRICS:
        raise InvalidName(f"metrics= is one of {', '.join(METRICS)}, not {show(metrics)}.")
    now = time.time()
    runs = list(records)
    ends = [now if run.ended_at is None else run.ended_at for run in runs]
    seconds = [None if run.started_at is None else end - run.started_at for run, end in zip(runs, ends, strict=True)]
    columns: dict[str, Any] = {
        "run_id": [run.run_id for run in runs],
        "number": pandas.Series([run.number for run in runs], dtype="int64"),
        "name": [run.name for run in runs],
        "status": pandas.Categorical([run.shown_status(now) for run in runs], categories=STATUSES, ordered=True),
        "started": _instants(pandas, [run.started_at for run in runs]),
        "ended": _instants(pandas, [run.ended_at for run in runs]),
        "duration": _micros(pandas, seconds, "timedelta64[us]"),
        **{fact: pandas.Series([getattr(run, fact) for run in runs], dtype="object") for fact in more},
    }
    found: dict[str, list[dict[str, Any]]] = {
        "params": [dict(run.params) for run in runs],
        "metrics": [_summary(run, metrics) for run in runs],
        "tags": [{key: "" if value is None else value for key, value in run.tags.items()} for run in runs],
    }
    for group, items in found.items():
        for key in dict.fromkeys(key for one in items for key in one):
            values = [one.get(key) for one in items]
            if not (varying_only and len(runs) > 1 and _all_alike(values)):
                columns[f"{group}.{key}"] = _column(pandas, group, values)
    return pandas.DataFrame(columns)


def _summary(run: RunRecord, which: str) -> dict[str, Any]:
    """The chosen value of each metric that has one; rows and tables have none."""
    return {
        name: _chosen(name, metric, which)
        for name, metric in run.metrics.items()
        if metric.kind not in {"row", "table"}
    }


def _chosen(name: str, metric: MetricSummary, which: str) -> Any:
    if which == "best":
        which = "min" if _LESS_IS_BETTER.search(name) else "max"
    value = {"last": None, "min": metric.min, "max": metric.max}[which]
    return metric.last if value is None else value


def _all_alike(values: list[Any]) -> bool:
    # NaN is not equal to itself, but two runs with NaN do not differ.
    first = values[0]
    return all(type(v) is type(first) and (v == first or (v != v and first != first)) for v in values)  # noqa: PLR0124


def _column(pandas: Any, group: str, values: list[Any]) -> Any:
    if group == "metrics":
        there = [v for v in values if v is not None]
        is_number = _value_dtype(there) == "float64"
        return pandas.Series(values, dtype="float64" if is_number else "object")
    column = pandas.Series(values, dtype="object")
    if group == "params" and not column.str.match(_PADDED).any():
        numbers = pandas.to_numeric(column, errors="coerce")
        if (numbers.notna() | column.isna() | (column.str.lower() == "nan")).all():
            return numbers
    return column


def _instants(pandas: Any, seconds: list[Any]) -> Any:
    return _micros(pandas, seconds, "datetime64[us]").dt.tz_localize("UTC")


def _micros(pandas: Any, seconds: list[Any], kind: str) -> Any:
    """Instants or durations to the microsecond, None as NaT. Not pandas.to_datetime: 2.2 may overflow where floats are missing."""
    numpy = import_module("numpy")
    values = numpy.array(seconds, dtype="float64")
    micros = numpy.round(numpy.nan_to_num(values) * 1e6).astype("int64").view(kind)
    micros[numpy.isnan(values)] = "NaT"
    return pandas.Series(micros)


def _pandas() -> Any:
    try:
        return import_module("pandas")
    except ImportError:
        raise JupyterRunsError("Data frames need pandas, which is not installed: `pip install pandas`.") from None
