"""What a request says, checked: every wrong value is a 400 that names it and tells what is expected."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_runs.errors import JupyterRunsError, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class BadRequest(JupyterRunsError, ValueError):
    """The request cannot be understood."""

    http_status = 400


class UnknownWorkspace(JupyterRunsError, LookupError):
    """There is no such workspace."""

    http_status = 404

    def __init__(self, key: str) -> None:
        super().__init__(
            f"No workspace {shorten(key)!r} on this server: it was never opened here, or its files are gone. "
            "Leave `workspace` out for the server's own; `/status` lists those that are known."
        )


class UnknownRoute(JupyterRunsError, LookupError):
    """There is no such route. `openapi.yaml` lists those that are there."""

    http_status = 404


class UnknownExperiment(JupyterRunsError, LookupError):
    """There is no such experiment."""

    http_status = 404

    def __init__(self, name: str) -> None:
        super().__init__(
            f"No experiment {shorten(name)!r} in this workspace. `/experiments` lists those that are there."
        )


class OutsideRoot(JupyterRunsError):
    """A path leads out of the server's folder."""

    http_status = 403

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{shorten(path)!r} is not in the folder that this server serves. Give a path relative to that folder."
        )


class OtherVersion(JupyterRunsError):
    """Client and server do not understand each other."""

    http_status = 409

    def __init__(self, theirs: str | None, ours: str) -> None:
        super().__init__(
            f"The server speaks version {ours} of the protocol between workspaces, the client version {shorten(str(theirs))}. "
            "`pip install -U jupyter_runs` where it is older; nothing was changed."
        )


class CannotForce(JupyterRunsError):
    """There is nothing here that could be killed for the run."""

    http_status = 409


class NoSource(JupyterRunsError, LookupError):
    """The run has no such source."""

    http_status = 404


class TooLong(JupyterRunsError):
    """There is more of it than is shown."""

    http_status = 413


class RangeMissed(JupyterRunsError):
    """The range begins behind the end of the file."""

    http_status = 416

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(
            f"The range begins behind the end of the file, which has {size} bytes. Ask for less, or without Range."
        )


@dataclass(frozen=True)
class Field:
    """One field of a body: whether a value may stand there, and what to say when it may not."""

    accepts: Callable[[Any], bool]
    expected: str


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_text_or_null(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_tags(value: object) -> bool:
    return isinstance(value, dict) and all(_is_text_or_null(v) for v in value.values())


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(_is_text(v) for v in value)


#: From where a cancel may be said to come; the others are not requests.
VIAS = ("panel", "sidebar", "rest")

RUN_FIELDS = {
    "name": Field(_is_text, "text of 1 to 256 characters"),
    "description": Field(_is_text_or_null, "text of at most 5000 characters, or null"),
}
CANCEL_FIELDS = {"via": Field(lambda value: isinstance(value, str) and value in VIAS, " or ".join(VIAS))}
TAGS_FIELDS = {
    "set": Field(_is_tags, 'an object of texts or nulls, e.g. {"quality": "good"}'),
    "remove": Field(_is_texts, 'a list of keys, e.g. ["quality"]'),
}
GC_FIELDS = {
    "older_than_days": Field(
        lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0, "days from 0 on"
    ),
    "dry_run": Field(lambda value: isinstance(value, bool), "true or false"),
}
EXPORT_FIELDS = {
    "experiment": Field(_is_text, "the name of one"),
    "ids": Field(_is_texts, "a list of ids of runs"),
}
IMPORT_FIELDS = {
    "path": Field(_is_text, "exchange/RANDOM.zip, as it was sent"),
    "name": Field(_is_text, "the name of an experiment"),
}
TREE_FIELDS = {
    "paths": Field(
        lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value), "a list of paths of files"
    )
}
TOKEN_FIELDS = {
    "seconds": Field(
        lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and 1 <= value <= 90 * 86_400,
        "a number of seconds from 1 to 7776000 (90 days)",
    )
}


#: What may be done to many runs at once, and to how many.
BULK = ("archive", "reactivate", "delete", "restore", "cancel", "tag")
MAX_BULK = 500


def _is_ids(value: object) -> bool:
    return isinstance(value, list) and _is_texts(value) and 0 < len(value) <= MAX_BULK


BULK_FIELDS = {
    "action": Field(lambda value: isinstance(value, str) and value in BULK, " or ".join(BULK)),
    "ids": Field(_is_ids, f"a list of 1 to {MAX_BULK} ids of runs"),
    **TAGS_FIELDS,
    **CANCEL_FIELDS,
}


def _is_arguments(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(v, (str, int, float)) and not isinstance(v, bool) for v in value)
    return isinstance(value, str)


def _is_variables(value: object) -> bool:
    return isinstance(value, dict) and _is_texts(list(value.values()))


def _is_seconds(value: object) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


SUBMIT_FIELDS = {
    "source_directory": Field(_is_text, "the path of a folder, relative to the server's"),
    "script": Field(_is_text, "the path of a script or notebook, relative to source_directory"),
    "arguments": Field(
        _is_arguments, 'a list of texts and numbers, e.g. ["--lr", 0.1], or text that is split as a shell does'
    ),
    "compute_target": Field(_is_text, "the name of a target; `/targets` lists them"),
    "experiment": Field(_is_text, "the name of an experiment"),
    "tags": Field(_is_tags, 'an object of texts or nulls, e.g. {"quality": "good"}'),
    "name": Field(_is_text_or_null, "text of 1 to 256 characters"),
    "max_run_duration_seconds": Field(_is_seconds, "a number of seconds, or null for no limit"),
    "environment_variables": Field(_is_variables, 'an object of texts, e.g. {"OMP_NUM_THREADS": "2"}'),
}
EXPERIMENT_FIELDS = {
    "archived": Field(lambda value: isinstance(value, bool), "true or false"),
    "tags": Field(_is_tags, 'an object of texts or nulls, e.g. {"team": "vision"}'),
    "remove": Field(_is_texts, 'a list of keys, e.g. ["team"]'),
}


def parse_body(raw: bytes, fields: Mapping[str, Field], *, required: bool = True) -> dict[str, Any]:
    """The JSON object in `raw`, with no fields but `fields`; `{}` for an empty body that is not required."""
    expected = f"a JSON object with {' and '.join(fields)}" if fields else "no body, or {}"
    if not raw.strip():
        if required:
            raise BadRequest(f"The request has no body: expected {expected}.")
        return {}
    try:
        data = json.loads(raw)
        # A lone surrogate is JSON but no text: no store could keep it.
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is not JSON ({shorten(str(error), 100)}): expected {expected}.") from None
    if not isinstance(data, dict):
        raise BadRequest(f"The body is {shorten(repr(data))}: expected {expected}.")
    for name, value in data.items():
        if name not in fields:
            raise BadRequest(f"Unknown field {shorten(name)!r}: expected {expected}.")
        if not fields[name].accepts(value):
            raise BadRequest(f"Field {name!r}: expected {fields[name].expected}, not {shorten(json.dumps(value))}.")
    return data


def parse_int(name: str, text: str | None, default: int, low: int | None = None, high: int | None = None) -> int:
    """A whole number from `low` to `high`; `default` when there is no text."""
    if text is None:
        return default
    wanted = "a whole number" if low is None else f"a whole number from {low} to {high}"
    # More digits than a store can count are a mistake, too.
    value = int(text) if len(text) <= 19 and text.isascii() and text.removeprefix("-").isdecimal() else None
    if value is None or (low is not None and value < low) or (high is not None and value > high):
        raise BadRequest(f"Query value {name}={shorten(text)!r}: expected {wanted}.")
    return value


def parse_number(name: str, text: str | None) -> float | None:
    """A finite number; None when there is no text."""
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadRequest(f"Query value {name}={shorten(text)!r}: expected a number.")
    return value


def parse_word(name: str, text: str | None, words: tuple[str, ...]) -> str:
    """One of `words`; the first when there is no text."""
    if text is None:
        return words[0]
    if text not in words:
        raise BadRequest(f"Query value {name}={shorten(text)!r}: expected {' or '.join(words)}.")
    return text


def parse_flag(name: str, text: str | None) -> bool:
    """True for `1`, False when there is no text."""
    if text not in {None, "1"}:
        raise BadRequest(f"Query value {name}={shorten(text or '')!r}: expected 1, or leave it out.")
    return text == "1"


def parse_choice(name: str, text: str | None, *, default: bool) -> bool:
    """True for `1`, False for `0`; `default` when there is no text."""
    if text not in {None, "0", "1"}:
        raise BadRequest(f"Query value {name}={shorten(text or '')!r}: expected 1 or 0, or leave it out.")
    return default if text is None else text == "1"


def parse_ids(name: str, text: str, most: int) -> list[str]:
    """Ids with commas between them, each once."""
    ids = list(dict.fromkeys(part for part in text.split(",") if part))
    if len(ids) > most:
        raise BadRequest(f"Query value {name} has {len(ids)} ids: expected at most {most}.")
    return ids
