"""Lists of runs: read page by page, as far as they are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from jupyter_runs.run import Run
    from jupyter_runs.store.base import RunFilter
    from jupyter_runs.workspace import Workspace

_PAGE = 200
_SHOWN = 20


class RunList(Sequence["Run"]):
    """Runs in order, fetched as they are needed; `next(runs)` works too, as it does on the generators of SDK v1.

    `len` is the number that matched at the first look. Cost: one query a page of 200 runs.
    """

    def __init__(self, workspace: Workspace, where: RunFilter, runs: Sequence[Run] | None = None) -> None:
        self._workspace = workspace
        self._where = where
        self._runs: list[Run] = list(runs) if runs is not None else []
        self._next_page: str | None = None
        self._total: int | None = len(self._runs) if runs is not None else None
        self._iterator: Iterator[Run] | None = None

    def _fetch(self, limit: int = _PAGE) -> bool:
        """Read one more page; False when there is none."""
        from jupyter_runs.run import Run

        if self._total is not None and self._next_page is None:
            return False
        page = self._workspace.store.find_runs(self._where, limit=limit, page=self._next_page)
        self._total = page.total if self._total is None else self._total
        self._next_page = page.next_page
        self._runs += [Run._of(self._workspace, record) for record in page.runs]
        return True

    def __len__(self) -> int:
        if self._total is None:
            self._fetch()
        return self._total or 0

    def __iter__(self) -> Iterator[Run]:
        at = 0
        while at < len(self._runs) or self._fetch():
            if at < len(self._runs):
                yield self._runs[at]
                at += 1

    def __next__(self) -> Run:
        if self._iterator is None:
            self._iterator = iter(self)
        return next(self._iterator)

    @overload
    def __getitem__(self, index: int) -> Run: ...
    @overload
    def __getitem__(self, index: slice) -> RunList: ...
    def __getitem__(self, index: int | slice) -> Run | RunList:
        if isinstance(index, slice):
            wanted = range(*index.indices(len(self)))
            self._read_to(max(wanted, default=-1) + 1)
            runs = [self._runs[i] for i in wanted if i < len(self._runs)]
            return RunList(self._workspace, self._where, runs)
        self._read_to(len(self) if index < 0 else index + 1)
        return self._runs[index]

    def _read_to(self, count: int) -> None:
        while len(self._runs) < count and self._fetch():
            pass

    def only(self, status: str) -> RunList:
        """Those with this (shown) status."""
        return RunList(self._workspace, replace(self._where, statuses=frozenset({str(status)})))

    def to_dataframe(self, metrics: str = "last", varying_only: bool = False) -> Any:
        """One row a run as a pandas DataFrame; as `Experiment.to_dataframe`."""
        from jupyter_runs import frames

        return frames.list_frame(self, metrics, varying_only)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and list(self) == list(other)

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        shown = [repr(run) for run in self[:_SHOWN]]
        rest = len(self) - len(shown)
        return "[" + ",\n ".join(shown) + (f",\n … {rest} more" if rest else "") + "]"

    def _repr_html_(self) -> str:
        from jupyter_runs import html

        return html.runs_table([run.wire() for run in self[:_SHOWN]], len(self))
