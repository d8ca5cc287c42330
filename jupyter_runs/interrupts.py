"""Steps that an Interrupt must not cut in two."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jupyter_runs import gate

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def held_back() -> Iterator[None]:
    """An Interrupt or a cancel of the cell that arrives meanwhile is raised at the end. For steps of milliseconds.

    Only the main thread is ever interrupted; elsewhere nothing is done. Blocking the signal would not do: in a process with threads another
    one takes it.
    """
    previous: Any = signal.getsignal(signal.SIGINT) if gate.on_main_thread() else None
    if not callable(previous):  # ignored, the system's default, or not Python's
        yield
        return
    waiting: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _frame: waiting.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
        for number in waiting:
            previous(number, sys._getframe())
