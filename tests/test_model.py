"""The state table and what is shown: written out here a second time, so that a change has to be meant."""

from __future__ import annotations

import itertools

import pytest

from jupyter_runs.model import ALLOWED, FINAL, HEARTBEAT_S, SILENT_AFTER_S, Status, shown_status

NAMES = ["NotStarted", "Queued", "Preparing", "Running", "Finalizing", "Completed", "Failed", "Canceled"]
#: Rows: from; columns: to, in the order of NAMES.
TABLE = {
    "NotStarted": ". x x x . . x x",
    "Queued": "    . . x x . . x x",
    "Preparing": " . . . x . . x x",
    "Running": "   . . . . x x x x",
    "Finalizing": ". . . . . x x x",
    "Completed": " . . . . . . . .",
    "Failed": "    . . . . . . . .",
    "Canceled": "  . . . . . . . .",
}
PAIRS = [(start, to, mark == "x") for start in NAMES for to, mark in zip(NAMES, TABLE[start].split(), strict=True)]
NOW = 1_795_467_983.0


def test_the_statuses_are_spelled_as_in_azure_ml():
    assert [status.value for status in Status] == NAMES
    assert [str(status) for status in Status] == NAMES


@pytest.mark.parametrize(("start", "to", "allowed"), PAIRS, ids=[f"{a}-{b}" for a, b, _ in PAIRS])
def test_the_state_table_is_the_one_that_was_agreed(start, to, allowed):
    assert (Status(to) in ALLOWED[Status(start)]) is allowed


def test_a_status_is_final_when_nothing_can_follow():
    assert {Status.COMPLETED, Status.FAILED, Status.CANCELED} == FINAL
    assert {status for status in Status if status.is_final} == FINAL


@pytest.mark.parametrize("start", [s for s in Status if not s.is_final])
def test_every_unfinished_run_can_fail_and_be_canceled(start):
    assert {Status.FAILED, Status.CANCELED} <= ALLOWED[start]


@pytest.mark.parametrize(
    ("canceled_at", "heard_at", "expected"),
    [
        (None, None, None),
        (None, NOW - SILENT_AFTER_S, None),
        (NOW - 5, None, "CancelRequested"),
        (NOW - 5, NOW - 1, "CancelRequested"),
        (None, NOW - SILENT_AFTER_S - 0.1, "NotResponding"),
        (NOW - 5, NOW - SILENT_AFTER_S - 0.1, "NotResponding"),
    ],
)
@pytest.mark.parametrize("status", Status)
def test_what_is_shown_follows_from_what_is_stored(status, canceled_at, heard_at, expected):
    shown = shown_status(status, canceled_at, heard_at, NOW)
    assert shown == (status.value if status.is_final or expected is None else expected)


def test_an_owner_is_silent_after_three_missed_heartbeats():
    assert SILENT_AFTER_S == 3 * HEARTBEAT_S


def test_no_final_status_can_be_reached_from_another_one():
    for one, other in itertools.permutations(FINAL, 2):
        assert other not in ALLOWED[one]
