"""`RunFilter` and search terms -> SQL conditions on `run r`, with parameters, never with values in the text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_runs.model import CANCEL_REQUESTED, FINAL, NOT_RESPONDING, SILENT_AFTER_S
from jupyter_runs.store.base import ANY, RunFilter

if TYPE_CHECKING:
    from jupyter_runs.search import Term

#: The final statuses, as a list in SQL.
FINAL_SQL = ", ".join(f"'{s.value}'" for s in sorted(FINAL))
#: The run has not ended.
UNFINISHED = f"status NOT IN ({FINAL_SQL})"


def where_sql(where: RunFilter) -> tuple[str, list[Any]]:
    """A condition and its parameters."""
    parts: list[tuple[str, list[Any]]] = [_scope(where), (f"r.deleted_at IS {'NOT ' if where.deleted else ''}NULL", [])]
    if where.archived is not None:
        parts.append((f"r.archived_at IS {'NOT ' if where.archived else ''}NULL", []))
    if where.experiment is not None:
        parts.append(("r.experiment = ?", [where.experiment]))
    if where.type is not None:
        parts.append(("r.type = ?", [where.type]))
    if where.statuses:
        either = [_status(s) for s in sorted(where.statuses)]
        parts.append((f"({' OR '.join(sql for sql, _ in either)})", [p for _, ps in either for p in ps]))
    parts += [_pair("tag", k, v) for k, v in where.tags.items()]
    parts += [_pair("property", k, v) for k, v in where.properties.items()]
    if where.active:
        parts.append((active_below("r"), []))
    if where.query is not None:
        parts += [_term(t) for t in where.query.terms]
    return " AND ".join(sql for sql, _ in parts), [p for _, ps in parts for p in ps]


def active_below(alias: str) -> str:
    """True when the run, or a descendant of the root run, has not ended."""
    unfinished = f"SELECT d.root_id FROM run d WHERE d.status NOT IN ({FINAL_SQL})"
    return f"({alias}.status NOT IN ({FINAL_SQL}) OR {alias}.run_id IN ({unfinished}))"


def _scope(where: RunFilter) -> tuple[str, list[Any]]:
    if where.parent_id is not None:
        return "r.parent_id = ?", [where.parent_id]
    if where.below is not None:
        tree = (
            "WITH RECURSIVE below(id) AS (SELECT run_id FROM run WHERE parent_id = ? "
            "UNION ALL SELECT c.run_id FROM run c JOIN below ON c.parent_id = below.id) SELECT id FROM below"
        )
        return f"r.run_id IN ({tree})", [where.below]
    return ("1", []) if where.include_children else ("r.parent_id IS NULL", [])


def _status(shown: str) -> tuple[str, list[Any]]:
    """The SQL twin of `model.shown_status`; tests/test_store.py holds the two together."""
    unfinished = f"r.status NOT IN ({FINAL_SQL})"
    if shown == NOT_RESPONDING:
        return f"({unfinished} AND {_SILENT_SQL})", []
    if shown == CANCEL_REQUESTED:
        return f"({unfinished} AND r.cancel_requested_at IS NOT NULL AND NOT coalesce({_SILENT_SQL}, 0))", []
    if shown in {s.value for s in FINAL}:
        return "r.status = ?", [shown]
    return f"(r.status = ? AND r.cancel_requested_at IS NULL AND NOT coalesce({_SILENT_SQL}, 0))", [shown]


#: julianday works in every SQLite since 3.35; unixepoch('subsec') only since 3.42.
_NOW = "((julianday('now') - 2440587.5) * 86400.0)"
_SILENT_SQL = f"((SELECT heartbeat_at FROM owner o WHERE o.owner_id = r.owner_id) < {_NOW} - {SILENT_AFTER_S})"


def _pair(kind: str, key: str, value: object) -> tuple[str, list[Any]]:
    base = f"r.run_id IN (SELECT run_id FROM tag WHERE kind = '{kind}' AND key = ?"
    if value is ANY:
        return f"{base})", [key]
    return f"{base} AND value IS ?)", [key, value]


def _like(text: str, *, prefix: bool = False) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{escaped}%" if prefix else f"%{escaped}%"


def _term(term: Term) -> tuple[str, list[Any]]:
    sql, params = _positive(term)
    # A column without a value makes the condition NULL, and NOT NULL is no match: without a value it does not hold.
    return (f"NOT coalesce(({sql}), 0)", params) if term.negated else (f"({sql})", params)


def _positive(term: Term) -> tuple[str, list[Any]]:
    if term.field == "status":
        return (f"r.status NOT IN ({FINAL_SQL})", []) if term.value == "active" else _status(term.value)
    if term.field == "tag":
        return _tag(term)
    if term.field == "text":
        return _text(term.value)
    if term.op == "is":
        return f"r.{term.field} = ?", [term.value]
    return f"r.{term.field} LIKE ? ESCAPE '\\'", [_like(term.value, prefix=term.op == "starts")]


def _tag(term: Term) -> tuple[str, list[Any]]:
    base = "r.run_id IN (SELECT run_id FROM tag WHERE kind = 'tag' AND key = ?"
    if term.op == "has":
        return f"{base})", [term.key]
    if term.op == "is":
        return f"{base} AND value = ?)", [term.key, term.value]
    return f"{base} AND value LIKE ? ESCAPE '\\')", [term.key, _like(term.value, prefix=True)]


def _text(word: str) -> tuple[str, list[Any]]:
    if word.startswith("#") and word[1:].isdecimal():
        return "r.number = CAST(? AS INTEGER)", [word[1:]]
    number = " OR r.number = CAST(? AS INTEGER)" if word.isdecimal() else ""
    anywhere = "LIKE ? ESCAPE '\\'"
    fields = " OR ".join(
        f"r.{name} {anywhere}" for name in ("name", "description", "experiment", "submitted_by", "run_id")
    )
    tags = f"SELECT run_id FROM tag WHERE kind = 'tag' AND (key {anywhere} OR value {anywhere})"
    like = _like(word)
    params = [like, like, like, like, _like(word, prefix=True), like, like]
    return f"{fields} OR r.run_id IN ({tags}){number}", [*params, word] if number else params
