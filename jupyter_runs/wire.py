"""Records -> the wire form (`schema/run.v1.json`): the one place that knows both.

REST answers with it, the widget's trait and the saved notebook hold it (`run_snapshot`), the static card is drawn from it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from jupyter_runs.values import to_json

if TYPE_CHECKING:
    from jupyter_runs.model import RunRecord, Series

MIME = "application/vnd.jupyter-runs.run+json"
#: A text metric is cut to this length where only its last value is shown; `Run.get_metrics` has all of it.
MAX_TEXT = 500


def run_data(run: RunRecord, workspace: str, now: float | None = None) -> dict[str, Any]:
    """One run in the form of `run.v1.json`; `workspace` is the key of its workspace."""
    shown = run.shown_status(time.time() if now is None else now)
    return {
        "run_id": run.run_id,
        "rev": run.rev,
        "workspace": workspace,
        "experiment": run.experiment,
        "number": run.number,
        "name": run.name,
        "description": run.description,
        "type": run.type,
        "status": run.status.value,
        "shown_status": shown,
        "is_final": run.status.is_final,
        "parent_id": run.parent_id,
        "root_id": run.root_id,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "heartbeat_at": run.heartbeat_at,
        "cancel_requested_at": run.cancel_requested_at,
        "cancel_by": run.cancel_by,
        "cancel_via": run.cancel_via,
        "error": None
        if run.error is None
        else {"code": run.error.code, "message": run.error.message, "traceback": run.error.traceback},
        "submitted_by": run.submitted_by,
        "owner": None
        if run.owner is None
        else {"host": run.owner.host, "pid": run.owner.pid, "kernel_id": run.owner.kernel_id},
        "progress": None
        if run.progress is None
        else {"done": run.progress.done, "total": run.progress.total, "message": run.progress.message},
        "log_bytes": run.log_bytes,
        "tags": run.tags,
        "properties": run.properties,
        "params": run.params,
        "metrics": {
            name: {
                "kind": m.kind,
                "count": m.count,
                "last": to_json(m.last if not isinstance(m.last, str) else m.last[:MAX_TEXT]),
                "min": m.min,
                "max": m.max,
                "updated_at": m.updated_at,
            }
            for name, m in run.metrics.items()
        },
        "child_counts": run.child_counts,
        "archived_at": run.archived_at,
        "deleted_at": run.deleted_at,
    }


def series_data(series: Series) -> dict[str, Any]:
    """One metric; where points are left out, with the position of each."""
    return {**series_outline(series), "index": series.index}


def series_outline(series: Series) -> dict[str, Any]:
    """One metric for a picture as small as a notebook's."""
    points = [[step, at, to_json(value)] for step, at, value in series.points]
    return {"name": series.name, "kind": series.kind, "count": series.count, "points": points}
