"""Points of one series as columns: how many of them are held in memory."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_runs.values import from_column

if TYPE_CHECKING:
    from collections.abc import Sequence

#: (seq, step, at, value), as the table has them.
Row = tuple[int, "float | None", float, Any]


@dataclass
class Columns:
    """Consecutive or chosen points of one series in the order of logging, each value as its column in the table has it."""

    #: Positions in the series.
    index: Sequence[int]
    #: Positions in the log of the store.
    seqs: Sequence[int]
    #: NaN where a point has no step.
    steps: Sequence[float]
    ats: Sequence[float]
    #: All floats (NaN for NULL), all integers, or a list of anything.
    values: array[float] | array[int] | list[Any]

    def __len__(self) -> int:
        return len(self.index)

    def take(self, chosen: Sequence[int]) -> Columns:
        """The points at these positions, in that order."""
        if isinstance(chosen, range):
            part = slice(chosen.start, chosen.stop)
            return Columns(self.index[part], self.seqs[part], self.steps[part], self.ats[part], self.values[part])
        values = [self.values[i] for i in chosen]
        return Columns(
            [self.index[i] for i in chosen],
            array("q", (self.seqs[i] for i in chosen)),
            array("d", (self.steps[i] for i in chosen)),
            array("d", (self.ats[i] for i in chosen)),
            array(self.values.typecode, values) if isinstance(self.values, array) else values,
        )

    def axis(self, name: str) -> Sequence[float]:
        """Where the points are on the axis `step` or `time`; a point without a step is at its position in the series."""
        if name == "time":
            return self.ats
        return [i if s != s else s for i, s in zip(self.index, self.steps, strict=True)]  # noqa: PLR0124 - NaN

    def points(self) -> list[tuple[float | None, float, Any]]:
        """(step, at, value) as they are given out."""
        steps = [None if s != s else s for s in self.steps]  # noqa: PLR0124 - NaN
        values = self.values if isinstance(self.values, array) else [from_column(v) for v in self.values]
        return list(zip(steps, self.ats, values, strict=True))


def from_rows(start: int, rows: Sequence[Row]) -> Columns:
    """Rows of the table, the first of which is at position `start` in its series."""
    if not rows:
        return Columns(range(start, start), array("q"), array("d"), array("d"), [])
    seqs, steps, ats, values = zip(*rows, strict=True)
    return Columns(
        range(start, start + len(rows)),
        array("q", seqs),
        array("d", [math.nan if s is None else s for s in steps]),
        array("d", ats),
        compact(values),
    )


def compact(values: Sequence[Any]) -> array[float] | array[int] | list[Any]:
    """Values in the smallest form that keeps what they are."""
    kinds = set(map(type, values))
    if kinds == {float}:
        return array("d", values)
    if kinds == {int}:
        return array("q", values)
    if kinds == {float, type(None)}:
        return array("d", [math.nan if v is None else v for v in values])
    return list(values)


def joined(parts: Sequence[Columns]) -> Columns:
    """One after the other."""
    if len(parts) == 1:
        return parts[0]
    index: list[int] = []
    seqs, steps, ats = array("q"), array("d"), array("d")
    for part in parts:
        index.extend(part.index)
        seqs.extend(part.seqs)
        steps.extend(part.steps)
        ats.extend(part.ats)
    codes = {part.values.typecode if isinstance(part.values, array) else "" for part in parts}
    values: Any = array(codes.pop()) if len(codes) == 1 and "" not in codes else []
    for part in parts:
        values.extend(part.values)
    return Columns(index, seqs, steps, ats, values)
