"""All values of metrics as a file of comma-separated lines: for spreadsheets and DataFrames, not for pictures."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from tornado import web
from tornado.iostream import StreamClosedError

from jupyter_runs.server.base import RunsHandler
from jupyter_runs.server.requests import BadRequest, parse_ids
from jupyter_runs.values import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_runs.model import RunRecord, Series
    from jupyter_runs.server.stores import OpenWorkspace

_HEAD = ("run_id", "run", "metric", "step", "time", "value")
_TYPE = "text/csv; charset=utf-8"
#: Runs in one file.
_MANY = 200
#: Lines that are made and sent at once.
_PIECE = 20_000
#: A spreadsheet takes a text that begins so for a formula, and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class SeriesCsvHandler(RunsHandler):
    """Every value of one metric, or of all, of some runs."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        ids, name = parse_ids("ids", self.query("ids") or "", _MANY), self.query("name")
        if not ids:
            raise BadRequest("Query value ids: expected the ids of runs, with commas between them.")

        def look_up(workspace: OpenWorkspace) -> list[RunRecord]:
            return [workspace.store.get_run(run_id) for run_id in ids]

        runs = await self.stores.read(self.workspace, look_up)
        self.set_header("Content-Type", _TYPE)
        self.set_header("Content-Disposition", 'attachment; filename="metrics.csv"')
        self.write(_lines([_HEAD]))
        try:
            for run in runs:
                await self._send(run, name)
        except StreamClosedError:  # the reader has gone away
            return
        self.finish(set_content_type=_TYPE)

    async def _send(self, run: RunRecord, name: str | None) -> None:
        _, found = await self.stores.read(self.workspace, lambda workspace: workspace.store.series(run.run_id, name))
        for series in found:
            for start in range(0, len(series.points), _PIECE):
                part = series.points[start : start + _PIECE]
                self.write(await self.stores.blocking(lambda: _piece(run, series, part)))  # noqa: B023 - called at once
                # Waits until the client has taken it: only the points are in memory, never all of the text.
                await self.flush()


def _piece(run: RunRecord, series: Series, points: list[tuple[float | None, float, Any]]) -> str:
    head = (_text(run.run_id), _text(run.name), _text(series.name))
    return _lines((*head, "" if step is None else f"{step:.17g}", _time(at), _value(v)) for step, at, v in points)


def _lines(rows: Iterable[Iterable[object]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _value(value: object) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(to_json(value))
    return "" if value is None else json.dumps(to_json(value), ensure_ascii=False)
