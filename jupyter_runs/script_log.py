"""What the log of a script says about how it ended."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

from jupyter_runs.model import RunError

if TYPE_CHECKING:
    from pathlib import Path

#: So much of the end of a log is looked at (bytes).
_TAIL = 64_000
_HEAD = "Traceback (most recent call last):"
#: The last line of a traceback: `ValueError: no data`, `KeyboardInterrupt`, `torch.cuda.OutOfMemoryError: …`.
_RAISED = re.compile(r"^(?P<type>[A-Za-z_][\w.]*)(?:: (?P<message>.*))?$")


def tail(log: Path, lines: int = 20) -> str:
    r"""The last lines of a log, as a terminal would show them: of a line that was overwritten by `\r`, its last state."""
    text = _end_of(log)
    shown = [line.rstrip("\r").rpartition("\r")[2] for line in text.rstrip().split("\n")]
    return "\n".join(shown[-lines:])


def error_of(log: Path, code: int) -> RunError:
    """Why a script failed that ended with exit code `code` (negative: by that signal)."""
    if code < 0:
        return _killed(-code)
    text = _end_of(log)
    how = f"exit code {code}"
    if _HEAD not in text:
        last = tail(log, 1).strip()
        # A script that does not compile has no traceback, only a place and this line.
        if (raised := _RAISED.match(last)) and raised["type"].endswith("Error") and raised["message"]:
            return RunError(raised["type"], raised["message"][:3000], tail(log, 4))
        return RunError(
            "ScriptFailed", f"The script ended with {how}." + (f" Its last line: {last[:500]}" if last else "")
        )
    traceback = _HEAD + text.rpartition(_HEAD)[2]
    lines = traceback.split("\n")
    for at, line in enumerate(lines[1:], start=1):
        # The frames are indented; the first line that is not names the exception.
        if line and not line[0].isspace() and (raised := _RAISED.match(line.rstrip())):
            name = raised["type"].rpartition(".")[2]
            return RunError(name, (raised["message"] or name).strip()[:3000], "\n".join(lines[: at + 1]))
    return RunError("ScriptFailed", f"The script ended with {how}.", traceback)


def _killed(number: int) -> RunError:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = str(number)
    why = " Running out of memory is the usual reason." if name == "SIGKILL" else ""
    return RunError("ScriptKilled", f"The script was ended by signal {name} ({number}).{why}")


def _end_of(log: Path) -> str:
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
