"""What a metric value may be, how it is kept, and the shapes in which it is read back.

Scalars: numbers (numpy scalars become Python numbers), text, bool, None, NaN and infinities. Everything else is refused with
the name of the call that takes it. Read-back shapes follow Azure ML SDK v1 (`Run.get_metrics`), except that a list of one
element stays a list.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any

from jupyter_runs.errors import InvalidName, shorten, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_runs.model import Series

MAX_METRIC_NAME = 256
_SCALARS = (str, bool, int, float, type(None))
_INT64 = 2**63
#: Longer whole numbers: Python refuses to turn them into text (4300 digits), and no chart can show them.
_MAX_BITS = 4096


def metric_name(name: object) -> str:
    """`name` if it may name a metric: text of 1 to 256 characters that is not only blanks."""
    if not isinstance(name, str) or not name.strip():
        raise InvalidName(
            f"A metric name is text of 1 to {MAX_METRIC_NAME} characters, not {show(name)}. Give it a name."
        )
    if len(name) > MAX_METRIC_NAME:
        raise InvalidName(
            f"The metric name {shorten(name)!r} has {len(name)} characters; use at most {MAX_METRIC_NAME}."
        )
    return name


def scalar(name: str, value: object, remedy: str = "") -> Any:
    """`value` as a plain Python scalar; `remedy` is the last sentence of the error for anything else."""
    plain = value if isinstance(value, _SCALARS) else _unboxed(value)
    # Subclasses (numpy's float64 is a float, an IntEnum an int) lose their type here.
    if isinstance(plain, int) and plain.bit_length() > _MAX_BITS:
        raise InvalidName(
            f"Metric {shorten(name)!r} cannot hold a whole number of so many digits. Log it as text or in other units."
        )
    for kind in (bool, int, float, str):
        if isinstance(plain, kind):
            return kind(plain)
    if plain is None:
        return None
    hint = remedy or _remedy(value)
    raise InvalidName(f"Metric {shorten(name)!r} cannot hold a {type(value).__name__}. {hint}")


def _unboxed(value: object) -> object:
    """The one element of a scalar of numpy, torch or jax; anything else as it is."""
    item = getattr(value, "item", None)
    if not callable(item) or getattr(value, "ndim", 0) != 0:
        return value
    plain = item()
    if isinstance(plain, _SCALARS):
        return plain
    # numpy's longdouble gives itself back.
    return float(plain) if isinstance(plain, Real) else value


def _remedy(value: object) -> str:
    if isinstance(value, Mapping):
        return "Use log_row(name, **columns) for one row or log_table(name, columns) for many."
    if hasattr(value, "__iter__"):
        return "Use log_list(name, values) for many values."
    return "Log a number, text, bool or None, e.g. float(value) or str(value)."


def step_of(name: str, step: object) -> float | None:
    """`step` as a finite number, or None."""
    if step is None:
        return None
    plain = scalar(name, step, "A step is a number or None.")
    try:
        number = math.nan if isinstance(plain, (bool, str)) else float(plain)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InvalidName(f"The step of metric {shorten(name)!r} must be a finite number or None, not {show(plain)}.")
    return number


def list_values(name: str, values: object) -> list[Any]:
    """Elements of any iterable as scalars; generators and arrays of one dimension included."""
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        instead = "log_row or log_table for columns" if isinstance(values, Mapping) else "log for one value"
        raise InvalidName(
            f"log_list({shorten(name)!r}, …) takes a list of values, not a {type(values).__name__}. Use {instead}."
        )
    return [scalar(name, v, "Every element must be a number, text, bool or None.") for v in values]


def row_values(name: str, columns: Mapping[str, object]) -> dict[str, Any]:
    """One row: column -> scalar."""
    if not columns:
        raise InvalidName(
            f"log_row({shorten(name)!r}) needs at least one column, e.g. log_row({shorten(name)!r}, x=1)."
        )
    return {
        str(k): scalar(name, v, f"Column {shorten(str(k))!r} must be one value; use log_table for many rows.")
        for k, v in columns.items()
    }


def table_values(name: str, table: object) -> dict[str, list[Any]]:
    """A table: column -> values of equal length; a scalar column is a table of one row."""
    if not isinstance(table, Mapping) or not table:
        raise InvalidName(
            f"log_table({shorten(name)!r}, …) takes a dict of columns, e.g. {{'x': [1, 2], 'y': [3, 4]}}."
        )
    columns: dict[str, list[Any]] = {}
    for key, values in table.items():
        is_list = (
            isinstance(values, Iterable) and not isinstance(values, (str, bytes)) and getattr(values, "ndim", 1) > 0
        )
        columns[str(key)] = list_values(name, values) if is_list else [scalar(name, values)]
    lengths = {k: len(v) for k, v in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InvalidName(
            f"The columns of log_table({shorten(name)!r}) differ in length ({shorten(str(lengths), 200)}). Make them equal."
        )
    return columns


def kind_of(value: object) -> str:
    """Number or text, for one scalar."""
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else "text"


def to_column(value: object) -> object:
    """A point's value as the store keeps it: numbers native, NaN as NULL, all else as JSON text."""
    if isinstance(value, float):
        return None if value != value else value  # noqa: PLR0124 - the fastest test for NaN
    if isinstance(value, int) and not isinstance(value, bool) and -_INT64 <= value < _INT64:
        return value
    return json.dumps(value)


def from_column(value: object) -> Any:
    """The inverse of `to_column`."""
    if value is None:
        return math.nan
    return json.loads(value) if isinstance(value, str) else value


def to_json(value: object) -> Any:
    """A value that every JSON reader takes: NaN and infinities become the texts NaN, Infinity, -Infinity."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, dict):
        return {k: to_json(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(v) for v in value]
    return value


def read_back(series: Series) -> Any:
    """The value of one metric as `Run.get_metrics` gives it.

    One scalar -> the scalar; several, or `log_list` -> a list in order; one row -> a dict; rows or a table -> a dict of lists.
    """
    values = [value for _, _, value in series.points]
    if series.kind == "row":
        return values[0] if len(values) == 1 else _columns(values)
    if series.kind == "table":
        return _columns(values)
    return values[0] if len(values) == 1 and series.kind != "list" else values


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {}
    for row in rows:
        for key, value in row.items():
            columns.setdefault(key, []).extend(value if isinstance(value, list) else [value])
    return columns


def outline(values: Sequence[Any], limit: int) -> Sequence[int]:
    """Positions of at most `limit` of `values` that keep the look of their curve: first, last, and the extremes of equal stretches.

    Values that are not numbers are thinned evenly. Cost: two passes, in C where all are numbers.
    """
    n = len(values)
    if n <= limit:
        return range(n)
    if limit < 2:
        return range(n - max(limit, 0), n)
    stretches = (limit - 2) // 2
    keep = {0, n - 1}
    for s in range(stretches):
        keep.update(extremes(values, 1 + s * (n - 2) // stretches, 1 + (s + 1) * (n - 2) // stretches))
    return sorted(keep)


def extremes(values: Sequence[Any], start: int, stop: int) -> tuple[int, int]:
    """Positions of the smallest and the largest finite number from `start` to `stop`; twice the first where there is none."""
    part = values[start:stop]
    try:
        are_finite = math.isfinite(sum(part))
    except (TypeError, OverflowError):
        are_finite = False
    if not are_finite:
        numbers = [i for i, v in enumerate(part) if isinstance(v, (int, float)) and math.isfinite(v)]
        if not numbers:
            return start, start
        return start + min(numbers, key=part.__getitem__), start + max(numbers, key=part.__getitem__)
    return start + part.index(min(part)), start + part.index(max(part))
