"""The command line as a person has it: real processes, in a pipe and on a terminal."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from jupyter_runs import liveness
from jupyter_runs.model import Owner

BIN = Path(sys.executable).parent


class Terminal:
    """`jruns` on a terminal of its own."""

    def __init__(self, *args, columns=100, **env):
        self._ours, theirs = pty.openpty()
        environment = os.environ | {"COLUMNS": str(columns), "LINES": "40", "TERM": "xterm-256color"} | env
        self.process = subprocess.Popen(
            [BIN / "jruns", *args], stdout=theirs, stderr=theirs, stdin=theirs, env=environment
        )
        os.close(theirs)
        self.text = ""

    def read_until(self, wanted):
        """Read until `wanted` was written, or to the end (None)."""
        try:
            self._read_until(wanted)
            assert wanted is None or wanted in self.text, self.text
        except BaseException:
            # The test has failed: it leaves no process behind.
            self.process.kill()
            self.process.wait()
            os.close(self._ours)
            raise
        return self.text

    def _read_until(self, wanted):
        while wanted is None or wanted not in self.text:
            try:
                chunk = os.read(self._ours, 65536)
            except OSError:
                break
            if not chunk:
                break
            self.text += chunk.decode("utf-8", "replace").replace("\r\n", "\n")

    def type(self, text):
        os.write(self._ours, text.encode())

    def interrupt(self):
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def end(self):
        """Exit code and all that was written."""
        self.read_until(None)
        os.close(self._ours)
        return self.process.wait(), self.text


def on_terminal(*args, columns=100, **env):
    """What a real process writes to a terminal."""
    return Terminal(*args, columns=columns, **env).end()


def in_pipe(*command, **options):
    """A real process with its output in pipes."""
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100, **options)


def dead_owner():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        here = liveness.this_process()
        return Owner(here.host, here.pid_space, process.pid, psutil.Process(process.pid).create_time())
