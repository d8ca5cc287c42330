"""A run with what is shown around it, at one instant: the payload of the saved notebook output and of the widget."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from jupyter_runs import format as fmt
from jupyter_runs import html, paths
from jupyter_runs.store.base import RunFilter
from jupyter_runs.wire import MIME, run_data, series_outline

if TYPE_CHECKING:
    from jupyter_runs.run import Run
    from jupyter_runs.workspace import Workspace

#: In a saved notebook: enough to recognise the run, under 20 KB.
SAVED_CHILDREN, SAVED_POINTS, SAVED_LOG = 20, 60, 4096
#: In a live widget.
LIVE_CHILDREN, LIVE_POINTS, LIVE_LOG = 200, 120, 8192
_SERIES = 24
_RUN_ITEMS, _CHILD_ITEMS, _TEXT, _TRACEBACK = 30, 5, 200, 4000
_RECORDED_ITEMS = 20


def snapshot(workspace: Workspace, run_id: str, *, view: str = "full", live: bool = False) -> dict[str, Any]:
    """The run, its children, the beginning of its metrics, the end of its log.

    Cost: reads all points of up to 24 metrics; a few ms for 10,000.
    """
    store, now = workspace.store, time.time()
    children, points, log = (
        (LIVE_CHILDREN, LIVE_POINTS, LIVE_LOG) if live else (SAVED_CHILDREN, SAVED_POINTS, SAVED_LOG)
    )
    record = store.get_run(run_id)
    page = store.find_runs(RunFilter(parent_id=run_id, active_first=True), limit=children)
    _, series = store.series(run_id, max_points=points)
    return {
        "schema": 1,
        "run": run_data(record, workspace.key, now) if live else _cut(run_data(record, workspace.key, now), _RUN_ITEMS),
        "children": [_cut(run_data(child, workspace.key, now), _CHILD_ITEMS, 0) for child in page.runs],
        "series": [series_outline(one) for one in series[:_SERIES] if one.kind in {"number", "list"}],
        "log_tail": log_tail(workspace, run_id, log),
        "view": view,
        "recorded_at": now,
    }


def _cut(run: dict[str, Any], items: int, recorded: int = _RECORDED_ITEMS) -> dict[str, Any]:
    """The run with at most so many metrics, tags, properties and params, and without long texts: a notebook is no store."""
    few = {field: list(run[field].items())[:items] for field in ("tags", "params")}
    # What was recorded comes first in the store, and must not push out what the author set.
    properties = run["properties"].items()
    few["properties"] = [pair for pair in properties if fmt.is_recorded(pair[0])][:recorded]
    few["properties"] += [pair for pair in properties if not fmt.is_recorded(pair[0])][:items]
    for field, pairs in few.items():
        run[field] = {key: value if value is None else value[:_TEXT] for key, value in pairs}
    run["metrics"] = dict(list(run["metrics"].items())[:items])
    if run["error"] is not None:
        error = run["error"]
        trace = error["traceback"]
        run["error"] = {
            "code": error["code"],
            "message": error["message"][:_TRACEBACK],
            "traceback": trace if trace is None else trace[-_TRACEBACK:],
        }
    return run


def log_tail(workspace: Workspace, run_id: str, limit: int) -> str:
    """The last `limit` bytes of a run's log as text."""
    if (tail := workspace.store.files.log_tail(run_id, limit)) is not None:
        return tail.decode("utf-8", "replace")
    try:
        with paths.run_log(workspace.folder, run_id).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - limit))
            return file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def bundle(run: Run, *, view: str = "full") -> dict[str, Any]:
    """The static bundle of a run: our renderer's payload first, HTML and text for everybody else."""
    data = snapshot(run._workspace, run.id, view=view)
    return {MIME: data, "text/html": html.card(data), "text/plain": html.plain(data["run"])}
