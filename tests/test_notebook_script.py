"""Notebooks as scripts: their cells run in a kernel of their own, logged, cancelled and kept like any script."""

from __future__ import annotations

import ast

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from jupyter_runs import Experiment, ScriptRunConfig
from jupyter_runs.notebook_script import with_parameters
from jupyter_runs.provenance import PREFIX
from scripts import marked, until


@pytest.fixture
def exp(ws):
    return Experiment(ws, "notebooks")


def log_of(run):
    return run.get_log()


def book(path, *sources, tags=(), metadata=None):
    cells = [new_code_cell(source) for source in sources]
    for number, tag in tags:
        cells[number].metadata["tags"] = [tag]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Title"), *cells], metadata=metadata or {}), path)
    return path


def executed(run, name, tmp_path):
    run.download_file(f"outputs/{name}", str(tmp_path / "executed.ipynb"))
    return nbformat.read(tmp_path / "executed.ipynb", as_version=4)


def test_a_notebook_runs_logs_and_is_kept_with_its_outputs(exp, tmp_path):
    book(
        tmp_path / "src" / "train.ipynb",
        "import sys\nfrom jupyter_runs import Run\nrun = Run.get_context()\nprint('hello', sys.argv[1:], __import__('os').listdir('.'))",
        "lr = 0.5",
        "run.log('lr', lr)\nlr * 2",
        "%%time\nrun.parent, run.id",
        tags=[(1, "parameters")],
    )
    (tmp_path / "src" / "data.txt").write_text("x")
    run = exp.submit(ScriptRunConfig(str(tmp_path / "src"), "train.ipynb", arguments=["--lr", 0.25, "--verbose"]))
    assert run.wait_for_completion()["status"] == "Completed", log_of(run)
    log = log_of(run)
    assert "hello ['--lr', '0.25', '--verbose']" in log
    assert "data.txt" in log
    assert "\n0.5\n" in log
    assert run.get_metrics() == {"lr": 0.25}
    details = run._record()
    assert (details.params["lr"], details.properties[f"{PREFIX}script"]) == ("0.25", "train.ipynb")
    assert details.properties[f"{PREFIX}notebook"] == str(tmp_path / "src" / "train.ipynb")
    cells = executed(run, "train.ipynb", tmp_path).cells
    assert [cell.get("execution_count") for cell in cells if cell.cell_type == "code"] == [1, 2, 3, 4, 5]
    assert cells[3].source == "# Parameters\nlr = 0.25\nverbose = True"


def test_an_error_in_a_cell_fails_the_run_with_its_reason(exp, tmp_path):
    book(
        tmp_path / "src" / "a.ipynb",
        "print('before')",
        "def f():\n    raise ValueError('no data')\nf()",
        "print('never')",
    )
    run = exp.submit(ScriptRunConfig(str(tmp_path / "src"), "a.ipynb"))
    assert run.wait_for_completion(raise_on_error=False)["status"] == "Failed"
    error = run._record().error
    assert (error.code, error.message) == ("ValueError", "no data")
    assert "in f()" in (error.traceback or "") or "f()" in (error.traceback or "")
    assert "before" in log_of(run)
    assert "never" not in log_of(run)
    assert executed(run, "a.ipynb", tmp_path).cells[2].outputs[0].ename == "ValueError"


def test_cancel_interrupts_the_cell_and_leaves_no_process(exp, tmp_path):
    book(
        tmp_path / "src" / "a.ipynb",
        "print('first')",
        "import time\ntry:\n    print('busy')\n    time.sleep(600)\nfinally:\n    print('tidied up')",
    )
    run = exp.submit(ScriptRunConfig(str(tmp_path / "src"), "a.ipynb"))
    until(lambda: "busy" in log_of(run), "the cell is at work")
    run.cancel()
    assert run.wait_for_completion()["status"] == "Canceled"
    until(lambda: not marked(run.id), "no process is left")
    assert "tidied up" in log_of(run)
    assert "first" in executed(run, "a.ipynb", tmp_path).cells[1].outputs[0].text


def test_a_kernel_that_dies_is_said(exp, tmp_path):
    book(tmp_path / "src" / "a.ipynb", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    run = exp.submit(ScriptRunConfig(str(tmp_path / "src"), "a.ipynb"))
    assert run.wait_for_completion(raise_on_error=False)["status"] == "Failed"
    assert "the kernel of the notebook ended" in run._record().error.message


def test_a_file_that_is_no_notebook_is_said_in_one_line(exp, tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.ipynb").write_text("not json")
    run = exp.submit(ScriptRunConfig(str(tmp_path / "src"), "a.ipynb"))
    assert run.wait_for_completion(raise_on_error=False)["status"] == "Failed"
    assert "a.ipynb cannot be read as a notebook" in run._record().error.message


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.1", 0.1), ("True", True), ("[1, 2]", [1, 2]), ("adam", "adam"), ("1e", "1e"), ('"', '"'), ("x'; y", "x'; y")],
)
def test_parameters_are_literals_or_texts(text, value):
    cells = with_parameters([new_code_cell("a = 1", metadata={"tags": ["parameters"]})], {"a": text})
    (assignment,) = ast.parse(cells[1].source).body
    assert ast.literal_eval(assignment.value) == value


def test_parameters_are_injected_once_and_only_where_a_cell_asks_for_them():
    plain = [new_code_cell("a = 1")]
    assert with_parameters(plain, {"a": "2"}) == plain
    asked = [new_code_cell("a = 1", metadata={"tags": ["parameters"]}), new_code_cell("print(a)")]
    once = with_parameters(asked, {"a": "2", "not a name": "3", "learning-rate": "4"})
    again = with_parameters(once, {"a": "5"})
    assert [cell.source for cell in once] == ["a = 1", "# Parameters\na = 2\nlearning_rate = 4", "print(a)"]
    assert [cell.source for cell in again] == ["a = 1", "# Parameters\na = 5", "print(a)"]
