"""A real kernel for tests: run cells, collect what they show, see how they reply."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import KernelManager

if TYPE_CHECKING:
    from collections.abc import Callable

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Result:
    """What a cell showed and how it ended."""

    reply: dict[str, Any] = field(default_factory=dict)
    stdout: str = ""
    stderr: str = ""
    #: display_data and update_display_data, in order.
    displays: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return bool(self.reply.get("status") == "ok")

    @property
    def traceback(self) -> str:
        return _ANSI.sub("", "\n".join(line for error in self.errors for line in error["traceback"]))


class Kernel:
    """One ipykernel process."""

    def __init__(self, **env: str) -> None:
        import os

        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(env={**os.environ, **env})
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    @property
    def pid(self) -> int:
        return int(self.run("import os; print(os.getpid())").stdout)

    def start(self, code: str) -> str:
        """Send a cell; its message id."""
        return str(self.client.execute(code, allow_stdin=False, stop_on_error=False))

    def finish(self, msg_id: str, timeout: float = 30) -> Result:
        """Wait for the cell of `msg_id` to end."""
        result = Result()
        until = time.monotonic() + timeout
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.1, until - time.monotonic()))
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                setattr(result, content["name"], getattr(result, content["name"]) + content["text"])
            elif kind in {"display_data", "update_display_data"}:
                result.displays.append(content)
            elif kind == "execute_result":
                result.results.append(content)
            elif kind == "error":
                result.errors.append(content)
            elif kind == "status" and content["execution_state"] == "idle":
                break
        while True:
            reply = self.client.get_shell_msg(timeout=max(0.1, until - time.monotonic()))
            if reply["parent_header"].get("msg_id") == msg_id:
                result.reply = reply["content"]
                return result

    def run(self, code: str, timeout: float = 30) -> Result:
        """Run a cell to its end."""
        return self.finish(self.start(code), timeout)

    def kill(self) -> None:
        """SIGKILL."""
        self.manager.shutdown_kernel(now=True)

    def close(self) -> None:
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


def until(condition: Callable[[], Any], timeout: float = 15) -> Any:
    """Wait until `condition` is true and give what it gave."""
    end = time.monotonic() + timeout
    while not (found := condition()):
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(0.01)
    return found
