"""What may be done to runs that are there: cancel, archive, delete, and the way back; to one run or to many at once."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import psutil
from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_runs import liveness, names, proctree
from jupyter_runs.errors import JupyterRunsError, StoreError
from jupyter_runs.server import requests
from jupyter_runs.server.base import RunsHandler, dumps
from jupyter_runs.server.requests import BadRequest, CannotForce, parse_body

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jupyter_runs.model import RunRecord
    from jupyter_runs.server.base import Json
    from jupyter_runs.server.stores import OpenWorkspace
    from jupyter_runs.store.base import Store


def cancel(store: Store, run_id: str, user: str, via: str) -> RunRecord:
    """Ask the run to end; the run as it is then."""
    run = store.request_cancel(run_id, by=user, via=via)
    if run.status.is_final or run.owner is None or not liveness.is_here(run.owner):
        return run
    # Nobody would obey if the owner had died.
    liveness.reap(store)
    return store.get_run(run_id)


def force_stop(store: Store, run_id: str) -> RunRecord:
    """Kill the processes of a script that was asked to end and goes on; its launcher then writes the end of the run.

    Raises
    ------
    CannotForce : the run was not asked to end, is of a cell, or its processes are on another machine.
    """
    run = store.get_run(run_id)
    owner = run.owner
    if run.status.is_final:
        return run
    if run.cancel_requested_at is None:
        raise CannotForce(f"Run {run.run_id} was not asked to end. Cancel it first: it may have something to save.")
    if owner is None or not liveness.is_here(owner):
        place = "no machine" if owner is None else owner.host
        raise CannotForce(f"The processes of run {run.run_id} are on {place}, not on the machine of this server.")
    if owner.kernel_id is not None:
        raise CannotForce(f"Run {run.run_id} is in a kernel. Interrupt or restart the kernel {owner.kernel_id}.")
    # Not the launcher: it is the one that says how the run has ended.
    for process in proctree.of_run({run.run_id}):
        with suppress(psutil.Error):
            process.kill()
    liveness.reap(store)
    return store.get_run(run_id)


def _act(store: Store, action: str, run_id: str, user: str) -> None:
    if action in {"archive", "reactivate"}:
        store.set_archived(run_id, action == "archive", by=user)
    elif action == "delete":
        store.delete_run(run_id, by=user)
    else:
        store.restore_run(run_id, by=user)


#: What a person must be allowed to do.
_RIGHTS = {
    **dict.fromkeys(("archive", "reactivate"), "archive"),
    **dict.fromkeys(("delete", "restore"), "delete"),
    "cancel": "cancel",
    "tag": "edit",
}


async def _answer(handler: RunsHandler, action: str, run_id: str) -> None:
    parse_body(handler.request.body, {}, required=False)
    user = handler.user

    def work(workspace: OpenWorkspace) -> RunRecord:
        # Only a run that is there: also where the action itself would not mind.
        workspace.store.get_run(run_id)
        handler.must_allow(workspace, _RIGHTS[action], run_id)
        _act(workspace.store, action, run_id, user)
        return workspace.store.get_run(run_id)

    await handler.answer_change(work)


class ArchiveHandler(RunsHandler):
    """Out of listings."""

    @web.authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        await _answer(self, "archive", run_id)


class ReactivateHandler(RunsHandler):
    """Back in listings."""

    @web.authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        await _answer(self, "reactivate", run_id)


class DeleteHandler(RunsHandler):
    """Into the bin."""

    @web.authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        await _answer(self, "delete", run_id)


class RestoreHandler(RunsHandler):
    """Out of the bin."""

    @web.authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        await _answer(self, "restore", run_id)


class ForceStopHandler(RunsHandler):
    """An end for a script that does not obey."""

    @web.authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        parse_body(self.request.body, {}, required=False)

        def work(workspace: OpenWorkspace) -> RunRecord:
            self.must_allow(workspace, "cancel", run_id)
            return force_stop(workspace.store, run_id)

        await self.answer_change(work)


async def bulk(handler: RunsHandler) -> None:
    """Do one thing to many runs, each for itself: what one refuses does not stop the others."""
    body = parse_body(handler.request.body, requests.BULK_FIELDS)
    missing = [field for field in ("action", "ids") if field not in body]
    if missing:
        raise BadRequest(f"Field {missing[0]!r} is missing: expected {requests.BULK_FIELDS[missing[0]].expected}.")
    action, user, via = body["action"], handler.user, body.get("via", "rest")
    tags, gone = names.tags(body.get("set", {})), body.get("remove", [])
    if action != "tag" and ("set" in body or "remove" in body):
        raise BadRequest(f"`set` and `remove` are for the action tag, not for {action}. Leave them out.")
    if action == "tag" and not tags and not gone:
        raise BadRequest("The action tag needs `set` or `remove`, e.g. {'set': {'quality': 'good'}}.")

    def one(workspace: OpenWorkspace, run_id: str) -> None:
        handler.must_allow(workspace, _RIGHTS[action], run_id)
        store = workspace.store
        if action == "cancel":
            cancel(store, run_id, user, via)
        elif action == "tag":
            store.edit_tags(run_id, tags, gone, by=user)
        else:
            _act(store, action, run_id, user)

    def work(workspace: OpenWorkspace) -> str:
        return dumps(_each(workspace, body["ids"], one))

    text = await handler.stores.write(handler.workspace, work)
    if action == "cancel":
        handler.stores.withdraw(handler.workspace, body["ids"])
    handler.finish(text)


def _each(workspace: OpenWorkspace, ids: Sequence[str], one: Callable[[OpenWorkspace, str], None]) -> Json:
    done: list[str] = []
    failed: list[Json] = []
    # The oldest first, so that a parent comes before its children: what goes into the bin together comes out together.
    there = sorted(workspace.store.get_runs(dict.fromkeys(ids)), key=lambda run: (run.created_at, run.number))
    known = [run.run_id for run in there]
    broken: StoreError | None = None
    for run_id in dict.fromkeys([*known, *ids]):
        try:
            if broken is not None:
                raise broken
            one(workspace, run_id)
        except JupyterRunsError as error:
            failed.append({"id": run_id, "message": str(error)})
            # A store that is locked or full is so for the others, too: nobody waits 30 s for each.
            broken = error if isinstance(error, StoreError) else None
        else:
            done.append(run_id)
    return {"done": done, "failed": failed}
