"""The tree that a search text becomes: terms in groups, and an order. Whoever answers a search reads this, and no text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Term:
    """One condition.

    field: text | status | is | experiment | name | description | submitted_by | run_id | parent | tag | property | param | metric |
    metric.min | metric.max | created_at | started_at | ended_at | duration | notebook | git.
    """

    field: str
    #: Text, or the number that a comparison takes; instants are seconds since the epoch, durations seconds.
    value: str | int | float
    #: Key of a tag, property or param, name of a metric; "" for all other fields.
    key: str = ""
    #: has (key exists) | is (equal as text) | starts | contains | = != < <= > >= (as numbers)
    op: str = "contains"
    negated: bool = False


@dataclass(frozen=True)
class Group:
    """Conditions that hold together, or of which one is enough. An empty group holds for every run."""

    parts: tuple[Term | Group, ...]
    either: bool = False
    negated: bool = False

    def terms(self) -> Iterator[Term]:
        """All terms in it, in the order of the text."""
        for part in self.parts:
            if isinstance(part, Group):
                yield from part.terms()
            else:
                yield part


@dataclass(frozen=True)
class Sort:
    """The order of the answer; runs without the value come last either way.

    field: created_at | started_at | ended_at | duration | name | experiment | number | status | submitted_by | tag | property | param |
    metric | metric.min | metric.max.
    """

    field: str
    key: str = ""
    descending: bool = False
