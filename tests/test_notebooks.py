"""The notebooks run from top to bottom, and what they promise is in the store afterwards."""

from __future__ import annotations

import functools
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from jupyter_runs import Experiment, Model, Run, Workspace
from scripts import marked, until

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
FIRST = NOTEBOOKS[0]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def execute(tmp_path_factory):
    """Run every cell of a notebook, once for all tests: `notebook, workspace = execute(path)`.

    Each notebook has a copy of the folder, a home and a matplotlib of its own, and its user's default workspace. An exception in a cell
    fails the test with its traceback, unless the cell is there to raise one.
    """

    @functools.cache
    def run_all(path: Path):
        place = tmp_path_factory.mktemp(path.stem)
        names = ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR")
        ignored = shutil.ignore_patterns("outputs", ".ipynb_checkpoints", "__pycache__")
        folder = shutil.copytree(FOLDER, place / "manual", ignore=ignored)
        with pytest.MonkeyPatch.context() as patch:
            for name in (*names, "JUPYTER_RUNS_HOME"):
                (place / name.lower()).mkdir()
                patch.setenv(name, str(place / name.lower()))
            patch.delenv("JUPYTER_RUNS_WORKSPACE", raising=False)
            patch.setenv("MARKER", marker_of(path))
            patch.chdir(folder)
            workspace = Workspace.from_config()
            notebook = nbformat.read(path, as_version=4)
            resources = {"metadata": {"path": str(folder)}}
            NotebookClient(notebook, timeout=90, kernel_name="python3", resources=resources).execute()
        return notebook, workspace

    return run_all


def marker_of(path: Path) -> str:
    """In the environment of every process that a notebook starts."""
    return f"manual-{path.stem}"


def named(name: str) -> Path:
    """The notebook of that name, whatever its number."""
    (path,) = FOLDER.glob(f"*_{name}.ipynb")
    return path


def runs(workspace: Workspace, experiment: str) -> dict[str, Run]:
    """All runs of an experiment by name."""
    return {run.name: run for run in Experiment(workspace, experiment).get_runs(include_children=True)}


def text_of(notebook, cell_id: str) -> str:
    """What a cell has printed and shown as text."""
    (cell,) = (cell for cell in notebook.cells if cell.id == cell_id)
    return "".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs)


def code_of(notebook) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


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


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_leaves_no_process(path, execute):
    execute(path)
    until(lambda: not marked(marker_of(path)), f"the processes of {path.name} end")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_names_the_one_that_follows_it(path):
    last = nbformat.read(path, as_version=4).cells[-1].source
    following = NOTEBOOKS[NOTEBOOKS.index(path) + 1 :][:1]
    assert all(f"({next_one.name})" in last for next_one in following)


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


def test_the_notebook_on_logging_uses_every_call_that_logs(execute):
    notebook, workspace = execute(named("start_and_log"))
    calls = {name for name in dir(Run) if name.startswith("log") and not name.startswith("_")}
    calls |= {"progress", "track", "upload_file", "upload_files", "upload_folder", "download_file", "download_files"}
    source = code_of(notebook)
    assert {call for call in calls if f".{call}(" not in source} == set()

    run = runs(workspace, "manual-logging")["all kinds of values"]
    assert len(run.get_metrics()["loss"]) == 20
    assert run.get_metrics()["class weights"] == [0.2, 0.3, 0.5]
    assert run.get_metrics()["folds"]["fold"] == [0, 1, 2]
    assert {"outputs/weights.txt", "outputs/curve.png", "notes/readme.txt", "code/child.py"} <= set(
        run.get_file_names()
    )
    assert "This line is part of the log of the run." in run.get_log()


def test_the_notebook_on_watching_sees_a_script_at_work_and_compares_three(execute):
    notebook, workspace = execute(named("monitor"))
    assert {"lr=0.1", "lr=0.3", "lr=1", "live"} == set(runs(workspace, "manual-monitoring"))
    assert "Status: Completed" in text_of(notebook, "wait")
    assert "epoch 7: loss" in text_of(notebook, "wait")
    assert "metrics.loss" in text_of(notebook, "more")


def test_the_notebook_on_ends_leaves_runs_that_ended_in_every_way(execute):
    notebook, workspace = execute(named("cancel_and_fail"))
    found = runs(workspace, "manual-ends")
    ends = {name: run.get_status() for name, run in found.items()}
    assert ends["a busy cell"] == ends["to be canceled by a magic"] == ends["trial 1"] == "Canceled"
    assert ends["sweep"] == ends["trial 0"] == ends["trial 2"] == "Completed"
    assert ends["diverged"] == ends["failed from outside"] == ends["division"] == "Failed"
    assert "Cleaned up." in text_of(notebook, "cell")
    assert "takes no more values" in text_of(notebook, "refused")
    assert list(found["division"].get_tags()) == ["known problem"]


def test_the_notebook_on_children_grows_trees_from_cells_and_from_scripts(execute):
    _, workspace = execute(named("children"))
    found = runs(workspace, "manual-children")
    assert len(found["models"].get_children(recursive=True)) == 8
    assert len(found["many"].get_children()) == 105
    assert found["second step"].parent == found["cell by cell"]
    assert {child.type for child in found["two at a time"].get_children()} == {"azureml.scriptrun"}
    submitted = Experiment(workspace, "manual-children").get_runs(type="azureml.scriptrun")
    assert sorted(len(run.get_children()) for run in submitted) == [1, 5]


def test_the_notebook_on_search_finds_what_it_has_tagged(execute):
    notebook, workspace = execute(named("tags_and_search"))
    bold = runs(workspace, "manual-search")["the bold one"]
    assert bold.get_tags() == {"quality": "fantastic run", "worth another look": None, "fold": "3"}
    for cell in ("python", "runs", "metrics", "mix"):
        assert bold.id in text_of(notebook, cell), cell
    assert "cannot change" in text_of(notebook, "prop")
    assert "Did you mean tag?" in text_of(notebook, "wrong")
    assert text_of(notebook, "keep") == "1 archived\nFalse\nTrue\n"


def test_the_notebook_on_scripts_keeps_what_ran_and_what_came_out(execute):
    notebook, workspace = execute(named("submit_scripts"))
    assert "train.py" in text_of(notebook, "source")
    assert text_of(notebook, "env").startswith("Good morning")
    assert "Good evening" in text_of(notebook, "runconfig")
    assert "TimeLimit" in text_of(notebook, "limit")
    assert "outputs/hello.txt" in text_of(notebook, "command")
    assert "invalid int value" in text_of(notebook, "fails")
    assert "Did you mean 'train.py'?" in text_of(notebook, "early")
    model = Model(workspace, "digits-reader")
    assert model.run is not None
    assert model.run.params == {"lr": "0.3", "epochs": "5"}


def test_the_notebook_for_sdk_v1_finds_its_runs_by_both_programs(execute):
    notebook, _ = execute(named("from_sdk_v1"))
    found = text_of(notebook, "find")
    assert found == text_of(notebook, "find-plain")
    assert found.count("Run(") == 1
    assert '"quality": "fantastic run"' in text_of(notebook, "cli")
    assert '"azureml-user"' in text_of(notebook, "cli-show")
    assert text_of(notebook, "same") == "True"


@pytest.mark.parametrize("name", ["submit_scripts", "tags_and_search"])
def test_a_notebook_may_be_executed_again_in_the_same_workspace(name, execute):
    path = named(name)
    _, workspace = execute(path)
    before = {name: len(found.get_runs()) for name, found in workspace.experiments.items()}
    place = workspace.folder.parents[2]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNS_HOME", str(place / "jupyter_runs_home"))
        patch.delenv("JUPYTER_RUNS_WORKSPACE", raising=False)
        resources = {"metadata": {"path": str(place / "manual")}}
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(notebook, timeout=90, kernel_name="python3", resources=resources).execute()
    after = {name: len(found.get_runs()) for name, found in workspace.experiments.items()}
    assert after == {name: 2 * count for name, count in before.items()}
