"""The notebooks run from top to bottom, and what they promise is in the store afterwards."""

from __future__ import annotations

import functools
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from jupyter_runs import Experiment, Run, Workspace

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
FIRST = NOTEBOOKS[0]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def execute(tmp_path_factory):
    """Run every cell of a notebook, once for all tests: `notebook, workspace = execute(path)`.

    Each notebook has a workspace, a home and a matplotlib of its own. An exception in a cell fails the test with its traceback.
    """

    @functools.cache
    def run_all(path: Path):
        place = tmp_path_factory.mktemp(path.stem)
        names = ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR")
        with pytest.MonkeyPatch.context() as patch:
            for name in (*names, "JUPYTER_RUNS_WORKSPACE"):
                (place / name.lower()).mkdir()
                patch.setenv(name, str(place / name.lower()))
            workspace = Workspace.from_config()
            notebook = nbformat.read(path, as_version=4)
            resources = {"metadata": {"path": str(path.parent)}}
            NotebookClient(notebook, timeout=90, kernel_name="python3", resources=resources).execute()
        return notebook, workspace

    return run_all


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in cells] == [[]] * len(cells)
    assert {cell.execution_count for cell in cells} == {None}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom_and_leaves_no_run_open(path, execute):
    _, workspace = execute(path)
    for experiment in workspace.experiments.values():
        for run in experiment.get_runs(include_children=True):
            assert run.get_status() in {"Completed", "Canceled", "Failed"}, run


def test_the_first_notebook_records_a_sweep_with_a_child_for_each_strength(execute):
    _, workspace = execute(FIRST)

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


def test_the_first_notebook_keeps_a_panel_and_a_figure_that_need_no_kernel(execute):
    notebook, _ = execute(FIRST)
    shown = next(cell for cell in notebook.cells if cell.source.startswith("%%run_experiment"))
    kinds = [set(output.get("data", ())) for output in shown.outputs]
    assert any("application/vnd.jupyter-runs.run+json" in kind for kind in kinds)
    assert not any("application/vnd.jupyter.widget-view+json" in kind for kind in kinds)
    assert any("image/png" in kind for kind in kinds)

    # Outside Jupyter too: the page that nbconvert makes tells the same, without a script of ours.
    page, _ = HTMLExporter().from_notebook_node(notebook)
    for text in ("sweep", "Completed", "first look", "alpha=0.0001", "accuracy"):
        assert text in page
