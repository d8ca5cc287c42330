"""The stop gate: ends the body of one run from another thread, and never anything else.

A gate is armed while the user's code of a run may be running in the main thread. Somebody asks it to stop; `send` then delivers SIGINT
to the main thread again and again until the gate is disarmed. Our handler, in the main thread, decides what a signal means at that instant:

    nobody asked                           a person's own Interrupt: the handler that was there before us
    our own code is on top of the stack    nothing now; the signal comes again (never break a transaction, an enter or an exit)
    the body is on the stack               raise RunCanceled, unless the body is already unwinding from it (its clean-up may finish)
    the async body is suspended            cancel its task; a sub-task of it that runs just now gets CancelledError
    anything else                          nothing: it is IPython's bookkeeping

The lock is taken before a signal is sent and before a gate is disarmed: no signal is sent once a run has ended, and one that is still
under way meets this handler, which swallows it. So no other cell is ever hit.

Why SIGINT by pthread_kill: `_thread.interrupt_main` does not wake sleep, locks or subprocess waits. Why the loop is woken too: a signal
alone does not make a suspended selector return (ipython/ipykernel#881).
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_runs.errors import RunCanceled

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_PACKAGE = __name__.partition(".")[0]
#: A suspended task is canceled again only after this long: its clean-up may await, too (seconds).
_TASK_AGAIN_S = 5.0
#: Signals are repeated at this interval at first, and less often later (seconds).
_REPEAT_S = 0.05
_REPEAT_MAX_S = 1.0

_lock = threading.Lock()
#: Armed gates, outermost first. Changed by the main thread only, under the lock.
_gates: list[Gate] = []
_previous: Any = None
_installed = False
#: Signals that we sent, and how many of them our handler knows of: a SIGINT is ours while the two differ. Counters, because a flag that the
#: handler clears could be set between its reading and its clearing.
_sends = _handled = 0
#: A person's Interrupt arrived while our own code was on top; it is to come again.
_interrupt_again = False


@dataclass(eq=False)
class Gate:
    """What may be ended for one run."""

    run_id: str
    #: Whether a frame of the main thread is the top of the run's body: what it calls is the body, what called it is not.
    is_body: Callable[[FrameType], bool]
    #: The task of an async body, and its loop.
    task: asyncio.Task[Any] | None = None
    loop: asyncio.AbstractEventLoop | None = None
    #: Globals of the code in notebook cells: tells the body's own sub-tasks from other people's.
    namespace: dict[str, Any] | None = None
    by: str | None = None
    via: str | None = None
    #: The body is a sub-task: it ends by CancelledError, for a KeyboardInterrupt there would leave the event loop.
    is_subtask: bool = False
    asked: bool = False
    #: The body was told: whatever it ends with is the cancel's doing.
    delivered: bool = False
    _others: weakref.WeakSet[asyncio.Task[Any]] = field(default_factory=weakref.WeakSet, repr=False)
    _task_canceled_at: float = field(default=0.0, repr=False)
    _send_at: float = field(default=0.0, repr=False)
    _wait_s: float = field(default=_REPEAT_S, repr=False)

    def __post_init__(self) -> None:
        if self.loop is not None:
            self._others.update(asyncio.all_tasks(self.loop))

    def ask(self, by: str | None, via: str | None) -> None:
        """Somebody wants the body to end; `send` does the rest. Any thread."""
        if not self.asked:
            self.by, self.via, self.asked = by, via, True

    def is_calling(self) -> bool:
        """True when the caller is the body itself."""
        return on_main_thread() and _body_on_stack(self, sys._getframe(1))

    def error(self) -> BaseException:
        """What to raise in the body itself."""
        return asyncio.CancelledError(str(self.canceled())) if self.is_subtask else self.canceled()

    def canceled(self) -> RunCanceled:
        """The exception that ends the body."""
        return RunCanceled(self.run_id, self.by, self.via)


def on_main_thread() -> bool:
    """Signals reach only the main thread; elsewhere a run ends at its next `log`."""
    return threading.current_thread() is threading.main_thread()


def install() -> None:
    """Our SIGINT handler is in place, the one before it is kept. Main thread only; again is harmless."""
    global _previous, _installed, _handled
    if not on_main_thread():
        return
    if not _gates:
        _handled = _sends  # none is under way any more: the next SIGINT is a person's
    current = signal.getsignal(signal.SIGINT)
    if current is not _on_sigint:
        _previous = current
        signal.signal(signal.SIGINT, _on_sigint)
    _installed = True


def uninstall() -> None:
    """The handler from before is back, unless a library has put its own over ours meanwhile."""
    global _installed, _interrupt_again
    if not _installed or _gates or not on_main_thread():
        return
    _installed = _interrupt_again = False  # an Interrupt that waited for our code has nothing left to interrupt
    # CPython runs pending handlers before it swaps them: a late signal meets ours and is swallowed.
    if signal.getsignal(signal.SIGINT) is _on_sigint:
        signal.signal(signal.SIGINT, _previous if _previous is not None else signal.default_int_handler)


def reset() -> None:
    """Forget everything: in a forked child nothing is armed, and the lock may have been held by a thread that is not there."""
    global _lock, _handled, _interrupt_again
    _lock = threading.Lock()
    _gates.clear()
    _handled, _interrupt_again = _sends, False


def arm(gate: Gate) -> None:
    """From now on `gate` may be stopped. The last act of entering a run."""
    with _lock:
        _gates.append(gate)


def disarm(gate: Gate) -> None:
    """When this returns no signal will be sent for `gate` any more. The first act of leaving a run."""
    with _lock:
        if gate in _gates:
            _gates.remove(gate)


def armed(run_id: str) -> Gate | None:
    """The armed gate of a run."""
    return next((gate for gate in list(_gates) if gate.run_id == run_id), None)


def send() -> bool:
    """Deliver to the main thread what is due; called again and again by the watch thread.

    Returns
    -------
    True while something is asked and not yet ended, so that the caller comes back soon.
    """
    global _sends, _interrupt_again
    with _lock:
        gate = next((g for g in _gates if g.asked), None)
        now = time.monotonic()
        if gate is not None and now >= gate._send_at:
            gate._send_at = now + gate._wait_s
            gate._wait_s = min(gate._wait_s * 1.3, _REPEAT_MAX_S)
            _sends += 1
            _signal_main_thread()
            _wake(gate.loop)
        elif _interrupt_again and _installed:
            _interrupt_again = False
            _signal_main_thread()
        return gate is not None


def _signal_main_thread() -> None:
    ident = threading.main_thread().ident
    if ident is not None and hasattr(signal, "pthread_kill"):
        signal.pthread_kill(ident, signal.SIGINT)
    else:  # Windows: reaches Python code only, not a sleep or a wait.
        import _thread

        _thread.interrupt_main()


def _wake(loop: asyncio.AbstractEventLoop | None) -> None:
    if loop is not None and not loop.is_closed():
        loop.call_soon_threadsafe(_nothing)


def _nothing() -> None:
    pass


def _on_sigint(signum: int, frame: FrameType | None) -> None:
    """Decide, in the main thread, what this signal means now."""
    global _handled, _interrupt_again
    sends = _sends
    ours, _handled = sends != _handled, sends
    gate = next((g for g in _gates if g.asked), None)
    if gate is None:
        if ours:
            return  # sent for a run that has ended meanwhile
        if _is_our_code(frame):
            _interrupt_again = True
            return
        _forward(signum, frame)
        return
    if not ours and not _is_our_code(frame):
        _forward(signum, frame)
        return
    if _may_raise(gate, frame):
        gate.delivered = True
        raise gate.error()
    if not _is_our_code(frame):
        _cancel_task(gate, frame)


def _forward(signum: int, frame: FrameType | None) -> None:
    if callable(_previous):
        _previous(signum, frame)
    elif _previous is not signal.SIG_IGN:
        raise KeyboardInterrupt


def _may_raise(gate: Gate, frame: FrameType | None) -> bool:
    return not _is_our_code(frame) and _body_on_stack(gate, frame) and not _is_unwinding(gate)


def _is_our_code(frame: FrameType | None) -> bool:
    """True when our code is on the stack above the body; asyncio, sqlite3 or threading frames that we called count as ours."""
    while frame is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
            return True
        if any(gate.is_body(frame) for gate in _gates):
            return False
        frame = frame.f_back
    return False


def _body_on_stack(gate: Gate, frame: FrameType | None) -> bool:
    while frame is not None:
        if gate.is_body(frame):
            return True
        frame = frame.f_back
    return False


def _is_unwinding(gate: Gate) -> bool:
    """True inside an `except`, `finally` or `__exit__` of the body that handles our exception already."""
    error = sys.exc_info()[1]
    seen = 0
    while error is not None and seen < 50:
        if isinstance(error, RunCanceled) or (gate.delivered and isinstance(error, asyncio.CancelledError)):
            return True
        error, seen = error.__context__, seen + 1
    return False


def _cancel_task(gate: Gate, frame: FrameType | None) -> None:
    """Cancel a suspended async body; a task that is running just now is IPython's bookkeeping between two statements."""
    task, now = gate.task, time.monotonic()
    if task is None or task.done() or gate.loop is None:
        return
    running = asyncio.current_task(gate.loop)
    if running is task or (gate._task_canceled_at and now - gate._task_canceled_at < _TASK_AGAIN_S):
        return
    gate._task_canceled_at = now
    gate.delivered = True
    task.cancel(str(gate.canceled()))
    if running is not None and running not in gate._others and _is_users(gate, frame):
        # Not RunCanceled: a KeyboardInterrupt in a sub-task would leave the event loop and end the kernel.
        raise asyncio.CancelledError(str(gate.canceled()))


def _is_users(gate: Gate, frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_globals is gate.namespace:
            return True
        frame = frame.f_back
    return False


def any_asked() -> bool:
    """True while some run of this process is asked to stop."""
    return any(gate.asked for gate in _gates)


def checkpoint() -> None:
    """Raise `RunCanceled` here if the body around the caller is asked to stop. Main thread; cheap when nobody asked."""
    gate = next((g for g in _gates if g.asked), None)
    if gate is None or not on_main_thread():
        return
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        frame = frame.f_back
    if _may_raise(gate, frame):
        gate.delivered = True
        raise gate.error()
