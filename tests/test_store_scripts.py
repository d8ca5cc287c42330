"""What every store promises about submitted scripts: see `store/base.py`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import stores

from jupyter_runs.errors import IllegalTransition, RunNotFound
from jupyter_runs.liveness import this_process
from jupyter_runs.model import NewRun, RunError, Status

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_runs.store.base import Store
    from jupyter_runs.workspace import Workspace


@pytest.fixture(params=stores.KINDS)
def ws_place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return stores.workspace(request.param, tmp_path / "ws")


@pytest.fixture
def store(ws: Workspace) -> Store:
    job = {"script": "train.py", "arguments": ["--lr", "0.1"]}
    ws.store.create_runs([NewRun("queued", "e", "me", status=Status.QUEUED, owner=this_process(), job=job)])
    ws.store.create_runs([NewRun("cell", "e", "me", status=Status.RUNNING)])
    return ws.store


def test_the_job_is_given_back_as_it_was(store: Store) -> None:
    assert store.job("queued") == {"script": "train.py", "arguments": ["--lr", "0.1"]}
    assert store.job("cell") is None
    with pytest.raises(RunNotFound):
        store.job("nobody")


@pytest.mark.parametrize("to", [Status.PREPARING, Status.RUNNING])
def test_the_first_claim_wins(store: Store, to: Status) -> None:
    first, second = replace(this_process(), pid=1), replace(this_process(), pid=2)
    claimed = store.claim("queued", first, to)
    assert (claimed.status, claimed.owner) == (to, first)
    for owner in (first, second):
        with pytest.raises(IllegalTransition):
            store.claim("queued", owner, to)
    assert store.get_run("queued") == claimed


def test_a_run_that_was_canceled_is_claimed_by_nobody(store: Store) -> None:
    # Nobody has begun it, whoever owns it: it ends at once.
    assert store.request_cancel("queued", by="me", via="test").status is Status.CANCELED
    with pytest.raises(IllegalTransition):
        store.claim("queued", this_process())


def test_only_a_queued_run_is_handed_over(store: Store) -> None:
    launcher, late = replace(this_process(), pid=1), replace(this_process(), pid=2)
    store.hand_over("queued", launcher)
    assert store.get_run("queued").owner == launcher
    claimed = store.claim("queued", launcher)
    store.hand_over("queued", late)
    assert store.get_run("queued") == claimed


def test_a_noted_error_changes_no_status_and_stays_with_the_end(store: Store) -> None:
    store.note_error("cell", RunError("UserError", "bad data"))
    assert (store.get_run("cell").status, store.get_run("cell").error) == (
        Status.RUNNING,
        RunError("UserError", "bad data"),
    )
    store.transition("cell", Status.FAILED)
    store.note_error("cell", RunError("UserError", "too late"))
    assert store.get_run("cell").error == RunError("UserError", "bad data")
    with pytest.raises(RunNotFound):
        store.note_error("nobody", RunError("UserError", "x"))
