"""What the command line does with the store: open it, find the run that a person means, list, wait."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from jupyter_runs import config, search, wire
from jupyter_runs.errors import InvalidName, RunNotFound, StoreError, WorkspaceConfigError, shorten
from jupyter_runs.store.base import RunFilter
from jupyter_runs.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_runs.model import RunRecord

_PAGE = 500
#: Numbers are short; longer digits are the beginning of an id.
_NUMBER_DIGITS = 7


class Runs:
    """The runs of one workspace."""

    def __init__(self, workspace: str | None) -> None:
        where = config.resolve(workspace)
        if workspace is not None and not where.database.exists():
            raise WorkspaceConfigError(f"{where.folder} holds no runs ({where.database.name} is not there). Check -w.")
        self.key = where.key
        self.store = SqliteStore(where.database)
        # A store that cannot be written can still be read.
        with suppress(StoreError):
            reap(self.store)

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def data(self, run: RunRecord) -> dict[str, Any]:
        """A run as JSON: its wire form, and the names that scripts for Azure ML know."""
        return wire.run_data(run, self.key) | {
            "run_number": run.number,
            "display_name": run.name,
            "start_time_utc": _utc(run.started_at),
            "end_time_utc": _utc(run.ended_at),
        }

    def find(self, where: RunFilter, last: int) -> tuple[list[RunRecord], int]:
        """The newest `last` runs, and how many match in all."""
        found: list[RunRecord] = []
        page, total = None, 0
        while len(found) < last:
            answer = self.store.find_runs(where, min(_PAGE, last - len(found)), page)
            found += answer.runs
            page, total = answer.next_page, answer.total
            if page is None:
                break
        return found, total

    def one(self, text: str, experiment: str | None) -> RunRecord:
        """The run that a person means: an id, the beginning of one, `#number`, or `last`.

        Raises
        ------
        RunNotFound : none.
        InvalidName : more than one.
        """
        if text == "last":
            found = self.store.find_runs(RunFilter(experiment=experiment), limit=1).runs
        else:
            found = self.store.get_runs([text])
            digits = text.removeprefix("#")
            if not found and digits.isdecimal() and len(digits) <= _NUMBER_DIGITS:
                found = list(self._numbered(int(digits), experiment))
            if not found and not text.startswith("#") and text:
                found = self._beginning(text, experiment)
        if not found:
            raise RunNotFound(text, self.store.location)
        if len(found) > 1:
            places = ", ".join(f"{run.experiment} {shorten(run.run_id)}" for run in found[:3])
            more = ", …" if len(found) > 3 else ""
            raise InvalidName(
                f"{shorten(text)!r} means more than one run ({places}{more}). Add -e EXPERIMENT or more of the id."
            )
        return found[0]

    def _beginning(self, prefix: str, experiment: str | None) -> list[RunRecord]:
        runs = self.store.get_runs(self.store.find_ids(prefix))
        return [run for run in runs if experiment in {None, run.experiment}]

    def _numbered(self, number: int, experiment: str | None) -> Iterator[RunRecord]:
        where = RunFilter(experiment=experiment, include_children=True, query=search.parse(f'"#{number}"'))
        page = None
        while True:
            # The search finds the text in names as well.
            answer = self.store.find_runs(where, _PAGE, page)
            yield from (run for run in answer.runs if run.number == number)
            page = answer.next_page
            if page is None:
                return

    def wait_for_end(self, run_id: str, seconds: float) -> RunRecord:
        """The run when it has ended, or after `seconds`; a dead owner is noticed meanwhile."""
        until = time.monotonic() + seconds
        while True:
            reap(self.store)
            run = self.store.get_run(run_id)
            if run.status.is_final or time.monotonic() > until:
                return run
            time.sleep(0.05)


def reap(store: SqliteStore) -> None:
    """End the runs whose process is gone."""
    if store.unfinished_owners():
        from jupyter_runs import liveness

        liveness.reap(store)


def _utc(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
