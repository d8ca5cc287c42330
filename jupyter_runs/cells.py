"""Where the user's code begins and ends: IPython cells, or the frames of a plain script.

The core asks here instead of importing IPython: in a plain script nothing of it is loaded. Executions nest (a cell may run a cell), so
they are kept on a stack: `pre_run_cell` pushes, `post_run_cell` pops and tells those who attached themselves.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_runs import gate

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from jupyter_runs.errors import RunCanceled

_PACKAGE = __name__.partition(".")[0]
#: What a delivered cancel may arrive as.
CANCELED_ERRORS = (KeyboardInterrupt, asyncio.CancelledError)


@dataclass(eq=False)
class Cell:
    """One execution of a cell; `source` is None for the one that was under way when we were loaded."""

    source: str | None = None
    #: Called with IPython's ExecutionResult (None if it was lost) when the cell has ended, the last attached first.
    at_end: list[Callable[[Any], None]] = field(default_factory=list)


_stack: list[Cell] = []
#: Called at the beginning of every cell (runs opened by hand over several cells).
at_start: list[Callable[[Cell], None]] = []
_hooked: Any = None


def shell() -> Any:
    """The running IPython shell, or None; never imports IPython."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None and hasattr(module, "get_ipython") else None


def hook() -> Any:
    """Follow the shell's cells from now on; the cell that calls this counts as running. Returns the shell, or None."""
    global _hooked
    ip = shell()
    if ip is None or ip is _hooked:
        return ip
    _hooked = ip
    _stack.clear()
    if _cell_frame(ip) is not None or _cell_task() is not None:
        _stack.append(Cell())
    ip.events.register("pre_run_cell", _pre_run_cell)
    ip.events.register("post_run_cell", _post_run_cell)
    return ip


def unhook() -> None:
    """Follow no cells any more."""
    global _hooked
    if _hooked is not None:
        _hooked.events.unregister("pre_run_cell", _pre_run_cell)
        _hooked.events.unregister("post_run_cell", _post_run_cell)
    _hooked = None
    _stack.clear()


def current() -> Cell | None:
    """The innermost cell that is running in the main thread."""
    return _stack[-1] if _stack and gate.on_main_thread() else None


def source() -> str | None:
    """The text of the outermost cell that is running, or None."""
    if _stack and _stack[0].source is not None:
        return _stack[0].source
    # The cell that loaded us was running before we could follow it: the kernel knows what it was asked to execute.
    ip = shell()
    if ip is None or not hasattr(ip, "get_parent"):
        return None
    code = ip.get_parent().get("content", {}).get("code")
    return code if isinstance(code, str) else None


def _pre_run_cell(info: Any) -> None:
    if not gate.on_main_thread():
        return  # a subshell: its cells are not ours to interrupt
    cell = Cell(info.raw_cell)
    _stack.append(cell)
    for call in at_start:
        call(cell)


def _post_run_cell(result: Any = None) -> None:
    if not gate.on_main_thread() or not _stack:
        return
    cell = _stack.pop()
    while cell.at_end:
        cell.at_end.pop()(result)
    if not _stack:
        gate.uninstall()


def new_gate(run_id: str) -> gate.Gate | None:
    """A gate for the code that is calling us, or None where signals cannot reach it (another thread, an idle kernel)."""
    if not gate.on_main_thread():
        return None
    ip = hook()
    if ip is not None:
        if current() is None:
            return None
        namespace = ip.user_ns
        # A coroutine of the user's that runs in a task of its own, e.g. below asyncio.gather: that task is the body.
        own = [f for f in _callers() if f.f_globals is namespace and f.f_code.co_flags & inspect.CO_COROUTINE]
        task = _any_task()
        if own and task is not None and _cell_frame(ip) is None:
            codes = frozenset(f.f_code for f in own)
            return gate.Gate(run_id, lambda f: f.f_code in codes, task, task.get_loop(), namespace, is_subtask=True)
        task = _cell_task()
        loop = task.get_loop() if task is not None else None
        return gate.Gate(
            run_id, lambda f: f.f_globals is namespace and f.f_code.co_name == "<module>", task, loop, namespace
        )
    frames = _callers()
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        codes = frozenset(f.f_code for f in frames)
        return gate.Gate(run_id, lambda f: f.f_code in codes)
    codes = frozenset(f.f_code for f in frames if f.f_code.co_flags & inspect.CO_COROUTINE)
    return gate.Gate(run_id, lambda f: f.f_code in codes, asyncio.current_task(loop), loop)


def _callers() -> list[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    frames = []
    while frame is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] != _PACKAGE:
            frames.append(frame)
        frame = frame.f_back
    return frames


def _cell_frame(ip: Any) -> FrameType | None:
    return next((f for f in _callers() if f.f_globals is ip.user_ns and f.f_code.co_name == "<module>"), None)


def _any_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


def _cell_task() -> asyncio.Task[Any] | None:
    """The task of an async cell. In a sync cell the current task is the kernel's own dispatcher: canceling that would be wrong."""
    task = _any_task()
    coroutine = task.get_coro() if task is not None else None
    return task if getattr(coroutine, "__name__", "") == "run_cell_async" else None


def stop_error(canceled: RunCanceled) -> BaseException:
    """`canceled`, or CancelledError in a sub-task: a KeyboardInterrupt there would leave the event loop and end the kernel."""
    ip = shell()
    if _any_task() is None or (ip is not None and _cell_frame(ip) is not None):
        return canceled
    return asyncio.CancelledError(str(canceled))


def uncancel(armed: gate.Gate | None) -> None:
    """The task's cancel was meant for a child only and has done its work: the task goes on."""
    task = armed.task if armed is not None else None
    if task is not None and hasattr(task, "uncancel"):  # Python 3.11+
        task.uncancel()
