"""The drop-in package: code of Azure ML SDK v1 runs unmodified, in notebooks, scripts and what they start; an installed SDK wins."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from importlib import import_module
from pathlib import Path

import pytest
from kernel import Kernel, until

import jupyter_runs
from jupyter_runs import Experiment, Run, RunDetails, Workspace, azureml, errors
from jupyter_runs.script import ScriptRunConfig

ROOT = Path(__file__).parent.parent
MODULES = sorted(
    ".".join(file.relative_to(azureml.TREE).with_suffix("").parts).removesuffix(".__init__")
    for file in Path(azureml.TREE).rglob("*.py")
)

# What public v1 notebooks about runs import, in every spelling of theirs.
OURS = """
azureml.core: Workspace Experiment Run ScriptRun ScriptRunConfig RunConfiguration Environment Model get_run VERSION __version__
azureml.core.workspace: Workspace
azureml.core.experiment: Experiment ViewType
azureml.core.run: Run _OfflineRun get_run
azureml.core.script_run: ScriptRun
azureml.core.script_run_config: ScriptRunConfig get_run_config_from_script_run
azureml.core.runconfig: RunConfiguration CondaDependencies DockerConfiguration MpiConfiguration TensorflowConfiguration PyTorchConfiguration
azureml.core.runconfig: EnvironmentDefinition PythonEnvironment DEFAULT_CPU_IMAGE DEFAULT_GPU_IMAGE
azureml.core.environment: Environment CondaDependencies DockerSection PythonSection DEFAULT_CPU_IMAGE
azureml.core.conda_dependencies: CondaDependencies
azureml.core.container_registry: ContainerRegistry
azureml.core.model: Model
azureml.core.compute_target: ComputeTargetException
azureml.core.compute: ComputeTarget
azureml.core: ComputeTarget
azureml.core.authentication: InteractiveLoginAuthentication ServicePrincipalAuthentication AzureCliAuthentication MsiAuthentication
azureml.core.resource_configuration: ResourceConfiguration
azureml.widgets: RunDetails
azureml.telemetry: set_diagnostics_collection
azureml.exceptions: AzureMLException UserErrorException RunEnvironmentException ActivityFailedException ExperimentExecutionException
azureml.exceptions: RunConfigurationException SnapshotException ServiceException WorkspaceException ProjectSystemException TrainingException
azureml.exceptions: ComputeTargetException ModelNotFoundException ModelPathNotFoundException WebserviceException AuthenticationException
azureml._common.exceptions: AzureMLException UserErrorException
"""
CLOUD = """
azureml.core: Dataset Datastore Webservice Image Keyvault
azureml.core.compute: AmlCompute AksCompute ComputeInstance RemoteCompute
azureml.core.compute.amlcompute: AmlCompute
azureml.core.webservice: AciWebservice AksWebservice Webservice LocalWebservice
azureml.core.image: ContainerImage
azureml.core.model: InferenceConfig
azureml.core.dataset: Dataset
azureml.core.datastore: Datastore
azureml.core.keyvault: Keyvault
azureml.core.runconfig: DataReferenceConfiguration
azureml.data: OutputFileDatasetConfig FileDataset TabularDataset
azureml.data.data_reference: DataReference
azureml.data.datapath: DataPath
azureml.train.estimator: Estimator
azureml.train.sklearn: SKLearn
azureml.train.dnn: PyTorch TensorFlow Chainer Mpi Nccl
azureml.train.hyperdrive: HyperDriveConfig RandomParameterSampling BanditPolicy PrimaryMetricGoal choice uniform loguniform
azureml.train.hyperdrive.parameter_expressions: choice
azureml.train.automl: AutoMLConfig
azureml.train.automl.run: AutoMLRun
azureml.pipeline.core: Pipeline PipelineData PipelineRun PublishedPipeline PipelineParameter Schedule
azureml.pipeline.core.graph: PipelineParameter
azureml.pipeline.steps: PythonScriptStep ParallelRunStep ParallelRunConfig AutoMLStep HyperDriveStep DataTransferStep
azureml.opendatasets: MNIST NycTlcGreen Diabetes
"""


def pairs(table: str) -> list[tuple[str, str]]:
    return [(line.split(": ")[0], name) for line in table.strip().splitlines() for name in line.split(": ")[1].split()]


@pytest.fixture(autouse=True)
def _as_before(monkeypatch):
    """Whatever a test installs is gone afterwards."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    path = list(sys.path)
    yield
    azureml.uninstall()
    assert sys.path == path
    assert not [name for name in sys.modules if name.split(".")[0] == "azureml"]


@pytest.fixture
def sdk():
    """`azureml` can be imported in this process."""
    azureml.install()


@pytest.fixture
def python(tmp_path):
    """Run Python code or a script in a process of its own in the test's folder; its output."""

    def run(code, **env):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
            cwd=tmp_path,
            env=os.environ | env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kernel = Kernel()
    yield kernel
    kernel.close()


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("module", "name"), pairs(OURS))
def test_every_name_that_runs_need_is_there(sdk, module, name):
    assert getattr(import_module(module), name) is not None


@pytest.mark.parametrize(("module", "name"), pairs(CLOUD))
def test_a_name_that_only_azure_has_can_be_imported_and_its_use_names_the_local_way(sdk, module, name):
    found = getattr(import_module(module), name)
    with pytest.raises(NotImplementedError, match=rf"^{name} exists in Azure only\. [A-Z].*[.)]$") as refused:
        found("x", y=1)
    assert isinstance(refused.value, errors.CloudOnly)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_of_the_tree_can_be_imported(sdk, module):
    import_module(module)


def test_the_classes_are_those_of_jupyter_runs_in_both_spellings(sdk):
    import azureml.core
    import azureml.core.run
    import azureml.widgets

    assert azureml.core.Run is azureml.core.run.Run is Run
    assert azureml.core.Workspace is azureml.core.workspace.Workspace is Workspace
    assert azureml.widgets.RunDetails is RunDetails


def test_the_version_is_a_text_that_sorts_as_the_sdks_and_tells_whose_it_is(sdk):
    from azureml.core import VERSION, __version__

    assert VERSION == __version__ == f"1.61.0+jupyter.runs.{jupyter_runs.__version__}"
    assert re.fullmatch(r"\d+\.\d+\.\d+\+[a-z0-9.]+", VERSION)


def test_a_name_that_the_sdk_does_not_have_either_is_an_import_error(sdk):
    with pytest.raises(ImportError, match="NoSuchThing"):
        from azureml.core import NoSuchThing
    with pytest.raises(ImportError, match="NoSuchThing"):
        from azureml.train.hyperdrive import NoSuchThing  # noqa: F401


@pytest.mark.parametrize(
    "use",
    [
        lambda core: core.Dataset.Tabular.from_delimited_files("x.csv"),
        lambda core: core.Dataset.get_by_name(None, "d"),
        lambda core: core.compute.AmlCompute.provisioning_configuration(vm_size="STANDARD_D2_V2"),
        lambda core: core.ComputeTarget.create(None, "cpu", None),
        lambda core: type("Mine", (core.Dataset,), {})(),
    ],
)
def test_whatever_is_called_on_a_name_that_only_azure_has_names_the_local_way(sdk, use):
    import azureml.core

    with pytest.raises(errors.CloudOnly, match="exists in Azure only"):
        use(azureml.core)


def test_naming_what_only_azure_has_does_no_harm(sdk):
    from azureml.core import Dataset
    from azureml.train.hyperdrive import PrimaryMetricGoal

    assert PrimaryMetricGoal.MAXIMIZE == PrimaryMetricGoal.MAXIMIZE != PrimaryMetricGoal.MINIMIZE
    assert not isinstance("x", Dataset)
    assert "Dataset" in repr(Dataset)
    assert not hasattr(Dataset, "_repr_html_")
    assert not hasattr(Dataset, "__wrapped__")
    assert "pandas" in (Dataset.__doc__ or "")


def test_a_login_is_accepted(sdk):
    from azureml.core import Workspace as Theirs
    from azureml.core.authentication import InteractiveLoginAuthentication

    login = InteractiveLoginAuthentication(tenant_id="t", force=True)
    Theirs.from_config(auth=login).store.close()
    with pytest.raises(errors.CloudOnly):
        login.get_authentication_header()


def test_the_errors_of_runs_are_caught_by_the_names_of_the_sdk(sdk, ws):
    from azureml._common.exceptions import UserErrorException as Again
    from azureml.core import Experiment
    from azureml.exceptions import AzureMLException, UserErrorException

    assert Again is UserErrorException
    with pytest.raises(UserErrorException) as refused:
        Experiment(ws, "not a name")
    assert isinstance(refused.value, AzureMLException)
    assert refused.value.message == str(refused.value)
    with pytest.raises(UserErrorException, match=r"^mine$"):
        raise UserErrorException("mine")


def test_the_usual_question_for_a_cluster_ends_in_one_line(sdk, ws):
    from azureml.core.compute import AmlCompute, ComputeTarget
    from azureml.core.compute_target import ComputeTargetException

    try:
        ComputeTarget(workspace=ws, name="cpu-cluster")
    except ComputeTargetException:
        with pytest.raises(errors.CloudOnly, match="Scripts run on this machine"):
            AmlCompute.provisioning_configuration(vm_size="STANDARD_D2_V2", max_nodes=4)
    else:
        pytest.fail("there is no cluster")


def test_a_target_of_the_name_of_a_cluster_is_found_as_one(sdk, ws):
    from azureml.core.compute import ComputeTarget

    (ws.folder / "compute.toml").write_text('[compute.cpu-cluster]\ntype = "slurm"\nshared = true\n')
    cluster = ComputeTarget(workspace=ws, name="cpu-cluster")
    cluster.wait_for_completion(show_output=False)
    assert (cluster.name, cluster.type, cluster.provisioning_state) == ("cpu-cluster", "slurm", "Succeeded")
    assert "cpu-cluster" in ws.compute_targets


# -- install -----------------------------------------------------------------------------------------------------------


def test_install_says_nothing_and_adds_one_entry_at_the_end_however_often(capsys, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/mine")
    before = list(sys.path)
    for _ in range(3):
        azureml.install()
    assert capsys.readouterr() == ("", "")
    assert sys.path == [*before, azureml.TREE]
    assert os.environ["PYTHONPATH"] == os.pathsep.join(["/mine", azureml.TREE])


@pytest.mark.parametrize("before", [None, "/mine"])
def test_uninstall_leaves_everything_as_it_was(monkeypatch, before):
    if before is not None:
        monkeypatch.setenv("PYTHONPATH", before)
    path = list(sys.path)
    azureml.install()
    import_module("azureml.core")
    azureml.uninstall()
    assert (sys.path, os.environ.get("PYTHONPATH")) == (path, before)
    with pytest.raises(ModuleNotFoundError):
        import_module("azureml.core")
    azureml.install()
    assert import_module("azureml.core").Run is Run


def test_without_install_there_is_no_azureml():
    with pytest.raises(ModuleNotFoundError):
        import_module("azureml.core")


def test_importing_azureml_core_loads_neither_jupyter_nor_pandas(python):
    code = """
        import jupyter_runs.azureml, sys
        jupyter_runs.azureml.install()
        from azureml.core import Run, Workspace
        import azureml.core.runconfig, azureml.core.compute
        print([name for name in ("IPython", "anywidget", "tornado", "pandas", "yaml") if name in sys.modules])
    """
    assert python(code) == "[]\n"


REAL = {
    "regular": {
        "azureml/__init__.py": "__path__ = __import__('pkgutil').extend_path(__path__, __name__)",
        "azureml/core/__init__.py": "VERSION = 'real'",
    },
    "namespace": {"azureml/core/__init__.py": "VERSION = 'real'"},
}
OTHER = {
    "extending": {
        "azureml/__init__.py": "__path__ = __import__('pkgutil').extend_path(__path__, __name__)",
        "azureml/mlflow/__init__.py": "NAME = 'theirs'",
    },
    "closed": {"azureml/__init__.py": "", "azureml/mlflow/__init__.py": "NAME = 'theirs'"},
    "namespace": {"azureml/mlflow/__init__.py": "NAME = 'theirs'"},
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("kind", REAL)
@pytest.mark.parametrize("imported", ["", "import azureml.core", "import azureml"])
def test_an_azureml_core_that_is_installed_wins_and_one_line_says_so(python, tmp_path, kind, imported):
    site = write(tmp_path / "site", REAL[kind])
    out = python(
        f"""
        import sys, os
        sys.path.append({str(site)!r})
        {imported}
        import jupyter_runs.azureml
        jupyter_runs.azureml.install()
        import azureml.core
        print(azureml.core.VERSION, jupyter_runs.azureml.TREE in sys.path, "PYTHONPATH" in os.environ)
        """
    )
    said, found = out.splitlines()
    assert found == "real False False"
    assert "azureml-core is installed" in said
    assert str(site) in said


@pytest.mark.parametrize("kind", REAL)
def test_an_installed_azureml_core_wins_also_where_our_entry_was_inherited(python, tmp_path, kind):
    site = write(tmp_path / "site", REAL[kind])
    out = python(
        f"""
        import sys
        sys.path.append({str(site)!r})
        import jupyter_runs.azureml
        jupyter_runs.azureml.install()
        import azureml.core
        print(azureml.core.VERSION)
        """,
        PYTHONPATH=azureml.TREE,
    )
    assert out.splitlines()[-1] == "real"


def test_a_process_that_has_the_sdk_installed_gets_it_whatever_it_inherits(python, tmp_path):
    site = write(tmp_path / "site", REAL["regular"])
    path = os.pathsep.join([azureml.TREE, str(site)])
    assert python("import azureml.core; print(azureml.core.VERSION)", PYTHONPATH=path) == "real\n"


@pytest.mark.parametrize("kind", OTHER)
@pytest.mark.parametrize("imported", ["", "import azureml", "import azureml.mlflow"])
def test_other_packages_under_the_name_azureml_go_on_working_beside_ours(python, tmp_path, kind, imported):
    site = write(tmp_path / "site", OTHER[kind])
    out = python(
        f"""
        import sys
        sys.path.append({str(site)!r})
        {imported}
        import jupyter_runs.azureml
        jupyter_runs.azureml.install()
        import azureml.core, azureml.mlflow
        print(azureml.core.Run.__module__, azureml.mlflow.NAME)
        """
    )
    assert out == "jupyter_runs.run theirs\n"


# -- unmodified code ---------------------------------------------------------------------------------------------------


def test_a_process_that_is_started_after_install_imports_azureml_core(sdk, python):
    out = python("from azureml.core import Run, Workspace; print(Run.__module__, Workspace.from_config().name)")
    assert out == "jupyter_runs.run ws\n"


def test_a_script_of_its_own_gets_an_offline_run_as_v1_scripts_expect(sdk, python):
    code = """
        from azureml.core.run import Run, _OfflineRun
        run = Run.get_context()
        print(type(run) == _OfflineRun, type(run).__name__, run.id.startswith("OfflineRun"))
        if type(run) == _OfflineRun:
            run.log("accuracy", 0.9)
            run.complete()
    """
    assert python(code).splitlines()[-1] == "True _OfflineRun True"


# The SDK cells of the article "Start, monitor, and cancel training runs in Python", as they are.
ARTICLE = [
    """
import azureml.core
from azureml.core import Workspace, Experiment, Run
from azureml.core import ScriptRunConfig

ws = Workspace.from_config()
exp = Experiment(workspace=ws, name="explore-runs")
""",
    "print(azureml.core.VERSION)",
    """
notebook_run = exp.start_logging()
notebook_run.log(name="message", value="Hello from run!")
""",
    "print(notebook_run.get_status())",
    "print(notebook_run.get_details())",
    """
notebook_run.complete()
print(notebook_run.get_status())
""",
    """
with exp.start_logging() as notebook_run:
    notebook_run.log(name="message", value="Hello from run!")
    print(notebook_run.get_status())

print(notebook_run.get_status())
""",
    """
with exp.start_logging() as parent_run:
    for c,count in enumerate(range(5)):
        with parent_run.child_run() as child:
            child.log(name="Hello from child run", value=c)
""",
    "print(parent_run.get_children())",
    """
run_config = ScriptRunConfig(source_directory='.', script='hello_with_children.py')

local_script_run = exp.submit(run_config)
local_script_run.wait_for_completion(show_output=True)
print(local_script_run.get_status())
""",
    """
local_script_run.add_properties({"author":"azureml-user"})
print(local_script_run.get_properties())
""",
    """
try:
    local_script_run.add_properties({"author":"different-user"})
except Exception as e:
    print(e)
""",
    """
local_script_run.tag("quality", "great run")
print(local_script_run.get_tags())

local_script_run.tag("quality", "fantastic run")
print(local_script_run.get_tags())
""",
    """
local_script_run.tag("worth another look")
print(local_script_run.get_tags())
""",
    'list(exp.get_runs(properties={"author":"azureml-user"},tags={"quality":"fantastic run"}))',
    'list(exp.get_runs(properties={"author":"azureml-user"},tags="worth another look"))',
]
CANCEL = [
    """
run_config = ScriptRunConfig(source_directory='.', script='hello_with_delay.py')
local_script_run = exp.submit(run_config)
print(local_script_run.get_status())

local_script_run.cancel()
print(local_script_run.get_status())
""",
    """
local_script_run = exp.submit(run_config)
local_script_run.fail()
print(local_script_run.get_status())
""",
]
# What the article's scripts do.
SCRIPTS = {
    "hello_with_children.py": """
from azureml.core import Run

run = Run.get_context()

child_runs = run.create_children(count=5)
for c, child in enumerate(child_runs):
    child.log(name="Hello from child run ", value=c)
    child.complete()
print("made", len(child_runs))
""",
    "hello_with_delay.py": "import time\ntime.sleep(60)\n",
    "parent_script.py": """
from azureml.core import Run, ScriptRunConfig

parent_run = Run.get_context()
child_run_config = ScriptRunConfig(source_directory='.', script='child_script.py')
parent_run.submit_child(child_run_config).wait_for_completion()
""",
    "child_script.py": """
from azureml.core.run import Run

child_run = Run.get_context()
child_run.tag("parent", child_run.parent.id)
""",
}


def test_the_cells_of_the_v1_article_run_as_they_are_in_a_kernel(kernel, tmp_path):
    write(tmp_path, SCRIPTS)
    loaded = kernel.run("%load_ext jupyter_runs.azureml")
    assert (loaded.ok, loaded.stdout, loaded.stderr) == (True, "", "")
    cells = [kernel.run(cell) for cell in ARTICLE]
    assert [cell.traceback for cell in cells if not cell.ok] == []
    said = [cell.stdout for cell in cells]
    assert said[3] == "Running\n"
    assert "'status': 'Running'" in said[4]
    assert said[5] == "Completed\n"
    assert said[6] == "Running\nCompleted\n"
    assert "'author': 'azureml-user'" in said[10]
    assert "already 'azureml-user'" in said[11]
    assert said[12] == "{'quality': 'great run'}\n{'quality': 'fantastic run'}\n"
    assert said[13] == "{'quality': 'fantastic run', 'worth another look': None}\n"
    found = [kernel.run(f"print(len({cell}))").stdout for cell in ARTICLE[-2:]]
    assert found == ["1\n", "1\n"]
    assert "made 5\n" in said[9]
    assert said[9].endswith("Completed\n")
    children = "print([run.get_metrics()['Hello from child run'] for run in parent_run.get_children()])"
    assert kernel.run(children).stdout == "[4, 3, 2, 1, 0]\n"


def test_cancel_and_fail_of_the_article_end_the_scripts(kernel, ws, tmp_path):
    write(tmp_path, SCRIPTS)
    kernel.run("%load_ext jupyter_runs.azureml")
    kernel.run(ARTICLE[0])
    canceled, failed = [kernel.run(cell, timeout=60) for cell in CANCEL]
    assert (canceled.ok, failed.ok) == (True, True)
    assert canceled.stdout.split()[-1] in {"CancelRequested", "Canceled"}
    assert failed.stdout == "Failed\n"
    runs = list(ws.search("exp:explore-runs"))
    until(lambda: [run.status for run in runs] == ["Failed", "Canceled"])


def test_a_script_submits_a_child_and_the_child_knows_its_parent(ws, tmp_path):
    folder = write(tmp_path / "source", SCRIPTS)
    run = Experiment(ws, "nested").submit(ScriptRunConfig(str(folder), "parent_script.py"))
    run.wait_for_completion()
    assert [child.tags for child in run.get_children()] == [{"parent": run.id}]


def test_the_extension_brings_the_magics_and_what_a_cell_starts_imports_azureml_core(kernel, tmp_path):
    (tmp_path / "train.py").write_text("from azureml.core import Run\nprint(Run.__module__)\n")
    cells = kernel.run(
        "%load_ext jupyter_runs.azureml\n%load_ext jupyter_runs.azureml\nprint('%%run_experiment' != '')"
    )
    assert cells.ok
    assert kernel.run(f"!{sys.executable} train.py").stdout.split() == ["jupyter_runs.run"]
    ran = kernel.run(
        "%%run_experiment from-v1\nfrom azureml.core.run import Run\nprint(Run.get_context().id == run.id)"
    )
    assert ran.ok, ran.traceback
    assert "True" in ran.stdout


def test_the_panel_of_the_sdk_shows_the_run_and_its_end_when_the_notebook_is_opened_again(kernel, tmp_path):
    write(tmp_path, {"hello.py": "print('hello')"})
    kernel.run("%load_ext jupyter_runs.azureml")
    kernel.run(ARTICLE[0])
    shown = kernel.run(
        """
from azureml.widgets import RunDetails
run = exp.submit(ScriptRunConfig(source_directory='.', script='hello.py'))
RunDetails(run).show()
run.wait_for_completion()
""",
        timeout=60,
    )
    assert shown.ok, shown.traceback
    assert "explore-runs" in shown.displays[0]["data"]["text/plain"]
    assert "'status': 'Completed'" in shown.results[0]["data"]["text/plain"]


def test_in_a_notebook_what_only_azure_has_is_one_line(kernel):
    kernel.run("%load_ext jupyter_runs.azureml")
    cell = kernel.run("from azureml.train.hyperdrive import *\nchoice(1, 2)")
    assert cell.traceback == (
        "CloudOnly: choice exists in Azure only. Use child runs in a loop: `with run.child_run() as child:`, "
        "or run.submit_child(config) for scripts."
    )


def test_unloading_the_extension_ends_the_imports_and_leaves_the_magics(kernel):
    kernel.run("%load_ext jupyter_runs.azureml")
    gone = kernel.run("%unload_ext jupyter_runs.azureml\nimport azureml.core")
    assert "ModuleNotFoundError" in gone.traceback
    assert kernel.run("%runs").ok


# -- documentation and packaging ---------------------------------------------------------------------------------------


def test_the_documentation_names_what_only_azure_has():
    page = (ROOT / "docs" / "azureml.md").read_text("utf-8")
    for name in (
        "ComputeTarget",
        "AmlCompute",
        "Dataset",
        "Datastore",
        "Pipeline",
        "HyperDriveConfig",
        "AutoMLConfig",
        "Estimator",
    ):
        assert name in page
    assert "%load_ext jupyter_runs.azureml" in page


@pytest.mark.slow
def test_the_wheel_carries_the_whole_tree(tmp_path):
    import zipfile

    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=ROOT, check=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as archive:
        names = {name for name in archive.namelist() if name.startswith("jupyter_runs/azureml/tree/")}
    tree = Path(azureml.TREE)
    assert names == {f"jupyter_runs/azureml/tree/{file.relative_to(tree).as_posix()}" for file in tree.rglob("*.py")}
    assert "jupyter_runs/azureml/tree/azureml/__init__.py" not in names
