"""Every run that a filter matches, page by page: for whoever needs all of them, and not all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_runs.model import RunRecord
    from jupyter_runs.store.base import RunFilter, Store

_PAGE = 500


def every_run(store: Store, where: RunFilter) -> Iterator[RunRecord]:
    """The runs that match, in their order. Cost: one question for 500 of them; memory: those."""
    page = None
    while True:
        found = store.find_runs(where, _PAGE, page)
        yield from found.runs
        if (page := found.next_page) is None:
            return
