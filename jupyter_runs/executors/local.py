"""This machine: the launcher is a process of its own session, which outlives the kernel that submits."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from jupyter_runs import paths

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jupyter_runs.model import Owner


def start(workspace: Path, run_id: str, variables: Mapping[str, str]) -> Owner:
    """Start the launcher of a queued run.

    Parameters
    ----------
    variables : environment variables of the script. They go through a pipe and are written nowhere: they may be secrets.

    Returns
    -------
    The launcher's process, which will claim the run.

    Raises
    ------
    OSError : the process cannot be started.
    """
    from jupyter_runs import liveness

    log = paths.launch_log(workspace, run_id)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_runs.launch", run_id, str(workspace)],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=out,
            cwd=log.parent,
            **_detached(),  # type: ignore[call-overload]
        )
    forget_ended()
    _started.append(process)
    owner = liveness.process_of(process.pid)
    try:
        process.stdin.write(json.dumps(dict(variables)).encode())
        process.stdin.close()
    except OSError:  # it is gone already: whoever looks at the run next says so
        pass
    return owner


#: Launchers that this process has started and that had not ended at the last look.
_started: list[subprocess.Popen[bytes]] = []


def forget_ended() -> None:
    """Nobody waits for a launcher: one that has ended stays a zombie until this is called."""
    _started[:] = [process for process in _started if process.poll() is None]


def _detached() -> dict[str, object]:
    """A process that no Interrupt, hang-up or end of ours reaches."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}
