"""The process that an engine starts: `python -m jupyter_runs.launch RUN_ID [WORKSPACE]`. It is the outer one of two.

The inner one, the keeper, is the launcher of the run in a session of its own. An engine that kills what it started kills the outer process:
the pipe between the two breaks, and the keeper ends the script with all that it has started. What ends the keeper leaves the outer one,
which does the same. The exit code is that of the script, so that the engine, too, shows how it went.

WORKSPACE is the folder or address, by default JUPYTER_RUNS_WORKSPACE.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jupyter_runs import envvars, note

if TYPE_CHECKING:
    from collections.abc import Sequence

_USAGE = "Usage: python -m jupyter_runs.launch RUN_ID [WORKSPACE]; without WORKSPACE set JUPYTER_RUNS_WORKSPACE."
_MISUSED = 2
#: What a killed keeper has left gets this long to end by itself (seconds).
_GRACE_S = 1.0
#: For a store that is away when a killed keeper's run is to be ended (seconds).
_STORE_S = 60.0
_LOOK_S = 0.2


class Placed(NamedTuple):
    """A run that is to be seen through here."""

    run_id: str
    #: Folder or address; may hold a password.
    workspace: str
    #: Environment variables of the script; None: nobody has left any.
    variables: dict[str, str] | None


def main(argv: Sequence[str]) -> int:
    """See a run through; the exit code of the script, or 0 when there was nothing to do."""
    workspace = argv[1] if len(argv) == 2 else os.environ.get(envvars.WORKSPACE)
    if len(argv) not in {1, 2} or not workspace:
        return _refuse(_USAGE)
    if problem := _other_version():
        return _refuse(problem)
    if "://" in workspace:
        # The folder that an engine starts us in may go, as that of a script that has submitted this one.
        os.chdir(Path(sys.executable).anchor)
    left = note.take(workspace) if "://" in workspace else note.read(Path(workspace), argv[0])
    left = left or note.Note(workspace, None)
    if not Path(os.environ.get(envvars.COMPUTE, "")).is_file():
        os.environ.pop(envvars.COMPUTE, None)  # of the machine that submitted
    run = Placed(argv[0], left.workspace, left.variables)
    if not hasattr(os, "fork"):
        return _keep(run, None)
    # Before anything else is imported: the keeper starts with one thread and little memory.
    ours, theirs = os.pipe()
    keeper = os.fork()
    if keeper == 0:
        os.close(theirs)
        _exit(run, ours)
    os.close(ours)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: _tell(theirs, number))
    status = os.waitpid(keeper, 0)[1]
    if os.WIFEXITED(status):
        return os.WEXITSTATUS(status)
    return _after_kill(run, os.WTERMSIG(status))


def _refuse(message: str) -> int:
    print(message, file=sys.stderr)  # noqa: T201 - into the engine's log
    return _MISUSED


def _other_version() -> str | None:
    """Another series may write what the one that submitted cannot read, and would migrate its store."""
    from jupyter_runs import __version__

    wanted = os.environ.get(envvars.VERSION) or __version__
    if wanted.split(".")[:2] == __version__.split(".")[:2]:
        return None
    return (
        f"The run was submitted by jupyter_runs {wanted}, and {sys.executable} has {__version__}. "
        f"Install the same there: pip install 'jupyter_runs=={wanted}'."
    )


def _tell(pipe: int, number: int) -> None:
    with suppress(OSError):
        os.write(pipe, bytes([number]))


def _exit(run: Placed, pipe: int) -> None:
    """Be the keeper; never returns."""
    code = 1
    try:
        os.setsid()
        code = _keep(run, pipe)
    except BaseException:  # noqa: BLE001 - this is the end of the process
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _keep(run: Placed, pipe: int | None) -> int:
    from jupyter_runs import launcher
    from jupyter_runs.errors import JupyterRunsError

    try:
        return launcher.keep(
            run.run_id, run.workspace, run.variables, (lambda: None) if pipe is None else Lifeline(pipe)
        )
    except JupyterRunsError as error:
        return _refuse(str(error))


class Lifeline:
    """Called, it says why the job has to end, or None: the keeper's end of the pipe."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._said: str | None = None
        os.set_blocking(pipe, False)

    def __call__(self) -> str | None:
        if self._said is None:
            with suppress(BlockingIOError):
                number = os.read(self._pipe, 1)
                self._said = (
                    f"The engine told the job to end ({signal.Signals(number[0]).name})."
                    if number
                    else "The job was killed on its node, by the engine or because the engine went down there."
                )
        return self._said


def _after_kill(run: Placed, number: int) -> int:
    """The keeper is gone without a word: end what it has left, and the run. Its orphans are our children."""
    from jupyter_runs import config, liveness, proctree
    from jupyter_runs.errors import JupyterRunsError
    from jupyter_runs.store.opening import open_store

    proctree.end_all(lambda: proctree.all_of(run.run_id), _GRACE_S)
    until = time.monotonic() + _STORE_S
    while time.monotonic() < until:
        try:
            store = open_store(config.resolve(run.workspace))
            try:
                liveness.reap(store)
            finally:
                store.close()
        except JupyterRunsError:
            time.sleep(_LOOK_S)
        else:
            break
    return 128 + number
