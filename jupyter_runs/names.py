"""Rules for names, keys and texts that users give; each breach is one line that states the rule and the remedy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jupyter_runs.errors import InvalidName, shorten, show

_EXPERIMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}")
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,254}")
MAX_KEY = 256
MAX_VALUE = 5000
MAX_NAME = 256
MAX_DESCRIPTION = 5000


def experiment(name: object) -> str:
    """An experiment name as Azure ML SDK v1 takes it: 1 to 255 letters, digits, `_` and `-`, the first a letter or digit."""
    if isinstance(name, str) and _EXPERIMENT.fullmatch(name):
        return name
    hint = ""
    if isinstance(name, str) and (better := re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-_")[:255]):
        hint = f" Try {shorten(better)!r}."
    raise InvalidName(
        f"{show(name)} cannot name an experiment: use 1 to 255 letters, digits, '_' and '-', "
        f"beginning with a letter or digit.{hint}"
    )


def run_id(value: object) -> str:
    """A run id given by the caller: 1 to 255 letters, digits, `_`, `.` and `-`, the first a letter or digit."""
    if isinstance(value, str) and _RUN_ID.fullmatch(value):
        return value
    raise InvalidName(
        f"{show(value)} cannot be a run id: use 1 to 255 letters, digits, '_', '.' and '-', beginning with a letter or digit."
    )


def _key(kind: str, key: object) -> str:
    if not isinstance(key, str) or not key.strip():
        raise InvalidName(f"A {kind} key is text of 1 to {MAX_KEY} characters, not {show(key)}. Give it a name.")
    if len(key) > MAX_KEY:
        raise InvalidName(f"The {kind} key {shorten(key)!r} has {len(key)} characters; use at most {MAX_KEY}.")
    return key


def _text(kind: str, key: str, value: object) -> str:
    try:
        text = value if isinstance(value, str) else str(value)
    except Exception as error:
        raise InvalidName(
            f"The value of {kind} {shorten(key)!r} cannot be written as text ({type(error).__name__}). Give it as text."
        ) from error
    if len(text) > MAX_VALUE:
        raise InvalidName(
            f"The value of {kind} {shorten(key)!r} has {len(text)} characters; use at most {MAX_VALUE}, or log it as a metric."
        )
    return text


def tags(items: object) -> dict[str, str | None]:
    """Tags from a dict, or one key; values become text, None stays (a plain tag)."""
    if isinstance(items, str):
        items = {items: None}
    if not isinstance(items, Mapping):
        raise InvalidName(
            f"Tags are a dict of texts or one key, not a {type(items).__name__}, e.g. {{'quality': 'good'}}."
        )
    return {_key("tag", k): None if v is None else _text("tag", str(k), v) for k, v in items.items()}


def fixed(items: object, kind: str) -> dict[str, str]:
    """Properties or params from a dict; values become text."""
    if not isinstance(items, Mapping):
        raise InvalidName(
            f"{kind.capitalize()} items are a dict, not a {type(items).__name__}, e.g. {{'author': 'me'}}."
        )
    return {_key(kind, k): _text(kind, str(k), v) for k, v in items.items()}


def display_name(name: object) -> str:
    """A display name: 1 to 256 characters."""
    if not isinstance(name, str) or not name.strip():
        raise InvalidName(f"A run's name is text of 1 to {MAX_NAME} characters, not {show(name)}.")
    if len(name) > MAX_NAME:
        raise InvalidName(f"The name {shorten(name)!r} has {len(name)} characters; use at most {MAX_NAME}.")
    return name


def description(text: object) -> str:
    """A description: at most 5000 characters; None is empty."""
    value = "" if text is None else text
    if not isinstance(value, str):
        raise InvalidName(f"A description is text, not a {type(text).__name__}.")
    if len(value) > MAX_DESCRIPTION:
        raise InvalidName(f"The description has {len(value)} characters; use at most {MAX_DESCRIPTION}.")
    return value


def filter_pairs(what: str, items: Any, exists: object) -> dict[str, object]:
    """The `tags=` and `properties=` of get_runs: one key (exists) or a dict (all equal)."""
    if items is None:
        return {}
    if isinstance(items, str):
        return {items: exists}
    if isinstance(items, Mapping):
        return {str(k): v if v is None else str(v) for k, v in items.items()}
    raise InvalidName(f"{what}= is a key or a dict of keys and values, not a {type(items).__name__}.")
