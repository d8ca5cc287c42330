"""The notebooks run from top to bottom, and what they promise is in the store afterwards."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from jupyter_runs import Experiment, Run, Workspace

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.slow


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A workspace, a home and a matplotlib of the test's own; kernels started by the test have them too."""
    for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR"):
        place = tmp_path / name.lower()
        place.mkdir()
        monkeypatch.setenv(name, str(place))
    runs = tmp_path / "runs"
    runs.mkdir()
    monkeypatch.setenv("JUPYTER_RUNS_WORKSPACE", str(runs))
    return Workspace.from_config()


def execute(path: Path):
    """Run every cell; an exception in one fails the test with its traceback."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=90, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    return notebook


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in cells] == [[]] * len(cells)
    assert {cell.execution_count for cell in cells} == {None}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(path, workspace):
    execute(path)
    for experiment in workspace.experiments.values():
        for run in experiment.get_runs(include_children=True):
            assert run.get_status() in {"Completed", "Canceled", "Failed"}, run


def test_the_first_notebook_records_a_sweep_with_a_child_for_each_strength(workspace):
    notebook = execute(NOTEBOOKS[0].with_name("01_first_run.ipynb"))

    [sweep] = Experiment(workspace, "digits").get_runs()
    assert (sweep.display_name, sweep.get_status()) == ("sweep", "Completed")
    assert sweep.get_tags()["quality"] == "first look"
    assert sweep.get_properties()["data"] == "digits"
    assert sweep.description == "How much regularisation do digits need?"
    assert len(sweep.get_metrics()["accuracy"]) == 5

    children = list(sweep.get_children())
    assert {child.display_name for child in children} == {
        f"alpha={alpha}" for alpha in ("0.0001", "0.001", "0.01", "0.1", "1")
    }
    for child in children:
        assert child.get_status() == "Completed"
        metrics = child.get_metrics()
        assert len(metrics["loss"]) == len(metrics["accuracy"]) == 30
    [again] = Experiment(workspace, "digits").get_runs(tags="worth another look", include_children=True)
    assert isinstance(again, Run)
    assert again.parent.id == sweep.id

    shown = next(cell for cell in notebook.cells if cell.source.startswith("%%run_experiment"))
    kinds = [set(output.get("data", ())) for output in shown.outputs]
    assert any("application/vnd.jupyter-runs.run+json" in kind for kind in kinds)
    assert not any("application/vnd.jupyter.widget-view+json" in kind for kind in kinds)
    assert any("image/png" in kind for kind in kinds)

    # Outside Jupyter too: the page that nbconvert makes tells the same, without a script of ours.
    page, _ = HTMLExporter().from_notebook_node(notebook)
    for text in ("sweep", "Completed", "first look", "alpha=0.0001", "accuracy"):
        assert text in page
