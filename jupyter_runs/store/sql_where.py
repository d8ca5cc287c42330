"""`RunFilter` and search terms -> SQL conditions on `run r`, with parameters, never with values in the text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_runs.model import CANCEL_REQUESTED, FINAL, NOT_RESPONDING, SCRIPT_TYPE, SILENT_AFTER_S, Status
from jupyter_runs.search_tree import Group
from jupyter_runs.store.base import ANY, RunFilter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_runs.search_tree import Term

Sql = tuple[str, list[Any]]

#: The final statuses, as a list in SQL: spelled like the condition of the index run_unfinished, or SQLite does not use it.
FINAL_SQL = ", ".join(f"'{s.value}'" for s in Status if s.is_final)
#: The run has not ended.
UNFINISHED = f"status NOT IN ({FINAL_SQL})"
#: The same of `run r`, by that index: few runs are unfinished, however many there are.
UNFINISHED_SEQS = f"SELECT u.seq FROM run u WHERE u.{UNFINISHED}"
_UNFINISHED_R = f"r.seq IN ({UNFINISHED_SEQS})"
#: julianday works in every SQLite since 3.35; unixepoch('subsec') only since 3.42.
NOW = "((julianday('now') - 2440587.5) * 86400.0)"
#: Text compared with this is read as a number if, and only if, all of it is one; other text is larger than every number.
LARGEST = "CAST('9e999' AS REAL)"
_SILENT = f"((SELECT heartbeat_at FROM owner o WHERE o.owner_id = r.owner_id) < {NOW} - {SILENT_AFTER_S})"
_LIKE = "LIKE ? ESCAPE '\\'"
_LAST_CHARACTER = "\U0010ffff"
#: Larger numbers do not fit SQLite's integers, and no run has them.
_LARGEST_NUMBER = 2**63 - 1


def where_sql(where: RunFilter) -> Sql:
    """A condition and its parameters."""
    parts: list[Sql] = [_scope(where), *_hidden(where)]
    if where.experiment is not None:
        parts.append(("r.experiment = ?", [where.experiment]))
    if where.number is not None:
        parts.append(_numbered("r", where.number))
    if where.type is not None:
        parts.append(("r.type = ?", [where.type]))
    if where.statuses:
        parts.append(_joined([_status(s) for s in sorted(where.statuses)], " OR "))
    parts += [_pair("tag", k, v) for k, v in where.tags.items()]
    parts += [_pair("property", k, v) for k, v in where.properties.items()]
    if where.active:
        parts.append((active_below("r"), []))
    if where.query is not None:
        # One by one, so that the database sees what implies the condition of a partial index.
        parts += [_part(part) for part in where.query.root.parts]
    return " AND ".join(sql for sql, _ in parts), [p for _, ps in parts for p in ps]


def active_below(alias: str) -> str:
    """True when the run, or a descendant of the root run, has not ended."""
    # Only of the unfinished, by their index: few, however many runs there are.
    unfinished = f"FROM run d WHERE d.status NOT IN ({FINAL_SQL})"
    return f"{alias}.run_id IN (SELECT d.run_id {unfinished} UNION SELECT d.root_id {unfinished})"


def _scope(where: RunFilter) -> Sql:
    if where.parent_id is not None:
        return "r.parent_id = ?", [where.parent_id]
    if where.below is not None:
        tree = (
            "WITH RECURSIVE below(id) AS (SELECT run_id FROM run WHERE parent_id = ? "
            "UNION ALL SELECT c.run_id FROM run c JOIN below ON c.parent_id = below.id) SELECT id FROM below"
        )
        return f"r.run_id IN ({tree})", [where.below]
    return ("TRUE", []) if where.include_children else ("r.parent_id IS NULL", [])


def _hidden(where: RunFilter) -> list[Sql]:
    """Archived and binned runs stay out of sight, unless the filter or the search text speaks of them."""
    terms = () if where.query is None else where.query.terms
    named = {term.value for term in terms if term.field == "is"}
    parts = []
    if where.deleted or "deleted" not in named:
        parts.append(f"r.deleted_at IS {'NOT ' if where.deleted else ''}NULL")
    if where.archived:
        parts.append("r.archived_at IS NOT NULL")
    elif where.archived is False and "archived" not in named:
        # In the bin it does not matter what was archived before.
        parts.append(
            "(r.archived_at IS NULL OR r.deleted_at IS NOT NULL)" if "deleted" in named else "r.archived_at IS NULL"
        )
    return [(sql, []) for sql in parts]


def _status(shown: str) -> Sql:
    """The SQL twin of `model.shown_status`; tests/test_store.py holds the two together."""
    if shown == NOT_RESPONDING:
        return f"({_UNFINISHED_R} AND {_SILENT})", []
    if shown == CANCEL_REQUESTED:
        return f"({_UNFINISHED_R} AND r.cancel_requested_at IS NOT NULL AND NOT coalesce({_SILENT}, FALSE))", []
    if shown in {s.value for s in FINAL}:
        return "r.status = ?", [shown]
    still = f"r.cancel_requested_at IS NULL AND NOT coalesce({_SILENT}, FALSE)"
    return f"({_UNFINISHED_R} AND r.status = ? AND {still})", [shown]


def _numbered(alias: str, number: int) -> Sql:
    """By number: one look an experiment in the index of (experiment, number)."""
    if not 0 <= number <= _LARGEST_NUMBER:
        return "FALSE", []
    return f"({alias}.number = ? AND {alias}.experiment IN (SELECT name FROM experiment))", [number]


def _pair(kind: str, key: str, value: object) -> Sql:
    base = f"r.run_id IN (SELECT run_id FROM tag WHERE kind = '{kind}' AND key = ?"
    if value is ANY:
        return f"{base})", [key]
    if value is None:
        return f"{base} AND value IS NULL)", [key]
    return f"{base} AND value = ?)", [key, value]


def _like(text: str, *, prefix: bool = False) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{escaped}%" if prefix else f"%{escaped}%"


def _joined(parts: Sequence[Sql], word: str) -> Sql:
    return f"({word.join(sql for sql, _ in parts)})", [p for _, ps in parts for p in ps]


def _part(part: Term | Group, *, negated: bool = False) -> Sql:
    """What excludes a group excludes its parts: not (a and b) is not a, or not b. SQLite's parser takes only so many levels."""
    negated = negated != part.negated
    if isinstance(part, Group):
        each = [_part(p, negated=negated) for p in part.parts]
        return _joined(each, " OR " if part.either != negated else " AND ")
    sql, params = _positive(part)
    # A column without a value makes the condition NULL, and NOT NULL is no match: without a value it does not hold.
    return f"NOT coalesce(({sql}), FALSE)" if negated else f"({sql})", params


def _positive(term: Term) -> Sql:
    if term.field in _BY_FIELD:
        return _BY_FIELD[term.field](term)
    if term.field in _TEXTS:
        if term.op == "is":
            return f"r.{term.field} = ?", [term.value]
        return f"r.{term.field} {_LIKE}", [_like(str(term.value))]
    return f"{_INSTANTS[term.field]} {_OPERATORS[term.op]} ?", [term.value]


def _status_term(term: Term) -> Sql:
    return (_UNFINISHED_R, []) if term.value == "active" else _status(str(term.value))


def _is(term: Term) -> Sql:
    return _IS[str(term.value)], []


def _pair_term(term: Term) -> Sql:
    base, more = f"r.run_id IN (SELECT run_id FROM tag WHERE kind = '{term.field}' AND key = ?", [term.key]
    if term.op == "has":
        return f"{base})", more
    if term.op == "is":
        return f"{base} AND value = ?)", [*more, term.value]
    if term.op == "starts":
        return f"{base} AND value {_LIKE})", [*more, _like(str(term.value), prefix=True)]
    return f"{base} AND {_compared('value', term)})", [*more, term.value]


def _metric(term: Term) -> Sql:
    base = "r.run_id IN (SELECT run_id FROM series WHERE name = ?"
    if term.op == "has":
        return f"{base})", [term.key]
    return f"{base} AND {_compared(METRIC_COLUMNS[term.field], term)})", [term.key, term.value]


def _compared(column: str, term: Term) -> str:
    return f"{column} {_OPERATORS[term.op]} CAST(? AS NUMERIC) AND {column} <= {LARGEST}"


def _begins(column: str, beginning: str) -> Sql:
    """By a range, which an index knows; LIKE would read every row."""
    return f"({column} >= ? AND {column} < ?)", [beginning, beginning + _LAST_CHARACTER]


def _parent(term: Term) -> Sql:
    if isinstance(term.value, str):
        return _begins("r.parent_id", term.value)
    sql, params = _numbered("p", int(term.value))
    return f"r.parent_id IN (SELECT p.run_id FROM run p WHERE {sql})", params


def _notebook(term: Term) -> Sql:
    sql = f"SELECT run_id FROM tag WHERE kind = 'property' AND key = 'jupyter_runs.notebook' AND value {_LIKE}"
    return f"r.run_id IN ({sql})", [_like(str(term.value))]


def _git(term: Term) -> Sql:
    begins, params = _begins("value", str(term.value).lower())
    sql = f"SELECT run_id FROM tag WHERE kind = 'property' AND key = 'azureml.git.commit' AND {begins}"
    return f"r.run_id IN ({sql})", params


def _text(term: Term) -> Sql:
    word = str(term.value)
    digits = word.removeprefix("#")
    number = int(digits) if digits.isascii() and digits.isdecimal() else None
    by_number = [] if number is None else [_numbered("r", number)]
    if by_number and word.startswith("#"):
        return by_number[0]
    like = _like(word)
    fields = [(f"r.{name} {_LIKE}", [like]) for name in ("name", "description", "experiment", "submitted_by")]
    tags = f"SELECT run_id FROM tag WHERE kind = 'tag' AND (key {_LIKE} OR value {_LIKE})"
    parts = [*fields, (f"r.run_id {_LIKE}", [_like(word, prefix=True)]), (f"r.run_id IN ({tags})", [like, like])]
    return _joined([*parts, *by_number], " OR ")


_OPERATORS = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_TEXTS = frozenset({"experiment", "name", "description", "submitted_by"})
_INSTANTS = {
    "created_at": "r.created_at",
    "started_at": "r.started_at",
    "ended_at": "r.ended_at",
    "duration": f"(coalesce(r.ended_at, {NOW}) - r.started_at)",
}
#: The kinds of `tag`, called alike in searches.
KINDS = ("tag", "property", "param")
#: Search field -> column of `series`.
METRIC_COLUMNS = {"metric": "last", "metric.min": "min", "metric.max": "max"}
_IS = {
    "root": "r.parent_id IS NULL",
    "child": "r.parent_id IS NOT NULL",
    "script": f"r.type = '{SCRIPT_TYPE}'",
    "archived": "r.archived_at IS NOT NULL",
    "deleted": "r.deleted_at IS NOT NULL",
}
_BY_FIELD = {
    "text": _text,
    "status": _status_term,
    "is": _is,
    "run_id": lambda term: _begins("r.run_id", str(term.value)),
    "parent": _parent,
    **dict.fromkeys(KINDS, _pair_term),
    **dict.fromkeys(METRIC_COLUMNS, _metric),
    "notebook": _notebook,
    "git": _git,
}
