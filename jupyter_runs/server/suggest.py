"""Completions of a search text: what could stand in place of its last word.

The words are those of `search_terms`; keys, values and names are what the store's runs have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_runs.model import CANCEL_REQUESTED, NOT_RESPONDING, Status
from jupyter_runs.search import MAX_TEXT
from jupyter_runs.search_terms import FIELDS, IS_WORDS, SORTS, quote, unquote
from jupyter_runs.server.base import RunsHandler
from jupyter_runs.server.requests import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jupyter_runs.server.base import Json
    from jupyter_runs.server.stores import OpenWorkspace
    from jupyter_runs.store.base import Store

MOST = 20
_FIELD = re.compile(r"(?P<name>[a-z]+(?:\.[a-z]*)?):(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_PAIR = re.compile(r"(?P<key>(?:\"[^\"]*\"|[^\"=^<>!])*)(?P<op>\^=|!=|=)(?P<value>.*)", re.DOTALL)
#: A value that is read back as it is without quotes.
_PLAIN = re.compile(r"[^\s\"(),]+")
_PLAIN_KEY = re.compile(r"[^\s\"()=^<>!]+")
STATUSES = ("active", *(s.value.lower() for s in Status), CANCEL_REQUESTED.lower(), NOT_RESPONDING.lower())
_INSTANTS = ("today", "yesterday", "<1h", "<1d", "<7d")
#: Words that can be offered without a look at the runs; field as meant -> words.
_WORDS = {
    "is": IS_WORDS,
    "created_at": _INSTANTS,
    "started_at": _INSTANTS,
    "ended_at": _INSTANTS,
    "duration": (">1m", ">10m", ">1h", ">1d", "<1m"),
}
METRICS = ("metric", "metric.min", "metric.max")
KEYED = ("tag", "property", "param", *METRICS)
#: Field as meant -> what the store calls it.
NAMES = {"experiment": "experiment", "submitted_by": "submitted_by"}


@dataclass(frozen=True)
class Offer:
    """A completion of the last word, and how many runs have it where that is known."""

    text: str
    count: int | None = None


class SuggestHandler(RunsHandler):
    """Completions of a search text."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        text = self.get_query_argument("q", "", strip=False)
        limit = self.integer("limit", MOST, 1, MOST)
        if len(text) > MAX_TEXT:
            raise BadRequest(f"Query value q has {len(text)} characters: expected at most {MAX_TEXT}.")

        def work(workspace: OpenWorkspace) -> Json:
            at = last_word(text)
            found = list(_first(offers(workspace.store, text[at:]), limit))
            where = [_units(text[:at]), _units(text)]
            return {
                "suggestions": [
                    {"text": one.text, "label": one.text, "count": one.count, "replace": where} for one in found
                ]
            }

        await self.answer(work)


def last_word(text: str) -> int:
    """Where the last word begins, after the minus and the parentheses before it; the end of the text after a blank."""
    at, is_quoted = 0, False
    for position, character in enumerate(text):
        if character == '"':
            is_quoted = not is_quoted
        elif character.isspace() and not is_quoted:
            at = position + 1
    while at < len(text) and text[at] in "-(":
        at += 1
    return at


def offers(store: Store, word: str) -> Iterator[Offer]:
    """What could stand in place of `word`, the best first."""
    match = _FIELD.fullmatch(word)
    if match is None or match["name"].lower() not in FIELDS:
        yield from _of_free_word(store, word)
        return
    name, rest = match["name"].lower(), match["rest"]
    field = FIELDS[name]
    if field == "status":
        yield from _statuses(store, name, rest)
    elif field in _WORDS:
        yield from (Offer(f"{name}:{one}") for one in _WORDS[field] if one.startswith(rest.lower()))
    elif field in KEYED:
        yield from _pairs(store, name, field, rest)
    elif field == "sort":
        yield from _sorts(store, name, rest)
    elif field in NAMES:
        if field == "submitted_by" and "me".startswith(rest.lower()):
            yield Offer(f"{name}:me")
        found = store.suggest(NAMES[field], _bare(rest))
        yield from (Offer(f"{name}:{as_value(value)}", count) for value, count in found)


def _of_free_word(store: Store, word: str) -> Iterator[Offer]:
    """Fields, and what a person may mean who does not know of fields."""
    if '"' in word:
        return
    meant = set()
    for name, field in FIELDS.items():
        if name.startswith(word.lower()) and field not in meant:
            meant.add(field)
            yield Offer(f"{name}:")
    if not word:
        return
    yield from (one for one in _statuses(store, "status", word) if one.count)
    for name, kind in (("exp", "experiment"), ("tag", "tag"), ("param", "param"), ("metric", "metric")):
        quoted = as_value if name == "exp" else as_key
        yield from (
            Offer(f"{name}:{quoted(one)}", n)
            for one, n in store.suggest(kind, word)
            if one.lower().startswith(word.lower())
        )


def _statuses(store: Store, name: str, rest: str) -> Iterator[Offer]:
    """After a comma another status."""
    before, comma, part = rest.rpartition(",")
    counts = {status.lower(): count for status, count in store.suggest("status", "")}
    finals = {s.value.lower() for s in Status if s.is_final}
    counts["active"] = sum(count for status, count in counts.items() if status not in finals)
    taken = {one.lower() for one in before.split(",")}
    for status in STATUSES:
        if status.startswith(part.lower()) and status not in taken:
            yield Offer(f"{name}:{before}{comma}{status}", counts.get(status, 0))


def _pairs(store: Store, name: str, field: str, rest: str) -> Iterator[Offer]:
    """Keys; values once the key is there. Of metrics only names: their values are compared, not chosen."""
    kind = "metric" if field in METRICS else field
    pair = _PAIR.fullmatch(rest)
    if pair is not None:
        if kind != "metric":
            yield from _values(
                store, f"{name}:{pair['key']}{pair['op']}", kind, _bare(pair["key"]), _bare(pair["value"])
            )
        return
    if re.search(r"[<>]", rest):
        return
    typed = _bare(rest)
    found = store.suggest(kind, typed)
    yield from (Offer(f"{name}:{as_key(key)}", count) for key, count in found)
    if kind != "metric" and typed in {key for key, _ in found}:
        yield from _values(store, f"{name}:{as_key(typed)}=", kind, typed, "")


def _values(store: Store, beginning: str, kind: str, key: str, typed: str) -> Iterator[Offer]:
    for value, count in store.suggest(kind, typed, key):
        yield Offer(f"{beginning}{as_value(value)}", count)


def _sorts(store: Store, name: str, rest: str) -> Iterator[Offer]:
    minus, word = ("-", rest[1:]) if rest.startswith("-") else ("", rest)
    field, colon, key = word.partition(":")
    if colon:
        kind = FIELDS.get(field.lower(), "")
        if kind in KEYED:
            found = store.suggest("metric" if kind in METRICS else kind, _bare(key))
            yield from (Offer(f"{name}:{minus}{field}:{as_key(one)}", n) for one, n in found)
        return
    keyed = [f"{one}:" for one in FIELDS if FIELDS[one] in KEYED]
    yield from (Offer(f"{name}:{minus}{one}") for one in (*SORTS, *keyed) if one.startswith(word.lower()))


def _first(found: Iterable[Offer], limit: int) -> Iterator[Offer]:
    """Each text once."""
    seen: set[str] = set()
    for one in found:
        if len(seen) == limit:
            return
        if one.text not in seen:
            seen.add(one.text)
            yield one


def _bare(text: str) -> str:
    """What has been typed so far, also without the quote at its end."""
    return unquote(text + '"' * (text.count('"') % 2))


def as_value(text: str) -> str:
    """As a value or a name is written."""
    return text if _PLAIN.fullmatch(text) else quote(text)


def as_key(text: str) -> str:
    """As a key is written."""
    return text if _PLAIN_KEY.fullmatch(text) else quote(text)


def _units(text: str) -> int:
    """Length as JavaScript counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
