"""The search grammar: text -> a checked list of terms. Magic, command line, REST, Python and the sidebar use this one.

    free words        match name, number, id prefix, description, experiment, tag keys and values, submitter
    "quoted phrase"   the same, as one piece
    status:running    a status, or `active` (not ended)
    tag:quality       the key exists;  tag:quality="fantastic run"  and has that value;  tag:quality^=fan  and begins so
    exp:digits        experiment;  name:  desc:  by:  id:  likewise
    -term             excludes

Terms hold together (and). Turning terms into SQL is the store's business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from jupyter_runs.errors import InvalidQuery, shorten
from jupyter_runs.model import CANCEL_REQUESTED, NOT_RESPONDING, Status

#: Databases refuse conditions that are deeper or longer than a few thousand parts.
MAX_TEXT = 1000
#: Fields that a term may name, as typed -> as meant.
FIELDS = {
    "status": "status",
    "tag": "tag",
    "exp": "experiment",
    "experiment": "experiment",
    "name": "name",
    "desc": "description",
    "description": "description",
    "by": "submitted_by",
    "id": "run_id",
}
#: Words for `status:` beside the statuses themselves.
STATUS_WORDS = {
    "active": "active",
    "canceling": CANCEL_REQUESTED,
    "cancelling": CANCEL_REQUESTED,
    "cancelled": Status.CANCELED.value,
}
_STATUSES = {s.lower(): s for s in [*(status.value for status in Status), CANCEL_REQUESTED, NOT_RESPONDING]}

_TOKEN = re.compile(r"""\s*(?P<minus>-)?(?:(?P<field>[A-Za-z]+):)?(?P<rest>(?:"[^"]*"|[^\s"])*)""")
_TAG = re.compile(r"""(?P<key>"[^"]*"|[^=^]+)(?:(?P<op>\^?=)(?P<value>.*))?$""", re.DOTALL)


@dataclass(frozen=True)
class Term:
    """One condition. field: text | status | tag | experiment | name | description | submitted_by | run_id."""

    field: str
    value: str
    #: Key of a tag; "" for all other fields.
    key: str = ""
    #: has (key exists) | is (equal) | starts | contains
    op: str = "contains"
    negated: bool = False


@dataclass(frozen=True)
class Query:
    """A parsed search text."""

    text: str
    terms: tuple[Term, ...]


def parse(text: str) -> Query:
    """Parse a search text.

    Raises
    ------
    InvalidQuery : names the token and what was expected there.
    """
    if len(text) > MAX_TEXT:
        raise InvalidQuery(f"The search text has {len(text)} characters; use at most {MAX_TEXT}.")
    if text.count('"') % 2:
        raise InvalidQuery(f'The quote at {shorten(text[text.rindex(chr(34)) :])!r} is never closed: add a second ".')
    terms: list[Term] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:  # every part of the pattern may be empty, so this cannot be
            break
        at = match.end()
        token = match[0].strip()
        terms.append(_term(match["field"], match["rest"], negated=bool(match["minus"]), token=token))
    return Query(text, tuple(terms))


def _term(name: str | None, rest: str, *, negated: bool, token: str) -> Term:
    if name is None or (name.lower() not in FIELDS and rest.startswith("//")):
        word = _unquote(rest if name is None else f"{name}:{rest}")
        if not word:
            raise InvalidQuery(f"Nothing follows {token!r}: write a word after it, or remove it.")
        return Term("text", word, negated=negated)
    field = FIELDS.get(name.lower())
    if field is None:
        raise InvalidQuery(f"Unknown field {name!r} in {token!r}: expected one of {', '.join(sorted(FIELDS))}.")
    if not rest:
        raise InvalidQuery(f"Nothing follows {token!r}: expected a value, e.g. {name}:{_EXAMPLE[field]}.")
    if field == "status":
        return Term(field, _status(_unquote(rest), token), op="is", negated=negated)
    if field == "tag":
        return _tag(rest, token, negated=negated)
    op = {"run_id": "starts", "experiment": "is"}.get(field, "contains")
    return Term(field, _unquote(rest), op=op, negated=negated)


_EXAMPLE = {
    "status": "running",
    "tag": "quality",
    "experiment": "digits",
    "name": "sweep",
    "description": "baseline",
    "submitted_by": "me",
    "run_id": "3f9c",
}


def _tag(rest: str, token: str, *, negated: bool) -> Term:
    match = _TAG.match(rest)
    key = _unquote(match["key"]) if match else ""
    if match is None or not key:
        raise InvalidQuery(f"Cannot read {token!r}: expected tag:KEY, tag:KEY=VALUE or tag:KEY^=BEGINNING.")
    op = {None: "has", "=": "is", "^=": "starts"}[match["op"]]
    return Term("tag", _unquote(match["value"] or ""), key=key, op=op, negated=negated)


def _status(word: str, token: str) -> str:
    status = STATUS_WORDS.get(word.lower()) or _STATUSES.get(word.lower())
    if status is None:
        raise InvalidQuery(f"Unknown status in {token!r}: expected active, {', '.join(sorted(_STATUSES))}.")
    return status


def _unquote(text: str) -> str:
    return text.replace('"', "")
