"""The table of registered models in a store in SQL; see `base.Store` for the promises."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from jupyter_runs.errors import ModelNotFound, PropertyConflict, shorten
from jupyter_runs.model import ModelRecord
from jupyter_runs.store.sql_tx import next_rev

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jupyter_runs.store.sql import Database


_COLUMNS = (
    "name, version, run_id, created_at, created_by, description, framework, framework_version, path, tags, properties"
)


class Models:
    """The part of `SqlStore` that keeps models."""

    _db: Database

    def add_model(self, model: ModelRecord) -> bool:
        row = (
            *(model.name, model.version, model.run_id, model.created_at, model.created_by, model.description),
            *(model.framework, model.framework_version, model.path),
            *(json.dumps(model.tags), json.dumps(model.properties)),
        )
        with self._db.write() as tx:
            sql = f"INSERT INTO model ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING"
            if tx.execute(sql, row).rowcount == 0:
                return False
            tx.execute("UPDATE run SET rev = ? WHERE run_id = ?", (next_rev(tx), model.run_id))
            return True

    def models(self, name: str | None = None, run_id: str | None = None) -> list[ModelRecord]:
        wanted = [(column, value) for column, value in (("name", name), ("run_id", run_id)) if value is not None]
        condition = " AND ".join(f"{column} = ?" for column, _ in wanted) or "TRUE"
        sql = f"SELECT {_COLUMNS} FROM model WHERE {condition} ORDER BY created_at DESC, name, version DESC"
        with self._db.query() as conn:
            return [_record(row) for row in conn.execute(sql, [value for _, value in wanted]).fetchall()]

    def edit_model(
        self,
        name: str,
        version: int,
        *,
        tags: Mapping[str, str | None] | None = None,
        remove: Iterable[str] = (),
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
    ) -> ModelRecord:
        with self._db.write() as tx:
            row = tx.execute(f"SELECT {_COLUMNS} FROM model WHERE name = ? AND version = ?", (name, version)).fetchone()
            if row is None:
                raise _missing(name, version)
            before = _record(row)
            gone = set(remove)
            kept = {key: value for key, value in before.tags.items() if key not in gone}
            for key, value in (properties or {}).items():
                if before.properties.get(key, value) != value:
                    raise PropertyConflict("property", key, before.properties[key])
            about = before.description if description is None else description or None
            new = (json.dumps({**kept, **(tags or {})}), json.dumps({**before.properties, **(properties or {})}), about)
            sql = (
                "UPDATE model SET tags = ?, properties = ?, description = ? WHERE name = ? AND version = ? "
                f"RETURNING {_COLUMNS}"
            )
            return _record(tx.execute(sql, (*new, name, version)).fetchone())

    def delete_model(self, name: str, version: int) -> None:
        with self._db.write() as tx:
            if tx.execute("DELETE FROM model WHERE name = ? AND version = ?", (name, version)).rowcount == 0:
                raise _missing(name, version)


def _record(row: tuple[object, ...]) -> ModelRecord:
    values: list[object] = [*row[:9], *map(json.loads, map(str, row[9:]))]
    return ModelRecord(*values)  # type: ignore[arg-type]


def _missing(name: str, version: int) -> ModelNotFound:
    return ModelNotFound(
        f"Model {shorten(name)!r} has no version {version}. Model.list(workspace) shows those there are."
    )
