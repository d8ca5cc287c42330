"""Numbers, durations and instants as people type them into a search.

Everything here returns None for what it cannot read; the one who asks knows what to say about it.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta

#: Seconds in each unit.
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}

_NUMBER = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf(?:inity)?)", re.IGNORECASE)
_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([smhdw])", re.IGNORECASE)
_INSTANT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?P<clock>[0-9]{2}:[0-9]{2})(?P<seconds>:[0-9]{2})?(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?",
    re.IGNORECASE,
)
_INT64 = 2**63


def number(text: str) -> int | float | None:
    """`0.9`, `1e-3`, `-.5`, `inf`. Whole numbers that fit a database stay whole; NaN is none: it compares with nothing."""
    if _NUMBER.fullmatch(text) is None:
        return None
    if text.lstrip("+-").isdecimal() and -_INT64 <= (whole := int(text)) < _INT64:
        return whole
    return float(text)


def duration(text: str) -> float | None:
    """Seconds of `90s`, `10m`, `1.5h`, `4m12s`, `2d`, `1w`; a unit is never left out."""
    parts = _PART.findall(text)
    if not parts or "".join(count + unit for count, unit in parts) != text:
        return None
    return math.fsum(min(float(count), 1e15) * UNITS[unit.lower()] for count, unit in parts)


def span(text: str, now: float) -> tuple[float, float] | None:
    """First instant, and the first one after, of what `text` names, in local time unless it says `Z` or an offset.

    `today`, `yesterday`, a day (`2026-11-01`), a minute or a second (`2026-11-01T14:30`, `2026-11-01 14:30:15Z`).
    """
    try:
        if text.lower() in {"today", "yesterday"}:
            today = datetime.fromtimestamp(now).replace(hour=0, minute=0, second=0, microsecond=0)  # noqa: DTZ006 - local
            first, length = today - timedelta(days=text.lower() == "yesterday"), timedelta(days=1)
        elif match := _INSTANT.fullmatch(text):
            first, length = _typed(match)
        else:
            return None
        # Local midnight to local midnight: a day has 23 or 25 hours twice a year.
        return first.timestamp(), (first + length).timestamp()
    except (ValueError, OverflowError, OSError):  # no such day, or before what the platform can count
        return None


def _typed(match: re.Match[str]) -> tuple[datetime, timedelta]:
    day, clock, seconds, zone = match.group("day", "clock", "seconds", "zone")
    if clock is None:
        return datetime.fromisoformat(day), timedelta(days=1)
    zone = "+00:00" if zone in {"Z", "z"} else zone or ""
    if zone and ":" not in zone:
        zone = f"{zone[:3]}:{zone[3:]}"
    return datetime.fromisoformat(f"{day}T{clock}{seconds or ':00'}{zone}"), timedelta(seconds=1 if seconds else 60)
