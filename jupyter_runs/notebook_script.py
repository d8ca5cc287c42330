"""`python -m jupyter_runs.notebook_script BOOK.ipynb [ARGUMENTS]`: a notebook as the script of a run.

Its cells run in order in a kernel of this Python (or of another language's, as the notebook says); what they print goes to stdout as it
comes. The executed notebook is in `outputs/` under its own name, written anew after each cell. The exit code is 0, 1 after an error in a
cell, or 130 when it was interrupted.

Arguments are `sys.argv` in the notebook. `--key value` also sets the variables of a cell with the tag `parameters`, as papermill does.
"""

from __future__ import annotations

import ast
import asyncio
import os
import re
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_TAG, _INJECTED = "parameters", "injected-parameters"
NEEDS = "To run notebooks {python} needs nbclient and ipykernel (missing: {missing}). Run `{python} -m pip install nbclient ipykernel`."


def with_parameters(cells: list[Any], values: Mapping[str, str]) -> list[Any]:
    """The cells, with one that sets `values` behind the one with the tag `parameters`; without such a cell as they are.

    Values that read as Python literals are those (`0.1`, `True`, `[1, 2]`), all others texts. Keys that cannot be variables are left out.
    """
    from nbformat.v4 import new_code_cell

    known = {key.replace("-", "_"): value for key, value in values.items()}
    lines = [f"{key} = {_literal(value)!r}" for key, value in known.items() if key.isidentifier()]
    tags = [cell.get("metadata", {}).get("tags", []) for cell in cells]
    at = next((i for i, found in enumerate(tags) if _TAG in found), None)
    if at is None or not lines:
        return cells
    rest = [cell for cell, found in zip(cells[at + 1 :], tags[at + 1 :], strict=True) if _INJECTED not in found]
    injected = new_code_cell("# Parameters\n" + "\n".join(lines), metadata={"tags": [_INJECTED]})  # type: ignore[no-untyped-call]
    return [*cells[: at + 1], injected, *rest]


def _literal(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _client(notebook: Any, target: Path, arguments: list[str]) -> Any:
    """What runs the cells, prints what they print, and keeps the notebook after each."""
    import nbformat
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    class ThisPython(KernelSpecManager):
        """Every kernel of Python is one of this interpreter, whatever is installed under its name."""

        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=argv, display_name=kernel_name, language="python")

    class Client(NotebookClient):
        interrupted = False

        def output(self, outs: Any, msg: Any, display_id: Any, cell_index: Any) -> Any:
            show(msg["msg_type"], msg["content"])
            return super().output(outs, msg, display_id, cell_index)

        def keep(self, **_: Any) -> None:
            part = target.with_name(f".{target.name}.part")
            nbformat.write(self.nb, part)  # type: ignore[no-untyped-call]
            part.replace(target)

    spec = notebook.metadata.get("kernelspec", {})
    is_python = spec.get("language", "python") == "python"
    manager = AsyncKernelManager(kernel_spec_manager=ThisPython(), kernel_name="python3") if is_python else None
    client: Any = Client(notebook, km=manager, timeout=None, resources={"metadata": {"path": str(Path.cwd())}})

    async def begin(**_: Any) -> None:
        if is_python:
            client.kc.execute(f"import sys; sys.argv = {[target.name, *arguments]!r}; del sys", silent=True)

        def interrupt() -> None:
            client.interrupted = True
            task = asyncio.ensure_future(client.km.interrupt_kernel())
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

        with suppress(NotImplementedError):  # Windows: the tree is ended without asking
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)

    client.on_notebook_start = begin
    client.on_cell_executed = client.keep
    return client


def show(kind: str, content: Mapping[str, Any]) -> None:
    """Print one output as a terminal can; pictures and the like are in the notebook."""
    if kind == "stream":
        stream = sys.stderr if content.get("name") == "stderr" else sys.stdout
        print(content.get("text", ""), end="", file=stream, flush=True)
    elif kind in {"execute_result", "display_data"}:
        print(content.get("data", {}).get("text/plain", ""), flush=True)
    elif kind == "error":
        # What looks for the reason in the log looks for Python's own first line.
        lines = [_ANSI.sub("", line) for line in content.get("traceback", ())]
        frames = [f"  {line}" for part in lines[2:-1] for line in part.split("\n")]
        last = f"{content.get('ename', 'Error')}: {content.get('evalue', '')}"
        print("Traceback (most recent call last):", *frames, last, sep="\n", file=sys.stderr, flush=True)


def run(book: Path, arguments: list[str]) -> int:
    """Execute the notebook; the exit code."""
    try:
        import ipykernel  # noqa: F401 - the kernel needs it, and says so less clearly
        import nbformat
        from nbclient.exceptions import CellExecutionError, DeadKernelError
    except ImportError as error:
        print(NEEDS.format(python=sys.executable, missing=error.name), file=sys.stderr)
        return 1
    from jupyter_runs.script_params import params

    try:
        notebook: Any = nbformat.read(book, as_version=4)  # type: ignore[no-untyped-call]
    except Exception as error:  # noqa: BLE001 - nbformat has many, jsonschema's among them
        print(f"{book.name} cannot be read as a notebook: {str(error).splitlines()[0]}", file=sys.stderr)
        return 1
    notebook.cells = with_parameters(notebook.cells, params(arguments))
    outputs = Path(os.environ.get("AZUREML_OUTPUT_DIRECTORY", "outputs"))
    outputs.mkdir(exist_ok=True)
    client = _client(notebook, outputs / book.name, arguments)
    try:
        asyncio.run(client.async_execute())
    except CellExecutionError:  # shown already
        return 130 if client.interrupted else 1
    except DeadKernelError:
        print(
            "KernelDied: the kernel of the notebook ended. Running out of memory is the usual reason.", file=sys.stderr
        )
        return 1
    finally:
        client.keep()
    return 0


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), sys.argv[2:]))
