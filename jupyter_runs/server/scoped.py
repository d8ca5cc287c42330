"""What the token of a run may call of the store: what a launcher and its script need, on that run and those below it. Nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jupyter_runs.model import Status
from jupyter_runs.server.access import is_below, runs_below

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_runs.model import Changes, NewRun, Owner, RunRecord
    from jupyter_runs.server.access import RemoteHandler
    from jupyter_runs.server.stores import OpenWorkspace

#: About the one run that is named.
_RUN_CALLS = (
    "get_run job series events claim transition end_descendants request_cancel note_error append update_run edit_tags "
    "add_properties hand_over"
)
_OF_A_RUN = frozenset(_RUN_CALLS.split())
#: About the process that asks, which has runs of the tree.
_OF_AN_OWNER = frozenset({"heartbeat", "stops_asked"})


def call(handler: RemoteHandler, workspace: OpenWorkspace, method: str, arguments: dict[str, Any]) -> Any:
    """What the method gives, of what the token covers. Raises `NotAllowed`. Blocks."""
    if method in _OF_A_RUN:
        handler.must_cover(workspace, arguments["run_id"])
    elif method in _OF_AN_OWNER:
        if method != "stops_asked" and arguments["owner"] not in _owners(workspace, handler):
            raise handler.refusal("runs of that process")
    elif method in _OTHERS:
        return _OTHERS[method](handler, workspace, arguments)
    else:
        raise handler.refusal(f"a call of {method}")
    given = getattr(workspace.store, method)(**arguments)
    if method == "stops_asked":
        return [request for request in given if is_below(workspace.store, request.run_id, _scope(handler))]
    return given


def _scope(handler: RemoteHandler) -> str:
    assert handler.scope is not None  # noqa: S101 - `StoreHandler` looks at it
    return handler.scope


def _owners(workspace: OpenWorkspace, handler: RemoteHandler) -> set[Owner | None]:
    """Processes that own unfinished runs of the tree."""
    return {run.owner for run in runs_below(workspace.store, _scope(handler))}


def _create_runs(handler: RemoteHandler, workspace: OpenWorkspace, arguments: dict[str, Any]) -> list[RunRecord]:
    runs: list[NewRun] = arguments["runs"]
    for run in runs:
        if run.parent_id is None:
            raise handler.refusal("a run that is below none")
    parents = {run.parent_id for run in runs if run.parent_id is not None}
    handler.must_cover(workspace, *parents)
    experiments = {run.experiment for run in workspace.store.get_runs(parents)}
    if not {run.experiment for run in runs} <= experiments:
        raise handler.refusal("another experiment")
    return workspace.store.create_runs(runs)


def _get_runs(handler: RemoteHandler, workspace: OpenWorkspace, arguments: dict[str, Any]) -> list[RunRecord]:
    scope = _scope(handler)
    return [run for run in workspace.store.get_runs(**arguments) if is_below(workspace.store, run.run_id, scope)]


def _find_runs(handler: RemoteHandler, workspace: OpenWorkspace, arguments: dict[str, Any]) -> Any:
    where = arguments["where"]
    above = where.parent_id or where.below
    if above is None:
        # Where all runs of the workspace are meant: those that the token may see.
        arguments["where"] = replace(where, below=_scope(handler))
    else:
        handler.must_cover(workspace, above)
    return workspace.store.find_runs(**arguments)


def _changes(handler: RemoteHandler, workspace: OpenWorkspace, arguments: dict[str, Any]) -> Changes:
    found, scope = workspace.store.changes(**arguments), _scope(handler)
    covered = [run for run in found.runs if is_below(workspace.store, run.run_id, scope)]
    gone = [run_id for run_id in found.deleted if is_below(workspace.store, run_id, scope)]
    return replace(found, runs=covered, deleted=gone)


def _end_owned(handler: RemoteHandler, workspace: OpenWorkspace, arguments: dict[str, Any]) -> list[str]:
    """Only those of the tree: who made a child may have said that anybody owns it."""
    ended = []
    for run in runs_below(workspace.store, _scope(handler)):
        if run.owner == arguments["owner"] and not run.status.is_final:
            asked = run.cancel_requested_at is not None
            to, error = (Status.CANCELED, None) if asked else (Status.FAILED, arguments["error"])
            workspace.store.transition(run.run_id, to, error=error, by=run.cancel_by, via=run.cancel_via)
            ended.append(run.run_id)
    return ended


def _unfinished_owners(handler: RemoteHandler, workspace: OpenWorkspace, _: dict[str, Any]) -> Any:
    owners = _owners(workspace, handler)
    return [state for state in workspace.store.unfinished_owners() if state.owner in owners]


def _cursor(_: RemoteHandler, workspace: OpenWorkspace, __: dict[str, Any]) -> str:
    return workspace.store.cursor()


_OTHERS: dict[str, Callable[[RemoteHandler, OpenWorkspace, dict[str, Any]], Any]] = {
    "create_runs": _create_runs,
    "get_runs": _get_runs,
    "find_runs": _find_runs,
    "changes": _changes,
    "cursor": _cursor,
    "unfinished_owners": _unfinished_owners,
    "end_owned": _end_owned,
}
