"""The magics: parse and call, nothing else.

`%%run_experiment` is an input transformer that drops one `%`, so that the cell runs as an ordinary cell that begins with a line magic: one
Out, one traceback with the notebook's line numbers, top-level await, and a syntax error starts no run. The run ends in `post_run_cell`.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython import version_info
from IPython.core.error import UsageError
from IPython.core.inputtransformer2 import leading_indent
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class
from traitlets import Enum, Unicode
from traitlets.config import Configurable

from jupyter_runs import cells, magic_args, paths
from jupyter_runs.errors import JupyterRunsError, RunCanceled
from jupyter_runs.experiment import Experiment
from jupyter_runs.output import LiveOutput
from jupyter_runs.run import Run
from jupyter_runs.session import Session, outcome
from jupyter_runs.workspace import Workspace, opened

if TYPE_CHECKING:
    import argparse

    from jupyter_runs.runlist import RunList

_CELL_MAGICS = ("run_experiment", "child_run")
_HEAD = re.compile(rf"%%({'|'.join(_CELL_MAGICS)})\b")


def drop_percent(lines: list[str]) -> list[str]:
    """The input transformer: `%%run_experiment …` at the top of a cell becomes the line magic; blank and comment lines above are fine."""
    at = next((i for i, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), None)
    if at is None or not _HEAD.match(lines[at]):
        return lines
    rest = lines[at + 1 :]
    below = next((i for i, text in enumerate(rest) if text.strip()), len(rest))
    if below < len(rest) and rest[below][:1].isspace():
        rest = [*rest[:below], *leading_indent(rest[below:])]  # type: ignore[no-untyped-call]
    if below < len(rest) and rest[below].startswith("%%"):
        rest = [*rest[:below], cells.shell().input_transformer_manager.transform_cell("".join(rest[below:]))]
    return [*lines[:at], lines[at][1:], *rest]


class _Active:
    """A run of a magic whose cell is running."""

    def __init__(self, run: Run, session: Session, output: LiveOutput | None, variable: str) -> None:
        self.run, self.session, self.output, self.variable = run, session, output, variable
        cell = cells.current()
        self._source = (cell.source if cell is not None else None) or ""
        self._shown_before = getattr(sys, "last_value", None)

    def error_shown_by_time(self) -> BaseException | None:
        """The error of a `%%time` cell: IPython 8 shows it there and reports none."""
        shown = getattr(sys, "last_value", None)
        is_new = shown is not None and shown is not self._shown_before
        return shown if is_new and version_info < (9,) and re.search(r"^%%time\b", self._source, re.MULTILINE) else None


@magics_class
class RunsMagics(Magics, Configurable):
    """Runs from notebook cells. `%config RunsMagics` shows the settings."""

    experiment = Unicode(
        "", help="Experiment of %%run_experiment when none is named; default: the notebook's name."
    ).tag(config=True)
    panel = Enum(["full", "mini", "none"], "full", help="What %%run_experiment shows: full | mini | none.").tag(
        config=True
    )

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.shell: Any
        self._active: list[_Active] = []
        self._last: Run | None = None

    @line_cell_magic
    def run_experiment(self, line: str, cell: str | None = None) -> None:
        """%%run_experiment [EXPERIMENT] [options]: run this cell as a logged run; the body sees it as `run`. `--help` shows the options."""
        args = magic_args.parse("run_experiment", line)
        if args is not None:
            self._start(args, cell)

    @line_cell_magic
    def child_run(self, line: str, cell: str | None = None) -> None:
        """%%child_run [NAME] [options]: as %%run_experiment, as a child of the active run or of the last one."""
        args = magic_args.parse("child_run", line)
        if args is not None:
            args.parent = args.parent or ("last" if self._enclosing() is None else None)
            self._start(args, cell)

    @line_magic
    def runs(self, line: str) -> RunList:
        """%runs [QUERY]: runs that match, newest first, e.g. `%runs status:running tag:quality`."""
        found: RunList = self._friendly(lambda: Workspace.from_config().search(line))
        return found

    @line_magic
    def run_tag(self, line: str) -> None:
        """%run_tag KEY[=VALUE]… [--id ID] [--remove]: tag the active run, the last one, or the one named."""
        args = magic_args.parse("run_tag", line)
        if args is not None:
            run = self._meant(args.id)
            tags = magic_args.pairs("tag", args.tags)
            self._friendly(lambda: run.remove_tags(list(tags)) if args.remove else run.set_tags(tags))

    @line_magic
    def run_cancel(self, line: str) -> None:
        """%run_cancel [ID | --all]: cancel a run (of any kernel), by default the last one of this kernel; --all: every active run."""
        args = magic_args.parse("run_cancel", line)
        if args is None:
            return
        if args.all:
            active = {run.id: run for run in self._friendly(lambda: Workspace.from_config().search("status:active"))}
            # A cancel reaches the descendants by itself.
            runs = [run for run in active.values() if run._record().parent_id not in active]
        else:
            runs = [self._meant(args.id)]
        for run in runs:
            self._cancel(run)
        if not runs:
            print("No run is active.")

    @line_magic
    def run_panel(self, line: str) -> None:
        """%run_panel [ID | last]: show the panel of a run here."""
        args = magic_args.parse("run_panel", line)
        if args is not None:
            LiveOutput(self._meant(args.id), args.panel).follow()

    # -- how -------------------------------------------------------------------------------------------------------------

    def _start(self, args: argparse.Namespace, cell: str | None) -> None:
        parent = self._parent(args.parent)
        name = args.experiment or (
            parent.experiment.name if parent is not None else self.experiment or magic_args.default_experiment()
        )
        params = magic_args.pairs("parameter", args.param, need_value=True)
        if args.var in params:
            raise UsageError(
                f"The parameter {args.var!r} has the name of the run's own variable. Rename it, or choose another --var."
            )
        namespace = magic_args.variables(params)
        workspace = parent.experiment.workspace if parent is not None else self._friendly(Workspace.from_config)

        def create() -> Run:
            new = Experiment(workspace, name).new_run(
                display_name=args.name,
                description=args.desc,
                tags=magic_args.pairs("tag", args.tag),
                properties=magic_args.pairs("property", args.prop, need_value=True),
                params={key: str(value) for key, value in params.items()},
                parent_id=parent.id if parent is not None else None,
            )
            return Run._of(workspace, workspace.create_runs([new], armed=True)[0])

        run = self._friendly(create)
        if (outputs := Path(paths.OUTPUTS).absolute()).is_dir():
            workspace.sessions[run.id].collect_from(outputs)
        self.shell.push({**namespace, args.var: run, "_run": run})
        self._last = run
        shown = args.panel or self.panel
        active = _Active(run, workspace.sessions[run.id], LiveOutput(run, shown) if shown != "none" else None, args.var)
        self._active.append(active)
        if cell is None:
            self._end_with_the_cell(active)
        else:
            self._end(active, self.shell.run_cell(cell))

    def _end_with_the_cell(self, active: _Active) -> None:
        current = cells.current()
        if current is None:
            raise UsageError(
                "%run_experiment starts a run that ends with its cell; no cell is running here. Use Experiment.start_logging()."
            )
        self._show_cancel_in_one_line(active)
        current.at_end.append(lambda result: self._end(active, result))

    def _end(self, active: _Active, result: Any) -> None:
        self._active.remove(active)
        if self._active:  # a nested run has ended: the outer body sees its own again
            outer = self._active[-1]
            self.shell.push({outer.variable: outer.run, "_run": outer.run})
        armed = active.session.leave()
        if result is None:
            error: BaseException | None = asyncio.CancelledError()
        else:
            error = result.error_before_exec or result.error_in_exec or active.error_shown_by_time()
        run = active.run
        active.session.finish(outcome(error, armed, run.experiment.workspace.user))
        if active.output is not None:
            active.output.finish()
        else:
            from jupyter_runs import html

            print(html.plain(run.wire()))

    def _show_cancel_in_one_line(self, active: _Active) -> None:
        """An async body ends with CancelledError; show what it means instead of asyncio's traceback."""
        armed, shell = active.session.gate, self.shell
        if armed is None or armed.task is None:
            return
        before = shell.custom_exceptions, shell.CustomTB

        def show(shell: Any, kind: Any, error: Any, trace: Any, tb_offset: Any = None) -> None:
            del tb_offset
            if armed.delivered:
                canceled = armed.canceled()
                shell._showtraceback(RunCanceled, canceled, canceled._render_traceback_())
            else:
                shell.showtraceback((kind, error, trace))

        shell.set_custom_exc((asyncio.CancelledError,), show)

        def restore(_result: Any) -> None:
            shell.custom_exceptions, shell.CustomTB = before

        current = cells.current()
        if current is not None:
            current.at_end.append(restore)

    def _enclosing(self) -> Run | None:
        """The run that the code is inside of: of a magic, or opened by hand."""
        if self._active:
            return self._active[-1].run
        workspace = Workspace.from_config()
        by_hand = [session for session in workspace.sessions.values() if session.by_hand]
        return workspace.get_run(by_hand[-1].run_id) if by_hand else None

    def _parent(self, text: str | None) -> Run | None:
        if text == "none":
            return None
        if text == "last" and self._last is not None:
            return self._last
        if text is not None:
            return self._meant(text)
        parent: Run | None = self._friendly(self._enclosing)
        if parent is not None:
            print(f"Child of {parent.name} (#{parent.number}); use --parent none for a run of its own.")
        return parent

    def _meant(self, text: str | None) -> Run:
        """The run that an argument means; None and `last` mean the one of this kernel."""
        if text in {None, "last"}:
            if (inside := self._enclosing()) is not None:
                return inside
            ours = [run for run in (self._last, Workspace.from_config().last_submitted) if run is not None]
            if ours:
                return max(ours, key=lambda run: run._record().created_at)
            if text is None:
                raise UsageError("No run was started in this kernel yet. Name one: `%runs` shows the ids.")
        found: Run = self._friendly(lambda: Workspace.from_config().find_run(str(text)))
        return found

    def _cancel(self, run: Run) -> None:
        began = time.monotonic()
        self._friendly(lambda: run.cancel(_via="magic"))
        record = run._record()
        while not record.status.is_final and time.monotonic() - began < 10:
            time.sleep(0.05)
            record = run._record()
        took = time.monotonic() - began
        if record.status.is_final:
            print(f"{record.name} is {record.status.value} (after {took:.1f} s).")
        else:
            print(f"Asked {record.name} to end; it has not yet: its code cannot be interrupted just now.")

    @staticmethod
    def _friendly(call: Any) -> Any:
        """A user's mistake is a usage error: one line, no traceback."""
        try:
            return call()
        except JupyterRunsError as error:
            raise UsageError(str(error)) from None


def _not_first(_line: str) -> None:
    raise UsageError(
        "%%run_experiment must be the first line of the cell: only blank and comment lines may stand above it."
    )


def load(ip: Any) -> None:
    """Register everything; again is harmless."""
    unload(ip)
    cells.hook()
    ip.input_transformers_cleanup.append(drop_percent)
    magics = RunsMagics(ip)
    ip.register_magics(magics)
    for name in _CELL_MAGICS:
        ip.register_magic_function(_not_first, "line", f"%{name}")


def unload(ip: Any) -> None:
    """Take the magics away; runs under way go on."""
    if drop_percent in ip.input_transformers_cleanup:
        ip.input_transformers_cleanup.remove(drop_percent)
    ours = {name for kind in RunsMagics.magics.values() for name in kind} | {f"%{name}" for name in _CELL_MAGICS}
    for known in ip.magics_manager.magics.values():
        for name in ours & known.keys():
            del known[name]
    if not any(shared.sessions for shared in opened()):
        cells.unhook()
