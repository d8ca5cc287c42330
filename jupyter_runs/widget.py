"""RunPanel, a real ipywidget of a run, and RunDetails, its name in Azure ML SDK v1.

The panel listens to the store, not to a Run object: it also follows runs of other processes. Its traits are set from the feed's thread, so
it moves while the cell is busy; it stops listening when the run has ended.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from jupyter_runs import html
from jupyter_runs.errors import JupyterRunsError, RunNotFound
from jupyter_runs.snapshot import snapshot
from jupyter_runs.values import to_json
from jupyter_runs.wire import MIME

if TYPE_CHECKING:
    from jupyter_runs.feed import Subscription
    from jupyter_runs.model import RunRecord
    from jupyter_runs.run import Run

#: Between two updates of a panel (seconds); more where one takes long.
_INTERVAL_S, _MAX_INTERVAL_S = 0.1, 2.0
_STATIC = Path(__file__).parent / "static"
_NOT_BUILT = (
    "export default { render({ el }) { el.textContent = 'jupyter_runs: the panel is not built. Run `make build`.'; } };"
)


def _asset(name: str, otherwise: str) -> str:
    file = _STATIC / name
    return file.read_text("utf-8") if file.exists() else otherwise


class RunPanel(anywidget.AnyWidget):
    """A live panel of one run; composes with other widgets: `VBox([RunPanel(a), RunPanel(b)])`.

    Parameters
    ----------
    run : the run to show; it may belong to another process.
    view : `full`, or `mini` for the header line only.

    The traits `status`, `tags`, `metrics` (last values by name) and `children_count` follow the run, at most ten times a second, and can be
    observed and linked. `close()` leaves no thread and no listener behind; so does the end of the run.
    """

    _esm = _asset("widget.js", _NOT_BUILT)
    _css = _asset("widget.css", "")

    status = traitlets.Unicode().tag(sync=True)
    tags = traitlets.Dict().tag(sync=True)
    metrics = traitlets.Dict().tag(sync=True)
    children_count = traitlets.Int().tag(sync=True)
    view = traitlets.Enum(["full", "mini"], default_value="full").tag(sync=True)
    _snapshot = traitlets.Dict().tag(sync=True)

    def __init__(self, run: Run, view: str = "full", **kwargs: Any) -> None:
        self._run = run
        self._subscription: Subscription | None = None
        super().__init__(view=view, **kwargs)
        run.get_status()  # finds out when the owner is dead
        self.on_msg(self._on_message)
        _allow_subshells(self.comm)
        self._refresh()
        if not self._snapshot["run"]["is_final"] or self._has_active_children():
            self._subscription = run._workspace.feed.subscribe(self._changed, min_interval_s=_INTERVAL_S)
            self._refresh()  # what changed between the first look and the subscription

    @property
    def run(self) -> Run:
        """The run that is shown."""
        return self._run

    def close(self) -> None:
        """Stop following the run and close the widget everywhere."""
        self._stop()
        super().close()

    def _stop(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            subscription.close()

    def _changed(self, runs: list[RunRecord]) -> None:
        mine = self._run.id
        if any(mine in {run.run_id, run.parent_id} for run in runs):
            began = time.monotonic()
            self._refresh()
            if self._subscription is not None:
                # 100,000 points take half a second to read: the user's code comes first.
                took = time.monotonic() - began
                self._subscription.min_interval_s = min(max(_INTERVAL_S, 9 * took), _MAX_INTERVAL_S)
            if self._snapshot["run"]["is_final"] and not self._has_active_children():
                self._stop()

    def _refresh(self) -> None:
        data = snapshot(self._run._workspace, self._run.id, view=self.view, live=True)
        run = data["run"]
        self._snapshot = data
        self.status = run["shown_status"]
        self.tags = run["tags"]
        self.metrics = {name: to_json(metric["last"]) for name, metric in run["metrics"].items()}
        self.children_count = sum(run["child_counts"].values())

    def _has_active_children(self) -> bool:
        return bool(set(self._snapshot["run"]["child_counts"]) - {"Completed", "Failed", "Canceled"})

    def _on_message(self, _widget: object, content: Any, _buffers: object) -> None:
        """An action from the front end, where no server answers it."""
        if not isinstance(content, dict) or content.get("type") != "action":
            return
        error = None
        try:
            self._act(content)
        except (JupyterRunsError, ValueError, KeyError, TypeError) as problem:
            error = str(problem)
        self.send({"type": "reply", "id": content.get("id"), "error": error})
        with suppress(RunNotFound):  # removed for good since: the reply has said so, and the panel keeps what it shows
            self._refresh()

    def _act(self, content: dict[str, Any]) -> None:
        match content.get("action"):
            case "cancel":
                self._run.cancel(_via="panel")
            case "set_tags":
                self._run.set_tags(content["tags"])
            case "remove_tag":
                self._run.remove_tags([content["key"]])
            case "rename":
                self._run.display_name = content["name"]
            case "describe":
                self._run.description = content["description"]
            case other:
                raise ValueError(
                    f"Unknown action {other!r}: the panel and the kernel differ in version. Reload the page."
                )

    def _repr_mimebundle_(self, **_kwargs: Any) -> Any:
        data = snapshot(self._run._workspace, self._run.id, view=self.view)
        bundle = {MIME: data, "text/html": html.card(data), "text/plain": html.plain(data["run"])}
        if self.comm is not None:
            bundle |= {
                "application/vnd.jupyter.widget-view+json": {
                    "version_major": 2,
                    "version_minor": 0,
                    "model_id": self.model_id,
                }
            }
        return bundle


class RunDetails:
    """The panel under its name in SDK v1: `RunDetails(run).show()`."""

    def __init__(self, run_instance: Run) -> None:
        self._run = run_instance

    def show(self, render_lib: object = None, widget_settings: object = None) -> None:
        """Show the panel in the output of this cell; it follows the run, also while `wait_for_completion` keeps the kernel busy."""
        from jupyter_runs.output import LiveOutput

        del render_lib, widget_settings
        LiveOutput(self._run).follow()

    def get_widget_data(self, widget_settings: object = None) -> dict[str, Any]:
        """What the panel shows, as a dict."""
        del widget_settings
        return snapshot(self._run._workspace, self._run.id, live=True)

    def __repr__(self) -> str:
        return f"RunDetails({self._run!r})"


def _allow_subshells(comm: Any) -> None:
    """Let a click reach us while the main shell is busy, where the front end sends it on a subshell.

    ipykernel 7.4 routes it back to the shell that opened the comm instead; there is no public way to say otherwise. The panel's cancel does
    not depend on it: it goes over REST and the store wherever our server extension runs.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _data, default: default
