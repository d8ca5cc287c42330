"""The search grammar: text -> a checked tree. Magic, command line, REST, Python and the sidebar use this one.

    free words        match name, number, id prefix, description, experiment, tag keys and values, submitter
    "quoted phrase"   the same, as one piece; a quotation mark within it is written twice
    status:running    a status, several (`status:running,failed`), or `active` (not ended)
    is:root           root | child | active | script | mine | archived | deleted
    tag:quality       the key exists;  tag:quality="fantastic run"  and has that value;  tag:quality^=fan  and begins so
    param:lr<=0.01    the same for params and properties (`prop:`), also as numbers: = != < <= > >=
    metric:acc>0.9    the last value; metric.max: and metric.min: the extremes;  metric:acc  was logged at all
    exp:digits        experiment;  name:  desc:  by:me  id:3f9c  parent:#128  notebook:train.ipynb  git:4be1
    started:<2h       less than 2 h ago;  started:>2026-11-01  created:today  ended:yesterday;  dur:>10m
    sort:-metric:acc  the order of the answer, `-` for descending
    -term             excludes

Terms hold together (and); `or` is weaker, parentheses group, `-( … )` excludes a group. Turning the tree into SQL is the store's
business. The page for users is docs/search.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_runs.errors import InvalidQuery, shorten
from jupyter_runs.search_terms import FIELDS, STATUS_WORDS, Asker, Word, did_you_mean, nearest, read
from jupyter_runs.search_tree import Group, Sort, Term

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FIELDS", "MAX_DEPTH", "MAX_TEXT", "STATUS_WORDS", "Group", "Query", "Sort", "Term", "parse", "words"]

#: Databases refuse conditions that are deeper or longer than a few thousand parts.
MAX_TEXT = 1000
#: Parentheses within parentheses.
MAX_DEPTH = 10

_FIELD = re.compile(r"(metric\.[a-z]*|[a-z]+):", re.IGNORECASE)
_OPENING = re.compile(r"-?\(")


@dataclass(frozen=True)
class Query:
    """A parsed search text."""

    text: str
    root: Group
    sort: Sort | None = None

    @property
    def terms(self) -> tuple[Term, ...]:
        """All terms, in the order of the text, whatever joins them."""
        return tuple(self.root.terms())


@dataclass(frozen=True)
class _Token:
    """A parenthesis, `or`, `and`, or (kind "word") a piece of text."""

    kind: str
    text: str
    position: int

    def refused(self, message: str, expected: str, instead: str = "") -> InvalidQuery:
        return InvalidQuery(message, token=self.text, position=self.position, expected=expected, instead=instead)


def parse(text: str, user: str | None = None, now: float | None = None) -> Query:
    """Parse a search text.

    Parameters
    ----------
    text : at most `MAX_TEXT` characters, parentheses at most `MAX_DEPTH` deep.
    user : who `me` is; default: the user of this process.
    now : what `2h ago` and `today` count from, seconds since the epoch; default: now.

    Raises
    ------
    InvalidQuery : names the token and what was expected there; `token`, `position` and `expected` say so to programs.
    """
    if len(text) > MAX_TEXT:
        message = f"The search text has {len(text)} characters; use at most {MAX_TEXT}."
        raise InvalidQuery(message, token=text[MAX_TEXT:], position=MAX_TEXT, expected="the end")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        at = error.start
        message = f"The character {text[at]!r} at {at} is half of one: remove it."
        raise InvalidQuery(message, token=text[at], position=at, expected="a whole character") from error
    return _Parser(text, Asker(user, now)).parse()


class _Parser:
    """Recursive descent over the tokens: either -> all of -> parenthesis or word."""

    def __init__(self, text: str, asker: Asker) -> None:
        self._text = text
        self._asker = asker
        self._tokens = list(_tokens(text))
        self._at = 0
        self._sort: Sort | None = None

    def parse(self) -> Query:
        root = self._either(None, depth=0)
        return Query(self._text, root if not root.either else Group((root,)), self._sort)

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _either(self, opened: _Token | None, depth: int) -> Group:
        """Up to the end of the text, or to the parenthesis that closes `opened`."""
        choices = [self._all_of(depth)]
        while (token := self._peek()) is not None and token.kind == "or":
            self._at += 1
            self._must_follow(token)
            choices.append(self._all_of(depth))
            if not all(choice.parts for choice in choices):
                message = f"Only an order stands beside {token.text!r}: write conditions on both sides of it."
                raise token.refused(message, "a condition")
        if opened is not None and token is None:
            rest = self._text[opened.position :]
            raise opened.refused(f"The parenthesis at {shorten(rest)!r} is never closed: add a ).", ")")
        return choices[0] if len(choices) == 1 else Group(tuple(_plain(c) for c in choices), either=True)

    def _all_of(self, depth: int) -> Group:
        parts: list[Term | Group] = []
        first = self._peek()
        if first is not None and first.kind in {"or", "and"}:
            message = f"Nothing stands before {first.text!r}: write a condition there, or put {first.text!r} in quotes."
            raise first.refused(message, "a condition")
        while (token := self._peek()) is not None and token.kind not in {"or", ")"}:
            self._at += 1
            if token.kind == "and":
                self._must_follow(token)
            elif token.kind == "(":
                parts.append(self._group(token, depth + 1))
            elif (part := self._word(token, depth)) is not None:
                parts.append(part)
        return Group(tuple(parts))

    def _must_follow(self, token: _Token) -> None:
        after = self._peek()
        if after is None or after.kind in {"or", "and", ")"}:
            message = f"Nothing follows {token.text!r}: write a condition after it, or put {token.text!r} in quotes."
            raise token.refused(message, "a condition")

    def _group(self, opened: _Token, depth: int) -> Group | Term:
        if depth > MAX_DEPTH:
            message = (
                f"{shorten(self._text[opened.position :])!r} is more than {MAX_DEPTH} parentheses deep: use fewer."
            )
            raise opened.refused(message, f"at most {MAX_DEPTH} parentheses")
        if (token := self._peek()) is not None and token.kind == ")":
            raise opened.refused("Nothing stands between the parentheses '()': write a condition there.", "a condition")
        inner = self._either(opened, depth)
        self._at += 1  # the closing one
        return Group(inner.parts, inner.either, negated=True) if opened.text.startswith("-") else _plain(inner)

    def _word(self, token: _Token, depth: int) -> Term | Group | None:
        word = _word(token)
        part = read(word, self._asker)
        if not isinstance(part, Sort):
            return part
        if depth or word.negated:
            raise word.refused(
                "Cannot sort by", "sort: beside the conditions, e.g. sort:-started (a - after the colon)"
            )
        if self._sort is not None:
            raise word.refused("There is a second order,", "one sort: in a search")
        self._sort = part
        return None


def _plain(group: Group) -> Group | Term:
    """A group of one is that one."""
    return group.parts[0] if len(group.parts) == 1 and not group.negated else group


def _word(token: _Token) -> Word:
    text = token.text.removeprefix("-")
    negated = text != token.text
    match = _FIELD.match(text)
    if match is None or (match[1].lower() not in FIELDS and text.startswith("//", match.end())):
        return Word(token.text, token.position, None, text, negated)
    if match[1].lower() not in FIELDS:
        meant = nearest(match[1], FIELDS)
        expected = f"one of {', '.join(sorted(FIELDS))}"
        raise token.refused(
            f"Unknown field {shorten(match[1])!r} in {shorten(token.text)!r}: expected {expected}.{did_you_mean(meant)}",
            expected,
            token.text.replace(match[1], meant, 1) if meant else "",
        )
    return Word(token.text, token.position, match[1], text[match.end() :], negated)


def words(text: str) -> list[Word]:
    """The words of a text that parses, one by one, without what joins them."""
    return [_word(token) for token in _tokens(text) if token.kind == "word"]


def _tokens(text: str) -> Iterator[_Token]:
    at = depth = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
        elif match := _OPENING.match(text, at):
            yield _Token("(", match[0], at)
            at, depth = match.end(), depth + 1
        elif text[at] == ")":
            if not depth:
                message = f"The parenthesis at {shorten(text[at:])!r} closes nothing: remove it, or put it in quotes."
                raise _Token(")", text[at], at).refused(message, "a word")
            yield _Token(")", ")", at)
            at, depth = at + 1, depth - 1
        else:
            end = _end_of_word(text, at, within=depth > 0)
            word = text[at:end]
            yield _Token(word.lower() if word.lower() in {"or", "and"} else "word", word, at)
            at = end


def _end_of_word(text: str, at: int, *, within: bool) -> int:
    """Where the word at `at` ends: at a blank, or at the parenthesis that closes the one around it. `f(x)` is one word."""
    opened = 0
    while at < len(text) and not text[at].isspace():
        if text[at] == '"':
            closing = text.find('"', at + 1)
            if closing < 0:
                message = f'The quote at {shorten(text[at:])!r} is never closed: add a second ".'
                raise InvalidQuery(message, token=text[at:], position=at, expected='"')
            at = closing
        elif text[at] == "(":
            opened += 1
        elif text[at] == ")":
            if within and not opened:
                break
            opened = max(0, opened - 1)
        at += 1
    return at
