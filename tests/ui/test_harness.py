"""The harness itself: if this fails, no other browser test says anything."""

from __future__ import annotations


def test_a_cell_runs_in_a_real_jupyterlab(lab):
    notebook = lab.notebook("harness.ipynb", "print(6 * 7)")
    notebook.run_to_end(0).shows("42")


def test_a_cell_runs_in_a_real_notebook_7(lab):
    notebook = lab.notebook7("harness7.ipynb", "print(6 * 7)")
    notebook.run_to_end(0).shows("42")
