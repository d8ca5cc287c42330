"""`--lr 0.1 --epochs=3 --verbose` as parameters, so that runs can be found and compared by them."""

from __future__ import annotations

import re

from jupyter_runs import names

_OPTION = re.compile(r"--?(?P<key>[A-Za-z_][\w.-]*)(?:=(?P<value>.*))?", re.DOTALL)


def params(arguments: list[str]) -> dict[str, str]:
    """The options among `arguments` with their values; one without a value is `True`, values that are too long to keep are left out."""
    found: dict[str, str] = {}
    at = 0
    while at < len(arguments):
        option = _OPTION.fullmatch(arguments[at])
        at += 1
        if option is None:
            continue
        value = option["value"]
        if value is None:
            is_value = at < len(arguments) and (not arguments[at].startswith("-") or _is_number(arguments[at]))
            value = arguments[at] if is_value else "True"
            at += is_value
        if len(value) <= names.MAX_VALUE:
            found[option["key"]] = value
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
