"""What a search that finds nothing may have meant: one of its words replaced by the nearest that runs have.

A correction is offered only if it finds runs.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_runs import search
from jupyter_runs.errors import InvalidQuery
from jupyter_runs.search_terms import PAIR, nearest, unquote
from jupyter_runs.server.base import RunsHandler
from jupyter_runs.server.suggest import KEYED, METRICS, NAMES, STATUSES, as_key, as_value, offers
from jupyter_runs.store.base import RunFilter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_runs.search_terms import Word
    from jupyter_runs.server.base import Json
    from jupyter_runs.server.stores import OpenWorkspace
    from jupyter_runs.store.base import Store

MOST = 3
#: Searches that one request may cost.
_TRIED = 8
#: Keys, values and names among which the nearest is looked for, the most frequent of them.
_KNOWN = 500


@dataclass(frozen=True)
class Correction:
    """A search text that finds `count` runs: with `label` where `token` was."""

    text: str
    token: str
    label: str
    count: int


class CorrectionsHandler(RunsHandler):
    """What a search text that finds nothing may have meant."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        text, user = self.get_query_argument("q", "", strip=False), self.user

        def work(workspace: OpenWorkspace) -> Json:
            found = islice(corrections(workspace.store, text, user), MOST)
            return {"corrections": [asdict(one) for one in found]}

        await self.answer(work)


def corrections(store: Store, text: str, user: str) -> Iterator[Correction]:
    """Texts with one word replaced that find runs, the best first."""
    search.parse(text, user)
    for word, instead in islice(_replaced(store, text), _TRIED):
        end = word.position + len(word.token)
        minus = "-" if word.negated else ""
        corrected = f"{text[: word.position]}{minus}{instead}{text[end:]}"
        try:
            where = RunFilter(include_children=True, query=search.parse(corrected, user))
        except InvalidQuery:
            continue
        if count := store.find_runs(where, limit=1).total:
            yield Correction(corrected, word.token, f"{minus}{instead}", count)


def _replaced(store: Store, text: str) -> Iterator[tuple[Word, str]]:
    """Words, and what they may have meant."""
    for word in search.words(text):
        for instead in _instead(store, word):
            yield word, instead


def _instead(store: Store, word: Word) -> Iterator[str]:
    if word.field in KEYED:
        yield from _pair(store, word)
    elif word.field in NAMES:
        known = [name for name, _ in store.suggest(NAMES[word.field], "", limit=_KNOWN)]
        if (name := _another(word.text, known)) is not None:
            yield f"{word.name}:{as_value(name)}"
    elif word.name is None:
        yield from _free(store, word)


def _pair(store: Store, word: Word) -> Iterator[str]:
    """The nearest key, or the nearest value of a key that is known."""
    match = PAIR.fullmatch(word.rest)
    if match is None:
        return
    kind = "metric" if word.field in METRICS else word.field
    key, op, value = unquote(match["key"]), match["op"] or "", match["value"] or ""
    keys = [one for one, _ in store.suggest(kind, "", limit=_KNOWN)]
    if key not in keys:
        if (name := _another(key, keys)) is not None:
            yield f"{word.name}:{as_key(name)}{op}{value}"
    elif op == "=" and kind != "metric":
        values = [one for one, _ in store.suggest(kind, "", key, limit=_KNOWN)]
        if (near := _another(unquote(value), values)) is not None:
            yield f"{word.name}:{as_key(key)}={as_value(near)}"


def _free(store: Store, word: Word) -> Iterator[str]:
    """A status, key or name that the word begins, or one that is near."""
    yield from (one.text for one in offers(store, word.text) if one.count)
    if (status := nearest(word.text, STATUSES)) is not None:
        yield f"status:{status}"
    for name, kind in (("exp", "experiment"), ("tag", "tag"), ("param", "param"), ("metric", "metric")):
        known = [one for one, _ in store.suggest(kind, "", limit=_KNOWN)]
        if (near := _another(word.text, known)) is not None:
            yield f"{name}:{(as_value if name == 'exp' else as_key)(near)}"


def _another(word: str, known: list[str]) -> str | None:
    """The nearest that is not the word itself."""
    near = nearest(word, (one for one in known if one != word))
    return near if near is not None and word not in known else None
