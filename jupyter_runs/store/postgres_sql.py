"""The text of a statement as SQLite takes it -> the same for PostgreSQL and psycopg."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from jupyter_runs.store.sql import LOCKED
from jupyter_runs.store.sql_where import LARGEST, NOW

_LARGEST = re.escape(LARGEST)
#: Phrases that the two do not have in common, as patterns, and what PostgreSQL says instead.
_PHRASES = (
    (r"UPDATE clock SET rev = rev \+ 1 RETURNING rev", "SELECT nextval('rev')"),
    # As an array, of which it expects few and goes by the index; of a subquery it expects so many that it reads the whole table.
    (
        r"\bNOT IN \(SELECT value FROM json_each\((\?|:\w+)\)\)",
        r"<> ALL (ARRAY(SELECT jsonb_array_elements_text(CAST(\1 AS jsonb))))",
    ),
    (
        r"\bIN \(SELECT value FROM json_each\((\?|:\w+)\)\)",
        r"= ANY (ARRAY(SELECT jsonb_array_elements_text(CAST(\1 AS jsonb))))",
    ),
    (re.escape(NOW), "CAST(extract(epoch FROM clock_timestamp()) AS float8)"),
    # Numbers among texts.
    (
        rf"CASE WHEN (\S+) <= {_LARGEST} THEN CAST\(\1 AS NUMERIC\) ELSE lower\(\1\) END",
        r'number_or_text(\1) COLLATE "C"',
    ),
    (rf"CASE WHEN (\S+) <= {_LARGEST} THEN CAST\(\1 AS NUMERIC\) END", r"number(\1)"),
    (rf"(\S+) (=|<>|<=|<|>=|>) CAST\(\? AS NUMERIC\) AND \1 <= {_LARGEST}", r"number(\1) \2 ?"),
    (r"\bLIKE \?", "ILIKE ?"),
    # By the index, which does not hold the whole of a long text.
    (r"key = \? AND value = \?", "key = ? AND is_text(value, ?)"),
    # Of two, not of a column.
    (r"\bmax\((\w+|coalesce\([^()]*\)), ", r"greatest(\1, "),
    (r"\bmin\((\w+), ", r"least(\1, "),
    (re.escape(LOCKED), "FOR NO KEY UPDATE"),
)
_PLACES = re.compile(r"(/\* value \*/ )?\?")
_ROWS = re.compile(r"(.* VALUES )(\([^()]*\))( ON CONFLICT .*)?", re.DOTALL)
_NAMED = re.compile(r"(?<![:\w]):([a-z_]+)")


class Translated(NamedTuple):
    """A statement for psycopg."""

    text: str
    #: Positions of the parameters that are values (see `sql.VALUE`).
    values: tuple[int, ...]
    #: An INSERT of one row in three parts, so that it can be one of many rows.
    rows: tuple[str, str, str] | None


@lru_cache(maxsize=1024)
def translated(sql: str) -> Translated:
    """The statement for PostgreSQL; remembered."""
    text = sql
    for pattern, instead in _PHRASES:
        text = re.sub(pattern, instead, text)
    text = text.replace("%", "%%")
    values = tuple(i for i, place in enumerate(_PLACES.finditer(text)) if place[1])
    text = _NAMED.sub(r"%(\1)s", _PLACES.sub("%s", text))
    rows = _ROWS.fullmatch(text)
    return Translated(text, values, None if rows is None else (rows[1], rows[2], rows[3] or ""))
