"""Values in columns of type json: what `values.to_column` gives goes in, and just that comes out."""

from __future__ import annotations

import json
import math
from typing import Any

from psycopg.adapt import Dumper, Loader

_INT64 = 2**63


class Value:
    """A parameter that is a value."""

    __slots__ = ("column",)

    def __init__(self, column: Any) -> None:
        self.column = column


def text_of(column: Any) -> str:
    """A value, not None, as its column holds it: numbers as they are, texts as JSON strings (some have NaNs in them, and JSON has none)."""
    if isinstance(column, str):
        return json.dumps(column)
    if isinstance(column, float) and math.isinf(column):
        return "1e999" if column > 0 else "-1e999"
    return repr(column)


class ValueDumper(Dumper):
    """A `Value` as a parameter."""

    def dump(self, obj: Value) -> bytes | None:
        return None if obj.column is None else text_of(obj.column).encode()


class ValueLoader(Loader):
    """A column of type json as a value."""

    def load(self, data: Any) -> Any:
        text = bytes(data).decode()
        if text[0] == '"':
            return json.loads(text)
        if text.lstrip("-").isdecimal():
            return int(text)
        return float(text)


class FloatDumper(Dumper):
    """A float as one: a plain literal is a `numeric`, which is slower. Without the sign of a zero, which SQLite does not keep either."""

    oid = 701

    def dump(self, obj: float) -> bytes:
        return repr(obj + 0.0).encode()

    def quote(self, obj: float) -> bytes:
        return b"'%s'::float8" % repr(obj + 0.0).encode()
