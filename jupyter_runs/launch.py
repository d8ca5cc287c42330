"""The process that owns a script's run.

As a module, `python -m jupyter_runs.launch RUN_ID [WORKSPACE]`, it is what engines start: see `outer.py`.

As a file it is the bootstrap. On this machine it is started as `python -I -S launch.py`, gets what it needs on stdin and starts the script
before anything of ours is imported: the interpreter of the script boots while the launcher proper (`launcher.py`) does. That is most of the
time between submit and the first line of a script. stdin is one marshalled dict (marshal needs no import):

    path        sys.path of the submitting process: the same packages, however it came by them
    variables   environment variables of the script, for a script that is yet to be prepared
    start       {argv, cwd, log, env}: prepared and claimed for this process; start it now
    workspace   address of a store on a server, which may hold a password and so is no argument
"""

import sys
from marshal import load

if sys.platform != "win32":
    import _signal  # type: ignore[import-not-found]
    import posix as _os


def spawn(start: dict) -> "int | OSError":  # type: ignore[type-arg]  # no typing here: it takes longer than all the rest
    """Start the script in a session of its own with stdout and stderr in its log; its pid, or why not."""
    here = _os.getcwd()
    try:
        _os.chdir(start["cwd"])
        log = _os.open(start["log"], _os.O_WRONLY | _os.O_CREAT | _os.O_APPEND, 0o666)
        null = _os.open("/dev/null", _os.O_RDONLY)
        files = [(_os.POSIX_SPAWN_DUP2, null, 0), (_os.POSIX_SPAWN_DUP2, log, 1), (_os.POSIX_SPAWN_DUP2, log, 2)]
        defaults = range(1, 32)
        try:
            return _os.posix_spawnp(
                start["argv"][0],
                start["argv"],
                start["env"],
                file_actions=files,
                setsid=True,
                setsigmask=(),
                setsigdef=_catchable(defaults),
            )
        finally:
            _os.close(log)
            _os.close(null)
    except OSError as error:
        return error
    except ValueError as error:
        return OSError(str(error))
    finally:
        _os.chdir(here)


def _catchable(numbers: range) -> list:  # type: ignore[type-arg]
    """Signals but those two that no process can treat: what the submitting process ignores, the script must not."""
    return [number for number in numbers if number not in {9, 19}]


def _start_clean() -> None:
    """Signals as at the start of the world: what the submitting process ignores or blocks would hide how the script ends."""
    if sys.platform != "win32":
        _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
        _signal.pthread_sigmask(_signal.SIG_SETMASK, ())
        _adopt_orphans()


def _adopt_orphans() -> None:
    """What `proctree.adopt_orphans` does, before the script starts and without the time that ctypes takes to import."""
    if sys.platform.startswith("linux"):
        try:
            import _ctypes

            library = _ctypes.dlopen(None, 0)  # type: ignore[arg-type]
            _ctypes.call_function(_ctypes.dlsym(library, "prctl"), (36, 1, 0, 0, 0))
        except Exception:  # noqa: BLE001, S110 - not every Python has it; the launcher does it a little later
            pass


def main(argv: list) -> int:  # type: ignore[type-arg]
    """Start the script if it is prepared, then become its launcher. The exit code is 0 when the run has got its end."""
    _start_clean()
    try:
        # Not to the end of the file: a process that was forked meanwhile may hold the pipe.
        given = load(sys.stdin.buffer)  # noqa: S302 - from the process that started us
    except (EOFError, ValueError, TypeError):
        given = {}
    started = spawn(given["start"]) if "start" in given else None
    if "path" in given:
        # The standard library stays first: beside a notebook there may be a `socket.py`.
        sys.path.extend(given["path"])
    run_id, workspace = argv
    from jupyter_runs.launcher import launch  # only now: see above

    return launch(run_id, given.get("workspace", workspace), given.get("variables"), started)


if __name__ == "__main__":
    if __spec__ is None:
        sys.exit(main(sys.argv[1:]))
    _start_clean()
    from jupyter_runs import outer

    sys.exit(outer.main(sys.argv[1:]))
