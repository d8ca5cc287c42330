"""The one output area of a run in a notebook: live while it runs, static and self-contained once it has ended.

While the run is under way the bundle also carries a widget view for front ends without our renderer; the last update drops it, because a
saved widget view hides the HTML beside it and reads "model not found" without its kernel.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from jupyter_runs import paths
from jupyter_runs.errors import StoreAway
from jupyter_runs.snapshot import bundle

if TYPE_CHECKING:
    from jupyter_runs.feed import Subscription
    from jupyter_runs.model import RunRecord
    from jupyter_runs.run import Run
    from jupyter_runs.widget import RunPanel

_WIDGET = "application/vnd.jupyter.widget-view+json"


class LiveOutput:
    """One display with an id, updated in place."""

    def __init__(self, run: Run, view: str = "full") -> None:
        from IPython.display import display

        self._run, self._view = run, view
        self._panel: RunPanel | None = None
        self._subscription: Subscription | None = None
        self._handle: Any = display(self._bundle(live=True), raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def _bundle(self, *, live: bool) -> dict[str, Any]:
        data = bundle(self._run, view=self._view)
        if live and not _front_end_is_ours() and not self._run._record().status.is_final:
            from jupyter_runs.widget import RunPanel

            self._panel = RunPanel(self._run, view=self._view)
            data[_WIDGET] = {"version_major": 2, "version_minor": 0, "model_id": self._panel.model_id}
        return data

    def follow(self) -> None:
        """Make the output static when the run has ended, whoever ends it."""
        if not self._run._record().status.is_final:
            self._subscription = self._run._workspace.feed.subscribe(self._changed, min_interval_s=0.2)
        if self._run._record().status.is_final:
            self.finish()

    def _changed(self, runs: list[RunRecord]) -> None:
        if any(run.run_id == self._run.id and run.status.is_final for run in runs):
            self.finish()

    def finish(self) -> None:
        """The run has ended: the output is what a saved notebook will show. With a server that is away that comes when it is back."""
        try:
            data = self._bundle(live=False)
        except StoreAway:
            return  # the feed goes on and calls again
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            subscription.close()
        self._handle.update(data, raw=True)
        panel, self._panel = self._panel, None
        if panel is not None:
            panel.close()


def _front_end_is_ours() -> bool:
    """True when this kernel was started by a Jupyter server that runs our extension: its pages have our renderer."""
    if "VSCODE_PID" in os.environ:
        return False
    parent = os.environ.get("JPY_PARENT_PID", "")
    return parent.isdecimal() and paths.server_mark(int(parent)).exists()
