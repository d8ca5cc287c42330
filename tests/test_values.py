"""What a metric value may be, and the shapes in which values are read back."""

from __future__ import annotations

import decimal
import enum
import fractions
import json
import math

import numpy as np
import pytest

from jupyter_runs import values
from jupyter_runs.errors import InvalidName
from jupyter_runs.model import Series


class Level(enum.IntEnum):
    HIGH = 3


class Tensor:
    """As torch's: `size` is a method, `item` gives the number, and it has `__iter__` though there is nothing to iterate over."""

    def __init__(self, value, ndim=0):
        self._value, self.ndim = value, ndim

    def size(self):
        return (1,) * self.ndim

    def item(self):
        return self._value

    def __iter__(self):
        raise TypeError("iteration over a 0-d tensor")


SCALARS = {
    "int": (3, 3),
    "negative": (-(2**63), -(2**63)),
    "big int": (10**30, 10**30),
    "float": (0.5, 0.5),
    "inf": (math.inf, math.inf),
    "-inf": (-math.inf, -math.inf),
    "True": (True, True),
    "None": (None, None),
    "text": ("good", "good"),
    "empty text": ("", ""),
    "IntEnum": (Level.HIGH, 3),
    **{f"np.{t.__name__}": (t(3), 3) for t in (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint64)},
    **{f"np.{t.__name__}": (t(0.5), 0.5) for t in (np.float16, np.float32, np.float64, np.longdouble)},
    "np.bool_": (np.bool_(False), False),
    "np.str_": (np.str_("good"), "good"),
    "0-d array": (np.array(7), 7),
    "0-d float32 array": (np.array(0.25, dtype=np.float32), 0.25),
    "0-d tensor": (Tensor(1.5), 1.5),
}


@pytest.mark.parametrize(("given", "kept"), SCALARS.values(), ids=SCALARS)
def test_a_scalar_becomes_a_plain_python_value(given, kept):
    plain = values.scalar("m", given)
    assert plain == kept
    assert type(plain) is type(kept)


@pytest.mark.parametrize("nan", [math.nan, np.float32("nan"), np.array(np.nan)])
def test_nan_stays_nan(nan):
    plain = values.scalar("m", nan)
    assert type(plain) is float
    assert math.isnan(plain)


REFUSED = {
    "array": (np.zeros(3), "log_list"),
    "array of one": (np.zeros(1), "log_list"),
    "list": ([1, 2], "log_list"),
    "tuple": ((1,), "log_list"),
    "set": ({1}, "log_list"),
    "range": (range(3), "log_list"),
    "generator": ((i for i in range(3)), "log_list"),
    "dict": ({"a": 1}, "log_row"),
    "complex": (1j, "float(value)"),
    "Decimal": (decimal.Decimal("0.1"), "float(value)"),
    "Fraction": (fractions.Fraction(1, 3), "float(value)"),
    "object": (object(), "str(value)"),
    "function": (print, "str(value)"),
    "datetime64": (np.datetime64("2026-01-01"), "str(value)"),
    "5,000 digits": (10**5000, "Log it as text"),
}


@pytest.mark.parametrize(("given", "remedy"), REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused_with_the_call_that_takes_it(given, remedy):
    with pytest.raises(InvalidName, match="Metric 'm' cannot hold") as refused:
        values.scalar("m", given)
    assert remedy in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["", "  ", "\n", None, 5, b"x", "x" * 257, ["x"]])
def test_a_bad_metric_name_is_refused_in_one_line(name):
    with pytest.raises(InvalidName) as refused:
        values.metric_name(name)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("name", ["loss", "Label:0", "Hello from child run ", "a/b c", "π", "x" * 256])
def test_a_metric_name_is_any_text_up_to_256_characters(name):
    assert values.metric_name(name) == name


@pytest.mark.parametrize(
    ("given", "kept"), [(None, None), (0, 0.0), (-3, -3.0), (0.5, 0.5), (np.int64(7), 7.0), (10**30, 1e30)]
)
def test_a_step_is_a_finite_number_or_none(given, kept):
    assert values.step_of("m", given) == kept


@pytest.mark.parametrize("step", [True, "3", math.nan, math.inf, [1], 10**400, np.bool_(True), Tensor(1, ndim=1)])
def test_another_step_is_refused_in_one_line(step):
    with pytest.raises(InvalidName) as refused:
        values.step_of("m", step)
    assert "\n" not in str(refused.value)


LISTS = {
    "list": ([1, "a", None], [1, "a", None]),
    "tuple": ((1, 2), [1, 2]),
    "range": (range(3), [0, 1, 2]),
    "generator": ((i * i for i in range(3)), [0, 1, 4]),
    "array": (np.array([1, 2], dtype=np.int64), [1, 2]),
    "bools": (np.array([True, False]), [True, False]),
    "texts": (np.array(["a", "b"]), ["a", "b"]),
    "empty": ([], []),
    "one": ([1], [1]),
}


@pytest.mark.parametrize(("given", "kept"), LISTS.values(), ids=LISTS)
def test_a_list_is_any_iterable_of_scalars(given, kept):
    plain = values.list_values("m", given)
    assert plain == kept
    assert [type(v) for v in plain] == [type(v) for v in kept]


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ("text", "Use log for one value"),
        (b"bytes", "Use log for one value"),
        (5, "Use log for one value"),
        (None, "Use log for one value"),
        ({"a": 1}, "Use log_row or log_table"),
        ([[1, 2]], "Every element must be a number"),
        (np.zeros((2, 2)), "Every element must be a number"),
        ([object()], "Every element must be a number"),
    ],
    # Not by repr: each process that runs tests must know them by the same names.
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_another_list_is_refused_in_one_line(given, remedy):
    with pytest.raises(InvalidName) as refused:
        values.list_values("m", given)
    assert remedy in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_row_is_columns_of_scalars():
    assert values.row_values("m", {"x": np.int64(1), "y": "a"}) == {"x": 1, "y": "a"}


@pytest.mark.parametrize(
    ("columns", "remedy"), [({}, "at least one column"), ({"x": [1]}, "use log_table"), ({"x": {}}, "use log_table")]
)
def test_another_row_is_refused_in_one_line(columns, remedy):
    with pytest.raises(InvalidName, match=remedy) as refused:
        values.row_values("m", columns)
    assert "\n" not in str(refused.value)


TABLES = {
    "lists": ({"x": [1, 2], "y": ["a", "b"]}, {"x": [1, 2], "y": ["a", "b"]}),
    "scalars": ({"x": 1, "y": "ab"}, {"x": [1], "y": ["ab"]}),
    "array": ({"x": np.arange(2), "y": range(2)}, {"x": [0, 1], "y": [0, 1]}),
    "0-d array": ({"x": np.array(1)}, {"x": [1]}),
    "empty columns": ({"x": [], "y": []}, {"x": [], "y": []}),
    "numbers as keys": ({0: [1]}, {"0": [1]}),
}


@pytest.mark.parametrize(("given", "kept"), TABLES.values(), ids=TABLES)
def test_a_table_is_columns_of_equal_length(given, kept):
    assert values.table_values("m", given) == kept


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ({}, "takes a dict of columns"),
        ([1], "takes a dict of columns"),
        ("x", "takes a dict of columns"),
        ({"x": [1], "y": [1, 2]}, "Make them equal"),
        ({"x": [[1]]}, "Every element"),
        ({f"column {i}" * 30: [1] * i for i in range(50)}, "Make them equal"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_another_table_is_refused_in_one_line(given, remedy):
    with pytest.raises(InvalidName, match=remedy) as refused:
        values.table_values("m", given)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    "value",
    [0, 1.5, -(2**63), 2**63, 10**30, math.inf, -math.inf, True, None, "", "null", "1", "é\n", {"a": [1]}],
    ids=repr,
)
def test_what_a_store_keeps_is_read_back_with_value_and_type(value):
    kept = values.to_column(value)
    assert kept is None or isinstance(kept, (int, float, str))
    back = values.from_column(kept)
    assert back == value
    assert type(back) is type(value)


def test_nan_is_kept_as_null():
    assert values.to_column(math.nan) is None
    assert math.isnan(values.from_column(None))


def test_every_json_reader_takes_what_goes_over_the_wire():
    value = {"a": [math.nan, math.inf, (-math.inf, 1)], "b": None}
    text = json.dumps(values.to_json(value), allow_nan=False)
    assert json.loads(text) == {"a": ["NaN", "Infinity", ["-Infinity", 1]], "b": None}


def series(kind, *read):
    return Series("m", kind, len(read), [(None, 0.0, value) for value in read])


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        (series("number", 1), 1),
        (series("number", 1, 2), [1, 2]),
        (series("text", None), None),
        (series("list", 1), [1]),
        (series("list", 1, 2), [1, 2]),
        (series("row", {"x": 1}), {"x": 1}),
        (series("row", {"x": 1}, {"x": 2}), {"x": [1, 2]}),
        (series("row", {"x": 1}, {"y": 2}), {"x": [1], "y": [2]}),
        (series("table", {"x": [1, 2]}), {"x": [1, 2]}),
        (series("table", {"x": [1, 2]}, {"x": [3]}), {"x": [1, 2, 3]}),
    ],
)
def test_values_are_read_back_in_the_shapes_of_sdk_v1(given, shape):
    assert values.read_back(given) == shape


def test_an_outline_keeps_first_last_and_extremes():
    curve = [math.sin(i / 7) for i in range(10_000)]
    curve[1234], curve[4321] = 50.0, -50.0
    kept = values.outline(curve, 100)
    assert len(kept) <= 100
    assert (kept[0], kept[-1]) == (0, 9999)
    assert {1234, 4321} <= set(kept)
    assert kept == sorted(set(kept))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 100])
def test_few_values_are_their_own_outline(count):
    assert list(values.outline(list(range(count)), 100)) == list(range(count))


@pytest.mark.parametrize("limit", [2, 3, 4, 5, 10, 99])
@pytest.mark.parametrize("value", [math.nan, "text", None, math.inf, 1])
def test_an_outline_keeps_its_limit_whatever_the_values(limit, value):
    kept = values.outline([value] * 1000, limit)
    assert 1 < len(kept) <= limit
    assert (kept[0], kept[-1]) == (0, 999)


def test_an_outline_of_one_or_none_is_the_last_or_none():
    assert (list(values.outline(range(10), 1)), list(values.outline(range(10), 0))) == ([9], [])


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, "text", None])
def test_extremes_are_finite_numbers_wherever_the_others_stand(odd):
    assert values.extremes([odd, 3, odd, -1.5, odd, 7, odd], 0, 7) == (3, 5)
    assert values.extremes([9, odd, odd, -9], 1, 3) == (1, 1)
