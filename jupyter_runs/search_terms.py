"""What each field of a search takes: one word -> a condition, or the order.

A word of the text is read here on its own; how words are found and joined is the business of `search.py`, how they become SQL
that of the store.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from jupyter_runs import search_values
from jupyter_runs.errors import InvalidQuery, shorten
from jupyter_runs.model import CANCEL_REQUESTED, NOT_RESPONDING, Status
from jupyter_runs.search_tree import Group, Sort, Term

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

#: Fields that a word may name, as typed -> as meant.
FIELDS = {
    "status": "status",
    "is": "is",
    "tag": "tag",
    "prop": "property",
    "property": "property",
    "param": "param",
    "metric": "metric",
    "metric.last": "metric",
    "metric.min": "metric.min",
    "metric.max": "metric.max",
    "exp": "experiment",
    "experiment": "experiment",
    "name": "name",
    "desc": "description",
    "description": "description",
    "by": "submitted_by",
    "id": "run_id",
    "parent": "parent",
    "created": "created_at",
    "started": "started_at",
    "ended": "ended_at",
    "dur": "duration",
    "duration": "duration",
    "notebook": "notebook",
    "git": "git",
    "sort": "sort",
}
#: What stands after the colon, for messages.
EXAMPLES = {
    "status": "running",
    "is": "root",
    "tag": "quality",
    "property": "author=me",
    "param": "lr<=0.01",
    "metric": "acc>0.9",
    "metric.min": "loss<0.1",
    "metric.max": "acc>0.9",
    "experiment": "digits",
    "name": "sweep",
    "description": "baseline",
    "submitted_by": "me",
    "run_id": "3f9c",
    "parent": "#128",
    "created_at": "today",
    "started_at": "<2h",
    "ended_at": ">2026-11-01",
    "duration": ">10m",
    "notebook": "train.ipynb",
    "git": "4be1",
    "sort": "-metric:acc",
}
#: Words for `status:` beside the statuses themselves.
STATUS_WORDS = {
    "active": "active",
    "canceling": CANCEL_REQUESTED,
    "cancelling": CANCEL_REQUESTED,
    "cancelled": Status.CANCELED.value,
}
_STATUSES = {s.lower(): s for s in [*(status.value for status in Status), CANCEL_REQUESTED, NOT_RESPONDING]}
#: Words for `is:`.
IS_WORDS = ("root", "child", "active", "script", "mine", "archived", "deleted")
#: What `sort:` takes without a key; with one: tag, prop, param, metric, metric.min, metric.max.
SORTS = ("created", "started", "ended", "dur", "duration", "name", "exp", "experiment", "number", "status", "by")
_KEYED = ("tag", "property", "param", "metric", "metric.min", "metric.max")

#: A key, and perhaps what it is compared with.
PAIR = re.compile(r"""(?P<key>(?:"[^"]*"|[^"=^<>!]|!(?!=))+)(?:(?P<op>\^=|!=|<=|>=|=|<|>)(?P<value>.*))?""", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_COMPARED = re.compile(r"(?P<op>!=|<=|>=|=|<|>)?(?P<value>.*)", re.DOTALL)
#: Larger numbers are equal only as text: a database would round them.
_EXACT = 2**53


@dataclass(frozen=True)
class Word:
    """A piece of the text without blanks outside quotes."""

    #: As typed, its minus included.
    token: str
    #: Where it begins in the text.
    position: int
    #: The field as typed, None for a free word.
    name: str | None
    rest: str
    negated: bool = False

    @property
    def field(self) -> str:
        """The field as meant; "" for a free word."""
        return "" if self.name is None else FIELDS[self.name.lower()]

    @property
    def is_quoted(self) -> bool:
        """Some of the value stands in quotes, so it is meant as text."""
        return '"' in self.rest

    @property
    def text(self) -> str:
        """The value without its quotes."""
        return unquote(self.rest)

    def refused(self, what: str, expected: str, wrong: str = "", known: Sequence[str] = ()) -> InvalidQuery:
        """The error about this word: what is wrong with it, and what was expected; in place of `wrong` perhaps one of `known`."""
        meant = nearest(wrong, known)
        before, _, after = self.token.rpartition(wrong) if meant else ("", "", "")
        return InvalidQuery(
            f"{what} {shorten(self.token)!r}: expected {expected}.{did_you_mean(meant)}",
            token=self.token,
            position=self.position,
            expected=expected,
            instead=f"{before}{meant}{after}" if meant else "",
        )


class Asker:
    """Who asks, and when: what `me` and `2h ago` mean."""

    def __init__(self, user: str | None = None, now: float | None = None) -> None:
        self._user = user
        self.now = time.time() if now is None else now

    @cached_property
    def user(self) -> str:
        """The name under which this person's runs are kept."""
        if self._user is not None:
            return self._user
        import getpass

        try:
            return getpass.getuser()
        except (KeyError, OSError, ImportError):
            return "unknown"


def read(word: Word, asker: Asker) -> Term | Group | Sort:
    """What one word means.

    Raises
    ------
    InvalidQuery : names the word and what was expected.
    """
    if word.name is None:
        if not word.text:
            raise InvalidQuery(
                f"Nothing follows {shorten(word.token)!r}: write a word after it, or remove it.",
                token=word.token,
                position=word.position,
                expected="a word",
            )
        return Term("text", word.text, negated=word.negated)
    if not (word.rest if word.field in _KEYED else word.text):
        raise word.refused("Nothing follows", f"a value, e.g. {word.name}:{EXAMPLES[word.field]}")
    reader = _READERS.get(word.field)
    if reader is not None:
        return reader(word, asker)
    op = {"run_id": "starts", "experiment": "is", "git": "starts"}.get(word.field, "contains")
    return Term(word.field, word.text, op=op, negated=word.negated)


def unquote(text: str) -> str:
    """`text` as it is meant: without the quotes around its parts; two in a row within a part are one."""
    return _QUOTED.sub(lambda part: part[1].replace('""', '"'), text)


def quote(text: str) -> str:
    """`text` in quotes, as `unquote` reads it back."""
    return '"' + text.replace('"', '""') + '"'


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, whatever its capitals; None when none is close."""
    import difflib

    spelled = {one.lower(): one for one in known}
    close = difflib.get_close_matches(word.lower(), spelled, n=1, cutoff=0.6)
    return spelled[close[0]] if close else None


def did_you_mean(word: str | None) -> str:
    """The end of a message: ` Did you mean tag?`, or nothing."""
    return f" Did you mean {word}?" if word else ""


def _status(word: Word, _asker: Asker) -> Term | Group:
    found = []
    for name in word.text.split(","):
        status = STATUS_WORDS.get(name.lower()) or _STATUSES.get(name.lower())
        if status is None:
            expected = f"active, {', '.join(sorted(_STATUSES))}"
            raise word.refused("Unknown status in", expected, name, (*_STATUSES, *STATUS_WORDS))
        found.append(status)
    if len(found) == 1:
        return Term("status", found[0], op="is", negated=word.negated)
    return Group(tuple(Term("status", status, op="is") for status in found), either=True, negated=word.negated)


def _is(word: Word, asker: Asker) -> Term:
    name = word.text.lower()
    if name not in IS_WORDS:
        raise word.refused("Unknown word in", ", ".join(IS_WORDS), word.text, IS_WORDS)
    if name == "mine":
        return Term("submitted_by", asker.user, op="is", negated=word.negated)
    if name == "active":
        return Term("status", "active", op="is", negated=word.negated)
    return Term("is", name, op="is", negated=word.negated)


def _by(word: Word, asker: Asker) -> Term:
    if word.rest.lower() == "me":
        return Term("submitted_by", asker.user, op="is", negated=word.negated)
    return Term("submitted_by", word.text, negated=word.negated)


def _parent(word: Word, _asker: Asker) -> Term:
    digits = word.text.removeprefix("#")
    if not word.text.startswith("#"):
        return Term("parent", word.text, op="starts", negated=word.negated)
    number = search_values.number(digits) if digits.isascii() and digits.isdecimal() else None
    if not isinstance(number, int):
        raise word.refused("Cannot read", "the number of a run, e.g. parent:#128, or the beginning of its id")
    return Term("parent", number, op="=", negated=word.negated)


def _pair(word: Word, _asker: Asker) -> Term | Group:
    """A tag, property or param: there, equal, beginning so, or compared as a number."""
    match = PAIR.fullmatch(word.rest)
    key = unquote(match["key"]) if match else ""
    name = str(word.name).lower()
    if match is None or not key:
        raise word.refused("Cannot read", f"{name}:KEY, {name}:KEY=VALUE, {name}:KEY^=BEGINNING or {name}:KEY<NUMBER")
    op, raw = match["op"], match["value"] or ""
    value = unquote(raw)
    if op is None:
        return Term(word.field, "", key=key, op="has", negated=word.negated)
    if op == "^=":
        return Term(word.field, value, key=key, op="starts", negated=word.negated)
    if op not in {"=", "!="}:
        return Term(word.field, _number(word, value), key=key, op=op, negated=word.negated)
    number = None if word.field == "tag" or '"' in raw else search_values.number(value)
    if number is not None and abs(number) < _EXACT:
        # Params and properties are kept as text: 0.01 is also found as 1e-2.
        equal = Term(word.field, number, key=key, op="=")
    else:
        equal = Term(word.field, value, key=key, op="is")
    return _equal_or_not(equal, differs=op == "!=", negated=word.negated)


def _equal_or_not(equal: Term, *, differs: bool, negated: bool) -> Term | Group:
    """`=`, or `!=`: the key is there and has another value."""
    if not differs:
        return Term(equal.field, equal.value, equal.key, equal.op, negated)
    there = Term(equal.field, "", key=equal.key, op="has")
    return Group((there, Term(equal.field, equal.value, equal.key, equal.op, negated=True)), negated=negated)


def _metric(word: Word, _asker: Asker) -> Term:
    match = PAIR.fullmatch(word.rest)
    key = unquote(match["key"]) if match else ""
    name = str(word.name).lower()
    if match is None or not key or match["op"] == "^=":
        raise word.refused("Cannot read", f"{name}:NAME or {name}:NAME>NUMBER (also >= < <= = !=)")
    if match["op"] is None:
        return Term(word.field, "", key=key, op="has", negated=word.negated)
    return Term(word.field, _number(word, unquote(match["value"])), key=key, op=match["op"], negated=word.negated)


def _number(word: Word, text: str) -> int | float:
    number = search_values.number(text)
    if number is None:
        raise word.refused("No number to compare with in", "a number, e.g. 0.9 or 1e-3")
    return number


def _instant(word: Word, asker: Asker) -> Term | Group:
    match = _COMPARED.fullmatch(word.text)
    op, text = (match["op"], match["value"]) if match else (None, "")
    age = search_values.duration(text)
    if age is not None and op not in {"=", "!="}:
        # Less than 2 h ago is later than now - 2 h.
        later = {None: ">", "<": ">", "<=": ">=", ">": "<", ">=": "<="}[op]
        return Term(word.field, asker.now - age, op=later, negated=word.negated)
    found = search_values.span(text, asker.now)
    if found is None:
        raise word.refused(
            "No time in",
            f"{word.name}:<2h (less than 2 h ago; s m h d w), {word.name}:today, {word.name}:>2026-11-01 "
            f'or {word.name}:>"2026-11-01 14:30"',
        )
    first, after = found
    before, since = Term(word.field, first, op="<"), Term(word.field, after, op=">=")
    if op in {None, "="}:
        return Group((Term(word.field, first, op=">="), Term(word.field, after, op="<")), negated=word.negated)
    if op == "!=":
        return Group((before, since), either=True, negated=word.negated)
    one = {"<": before, "<=": Term(word.field, after, op="<"), ">": since, ">=": Term(word.field, first, op=">=")}[op]
    return Term(word.field, one.value, op=one.op, negated=word.negated)


def _duration(word: Word, _asker: Asker) -> Term:
    match = _COMPARED.fullmatch(word.text)
    seconds = search_values.duration(match["value"]) if match else None
    if match is None or seconds is None or match["op"] in {None, "=", "!="}:
        raise word.refused("No duration in", f"{word.name}:>10m or {word.name}:<=1h30m (units s m h d w)")
    return Term("duration", seconds, op=match["op"], negated=word.negated)


def _sort(word: Word, _asker: Asker) -> Sort:
    wrong, colon, key = word.rest.removeprefix("-").partition(":")
    name = wrong.lower()
    field, key = FIELDS.get(name, name), unquote(key)
    expected = f"{', '.join(SORTS)}, or param:, tag:, prop:, metric:, metric.min:, metric.max: with a key"
    if field in _KEYED and not key:
        raise word.refused("Nothing to sort by in", f"a key, e.g. sort:{name}:{'acc' if 'metric' in name else 'lr'}")
    if field not in _KEYED and (colon or name not in SORTS):
        known = (*SORTS, *(name for name, meant in FIELDS.items() if meant in _KEYED))
        raise word.refused("Unknown order in", expected, wrong, known)
    return Sort(field, key, descending=word.rest.startswith("-"))


_READERS: dict[str, Callable[[Word, Asker], Term | Group | Sort]] = {
    "status": _status,
    "is": _is,
    "submitted_by": _by,
    "parent": _parent,
    "tag": _pair,
    "property": _pair,
    "param": _pair,
    "metric": _metric,
    "metric.min": _metric,
    "metric.max": _metric,
    "created_at": _instant,
    "started_at": _instant,
    "ended_at": _instant,
    "duration": _duration,
    "sort": _sort,
}
