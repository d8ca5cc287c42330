"""Points of one series as columns: how many of them are held in memory, and how they are sealed into bytes."""

from __future__ import annotations

import math
import sys
import zlib
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_runs.values import extremes, from_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    #: (step, at, value), as the table has them.
    Row = tuple[float | None, float, Any]
    Values = array[float] | array[int] | list[Any]

#: What the first byte of sealed points says: they have steps; values are integers; some are.
_STEPS, _INTEGERS, _MIXED = 1, 2, 4


@dataclass
class Columns:
    """Points of one series in the order of logging, each value as its column in the table has it."""

    #: Positions in the series.
    index: Sequence[int]
    #: NaN where a point has no step.
    steps: array[float]
    ats: array[float]
    #: All floats (NaN for NULL), all integers, or a list of anything.
    values: Values

    def __len__(self) -> int:
        return len(self.index)

    def take(self, chosen: Sequence[int]) -> Columns:
        """The points at these positions, in that order."""
        if isinstance(chosen, range):
            part = slice(chosen.start, chosen.stop)
            return Columns(self.index[part], self.steps[part], self.ats[part], self.values[part])
        values = [self.values[i] for i in chosen]
        return Columns(
            [self.index[i] for i in chosen],
            array("d", [self.steps[i] for i in chosen]),
            array("d", [self.ats[i] for i in chosen]),
            array(self.values.typecode, values) if isinstance(self.values, array) else values,
        )

    def axis(self, name: str) -> Sequence[float]:
        """Where the points are on the axis `step` or `time`; a point without a step is at its position in the series."""
        if name == "time":
            return self.ats
        return [i if math.isnan(s) else s for i, s in zip(self.index, self.steps, strict=True)]

    def extremes(self) -> tuple[int, int]:
        """Positions of the smallest and the largest number; see `values.extremes`."""
        return extremes(self.values, 0, len(self))

    def rows(self) -> list[Row]:
        """As the table has them."""
        values = [None if v != v else v for v in self.values]  # noqa: PLR0124 - the fastest test for NaN
        return list(zip(self._steps(), self.ats, values, strict=True))

    def placed(self) -> list[tuple[int, float | None, float, Any]]:
        """As the table has them, each behind its position in the series."""
        return [(i, *row) for i, row in zip(self.index, self.rows(), strict=True)]

    def points(self) -> list[tuple[float | None, float, Any]]:
        """As they are given out."""
        values = self.values if isinstance(self.values, array) else [from_column(v) for v in self.values]
        return list(zip(self._steps(), self.ats, values, strict=True))

    def _steps(self) -> Iterable[float | None]:
        return [None if s != s else s for s in self.steps]  # noqa: PLR0124 - the fastest test for NaN


def columns(index: Sequence[int], rows: Sequence[Row]) -> Columns:
    """Rows of the table, and their positions in the series."""
    steps, ats, values = zip(*rows, strict=True) if rows else ((), (), ())
    return Columns(
        index,
        array("d", [math.nan if s is None else s for s in steps]),
        array("d", ats),
        _compact(values),
    )


def _compact(values: Sequence[Any]) -> Values:
    """Values in the smallest form that keeps what they are."""
    kinds = set(map(type, values))
    if kinds == {float}:
        return array("d", values)
    if kinds == {int}:
        return array("q", values)
    if kinds <= {float, type(None)}:
        return array("d", [math.nan if v is None else v for v in values])
    return list(values)


def joined(parts: Sequence[Columns]) -> Columns:
    """One after the other."""
    if len(parts) == 1:
        return parts[0]
    codes = {part.values.typecode if isinstance(part.values, array) else "" for part in parts}
    values: Any = array(codes.pop()) if len(codes) == 1 and "" not in codes else []
    whole = Columns([], array("d"), array("d"), values)
    index: list[int] = []
    for part in parts:
        index.extend(part.index)
        whole.steps.extend(part.steps)
        whole.ats.extend(part.ats)
        values.extend(part.values)
    whole.index = index
    return whole


def seal(seqs: array[int], points: Columns) -> bytes | None:
    """The points with their places in the store's log as bytes; None when a value is no number, or one that a row must hold."""
    flags = 0
    parts: list[array[Any]] = [seqs, points.ats]
    if any(s == s for s in points.steps):  # noqa: PLR0124 - the fastest test for NaN
        flags |= _STEPS
        parts.append(points.steps)
    kinds = b""
    if isinstance(points.values, array):
        flags |= _INTEGERS if points.values.typecode == "q" else 0
        parts.append(points.values)
    elif set(map(type, points.values)) <= {int, float, type(None)}:
        flags |= _MIXED
        kinds = bytes(isinstance(v, int) for v in points.values)
        parts.append(array("d", [math.nan if v is None else 0.0 if isinstance(v, int) else v for v in points.values]))
        parts.append(array("q", [v if isinstance(v, int) else 0 for v in points.values]))
    else:
        return None
    return bytes([flags]) + zlib.compress(b"".join(_planes(part) for part in parts) + kinds, 1)


def unseal(start: int, count: int, data: bytes) -> tuple[array[int], Columns]:
    """What `seal` took."""
    flags, body = data[0], memoryview(zlib.decompress(data[1:]))
    size = 8 * count
    rest = iter(range(0, len(body), size))

    def column(code: str) -> Any:
        at = next(rest)
        return _whole(code, body[at : at + size])

    seqs, ats = column("q"), column("d")
    steps = column("d") if flags & _STEPS else array("d", [math.nan]) * count
    values = column("q" if flags & _INTEGERS else "d")
    if flags & _MIXED:
        integers = column("q")
        kinds = body[next(rest) :]
        values = [i if is_integer else f for f, i, is_integer in zip(values, integers, kinds, strict=True)]
    return seqs, Columns(range(start, start + count), steps, ats, values)


def _planes(column: array[Any]) -> bytes:
    """The first bytes of all numbers, then the second bytes, and so on: alike ones stand together, which compresses well."""
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    data = column.tobytes()
    return b"".join([data[i::8] for i in range(8)])


def _whole(code: str, planes: memoryview) -> array[Any]:
    count = len(planes) // 8
    data = bytearray(len(planes))
    for i in range(8):
        data[i::8] = planes[i * count : (i + 1) * count]
    column = array(code, bytes(data))
    if sys.byteorder == "big":
        column.byteswap()
    return column
